//! What a registry holds, in the shape of the REST API's answers (contract 1.12).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Everything of one registry, sorted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// Whether it was read from an Assay, which tells more and takes more than the contract asks for. Not in files.
    pub own: bool,
    /// Highest id ever given, by context (`.` is the default one).
    pub max_ids: BTreeMap<String, u32>,
    /// Own configuration, by subject; `""` is the global one, `:.ctx:` a context's.
    pub configs: BTreeMap<String, Value>,
    /// Own mode, by subject, as above.
    pub modes: BTreeMap<String, String>,
    /// Versions, by subject and number.
    pub schemas: BTreeMap<(String, i32), SchemaRow>,
}

/// One version of a subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SchemaRow {
    /// Qualified subject.
    pub subject: String,
    /// Version, from 1.
    pub version: i32,
    /// Id in its context.
    pub id: u32,
    /// GUID, where the registry tells it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub guid: Option<String>,
    /// `AVRO` when left out.
    #[serde(default = "avro")]
    pub schema_type: String,
    /// Subject, version and name of each.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub references: Vec<ReferenceRow>,
    /// Metadata, as it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub metadata: Option<Value>,
    /// Rule set, as it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule_set: Option<Value>,
    /// The stored text, byte for byte.
    pub schema: String,
    /// The text as it was sent, where that is another one. Only an Assay knows it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub original: Option<String>,
    /// When it was registered, milliseconds. The contract has no way to set it; an Assay takes it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ts: Option<i64>,
    /// Whether it is soft-deleted.
    #[serde(default)]
    pub deleted: bool,
}

/// A reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceRow {
    /// The name the referrer uses.
    pub name: String,
    /// Subject, perhaps unqualified: then of the referrer's context.
    pub subject: String,
    /// Version.
    pub version: i32,
}

fn avro() -> String {
    "AVRO".to_owned()
}

impl SchemaRow {
    /// Its place.
    #[must_use]
    pub fn key(&self) -> (String, i32) {
        (self.subject.clone(), self.version)
    }

    /// The context, `.` for the default one.
    #[must_use]
    pub fn context(&self) -> &str {
        context_of(&self.subject)
    }

    /// Whether both say the same under the same id, whatever is deleted.
    #[must_use]
    pub fn same_content(&self, other: &SchemaRow) -> bool {
        let guids = match (&self.guid, &other.guid) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        guids
            && self.id == other.id
            && self.schema == other.schema
            && self.schema_type == other.schema_type
            && self.references == other.references
            && self.metadata == other.metadata
            && self.rule_set == other.rule_set
    }

    /// The places it refers to, qualified.
    pub(crate) fn refers_to(&self) -> impl Iterator<Item = (String, i32)> + '_ {
        self.references.iter().map(|r| (qualified(&r.subject, self.context()), r.version))
    }
}

/// The subject under which an id is claimed and given up again, so that automatic ids go on behind it.
pub(crate) const HIGHEST_ID_SUBJECT: &str = "assay-restore-highest-id";

/// Whether a subject is that one, in any context.
pub(crate) fn is_highest_id(subject: &str) -> bool {
    subject.rsplit(':').next() == Some(HIGHEST_ID_SUBJECT)
}

/// The context part of a qualified subject.
pub(crate) fn context_of(subject: &str) -> &str {
    subject.strip_prefix(':').and_then(|rest| rest.split_once(':')).map_or(".", |(context, _)| context)
}

fn qualified(subject: &str, context: &str) -> String {
    if let Some(name) = subject.strip_prefix(":.:") {
        return name.to_owned(); // how the default context is named from another one
    }
    if subject.starts_with(':') || context == "." {
        subject.to_owned()
    } else {
        format!(":{context}:{subject}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_and_references_are_qualified() {
        assert_eq!(context_of("a"), ".");
        assert_eq!(context_of(":.c:a"), ".c");
        assert_eq!(context_of(":odd"), ".");
        assert_eq!(qualified("a", ".c"), ":.c:a");
        assert_eq!(qualified(":.d:a", ".c"), ":.d:a");
        assert_eq!(qualified(":.:a", ".c"), "a");
    }
}
