//! Avro schemas: the model (the parser is being written).

mod model;

pub use model::{Attributes, AvroSchema, AvroType, Field, Name, Order, TypeId};

use crate::{Limits, ResolvedReference, SchemaError, Strictness};

impl AvroSchema {
    /// Parses a schema.
    ///
    /// # Errors
    /// Always, for the moment.
    pub fn parse(
        _text: &str,
        _references: &[ResolvedReference],
        _strictness: Strictness,
        _limits: &Limits,
    ) -> Result<AvroSchema, SchemaError> {
        Err(SchemaError::Unsupported { what: "AVRO".to_owned() })
    }

    /// The normalized text.
    pub fn normalized(&self) -> String {
        self.canonical.clone()
    }
}
