//! A registry, read over its REST API.

use std::collections::{BTreeMap, BTreeSet};

use assay_client::{Client, ClientError};
use serde::Deserialize;
use serde_json::{Value, json};

use super::TransferError;
use super::entry::{SchemaRow, Snapshot};
use super::progress::{Progress, Step};

/// Versions asked for at once; the reference answers at most 1,000.
const PAGE: usize = 200;

/// Reads everything: versions with the soft-deleted ones, configs, modes, the highest ids.
///
/// # Errors
/// A request that failed for good, or an answer outside the contract.
pub async fn read(client: &Client, show: &mut dyn FnMut(Progress)) -> Result<Snapshot, TransferError> {
    let mut snapshot = Snapshot::default();
    for row in versions(client, &[("deleted", "true")], show).await? {
        snapshot.schemas.insert(row.key(), row);
    }
    // Generation 7 does not say which are soft-deleted, so both lists are asked for.
    let active: BTreeSet<_> =
        versions(client, &[("deleted", "false")], show).await?.iter().map(SchemaRow::key).collect();
    for (key, row) in &mut snapshot.schemas {
        row.deleted = !active.contains(key);
    }
    match own_settings(client).await? {
        Some(settings) => {
            originals(client, &mut snapshot, show).await?;
            snapshot.own = true;
            snapshot.configs = settings.configs;
            snapshot.modes = settings.modes;
            snapshot.max_ids = settings.max_ids;
        }
        None => settings(client, &mut snapshot).await?,
    }
    Ok(snapshot)
}

/// The active versions of all subjects.
///
/// # Errors
/// As [`read`].
pub(crate) async fn active(client: &Client) -> Result<Vec<SchemaRow>, TransferError> {
    versions(client, &[("deleted", "false")], &mut |_| {}).await
}

async fn versions(
    client: &Client,
    which: &[(&str, &str)],
    show: &mut dyn FnMut(Progress),
) -> Result<Vec<SchemaRow>, TransferError> {
    let mut rows: Vec<SchemaRow> = Vec::new();
    let limit = PAGE.to_string();
    loop {
        let offset = rows.len().to_string();
        let page = [("subjectPrefix", ":*:"), ("offset", &*offset), ("limit", &*limit)];
        let query = [which, &page].concat();
        let what = format!("GET /schemas at {offset}");
        let page = client.get(&["schemas"], &query).await.map_err(TransferError::request(&*what))?;
        let page: Vec<SchemaRow> = serde_json::from_value(page)
            .map_err(|e| TransferError::Answer { what: what.clone(), reason: e.to_string() })?;
        // A registry that knows no paging gives everything, again and again.
        let again = rows.first().zip(page.first()).is_some_and(|(a, b)| a.key() == b.key());
        let last = page.len() < PAGE || again;
        if !again {
            rows.extend(page);
        }
        show(Progress { step: Step::Reading, done: rows.len(), total: None });
        if last {
            return Ok(rows);
        }
    }
}

/// The texts as they were sent, where they are others than the stored ones.
async fn originals(
    client: &Client,
    snapshot: &mut Snapshot,
    show: &mut dyn FnMut(Progress),
) -> Result<(), TransferError> {
    for sent in versions(client, &[("deleted", "true"), ("format", "original")], show).await? {
        if let Some(row) = snapshot.schemas.get_mut(&sent.key()).filter(|row| row.schema != sent.schema) {
            row.original = Some(sent.schema);
        }
    }
    Ok(())
}

/// What an Assay tells of all its settings, subjects without versions included.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnSettings {
    configs: BTreeMap<String, Value>,
    modes: BTreeMap<String, String>,
    max_ids: BTreeMap<String, u32>,
}

