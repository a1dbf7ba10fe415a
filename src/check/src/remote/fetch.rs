//! The state of many subjects: some requests at once, each version and reference once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use assay_client::Client;
use assay_compat::{Level, Policy};
use assay_schema::ResolvedReference;
use futures::{StreamExt, TryStreamExt};
use serde_json::Value;

use super::calls::{Remote, number, schema_type};
use super::{OldVersion, Registered, There};
use crate::transfer::{SchemaRow, TransferError};
use crate::tree::{Tree, within};

/// Subjects that are asked for at once.
pub(crate) const AT_ONCE: usize = 16;

/// A subject, and the level that is known already.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The subject.
    pub subject: String,
    /// The level, if the registry's does not matter.
    pub level: Option<Level>,
}

/// Fetches subjects. `progress` is told how many are done, of how many.
///
/// # Errors
/// The first request that failed for good, or an answer outside the contract.
pub async fn fetch(
    client: &Client,
    label: &str,
    asked: &[Asked],
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Registered, TransferError> {
    let remote = Remote::new(client);
    let (done, all) = (AtomicUsize::new(0), asked.len());
    let fetched: Vec<(String, Fetched)> = futures::stream::iter(asked)
        .map(|asked| async {
            let there = subject(&remote, asked).await?;
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, all);
            Ok::<_, TransferError>((asked.subject.clone(), there))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let (mut texts, mut subjects, mut bytes) = (BTreeMap::new(), BTreeMap::new(), 0u64);
    for (name, there) in fetched {
        let mut versions = Vec::new();
        for (row, references) in there.versions {
            let mut put = |subject: &str, version: i32, text: &Arc<str>| {
                let path = format!("{label}/subjects/{}/versions/{version}", encoded(subject));
                if !texts.contains_key(&path) {
                    bytes = bytes.saturating_add(text.len() as u64);
                    within(texts.len(), bytes)
                        .map_err(|reason| TransferError::Answer { what: label.to_owned(), reason })?;
                    texts.insert(path.clone(), Arc::clone(text));
                }
                Ok::<_, TransferError>(path)
            };
            let text: Arc<str> = Arc::from(row.schema.as_str());
            let path = put(&row.subject, row.version, &text)?;
            let closure: Result<Vec<String>, TransferError> =
                references.iter().map(|r| put(&r.subject.to_string(), r.version.as_i32(), &r.text)).collect();
            versions.push(OldVersion {
                version: number(&row)?,
                schema_type: schema_type(&row)?,
                path,
                text,
                references,
                closure: closure?,
            });
        }
        let There { level, policy, notes, .. } = there.settings;
        subjects.insert(name, There { level, policy, notes, versions });
    }
    Ok(Registered { label: label.to_owned(), tree: Tree::new(texts), subjects })
}

struct Fetched {
    settings: There,
    versions: Vec<(Arc<SchemaRow>, Vec<ResolvedReference>)>,
}

async fn subject(remote: &Remote<'_>, asked: &Asked) -> Result<Fetched, TransferError> {
    let mut numbers = remote.versions(&asked.subject, false).await?;
    let config = remote.config(&asked.subject).await?;
    let settings = settings(&config, asked);
    let group = config.get("compatibilityGroup").and_then(Value::as_str);
    if group.is_none() && !settings.level.is_transitive() {
        numbers = numbers.last().copied().into_iter().collect();
    }
    if settings.level == Level::None {
        numbers.truncate(1); // that there is one is all that counts
    }
    let mut rows = Vec::new();
    for number in numbers.into_iter().rev() {
        let row = remote.row(&asked.subject, number).await?;
        rows.extend(row.filter(|row| !row.deleted));
    }
    if let Some(property) = group {
        let wanted = of_new(&config, property, rows.first());
        rows.retain(|row| property_of(row.metadata.as_ref(), property) == wanted.as_deref());
    }
    let mut versions = Vec::new();
    for row in rows {
        let closure = remote.closure(&row).await?;
        versions.push((row, closure));
    }
    Ok(Fetched { settings, versions })
}

fn settings(config: &Value, asked: &Asked) -> There {
    let text = |member: &str| config.get(member).and_then(Value::as_str);
    let level = text("compatibilityLevel").or_else(|| text("compatibility"));
    let level = asked.level.or_else(|| level.and_then(|level| level.parse().ok())).unwrap_or_default();
    let mut notes = Vec::new();
    let policy = match text("compatibilityPolicy") {
        Some("LENIENT") => Policy::Lenient,
        Some("LOGICAL") => {
            notes.push(
                "the registry's policy is LOGICAL, which asks for more than is checked here".to_owned(),
            );
            Policy::Strict
        }
        _ => Policy::Strict,
    };
    if config.get("validateFields").and_then(Value::as_bool) == Some(true) {
        notes.push(
            "the registry also validates fields (validateFields), which is not checked here".to_owned(),
        );
    }
    There { level, policy, notes, versions: Vec::new() }
}

/// The value of a metadata property that a new version will have: the config's override, else what the latest version
/// passes on, else the config's default (contract 2.4, 2.10).
pub(crate) fn of_new(config: &Value, property: &str, latest: Option<&Arc<SchemaRow>>) -> Option<String> {
    let inherited = latest.and_then(|row| property_of(row.metadata.as_ref(), property));
    let found = property_of(config.get("overrideMetadata"), property)
        .or(inherited)
        .or_else(|| property_of(config.get("defaultMetadata"), property));
    found.map(str::to_owned)
}

pub(crate) fn property_of<'v>(metadata: Option<&'v Value>, property: &str) -> Option<&'v str> {
    metadata?.get("properties")?.get(property)?.as_str()
}

/// A subject as a path segment of a URL.
fn encoded(subject: &str) -> String {
    let mut out = String::new();
    for b in subject.bytes() {
        if b.is_ascii_alphanumeric() || b"-._~:".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}
