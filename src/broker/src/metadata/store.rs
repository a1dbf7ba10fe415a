//! The metadata in memory beside its journal: a change is written first, then applied.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::MetadataError;
use super::image::{Image, Record};
use super::journal::Journal;

const FILE: &str = "assay-metadata.journal";

/// How many producer ids are reserved by one write.
const PRODUCER_ID_BLOCK: i64 = 1000;

/// The store. Its calls block for an fsync: asynchronous callers use a blocking thread.
#[derive(Debug)]
pub(crate) struct MetadataStore {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    journal: Journal,
    image: Image,
    /// Next id to hand out; ids below `image.next_producer_id` are reserved.
    next_producer_id: i64,
}

impl MetadataStore {
    pub(crate) fn open(dir: &Path) -> Result<Self, MetadataError> {
        let (journal, image) = Journal::open(dir, FILE)?;
        // What is left of a reserved block is given up: the ids may have been used before a crash.
        let next_producer_id = image.next_producer_id;
        Ok(Self { inner: Mutex::new(Inner { journal, image, next_producer_id }) })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A copy of the state.
    pub(crate) fn image(&self) -> Image {
        self.lock().image.clone()
    }

    /// Writes the records, then applies them.
    ///
    /// # Errors
    /// The journal's; then nothing was applied.
    pub(crate) fn append(&self, records: Vec<Record>) -> Result<(), MetadataError> {
        let mut inner = self.lock();
        inner.journal.append(&records)?;
        records.into_iter().for_each(|r| inner.image.apply(r));
        Ok(())
    }

    /// A producer id never handed out before, also across crashes.
    pub(crate) fn next_producer_id(&self) -> Result<i64, MetadataError> {
        let mut inner = self.lock();
        if inner.next_producer_id >= inner.image.next_producer_id {
            let next = inner.next_producer_id.saturating_add(PRODUCER_ID_BLOCK);
            let record = Record::ProducerIds { next };
            inner.journal.append(std::slice::from_ref(&record))?;
            inner.image.apply(record);
        }
        let id = inner.next_producer_id;
        inner.next_producer_id = id.saturating_add(1);
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn producer_ids_never_repeat() {
        let dir = tempfile::tempdir().unwrap();
        let mut last = -1;
        for _ in 0..3 {
            let store = MetadataStore::open(dir.path()).unwrap();
            for _ in 0..1500 {
                let id = store.next_producer_id().unwrap();
                assert!(id > last);
                last = id;
            }
        }
    }
}
