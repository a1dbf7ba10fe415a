//! Registration, step by step, in the order of contract 2.3.

use std::sync::Arc;

use assay_schema::{SchemaId, Strictness, Subject, Version};

use super::candidate::{Candidate, Preparation};
use super::draft::{Draft, Purpose, is_empty, refused};
use super::matching::{Lookup, find_match, lookup};
use super::tagging::tagged;
use crate::compatibility;
use crate::effective::Effective;
use crate::error::RegistryError;
use crate::event::Event;
use crate::original::Original;
use crate::rules;
use crate::schema_version::{Deleted, Force, Normalize, RegisterOptions, SchemaRequest, SchemaVersion};
use crate::scope::Scope;
use crate::settings::{Mode, RegistryConfig};
use crate::state::{Row, RowRef, RowSet, State, SubjectRows};
use crate::transaction::Decision;
use crate::work::{Stop, Work};

/// A request to register.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registration<'a> {
    pub(crate) server: &'a RegistryConfig,
    pub(crate) subject: &'a Subject,
    pub(crate) request: &'a SchemaRequest,
    pub(crate) options: RegisterOptions,
    pub(crate) now_ms: i64,
}

/// Decides a registration on a state: the version that is there already, or the events of a new one.
pub(crate) fn decide(
    state: &State,
    work: &mut Work<'_>,
    registration: &Registration<'_>,
) -> Result<Decision<SchemaVersion>, Stop> {
    let Registration { server, subject, request, options, .. } = *registration;
    state.check_registrable(subject)?;
    let effective = state.effective(subject, server);
    let mode = state.mode_in_scope(&Scope::of(subject.clone()));
    let new = request.given_id().is_none() && effective.validate_new_schemas;
    let preparation = Preparation {
        state,
        server,
        subject,
        request,
        strictness: if new { Strictness::New } else { Strictness::Stored },
        normalize: (options.normalize == Normalize::Yes || effective.normalize) && !mode.is_importing(),
    };
    if !effective.found.has_defaults_or_overrides() && request.tags.is_empty() {
        let shortcut = Lookup { preparation, effective: &effective, deleted: Deleted::Hide };
        if let Some(row) = lookup(work, &shortcut)? {
            return Ok(Decision::Answer((*row.schema).clone()));
        }
    }
    check_mode(mode, subject, request)?;
    if let (Some(rules), false) = (&request.rule_set, mode.is_importing()) {
        rules::validate(&rules::with_defaults(rules))?;
    }
    let rows = state.rows_of(subject);
    let next = next_version(rows, registration)?;
    let draft = draft(registration, mode, rows, &effective, next)?;
    let draft = tagged(work, &preparation, rows, draft)?;
    let validate_fields = effective.validate_fields && !mode.is_importing();
    let mut candidate = preparation.prepare_validated(work, &draft, validate_fields)?;
    let restored = request.restored.as_ref().filter(|_| mode.is_importing());
    let verbatim = restored.is_some() && *candidate.text != *draft.schema;
    if verbatim {
        candidate.keep_text(&draft.schema);
    }
    if let (0, Some(rows)) = (request.asked_version(), rows)
        && let Some(row) = find_match(work, &preparation, rows, &candidate, Deleted::Hide)?
    {
        return Ok(Decision::Answer((*row.schema).clone()));
    }
    if options.force == Force::No && !mode.is_importing() {
        let olds = rows.into_iter().flat_map(SubjectRows::active_newest_first).collect();
        let against = compatibility::Against { state, server, effective: &effective, olds };
        compatibility::check(work, &against, &candidate)?.into_result(subject)?;
    }
    let version = version(registration, mode, next)?;
    let id = id(state, registration, &candidate)?;
    let inherited = rows.and_then(SubjectRows::latest).map(|row| &row.schema).filter(|_| is_empty(request));
    let original = match (restored, inherited) {
        (Some(restored), _) => {
            restored.original.as_deref().and_then(|sent| Original::of(sent, &candidate.text))
        }
        (None, Some(previous)) if previous.text == candidate.text => previous.original.clone(),
        _ => Original::of(&draft.schema, &candidate.text),
    };
    let row = SchemaVersion {
        subject: subject.clone(),
        version,
        id,
        guid: candidate.guid,
        schema_type: candidate.schema_type,
        text: candidate.text,
        verbatim,
        original,
        references: candidate.references.into(),
        metadata: candidate.metadata.map(Arc::new),
        rule_set: candidate.rule_set.map(Arc::new),
        deleted: false,
        ts_ms: restored.and_then(|restored| restored.ts_ms).unwrap_or(registration.now_ms),
    };
    check_overwrite(state, rows, &row)?;
    Ok(Decision::Commit { events: events(state, rows, &row), value: row })
}

fn check_mode(mode: Mode, subject: &Subject, request: &SchemaRequest) -> Result<(), RegistryError> {
    let refuse = |reason: String| Err(RegistryError::OperationNotPermitted(reason));
    match (mode, request.given_id()) {
        (Mode::ReadOnly | Mode::ReadOnlyOverride, _) => {
            refuse(format!("subject '{subject}' is in read-only mode"))
        }
        (Mode::ReadWrite, Some(_)) => {
            refuse(format!("subject '{subject}' is not in import mode, so a schema cannot bring its own id"))
        }
        (Mode::Import | Mode::Forward, None) => {
            refuse(format!("subject '{subject}' is in {mode} mode, so a schema must bring its id"))
        }
        (Mode::ReadWrite, None) | (Mode::Import | Mode::Forward, Some(_)) => Ok(()),
    }
}

