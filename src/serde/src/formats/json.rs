//! The JSON Schema serializer and deserializer: serde values, validated or not by choice.

use std::sync::Arc;

use assay_client::{Client, Schema};
use assay_schema::json_schema::Growth;
use assay_schema::{Context, Limits, Reference, ResolvedReference, SchemaType, Strictness};
use assay_wire::SchemaKey;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::read::Reader;
use crate::source::{Parsed, closure};
use crate::write::Writer;
use crate::{
    Attempt, Encoded, Framed, Part, PayloadError, Prepared, SerdeConfig, SerdeError, Strategy, Validation,
    WriterSchema,
};

/// Deepest nesting of a value; `serde_json` reads no deeper.
const DEPTH_MAX: usize = 128;
/// Stack that is there without asking; deeper validation runs on a thread of its own.
const STACK_BYTES: usize = 512 * 1024;

/// A JSON schema: its text as it is registered, and the compiled form. Cheap to clone.
#[derive(Debug, Clone)]
pub struct JsonSchema(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    schema: Schema,
    validator: jsonschema::Validator,
    growth: Growth,
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
        let (schema, name) = (schema.clone(), parsed.record_name());
        let growth = Growth::new(&parsed);
        Ok(JsonSchema(Arc::new(Compiled { schema, validator, growth, stack_bytes, name })))
    }

    fn as_registered(&self) -> &Schema {
        &self.0.schema
    }

    fn record_name(&self) -> Option<String> {
        self.0.name.clone()
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

    /// The schema as it is registered.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.0.schema
    }

    /// Whether a value fits; if not, the place and reason of the first thing that does not.
    /// # Errors
    /// The value does not fit; or it is nested deeper than 128, or the schema's choices would take too long for it.
    pub fn check(&self, value: &Value) -> Result<(), PayloadError> {
        let (depth, bytes) = extent(value);
        if depth > DEPTH_MAX {
            return Err(failed(format!("nested deeper than {DEPTH_MAX}")));
        }
        if !self.0.growth.allows_verdict(depth, bytes) {
            return Err(failed("nested too deep, or too long, to be checked by the choices of this schema"));
        }
        let verdict = || self.verdict(value, self.0.growth.allows_reasons(depth, bytes));
        if self.0.stack_bytes <= STACK_BYTES {
            return verdict();
        }
        std::thread::scope(|scope| {
            let deep = std::thread::Builder::new().name("assay-serde".into()).stack_size(self.0.stack_bytes);
            let checking = deep.spawn_scoped(scope, verdict).map_err(failed)?;
            checking.join().unwrap_or_else(|_| Err(failed("the JSON Schema library gave up")))
        })
    }

    /// The verdict first: it remembers what circular schemas said, which finding reasons does not.
    fn verdict(&self, value: &Value, explained: bool) -> Result<(), PayloadError> {
        let validator = &self.0.validator;
        if validator.is_valid(value) {
            return Ok(());
        }
        let error = if explained { validator.validate(value).err() } else { None };
        Err(error.map_or_else(
            || failed("not valid against the schema, which has too many choices to say where"),
            |error| PayloadError { path: error.instance_path().to_string(), reason: error.to_string() },
        ))
    }

    /// Appends the text of a value, as serde orders its members; a `Value` would sort them.
    pub(crate) fn encode<T: Serialize + ?Sized>(
        &self,
        value: &T,
        validation: Validation,
        out: &mut Vec<u8>,
    ) -> Result<(), PayloadError> {
        if validation == Validation::On {
            self.check(&serde_json::to_value(value).map_err(failed)?)?;
        }
        serde_json::to_writer(out, value).map_err(failed)
    }

    fn decode<T: DeserializeOwned>(&self, text: &[u8], validation: Validation) -> Result<T, PayloadError> {
        if validation == Validation::Off {
            return serde_json::from_slice(text).map_err(failed);
        }
        let value: Value = serde_json::from_slice(text).map_err(failed)?;
        self.check(&value)?;
        T::deserialize(value).map_err(failed)
    }
}

