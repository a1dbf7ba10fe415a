//! Schemas: the register/look-up/compatibility body, and the answers that carry a schema (contract 1.12).
//!
//! Absent, empty and null members are left out of answers; booleans and numbers are not. What generation 7 answers
//! lack is decided here.

use std::borrow::Cow;

use assay_registry::{Propagate, Restored, SchemaRequest, SchemaVersion, TagChanges};
use assay_schema::{Context, Metadata, Reference, RuleSet, SchemaType, Subject};
use serde::Serialize;

use super::rules::{MetadataBody, MetadataJson, RuleSetBody, RuleSetJson};
use super::tags::{self, SchemaTagsBody, SchemaTagsJson};
use crate::coerce::{Flag, Int, List, Long, Text, object};
use crate::config::Generation;
use crate::error::ApiError;

object! {
    /// The body of register, look-up and compatibility checks.
    pub(crate) struct SchemaBody {
        schema: Option<Text> = "schema",
        schema_type: Option<Text> = "schemaType",
        references: Option<List<ReferenceBody>> = "references",
        id: Option<Int> = "id",
        version: Option<Int> = "version",
        metadata: Option<MetadataBody> = "metadata",
        rule_set: Option<RuleSetBody> = "ruleSet",
        tags_to_add: Option<List<SchemaTagsBody>> = "schemaTagsToAdd",
        tags_to_remove: Option<List<SchemaTagsBody>> = "schemaTagsToRemove",
        propagate_tags: Option<Flag> = "propagateSchemaTags",
        ts: Option<Long> = "ts",
        original: Option<Text> = "original",
    }
}

object! {
    /// A reference as sent; what is missing is the registry's to refuse.
    pub(crate) struct ReferenceBody {
        name: Option<Text> = "name",
        subject: Option<Text> = "subject",
        version: Option<Int> = "version",
    }
}

impl SchemaBody {
    /// The request as the registry takes it.
    ///
    /// # Errors
    /// 42201 for changes to inline tags that do not say of what.
    pub(crate) fn into_request(self) -> Result<SchemaRequest, ApiError> {
        let propagate = self.propagate_tags.is_some_and(|flag| flag.0);
        Ok(SchemaRequest {
            schema: self.schema.map(|t| t.0).unwrap_or_default(),
            schema_type: self.schema_type.map(|t| t.0),
            references: self
                .references
                .map(|l| l.0.into_iter().map(Reference::from).collect())
                .unwrap_or_default(),
            id: self.id.map(|i| i64::from(i.0)),
            version: self.version.map(|v| i64::from(v.0)),
            metadata: self.metadata.map(Metadata::from),
            rule_set: self.rule_set.map(RuleSet::from),
            restored: None,
            tags: TagChanges {
                add: tags::entities(self.tags_to_add, "schemaTagsToAdd")?,
                remove: tags::entities(self.tags_to_remove, "schemaTagsToRemove")?,
                propagate: if propagate { Propagate::Yes } else { Propagate::No },
            },
        })
    }
}

impl SchemaBody {
    /// What `restore=true` asks to be kept.
    pub(crate) fn restored(&self) -> Restored {
        let original = self.original.as_ref().map(|text| text.0.clone());
        Restored { ts_ms: self.ts.map(|ts| ts.0), original }
    }
}

impl From<ReferenceBody> for Reference {
    fn from(body: ReferenceBody) -> Reference {
        Reference {
            name: body.name.map(|t| t.0).unwrap_or_default(),
            subject: body.subject.map(|t| t.0).unwrap_or_default(),
            version: body.version.map_or(0, |v| v.0),
        }
    }
}

/// A reference as answered.
#[derive(Serialize)]
struct ReferenceJson<'a> {
    name: &'a str,
    subject: Cow<'a, str>,
    version: i32,
}

/// Which members of a stored version an answer shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// *Schema*: everything.
    Schema,
    /// *SchemaString* without `subject` and `version`.
    SchemaString,
    /// *SchemaString* asked for with a subject.
    SchemaStringOfSubject,
    /// *RegisterSchemaResponse*.
    Registered,
}

