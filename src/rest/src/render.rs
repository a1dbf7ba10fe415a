//! `format` (contract 2.13): other renderings of a stored schema. Anything unknown, and a rendering that does not fit
//! the schema's type, is ignored. Ours: `original`, the text as it was sent when the version was registered. Not done: `ignore_extensions` and `logical`, which answer the canonical text.

use assay_registry::{SchemaRequest, SchemaVersion};
use assay_schema::{ParsedSchema, SchemaType};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::outcome::Request;

impl Request {
    /// The text to show instead of the canonical one, if `format` asks for it and it can be made.
    pub(crate) fn rendered(&self, stored: &SchemaVersion) -> Option<String> {
        self.rendered_as(stored, self.query.get("format")?)
    }

    /// The text to show in the answer to a request that carried the schema itself. One that came as a serialised
    /// descriptor goes back as one: the Python client keeps the answer and expects to find that form there.
    pub(crate) fn rendered_like(&self, sent: &SchemaRequest, stored: &SchemaVersion) -> Option<String> {
        let format = self.query.get("format").filter(|format| !format.is_empty());
        match format {
            None if is_base64(&sent.schema) => self.rendered_as(stored, "serialized"),
            None => None,
            Some(format) => self.rendered_as(stored, format),
        }
    }

    fn rendered_as(&self, stored: &SchemaVersion, format: &str) -> Option<String> {
        if format.eq_ignore_ascii_case("original") {
            return Some(stored.original_text().into_owned());
        }
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

/// Whether a text is in the base64 alphabet; no Protobuf source is, as it needs a semicolon or a brace.
fn is_base64(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
}
