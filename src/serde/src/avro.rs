//! The Avro serializer and deserializer.

use std::{sync::Arc, time::Duration};

use apache_avro::types::Value;
use assay_client::{Client, Normalize, Schema};
use assay_schema::{Context, ResolvedReference, SchemaType};
use assay_wire::{SchemaKey, frame, parse_guid_header, split_any};
use serde::{Serialize, de::DeserializeOwned};

use crate::source::{Parsed, Reader, Writer};
use crate::{AvroSchema, Part, SerdeError, SubjectName};

/// Where the serializer's schema comes from (contract 5.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriterSchema {
    /// The caller's, registered if it is not yet.
    Register(Normalize),
    /// The caller's, which must be registered.
    Lookup(Normalize),
    /// The latest version of the subject, asked for again after this time; values are fitted to it.
    Latest(Duration),
}

impl Parsed for AvroSchema {
    const TYPE: SchemaType = SchemaType::Avro;

    fn parse(schema: &Schema, references: &[ResolvedReference]) -> Result<AvroSchema, SerdeError> {
        let texts: Vec<String> = references.iter().map(|r| r.text.to_string()).collect();
        AvroSchema::with_references(schema.clone(), &texts)
    }
}

/// Makes framed bytes. Cheap to share by reference; remembers what it learns.
#[derive(Debug)]
pub struct AvroSerializer(Writer<AvroSchema>);

impl AvroSerializer {
    /// Registers schemas, and names subjects after topics.
    #[must_use]
    pub fn new(client: Client) -> AvroSerializer {
        AvroSerializer(Writer::new(client))
    }

    /// The same with another source of schemas.
    #[must_use]
    pub fn with_writer(mut self, writer: WriterSchema) -> AvroSerializer {
        self.0.writer = writer;
        self
    }

    /// The same with another rule for subjects.
    #[must_use]
    pub fn with_strategy(mut self, strategy: impl SubjectName + 'static) -> AvroSerializer {
        self.0.strategy = Box::new(strategy);
        self
    }

    /// The bytes of a serde value. `None` is a tombstone, which has none.
    /// # Errors
    /// `Payload` when the value does not fit the schema; `Registry`; `NoRecordName`; `Schema`.
    pub async fn serialize<T: Serialize + Sync>(
        &self,
        topic: &str,
        part: Part,
        schema: &AvroSchema,
        value: Option<&T>,
    ) -> Result<Option<Vec<u8>>, SerdeError> {
        let Some(value) = value else { return Ok(None) };
        let value = apache_avro::to_value(value)
            .map_err(|error| SerdeError::Payload { key: None, reason: error.to_string() })?;
        self.serialize_value(topic, part, schema, value).await.map(Some)
    }

    /// The bytes of a generic value.
    /// # Errors
    /// As [`AvroSerializer::serialize`].
    pub async fn serialize_value(
        &self,
        topic: &str,
        part: Part,
        schema: &AvroSchema,
        value: Value,
    ) -> Result<Vec<u8>, SerdeError> {
        let subject = self.0.subject(topic, part, schema.name().as_deref())?;
        let payload = |id, result: Result<Vec<u8>, String>| {
            result.map_err(|reason| SerdeError::Payload { key: id, reason })
        };
        if let Some((id, latest)) = self.0.latest(&subject).await? {
            let datum = payload(Some(SchemaKey::Id(id)), latest.encode(value))?;
            return Ok(frame(id, &datum));
        }
        let datum = payload(None, schema.encode(value))?; // before a schema is registered that no value fits
        Ok(frame(self.0.id(&subject, &schema.schema).await?, &datum))
    }
}

/// Reads framed bytes. Cheap to share by reference; remembers the schemas it has parsed.
#[derive(Debug)]
pub struct AvroDeserializer {
    writers: Reader<AvroSchema>,
    reader: Option<Arc<AvroSchema>>,
}

impl AvroDeserializer {
    /// Reads with the writer's schema, in the default context.
    #[must_use]
    pub fn new(client: Client) -> AvroDeserializer {
        AvroDeserializer { writers: Reader::new(client), reader: None }
    }

    /// The same with a reader's schema: values are resolved to it (fields added by default, promoted, left out).
    #[must_use]
    pub fn with_reader(mut self, reader: AvroSchema) -> AvroDeserializer {
        self.reader = Some(Arc::new(reader));
        self
    }

    /// The same with ids of another context.
    #[must_use]
    pub fn with_context(mut self, context: Context) -> AvroDeserializer {
        self.writers.context = context;
        self
    }

    /// The serde value of framed bytes; `None` for a tombstone.
    /// # Errors
    /// `TooShort`, `UnknownMagic`, `UnknownSchema`, `WrongType`, `Schema`, `Payload`, `Registry`.
    pub async fn deserialize<T: DeserializeOwned>(
        &self,
        bytes: Option<&[u8]>,
    ) -> Result<Option<T>, SerdeError> {
        let Some(bytes) = bytes else { return Ok(None) };
        let (key, value) = self.value(bytes).await?;
        typed(key, value).map(Some)
    }

    /// The generic value of framed bytes; `None` for a tombstone.
    /// # Errors
    /// As [`AvroDeserializer::deserialize`].
    pub async fn deserialize_value(&self, bytes: Option<&[u8]>) -> Result<Option<Value>, SerdeError> {
        let Some(bytes) = bytes else { return Ok(None) };
        self.value(bytes).await.map(|(_, value)| Some(value))
    }

    /// The serde value of bare bytes whose schema stands in the record header `__key_schema_id` or `__value_schema_id`.
    /// # Errors
    /// As [`AvroDeserializer::deserialize`].
    pub async fn deserialize_with_header<T: DeserializeOwned>(
        &self,
        header: &[u8],
        bytes: Option<&[u8]>,
    ) -> Result<Option<T>, SerdeError> {
        let Some(bytes) = bytes else { return Ok(None) };
        let (guid, _) = parse_guid_header(header)?;
        let key = SchemaKey::Guid(guid);
        let value = self.decode(key, bytes).await?;
        typed(key, value).map(Some)
    }

    async fn value(&self, bytes: &[u8]) -> Result<(SchemaKey, Value), SerdeError> {
        let (key, payload) = split_any(bytes)?;
        Ok((key, self.decode(key, payload).await?))
    }

    async fn decode(&self, key: SchemaKey, payload: &[u8]) -> Result<Value, SerdeError> {
        let writer = self.writers.schema(key).await?;
        let decoded = writer.decode(payload, self.reader.as_deref());
        decoded.map_err(|reason| SerdeError::Payload { key: Some(key), reason })
    }
}

/// A typed value. Serde reads a list of bytes from an array, which top-level `bytes` are not.
fn typed<T: DeserializeOwned>(key: SchemaKey, value: Value) -> Result<T, SerdeError> {
    let bytes = if let Value::Bytes(bytes) = &value { Some(bytes.clone()) } else { None };
    let read = apache_avro::from_value(&value).or_else(|error| match bytes {
        Some(bytes) => {
            let items = bytes.iter().map(|byte| Value::Int(i32::from(*byte))).collect();
            apache_avro::from_value(&Value::Array(items))
        }
        None => Err(error),
    });
    read.map_err(|error| SerdeError::Payload { key: Some(key), reason: error.to_string() })
}
