//! From a parsed schema to the walker of its format.

use assay_schema::{ParsedSchema, SchemaType};
use assay_wire::MessageIndexes;

use crate::{Problem, avro, json, protobuf};

/// Why no validator could be made of a schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("payloads cannot be checked against the schema: {reason}")]
pub struct SchemaUnusable {
    /// Why, in plain words.
    pub reason: String,
}

/// A schema compiled for checking payloads. Shared between threads; a check changes nothing in it.
#[derive(Debug)]
pub struct Validator(Walker);

#[derive(Debug)]
enum Walker {
    Avro(avro::Plan),
    Json(json::Plan),
    Protobuf(protobuf::Plan),
}

/// Compiles a schema.
/// # Errors
/// [`SchemaUnusable`] when the schema is legal, but payloads cannot be checked against it.
pub fn compile(schema: &ParsedSchema) -> Result<Validator, SchemaUnusable> {
    let walker = match schema {
        ParsedSchema::Avro(schema) => Walker::Avro(avro::Plan::new(schema)),
        ParsedSchema::Json(schema) => Walker::Json(json::Plan::new(schema)?),
        ParsedSchema::Protobuf(schema) => Walker::Protobuf(protobuf::Plan::new(schema)),
    };
    Ok(Validator(walker))
}

impl Validator {
    /// The type of the schema.
    #[must_use]
    pub fn schema_type(&self) -> SchemaType {
        match &self.0 {
            Walker::Avro(_) => SchemaType::Avro,
            Walker::Json(_) => SchemaType::Json,
            Walker::Protobuf(_) => SchemaType::Protobuf,
        }
    }

    /// Checks a payload as it follows a schema id: for Protobuf the message indexes come first.
    /// # Errors
    /// The first [`Problem`] met.
    pub fn check(&self, payload: &[u8]) -> Result<(), Problem> {
        if self.accepts(payload) == Some(true) {
            return Ok(());
        }
        self.explain(payload)
    }

    /// The keywords of a JSON schema for which payloads are not checked in one pass but on a tree of theirs, by the `jsonschema` crate, several
    /// times slower; sorted. Some are phrases, such as `$ref to another schema`. Empty for the other formats.
    #[must_use]
    pub fn slow_keywords(&self) -> &[String] {
        match &self.0 {
            Walker::Json(plan) => plan.slow_keywords(),
            Walker::Avro(_) | Walker::Protobuf(_) => &[],
        }
    }

    /// The verdict of the fast walk alone; `None` for a schema that has none, and for the few payloads it cannot tell of. It agrees with
    /// [`Validator::explain`].
    #[must_use]
    pub fn accepts(&self, payload: &[u8]) -> Option<bool> {
        match &self.0 {
            Walker::Avro(plan) => Some(plan.accepts(payload)),
            Walker::Protobuf(plan) => plan.accepts(payload),
            Walker::Json(plan) => plan.accepts(payload),
        }
    }

    /// The verdict of the explaining walk alone; [`Validator::check`] asks it when the fast one says no.
    /// # Errors
    /// The first [`Problem`] met.
    pub fn explain(&self, payload: &[u8]) -> Result<(), Problem> {
        match &self.0 {
            Walker::Avro(plan) => plan.explain(payload),
            Walker::Json(plan) => plan.explain(payload),
            Walker::Protobuf(plan) => plan.explain(payload),
        }
    }

    /// Checks a payload whose message indexes stand elsewhere: in the record header, behind the GUID. They are read for
    /// Protobuf and ignored otherwise: a [`Checker`](crate::Checker) has refused such a header before.
    /// # Errors
    /// The first [`Problem`] met.
    pub fn check_apart(&self, indexes: &[u8], payload: &[u8]) -> Result<(), Problem> {
        match &self.0 {
            Walker::Protobuf(plan) => {
                let problem = |reason| Problem { path: String::new(), reason };
                let (indexes, behind) =
                    MessageIndexes::read(indexes).map_err(|error| problem(error.to_string()))?;
                if !behind.is_empty() {
                    let bytes = behind.len();
                    return Err(problem(format!(
                        "expected nothing behind the message indexes, {bytes} bytes too many"
                    )));
                }
                if plan.accepts_message(&indexes, payload) == Some(true) {
                    return Ok(());
                }
                plan.explain_message(&indexes, payload)
            }
            Walker::Avro(_) | Walker::Json(_) => self.check(payload),
        }
    }
}
