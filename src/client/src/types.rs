//! What goes in and comes out of calls.

use std::sync::Arc;

use assay_schema::{Metadata, Reference, RuleSet, SchemaType, Subject, Version};
use assay_wire::{Guid, SchemaId};

/// A schema as it is sent and received: text, type, references, metadata and rules. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Schema {
    /// Its type.
    pub schema_type: SchemaType,
    /// Its text.
    pub text: Arc<str>,
    /// Its references.
    pub references: Arc<[Reference]>,
    /// Its metadata (contract 6.1). In a request, none means that of the version before.
    pub metadata: Option<Arc<Metadata>>,
    /// Its rules (contract 6.2). This client carries them; to run them, or to refuse, is up to serializers.
    pub rule_set: Option<Arc<RuleSet>>,
}

impl Schema {
    /// A schema without references, metadata and rules.
    #[must_use]
    pub fn new(schema_type: SchemaType, text: &str) -> Schema {
        Schema { schema_type, text: text.into(), references: Arc::new([]), metadata: None, rule_set: None }
    }

    /// The same with references.
    #[must_use]
    pub fn with_references(mut self, references: impl Into<Arc<[Reference]>>) -> Schema {
        self.references = references.into();
        self
    }

    /// The same with metadata.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Schema {
        self.metadata = Some(Arc::new(metadata));
        self
    }

    /// The same with rules.
    #[must_use]
    pub fn with_rule_set(mut self, rules: RuleSet) -> Schema {
        self.rule_set = Some(Arc::new(rules));
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

/// Whether versions that are soft-deleted count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Deleted {
    /// They do not.
    #[default]
    Hide,
    /// They do. What records were written with in the past may have been deleted since.
    Include,
}

/// A tie between a subject and a resource such as a topic (contract 1.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Association {
    /// The subject.
    pub subject: Subject,
    /// `key` or `value`.
    pub association_type: String,
    /// `topic`, mostly.
    pub resource_type: String,
    /// The resource, such as the topic's name.
    pub resource_name: String,
    /// Where the resource is, such as a Kafka cluster's id.
    pub resource_namespace: String,
    /// `STRONG` or `WEAK`, if the registry says so.
    pub lifecycle: Option<String>,
}
