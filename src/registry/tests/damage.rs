//! What clients get when the store could not give everything back: an error that names it, never "not found", never something older.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::sync::Arc;

use crate::support::*;
use assay_registry::event::EventKey;
use assay_registry::store::{Damaged, Replay};
use assay_registry::*;
use assay_schema::VersionSpec;

/// A store that gives some entries back as damaged.
struct Harmed {
    inner: Arc<MemoryStore>,
    harmed: Vec<(EventKey, Option<SchemaId>)>,
}

impl Store for Harmed {
    fn append(&self, expected: Revision, events: Vec<Event>) -> Result<Ticket, StoreError> {
        self.inner.append(expected, events)
    }

    fn replay(&self) -> Result<Replay, StoreError> {
        let harmed = self.harmed.clone();
        let entries = self.inner.replay()?.map(move |entry| {
            let stored = entry?;
            match harmed.iter().find(|(key, _)| *key == stored.event.key()) {
                None => Ok(stored),
                Some((key, id)) => Err(Damaged {
                    entry: format!("entry {key}"),
                    reason: "its checksum does not match".to_owned(),
                    key: Some(key.clone()),
                    id: *id,
                }),
            }
        });
        Ok(Box::new(entries))
    }

    fn head(&self) -> Revision {
        self.inner.head()
    }
}

fn open(store: &Arc<MemoryStore>, harmed: &[(EventKey, Option<SchemaId>)]) -> Registry {
    let store = Harmed { inner: store.clone(), harmed: harmed.to_vec() };
    Registry::open(Arc::new(store), RegistryConfig::default(), Arc::new(|| 1)).unwrap()
}

fn register(registry: &Registry, at: &str, text: &str) -> Result<u32, RegistryError> {
    let request = SchemaRequest::avro(text);
    let options = RegisterOptions::default();
    Ok(registry.register(&Caller::internal(), &subject(at), &request, options)?.wait()?.id.get())
}

fn key(at: &str, version: u32) -> EventKey {
    EventKey::Schema(subject(at), Version::new(version).unwrap())
}

#[track_caller]
fn damaged<T: std::fmt::Debug>(result: Result<T, RegistryError>) {
    match result {
        Err(RegistryError::Store(StoreError::Damaged(damaged))) => {
            assert!(damaged.reason.contains("checksum"))
        }
        other => panic!("{other:?}"),
    }
}

/// Subject a with three versions (ids 1, 2, 3), subject b with one (id 4).
fn stored() -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new());
    let registry = open(&store, &[]);
    let global = ConfigUpdate {
        compatibility_level: Patch::Set(assay_compat::Level::None),
        ..ConfigUpdate::default()
    };
    registry.put_config(&Caller::internal(), &Scope::Global, &global).unwrap().wait().unwrap();
    for fields in [&["x"][..], &["x", "y"], &["x", "y", "z"]] {
        register(&registry, "a", &record("R", fields)).unwrap();
    }
    assert_eq!(register(&registry, "b", &record("B", &["x"])), Ok(4));
    store
}

#[test]
fn a_damaged_version_is_named_and_the_others_are_served() {
    let registry = open(&stored(), &[(key("a", 2), SchemaId::new(2))]);
    assert_eq!(registry.damaged().len(), 1);
    assert_eq!(registry.damaged_now(), 1);
    damaged(registry.version(&subject("a"), exact(2), Deleted::Hide));
    damaged(registry.schema_by_id(2, None));
    damaged(registry.delete_version(&Caller::internal(), &subject("a"), exact(2), Permanence::Soft));
    damaged(register(&registry, "a", &record("R", &["new"])));
    for version in [1, 3] {
        assert!(registry.version(&subject("a"), exact(version), Deleted::Hide).is_ok());
        assert!(registry.schema_by_id(version, None).is_ok());
    }
    assert_eq!(registry.version(&subject("a"), VersionSpec::Latest, Deleted::Hide).unwrap().version.get(), 3);
    let versions: Vec<u32> = registry
        .versions(&subject("a"), Deleted::Hide)
        .unwrap()
        .iter()
        .map(|(version, _)| version.get())
        .collect();
    assert_eq!(versions, [1, 2, 3], "it exists");
    // Elsewhere life goes on.
    assert_eq!(register(&registry, "c", &record("C", &["x"])), Ok(5));
}

