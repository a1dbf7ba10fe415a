//! What the in-memory registry holds, and its reads.

use std::{collections::BTreeMap, sync::Arc};

use assay_schema::{
    Context, Metadata, Reference, ResolvedReference, RuleSet, SchemaType, Subject, Version, VersionSpec, guid,
};
use assay_wire::Guid;
use serde_json::{Value, json};

use crate::dto::{MetadataJson, ReferenceJson, RuleSetJson};

/// A request that is refused: the contract's code (1.13) and some words.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: u32,
    pub(crate) message: String,
}

pub(super) fn refuse<T>(code: u32, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { code, message: message.into() })
}

/// A schema's content.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) schema_type: SchemaType,
    pub(super) text: String,
    pub(super) references: Vec<Reference>,
    pub(super) metadata: Option<Metadata>,
    pub(super) rules: Option<RuleSet>,
}

impl Content {
    pub(super) fn guid(&self) -> Guid {
        guid(&self.text, &self.references, self.metadata.as_ref(), self.rules.as_ref())
    }
}

/// A version of a subject.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) version: Version,
    pub(super) id: u32,
    pub(super) deleted: bool,
    pub(super) content: Arc<Content>,
}

#[derive(Default)]
pub(crate) struct State {
    /// Versions ascending.
    pub(super) subjects: BTreeMap<Subject, Vec<Row>>,
    /// Highest id given out.
    pub(super) ids: BTreeMap<Context, u32>,
}

impl State {
    pub(super) fn by_id(&self, id: &str, subject: Option<&str>) -> Result<Value, Refusal> {
        let scope = subject.map(Subject::parse);
        let context = scope.as_ref().map_or_else(Context::default, |scope| scope.context().clone());
        let found = id.parse::<u32>().ok().and_then(|id| {
            let mut rows = self.subjects.iter().filter(|(subject, _)| *subject.context() == context);
            rows.find_map(|(subject, rows)| rows.iter().find(|row| row.id == id).map(|row| (subject, row)))
        });
        let Some((subject, row)) = found else { return refuse(40403, format!("Schema {id} not found")) };
        let mut answer = shown(row);
        if scope.is_some() {
            set(&mut answer, "subject", json!(subject.to_string()));
            set(&mut answer, "version", json!(row.version.get()));
        }
        Ok(answer)
    }

    pub(super) fn places(&self, id: &str, subject: Option<&str>, deleted: bool) -> Result<Value, Refusal> {
        self.by_id(id, subject)?;
        let context = subject.map_or_else(Context::default, |s| Subject::parse(s).context().clone());
        let mut places = Vec::new();
        for (subject, rows) in self.subjects.iter().filter(|(subject, _)| *subject.context() == context) {
            let mut rows = rows.iter().filter(|row| row.id.to_string() == id && (deleted || !row.deleted));
            places.extend(
                rows.next_back()
                    .map(|row| json!({"subject": subject.to_string(), "version": row.version.get()})),
            );
        }
        Ok(Value::Array(places))
    }

    pub(super) fn by_guid(&self, text: &str) -> Result<Value, Refusal> {
        let wanted = text.parse::<Guid>().ok();
        let mut rows = self.subjects.values().flatten();
        match rows.find(|row| Some(row.content.guid()) == wanted) {
            Some(row) => Ok(shown(row)),
            None => refuse(40403, format!("Schema {text} not found")),
        }
    }

    pub(super) fn ids_by_guid(&self, text: &str) -> Result<Value, Refusal> {
        let wanted = text.parse::<Guid>().ok();
        let mut ids = BTreeMap::new();
        for (subject, rows) in &self.subjects {
            for row in rows.iter().filter(|row| Some(row.content.guid()) == wanted) {
                ids.entry(subject.context()).or_insert(row.id);
            }
        }
        Ok(ids.into_iter().map(|(context, id)| json!({"context": context.as_str(), "id": id})).collect())
    }

    pub(super) fn subjects(&self, prefix: Option<&str>, deleted: bool) -> Value {
        let shown = |(subject, rows): (&Subject, &Vec<Row>)| {
            let seen = rows.iter().any(|row| deleted || !row.deleted);
            let name = subject.to_string();
            let named = match prefix {
                None | Some(":*:") => true,
                Some("") => subject.context().is_default(),
                Some(prefix) => match prefix.strip_prefix(":*:") {
                    Some(prefix) => subject.name().starts_with(prefix),
                    None => name.starts_with(prefix),
                },
            };
            (seen && named).then_some(Value::String(name))
        };
        self.subjects.iter().filter_map(shown).collect()
    }

