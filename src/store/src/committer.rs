//! The one thread that writes: it takes all waiting appends, writes them as one atomic batch, syncs once, and resolves
//! their tickets in order. After a failure nothing more is written.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use assay_registry::Revision;
use assay_registry::store::{Completer, StoreError};

use crate::disk::Disk;
use crate::entry::{Chunk, Command, Entry};
use crate::key::tree_key;
use crate::witness::{Acknowledged, Witness, mark};

/// Appends that share one sync at most.
const GROUP_MAX: usize = 1024;
/// Bytes of values that share one sync, roughly.
const GROUP_BYTES: usize = 8 * 1024 * 1024;

/// Longest time an append waits for others to share its sync.
const WAIT_MAX: Duration = Duration::from_micros(500);

/// How the last commit went, which says whether waiting a moment pays: a group costs about the same whatever its size.
#[derive(Default)]
struct Pace {
    group: usize,
    took: Duration,
}

impl Pace {
    /// Waits half as long as a commit takes, if several writers are at work; a single one never waits.
    fn wait_for_company(&self) {
        if self.group > 1 {
            std::thread::sleep((self.took / 2).min(WAIT_MAX));
        }
    }
}

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
    pub(crate) disk: Box<dyn Disk>,
    pub(crate) witness: Witness,
    pub(crate) acknowledged: Acknowledged,
    pub(crate) reserve: Arc<crate::reserve::Reserve>,
}

impl Committer {
    /// Works until the other end of the channel is dropped and everything received is settled.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        let mut failure: Option<StoreError> = None;
        let mut pace = Pace::default();
        while let Ok(job) = jobs.recv() {
            pace.wait_for_company();
            let begun = Instant::now();
            let mut bytes = job.bytes();
            let mut group = vec![job];
            while group.len() < GROUP_MAX && bytes < GROUP_BYTES {
                match jobs.try_recv() {
                    Ok(job) => {
                        bytes += job.bytes();
                        group.push(job);
                    }
                    Err(_) => break,
                }
            }
            let outcome = match &failure {
                Some(failure) => Err(failure.clone()),
                None => self.commit(&group).inspect_err(|error| {
                    tracing::error!(%error, "registry store failed");
                    self.disk.gave_up(&error.to_string());
                }),
            };
            if let Err(error) = &outcome {
                failure.get_or_insert_with(|| error.clone());
            }
            pace = Pace { group: group.len(), took: begun.elapsed() };
            group.into_iter().for_each(|job| job.completer.complete(outcome.clone()));
            if failure.is_none() {
                self.reserve.extend();
            }
        }
        if failure.is_none()
            && let Err(error) = self.witness.sync()
        {
            tracing::warn!(%error, "cannot sync what the registry store notes as acknowledged");
        }
    }

    fn commit(&mut self, group: &[Job]) -> Result<(), StoreError> {
        let Changes { mut writes, acknowledged } = self.changes(group)?;
        // A single write is atomic by itself, and costs sled one write to the file less than a batch of one.
        match (writes.len(), writes.pop()) {
            (1, Some((key, Some(chunk)))) => {
                self.tree.insert(key, chunk).map_err(StoreError::failed)?;
            }
            (_, last) => {
                let mut batch = sled::Batch::default();
                for (key, chunk) in writes.into_iter().chain(last) {
                    match chunk {
                        Some(chunk) => batch.insert(key, chunk),
                        None => batch.remove(key),
                    }
                }
                self.tree.apply_batch(batch).map_err(StoreError::failed)?;
            }
        }
        self.disk.before_flush().map_err(StoreError::failed)?;
        self.db.flush().map_err(StoreError::failed)?;
        self.disk.sync().map_err(StoreError::failed)?;
        self.acknowledged = acknowledged;
        self.witness.note(acknowledged);
        Ok(())
    }

    /// What a group comes to in the tree.
    fn changes(&self, group: &[Job]) -> Result<Changes, StoreError> {
        let mut writes = Vec::new();
        let mut acknowledged = self.acknowledged;
        // What is under a key after the jobs of this group so far.
        let mut stored: HashMap<&[u8], Stored> = HashMap::new();
        for job in group {
            let command =
                Command { first: job.first, events: u32::try_from(job.entries.len()).unwrap_or(u32::MAX) };
            for (entry, number) in job.entries.iter().zip(0..) {
                let revision = job.first.plus(number);
                let before = match stored.get(entry.base.as_slice()) {
                    Some(stored) => *stored,
                    None => self.stored(&entry.base)?,
                };
                let chunks = entry.chunks(revision, command);
                let count = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
                let after = Stored { chunks: count, mark: mark(&entry.base, revision) };
                let key = |number| tree_key(&entry.base, number);
                writes.extend(chunks.into_iter().zip(0..).map(|(chunk, number)| (key(number), Some(chunk))));
                writes.extend((count..before.chunks).map(|stale| (key(stale), None)));
                stored.insert(&entry.base, after);
                acknowledged.head = revision;
                acknowledged.entries += u64::from(before.chunks == 0);
                acknowledged.digest = acknowledged.digest.wrapping_sub(before.mark).wrapping_add(after.mark);
            }
        }
        Ok(Changes { writes, acknowledged })
    }

    fn stored(&self, base: &[u8]) -> Result<Stored, StoreError> {
        let first = self.tree.get(tree_key(base, 0)).map_err(StoreError::failed)?;
        Ok(match first.as_deref().map(Chunk::read) {
            Some(Ok(chunk)) => Stored { chunks: chunk.count, mark: mark(base, chunk.revision) },
            // Damaged, or nothing at all: what there is, is to be replaced.
            Some(Err(_)) | None => {
                let chunks = self.tree.range(tree_key(base, 0)..=tree_key(base, u32::MAX)).count();
                Stored { chunks: u32::try_from(chunks).unwrap_or(u32::MAX), mark: 0 }
            }
        })
    }
}

/// What a group comes to.
struct Changes {
    /// The chunks to write and to remove, in order.
    writes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// What is acknowledged when they are durable.
    acknowledged: Acknowledged,
}

/// What is under a key.
#[derive(Clone, Copy)]
struct Stored {
    /// 0 when there is nothing.
    chunks: u32,
    /// 0 when the entry is damaged.
    mark: u64,
}

impl Job {
    fn bytes(&self) -> usize {
        self.entries.iter().map(Entry::bytes).sum()
    }
}
