//! The Protobuf serializer and deserializer: `prost` messages, and dynamic ones of `prost-reflect`.

mod schema;

use assay_client::Client;
use assay_schema::Context;
use assay_wire::{MessageIndexes, SchemaKey};
use prost::{Message, Name};
use prost_reflect::{DynamicMessage, MessageDescriptor, ReflectMessage};

pub use schema::ProtobufSchema;

use crate::read::Reader;
use crate::write::Writer;
use crate::{
    Attempt, Encoded, Framed, Part, PayloadError, Prepared, SerdeConfig, SerdeError, Strategy, WriterSchema,
};

impl Prepared<ProtobufSchema> {
    /// Appends the frame of a message, which must be the one the schema was prepared for. Needs no runtime.
    pub fn serialize_into<M: Message>(&self, message: &M, out: &mut Vec<u8>) {
        out.reserve(self.prefix().len() + message.encoded_len());
        out.extend_from_slice(self.prefix());
        message.encode_raw(out);
    }

    /// Bytes and header of a message.
    pub(crate) fn message<M: Message>(&self, message: &M) -> Encoded {
        let mut bytes = Vec::new();
        self.serialize_into(message, &mut bytes);
        Encoded { bytes, header: self.header().map(|(name, value)| (name, value.to_vec())) }
    }
}

/// Makes framed bytes. Cheap to share by reference; remembers what it learns.
#[derive(Debug)]
pub struct ProtobufSerializer(Writer<ProtobufSchema>);

impl ProtobufSerializer {
    /// Registers schemas, names subjects after topics, writes ids in front.
    #[must_use]
    pub fn new(client: Client) -> ProtobufSerializer {
        ProtobufSerializer::with_config(client, SerdeConfig::default())
    }

    /// With these settings.
    #[must_use]
    pub fn with_config(client: Client, config: SerdeConfig) -> ProtobufSerializer {
        ProtobufSerializer(Writer::new(client, config))
    }

    /// The same with another source of schemas. Where it is not the caller's, the message is looked for in that one.
    #[must_use]
    pub fn with_writer(self, writer: WriterSchema) -> ProtobufSerializer {
        ProtobufSerializer::with_config(self.0.client, self.0.config.with_writer(writer))
    }

    /// The same with another rule for subjects.
    #[must_use]
    pub fn with_strategy(self, strategy: impl Into<Strategy>) -> ProtobufSerializer {
        ProtobufSerializer::with_config(self.0.client, self.0.config.with_strategy(strategy))
    }

    /// The schema and message to write with for a part of a topic's records: everything that needs the registry happens here, and is
    /// remembered. What the file imports is registered before it. What is returned serializes without a runtime.
    /// # Errors
    /// `Schema` when the file has no such message; else as [`AvroSerializer::prepare`](crate::AvroSerializer::prepare).
    pub async fn prepare(
        &self,
        topic: &str,
        part: Part,
        schema: &ProtobufSchema,
        full_name: &str,
    ) -> Result<Prepared<ProtobufSchema>, SerdeError> {
        self.0.prepare(topic, part, schema, Some(full_name)).await
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
    /// Those of [`ProtobufSerializer::prepare`]; `HeaderNeeded`.
    pub async fn serialize_as<M: Message>(
        &self,
        topic: &str,
        part: Part,
        schema: &ProtobufSchema,
        full_name: &str,
        message: Option<&M>,
    ) -> Result<Option<Vec<u8>>, SerdeError> {
        self.0.needs_no_header(part)?;
        let encoded = self.serialize_framed(topic, part, schema, full_name, message).await?;
        Ok(encoded.map(|encoded| encoded.bytes))
    }

    /// The bytes of a message, and the header its record needs if that is where the schema is named. `None` is a tombstone.
    /// # Errors
    /// As [`ProtobufSerializer::prepare`].
    pub async fn serialize_framed<M: Message>(
        &self,
        topic: &str,
        part: Part,
        schema: &ProtobufSchema,
        full_name: &str,
        message: Option<&M>,
    ) -> Result<Option<Encoded>, SerdeError> {
        let Some(message) = message else { return Ok(None) };
        Ok(Some(self.prepare(topic, part, schema, full_name).await?.message(message)))
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
        let Some(message) = message else { return Ok(None) };
        self.serialize_as(topic, part, schema, message.descriptor().full_name(), Some(message)).await
    }
}

#[cfg(feature = "blocking")]
impl crate::write::Serializes for ProtobufSerializer {
    type Schema = ProtobufSchema;

    fn writer(&self) -> &Writer<ProtobufSchema> {
        &self.0
    }
}

/// Reads framed bytes. Cheap to share by reference; remembers the schemas it has parsed.
#[derive(Debug)]
pub struct ProtobufDeserializer(Reader<ProtobufSchema>);

impl ProtobufDeserializer {
    /// Reads ids of the default context.
    #[must_use]
    pub fn new(client: Client) -> ProtobufDeserializer {
        ProtobufDeserializer::with_config(client, &SerdeConfig::default())
    }

