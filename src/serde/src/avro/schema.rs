//! An Avro schema ready for use, and the bytes of a datum.

use std::panic::{AssertUnwindSafe, catch_unwind};

use apache_avro::{
    AvroResult, Schema as Parsed, from_avro_datum, from_avro_datum_schemata, to_avro_datum,
    to_avro_datum_schemata, types::Value,
};
use assay_client::Schema;
use assay_schema::SchemaType;

use serde::{Serialize, de::DeserializeOwned};

use super::depth;
use crate::{PayloadError, SerdeError};

/// Stack for decoding values of a schema that contains itself: the recursion of `apache-avro`, unoptimized, takes some
/// ten KiB a level.
const STACK_BYTES: usize = 32 * 1024 * 1024;

/// A datum of so few bytes cannot nest deep enough to need that stack.
const SHORT_BYTES: usize = 8;

/// An Avro schema: its text as it is registered, and the parsed form.
#[derive(Debug, Clone)]
pub struct AvroSchema {
    pub(crate) schema: Schema,
    parsed: Parsed,
    /// Schemas of references, and the schema itself behind them; empty without references.
    all: Vec<Parsed>,
    /// Whether a datum can nest deeper than the schema.
    recursive: bool,
}

impl AvroSchema {
    /// Parses a schema without references.
    /// # Errors
    /// `Schema` with the parser's reason.
    pub fn parse(text: &str) -> Result<AvroSchema, SerdeError> {
        AvroSchema::with_references(Schema::new(SchemaType::Avro, text), &[])
    }

    /// Parses a schema; `texts` are those of all schemas it refers to, directly or not.
    /// # Errors
    /// `Schema` with the parser's reason.
    pub fn with_references(schema: Schema, texts: &[String]) -> Result<AvroSchema, SerdeError> {
        let failed = SerdeError::Schema;
        if texts.is_empty() {
            let parsed = guarded(|| Parsed::parse_str(&schema.text)).map_err(failed)?;
            let recursive = depth::is_recursive(&parsed);
            return Ok(AvroSchema { schema, parsed, all: Vec::new(), recursive });
        }
        let (parsed, mut all) =
            guarded(|| Parsed::parse_str_with_list(&schema.text, texts)).map_err(failed)?;
        all.push(parsed.clone());
        Ok(AvroSchema { schema, parsed, all, recursive: true })
    }

    /// The parsed form.
    #[must_use]
    pub fn parsed(&self) -> &Parsed {
        &self.parsed
    }

    /// The full name of the schema, if it is a record, enum or fixed.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        self.parsed.name().map(|name| name.fullname(None))
    }

    /// Appends the datum of a serde value. A top-level `bytes` is the bytes themselves, without a length (contract 5.4).
    /// # Errors
    /// The value does not fit the schema. `out` is then as it was.
    pub fn encode<T: Serialize + ?Sized>(&self, value: &T, out: &mut Vec<u8>) -> Result<(), PayloadError> {
        let value = apache_avro::to_value(value).map_err(|error| failed(error.to_string()))?;
        self.encode_value(&value, out)
    }

    /// Appends the datum of a generic value.
    /// # Errors
    /// As [`AvroSchema::encode`].
    pub fn encode_value(&self, value: &Value, out: &mut Vec<u8>) -> Result<(), PayloadError> {
        out.append(&mut self.datum(value.clone()).map_err(failed)?);
        Ok(())
    }

    /// The serde value of a datum. Every byte must belong to it.
    /// # Errors
    /// The bytes are no datum of the schema, or the value does not fit the type.
    pub fn decode<T: DeserializeOwned>(&self, datum: &[u8]) -> Result<T, PayloadError> {
        typed(self.decode_value(datum)?)
    }

    /// The generic value of a datum. Every byte must belong to it.
    /// # Errors
    /// The bytes are no datum of the schema.
    pub fn decode_value(&self, datum: &[u8]) -> Result<Value, PayloadError> {
        self.decode_as(datum, None)
    }

    fn datum(&self, value: Value) -> Result<Vec<u8>, String> {
        let value = guarded(|| value.resolve_schemata(&self.parsed, self.all.iter().collect()))?;
        match (&self.parsed, value) {
            (Parsed::Bytes, Value::Bytes(bytes)) => Ok(bytes),
            (_, value) if self.all.is_empty() => guarded(|| to_avro_datum(&self.parsed, value)),
            (_, value) => guarded(|| to_avro_datum_schemata(&self.parsed, self.all.iter().collect(), value)),
        }
    }

    /// The value of bytes, as `reader` sees it if there is one. Nothing may be left over.
    pub(super) fn decode_as(&self, bytes: &[u8], reader: Option<&AvroSchema>) -> Result<Value, PayloadError> {
        self.read(bytes, reader).map_err(failed)
    }

    fn read(&self, bytes: &[u8], reader: Option<&AvroSchema>) -> Result<Value, String> {
        if matches!(self.parsed, Parsed::Bytes) {
            return resolve(Value::Bytes(bytes.to_vec()), reader);
        }
        if self.recursive && depth::check(&self.parsed, &self.all, bytes).is_err() {
            return Err(format!("values are nested more than {} deep", depth::DEPTH_MAX));
        }
        if !self.recursive || bytes.len() <= SHORT_BYTES {
            return self.decode_here(bytes, reader);
        }
        std::thread::scope(|scope| {
            let deep = std::thread::Builder::new().name("assay-serde".into()).stack_size(STACK_BYTES);
            let decoding = deep.spawn_scoped(scope, || self.decode_here(bytes, reader));
            let decoded = decoding.map_err(|error| error.to_string())?.join();
            decoded.unwrap_or_else(|_| Err("the Avro library gave up".into()))
        })
    }

    fn decode_here(&self, bytes: &[u8], reader: Option<&AvroSchema>) -> Result<Value, String> {
        let mut rest = bytes;
        let value = if self.all.is_empty() {
            guarded(|| from_avro_datum(&self.parsed, &mut rest, None))?
        } else {
            guarded(|| from_avro_datum_schemata(&self.parsed, self.all.iter().collect(), &mut rest, None))?
        };
        if !rest.is_empty() {
            return Err(format!("{} bytes left over behind the value", rest.len()));
        }
        resolve(value, reader)
    }
}

fn resolve(value: Value, reader: Option<&AvroSchema>) -> Result<Value, String> {
    match reader {
        None => Ok(value),
        Some(reader) => guarded(|| value.resolve_schemata(&reader.parsed, reader.all.iter().collect())),
    }
}

/// A call of `apache-avro` whose panic, should hostile input cause one, is an error like others.
fn guarded<T>(call: impl FnOnce() -> AvroResult<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(_) => Err("the Avro library gave up".into()),
    }
}

fn failed(reason: String) -> PayloadError {
    PayloadError { path: String::new(), reason }
}

/// A typed value. Serde reads a list of bytes from an array, which top-level `bytes` are not.
pub(super) fn typed<T: DeserializeOwned>(value: Value) -> Result<T, PayloadError> {
    let bytes = if let Value::Bytes(bytes) = &value { Some(bytes.clone()) } else { None };
    let read = apache_avro::from_value(&value).or_else(|error| match bytes {
        Some(bytes) => {
            let items = bytes.iter().map(|byte| Value::Int(i32::from(*byte))).collect();
            apache_avro::from_value(&Value::Array(items))
        }
        None => Err(error),
    });
    read.map_err(|error| failed(error.to_string()))
}
