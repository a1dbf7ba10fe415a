//! A registry written into a directory: the latest version of each subject as a file, older ones that are referred to beside
//! them, and an `assay-check.toml` that says what a plan has to know.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use assay_client::Client;
use assay_schema::{SchemaType, Subject, Version};
use futures::{StreamExt, TryStreamExt};
use serde_json::Value;

use super::decide::in_force;
use super::names::Names;
use super::pretty::pretty;
use crate::remote::{AT_ONCE, Remote, number, schema_type};
use crate::transfer::{SchemaRow, TransferError};

/// Versions that one pull may need because others refer to them.
const PINNED_MAX: usize = 100_000;

/// What to write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pulled {
    /// Texts by path, `assay-check.toml` not among them.
    pub files: BTreeMap<String, String>,
    /// The text of `assay-check.toml`.
    pub config: String,
    /// How many of the files are current versions.
    pub subjects: usize,
    /// What a directory cannot say.
    pub notes: Vec<String>,
}

/// The latest version of a subject, and its configs.
struct Latest {
    row: Arc<SchemaRow>,
    own: Option<Value>,
    config: Value,
}

type Place = (Subject, Option<Version>);

/// Reads the subjects that begin with one of the prefixes, all without any. `progress` is told how many are done, of how many.
///
/// # Errors
/// A request that failed for good, an answer outside the contract.
pub async fn pull(
    client: &Client,
    prefixes: &[String],
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Pulled, TransferError> {
    let remote = Remote::new(client);
    let mut names = remote.subjects().await?;
    names.retain(|name| prefixes.is_empty() || prefixes.iter().any(|prefix| name.starts_with(prefix)));
    let (done, all) = (AtomicUsize::new(0), names.len());
    let latest: BTreeMap<Subject, Latest> = futures::stream::iter(names)
        .map(|name| {
            let (remote, done) = (&remote, &done);
            async move {
                let found = latest(remote, &name).await?;
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, all);
                Ok(found.map(|latest| (Subject::parse(&name), latest)))
            }
        })
        .buffer_unordered(AT_ONCE)
        .try_filter_map(|found| async { Ok::<_, TransferError>(found) })
        .try_collect()
        .await?;
    let pinned = pinned(&remote, &latest).await?;
    let global = in_force(&remote.global_config().await?).0;
    let mut writer = Writer { latest: &latest, paths: BTreeMap::new(), out: Pulled::default() };
    writer.out.config =
        format!("# Pulled by assay; assay plan compares it with a registry.\nlevel = \"{global}\"\n");
    let rows = latest.iter().map(|(subject, latest)| ((subject.clone(), None), &latest.row));
    let rows: Vec<(Place, &Arc<SchemaRow>)> =
        rows.chain(pinned.iter().map(|(p, row)| (p.clone(), row))).collect();
    let mut names = Names::default();
    for ((subject, version), row) in &rows {
        let path = names.path(subject, *version, schema_type(row)?);
        writer.paths.insert((subject.clone(), *version), path);
    }
    for (place, row) in &rows {
        writer.write(place, row, global.as_str())?;
    }
    writer.out.subjects = latest.len();
    Ok(writer.out)
}

async fn latest(remote: &Remote<'_>, name: &str) -> Result<Option<Latest>, TransferError> {
    let Some(last) = remote.versions(name, false).await?.pop() else { return Ok(None) };
    let Some(row) = remote.row(name, last).await? else { return Ok(None) };
    Ok(Some(Latest { row, own: remote.own_config(name).await?, config: remote.config(name).await? }))
}

/// Versions that are referred to and are not the latest of a pulled subject, with what those refer to.
async fn pinned(
    remote: &Remote<'_>,
    latest: &BTreeMap<Subject, Latest>,
) -> Result<BTreeMap<Place, Arc<SchemaRow>>, TransferError> {
    let mut pinned = BTreeMap::new();
    let mut left: Vec<(Subject, Arc<SchemaRow>)> =
        latest.iter().map(|(subject, latest)| (subject.clone(), Arc::clone(&latest.row))).collect();
    while let Some((subject, row)) = left.pop() {
        for reference in &row.references {
            let target = Subject::parse_in(&reference.subject, subject.context());
            if latest.get(&target).is_some_and(|latest| latest.row.version == reference.version) {
                continue;
            }
            let there = remote.row(&target.to_string(), reference.version).await?;
            let there = there.ok_or_else(|| TransferError::MissingReference {
                subject: subject.to_string(),
                version: row.version,
                missing: format!("{target} version {}", reference.version),
            })?;
            let place = (target.clone(), Some(number(&there)?));
            if pinned.insert(place, Arc::clone(&there)).is_none() {
                left.push((target, there));
            }
            if pinned.len() > PINNED_MAX {
                let reason = format!("more than {PINNED_MAX} older versions are referred to");
                return Err(TransferError::Answer { what: "references".to_owned(), reason });
            }
        }
    }
    Ok(pinned)
}

