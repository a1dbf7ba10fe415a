//! `format` (contract 2.13): other renderings of a stored schema. Anything unknown, and a rendering that does not fit
//! the schema's type, is ignored. Not done: `ignore_extensions` and `logical`, which answer the canonical text.

use assay_registry::SchemaVersion;
use assay_schema::{ParsedSchema, SchemaType};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::outcome::Request;

impl Request {
    /// The text to show instead of the canonical one, if `format` asks for it and it can be made.
    pub(crate) fn rendered(&self, stored: &SchemaVersion) -> Option<String> {
        let format = self.query.get("format")?;
        let wanted = match stored.schema_type {
            SchemaType::Avro => format.eq_ignore_ascii_case("resolved") && !stored.references.is_empty(),
            SchemaType::Protobuf => format.eq_ignore_ascii_case("serialized"),
            SchemaType::Json => false,
        };
        if !wanted {
            return None;
        }
        let failed = |error: &dyn std::fmt::Display| {
            tracing::warn!(subject = %stored.subject, version = %stored.version, %error, "schema not rendered");
        };
        match self.registry.parsed(stored) {
            Err(error) => {
                failed(&error);
                None
            }
            Ok(ParsedSchema::Protobuf(schema)) => Some(STANDARD.encode(schema.serialized())),
            Ok(ParsedSchema::Avro(schema)) => {
                schema.resolved(&self.registry.settings().limits).inspect_err(|error| failed(error)).ok()
            }
            Ok(ParsedSchema::Json(_)) => None,
        }
    }
}
