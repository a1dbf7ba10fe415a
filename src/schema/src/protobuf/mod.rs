//! Protobuf schemas (being written).

use crate::{Limits, ResolvedReference, SchemaError, Strictness};

/// A parsed Protobuf schema.
#[derive(Clone, Debug)]
pub struct ProtoSchema {
    canonical: String,
}

impl ProtoSchema {
    /// Parses a file.
    ///
    /// # Errors
    /// Always, for now.
    pub fn parse(
        _text: &str,
        _references: &[ResolvedReference],
        _strictness: Strictness,
        _limits: &Limits,
    ) -> Result<ProtoSchema, SchemaError> {
        Err(SchemaError::Unsupported { what: "PROTOBUF".to_owned() })
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
