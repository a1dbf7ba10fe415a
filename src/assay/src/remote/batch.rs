//! The other registry as one batch sees it: what it has been told once stays so, however long the batch takes.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use assay_schema::{Context, Subject, Version};
use assay_validate::{Fact, Resolution, SchemaSource};
use assay_wire::{Guid, SchemaId, SchemaKey};

use super::{Found, RemoteSource};

/// Answers that this batch has got: in number bounded by those the source gives out while a batch waits.
struct Told<K, V>(Mutex<HashMap<K, Result<V, String>>>);

impl<K: Hash + Eq, V: Clone> Told<K, V> {
    fn new() -> Told<K, V> {
        Told(Mutex::new(HashMap::new()))
    }

    /// The answer that this batch has got, or that of `look_up`.
    fn or(&self, key: K, look_up: impl FnOnce(&K) -> Fact<V>) -> Fact<V> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match told.get(&key) {
            Some(Ok(value)) => return Fact::Known(value.clone()),
            Some(Err(why)) => return Fact::Unavailable(why.clone()),
            None => {}
        }
        let answer = look_up(&key);
        match &answer {
            Fact::Known(value) => told.insert(key, Ok(value.clone())),
            Fact::Unavailable(why) => told.insert(key, Err(why.clone())),
            Fact::Pending(_) => None,
        };
        answer
    }
}

/// See the module.
pub(super) struct Batch {
    source: Arc<RemoteSource>,
    began: Instant,
    schemas: Told<(Context, SchemaKey), Found>,
    versions: Told<(Context, SchemaId, Subject), Option<Version>>,
    exist: Told<Subject, bool>,
    latest: Told<Subject, Option<Version>>,
}

impl Batch {
    /// Of a batch that begins now.
    pub(super) fn new(source: Arc<RemoteSource>) -> Batch {
        let (schemas, versions) = (Told::new(), Told::new());
        Batch { source, began: Instant::now(), schemas, versions, exist: Told::new(), latest: Told::new() }
    }

    fn schema(&self, context: &Context, key: SchemaKey) -> Resolution {
        let look_up =
            |(context, key): &(Context, SchemaKey)| self.source.schema_since(context, *key, self.began);
        resolution(self.schemas.or((context.clone(), key), look_up))
    }
}

impl SchemaSource for Batch {
    fn is_silent(&self) -> bool {
        self.source.is_silent_since(self.began)
    }

    fn by_id(&self, context: &Context, id: SchemaId) -> Resolution {
        self.schema(context, SchemaKey::Id(id))
    }

    fn by_guid(&self, guid: &Guid) -> Resolution {
        self.schema(&Context::default(), SchemaKey::Guid(*guid))
    }

    fn subject_exists(&self, subject: &Subject) -> Fact<bool> {
        self.exist.or(subject.clone(), |subject| self.source.subject_exists_since(subject, self.began))
    }

    fn version_in(&self, context: &Context, id: SchemaId, subject: &Subject) -> Fact<Option<Version>> {
        self.versions.or((context.clone(), id, subject.clone()), |(context, id, subject)| {
            self.source.version_since(context, *id, subject, self.began)
        })
    }

    fn latest_version(&self, subject: &Subject) -> Fact<Option<Version>> {
        self.latest.or(subject.clone(), |subject| self.source.latest_since(subject, self.began))
    }
}

pub(super) fn resolution(found: Fact<Found>) -> Resolution {
    match found {
        Fact::Known(Some(compiled)) => Resolution::Ready(compiled),
        Fact::Known(None) => Resolution::Unknown,
        Fact::Pending(future) => Resolution::Pending(future),
        Fact::Unavailable(why) => Resolution::Unavailable(why),
    }
}
