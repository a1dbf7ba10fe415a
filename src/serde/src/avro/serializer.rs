//! The Avro serializer and deserializer.

use std::{sync::Arc, time::Duration};

use apache_avro::types::Value;
use assay_client::{Client, Normalize, Schema};
use assay_schema::{Context, ResolvedReference, SchemaType};
use assay_wire::{SchemaKey, frame, parse_guid_header, split_any};
use serde::{Serialize, de::DeserializeOwned};

use super::AvroSchema;
use crate::source::{Parsed, Reader, Writer};
use crate::{Part, PayloadError, SerdeError, SubjectName};

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
pub struct AvroSerializer {
    writer: Writer<AvroSchema>,
    #[cfg(feature = "derive")]
    pub(crate) plans: crate::derive::RecordPlans,
}

impl AvroSerializer {
    /// Registers schemas, and names subjects after topics.
    #[must_use]
    pub fn new(client: Client) -> AvroSerializer {
        AvroSerializer {
            writer: Writer::new(client),
            #[cfg(feature = "derive")]
            plans: Default::default(),
        }
    }

    /// The same with another source of schemas.
    #[must_use]
    pub fn with_writer(mut self, writer: WriterSchema) -> AvroSerializer {
        self.writer.writer = writer;
        self
    }

    /// The same with another rule for subjects.
    #[must_use]
    pub fn with_strategy(mut self, strategy: impl SubjectName + 'static) -> AvroSerializer {
        self.writer.strategy = Box::new(strategy);
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
        self.write(topic, part, schema, |schema, out| schema.encode(value, out)).await.map(Some)
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
        self.write(topic, part, schema, |schema, out| schema.encode_value(&value, out)).await
    }

    /// The frame around what `encode` appends for the schema that is to be written with.
    pub(crate) async fn write(
        &self,
        topic: &str,
        part: Part,
        schema: &AvroSchema,
        encode: impl Fn(&AvroSchema, &mut Vec<u8>) -> Result<(), PayloadError>,
    ) -> Result<Vec<u8>, SerdeError> {
        let subject = self.writer.subject(topic, part, schema.name().as_deref())?;
        let mut datum = Vec::new();
        if let Some((id, latest)) = self.writer.latest(&subject).await? {
            encode(&latest, &mut datum).map_err(|error| error.of(Some(SchemaKey::Id(id))))?;
            return Ok(frame(id, &datum));
        }
        encode(schema, &mut datum).map_err(|error| error.of(None))?; // before a schema is registered that no value fits
        Ok(frame(self.writer.id(&subject, &schema.schema).await?, &datum))
    }
}

/// Reads framed bytes. Cheap to share by reference; remembers the schemas it has parsed.
#[derive(Debug)]
pub struct AvroDeserializer {
    pub(crate) writers: Reader<AvroSchema>,
    reader: Option<Arc<AvroSchema>>,
    #[cfg(feature = "derive")]
    pub(crate) plans: crate::derive::RecordPlans,
}

impl AvroDeserializer {
    /// Reads with the writer's schema, in the default context.
    #[must_use]
    pub fn new(client: Client) -> AvroDeserializer {
        AvroDeserializer {
            writers: Reader::new(client),
            reader: None,
            #[cfg(feature = "derive")]
            plans: Default::default(),
        }
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
        let (key, payload) = split_any(bytes)?;
        self.decode(key, payload).await.map(Some)
    }

    /// The generic value of framed bytes; `None` for a tombstone.
    /// # Errors
    /// As [`AvroDeserializer::deserialize`].
    pub async fn deserialize_value(&self, bytes: Option<&[u8]>) -> Result<Option<Value>, SerdeError> {
        let Some(bytes) = bytes else { return Ok(None) };
        let (key, payload) = split_any(bytes)?;
        let writer = self.writers.schema(key).await?;
        let value = match &self.reader {
            None => writer.decode_value(payload),
            Some(reader) => writer.resolution(reader).decode_value(payload),
        };
        value.map(Some).map_err(|error| error.of(Some(key)))
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
        self.decode(SchemaKey::Guid(guid), bytes).await.map(Some)
    }

    async fn decode<T: DeserializeOwned>(&self, key: SchemaKey, payload: &[u8]) -> Result<T, SerdeError> {
        let writer = self.writers.schema(key).await?;
        let value = match &self.reader {
            None => writer.decode(payload),
            Some(reader) => writer.resolution(reader).decode(payload),
        };
        value.map_err(|error| error.of(Some(key)))
    }
}
