//! The Protobuf serializer and deserializer: `prost` messages, and dynamic ones of `prost-reflect`.

use assay_client::{Client, Schema};
use assay_schema::protobuf::ProtoSchema;
use assay_schema::{Context, Limits, Reference, ResolvedReference, SchemaType, Strictness};
use assay_wire::{MessageIndexes, SchemaKey, frame, parse_guid_header, split_any};
use prost::{Message, Name};
use prost_reflect::{DynamicMessage, MessageDescriptor, ReflectMessage};

use crate::source::{Parsed, Reader, Writer, closure};
use crate::{Part, SerdeError, SubjectName, WriterSchema};

/// A `.proto` file: its text as it is registered, and the compiled form.
#[derive(Debug)]
pub struct ProtobufSchema {
    schema: Schema,
    parsed: ProtoSchema,
}

impl Parsed for ProtobufSchema {
    const TYPE: SchemaType = SchemaType::Protobuf;

    fn parse(schema: &Schema, references: &[ResolvedReference]) -> Result<ProtobufSchema, SerdeError> {
        let parsed = ProtoSchema::parse(&schema.text, references, Strictness::Stored, &Limits::default())
            .map_err(|error| SerdeError::Schema(error.to_string()))?;
        Ok(ProtobufSchema { schema: schema.clone(), parsed })
    }
}

impl ProtobufSchema {
    /// Parses a file that imports nothing but what is bundled (`google/protobuf`, `google/type`, `confluent`).
    /// # Errors
    /// `Schema` with line, column and reason.
    pub fn parse(text: &str) -> Result<ProtobufSchema, SerdeError> {
        Parsed::parse(&Schema::new(SchemaType::Protobuf, text), &[])
    }

    /// Parses a file whose imports are registered: each reference is named as the file imports it.
    /// # Errors
    /// `Schema`; `Registry` for a reference that is not there.
    pub async fn with_references(
        client: &Client,
        text: &str,
        references: &[Reference],
    ) -> Result<ProtobufSchema, SerdeError> {
        let resolved = closure(client, &Context::default(), references).await?;
        let schema = Schema::new(SchemaType::Protobuf, text).with_references(references);
        Parsed::parse(&schema, &resolved)
    }

    /// A message of the file by its full name, `package.Outer.Inner`.
    #[must_use]
    pub fn message(&self, full_name: &str) -> Option<MessageDescriptor> {
        let message = self.parsed.descriptor_pool().get_message_by_name(full_name)?;
        (Some(message.parent_file()) == self.parsed.file_descriptor()).then_some(message)
    }

    /// Where a message stands in its file, as the frame says it (contract 5.3).
    fn indexes(&self, full_name: &str) -> Result<MessageIndexes, SerdeError> {
        let missing = || SerdeError::Schema(format!("there is no message {full_name} in the file"));
        let mut message = self.message(full_name).ok_or_else(missing)?;
        let mut path = Vec::new();
        while let Some(outer) = message.parent_message() {
            path.push(outer.child_messages().position(|m| m == message));
            message = outer;
        }
        path.push(message.parent_file().messages().position(|m| m == message));
        let path: Option<Vec<u32>> = path.into_iter().rev().map(|at| u32::try_from(at?).ok()).collect();
        path.and_then(|path| MessageIndexes::new(&path)).ok_or_else(missing)
    }
}

/// Makes framed bytes. Cheap to share by reference; remembers what it learns.
#[derive(Debug)]
pub struct ProtobufSerializer(Writer<ProtobufSchema>);

impl ProtobufSerializer {
    /// Registers schemas, and names subjects after topics.
    #[must_use]
    pub fn new(client: Client) -> ProtobufSerializer {
        ProtobufSerializer(Writer::new(client))
    }

    /// The same with another source of schemas. With `Latest` the message is looked for in the latest version.
    #[must_use]
    pub fn with_writer(mut self, writer: WriterSchema) -> ProtobufSerializer {
        self.0.writer = writer;
        self
    }

    /// The same with another rule for subjects.
    #[must_use]
    pub fn with_strategy(mut self, strategy: impl SubjectName + 'static) -> ProtobufSerializer {
        self.0.strategy = Box::new(strategy);
        self
    }

    /// The bytes of a generated message that knows its name. `None` is a tombstone, which has none.
    /// # Errors
    /// As [`ProtobufSerializer::serialize_as`].
    pub async fn serialize<M: Message + Name>(
        &self,
        topic: &str,
        part: Part,
        schema: &ProtobufSchema,
        message: Option<&M>,
    ) -> Result<Option<Vec<u8>>, SerdeError> {
        self.serialize_as(topic, part, schema, &M::full_name(), message).await
    }