    /// With these settings, of which a deserializer needs the context only: it takes schemas named in front and in headers.
    #[must_use]
    pub fn with_config(client: Client, config: &SerdeConfig) -> ProtobufDeserializer {
        ProtobufDeserializer(Reader::new(client, config.context.clone()))
    }

    /// The same with ids of another context.
    #[must_use]
    pub fn with_context(self, context: Context) -> ProtobufDeserializer {
        ProtobufDeserializer(self.0.with_context(context))
    }

    /// The message as a generated type, if the writer's schema is known; `None` for a tombstone. The writer's schema must have the message that
    /// the frame names; that it is the type asked for is the caller's to know. Waits for nothing, needs no runtime.
    /// # Errors
    /// `TooShort`, `UnknownMagic`, `UnknownSchema`, `Payload`.
    pub fn try_deserialize<'a, M: Message + Default>(
        &self,
        framed: impl Into<Framed<'a>>,
    ) -> Result<Attempt<Option<M>>, SerdeError> {
        self.attempt(framed.into(), |_, payload| M::decode(payload))
    }

    /// The message described by the writer's schema, if that is known. As [`ProtobufDeserializer::try_deserialize`].
    /// # Errors
    /// The same.
    pub fn try_deserialize_dynamic<'a>(
        &self,
        framed: impl Into<Framed<'a>>,
    ) -> Result<Attempt<Option<DynamicMessage>>, SerdeError> {
        self.attempt(framed.into(), DynamicMessage::decode)
    }

    /// Fetches a writer's schema that an attempt found missing. Many that ask for the same at the same time make one request.
    /// # Errors
    /// `UnknownSchema`, `WrongType`, `UnsupportedRule`, `Schema`, `Registry`.
    pub async fn fetch(&self, key: SchemaKey) -> Result<(), SerdeError> {
        self.0.schema(key).await.map(|_| ())
    }

    /// The message of framed bytes, as a generated type; `None` for a tombstone.
    /// # Errors
    /// `TooShort`, `UnknownMagic`, `UnknownSchema`, `WrongType`, `UnsupportedRule`, `Schema`, `Payload`, `Registry`.
    pub async fn deserialize<M: Message + Default>(
        &self,
        bytes: Option<&[u8]>,
    ) -> Result<Option<M>, SerdeError> {
        self.deserialize_framed(bytes).await
    }

    /// The message of bytes that name their schema in front or in a header; `None` for a tombstone.
    /// # Errors
    /// As [`ProtobufDeserializer::deserialize`].
    pub async fn deserialize_framed<'a, M: Message + Default>(
        &self,
        framed: impl Into<Framed<'a>>,
    ) -> Result<Option<M>, SerdeError> {
        let framed = framed.into();
        read_through!(self, self.try_deserialize(framed))
    }

    /// The message of framed bytes, described by the writer's schema; `None` for a tombstone.
    /// # Errors
    /// As [`ProtobufDeserializer::deserialize`].
    pub async fn deserialize_dynamic(
        &self,
        bytes: Option<&[u8]>,
    ) -> Result<Option<DynamicMessage>, SerdeError> {
        read_through!(self, self.try_deserialize_dynamic(bytes))
    }

    /// The message of bare bytes whose schema and message stand in the record header `__key_schema_id` or `__value_schema_id`.
    /// # Errors
    /// As [`ProtobufDeserializer::deserialize`].
    pub async fn deserialize_with_header<M: Message + Default>(
        &self,
        header: &[u8],
        bytes: Option<&[u8]>,
    ) -> Result<Option<M>, SerdeError> {
        self.deserialize_framed(Framed { bytes, header: Some(header) }).await
    }

    fn attempt<'a, M>(
        &self,
        framed: Framed<'a>,
        decode: impl FnOnce(MessageDescriptor, &'a [u8]) -> Result<M, prost::DecodeError>,
    ) -> Result<Attempt<Option<M>>, SerdeError> {
        let Some(split) = framed.split()? else { return Ok(Attempt::Ready(None)) };
        let failed = |reason: String| PayloadError { path: String::new(), reason }.of(Some(split.key));
        let (indexes, payload) = match split.indexes {
            Some(header) => {
                (MessageIndexes::read(header).map_err(|error| failed(error.to_string()))?.0, split.payload)
            }
            None => MessageIndexes::read(split.payload).map_err(|error| failed(error.to_string()))?,
        };
        let schema = match self.0.known(split.key) {
            Attempt::Ready(schema) => schema,
            Attempt::NeedsSchema(key) => return Ok(Attempt::NeedsSchema(key)),
        };
        let message = schema
            .message_at(&indexes)
            .ok_or_else(|| failed(format!("there is no message at {indexes} in the file")))?;
        decode(message, payload)
            .map(|message| Attempt::Ready(Some(message)))
            .map_err(|error| failed(error.to_string()))
    }
}
