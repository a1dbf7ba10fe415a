//! From a parsed schema to the walker of its format.

use assay_schema::{ParsedSchema, SchemaType};

use crate::Problem;

/// Why no validator could be made of a schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no validator can be made of the schema: {reason}")]
pub struct SchemaUnusable {
    /// Why, in plain words.
    pub reason: String,
}

/// A schema compiled for checking payloads. Shared between threads; a check changes nothing in it.
#[derive(Debug)]
pub struct Validator(Walker);

#[derive(Debug)]
enum Walker {}

/// Compiles a schema.
/// # Errors
/// [`SchemaUnusable`] when the schema is legal, but payloads cannot be checked against it.
pub fn compile(schema: &ParsedSchema) -> Result<Validator, SchemaUnusable> {
    Err(SchemaUnusable { reason: format!("not yet: {}", schema.schema_type()) })
}

impl Validator {
    /// The type of the schema.
    #[must_use]
    pub fn schema_type(&self) -> SchemaType {
        match self.0 {}
    }

    /// Checks a payload as it follows a schema id: for Protobuf the message indexes come first.
    /// # Errors
    /// The first [`Problem`] met.
    pub fn check(&self, _payload: &[u8]) -> Result<(), Problem> {
        match self.0 {}
    }

    /// Checks a payload whose message indexes stand elsewhere: in the record header, behind the GUID. They are read for
    /// Protobuf and ignored otherwise, as the reference does.
    /// # Errors
    /// The first [`Problem`] met.
    pub fn check_apart(&self, _indexes: &[u8], _payload: &[u8]) -> Result<(), Problem> {
        match self.0 {}
    }
}
