//! The store without a disk: for tests and `--memory`. Everything is durable the moment it is appended.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Replay, Revision, Store, StoreError, Stored, Ticket};
use crate::event::{Event, EventKey};

#[derive(Default)]
struct Inner {
    head: Revision,
    by_revision: BTreeMap<Revision, Event>,
    newest: HashMap<EventKey, Revision>,
}

/// Keeps events in memory, the last one of each key.
#[derive(Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn append(&self, expected: Revision, events: Vec<Event>) -> Result<Ticket, StoreError> {
        let mut inner = self.lock();
        if inner.head != expected {
            return Err(StoreError::Conflict { expected, actual: inner.head });
        }
        for event in events {
            inner.head = inner.head.plus(1);
            let (revision, key) = (inner.head, event.key());
            let superseded = if event.is_tombstone() {
                inner.newest.remove(&key)
            } else {
                inner.by_revision.insert(revision, event);
                inner.newest.insert(key, revision)
            };
            if let Some(old) = superseded {
                inner.by_revision.remove(&old);
            }
        }
        Ok(Ticket::ready())
    }

    fn replay(&self) -> Result<Replay, StoreError> {
        let events: Vec<_> = (self.lock().by_revision.iter())
            .map(|(revision, event)| Ok(Stored { revision: *revision, event: event.clone() }))
            .collect();
        Ok(Box::new(events.into_iter()))
    }

    fn head(&self) -> Revision {
        self.lock().head
    }
}
