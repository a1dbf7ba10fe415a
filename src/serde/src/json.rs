//! The JSON Schema serializer and deserializer: serde values, validated or not by choice.

use assay_client::{Client, Schema};
use assay_schema::{Context, Limits, Reference, ResolvedReference, SchemaType, Strictness};
use assay_wire::{SchemaKey, frame, parse_guid_header, split_any};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::source::{Parsed, Reader, Writer, closure};
use crate::{Part, SerdeError, SubjectName, WriterSchema};

/// Deepest nesting of a value; `serde_json` reads no deeper.
const DEPTH_MAX: usize = 128;
/// Stack that is there without asking; deeper validation runs on a thread of its own.
const STACK_BYTES: usize = 512 * 1024;

/// Whether values are checked against the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Validation {
    /// Every value is; one that does not fit is an error with the place and the reason.
    #[default]
    On,
    /// Values are only framed.
    Off,
}

/// A JSON schema: its text as it is registered, and the compiled form.
#[derive(Debug)]
pub struct JsonSchema {
    schema: Schema,
    validator: jsonschema::Validator,
    stack_bytes: usize,
    name: Option<String>,
}

impl Parsed for JsonSchema {
    const TYPE: SchemaType = SchemaType::Json;

    fn parse(schema: &Schema, references: &[ResolvedReference]) -> Result<JsonSchema, SerdeError> {
        let failed = |error: assay_schema::SchemaError| SerdeError::Schema(error.to_string());
        let limits = Limits::default();
        let parsed = assay_schema::json_schema::JsonSchema::parse(
            &schema.text,
            references,
            Strictness::Stored,
            &limits,
        )
        .map_err(failed)?;
        let validator = parsed.validator().map_err(failed)?;
        let stack_bytes = parsed.stack_bytes(DEPTH_MAX).map_err(failed)?;
        Ok(JsonSchema { schema: schema.clone(), validator, stack_bytes, name: parsed.record_name() })
    }
}

impl JsonSchema {
    /// Parses a schema without references.
    /// # Errors
    /// `Schema` with the reason.
    pub fn parse(text: &str) -> Result<JsonSchema, SerdeError> {
        Parsed::parse(&Schema::new(SchemaType::Json, text), &[])
    }

    /// Parses a schema whose `$ref`s are registered: each reference is named as the schema refers to it.
    /// # Errors
    /// `Schema`; `Registry` for a reference that is not there.
    pub async fn with_references(
        client: &Client,
        text: &str,
        references: &[Reference],
    ) -> Result<JsonSchema, SerdeError> {
        let resolved = closure(client, &Context::default(), references).await?;
        Parsed::parse(&Schema::new(SchemaType::Json, text).with_references(references), &resolved)
    }

    /// The place and reason of the first thing that does not fit.
    fn check(&self, key: Option<SchemaKey>, value: &Value) -> Result<(), SerdeError> {
        let verdict = || {
            self.validator.validate(value).map_err(|error| {
                let place = error.instance_path().to_string();
                let place = if place.is_empty() { String::new() } else { format!("{place}: ") };
                SerdeError::Payload { key, reason: format!("{place}{error}") }
            })
        };
        if self.stack_bytes <= STACK_BYTES {
            return verdict();
        }
        let failed = |reason: String| SerdeError::Payload { key, reason };
        std::thread::scope(|scope| {
            let deep = std::thread::Builder::new().name("assay-serde".into()).stack_size(self.stack_bytes);
            let checking = deep.spawn_scoped(scope, verdict).map_err(|error| failed(error.to_string()))?;
            checking.join().unwrap_or_else(|_| Err(failed("the JSON Schema library gave up".into())))
        })
    }
}

/// Makes framed bytes. Cheap to share by reference; remembers what it learns.
#[derive(Debug)]
pub struct JsonSerializer {
    writer: Writer<JsonSchema>,
    validation: Validation,
}

impl JsonSerializer {
    /// Registers schemas, names subjects after topics, and validates.
    #[must_use]
    pub fn new(client: Client) -> JsonSerializer {
        JsonSerializer { writer: Writer::new(client), validation: Validation::On }
    }

