//! Registering and looking up in memory (contract 2.2 to 2.6), at level NONE.

use std::sync::Arc;

use assay_schema::{Limits, Reference, Strictness, Subject, Version, parse};
use serde_json::Value;

use super::Query;
use super::state::{Content, Refusal, Row, State, placed, refuse};
use crate::dto::{SchemaBody, schema_type};

impl State {
    pub(super) fn lookup(&mut self, name: &str, body: Value, query: &Query<'_>) -> Result<Value, Refusal> {
        let deleted = query.is("deleted");
        let (subject, _) = self.rows(name, deleted)?;
        let content = self.read(&subject, body, query.is("normalize"), Strictness::Stored)?;
        let (_, rows) = self.rows(name, deleted)?;
        match find(&rows, &content).or_else(|| find(&rows, &inheriting(&content, &rows)?)) {
            Some(row) => Ok(placed(&subject, row)),
            None => refuse(40403, "Schema not found"),
        }
    }

    pub(super) fn register(&mut self, name: &str, body: Value, query: &Query<'_>) -> Result<Value, Refusal> {
        let subject = Subject::parse(name);
        subject.validate_for_write().map_err(|error| Refusal { code: 42208, message: error.to_string() })?;
        if let Some(id) = body.get("id").and_then(Value::as_i64).filter(|id| *id > 0) {
            return refuse(42205, format!("the in-memory registry gives out ids itself, {id} was asked for"));
        }
        let mut content = self.read(&subject, body, query.is("normalize"), Strictness::New)?;
        let rows: Vec<&Row> =
            self.subjects.get(&subject).into_iter().flatten().filter(|row| !row.deleted).collect();
        if let Some(row) = find(&rows, &content) {
            return Ok(placed(&subject, row));
        }
        if let Some(inherited) = inheriting(&content, &rows) {
            content = inherited;
            if let Some(row) = find(&rows, &content) {
                return Ok(placed(&subject, row));
            }
        }
        let all = self.subjects.get(&subject).map(Vec::as_slice).unwrap_or_default();
        let next = all.last().map_or(Some(Version::FIRST), |row| row.version.next());
        let Some(version) = next else { return refuse(50001, "no version is left") };
        let id = self.id(&subject, &content)?;
        let row = Row { version, id, deleted: false, content: Arc::new(content) };
        let answer = placed(&subject, &row);
        let rows = self.subjects.entry(subject).or_default();
        rows.retain(|row| !(row.deleted && row.id == id)); // contract 2.3, step 13
        rows.push(row);
        Ok(answer)
    }

    /// The id of that content in the subject's context, or a new one.
    fn id(&mut self, subject: &Subject, content: &Content) -> Result<u32, Refusal> {
        let guid = content.guid();
        let here = self.subjects.iter().filter(|(other, _)| other.context() == subject.context());
        if let Some(row) = here.flat_map(|(_, rows)| rows).find(|row| row.content.guid() == guid) {
            return Ok(row.id);
        }
        let last = self.ids.entry(subject.context().clone()).or_default();
        match assay_wire::SchemaId::new(*last + 1) {
            Some(id) => {
                *last = id.get();
                Ok(id.get())
            }
            None => refuse(50001, "no id is left"),
        }
    }

    /// Reads the body of a request into what is stored.
    fn read(
        &self,
        subject: &Subject,
        body: Value,
        normalize: bool,
        strictness: Strictness,
    ) -> Result<Content, Refusal> {
        let invalid = |message: String| Refusal { code: 42201, message };
        let body: SchemaBody = serde_json::from_value(body)
            .map_err(|error| Refusal { code: 400, message: error.to_string() })?;
        let schema_type = schema_type(Some(&body.schema_type)).map_err(invalid)?;
        let mut references: Vec<Reference> = body.references.into_iter().map(Reference::from).collect();
        for reference in references.iter_mut().filter(|reference| reference.version == -1) {
            let to = Subject::parse_in(&reference.subject, subject.context());
            let rows = self.subjects.get(&to).map(Vec::as_slice).unwrap_or_default();
            if let Some(row) = rows.iter().rev().find(|row| !row.deleted) {
                reference.version = row.version.as_i32();
            }
        }
        let (mut closure, deleted) = (Vec::new(), strictness == Strictness::Stored);
        self.closure(subject.context(), &references, deleted, &mut closure, 0)?;
        let parsed = parse(schema_type, &body.schema, &closure, strictness, &Limits::default())
            .map_err(|error| invalid(format!("Invalid schema, details: {error}")))?;
        Ok(Content {
            schema_type,
            text: if normalize { parsed.normalized() } else { parsed.canonical().to_owned() },
            references,
            metadata: body.metadata.map(Into::into),
            rules: body.rule_set.map(Into::into),
        })
    }
}

/// The newest version that is this content; a request without references means any (contract 2.3.1).
fn find<'a>(rows: &[&'a Row], content: &Content) -> Option<&'a Row> {
    let same = |row: &&&Row| {
        let there = &row.content;
        there.schema_type == content.schema_type
            && there.text == content.text
            && (content.references.is_empty() || there.references == content.references)
            && there.metadata == content.metadata
            && there.rules == content.rules
    };
    rows.iter().rev().find(same).copied()
}

/// The content with the metadata and rules of the latest version, if it has none of its own (contract 2.4).
fn inheriting(content: &Content, rows: &[&Row]) -> Option<Content> {
    let latest = &rows.iter().rev().find(|row| !row.deleted)?.content;
    let inherits = (content.metadata.is_none() && latest.metadata.is_some())
        || (content.rules.is_none() && latest.rules.is_some());
    inherits.then(|| Content {
        schema_type: content.schema_type,
        text: content.text.clone(),
        references: content.references.clone(),
        metadata: content.metadata.clone().or_else(|| latest.metadata.clone()),
        rules: content.rules.clone().or_else(|| latest.rules.clone()),
    })
}