#[test]
fn a_damaged_newest_version_is_not_hidden_by_an_older_one_and_its_id_stays_taken() {
    let store = stored();
    for id in [SchemaId::new(4), None] {
        let harmed = [(key("b", 1), id), (key("a", 3), SchemaId::new(3))];
        let registry = open(&store, &harmed);
        damaged(registry.version(&subject("a"), VersionSpec::Latest, Deleted::Hide));
        damaged(registry.version(&subject("b"), VersionSpec::Latest, Deleted::Hide));
        assert!(registry.subjects("", Deleted::Hide).contains(&subject("b")));
        assert_eq!(registry.versions(&subject("b"), Deleted::Hide).unwrap().len(), 1);
        assert!(registry.max_id(&Context::default()).unwrap().get() >= 4);
    }
}

#[test]
fn damaged_settings_refuse_what_depends_on_them() {
    let store = stored();
    let registry = open(&store, &[(EventKey::Config(Scope::Global), None)]);
    damaged(register(&registry, "a", &record("R", &["new"])));
    damaged(registry.config(&Scope::Global, Fallback::None));
    damaged(registry.config(&Scope::Subject(subject("a")), Fallback::ToGlobal));
    assert!(registry.version(&subject("a"), exact(1), Deleted::Hide).is_ok());
    // Set again, all is well.
    let update = ConfigUpdate {
        compatibility_level: Patch::Set(assay_compat::Level::None),
        ..ConfigUpdate::default()
    };
    registry.put_config(&Caller::internal(), &Scope::Global, &update).unwrap().wait().unwrap();
    assert_eq!(registry.damaged_now(), 0);
    assert_eq!(register(&registry, "a", &record("R", &["new"])), Ok(5));
    let mode = EventKey::Mode(Scope::Subject(subject("a")));
    let update = ModeUpdate { mode: Some(Mode::ReadOnly) };
    let scope = Scope::Subject(subject("a"));
    registry.put_mode(&Caller::internal(), &scope, update, Force::No).unwrap().wait().unwrap();
    let registry = open(&store, &[(mode, None)]);
    damaged(register(&registry, "a", &record("R", &["newer"])));
    damaged(registry.mode(&scope, Fallback::None));
    damaged(registry.delete_subject(&Caller::internal(), &subject("a"), Permanence::Soft));
    registry.delete_mode(&Caller::internal(), &scope, Recursive::No).unwrap().wait().unwrap();
    assert!(register(&registry, "a", &record("R", &["newer"])).is_ok());
}

#[test]
fn deleting_for_good_or_importing_ends_the_matter() {
    let store = stored();
    let harmed = [(key("a", 2), SchemaId::new(2)), (key("b", 1), SchemaId::new(4))];
    let registry = open(&store, &harmed);
    let caller = Caller::internal();
    registry.delete_version(&caller, &subject("a"), exact(2), Permanence::Permanent).unwrap().wait().unwrap();
    let gone = registry.version(&subject("a"), exact(2), Deleted::Hide);
    assert!(matches!(gone, Err(RegistryError::VersionNotFound { .. })), "{gone:?}");
    assert!(register(&registry, "a", &record("R", &["new"])).is_ok());
    // An import puts it back under its number and id.
    let scope = Scope::Subject(subject("b"));
    let update = ModeUpdate { mode: Some(Mode::Import) };
    registry.put_mode(&caller, &scope, update, Force::Yes).unwrap().wait().unwrap();
    let request = SchemaRequest { id: Some(4), version: Some(1), ..SchemaRequest::avro(record("B", &["x"])) };
    let options = RegisterOptions::default();
    registry.register(&caller, &subject("b"), &request, options).unwrap().wait().unwrap();
    assert_eq!(registry.version(&subject("b"), exact(1), Deleted::Hide).unwrap().id.get(), 4);
    assert_eq!(registry.damaged_now(), 0);
    let registry = open(&store, &[]);
    assert_eq!(registry.damaged_now(), 0);
    assert_eq!(registry.schema_by_id(4, None).unwrap().subject, subject("b"));
}

#[test]
fn a_subject_of_damaged_versions_only_can_be_deleted_for_good() {
    let store = stored();
    let registry = open(&store, &[(key("b", 1), SchemaId::new(4))]);
    let caller = Caller::internal();
    damaged(registry.delete_subject(&caller, &subject("b"), Permanence::Soft));
    let deleted =
        registry.delete_subject(&caller, &subject("b"), Permanence::Permanent).unwrap().wait().unwrap();
    assert_eq!(deleted.len(), 1);
    assert!(registry.versions(&subject("b"), Deleted::Include).is_err());
    drop(registry);
    let registry = open(&store, &[]);
    assert!(!registry.subjects("", Deleted::Include).contains(&subject("b")));
    assert_eq!(register(&registry, "c", &record("C", &["x"])), Ok(5), "id 4 stays used");
}