    /// The same with another source of schemas. With `Latest` values are validated against the latest version.
    #[must_use]
    pub fn with_writer(mut self, writer: WriterSchema) -> JsonSerializer {
        self.writer.writer = writer;
        self
    }

    /// The same with another rule for subjects.
    #[must_use]
    pub fn with_strategy(mut self, strategy: impl SubjectName + 'static) -> JsonSerializer {
        self.writer.strategy = Box::new(strategy);
        self
    }

    /// The same, validating or not.
    #[must_use]
    pub fn with_validation(mut self, validation: Validation) -> JsonSerializer {
        self.validation = validation;
        self
    }

    /// The bytes of a serde value. `None` is a tombstone, which has none.
    /// # Errors
    /// `Payload` when the value does not fit the schema; `Registry`; `NoRecordName`.
    pub async fn serialize<T: Serialize>(
        &self,
        topic: &str,
        part: Part,
        schema: &JsonSchema,
        value: Option<&T>,
    ) -> Result<Option<Vec<u8>>, SerdeError> {
        let Some(value) = value else { return Ok(None) };
        let not_json =
            |error: serde_json::Error| SerdeError::Payload { key: None, reason: error.to_string() };
        let text = serde_json::to_vec(value).map_err(not_json)?; // as serde orders it; a `Value` would sort the members
        let value = serde_json::to_value(value).map_err(not_json)?;
        let subject = self.writer.subject(topic, part, schema.name.as_deref())?;
        if let Some((id, latest)) = self.writer.latest(&subject).await? {
            self.check(Some(SchemaKey::Id(id)), &latest, &value)?;
            return Ok(Some(frame(id, &text)));
        }
        self.check(None, schema, &value)?; // before a schema is registered that no value fits
        Ok(Some(frame(self.writer.id(&subject, &schema.schema).await?, &text)))
    }

    fn check(&self, key: Option<SchemaKey>, schema: &JsonSchema, value: &Value) -> Result<(), SerdeError> {
        match self.validation {
            Validation::On => schema.check(key, value),
            Validation::Off => Ok(()),
        }
    }
}

/// Reads framed bytes. Cheap to share by reference; remembers the schemas it has parsed.
#[derive(Debug)]
pub struct JsonDeserializer {
    writers: Reader<JsonSchema>,
    validation: Validation,
}

impl JsonDeserializer {
    /// Reads ids of the default context, and validates with the writer's schema.
    #[must_use]
    pub fn new(client: Client) -> JsonDeserializer {
        JsonDeserializer { writers: Reader::new(client), validation: Validation::On }
    }

    /// The same with ids of another context.
    #[must_use]
    pub fn with_context(mut self, context: Context) -> JsonDeserializer {
        self.writers.context = context;
        self
    }

    /// The same, validating or not. The writer's schema is asked for either way: it must be a JSON schema.
    #[must_use]
    pub fn with_validation(mut self, validation: Validation) -> JsonDeserializer {
        self.validation = validation;
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
        let (key, text) = split_any(bytes)?;
        self.value(key, text).await.map(Some)
    }

    /// The serde value of bare bytes whose schema stands in the record header `__key_schema_id` or `__value_schema_id`.
    /// # Errors
    /// As [`JsonDeserializer::deserialize`].
    pub async fn deserialize_with_header<T: DeserializeOwned>(
        &self,
        header: &[u8],
        bytes: Option<&[u8]>,
    ) -> Result<Option<T>, SerdeError> {
        let Some(bytes) = bytes else { return Ok(None) };
        let (guid, _) = parse_guid_header(header)?;
        self.value(SchemaKey::Guid(guid), bytes).await.map(Some)
    }

    async fn value<T: DeserializeOwned>(&self, key: SchemaKey, text: &[u8]) -> Result<T, SerdeError> {
        let schema = self.writers.schema(key).await?;
        let failed =
            |error: serde_json::Error| SerdeError::Payload { key: Some(key), reason: error.to_string() };
        if self.validation == Validation::Off {
            return serde_json::from_slice(text).map_err(failed);
        }
        let value: Value = serde_json::from_slice(text).map_err(failed)?;
        schema.check(Some(key), &value)?;
        T::deserialize(value).map_err(failed)
    }
}
