//! The one door to the three formats.

#[cfg(any(feature = "avro", feature = "json", feature = "protobuf"))]
use std::sync::Arc;

use crate::contract::ResolvedReference;
use crate::error::SchemaError;
use crate::limits::Limits;
use crate::names::SchemaType;

/// How much is checked (contract 2.9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Strictness {
    /// A schema being registered: Avro names and namespaces follow the specification, defaults match their type.
    New,
    /// One that is stored or imported already: read as permissively as the reference does.
    Stored,
}

/// A schema of any format. Cheap to clone.
#[derive(Clone, Debug)]
pub enum ParsedSchema {
    /// Apache Avro.
    #[cfg(feature = "avro")]
    Avro(Arc<crate::avro::AvroSchema>),
    /// JSON Schema.
    #[cfg(feature = "json")]
    Json(Arc<crate::json_schema::JsonSchema>),
    /// Protocol Buffers.
    #[cfg(feature = "protobuf")]
    Protobuf(Arc<crate::protobuf::ProtoSchema>),
}

/// Parses a schema text. `references` is the transitive closure, dependencies first.
///
/// # Errors
/// [`SchemaError`]: the text, or one of the references, is not a schema, or passes a limit.
pub fn parse(
    schema_type: SchemaType,
    text: &str,
    references: &[ResolvedReference],
    strictness: Strictness,
    limits: &Limits,
) -> Result<ParsedSchema, SchemaError> {
    check_sizes(text, references, limits)?;
    check_types(schema_type, references)?;
    match schema_type {
        #[cfg(feature = "avro")]
        SchemaType::Avro => crate::avro::AvroSchema::parse(text, references, strictness, limits)
            .map(|s| ParsedSchema::Avro(s.into())),
        #[cfg(feature = "json")]
        SchemaType::Json => crate::json_schema::JsonSchema::parse(text, references, strictness, limits)
            .map(|s| ParsedSchema::Json(s.into())),
        #[cfg(feature = "protobuf")]
        SchemaType::Protobuf => crate::protobuf::ProtoSchema::parse(text, references, strictness, limits)
            .map(|s| ParsedSchema::Protobuf(s.into())),
        #[cfg(not(all(feature = "avro", feature = "json", feature = "protobuf")))]
        other => Err(SchemaError::Unsupported { what: format!("the schema type {other} (not built in)") }),
    }
}

fn check_sizes(text: &str, references: &[ResolvedReference], limits: &Limits) -> Result<(), SchemaError> {
    if text.len() > limits.schema_bytes {
        return Err(SchemaError::TooLarge { bytes: text.len(), limit: limits.schema_bytes });
    }
    if references.len() > limits.references {
        return Err(SchemaError::TooMany { what: "referenced schemas", limit: limits.references });
    }
    let bytes = references.iter().fold(0usize, |sum, r| sum.saturating_add(r.text.len()));
    if bytes > limits.closure_bytes {
        return Err(SchemaError::TooMany {
            what: "bytes of referenced schemas",
            limit: limits.closure_bytes,
        });
    }
    Ok(())
}

/// A reference to a schema of another type can never be resolved.
fn check_types(schema_type: SchemaType, references: &[ResolvedReference]) -> Result<(), SchemaError> {
    match references.iter().find(|r| r.schema_type != schema_type) {
        None => Ok(()),
        Some(other) => Err(SchemaError::Invalid {
            path: "/references".to_owned(),
            position: None,
            reason: format!(
                "the reference \"{}\" ({} version {}) is {}, but the schema is {schema_type}",
                other.name, other.subject, other.version, other.schema_type
            ),
        }),
    }
}

impl ParsedSchema {
    /// The format.
    pub fn schema_type(&self) -> SchemaType {
        match self {
            #[cfg(feature = "avro")]
            ParsedSchema::Avro(_) => SchemaType::Avro,
            #[cfg(feature = "json")]
            ParsedSchema::Json(_) => SchemaType::Json,
            #[cfg(feature = "protobuf")]
            ParsedSchema::Protobuf(_) => SchemaType::Protobuf,
        }
    }

    /// The text that is stored, digested and returned (contract 2.11).
    pub fn canonical(&self) -> &str {
        match self {
            #[cfg(feature = "avro")]
            ParsedSchema::Avro(schema) => schema.canonical(),
            #[cfg(feature = "json")]
            ParsedSchema::Json(schema) => schema.canonical(),
            #[cfg(feature = "protobuf")]
            ParsedSchema::Protobuf(schema) => schema.canonical(),
        }
    }

    /// The text that `normalize=true` stores instead (contract 2.12).
    pub fn normalized(&self) -> String {
        match self {
            #[cfg(feature = "avro")]
            ParsedSchema::Avro(schema) => schema.normalized(),
            #[cfg(feature = "json")]
            ParsedSchema::Json(schema) => schema.normalized(),
            #[cfg(feature = "protobuf")]
            ParsedSchema::Protobuf(schema) => schema.normalized(),
        }
    }

    /// The full name of what the schema describes (an Avro named type, a Protobuf message, a JSON `title`), if it has
    /// one. Name strategies use it.
    pub fn record_name(&self) -> Option<String> {
        match self {
            #[cfg(feature = "avro")]
            ParsedSchema::Avro(schema) => schema.record_name(),
            #[cfg(feature = "json")]
            ParsedSchema::Json(schema) => schema.record_name(),
            #[cfg(feature = "protobuf")]
            ParsedSchema::Protobuf(schema) => schema.record_name(),
        }
    }
}
