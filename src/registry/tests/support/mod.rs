//! A registry in memory and short names for its commands.
#![allow(dead_code, reason = "each test file uses its part")]

use std::sync::Arc;

use assay_compat::Level;
use assay_registry::*;
use assay_schema::{Metadata, Reference, Version, VersionSpec};

pub(crate) struct Rig {
    pub(crate) registry: Registry,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) caller: Caller,
}

pub(crate) fn rig() -> Rig {
    rig_on(Arc::new(MemoryStore::new()))
}

pub(crate) fn rig_on(store: Arc<MemoryStore>) -> Rig {
    let registry =
        Registry::open(store.clone(), RegistryConfig::default(), Arc::new(|| 1_700_000_000_000)).unwrap();
    Rig { registry, store, caller: Caller::internal() }
}

/// A record whose name and fields tell it apart; every field has a default.
pub(crate) fn record(name: &str, fields: &[&str]) -> String {
    let fields: Vec<String> =
        fields.iter().map(|f| format!(r#"{{"name":"{f}","type":"int","default":0}}"#)).collect();
    format!(r#"{{"type":"record","name":"{name}","fields":[{}]}}"#, fields.join(","))
}

pub(crate) fn required(name: &str, field: &str) -> String {
    format!(r#"{{"type":"record","name":"{name}","fields":[{{"name":"{field}","type":"int"}}]}}"#)
}

pub(crate) fn properties(pairs: &[(&str, &str)]) -> Metadata {
    let properties = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Metadata { properties, ..Metadata::default() }
}

pub(crate) fn reference(name: &str, subject: &str, version: i32) -> Reference {
    Reference { name: name.into(), subject: subject.into(), version }
}

pub(crate) fn subject(text: &str) -> Subject {
    Subject::parse(text)
}

pub(crate) fn exact(number: u32) -> VersionSpec {
    VersionSpec::Exact(Version::new(number).unwrap())
}

impl Rig {
    pub(crate) fn send(&self, to: &str, request: &SchemaRequest) -> Result<SchemaVersion, RegistryError> {
        self.registry.register(&self.caller, &subject(to), request, RegisterOptions::default())?.wait()
    }

    /// (id, version) of registering an Avro text.
    pub(crate) fn avro(&self, to: &str, text: &str) -> Result<(u32, u32), RegistryError> {
        self.send(to, &SchemaRequest::avro(text)).map(|row| (row.id.get(), row.version.get()))
    }

    pub(crate) fn import(
        &self,
        to: &str,
        text: &str,
        id: i64,
        version: Option<i64>,
    ) -> Result<(u32, u32), RegistryError> {
        let request = SchemaRequest { id: Some(id), version, ..SchemaRequest::avro(text) };
        self.send(to, &request).map(|row| (row.id.get(), row.version.get()))
    }

    pub(crate) fn look(
        &self,
        under: &str,
        text: &str,
        deleted: Deleted,
    ) -> Result<(u32, u32), RegistryError> {
        (self.registry.lookup(&subject(under), &SchemaRequest::avro(text), Normalize::Default, deleted))
            .map(|row| (row.id.get(), row.version.get()))
    }

    pub(crate) fn level(&self, scope: &str, level: Level) {
        let scope = Scope::of(subject(scope));
        self.registry.put_config(&self.caller, &scope, &ConfigUpdate::level(level)).unwrap().wait().unwrap();
    }

    pub(crate) fn mode(&self, scope: &str, mode: Mode, force: Force) -> Result<(), RegistryError> {
        let update = ModeUpdate { mode: Some(mode) };
        self.registry.put_mode(&self.caller, &Scope::of(subject(scope)), update, force)?.wait().map(|_| ())
    }

    pub(crate) fn delete(&self, name: &str, how: Permanence) -> Result<Vec<u32>, RegistryError> {
        let versions = self.registry.delete_subject(&self.caller, &subject(name), how)?.wait()?;
        Ok(versions.into_iter().map(Version::get).collect())
    }

    pub(crate) fn drop(&self, name: &str, version: u32, how: Permanence) -> Result<u32, RegistryError> {
        let version =
            self.registry.delete_version(&self.caller, &subject(name), exact(version), how)?.wait()?;
        Ok(version.get())
    }

    pub(crate) fn versions(&self, name: &str, deleted: Deleted) -> Vec<u32> {
        let versions = self.registry.versions(&subject(name), deleted).unwrap_or_default();
        versions.into_iter().map(|(version, _)| version.get()).collect()
    }

    /// Whether what the store gives back folds to the very state that is live.
    pub(crate) fn replays(&self) {
        let again = rig_on(self.store.clone());
        assert_eq!(*again.registry.snapshot(), *self.registry.snapshot());
    }
}

/// The cause of a refusal.
pub(crate) fn cause<T: std::fmt::Debug>(result: Result<T, RegistryError>) -> &'static str {
    result.unwrap_err().cause()
}
