//! What is stored and what is asked: versions, requests and the small enumerations of options.

use std::borrow::Cow;
use std::sync::Arc;

use crate::original::Original;
use assay_schema::{
    Guid, Metadata, Reference, RuleSet, SchemaId, SchemaType, Subject, TaggedEntity, Version,
};

/// One version of a subject, as stored. Cheap to clone.
#[derive(Clone, PartialEq, Debug)]
pub struct SchemaVersion {
    /// The subject.
    pub subject: Subject,
    /// Its number within the subject.
    pub version: Version,
    /// The id of its content in the subject's context.
    pub id: SchemaId,
    /// The digest of its content (contract 2.2).
    pub guid: Guid,
    /// The language of the text.
    pub schema_type: SchemaType,
    /// The canonical text; of a restored version, the text it had.
    pub text: Arc<str>,
    /// Whether the text is not canonical: it was restored as another registry had it.
    pub verbatim: bool,
    /// What was sent, where that is not the text.
    pub original: Option<Original>,
    /// References with concrete versions.
    pub references: Arc<[Reference]>,
    /// Metadata.
    pub metadata: Option<Arc<Metadata>>,
    /// Rules.
    pub rule_set: Option<Arc<RuleSet>>,
    /// Whether it is soft-deleted.
    pub deleted: bool,
    /// When it was registered, in milliseconds since 1970.
    pub ts_ms: i64,
}

impl SchemaVersion {
    /// The text as it was sent.
    pub fn original_text(&self) -> Cow<'_, str> {
        let kept = self.original.as_ref().and_then(|original| original.text(&self.text));
        kept.map_or(Cow::Borrowed(&*self.text), Cow::Owned)
    }
}

/// A schema as a client sends it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SchemaRequest {
    /// The text; empty means "as the previous version" (contract 2.4).
    pub schema: String,
    /// `AVRO` when absent or empty.
    pub schema_type: Option<String>,
    /// References; a version of -1 means the latest.
    pub references: Vec<Reference>,
    /// The id wanted, only when importing. Absent or negative means "none".
    pub id: Option<i64>,
    /// The version wanted (contract 2.3.2). Absent means 0.
    pub version: Option<i64>,
    /// Metadata; absent means "as the previous version".
    pub metadata: Option<Metadata>,
    /// Rules; absent means "as the previous version".
    pub rule_set: Option<RuleSet>,
    /// What another registry kept beside it; obeyed while importing, ignored otherwise.
    pub restored: Option<Restored>,
    /// Changes to the tags in the text, obeyed when registering (contract 6.3).
    pub tags: TagChanges,
}

/// What registering shall do to the tags in a text, before anything else looks at it (contract 6.3).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TagChanges {
    /// Put on entities, which must exist.
    pub add: Vec<TaggedEntity>,
    /// Taken from entities, which must exist.
    pub remove: Vec<TaggedEntity>,
    /// Whether the tags of the previous version come along.
    pub propagate: Propagate,
}

/// Whether the tags of the previous active version are copied to the entities that are still there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Propagate {
    /// They are not.
    #[default]
    No,
    /// They are.
    Yes,
}

impl TagChanges {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty() && self.propagate == Propagate::No
    }
}

/// Of a version that is given back to a registry: its text stays byte for byte as it is sent, and these with it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Restored {
    /// When it was first registered, in milliseconds since 1970.
    pub ts_ms: Option<i64>,
    /// The text as it was sent then.
    pub original: Option<String>,
}

impl SchemaRequest {
    /// A request for an Avro schema without anything else.
    pub fn avro(schema: impl Into<String>) -> SchemaRequest {
        SchemaRequest { schema: schema.into(), ..SchemaRequest::default() }
    }

    /// The id given, if one was.
    pub(crate) fn given_id(&self) -> Option<i64> {
        self.id.filter(|id| *id >= 0)
    }

    /// The version asked for; 0 when none was.
    pub(crate) fn asked_version(&self) -> i64 {
        self.version.unwrap_or(0)
    }
}

/// Whether to normalise (contract 2.12).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Normalize {
    /// As the config in scope says.
    #[default]
    Default,
    /// Yes.
    Yes,
}

/// Whether the compatibility check is skipped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Force {
    /// It is made.
    #[default]
    No,
    /// It is skipped.
    Yes,
}

/// Options of a registration.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RegisterOptions {
    /// Query parameter `normalize`.
    pub normalize: Normalize,
    /// Query parameter `force`.
    pub force: Force,
}

/// What to do with soft-deleted versions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Deleted {
    /// Active ones only.
    #[default]
    Hide,
    /// All.
    Include,
    /// Soft-deleted ones only; of subjects: those without an active version.
    Only,
}

impl Deleted {
    /// Whether a row with that flag is wanted.
    pub const fn admits(self, deleted: bool) -> bool {
        match self {
            Deleted::Hide => !deleted,
            Deleted::Include => true,
            Deleted::Only => deleted,
        }
    }
}

/// Soft or hard.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Permanence {
    /// Marked deleted; still readable by id.
    #[default]
    Soft,
    /// Gone.
    Permanent,
}

/// Whether settings below a context go too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Recursive {
    /// Only the scope itself.
    #[default]
    No,
    /// Also every subject of the context.
    Yes,
}

/// Whether a setting that is not stored for a scope is looked for further up (contract 2.7).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fallback {
    /// Only what is stored for the scope itself.
    #[default]
    None,
    /// The chain of contract 2.7.
    ToGlobal,
}