/// An answer that carries a schema. Members in the order of the contract.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SchemaJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<ReferenceJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<MetadataJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_set: Option<RuleSetJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<&'a str>,
    /// The inline tags found (`findTags`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) schema_tags: Vec<SchemaTagsJson>,
    /// The highest id of the context (`fetchMaxId`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<bool>,
    /// Subjects whose alias leads here (`GET /schemas?aliases=true`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) aliases: Vec<String>,
}

impl<'a> SchemaJson<'a> {
    /// `stored` in a shape, as a generation shows it.
    pub(crate) fn new(stored: &'a SchemaVersion, shape: Shape, generation: Generation) -> SchemaJson<'a> {
        let new = generation == Generation::Eight;
        if shape == Shape::Registered && !new {
            return SchemaJson { id: Some(stored.id.get()), ..SchemaJson::empty() };
        }
        let named = matches!(shape, Shape::Schema | Shape::SchemaStringOfSubject);
        let kept_type = new || stored.schema_type != SchemaType::Avro;
        SchemaJson {
            subject: named.then(|| stored.subject.to_string()),
            version: (shape != Shape::SchemaString).then(|| stored.version.get()),
            id: matches!(shape, Shape::Schema | Shape::Registered).then(|| stored.id.get()),
            guid: new.then(|| stored.guid.to_string()),
            schema_type: kept_type.then(|| stored.schema_type.as_str()),
            references: stored.references.iter().map(ReferenceJson::from).collect(),
            metadata: stored.metadata.as_deref().map(MetadataJson::from),
            rule_set: stored.rule_set.as_deref().map(RuleSetJson::from),
            schema: Some(&*stored.text).filter(|text| !text.is_empty()),
            schema_tags: Vec::new(),
            max_id: None,
            ts: new.then_some(stored.ts_ms),
            deleted: new.then_some(stored.deleted),
            aliases: Vec::new(),
        }
    }

    /// The same answer with the context of its subject written into references (`referenceFormat=qualified`).
    pub(crate) fn with_qualified_references(mut self, home: &Context) -> SchemaJson<'a> {
        for reference in self.references.iter_mut().filter(|_| !home.is_default()) {
            reference.subject = Cow::Owned(Subject::parse_in(&reference.subject, home).to_string());
        }
        self
    }

    /// The same answer with another rendering of the schema (`format`).
    pub(crate) fn with_text(mut self, text: Option<&'a str>) -> SchemaJson<'a> {
        self.schema = self.schema.and(text.or(self.schema));
        self
    }

    const fn empty() -> SchemaJson<'a> {
        SchemaJson {
            subject: None,
            version: None,
            id: None,
            guid: None,
            schema_type: None,
            references: Vec::new(),
            metadata: None,
            rule_set: None,
            schema: None,
            schema_tags: Vec::new(),
            max_id: None,
            ts: None,
            deleted: None,
            aliases: Vec::new(),
        }
    }
}

impl<'a> From<&'a Reference> for ReferenceJson<'a> {
    fn from(reference: &'a Reference) -> ReferenceJson<'a> {
        ReferenceJson {
            name: &reference.name,
            subject: Cow::Borrowed(&reference.subject),
            version: reference.version,
        }
    }
}

/// *SubjectVersion*.
#[derive(Serialize)]
pub(crate) struct SubjectVersionJson {
    pub(crate) subject: String,
    pub(crate) version: u32,
}

/// An id and its context (`GET /schemas/guids/{guid}/ids`).
#[derive(Serialize)]
pub(crate) struct ContextIdJson {
    pub(crate) context: String,
    pub(crate) id: u32,
}

/// The answer of a compatibility check.
#[derive(Serialize)]
pub(crate) struct CompatibilityJson {
    pub(crate) is_compatible: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) messages: Option<Vec<String>>,
}
