//! The registry, as the broker's `SchemaSource`: a look-up in the published snapshot and a cache of compiled validators.
//!
//! Both are lock-free to read. A schema met for the first time is compiled on a blocking thread while the request waits
//! (`Pending`); equal content under several ids or subjects of a context shares one validator.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;
use assay_registry::{Registry, SchemaVersion};
use assay_schema::{Context, Subject, Version};
use assay_validate::{
    Compiled, Fact, RecordNames, Resolution, SchemaSource, SchemaUnusable, Validator, compile,
};
use assay_wire::{Guid, SchemaId};

/// Compiled schemas kept; at the limit the cache is emptied, which costs the live ones one compilation each.
const COMPILED_MAX: usize = 4096;

type Key = (Context, SchemaId);

/// A compiled schema and the content it was compiled from: an id may get other content after a hard delete.
struct Entry {
    guid: Guid,
    compiled: Arc<Compiled>,
}

/// See the module.
pub(crate) struct RegistrySource {
    registry: Arc<Registry>,
    compiled: ArcSwap<HashMap<Key, Arc<Entry>>>,
    this: Weak<RegistrySource>,
}

impl RegistrySource {
    /// Over the registry of this process.
    pub(crate) fn new(registry: Arc<Registry>) -> Arc<RegistrySource> {
        Arc::new_cyclic(|this| RegistrySource { registry, compiled: ArcSwap::default(), this: this.clone() })
    }

    fn resolve(&self, schema: &SchemaVersion) -> Resolution {
        let key = (schema.subject.context().clone(), schema.id);
        if let Some(entry) = self.compiled.load().get(&key)
            && entry.guid == schema.guid
            && entry.compiled.schema_type == schema.schema_type
        {
            return Resolution::Ready(Arc::clone(&entry.compiled));
        }
        let (this, schema) = (self.this.clone(), schema.clone());
        Resolution::Pending(Box::pin(async move {
            let work = tokio::task::spawn_blocking(move || {
                if let Some(this) = this.upgrade() {
                    this.compile(key, &schema);
                }
            });
            if let Err(error) = work.await {
                tracing::error!(%error, "compiling a schema was cut short");
            }
        }))
    }

    /// Compiles and remembers; a schema that cannot be compiled is remembered as that.
    fn compile(&self, key: Key, schema: &SchemaVersion) {
        let (validator, record_names) = self.compiled(schema);
        if let Err(why) = &validator {
            tracing::warn!(id = schema.id.get(), context = %key.0, %why, "schema cannot be used to validate records");
        }
        let (context, id, schema_type) = (key.0.clone(), schema.id, schema.schema_type);
        let compiled = Compiled { context, id, schema_type, record_names, validator };
        let entry = Arc::new(Entry { guid: schema.guid, compiled: Arc::new(compiled) });
        self.compiled.rcu(|old| {
            let mut map = if old.len() >= COMPILED_MAX { HashMap::new() } else { HashMap::clone(old) };
            map.insert(key.clone(), Arc::clone(&entry));
            map
        });
    }

    fn compiled(&self, schema: &SchemaVersion) -> (Result<Arc<Validator>, SchemaUnusable>, RecordNames) {
        let same = self.compiled.load().iter().find_map(|((context, _), entry)| {
            let equal = entry.guid == schema.guid
                && entry.compiled.schema_type == schema.schema_type
                && context == schema.subject.context();
            equal.then(|| (entry.compiled.validator.clone(), entry.compiled.record_names.clone()))
        });
        if let Some(same) = same {
            return same;
        }
        match self.registry.parsed(schema) {
            Ok(parsed) => (compile(&parsed).map(Arc::new), RecordNames::of(&parsed)),
            Err(error) => (Err(SchemaUnusable { reason: error.to_string() }), RecordNames::default()),
        }
    }
}

impl SchemaSource for RegistrySource {
    fn by_id(&self, context: &Context, id: SchemaId) -> Resolution {
        let snapshot = self.registry.snapshot();
        match snapshot.schema(context, id) {
            Some(schema) => self.resolve(schema),
            None => match snapshot.check_id(context, id) {
                Ok(()) => Resolution::Unknown,
                Err(damaged) => Resolution::Unavailable(damaged.to_string()),
            },
        }
    }

    fn by_guid(&self, guid: &Guid) -> Resolution {
        match self.registry.snapshot().by_guid(guid) {
            Ok(schema) => self.resolve(&schema),
            Err(_) => Resolution::Unknown,
        }
    }

    fn subject_exists(&self, subject: &Subject) -> Fact<bool> {
        Fact::Known(self.registry.snapshot().subject_exists(subject))
    }

    fn version_in(&self, context: &Context, id: SchemaId, subject: &Subject) -> Fact<Option<Version>> {
        let snapshot = self.registry.snapshot();
        let found = snapshot.subjects_of(context, id).into_iter().filter(|(s, _)| s == subject);
        Fact::Known(found.map(|(_, version)| version).max())
    }

    fn latest_version(&self, subject: &Subject) -> Fact<Option<Version>> {
        Fact::Known(self.registry.snapshot().latest_version(subject))
    }
}