    /// The bytes of a message whose full name is given. `None` is a tombstone, which has none.
    /// # Errors
    /// `Schema` when the file has no such message; `Registry`; `NoRecordName`.
    pub async fn serialize_as<M: Message>(
        &self,
        topic: &str,
        part: Part,
        schema: &ProtobufSchema,
        full_name: &str,
        message: Option<&M>,
    ) -> Result<Option<Vec<u8>>, SerdeError> {
        let Some(message) = message else { return Ok(None) };
        let subject = self.0.subject(topic, part, Some(full_name))?;
        let (id, indexes) = match self.0.latest(&subject).await? {
            Some((id, latest)) => (id, latest.indexes(full_name)?),
            None => {
                let indexes = schema.indexes(full_name)?; // before a schema is registered that has no such message
                (self.0.id(&subject, &schema.schema).await?, indexes)
            }
        };
        let mut payload = Vec::with_capacity(message.encoded_len() + 8);
        indexes.write(&mut payload);
        payload.extend(message.encode_to_vec());
        Ok(Some(frame(id, &payload)))
    }

    /// The bytes of a dynamic message. `None` is a tombstone, which has none.
    /// # Errors
    /// As [`ProtobufSerializer::serialize_as`].
    pub async fn serialize_dynamic(
        &self,
        topic: &str,
        part: Part,
        schema: &ProtobufSchema,
        message: Option<&DynamicMessage>,
    ) -> Result<Option<Vec<u8>>, SerdeError> {
        let name = message.map(|m| m.descriptor().full_name().to_owned()).unwrap_or_default();
        self.serialize_as(topic, part, schema, &name, message).await
    }
}

/// Reads framed bytes. Cheap to share by reference; remembers the schemas it has parsed.
#[derive(Debug)]
pub struct ProtobufDeserializer(Reader<ProtobufSchema>);

impl ProtobufDeserializer {
    /// Reads ids of the default context.
    #[must_use]
    pub fn new(client: Client) -> ProtobufDeserializer {
        ProtobufDeserializer(Reader::new(client))
    }

    /// The same with ids of another context.
    #[must_use]
    pub fn with_context(mut self, context: Context) -> ProtobufDeserializer {
        self.0.context = context;
        self
    }

    /// The message of framed bytes, as a generated type; `None` for a tombstone. The writer's schema must be Protobuf and have
    /// the message that the frame names; that it is the type asked for is the caller's to know.
    /// # Errors
    /// `TooShort`, `UnknownMagic`, `UnknownSchema`, `WrongType`, `Schema`, `Payload`, `Registry`.
    pub async fn deserialize<M: Message + Default>(
        &self,
        bytes: Option<&[u8]>,
    ) -> Result<Option<M>, SerdeError> {
        let Some(bytes) = bytes else { return Ok(None) };
        let (key, rest) = split_any(bytes)?;
        let (_, payload) = self.message(key, rest).await?;
        M::decode(payload).map(Some).map_err(|error| payload_error(key, &error))
    }

    /// The message of framed bytes, described by the writer's schema; `None` for a tombstone.
    /// # Errors
    /// As [`ProtobufDeserializer::deserialize`].
    pub async fn deserialize_dynamic(
        &self,
        bytes: Option<&[u8]>,
    ) -> Result<Option<DynamicMessage>, SerdeError> {
        let Some(bytes) = bytes else { return Ok(None) };
        let (key, rest) = split_any(bytes)?;
        let (descriptor, payload) = self.message(key, rest).await?;
        DynamicMessage::decode(descriptor, payload).map(Some).map_err(|error| payload_error(key, &error))
    }

    /// The message of bare bytes whose schema and message stand in the record header `__key_schema_id` or `__value_schema_id`.
    /// # Errors
    /// As [`ProtobufDeserializer::deserialize`].
    pub async fn deserialize_with_header<M: Message + Default>(
        &self,
        header: &[u8],
        bytes: Option<&[u8]>,
    ) -> Result<Option<M>, SerdeError> {
        let Some(bytes) = bytes else { return Ok(None) };
        let (guid, indexes) = parse_guid_header(header)?;
        let key = SchemaKey::Guid(guid);
        self.message(key, indexes).await?;
        M::decode(bytes).map(Some).map_err(|error| payload_error(key, &error))
    }

    async fn message<'a>(
        &self,
        key: SchemaKey,
        bytes: &'a [u8],
    ) -> Result<(MessageDescriptor, &'a [u8]), SerdeError> {
        let (indexes, payload) = MessageIndexes::read(bytes)
            .map_err(|error| SerdeError::Payload { key: Some(key), reason: error.to_string() })?;
        let schema = self.0.schema(key).await?;
        let path: Vec<i32> =
            indexes.as_slice().iter().map(|index| i32::try_from(*index).unwrap_or(i32::MAX)).collect();
        let found = schema.parsed.message_by_indexes(&path).ok_or_else(|| SerdeError::Payload {
            key: Some(key),
            reason: format!("there is no message at {path:?} in the file"),
        })?;
        Ok((found, payload))
    }
}

fn payload_error(key: SchemaKey, error: &prost::DecodeError) -> SerdeError {
    SerdeError::Payload { key: Some(key), reason: error.to_string() }
}
