//! Resolution of config and mode (contract 2.7).

use std::sync::Arc;

use assay_compat::{Level, Policy};
use assay_schema::Subject;

use crate::error::RegistryError;
use crate::schema_version::Fallback;
use crate::scope::Scope;
use crate::settings::{CompatibilityPolicy, Config, Mode, RegistryConfig};
use crate::state::State;

/// What is in force for a subject.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Effective {
    pub(crate) level: Level,
    pub(crate) policy: Policy,
    pub(crate) group: Option<String>,
    pub(crate) normalize: bool,
    pub(crate) validate_fields: bool,
    pub(crate) validate_new_schemas: bool,
    /// The config found, as a whole: its metadata and rules apply, those further up do not.
    pub(crate) found: Arc<Config>,
}

impl State {
    /// The first config stored along the chain.
    fn config_in_scope(&self, scope: &Scope) -> Option<&Arc<Config>> {
        scope.chain().iter().find_map(|scope| self.stored_config(scope))
    }

    /// The mode in force.
    pub(crate) fn mode_in_scope(&self, scope: &Scope) -> Mode {
        scope.chain().iter().find_map(|scope| self.stored_mode(scope)).unwrap_or_default()
    }

    /// What is in force for a subject: a config found is taken as a whole, without a level the *server's* default
    /// applies; switches it lacks come from the global config, then from the server's.
    pub(crate) fn effective(&self, subject: &Subject, server: &RegistryConfig) -> Effective {
        let found = self.config_in_scope(&Scope::of(subject.clone())).cloned().unwrap_or_default();
        let global = self.stored_config(&Scope::Global).cloned().unwrap_or_default();
        let switch = |own: Option<bool>, global: Option<bool>, server: bool| own.or(global).unwrap_or(server);
        Effective {
            level: found.compatibility_level.unwrap_or(server.default_level),
            policy: match found.compatibility_policy.or(global.compatibility_policy) {
                Some(CompatibilityPolicy::Lenient) => Policy::Lenient,
                Some(CompatibilityPolicy::Strict | CompatibilityPolicy::Logical) | None => Policy::Strict,
            },
            group: found.compatibility_group.clone().or_else(|| global.compatibility_group.clone()),
            normalize: switch(found.normalize, global.normalize, server.normalize),
            validate_fields: switch(found.validate_fields, global.validate_fields, server.validate_fields),
            validate_new_schemas: switch(
                found.validate_new_schemas,
                global.validate_new_schemas,
                server.validate_new_schemas,
            ),
            found,
        }
    }

    /// `GET /config…` (contract 1.7): the level is always filled in.
    ///
    /// # Errors
    /// [`RegistryError::ConfigNotFound`] for a scope other than the global one with nothing stored.
    pub(crate) fn config(
        &self,
        scope: &Scope,
        fallback: Fallback,
        default_level: Level,
    ) -> Result<Config, RegistryError> {
        let stored = match fallback {
            Fallback::None => self.stored_config(scope),
            Fallback::ToGlobal => self.config_in_scope(scope),
        };
        if stored.is_none() || fallback == Fallback::ToGlobal {
            self.check_config(scope)?;
        }
        let mut config = match stored {
            Some(config) => (**config).clone(),
            None if fallback == Fallback::ToGlobal || *scope == Scope::Global => Config::default(),
            None => return Err(RegistryError::ConfigNotFound(scope.subject())),
        };
        config.compatibility_level.get_or_insert(default_level);
        Ok(config)
    }

    /// `GET /mode…` (contract 1.8).
    ///
    /// # Errors
    /// [`RegistryError::ModeNotFound`] for a scope other than the global one with nothing stored.
    pub(crate) fn mode(&self, scope: &Scope, fallback: Fallback) -> Result<Mode, RegistryError> {
        if self.stored_mode(scope).is_none() {
            self.check_mode(scope)?;
        }
        match fallback {
            Fallback::ToGlobal => Ok(self.mode_in_scope(scope)),
            Fallback::None => match self.stored_mode(scope) {
                Some(mode) => Ok(mode),
                None if *scope == Scope::Global => Ok(Mode::default()),
                None => Err(RegistryError::ModeNotFound(scope.subject())),
            },
        }
    }
}
