//! `format` (contract 2.13): other renderings of a stored schema. Anything unknown, and a rendering that does not fit
//! the schema's type, is ignored. Ours: `original`, the text as it was sent when the version was registered. Not done:
//! `logical`, which answers the canonical text. Also `findTags`.

use assay_registry::{SchemaRequest, SchemaVersion};
use assay_schema::{ParsedSchema, SchemaType};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::dto::tags::SchemaTagsJson;
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

    /// The inline tags that `findTags` asks for: those of every entity that has one of the names, or any for `*`. A stored
    /// text that cannot be read any more has none that could be told.
    pub(crate) fn found_tags(&self, stored: &SchemaVersion) -> Vec<SchemaTagsJson> {
        let names: Vec<&str> = self.query.all("findTags").filter(|name| !name.is_empty()).collect();
        if names.is_empty() {
            return Vec::new();
        }
        let limits = &self.registry.settings().limits;
        let asked = |tag: &String| names.iter().any(|name| *name == "*" || name == tag);
        let found = self.registry.parsed(stored).map(|parsed| parsed.inline_tags(limits));
        match found {
            Ok(Ok(entities)) => {
                entities.into_iter().filter(|e| e.tags.iter().any(asked)).map(Into::into).collect()
            }
            Ok(Err(error)) => not_rendered(stored, &error),
            Err(error) => not_rendered(stored, &error),
        }
    }

    fn rendered_as(&self, stored: &SchemaVersion, format: &str) -> Option<String> {
        if format.eq_ignore_ascii_case("original") {
            return Some(stored.original_text().into_owned());
        }
        let wanted = match stored.schema_type {
            SchemaType::Avro => format.eq_ignore_ascii_case("resolved") && !stored.references.is_empty(),
            SchemaType::Protobuf => {
                format.eq_ignore_ascii_case("serialized") || format.eq_ignore_ascii_case("ignore_extensions")
            }
            SchemaType::Json => false,
        };
        if !wanted {
            return None;
        }
        match self.registry.parsed(stored) {
            Err(error) => not_rendered(stored, &error),
            Ok(ParsedSchema::Protobuf(schema)) if format.eq_ignore_ascii_case("ignore_extensions") => {
                Some(schema.without_extensions())
            }
            Ok(ParsedSchema::Protobuf(schema)) => Some(STANDARD.encode(schema.serialized())),
            Ok(ParsedSchema::Avro(schema)) => {
                let text = schema.resolved(&self.registry.settings().limits);
                text.map_or_else(|error| not_rendered(stored, &error), Some)
            }
            Ok(ParsedSchema::Json(_)) => None,
        }
    }
}

/// Nothing, and a line in the log: what is stored is answered all the same.
fn not_rendered<T: Default>(stored: &SchemaVersion, error: &dyn std::fmt::Display) -> T {
    tracing::warn!(subject = %stored.subject, version = %stored.version, %error, "schema not rendered");
    T::default()
}

/// Whether a text is in the base64 alphabet; no Protobuf source is, as it needs a semicolon or a brace.
fn is_base64(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
}
