//! JSON Schema (being written).

use crate::{Limits, ResolvedReference, SchemaError, Strictness};

/// A parsed JSON schema.
#[derive(Clone, Debug)]
pub struct JsonSchema {
    canonical: String,
}

impl JsonSchema {
    /// Parses a file.
    ///
    /// # Errors
    /// Always, for now.
    pub fn parse(
        _text: &str,
        _references: &[ResolvedReference],
        _strictness: Strictness,
        _limits: &Limits,
    ) -> Result<JsonSchema, SchemaError> {
        Err(SchemaError::Unsupported { what: "JSON".to_owned() })
    }

    /// The canonical text.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The normalized text.
    pub fn normalized(&self) -> String {
        self.canonical.clone()
    }

    /// Name of the first message.
    pub fn record_name(&self) -> Option<String> {
        None
    }
}