/// `None` for a registry that is no Assay.
async fn own_settings(client: &Client) -> Result<Option<OwnSettings>, TransferError> {
    const WHAT: &str = "GET /v1/assay/settings";
    match client.get(&["v1", "assay", "settings"], &[]).await {
        Ok(value) => serde_json::from_value(value)
            .map(Some)
            .map_err(|e| TransferError::Answer { what: WHAT.to_owned(), reason: e.to_string() }),
        Err(ClientError::Api { status: 404 | 405, .. }) => Ok(None),
        Err(source) => Err(TransferError::Request { what: WHAT.to_owned(), source }),
    }
}

/// The same by the contract alone, which has no list of them: asked one by one, where a version is or a context.
async fn settings(client: &Client, snapshot: &mut Snapshot) -> Result<(), TransferError> {
    let listed = client.get(&["contexts"], &[]).await.map_err(TransferError::request("GET /contexts"))?;
    let mut contexts: Vec<String> = strings(listed, "GET /contexts")?;
    contexts.retain(|context| context != ".");
    let mut subjects: Vec<String> = snapshot.schemas.keys().map(|(subject, _)| subject.clone()).collect();
    subjects.dedup();
    subjects.extend(contexts.iter().map(|context| format!(":{context}:")));
    subjects.push(":.__GLOBAL:".to_owned());
    for subject in std::iter::once(String::new()).chain(subjects) {
        setting(client, &subject, snapshot).await?;
    }
    for context in std::iter::once(".".to_owned()).chain(contexts) {
        if let Some(id) = max_id(client, &context, snapshot).await? {
            snapshot.max_ids.insert(context, id);
        }
    }
    Ok(())
}

async fn setting(client: &Client, subject: &str, snapshot: &mut Snapshot) -> Result<(), TransferError> {
    // The global ones are always answered; what the server has by itself counts as not set.
    let by_default = |value: &Value, default: Value| subject.is_empty() && *value == default;
    let path = |what| if subject.is_empty() { vec![what] } else { vec![what, subject] };
    let config = client.get(&path("config"), &[]).await;
    if let Some(config) = optional(config, 40408, || format!("config of {subject:?}"))?
        && !by_default(&config, json!({"compatibilityLevel": "BACKWARD"}))
    {
        snapshot.configs.insert(subject.to_owned(), config);
    }
    let mode = client.get(&path("mode"), &[]).await;
    if let Some(mode) = optional(mode, 40409, || format!("mode of {subject:?}"))?
        && !by_default(&mode, json!({"mode": "READWRITE"}))
    {
        let mode = mode.get("mode").and_then(Value::as_str).unwrap_or("READWRITE").to_owned();
        snapshot.modes.insert(subject.to_owned(), mode);
    }
    Ok(())
}

/// The highest id of a context: asked with an id that is known to be there.
async fn max_id(client: &Client, context: &str, snapshot: &Snapshot) -> Result<Option<u32>, TransferError> {
    let highest = snapshot.schemas.values().filter(|r| r.context() == context).map(|r| r.id).max();
    let Some(highest) = highest else { return Ok(None) };
    let (id, subject) = (highest.to_string(), format!(":{context}:"));
    let mut query = vec![("fetchMaxId", "true")];
    if context != "." {
        query.push(("subject", &subject));
    }
    let what = format!("GET /schemas/ids/{id}?fetchMaxId=true in {context}");
    let answer = client.get(&["schemas", "ids", &id], &query).await.map_err(TransferError::request(what))?;
    let told = answer.get("maxId").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok());
    Ok(Some(told.unwrap_or(highest).max(highest)))
}

/// `None` for the error that says that nothing is set.
fn optional(
    answer: Result<Value, ClientError>,
    unset: u32,
    what: impl Fn() -> String,
) -> Result<Option<Value>, TransferError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.error_code() == Some(unset) || error.error_code() == Some(40401) => Ok(None),
        Err(source) => Err(TransferError::Request { what: what(), source }),
    }
}

fn strings(value: Value, what: &str) -> Result<Vec<String>, TransferError> {
    serde_json::from_value(value)
        .map_err(|e| TransferError::Answer { what: what.to_owned(), reason: e.to_string() })
}