/// Step 3: the highest version, soft-deleted ones included, plus 1.
fn next_version(
    rows: Option<&SubjectRows>,
    registration: &Registration<'_>,
) -> Result<Version, RegistryError> {
    let Some(highest) = rows.and_then(SubjectRows::highest) else { return Ok(Version::FIRST) };
    let full = "the subject has no version number left";
    highest.schema.version.next().ok_or_else(|| refused(registration.subject, registration.request, full))
}

/// Step 4.
fn draft(
    registration: &Registration<'_>,
    mode: Mode,
    rows: Option<&SubjectRows>,
    effective: &Effective,
    next: Version,
) -> Result<Draft, RegistryError> {
    let Registration { subject, request, .. } = *registration;
    if !mode.is_importing() {
        return Draft::inheriting(subject, request, rows, effective, Purpose::Register(next));
    }
    if is_empty(request) {
        return Err(refused(subject, request, "the schema is empty"));
    }
    Draft::as_sent(subject, request)
}

/// Step 11.
fn version(registration: &Registration<'_>, mode: Mode, next: Version) -> Result<Version, RegistryError> {
    let Registration { subject, request, .. } = *registration;
    let asked = request.asked_version();
    if asked <= 0 {
        return Ok(next);
    }
    let version = u32::try_from(asked).ok().and_then(Version::new);
    match version {
        Some(version) if version == next || mode.is_importing() => Ok(version),
        _ => Err(refused(
            subject,
            request,
            format!("the version {asked} is not the next one, which is {next}"),
        )),
    }
}

/// Step 12.
fn id(
    state: &State,
    registration: &Registration<'_>,
    candidate: &Candidate,
) -> Result<SchemaId, RegistryError> {
    let refuse = |reason: String| Err(RegistryError::OperationNotPermitted(reason));
    let context = registration.subject.context();
    let ids = state.context(context);
    if let Some(given) = registration.request.given_id() {
        let Some(id) = u32::try_from(given).ok().and_then(SchemaId::new) else {
            return refuse(format!("the id {given} is out of range: ids are 1 to {}", SchemaId::MAX));
        };
        let holder = (ids.and_then(|ids| ids.ids.get(&id)))
            .and_then(RowSet::first)
            .and_then(|at| state.row(at))
            .map(|row| &row.schema);
        return match holder {
            Some(other) if other.text != candidate.text || other.schema_type != candidate.schema_type => {
                refuse(format!(
                    "the id {id} is taken by another schema ('{}' version {})",
                    other.subject, other.version
                ))
            }
            _ => Ok(id),
        };
    }
    let same_type = |id: &SchemaId| {
        state.schema(context, *id).is_some_and(|schema| schema.schema_type == candidate.schema_type)
    };
    if let Some(id) = ids.into_iter().flat_map(|ids| ids.ids_of(candidate.guid)).find(same_type) {
        return Ok(id);
    }
    let next = ids.map_or(0, |ids| ids.max_id).saturating_add(1);
    match SchemaId::new(next) {
        Some(id) => Ok(id),
        None => refuse(format!("the context '{context}' has no id left")),
    }
}

/// An import may name a version that exists: the very same is written again, a soft-deleted one is replaced
/// unless it is referenced; an active one with another id or content is refused, because its readers would get
/// something else, or nothing under the id they know. (The reference overwrites it.)
fn check_overwrite(
    state: &State,
    rows: Option<&SubjectRows>,
    row: &SchemaVersion,
) -> Result<(), RegistryError> {
    let Some(old) = rows.and_then(|rows| rows.rows.get(&row.version)) else { return Ok(()) };
    let SchemaVersion { subject, version, .. } = row;
    if !old.schema.deleted && (old.schema.id, old.schema.guid) != (row.id, row.guid) {
        return Err(RegistryError::OperationNotPermitted(format!(
            "subject '{subject}' version {version} is id {} with the GUID {}, which data may refer to; delete it first",
            old.schema.id, old.schema.guid
        )));
    }
    if old.schema.text == row.text {
        return Ok(());
    }
    if state.referrers_of(&RowRef::of(row)).next().is_some() {
        return Err(RegistryError::ReferenceExists { subject: subject.clone(), version: *version });
    }
    Ok(())
}

/// Steps 10, 13 and 14.
fn events(state: &State, rows: Option<&SubjectRows>, row: &SchemaVersion) -> Vec<Event> {
    let context = row.subject.context();
    let mut events = Vec::new();
    if !state.has_context(context) {
        events.push(Event::Context { context: context.clone() });
    }
    // An import may write a version again under another id, and so take the highest id's last use away.
    let written_over = rows.and_then(|rows| rows.rows.get(&row.version));
    if written_over.is_some_and(|old| old.schema.id != row.id) {
        events.extend(crate::change::keep_max_id(state, context));
    }
    let replaced = |old: &&Row| {
        old.schema.deleted
            && old.schema.id == row.id
            && old.schema.version != row.version
            && state.referrers_of(&RowRef::of(&old.schema)).next().is_none()
    };
    for old in rows.into_iter().flat_map(|rows| rows.rows.values()).filter(replaced) {
        events.push(Event::SchemaTombstone { subject: row.subject.clone(), version: old.schema.version });
    }
    events.push(Event::Schema(Arc::new(row.clone())));
    events
}
