//! Inline tags (contract 6.3): labels such as `PII` that a schema text itself carries on records and fields. Found, added
//! and removed by path.
//!
//! Avro and JSON Schema carry them in the property `confluent:tags`, Protobuf in the options `(confluent.field_meta)` and
//! `(confluent.message_meta)`. Each format walks its own tree once and lets one visitor see, and perhaps replace, the
//! tags of every entity; looking and editing are two visitors.

#[cfg(feature = "avro")]
mod avro;
mod edit;
#[cfg(feature = "json")]
mod json_schema;
#[cfg(any(feature = "avro", feature = "json"))]
mod tree;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::str::FromStr;

use crate::error::SchemaError;
use crate::limits::Limits;
use crate::parsed::ParsedSchema;

/// What carries tags.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum EntityKind {
    /// An Avro record, a Protobuf message, a JSON object.
    Record,
    /// A member of one.
    Field,
}

impl EntityKind {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            EntityKind::Record => "sr_record",
            EntityKind::Field => "sr_field",
        }
    }
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is none of the kinds.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unknown entity type \"{0}\": expected sr_record or sr_field")]
pub struct UnknownEntityKind(pub String);

/// Any case.
impl FromStr for EntityKind {
    type Err = UnknownEntityKind;

    fn from_str(text: &str) -> Result<EntityKind, UnknownEntityKind> {
        [EntityKind::Record, EntityKind::Field]
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownEntityKind(text.to_owned()))
    }
}

/// Tags of one entity.
///
/// The path of an Avro record is its full name, that of a field the record's and `.name`; Protobuf likewise with
/// messages. In JSON Schema it is the names of the properties on the way, joined by dots; the root's path is empty.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TaggedEntity {
    /// Where; a leading dot is ignored.
    pub path: String,
    /// What is there.
    pub kind: EntityKind,
    /// The tags.
    pub tags: Vec<String>,
}

/// Changes to the tags of a text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TagEdits {
    /// Tags of another version, put on the entities that (still) exist.
    pub carry: Vec<TaggedEntity>,
    /// Tags put on entities that must exist.
    pub add: Vec<TaggedEntity>,
    /// Tags taken, at last, from entities that must exist.
    pub remove: Vec<TaggedEntity>,
}

/// Sees one entity: the kinds it can be addressed as (the first is what it is called), its path, its tags. Answers the
/// tags it shall have.
type Visit<'v> = dyn FnMut(&[EntityKind], &str, Vec<String>) -> Vec<String> + 'v;

impl ParsedSchema {
    /// The entities of the text that have tags, by path, each tag once. Those of referenced schemas are not among them.
    ///
    /// # Errors
    /// [`SchemaError`] when the canonical text passes a limit that the original did not.
    pub fn inline_tags(&self, limits: &Limits) -> Result<Vec<TaggedEntity>, SchemaError> {
        let mut found: BTreeMap<(String, EntityKind), Vec<String>> = BTreeMap::new();
        self.visit_tags(limits, &mut |kinds, path, tags| {
            if let (Some(kind), false) = (kinds.first(), tags.is_empty()) {
                found.entry((path.to_owned(), *kind)).or_default().extend(tags.iter().cloned());
            }
            tags
        })?;
        let entity = |((path, kind), mut tags): ((String, EntityKind), Vec<String>)| {
            let mut known = HashSet::new();
            tags.retain(|tag| known.insert(tag.clone()));
            TaggedEntity { path, kind, tags }
        };
        Ok(found.into_iter().map(entity).collect())
    }

    /// The text with tags changed; not yet canonical. An entity that has no tags left loses the property.
    ///
    /// # Errors
    /// [`SchemaError::Invalid`] when a path to add to or to remove from leads nowhere, [`SchemaError::TooLarge`] when the
    /// tags put in have more bytes than a schema may have.
    pub fn with_tags(&self, edits: &TagEdits, limits: &Limits) -> Result<String, SchemaError> {
        let mut editor = edit::Editor::new(edits, limits);
        let text = self.visit_tags(limits, &mut |kinds, path, tags| editor.visit(kinds, path, tags))?;
        editor.finish()?;
        Ok(text)
    }

    #[cfg_attr(not(feature = "avro"), allow(unused_variables, reason = "Avro alone reads its text again"))]
    pub(crate) fn visit_tags(&self, limits: &Limits, visit: &mut Visit<'_>) -> Result<String, SchemaError> {
        match self {
            #[cfg(feature = "avro")]
            ParsedSchema::Avro(schema) => avro::visit(schema.canonical(), limits, visit),
            #[cfg(feature = "json")]
            ParsedSchema::Json(schema) => Ok(json_schema::visit(schema.root(), visit)),
            #[cfg(feature = "protobuf")]
            ParsedSchema::Protobuf(schema) => Ok(schema.visit_tags(visit)),
        }
    }
}
