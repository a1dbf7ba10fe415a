//! What the store could not give back: named, and kept apart, so that nobody is told that it never was.
//!
//! A damaged version keeps its number and its id; whoever asks for it gets an error that says so, and so does whoever would
//! register beside it (the compatibility check would miss it) or change what its settings protect. Writing the key again, as an import
//! or a permanent deletion does, ends the matter.

use std::sync::Arc;

use assay_schema::{Context, SchemaId, Subject, Version, VersionSpec};

use super::State;
use crate::error::RegistryError;
use crate::event::EventKey;
use crate::scope::Scope;
use crate::store::{Damaged, StoreError};

impl State {
    /// Sets an entry apart that the store names as damaged; one without a key changes nothing.
    pub(crate) fn quarantine(&mut self, damaged: &Damaged) {
        let Some(key) = &damaged.key else { return };
        if let EventKey::Schema(subject, _) = key {
            let context = self.contexts.entry(subject.context().clone()).or_default();
            context.registered |= !subject.context().is_default();
            // Whatever its id was, it is not given out again: ids are given out one by one.
            context.max_id =
                damaged.id.map_or(context.max_id.saturating_add(1), |id| context.max_id.max(id.get()));
        }
        if let (EventKey::MaxId(context), Some(id)) = (key, damaged.id) {
            let context = self.contexts.entry(context.clone()).or_default();
            context.max_id = context.max_id.max(id.get());
        }
        self.damaged.insert(key.clone(), Arc::new(damaged.clone()));
    }

    /// The entries set apart, by key.
    pub fn damaged(&self) -> impl Iterator<Item = &Damaged> {
        self.damaged.values().map(|damaged| &**damaged)
    }

    /// Whether that entry is set apart.
    pub(crate) fn is_damaged(&self, key: &EventKey) -> bool {
        !self.damaged.is_empty() && self.damaged.contains_key(key)
    }

    fn check(&self, key: &EventKey) -> Result<(), RegistryError> {
        match self.damaged.get(key) {
            None => Ok(()),
            Some(damaged) => Err(StoreError::Damaged((**damaged).clone()).into()),
        }
    }

    /// The damaged versions of a subject, ascending.
    pub(crate) fn damaged_versions(&self, subject: &Subject) -> Vec<Version> {
        if self.damaged.is_empty() {
            return Vec::new();
        }
        let first = EventKey::Schema(subject.clone(), Version::FIRST);
        let all = self.damaged.range(first..).map(|(key, _)| key);
        let own = all.map_while(|key| match key {
            EventKey::Schema(of, version) if of == subject => Some(*version),
            _ => None,
        });
        own.collect()
    }

    /// The subjects that have a damaged version.
    pub(crate) fn damaged_subjects(&self) -> impl Iterator<Item = &Subject> {
        self.damaged.keys().filter_map(|key| match key {
            EventKey::Schema(subject, _) => Some(subject),
            _ => None,
        })
    }

    /// Refuses when that version of exactly that subject is damaged, or may be hidden by a damaged one.
    pub(crate) fn check_version(&self, subject: &Subject, spec: VersionSpec) -> Result<(), RegistryError> {
        if self.damaged.is_empty() {
            return Ok(());
        }
        self.check(&EventKey::DeleteSubject(subject.clone()))?;
        match spec {
            VersionSpec::Exact(version) => self.check(&EventKey::Schema(subject.clone(), version)),
            VersionSpec::Latest => {
                let latest =
                    self.rows_of(subject).and_then(|rows| rows.latest()).map(|row| row.schema.version);
                match self.damaged_versions(subject).last() {
                    Some(damaged) if Some(*damaged) > latest => {
                        self.check(&EventKey::Schema(subject.clone(), *damaged))
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    /// Refuses when the schema of that id is damaged.
    ///
    /// # Errors
    /// [`RegistryError::Store`].
    pub fn check_id(&self, context: &Context, id: SchemaId) -> Result<(), RegistryError> {
        let is_it = |key: &EventKey, damaged: &Damaged| match key {
            EventKey::Schema(subject, _) => subject.context() == context && damaged.id == Some(id),
            _ => false,
        };
        match self.damaged.iter().find(|(key, damaged)| is_it(key, damaged)) {
            None => Ok(()),
            Some((key, _)) => self.check(key),
        }
    }

    /// Refuses when a config along the chain of a scope is damaged.
    pub(crate) fn check_config(&self, scope: &Scope) -> Result<(), RegistryError> {
        if self.damaged.is_empty() {
            return Ok(());
        }
        scope.chain().into_iter().try_for_each(|scope| self.check(&EventKey::Config(scope)))
    }

    /// Refuses when a mode along the chain of a scope is damaged.
    pub(crate) fn check_mode(&self, scope: &Scope) -> Result<(), RegistryError> {
        if self.damaged.is_empty() {
            return Ok(());
        }
        scope.chain().into_iter().try_for_each(|scope| self.check(&EventKey::Mode(scope)))
    }

    /// Refuses to register where it cannot be told what is there: next to damaged versions, under damaged settings.
    pub(crate) fn check_registrable(&self, subject: &Subject) -> Result<(), RegistryError> {
        if self.damaged.is_empty() {
            return Ok(());
        }
        let scope = Scope::of(subject.clone());
        self.check_mode(&scope)?;
        self.check_config(&scope)?;
        if self.mode_in_scope(&scope).is_importing() {
            return Ok(());
        }
        self.check_version(subject, VersionSpec::Latest)?;
        let versions = self.damaged_versions(subject);
        versions.into_iter().try_for_each(|version| self.check(&EventKey::Schema(subject.clone(), version)))
    }
}
