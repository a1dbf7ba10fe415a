//! The questions to a registry. Versions never change, so each is fetched once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use assay_client::{Client, ClientError};
use assay_schema::{Limits, Reference, ResolvedReference, SchemaType, Subject, Version};
use serde_json::Value;

use crate::transfer::{ReferenceRow, SchemaRow, TransferError};

/// A registry and what it has told.
#[derive(Debug)]
pub struct Remote<'c> {
    /// The client.
    pub client: &'c Client,
    rows: Mutex<HashMap<(String, i32), Arc<SchemaRow>>>,
}

/// A schema whose references are being walked.
struct Frame {
    references: std::vec::IntoIter<ReferenceRow>,
    home: Subject,
    /// Given to the result when its own references are done.
    done: Option<ResolvedReference>,
}

impl<'c> Remote<'c> {
    /// A registry that was not asked anything yet.
    pub fn new(client: &'c Client) -> Remote<'c> {
        Remote { client, rows: Mutex::default() }
    }

    /// Active versions of a subject, ascending; with `deleted` also the soft-deleted ones. Empty if there is none.
    ///
    /// # Errors
    /// The request's.
    pub async fn versions(&self, subject: &str, deleted: bool) -> Result<Vec<i32>, TransferError> {
        let query: &[(&str, &str)] = if deleted { &[("deleted", "true")] } else { &[] };
        let what = || format!("versions of {subject}");
        match self.client.get(&["subjects", subject, "versions"], query).await {
            Ok(numbers) => answer(numbers, what),
            Err(error) if error.error_code() == Some(40401) => Ok(Vec::new()),
            Err(source) => Err(TransferError::Request { what: what(), source }),
        }
    }

    /// A version, soft-deleted or not; `None` if there is none.
    ///
    /// # Errors
    /// The request's.
    pub async fn row(&self, subject: &str, version: i32) -> Result<Option<Arc<SchemaRow>>, TransferError> {
        let key = (subject.to_owned(), version);
        if let Some(row) = self.rows.lock().ok().and_then(|rows| rows.get(&key).cloned()) {
            return Ok(Some(row));
        }
        let (what, number) = (|| format!("{subject} version {version}"), version.to_string());
        let path = ["subjects", subject, "versions", &number];
        let found = match self.client.get(&path, &[("deleted", "true")]).await {
            Ok(found) => found,
            Err(error) if matches!(error.error_code(), Some(40401 | 40402)) => return Ok(None),
            Err(source) => return Err(TransferError::Request { what: what(), source }),
        };
        let row: Arc<SchemaRow> = Arc::new(answer(found, what)?);
        if let Ok(mut rows) = self.rows.lock() {
            rows.insert(key, Arc::clone(&row));
        }
        Ok(Some(row))
    }

    /// The config in force for a subject.
    ///
    /// # Errors
    /// The request's.
    pub async fn config(&self, subject: &str) -> Result<Value, TransferError> {
        let what = || format!("config of {subject}");
        let answer = self.client.get(&["config", subject], &[("defaultToGlobal", "true")]).await;
        answer.map_err(TransferError::request(what()))
    }

    /// The global config.
    ///
    /// # Errors
    /// The request's.
    pub async fn global_config(&self) -> Result<Value, TransferError> {
        self.client.get(&["config"], &[]).await.map_err(TransferError::request("the global config"))
    }

    /// The config that a subject has itself.
    ///
    /// # Errors
    /// The request's.
    pub async fn own_config(&self, subject: &str) -> Result<Option<Value>, TransferError> {
        match self.client.get(&["config", subject], &[]).await {
            Ok(config) => Ok(Some(config)),
            Err(error) if matches!(error.error_code(), Some(40408 | 40401)) => Ok(None),
            Err(source) => Err(TransferError::Request { what: format!("own config of {subject}"), source }),
        }
    }

    /// The mode in force for a subject.
    ///
    /// # Errors
    /// The request's.
    pub async fn mode(&self, subject: &str) -> Result<String, TransferError> {
        let answer = self.client.get(&["mode", subject], &[("defaultToGlobal", "true")]).await;
        let answer = answer.map_err(TransferError::request(format!("mode of {subject}")))?;
        Ok(answer.get("mode").and_then(Value::as_str).unwrap_or("READWRITE").to_owned())
    }

    /// All subjects with an active version, of all contexts.
    ///
    /// # Errors
    /// The request's.
    pub async fn subjects(&self) -> Result<Vec<String>, TransferError> {
        let what = "GET /subjects";
        let names = self.client.get(&["subjects"], &[("subjectPrefix", ":*:")]).await;
        answer(names.map_err(TransferError::request(what))?, || what.to_owned())
    }

    /// The closure of a version's references, as the registry itself makes it (contract 2.6): dependencies first, the first
    /// definition of a name wins.
    ///
    /// # Errors
    /// A reference that leads nowhere, too many of them, or the request's.
    pub async fn closure(&self, row: &SchemaRow) -> Result<Vec<ResolvedReference>, TransferError> {
        let limit = Limits::default().references;
        let mut names: BTreeMap<String, ()> = BTreeMap::new();
        let mut closure = Vec::new();
        let home = Subject::parse(&row.subject);
        let mut stack = vec![Frame { references: row.references.clone().into_iter(), home, done: None }];
        while let Some(frame) = stack.last_mut() {
            let Some(reference) = frame.references.next() else {
                closure.extend(stack.pop().and_then(|frame| frame.done));
                continue;
            };
            if names.insert(reference.name.clone(), ()).is_some() {
                continue;
            }
            if names.len() > limit {
                let what = format!("references of {} version {}", row.subject, row.version);
                return Err(TransferError::Answer { what, reason: format!("more than {limit} schemas") });
            }
            let target = Subject::parse_in(&reference.subject, frame.home.context());
            let name = target.to_string();
            let found = self.row(&name, reference.version).await?;
            let found = found.ok_or_else(|| TransferError::MissingReference {
                subject: row.subject.clone(),
                version: row.version,
                missing: format!("{name} version {}", reference.version),
            })?;
            let done = Some(resolved(&reference.name, &target, &found)?);
            stack.push(Frame { references: found.references.clone().into_iter(), home: target, done });
        }
        Ok(closure)
    }
}

fn resolved(name: &str, subject: &Subject, row: &SchemaRow) -> Result<ResolvedReference, TransferError> {
    let references = row.references.iter().map(|r| Reference {
        name: r.name.clone(),
        subject: r.subject.clone(),
        version: r.version,
    });
    Ok(ResolvedReference {
        name: name.to_owned(),
        subject: subject.clone(),
        version: number(row)?,
        schema_type: schema_type(row)?,
        text: Arc::from(row.schema.as_str()),
        references: references.collect(),
    })
}

pub(crate) fn number(row: &SchemaRow) -> Result<Version, TransferError> {
    Version::try_from(row.version).map_err(|e| odd(row, e.to_string()))
}

pub(crate) fn schema_type(row: &SchemaRow) -> Result<SchemaType, TransferError> {
    row.schema_type.parse().map_err(|e: assay_schema::UnknownSchemaType| odd(row, e.to_string()))
}

fn odd(row: &SchemaRow, reason: String) -> TransferError {
    TransferError::Answer { what: format!("{} version {}", row.subject, row.version), reason }
}

fn answer<T: serde::de::DeserializeOwned>(
    value: Value,
    what: impl Fn() -> String,
) -> Result<T, TransferError> {
    serde_json::from_value(value).map_err(|e| TransferError::Answer { what: what(), reason: e.to_string() })
}

/// Whether an error is the registry's own no, not a failure to ask it.
pub(crate) fn is_refusal(error: &ClientError) -> bool {
    matches!(error, ClientError::Api { status: 400..=499, .. }) && !error.is_transient()
}
