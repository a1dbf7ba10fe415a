//! The topics in memory: by name and by id.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use arc_swap::ArcSwap;
use assay_protocol::Uuid;

use crate::config::TopicSettings;
use crate::partition::Partition;

/// The topic groups are stored in.
pub(crate) const CONSUMER_OFFSETS: &str = "__consumer_offsets";

/// One topic.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) name: Arc<str>,
    pub(crate) id: Uuid,
    pub(crate) settings: Arc<ArcSwap<TopicSettings>>,
    partitions: ArcSwap<Vec<Arc<Partition>>>,
}

impl Topic {
    pub(crate) fn new(
        name: Arc<str>,
        id: Uuid,
        settings: Arc<ArcSwap<TopicSettings>>,
        partitions: Vec<Arc<Partition>>,
    ) -> Self {
        Self { name, id, settings, partitions: ArcSwap::from_pointee(partitions) }
    }

    /// Written by the broker itself; clients only read it.
    pub(crate) fn is_internal(&self) -> bool {
        *self.name == *CONSUMER_OFFSETS
    }

    pub(crate) fn partitions(&self) -> Arc<Vec<Arc<Partition>>> {
        self.partitions.load_full()
    }

    pub(crate) fn partition(&self, index: i32) -> Option<Arc<Partition>> {
        self.partitions.load().get(usize::try_from(index).ok()?).cloned()
    }

    /// Adds partitions; the caller holds the administration lock.
    pub(crate) fn extend(&self, more: Vec<Arc<Partition>>) {
        let mut all = (*self.partitions()).clone();
        all.extend(more);
        self.partitions.store(Arc::new(all));
    }
}

/// A topic to be created.
#[derive(Debug, Clone)]
pub(crate) struct NewTopic {
    pub(crate) name: String,
    /// -1 for the broker's default.
    pub(crate) partitions: i32,
    /// -1 for the broker's default.
    pub(crate) replication_factor: i16,
    /// Partition and its replicas; not together with counts.
    pub(crate) assignments: Vec<(i32, Vec<i32>)>,
    pub(crate) configs: BTreeMap<String, String>,
}

impl NewTopic {
    /// As auto-creation makes it.
    pub(crate) fn by_default(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            partitions: -1,
            replication_factor: -1,
            assignments: Vec::new(),
            configs: BTreeMap::new(),
        }
    }
}

/// All topics.
#[derive(Debug, Default)]
pub(crate) struct Topics {
    maps: RwLock<Maps>,
}

#[derive(Debug, Default)]
struct Maps {
    by_name: BTreeMap<Arc<str>, Arc<Topic>>,
    by_id: HashMap<Uuid, Arc<Topic>>,
}

impl Topics {
    fn read(&self) -> RwLockReadGuard<'_, Maps> {
        self.maps.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Maps> {
        self.maps.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<Topic>> {
        self.read().by_name.get(name).cloned()
    }

    pub(crate) fn by_id(&self, id: Uuid) -> Option<Arc<Topic>> {
        self.read().by_id.get(&id).cloned()
    }

    pub(crate) fn partition(&self, name: &str, index: i32) -> Option<Arc<Partition>> {
        self.read().by_name.get(name)?.partition(index)
    }

    /// All topics, by name.
    pub(crate) fn list(&self) -> Vec<Arc<Topic>> {
        self.read().by_name.values().cloned().collect()
    }

    pub(crate) fn insert(&self, topic: Arc<Topic>) {
        let mut maps = self.write();
        maps.by_id.insert(topic.id, topic.clone());
        maps.by_name.insert(topic.name.clone(), topic);
    }

    pub(crate) fn remove(&self, topic: &Topic) {
        let mut maps = self.write();
        maps.by_id.remove(&topic.id);
        maps.by_name.remove(&topic.name);
    }

    /// Partitions of all topics together.
    pub(crate) fn partition_count(&self) -> usize {
        self.read().by_name.values().map(|t| t.partitions().len()).sum()
    }
}
