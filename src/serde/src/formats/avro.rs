//! The Avro serializer and deserializer.

use std::sync::Arc;

use apache_avro::types::Value;
use assay_client::{Client, Schema};
use assay_schema::{Context, ResolvedReference, SchemaType, Subject};
use assay_wire::SchemaKey;
use serde::{Serialize, de::DeserializeOwned};

use crate::read::Reader;
use crate::source::Parsed;
use crate::write::Writer;
use crate::{
    Attempt, AvroResolution, AvroSchema, Encoded, Framed, Part, PayloadError, Prepared, SerdeConfig,
    SerdeError, Strategy, WriterSchema,
};

impl Parsed for AvroSchema {
    const TYPE: SchemaType = SchemaType::Avro;

    fn parse(schema: &Schema, references: &[ResolvedReference]) -> Result<AvroSchema, SerdeError> {
        let texts: Vec<String> = references.iter().map(|r| r.text.to_string()).collect();
        AvroSchema::with_references(schema.clone(), &texts)
    }

    fn as_registered(&self) -> &Schema {
        &self.schema
    }

    fn record_name(&self) -> Option<String> {
        self.name()
    }
}

impl Prepared<AvroSchema> {
    /// Appends the frame of a serde value. Needs no runtime.
    /// # Errors
    /// `Payload` when the value does not fit the schema. `out` is then as it was.
    pub fn serialize_into<T: Serialize + ?Sized>(
        &self,
        value: &T,
        out: &mut Vec<u8>,
    ) -> Result<(), SerdeError> {
        self.frame_into(out, |out| self.schema().encode(value, out))
    }

    /// Appends the frame of a generic value.
    /// # Errors
    /// As [`Prepared::serialize_into`].
    pub fn serialize_value_into(&self, value: &Value, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.frame_into(out, |out| self.schema().encode_value(value, out))
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
    /// Registers schemas, names subjects after topics, writes ids in front.
    #[must_use]
    pub fn new(client: Client) -> AvroSerializer {
        AvroSerializer::with_config(client, SerdeConfig::default())
    }

    /// With these settings.
    #[must_use]
    pub fn with_config(client: Client, config: SerdeConfig) -> AvroSerializer {
        AvroSerializer {
            writer: Writer::new(client, config),
            #[cfg(feature = "derive")]
            plans: crate::derive::RecordPlans::default(),
        }
    }

    /// The same with another source of schemas.
    #[must_use]
    pub fn with_writer(self, writer: WriterSchema) -> AvroSerializer {
        AvroSerializer::with_config(self.writer.client, self.writer.config.with_writer(writer))
    }

    /// The same with another rule for subjects.
    #[must_use]
    pub fn with_strategy(self, strategy: impl Into<Strategy>) -> AvroSerializer {
        AvroSerializer::with_config(self.writer.client, self.writer.config.with_strategy(strategy))
    }

    /// The schema to write with for a part of a topic's records: everything that needs the registry happens here, and is
    /// remembered. What is returned serializes without a runtime.
    /// # Errors
    /// `Registry`; `NoRecordName`, `NotAssociated`; `UnsupportedRule`; `Incompatible`, `UnknownSchema`, `WrongType`, `Schema` where another schema than the caller's
    /// is asked for; `NoGuid`.
    pub async fn prepare(
        &self,
        topic: &str,
        part: Part,
        schema: &AvroSchema,
    ) -> Result<Prepared<AvroSchema>, SerdeError> {
        self.writer.prepare(topic, part, schema, None).await
    }

    /// The bytes of a serde value. `None` is a tombstone, which has none.
    /// # Errors
    /// `Payload` when the value does not fit the schema; those of [`AvroSerializer::prepare`]; `HeaderNeeded`.
    pub async fn serialize<T: Serialize + Sync + ?Sized>(
        &self,
        topic: &str,
        part: Part,
        schema: &AvroSchema,
        value: Option<&T>,
    ) -> Result<Option<Vec<u8>>, SerdeError> {
        self.writer.needs_no_header(part)?;
        Ok(self.serialize_framed(topic, part, schema, value).await?.map(|encoded| encoded.bytes))
    }

    /// The bytes of a serde value, and the header its record needs if that is where the schema is named. `None` is a tombstone.
    /// # Errors
    /// As [`AvroSerializer::serialize`].
    pub async fn serialize_framed<T: Serialize + Sync + ?Sized>(
        &self,
        topic: &str,
        part: Part,
        schema: &AvroSchema,
        value: Option<&T>,
    ) -> Result<Option<Encoded>, SerdeError> {
        let Some(value) = value else { return Ok(None) };
        let fits = |schema: &AvroSchema| schema.encode(value, &mut Vec::new());
        let prepared = self.writer.prepare_for(topic, part, schema, None, fits).await?;
        prepared.encoded(|out| prepared.schema().encode(value, out)).map(Some)
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
        self.writer.needs_no_header(part)?;
        let fits = |schema: &AvroSchema| schema.encode_value(&value, &mut Vec::new());
        let prepared = self.writer.prepare_for(topic, part, schema, None, fits).await?;
        Ok(prepared.encoded(|out| prepared.schema().encode_value(&value, out))?.bytes)
    }

    /// The frame around what `encode` appends for the schema that is to be written with.
    #[cfg(feature = "derive")]
    pub(crate) async fn write(
        &self,
        topic: &str,
        part: Part,
        schema: &AvroSchema,
        encode: impl Fn(&AvroSchema, &mut Vec<u8>) -> Result<(), PayloadError>,
    ) -> Result<Encoded, SerdeError> {
        let fits = |schema: &AvroSchema| encode(schema, &mut Vec::new());
        let prepared = self.writer.prepare_for(topic, part, schema, None, fits).await?;
        prepared.encoded(|out| encode(prepared.schema(), out))
    }

    #[cfg(feature = "derive")]
    pub(crate) fn needs_no_header(&self, part: Part) -> Result<(), SerdeError> {
        self.writer.needs_no_header(part)
    }
}

#[cfg(feature = "blocking")]
impl crate::write::Serializes for AvroSerializer {
    type Schema = AvroSchema;