struct Writer<'a> {
    latest: &'a BTreeMap<Subject, Latest>,
    paths: BTreeMap<Place, String>,
    out: Pulled,
}

impl Writer<'_> {
    fn write(&mut self, place: &Place, row: &SchemaRow, global: &str) -> Result<(), TransferError> {
        let (subject, version) = place;
        let path = self.paths.get(place).cloned().unwrap_or_default();
        let text = match schema_type(row)? {
            SchemaType::Protobuf => row.schema.clone(),
            SchemaType::Avro | SchemaType::Json => pretty(&row.schema),
        };
        let mut lines = vec![
            "\n[[schema]]".to_owned(),
            format!("path = {}", quoted(&path)),
            format!("subject = {}", quoted(&subject.to_string().replace('{', "{{"))),
        ];
        if let Some(version) = version {
            lines.push(format!("version = {version}"));
        }
        if let Some(latest) = self.latest.get(subject).filter(|_| version.is_none()) {
            self.config_lines(subject, latest, global, &mut lines);
        }
        if !row.references.is_empty() {
            lines.push("references = [".to_owned());
            for reference in &row.references {
                lines.push(self.reference(subject, reference));
            }
            lines.push("]".to_owned());
        }
        for (key, value) in [("metadata", &row.metadata), ("rule_set", &row.rule_set)] {
            let value = value.as_ref().map(without_version).and_then(|value| inline(&value));
            lines.extend(value.map(|value| format!("{key} = {value}")));
        }
        self.out.config.push_str(&lines.join("\n"));
        self.out.config.push('\n');
        self.out.files.insert(path, text);
        Ok(())
    }

    fn reference(&self, home: &Subject, reference: &crate::transfer::ReferenceRow) -> String {
        let target = Subject::parse_in(&reference.subject, home.context());
        let (name, subject) = (quoted(&reference.name), quoted(&reference.subject));
        let follows = self.latest.get(&target).is_some_and(|latest| latest.row.version == reference.version);
        let version = if follows { String::new() } else { format!(", version = {}", reference.version) };
        format!("  {{ name = {name}, subject = {subject}{version} }},")
    }

    /// The level where it is the subject's own or not the file's, and the other members of its own config.
    fn config_lines(&mut self, subject: &Subject, latest: &Latest, global: &str, lines: &mut Vec<String>) {
        let (level, policy) = in_force(&latest.config);
        let own = latest.own.as_ref().and_then(Value::as_object);
        let has = |member: &str| own.is_some_and(|own| own.contains_key(member));
        if has("compatibilityLevel") || level.as_str() != global {
            lines.push(format!("level = \"{level}\""));
        }
        let text = latest.config.get("compatibilityPolicy").and_then(Value::as_str);
        if policy == assay_compat::Policy::Lenient || (has("compatibilityPolicy") && text == Some("STRICT")) {
            lines.push(format!("policy = \"{}\"", text.unwrap_or("STRICT")));
        } else if text == Some("LOGICAL") {
            self.out
                .notes
                .push(format!("{subject}: the policy LOGICAL is left out; assay has no rules for it"));
        }
        let mut config = serde_json::Map::new();
        for (member, value) in own.into_iter().flatten() {
            if !["compatibilityLevel", "compatibilityPolicy"].contains(&member.as_str()) && !value.is_null() {
                config.insert(member.clone(), value.clone());
            }
        }
        if !config.is_empty() {
            lines.extend(inline(&Value::Object(config)).map(|value| format!("config = {value}")));
        }
    }
}

/// Metadata without the number that the registry writes into it by itself (contract 2.10).
fn without_version(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(properties) = value.get_mut("properties").and_then(Value::as_object_mut) {
        properties.remove("confluent:version");
        if properties.is_empty()
            && let Some(members) = value.as_object_mut()
        {
            members.remove("properties");
        }
    }
    value
}

/// A text as TOML writes it.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A JSON value on one line of TOML, which knows no null; `None` if nothing is left.
fn inline(value: &Value) -> Option<String> {
    let empty = value.as_object().is_some_and(serde_json::Map::is_empty);
    if empty { None } else { toml_value(value).map(|value| value.to_string()) }
}

fn toml_value(value: &Value) -> Option<toml::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => toml::Value::Boolean(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(number) => toml::Value::Integer(number),
            None => toml::Value::Float(number.as_f64()?),
        },
        Value::String(text) => toml::Value::String(text.clone()),
        Value::Array(items) => toml::Value::Array(items.iter().filter_map(toml_value).collect()),
        Value::Object(members) => toml::Value::Table(
            members.iter().filter_map(|(key, value)| Some((key.clone(), toml_value(value)?))).collect(),
        ),
    })
}
