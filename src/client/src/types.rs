//! What goes in and comes out of calls.

use std::sync::Arc;

use assay_schema::{Reference, SchemaType, Subject, Version};
use assay_wire::{Guid, SchemaId};

/// A schema as it is sent and received: text, type and references.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Schema {
    /// Its type.
    pub schema_type: SchemaType,
    /// Its text.
    pub text: Arc<str>,
    /// Its references.
    pub references: Arc<[Reference]>,
}

impl Schema {
    /// A schema without references.
    #[must_use]
    pub fn new(schema_type: SchemaType, text: &str) -> Schema {
        Schema { schema_type, text: text.into(), references: Arc::new([]) }
    }

    /// The same with references.
    #[must_use]
    pub fn with_references(mut self, references: impl Into<Arc<[Reference]>>) -> Schema {
        self.references = references.into();
        self
    }
}

/// What registering or looking up a schema gives. Registries before 8.0 answer a registration with the id alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registered {
    /// Id in the subject's context.
    pub id: SchemaId,
    /// Version in the subject, if the registry says so.
    pub version: Option<Version>,
    /// GUID, if the registry says so.
    pub guid: Option<Guid>,
}

/// A version of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectVersion {
    /// The subject.
    pub subject: Subject,
    /// Its version.
    pub version: Version,
    /// Id in the subject's context.
    pub id: SchemaId,
    /// GUID, if the registry says so.
    pub guid: Option<Guid>,
    /// The schema.
    pub schema: Schema,
}

/// Whether the registry normalizes a schema first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Normalize {
    /// As the subject's config says.
    #[default]
    Default,
    /// Yes.
    Yes,
}

/// Which kind of deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Deletion {
    /// Out of sight, and no further use; ids go on working.
    #[default]
    Soft,
    /// For good; needs a soft one before.
    Permanent,
}

/// Answer of a compatibility check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compatibility {
    /// Whether the schema could be registered.
    pub is_compatible: bool,
    /// Why not; empty when it is.
    pub messages: Vec<String>,
}