    fn writer(&self) -> &Writer<AvroSchema> {
        &self.writer
    }
}

/// Reads framed bytes. Cheap to share by reference; remembers the schemas it has parsed.
#[derive(Debug)]
pub struct AvroDeserializer {
    pub(crate) writers: Reader<AvroSchema>,
    reader: Option<AvroSchema>,
    #[cfg(feature = "derive")]
    pub(crate) plans: crate::derive::RecordPlans,
}

/// What reads the payloads of one writer's schema.
enum Decoder {
    Plain(Arc<AvroSchema>),
    Resolving(Arc<AvroResolution>),
}

impl AvroDeserializer {
    /// Reads with the writer's schema, in the default context.
    #[must_use]
    pub fn new(client: Client) -> AvroDeserializer {
        AvroDeserializer::with_config(client, &SerdeConfig::default())
    }

    /// With these settings, of which a deserializer needs the context only: it takes schemas named in front and in headers.
    #[must_use]
    pub fn with_config(client: Client, config: &SerdeConfig) -> AvroDeserializer {
        AvroDeserializer {
            writers: Reader::new(client, config.context.clone()),
            reader: None,
            #[cfg(feature = "derive")]
            plans: crate::derive::RecordPlans::default(),
        }
    }

    /// The same with a reader's schema: values are resolved to it (fields added by default, promoted, left out).
    #[must_use]
    pub fn with_reader(mut self, reader: AvroSchema) -> AvroDeserializer {
        self.reader = Some(reader);
        self
    }

    /// The same with the latest version of a subject as the reader's schema, as it is now: what `use.latest.version` is to Confluent's
    /// deserializers. It is not asked for again; a program that wants a later one makes a deserializer anew.
    /// # Errors
    /// `UnsupportedRule` when a rule is to be run on reading, or one that migrates; `WrongType`, `Schema`; `Registry`.
    pub async fn with_latest_reader(self, subject: &Subject) -> Result<AvroDeserializer, SerdeError> {
        let reader = self.writers.latest(subject).await?;
        Ok(self.with_reader(reader))
    }

    /// The same with ids of another context.
    #[must_use]
    pub fn with_context(mut self, context: Context) -> AvroDeserializer {
        self.writers = self.writers.with_context(context);
        #[cfg(feature = "derive")]
        {
            self.plans = crate::derive::RecordPlans::default();
        }
        self
    }

