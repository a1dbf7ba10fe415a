//! What travels beside a schema's text: references, metadata and rule sets, as the contract (1.12, 6.1, 6.2) names
//! them. Plain data; validation and merging are the registry's business.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::names::{SchemaType, Subject, Version};

/// A reference as stored: an import name bound to a version of a subject.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Reference {
    /// How the schema's text names it: an Avro full name, a Protobuf import path, a JSON `$ref`.
    pub name: String,
    /// The subject as written; unqualified means the referring subject's context.
    pub subject: String,
    /// Above 0 once stored; requests may say -1 for the latest.
    pub version: i32,
}

/// One schema of the transitive closure of references. The registry makes the list: dependencies first, and the
/// first definition of a name wins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResolvedReference {
    /// The import name.
    pub name: String,
    /// Where it is registered.
    pub subject: Subject,
    /// The version bound.
    pub version: Version,
    /// Its type; equal to the referrer's in any usable closure.
    pub schema_type: SchemaType,
    /// Its canonical text.
    pub text: Arc<str>,
    /// Its own references, as stored.
    pub references: Vec<Reference>,
}

/// Metadata of a schema (contract 6.1).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Metadata {
    /// Path to tags.
    pub tags: BTreeMap<String, BTreeSet<String>>,
    /// Key to value.
    pub properties: BTreeMap<String, String>,
    /// Property keys whose values are secret.
    pub sensitive: BTreeSet<String>,
}

/// Rules attached to a schema (contract 6.2). Stored and returned; executing them is not this crate's business.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct RuleSet {
    /// Rules between versions.
    pub migration_rules: Vec<Rule>,
    /// Rules on records.
    pub domain_rules: Vec<Rule>,
    /// Rules on encoded bytes.
    pub encoding_rules: Vec<Rule>,
    /// `ALL`, `CLIENT`, `GATEWAY`, `SERVER` or `NONE`.
    pub enable_at: Option<String>,
}

/// One rule (contract 6.2). Enumerations are kept as their names, so that what is stored is what was sent.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Rule {
    /// Unique over the three lists.
    pub name: String,
    /// Free text.
    pub doc: Option<String>,
    /// `TRANSFORM` or `CONDITION`.
    pub kind: Option<String>,
    /// `UPGRADE`, `DOWNGRADE`, `UPDOWN`, `WRITE`, `READ` or `WRITEREAD`.
    pub mode: Option<String>,
    /// Name of the executor, such as `CEL`. `None` only in a request that has not been validated.
    pub rule_type: Option<String>,
    /// Field tags the rule applies to.
    pub tags: Option<BTreeSet<String>>,
    /// Parameters of the executor.
    pub params: Option<BTreeMap<String, String>>,
    /// The expression.
    pub expr: Option<String>,
    /// Action name.
    pub on_success: Option<String>,
    /// Action name.
    pub on_failure: Option<String>,
    /// Whether it is switched off.
    pub disabled: bool,
}
