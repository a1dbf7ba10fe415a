//! What a check says: a [`Problem`] inside a payload, a [`Failure`] of a record.

use std::fmt;

use assay_schema::{Subject, Version};
use assay_wire::SchemaId;

/// Where a payload stops being what its schema says, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Path into the payload in words: `items[1].qty`, `attrs["k"]`. Empty at the root.
    pub path: String,
    /// What was expected and what is there, in plain words.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.reason)
    }
}

/// Kind of a refusal; the vocabulary of policy, metrics and the quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailureClass {
    /// No frame: too short, another magic byte, or a null where a value is required.
    NotFramed,
    /// Framed, but no such schema.
    UnknownId,
    /// The schema is not registered under the subject of the topic.
    WrongSubject,
    /// The payload is not what the schema says.
    Undecodable,
    /// A rule of the schema's rule set says no.
    RuleViolated,
    /// The schema exists, but no validator could be made of it.
    SchemaUnusable,
    /// The registry did not answer.
    RegistryUnavailable,
}

impl FailureClass {
    /// Every class.
    pub const ALL: [FailureClass; 7] = [
        FailureClass::NotFramed,
        FailureClass::UnknownId,
        FailureClass::WrongSubject,
        FailureClass::Undecodable,
        FailureClass::RuleViolated,
        FailureClass::SchemaUnusable,
        FailureClass::RegistryUnavailable,
    ];

    /// The name in configs, logs and metrics: `not_framed`, `unknown_id` and so on.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            FailureClass::NotFramed => "not_framed",
            FailureClass::UnknownId => "unknown_id",
            FailureClass::WrongSubject => "wrong_subject",
            FailureClass::Undecodable => "undecodable",
            FailureClass::RuleViolated => "rule_violated",
            FailureClass::SchemaUnusable => "schema_unusable",
            FailureClass::RegistryUnavailable => "registry_unavailable",
        }
    }
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Key or value of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
}

/// Why a record is refused. `Display` is the text a producer sees, without the record's index:
/// `schema 7 (orders-value v2): items[1].qty: varint runs past the end`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Kind of the refusal.
    pub class: FailureClass,
    /// Which half of the record; a key's failure says so.
    pub part: Part,
    /// The schema, if the record names one by id.
    pub schema_id: Option<SchemaId>,
    /// The topic's subject and the version the schema has in it, if it has one.
    pub subject: Option<(Subject, Version)>,
    /// Path into the payload; empty at its root or before it is looked at.
    pub path: String,
    /// What is wrong, in plain words.
    pub reason: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.part == Part::Key {
            f.write_str("key: ")?;
        }
        match (self.schema_id, &self.subject) {
            (Some(id), Some((subject, version))) => write!(f, "schema {id} ({subject} v{version}): ")?,
            (Some(id), None) => write!(f, "schema {id}: ")?,
            (None, _) => {}
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_like_the_example() {
        let mut failure = Failure {
            class: FailureClass::Undecodable,
            part: Part::Value,
            schema_id: SchemaId::new(7),
            subject: Version::new(2).map(|v| (Subject::parse("orders-value"), v)),
            path: "items[1].qty".into(),
            reason: "varint runs past the end".into(),
        };
        assert_eq!(failure.to_string(), "schema 7 (orders-value v2): items[1].qty: varint runs past the end");
        (failure.part, failure.subject) = (Part::Key, None);
        assert_eq!(failure.to_string(), "key: schema 7: items[1].qty: varint runs past the end");
        (failure.schema_id, failure.path) = (None, String::new());
        assert_eq!(failure.to_string(), "key: varint runs past the end");
    }
}