/// How deep a value is nested, and about how long its text is, in bytes. Uses no stack: the value may be of any depth.
fn extent(value: &Value) -> (usize, usize) {
    let mut open = vec![(value, 0)];
    let (mut deepest, mut bytes) = (0, 0usize);
    while let Some((value, depth)) = open.pop() {
        bytes = bytes.saturating_add(match value {
            Value::String(text) => text.len() + 3,
            Value::Array(_) | Value::Object(_) => 3,
            Value::Null | Value::Bool(_) | Value::Number(_) => 5,
        });
        match value {
            Value::Array(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(members) => open.extend(members.iter().map(|(name, member)| {
                bytes = bytes.saturating_add(name.len() + 3);
                (member, depth + 1)
            })),
            _ => continue,
        }
        deepest = deepest.max(depth + 1);
    }
    (deepest, bytes)
}

fn failed(reason: impl std::fmt::Display) -> PayloadError {
    PayloadError { path: String::new(), reason: reason.to_string() }
}

impl Prepared<JsonSchema> {
    /// Appends the frame of a serde value, which is validated or not. Needs no runtime.
    /// # Errors
    /// `Payload` when the value does not fit the schema or is no JSON. `out` is then as it was.
    pub fn serialize_into<T: Serialize + ?Sized>(
        &self,
        value: &T,
        validation: Validation,
        out: &mut Vec<u8>,
    ) -> Result<(), SerdeError> {
        self.frame_into(out, |out| self.schema().encode(value, validation, out))
    }
}

/// Makes framed bytes. Cheap to share by reference; remembers what it learns.
#[derive(Debug)]
pub struct JsonSerializer(Writer<JsonSchema>);

impl JsonSerializer {
    /// Registers schemas, names subjects after topics, writes ids in front, and validates.
    #[must_use]
    pub fn new(client: Client) -> JsonSerializer {
        JsonSerializer::with_config(client, SerdeConfig::default())
    }

    /// With these settings.
    #[must_use]
    pub fn with_config(client: Client, config: SerdeConfig) -> JsonSerializer {
        JsonSerializer(Writer::new(client, config))
    }

    /// The same with another source of schemas. Values are validated against the schema that is written with.
    #[must_use]
    pub fn with_writer(self, writer: WriterSchema) -> JsonSerializer {
        JsonSerializer::with_config(self.0.client, self.0.config.with_writer(writer))
    }

    /// The same with another rule for subjects.
    #[must_use]
    pub fn with_strategy(self, strategy: impl Into<Strategy>) -> JsonSerializer {
        JsonSerializer::with_config(self.0.client, self.0.config.with_strategy(strategy))
    }

    /// The same, validating or not.
    #[must_use]
    pub fn with_validation(self, validation: Validation) -> JsonSerializer {
        JsonSerializer::with_config(self.0.client, self.0.config.with_validation(validation))
    }

    /// The schema to write with for a part of a topic's records: everything that needs the registry happens here, and is
    /// remembered. What is returned serializes without a runtime.
    /// # Errors
    /// As [`AvroSerializer::prepare`](crate::AvroSerializer::prepare).
    pub async fn prepare(
        &self,
        topic: &str,
        part: Part,
        schema: &JsonSchema,
    ) -> Result<Prepared<JsonSchema>, SerdeError> {
        self.0.prepare(topic, part, schema, None).await
    }

    /// The bytes of a serde value. `None` is a tombstone, which has none.
    /// # Errors
    /// `Payload` when the value does not fit the schema; those of [`JsonSerializer::prepare`]; `HeaderNeeded`.
    pub async fn serialize<T: Serialize + Sync + ?Sized>(
        &self,
        topic: &str,
        part: Part,
        schema: &JsonSchema,
        value: Option<&T>,
    ) -> Result<Option<Vec<u8>>, SerdeError> {
        self.0.needs_no_header(part)?;
        Ok(self.serialize_framed(topic, part, schema, value).await?.map(|encoded| encoded.bytes))
    }

    /// The bytes of a serde value, and the header its record needs if that is where the schema is named. `None` is a tombstone.
    /// # Errors
    /// As [`JsonSerializer::serialize`].
    pub async fn serialize_framed<T: Serialize + Sync + ?Sized>(
        &self,
        topic: &str,
        part: Part,
        schema: &JsonSchema,
        value: Option<&T>,
    ) -> Result<Option<Encoded>, SerdeError> {
        let Some(value) = value else { return Ok(None) };
        let validation = self.0.config.validation;
        let fits = |schema: &JsonSchema| schema.encode(value, validation, &mut Vec::new());
        let prepared = self.0.prepare_for(topic, part, schema, None, fits).await?;
        prepared.encoded(|out| prepared.schema().encode(value, validation, out)).map(Some)
    }
}

#[cfg(feature = "blocking")]
impl crate::write::Serializes for JsonSerializer {
    type Schema = JsonSchema;

    fn writer(&self) -> &Writer<JsonSchema> {
        &self.0
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
        JsonDeserializer::with_config(client, &SerdeConfig::default())
    }

    /// With these settings, of which a deserializer needs the context and the validation: it takes schemas named in front and in
    /// headers.
    #[must_use]
    pub fn with_config(client: Client, config: &SerdeConfig) -> JsonDeserializer {
        let writers = Reader::new(client, config.context.clone());
        JsonDeserializer { writers, validation: config.validation }
    }

    /// The same with ids of another context.
    #[must_use]
    pub fn with_context(mut self, context: Context) -> JsonDeserializer {
        self.writers = self.writers.with_context(context);
        self
    }

    /// The same, validating or not. The writer's schema is asked for either way: it must be a JSON schema.
    #[must_use]
    pub fn with_validation(mut self, validation: Validation) -> JsonDeserializer {
        self.validation = validation;
        self
    }

    /// The serde value, if the writer's schema is known; `None` for a tombstone. Waits for nothing, needs no runtime.
    /// # Errors
    /// `TooShort`, `UnknownMagic`, `UnknownSchema`, `Payload`.
    pub fn try_deserialize<'a, T: DeserializeOwned>(
        &self,
        framed: impl Into<Framed<'a>>,
    ) -> Result<Attempt<Option<T>>, SerdeError> {
        let Some(split) = framed.into().split()? else { return Ok(Attempt::Ready(None)) };
        let writer = match self.writers.known(split.key) {
            Attempt::Ready(writer) => writer,
            Attempt::NeedsSchema(key) => return Ok(Attempt::NeedsSchema(key)),
        };
        let value = writer.decode(split.payload, self.validation);
        value.map(|value| Attempt::Ready(Some(value))).map_err(|error| error.of(Some(split.key)))
    }

    /// Fetches a writer's schema that an attempt found missing. Many that ask for the same at the same time make one request.
    /// # Errors
    /// `UnknownSchema`, `WrongType`, `UnsupportedRule`, `Schema`, `Registry`.
    pub async fn fetch(&self, key: SchemaKey) -> Result<(), SerdeError> {
        self.writers.schema(key).await.map(|_| ())
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
    /// As [`JsonDeserializer::deserialize`].
    pub async fn deserialize_framed<'a, T: DeserializeOwned>(
        &self,
        framed: impl Into<Framed<'a>>,
    ) -> Result<Option<T>, SerdeError> {
        let framed = framed.into();
        read_through!(self, self.try_deserialize(framed))
    }

    /// The serde value of bare bytes whose schema stands in the record header `__key_schema_id` or `__value_schema_id`.
    /// # Errors
    /// As [`JsonDeserializer::deserialize`].
    pub async fn deserialize_with_header<T: DeserializeOwned>(
        &self,
        header: &[u8],
        bytes: Option<&[u8]>,
    ) -> Result<Option<T>, SerdeError> {
        self.deserialize_framed(Framed { bytes, header: Some(header) }).await
    }
}