    pub(super) fn versions(&self, subject: &str, deleted: bool) -> Result<Value, Refusal> {
        let (_, rows) = self.rows(subject, deleted)?;
        Ok(rows.into_iter().map(|row| json!(row.version.get())).collect())
    }

    pub(super) fn version(&self, subject: &str, version: &str, deleted: bool) -> Result<Value, Refusal> {
        let spec = spec(version)?;
        let (subject, rows) = self.rows(subject, deleted)?;
        let found = match spec {
            VersionSpec::Latest => rows.iter().rev().find(|row| !row.deleted),
            VersionSpec::Exact(version) => rows.iter().find(|row| row.version == version),
        };
        match found {
            Some(row) => Ok(placed(&subject, row)),
            None => refuse(40402, format!("Version {version} not found.")),
        }
    }

    pub(super) fn with_metadata(
        &self,
        subject: &str,
        pairs: &[(&str, &str)],
        deleted: bool,
    ) -> Result<Value, Refusal> {
        let (subject, rows) = self.rows(subject, deleted)?;
        let fits = |row: &&Row| {
            let metadata = row.content.metadata.as_ref();
            metadata.is_some_and(|metadata| {
                pairs.iter().all(|(key, value)| metadata.properties.get(*key).is_some_and(|v| v == value))
            })
        };
        match rows.into_iter().rev().find(fits) {
            Some(row) => Ok(placed(&subject, row)),
            None => refuse(40403, "Schema not found"),
        }
    }

    /// The versions of a subject, if there are any.
    pub(super) fn rows(&self, name: &str, deleted: bool) -> Result<(Subject, Vec<&Row>), Refusal> {
        let subject = Subject::parse(name);
        let rows: Vec<&Row> =
            self.subjects.get(&subject).into_iter().flatten().filter(|row| deleted || !row.deleted).collect();
        if rows.is_empty() {
            return refuse(40401, format!("Subject '{subject}' not found."));
        }
        Ok((subject, rows))
    }

    /// All that references lead to, dependencies first.
    pub(super) fn closure(
        &self,
        home: &Context,
        references: &[Reference],
        deleted: bool,
        found: &mut Vec<ResolvedReference>,
        depth: usize,
    ) -> Result<(), Refusal> {
        for reference in references {
            let subject = Subject::parse_in(&reference.subject, home);
            let known = |r: &ResolvedReference| r.name == reference.name;
            if found.iter().any(known) {
                continue; // the first definition of a name wins
            }
            let missing = || {
                let Reference { name, version, .. } = reference;
                let message = format!(
                    "No schema reference found for subject \"{subject}\" and version {version} (\"{name}\")"
                );
                Refusal { code: 42201, message }
            };
            let rows = self.subjects.get(&subject).map(Vec::as_slice).unwrap_or_default();
            let fits = |row: &&Row| row.version.as_i32() == reference.version && (deleted || !row.deleted);
            let row = rows.iter().find(fits).filter(|_| depth < 100).ok_or_else(missing)?;
            self.closure(subject.context(), &row.content.references, true, found, depth + 1)?;
            found.push(ResolvedReference {
                name: reference.name.clone(),
                subject,
                version: row.version,
                schema_type: row.content.schema_type,
                text: row.content.text.as_str().into(),
                references: row.content.references.clone(),
            });
        }
        Ok(())
    }
}

pub(super) fn spec(version: &str) -> Result<VersionSpec, Refusal> {
    version
        .parse()
        .map_err(|error: assay_schema::InvalidVersion| Refusal { code: 42202, message: error.to_string() })
}

/// `SchemaString` (contract 1.12).
pub(super) fn shown(row: &Row) -> Value {
    let content = &row.content;
    let mut answer = json!({
        "guid": content.guid().to_string(),
        "schemaType": content.schema_type.as_str(),
        "schema": content.text,
    });
    if !content.references.is_empty() {
        let references: Vec<_> = content.references.iter().map(ReferenceJson::from).collect();
        set(&mut answer, "references", json!(references));
    }
    if let Some(metadata) = &content.metadata {
        set(&mut answer, "metadata", json!(MetadataJson::from(metadata)));
    }
    if let Some(rules) = &content.rules {
        set(&mut answer, "ruleSet", json!(RuleSetJson::from(rules)));
    }
    answer
}

/// `Schema` (contract 1.12).
pub(super) fn placed(subject: &Subject, row: &Row) -> Value {
    let mut answer = shown(row);
    set(&mut answer, "subject", json!(subject.to_string()));
    set(&mut answer, "version", json!(row.version.get()));
    set(&mut answer, "id", json!(row.id));
    set(&mut answer, "deleted", json!(row.deleted));
    answer
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(key.to_owned(), value);
    }
}
