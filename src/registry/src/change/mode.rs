//! Modes (contract 1.8, 2.8).

use super::{check_scope, check_unreferenced, hard_delete};
use crate::error::RegistryError;
use crate::event::{Event, EventKey};
use crate::schema_version::{Deleted, Force, Recursive};
use crate::scope::Scope;
use crate::settings::{Mode, ModeUpdate, RegistryConfig};
use crate::state::{RowRef, State};
use crate::transaction::Decision;

/// `PUT /mode…`: the mode now set, if one is.
pub(crate) fn put_mode(
    state: &State,
    server: &RegistryConfig,
    scope: &Scope,
    update: ModeUpdate,
    force: Force,
) -> Result<Decision<Option<Mode>>, RegistryError> {
    check_scope(scope, server.subject_bytes)?;
    check_mutable(server)?;
    let Some(mode) = update.mode else {
        let event = state.stored_mode(scope).map(|_| Event::ModeTombstone { scope: scope.clone() });
        return Ok(Decision::Commit { events: event.into_iter().collect(), value: None });
    };
    if mode == Mode::Forward && *scope != Scope::GlobalContext {
        return Err(RegistryError::InvalidMode(mode.to_string()));
    }
    let mut events = Vec::new();
    if mode == Mode::Import && force == Force::No && state.mode_in_scope(scope) != Mode::Import {
        events = clear(state, scope)?;
    }
    if state.stored_mode(scope) != Some(mode) {
        events.push(Event::Mode { scope: scope.clone(), mode });
    }
    Ok(Decision::Commit { events, value: Some(mode) })
}

/// Before an import begins, nothing active may be in the scope, and what is soft-deleted goes for good.
fn clear(state: &State, scope: &Scope) -> Result<Vec<Event>, RegistryError> {
    let mut leftovers = Vec::new();
    for (subject, rows) in state.all_subjects().filter(|(subject, _)| scope.holds(subject)) {
        if rows.active > 0 {
            return Err(RegistryError::OperationNotPermitted(format!(
                "cannot switch '{scope}' to IMPORT mode: subject '{subject}' has active versions"
            )));
        }
        leftovers.extend(rows.rows.values().map(|row| RowRef::of(&row.schema)));
    }
    if leftovers.is_empty() {
        return Ok(Vec::new());
    }
    for at in &leftovers {
        check_unreferenced(state, at, Deleted::Include, |referrer| scope.holds(&referrer.subject))?;
    }
    let mut events = hard_delete(state, &leftovers);
    events.push(Event::ClearSubject { scope: scope.clone() });
    Ok(events)
}

/// `DELETE /mode…`: the mode that was set, if one was.
pub(crate) fn delete_mode(
    state: &State,
    server: &RegistryConfig,
    scope: &Scope,
    recursive: Recursive,
) -> Result<Decision<Option<Mode>>, RegistryError> {
    check_mutable(server)?;
    let old = state.stored_mode(scope);
    let damaged = state.is_damaged(&EventKey::Mode(scope.clone()));
    if old.is_none() && recursive == Recursive::No && !damaged {
        return Err(RegistryError::SubjectNotFound(scope.subject()));
    }
    let below = |other: &Scope| match (scope, other) {
        (Scope::Global, Scope::Subject(subject)) => subject.context().is_default(),
        (Scope::Context(context), Scope::Subject(subject)) => subject.context() == context,
        _ => false,
    };
    let gone = |other: &Scope| other == scope || (recursive == Recursive::Yes && below(other));
    let stored = state.modes().filter(|(other, _)| gone(other)).map(|(other, _)| other);
    let events = stored
        .chain(damaged.then_some(scope))
        .map(|other| Event::ModeTombstone { scope: other.clone() })
        .collect();
    Ok(Decision::Commit { events, value: old })
}

fn check_mutable(server: &RegistryConfig) -> Result<(), RegistryError> {
    if server.mode_mutability {
        return Ok(());
    }
    Err(RegistryError::OperationNotPermitted("mode changes are not allowed (mode.mutability)".to_owned()))
}
