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

/// Compares a target with what it has to hold ([`Plan::expected`](super::Plan::expected)).
///
/// # Errors
/// A request that failed for good.
pub async fn verify(
    client: &Client,
    wanted: &Snapshot,
    target: &Snapshot,
    show: &mut dyn FnMut(Progress),
) -> Result<Vec<Mismatch>, TransferError> {
    let mut found = compare(wanted, target);
    let mut asked = BTreeSet::new();
    let total = Some(wanted.schemas.len());
    for (done, row) in wanted.schemas.values().enumerate() {
        show(Progress { step: Step::Verifying, done: done + 1, total });
        if !asked.insert((row.context().to_owned(), row.id)) {
            continue;
        }
        let id = row.id.to_string();
        let what = format!("schema id {id} in context {}", row.context());
        // By context: a subject might have an alias.
        let context = format!(":{}:", row.context());
        let query = if row.context() == "." { &[][..] } else { &[("subject", context.as_str())] };
        let answer = match client.get(&["schemas", "ids", &id], query).await {
            Ok(answer) => answer,
            Err(error) if error.is_not_found() => {
                found.push(Mismatch { what, reason: "not found in the target".to_owned() });
                continue;
            }
            Err(source) => return Err(TransferError::Request { what, source }),
        };
        if answer.get("schema").and_then(Value::as_str) != Some(row.schema.as_str()) {
            found.push(Mismatch { what, reason: "another text in the target".to_owned() });
        } else if let (Some(wanted), Some(there)) = (&row.guid, answer.get("guid").and_then(Value::as_str))
            && wanted != there
            && target.schemas.values().filter(|r| r.context() == row.context() && r.id == row.id).count() == 1
        {
            found.push(Mismatch { what, reason: format!("expected guid {wanted}, got {there}") });
        }
    }
    Ok(found)
}

fn compare(wanted: &Snapshot, target: &Snapshot) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let mut differ = |what: String, reason: String| found.push(Mismatch { what, reason });
    for (key, row) in &wanted.schemas {
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
    for (context, highest) in &wanted.max_ids {
        let there = target.max_ids.get(context).copied().unwrap_or(0);
        // Elsewhere the highest id of a context without versions cannot be asked for.
        if there < *highest && target.own {
            differ(format!("highest id of context {context}"), format!("expected {highest}, got {there}"));
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