    /// The serde value, if the writer's schema is known; `None` for a tombstone. Waits for nothing, needs no runtime.
    /// # Errors
    /// `TooShort`, `UnknownMagic`, `UnknownSchema`, `Payload`.
    pub fn try_deserialize<'a, T: DeserializeOwned>(
        &self,
        framed: impl Into<Framed<'a>>,
    ) -> Result<Attempt<Option<T>>, SerdeError> {
        self.attempt(framed.into(), |decoder, payload| match decoder {
            Decoder::Plain(writer) => writer.decode(payload),
            Decoder::Resolving(resolution) => resolution.decode(payload),
        })
    }

    /// The generic value, if the writer's schema is known. As [`AvroDeserializer::try_deserialize`].
    /// # Errors
    /// The same.
    pub fn try_deserialize_value<'a>(
        &self,
        framed: impl Into<Framed<'a>>,
    ) -> Result<Attempt<Option<Value>>, SerdeError> {
        self.attempt(framed.into(), |decoder, payload| match decoder {
            Decoder::Plain(writer) => writer.decode_value(payload),
            Decoder::Resolving(resolution) => resolution.decode_value(payload),
        })
    }

    /// Fetches a writer's schema that an attempt found missing. Many that ask for the same at the same time make one request.
    /// # Errors
    /// `UnknownSchema`, `WrongType`, `UnsupportedRule`, `Schema`, `Registry`.
    pub async fn fetch(&self, key: SchemaKey) -> Result<(), SerdeError> {
        self.writers.schema(key).await.map(|_| ())
    }

    /// The writer's schema behind a key, fetched if it is not known yet.
    /// # Errors
    /// As [`AvroDeserializer::fetch`].
    pub async fn writer_schema(&self, key: SchemaKey) -> Result<Arc<AvroSchema>, SerdeError> {
        self.writers.schema(key).await
    }

    /// The serde value of framed bytes; `None` for a tombstone.
    /// # Errors
    /// `TooShort`, `UnknownMagic`, `UnknownSchema`, `WrongType`, `UnsupportedRule`, `Schema`, `Payload`, `Registry`.
    pub async fn deserialize<T: DeserializeOwned>(
        &self,
        bytes: Option<&[u8]>,
    ) -> Result<Option<T>, SerdeError> {
        self.deserialize_framed(bytes).await
    }

    /// The serde value of bytes that name their schema in front or in a header; `None` for a tombstone.
    /// # Errors
    /// As [`AvroDeserializer::deserialize`].
    pub async fn deserialize_framed<'a, T: DeserializeOwned>(
        &self,
        framed: impl Into<Framed<'a>>,
    ) -> Result<Option<T>, SerdeError> {
        let framed = framed.into();
        read_through!(self, self.try_deserialize(framed))
    }

    /// The generic value of framed bytes; `None` for a tombstone.
    /// # Errors
    /// As [`AvroDeserializer::deserialize`].
    pub async fn deserialize_value(&self, bytes: Option<&[u8]>) -> Result<Option<Value>, SerdeError> {
        read_through!(self, self.try_deserialize_value(bytes))
    }

    /// The serde value of bare bytes whose schema stands in the record header `__key_schema_id` or `__value_schema_id`.
    /// # Errors
    /// As [`AvroDeserializer::deserialize`].
    pub async fn deserialize_with_header<T: DeserializeOwned>(
        &self,
        header: &[u8],
        bytes: Option<&[u8]>,
    ) -> Result<Option<T>, SerdeError> {
        self.deserialize_framed(Framed { bytes, header: Some(header) }).await
    }

    fn attempt<T>(
        &self,
        framed: Framed<'_>,
        decode: impl FnOnce(Decoder, &[u8]) -> Result<T, PayloadError>,
    ) -> Result<Attempt<Option<T>>, SerdeError> {
        let Some(split) = framed.split()? else { return Ok(Attempt::Ready(None)) };
        let writer = match self.writers.known(split.key) {
            Attempt::Ready(writer) => writer,
            Attempt::NeedsSchema(key) => return Ok(Attempt::NeedsSchema(key)),
        };
        let decoder = match &self.reader {
            None => Decoder::Plain(writer),
            Some(reader) => Decoder::Resolving(writer.resolution(reader)),
        };
        let value = decode(decoder, split.payload).map_err(|error| error.of(Some(split.key)))?;
        Ok(Attempt::Ready(Some(value)))
    }
}
