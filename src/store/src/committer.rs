//! The one thread that writes: it takes all waiting appends, writes them as one atomic batch, syncs once, and resolves
//! their tickets in order. After a failure nothing more is written.

use std::collections::HashMap;
use std::sync::mpsc::Receiver;

use assay_registry::Revision;
use assay_registry::store::{Completer, StoreError};

use crate::entry::{Entry, HEAD_KEY, chunk_count, chunk_key};

/// Appends that share one sync at most.
const GROUP_MAX: usize = 1024;
/// Bytes of values that share one sync, roughly.
const GROUP_BYTES: usize = 8 * 1024 * 1024;

/// One append.
pub(crate) struct Job {
    /// Revision of the first entry.
    pub(crate) first: Revision,
    pub(crate) entries: Vec<Entry>,
    pub(crate) completer: Completer,
}

pub(crate) struct Committer {
    pub(crate) db: sled::Db,
    pub(crate) tree: sled::Tree,
    /// Makes durable what `flush` has written.
    pub(crate) sync: Box<dyn FnMut() -> std::io::Result<()> + Send>,
}

impl Committer {
    /// Works until the other end of the channel is dropped and everything received is settled.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        let mut failure: Option<StoreError> = None;
        while let Ok(job) = jobs.recv() {
            let mut group = vec![job];
            while group.len() < GROUP_MAX && group.iter().map(Job::bytes).sum::<usize>() < GROUP_BYTES {
                match jobs.try_recv() {
                    Ok(job) => group.push(job),
                    Err(_) => break,
                }
            }
            let outcome = match &failure {
                Some(failure) => Err(failure.clone()),
                None => self.commit(&group).map_err(|error| {
                    tracing::error!(%error, "registry store failed");
                    error
                }),
            };
            if let Err(error) = &outcome {
                failure.get_or_insert_with(|| error.clone());
            }
            group.into_iter().for_each(|job| job.completer.complete(outcome.clone()));
        }
    }

    fn commit(&mut self, group: &[Job]) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        // How many chunks an entry has after the jobs of this group so far.
        let mut counts: HashMap<&[u8], u32> = HashMap::new();
        for job in group {
            for (entry, number) in job.entries.iter().zip(0..) {
                let before = match counts.get(entry.base.as_slice()) {
                    Some(count) => *count,
                    None => self.chunks_stored(&entry.base)?,
                };
                let chunks = entry.chunks(job.first.plus(number));
                let count = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
                for (chunk, number) in chunks.into_iter().zip(0..) {
                    batch.insert(chunk_key(&entry.base, number), chunk);
                }
                for stale in count..before {
                    batch.remove(chunk_key(&entry.base, stale));
                }
                counts.insert(&entry.base, count);
            }
        }
        if let Some(last) = group.last() {
            let head = last.first.0.saturating_sub(1).saturating_add(last.entries.len() as u64);
            batch.insert(HEAD_KEY, &head.to_be_bytes());
        }
        self.tree.apply_batch(batch).map_err(StoreError::failed)?;
        self.db.flush().map_err(StoreError::failed)?;
        (self.sync)().map_err(StoreError::failed)
    }

    fn chunks_stored(&self, base: &[u8]) -> Result<u32, StoreError> {
        let first = self.tree.get(chunk_key(base, 0)).map_err(StoreError::failed)?;
        Ok(first.map_or(0, |first| chunk_count(&first)))
    }
}

impl Job {
    fn bytes(&self) -> usize {
        self.entries.iter().map(Entry::bytes).sum()
    }
}
