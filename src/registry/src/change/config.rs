//! Config: stored settings of a scope (contract 1.7).

use std::sync::Arc;

use super::{check_scope, check_writable};
use crate::error::RegistryError;
use crate::event::{Event, EventKey};
use crate::rules;
use crate::scope::Scope;
use crate::settings::{Config, ConfigUpdate, RegistryConfig};
use crate::state::State;
use crate::transaction::Decision;

/// `PUT /config…`: merged into what is stored; the answer is the complete result.
pub(crate) fn put_config(
    state: &State,
    server: &RegistryConfig,
    scope: &Scope,
    update: &ConfigUpdate,
) -> Result<Decision<Config>, RegistryError> {
    check_scope(scope, server.subject_bytes)?;
    check_writable(state, scope)?;
    let stored = state.stored_config(scope);
    let mut config = update.merged_into(stored.map_or(&Config::default(), |config| config));
    for rules in [&mut config.default_rule_set, &mut config.override_rule_set].into_iter().flatten() {
        *rules = rules::with_defaults(rules);
        rules::validate(rules)?;
    }
    if stored.is_some_and(|stored| **stored == config) {
        return Ok(Decision::Answer(config));
    }
    let event = Event::Config { scope: scope.clone(), config: Arc::new(config.clone()) };
    Ok(Decision::Commit { events: vec![event], value: config })
}

/// `DELETE /config…`: the config that was removed, its level filled in.
pub(crate) fn delete_config(
    state: &State,
    server: &RegistryConfig,
    scope: &Scope,
) -> Result<Decision<Config>, RegistryError> {
    let stored = state.stored_config(scope);
    let damaged = state.is_damaged(&EventKey::Config(scope.clone()));
    if stored.is_none() && *scope != Scope::Global && !damaged {
        return Err(RegistryError::SubjectNotFound(scope.subject()));
    }
    check_writable(state, scope)?;
    let mut old = stored.map(|config| (**config).clone()).unwrap_or_default();
    old.compatibility_level.get_or_insert(server.default_level);
    let events = (stored.is_some() || damaged).then(|| Event::ConfigTombstone { scope: scope.clone() });
    Ok(Decision::Commit { events: events.into_iter().collect(), value: old })
}
