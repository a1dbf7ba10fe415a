//! Commands that are cheap to decide: deletions (contract 2.5), config and mode (1.7, 1.8), contexts (1.9).
//!
//! Each is a function from a state to a decision; none of them touches a store.

mod config;
mod context;
mod delete;
mod mode;

pub(crate) use config::{delete_config, put_config};
pub(crate) use context::delete_context;
pub(crate) use delete::{delete_subject, delete_version};
pub(crate) use mode::{delete_mode, put_mode};

use std::collections::BTreeSet;

use assay_schema::{Context, SchemaId, Subject};

use crate::error::RegistryError;
use crate::event::{Event, EventKey};
use crate::schema_version::Deleted;
use crate::scope::Scope;
use crate::state::{RowRef, State};

/// Refuses in read-only mode (code 42205).
fn check_writable(state: &State, scope: &Scope) -> Result<(), RegistryError> {
    if state.stored_mode(scope).is_none() {
        state.check_mode(scope)?;
    }
    let mode = state.mode_in_scope(scope);
    if mode.is_read_only() {
        return Err(RegistryError::OperationNotPermitted(format!("'{scope}' is in {mode} mode")));
    }
    Ok(())
}

/// A scope that may be written to (code 42208): `:.__GLOBAL:` itself, but no subject in it.
fn check_scope(scope: &Scope, subject_bytes: usize) -> Result<(), RegistryError> {
    match scope {
        Scope::Global | Scope::GlobalContext => Ok(()),
        Scope::Context(_) | Scope::Subject(_) => check_subject(&scope.subject(), subject_bytes),
    }
}

/// A subject that may be written to (code 42208).
pub(crate) fn check_subject(subject: &Subject, bytes_limit: usize) -> Result<(), RegistryError> {
    subject.validate_for_write()?;
    if subject.name().len() + subject.context().as_str().len() > bytes_limit {
        let name: String = subject.name().chars().take(64).collect();
        let subject = format!("{name}...");
        return Err(assay_schema::InvalidSubject { subject, reason: "it is too long" }.into());
    }
    Ok(())
}

/// Refuses to delete a version that others refer to (code 42206): active ones for a soft delete, any for a hard one.
/// Referrers that `own` admits do not count.
fn check_unreferenced(
    state: &State,
    at: &RowRef,
    counted: Deleted,
    own: impl Fn(&RowRef) -> bool,
) -> Result<(), RegistryError> {
    let mut referrers = state.referrers_of(at);
    let blocked = referrers.any(|row| counted.admits(row.schema.deleted) && !own(&RowRef::of(&row.schema)));
    if blocked {
        return Err(RegistryError::ReferenceExists { subject: at.subject.clone(), version: at.version });
    }
    Ok(())
}

/// The events of hard-deleting rows: tombstones, highest version first, after the facts that keep the ids used in
/// their contexts from being given out again.
fn hard_delete(state: &State, rows: &[RowRef]) -> Vec<Event> {
    let contexts: BTreeSet<&Context> = rows.iter().map(|at| at.subject.context()).collect();
    let facts = contexts.into_iter().filter_map(|context| keep_max_id(state, context));
    let tombstones = rows
        .iter()
        .rev()
        .map(|at| Event::SchemaTombstone { subject: at.subject.clone(), version: at.version });
    facts.chain(tombstones).collect()
}

/// The event that lets the highest id of a context outlive the version that has it; none if one is written already.
pub(crate) fn keep_max_id(state: &State, context: &Context) -> Option<Event> {
    let ids = state.context(context)?;
    let id = SchemaId::new(ids.max_id).filter(|_| ids.max_id_fact < ids.max_id)?;
    Some(Event::MaxId { context: context.clone(), id })
}

/// The settings of a scope removed, where it has any.
fn drop_settings(state: &State, scope: &Scope) -> Vec<Event> {
    let config = state.stored_config(scope).is_some() || state.is_damaged(&EventKey::Config(scope.clone()));
    let mode = state.stored_mode(scope).is_some() || state.is_damaged(&EventKey::Mode(scope.clone()));
    let config = config.then(|| Event::ConfigTombstone { scope: scope.clone() });
    let mode = mode.then(|| Event::ModeTombstone { scope: scope.clone() });
    config.into_iter().chain(mode).collect()
}
