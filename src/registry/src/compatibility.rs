//! The compatibility check of a candidate against stored versions (contract 3.1, 3.2).

use std::sync::Arc;

use assay_compat::{Level, Old};
use assay_schema::{Metadata, Strictness, Subject};

use crate::cache::ParseKey;
use crate::effective::Effective;
use crate::error::RegistryError;
use crate::merge::CONFLUENT_RESERVED;
use crate::references::Resolver;
use crate::register::Candidate;
use crate::schema_version::{Deleted, SchemaVersion};
use crate::settings::RegistryConfig;
use crate::state::{Row, State};
use crate::work::{Stop, VerdictKey, Work};

/// Verdict of a compatibility check.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Compatibility {
    messages: Vec<String>,
}

impl Compatibility {
    /// Whether the schema may be registered.
    pub fn is_compatible(&self) -> bool {
        self.messages.is_empty()
    }

    /// Why not, in the order of contract 3.2; empty when compatible.
    pub fn messages(&self) -> &[String] {
        &self.messages
    }

    /// The verdict as an error.
    pub(crate) fn into_result(self, subject: &Subject) -> Result<(), RegistryError> {
        if self.is_compatible() {
            return Ok(());
        }
        Err(RegistryError::Incompatible { subject: subject.clone(), messages: self.messages })
    }
}

/// What a candidate is held against.
pub(crate) struct Against<'a> {
    pub(crate) state: &'a State,
    pub(crate) server: &'a RegistryConfig,
    pub(crate) effective: &'a Effective,
    /// Active versions, newest first.
    pub(crate) olds: Vec<&'a Row>,
}

/// Checks the candidate at the level in force. Only versions of its compatibility group count.
pub(crate) fn check(
    work: &mut Work<'_>,
    against: &Against<'_>,
    candidate: &Candidate,
) -> Result<Compatibility, Stop> {
    let Effective { level, policy, validate_fields, .. } = *against.effective;
    if level == Level::None {
        return Ok(Compatibility::default());
    }
    let (mut reserved, mut given_up) = (Vec::new(), Vec::new());
    if validate_fields {
        reserved = reserved_names(candidate.metadata.as_ref());
        let previous = against.olds.first().and_then(|row| row.schema.metadata.as_deref());
        given_up = reserved_names(previous);
        given_up.retain(|name| !reserved.contains(name));
    }
    let mut olds = Vec::new();
    for row in against.olds.iter().filter(|row| same_group(against.effective, candidate, &row.schema)) {
        match old_key(against, &row.schema) {
            Ok(key) => olds.push((row.schema.clone(), key)),
            Err(unreadable) => return Ok(unreadable),
        }
        if !level.is_transitive() {
            break;
        }
    }
    let key =
        VerdictKey { new: candidate.key.clone(), level, policy, validate_fields, given_up, reserved, olds };
    work.verdict(key, verdict)
}

fn verdict(work: &mut Work<'_>, key: &VerdictKey) -> Result<Compatibility, Stop> {
    let Ok(new) = work.parse(&key.new)? else {
        return Ok(Compatibility { messages: vec!["the new schema cannot be parsed".to_owned()] });
    };
    let mut parsed = Vec::with_capacity(key.olds.len());
    for (row, old) in &key.olds {
        match work.parse(old)? {
            Ok(schema) => parsed.push((row.version, schema)),
            Err(error) => return Ok(unreadable(row, &error)),
        }
    }
    let olds: Vec<Old<'_>> =
        parsed.iter().map(|(version, schema)| Old { version: *version, schema }).collect();
    let report = assay_compat::check_with(key.level, key.policy, &new, &olds);
    let mut messages: Vec<String> = key.given_up.iter().map(|name| reservation_given_up(name)).collect();
    let taken = crate::fields::top_level(&new).into_iter().filter(|name| key.reserved.contains(name));
    messages.extend(taken.map(|name| reserved_name_used(&name)));
    if !report.is_compatible() {
        messages.extend(report.messages());
    }
    if key.validate_fields
        && let Some(last) = messages.pop()
    {
        // The check of texts knows nothing of field validation; the last message tells what is in force.
        if report.is_compatible() {
            messages.push(last);
        }
        messages.push(format!("{{validateFields: 'true', compatibility: '{}'}}", key.level.as_str()));
    }
    Ok(Compatibility { messages })
}

/// Whether both have the same value (or none) of the group property (contract 3.1).
fn same_group(effective: &Effective, candidate: &Candidate, old: &SchemaVersion) -> bool {
    let Some(group) = &effective.group else { return true };
    let value = |metadata: Option<&Metadata>| metadata.and_then(|m| m.properties.get(group)).cloned();
    value(candidate.metadata.as_ref()) == value(old.metadata.as_deref())
}

/// A stored version that cannot be read any more makes the check fail with one message rather than an error
/// (contract 2.9).
fn old_key(against: &Against<'_>, row: &Arc<SchemaVersion>) -> Result<ParseKey, Compatibility> {
    let resolver = Resolver {
        state: against.state,
        limits: &against.server.limits,
        deleted: Deleted::Include,
        strict_versions: false,
    };
    let closure =
        resolver.closure(row.subject.context(), &row.references).map_err(|error| unreadable(row, &error))?;
    Ok(ParseKey::new(row.schema_type, Strictness::Stored, row.text.clone(), closure))
}

fn unreadable(row: &SchemaVersion, error: &dyn std::fmt::Display) -> Compatibility {
    let SchemaVersion { version, .. } = row;
    Compatibility { messages: vec![format!("version {version} cannot be compared with: {error}")] }
}

/// The field names that metadata reserves (contract 2.9).
fn reserved_names(metadata: Option<&Metadata>) -> Vec<String> {
    let list = metadata.and_then(|m| m.properties.get(CONFLUENT_RESERVED));
    let names = list.into_iter().flat_map(|list| list.split(',')).map(str::trim);
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn reservation_given_up(name: &str) -> String {
    format!(
        "{{errorType:'RESERVED_FIELD_REMOVED', description:'The new schema no longer reserves the field {name}, which \
         the old schema reserves', additionalInfo:'{name}'}}"
    )
}

fn reserved_name_used(name: &str) -> String {
    format!(
        "{{errorType:'RESERVED_FIELD_CONFLICT', description:'The new schema has a field with the reserved name \
         {name}', additionalInfo:'{name}'}}"
    )
}
