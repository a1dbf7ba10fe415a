//! Both sides compared after a migration: every version's id, GUID, text, references and deletion, every id by itself, every
//! config and mode.

use std::collections::BTreeSet;

use assay_client::Client;
use serde_json::Value;

use super::TransferError;
use super::entry::Snapshot;
use super::progress::{Progress, Step};

/// Something that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Subject and version, an id, or the config or mode of a subject.
    pub what: String,
    /// What was expected and what is there.
    pub reason: String,
}

/// Compares a target with what was wanted; `skipped` are places that were left alone on purpose.
///
/// # Errors
/// A request that failed for good.
pub async fn verify(
    client: &Client,
    wanted: &Snapshot,
    target: &Snapshot,
    skipped: &BTreeSet<(String, i32)>,
    show: &mut dyn FnMut(Progress),
) -> Result<Vec<Mismatch>, TransferError> {
    let mut found = compare(wanted, target, skipped);
    let mut asked = BTreeSet::new();
    let total = Some(wanted.schemas.len());
    for (done, (key, row)) in wanted.schemas.iter().enumerate() {
        show(Progress { step: Step::Verifying, done: done + 1, total });
        if skipped.contains(key) || !asked.insert((row.context().to_owned(), row.id)) {
            continue;
        }
        let id = row.id.to_string();
        let what = format!("schema id {id} in context {}", row.context());
        let query = [("subject", row.subject.as_str())];
        let answer = match client.get(&["schemas", "ids", &id], &query).await {
            Ok(answer) => answer,
            Err(error) if error.is_not_found() => {
                found.push(Mismatch { what, reason: "not found in the target".to_owned() });
                continue;
            }
            Err(source) => return Err(TransferError::Request { what, source }),
        };
        if answer.get("schema").and_then(Value::as_str) != Some(row.schema.as_str()) {
            found.push(Mismatch { what, reason: "another text in the target".to_owned() });
        }
    }
    Ok(found)
}

fn compare(wanted: &Snapshot, target: &Snapshot, skipped: &BTreeSet<(String, i32)>) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let mut differ = |what: String, reason: String| found.push(Mismatch { what, reason });
    for (key, row) in wanted.schemas.iter().filter(|(key, _)| !skipped.contains(*key)) {
        let what = format!("{} version {}", row.subject, row.version);
        match target.schemas.get(key) {
            None => differ(what, "not in the target".to_owned()),
            Some(there) if !there.same_content(row) => {
                differ(
                    what,
                    format!(
                        "expected id {} guid {:?}, got id {} guid {:?}",
                        row.id, row.guid, there.id, there.guid
                    ),
                );
            }
            Some(there) if there.metadata != row.metadata || there.rule_set != row.rule_set => {
                differ(what, "metadata or rule set differ".to_owned());
            }
            Some(there) if there.deleted != row.deleted => {
                differ(what, format!("expected deleted={}, got {}", row.deleted, there.deleted));
            }
            Some(_) => {}
        }
    }
    for (subject, config) in &wanted.configs {
        if target.configs.get(subject) != Some(config) {
            let there = target.configs.get(subject).map_or("none".to_owned(), Value::to_string);
            differ(format!("config of {subject:?}"), format!("expected {config}, got {there}"));
        }
    }
    for (subject, mode) in &wanted.modes {
        if target.modes.get(subject) != Some(mode) {
            differ(
                format!("mode of {subject:?}"),
                format!("expected {mode}, got {:?}", target.modes.get(subject)),
            );
        }
    }
    found
}
