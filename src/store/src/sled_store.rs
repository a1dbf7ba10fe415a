//! [`SledStore`]: opening, appending, replaying.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use assay_registry::store::{Damaged, Replay, StoreError, Ticket};
use assay_registry::{Event, Revision, Store, Stored};

use crate::committer::{Committer, Job};
use crate::entry::{self, Entry, HEAD_KEY};

/// sled's unit of writing; a page over a quarter of it would become a blob (see [`crate::entry::CHUNK_BYTES`]).
const SEGMENT_BYTES: usize = 2 * 1024 * 1024;
const CACHE_BYTES: u64 = 32 * 1024 * 1024;
/// How often, and how far apart, a lock that is taken is asked for.
const LOCK_TRIES: usize = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(25);
/// Appends that wait for the committer at most; more block.
const QUEUE: usize = 4096;

const FORMAT_KEY: &[u8] = b"format";
const FORMAT: &[u8] = b"assay-registry 1";

/// What the committer calls after each flush; tests make it fail.
pub type SyncHook = Box<dyn FnMut() -> io::Result<()> + Send>;

struct Head {
    revision: Revision,
    /// `None` once closed.
    jobs: Option<SyncSender<Job>>,
}

/// The registry's store in a directory of its own. One process at a time; sled's lock sees to that.
pub struct SledStore {
    tree: sled::Tree,
    head: Mutex<Head>,
    committer: Option<JoinHandle<()>>,
}

impl SledStore {
    /// Opens or creates the store; a new directory is durable when this returns.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when the directory cannot be used, is in use, or is of another format.
    pub fn open(dir: &Path) -> Result<SledStore, StoreError> {
        let data = dir.join("db");
        let mut file = None;
        SledStore::open_with(
            dir,
            Box::new(move || {
                let file: &File = match &file {
                    Some(file) => file,
                    None => file.insert(File::open(&data)?),
                };
                file.sync_data()
            }),
        )
    }

    /// As [`SledStore::open`], with another way to make a flush durable: the place for tests to inject failures.
    ///
    /// # Errors
    /// As there.
    pub fn open_with(dir: &Path, mut sync: SyncHook) -> Result<SledStore, StoreError> {
        std::fs::create_dir_all(dir).map_err(|error| at(dir, error))?;
        let db = open_db(dir).map_err(|error| at(dir, error))?;
        let tree = db.open_tree(b"events").map_err(|error| at(dir, error))?;
        match db.get(FORMAT_KEY).map_err(|error| at(dir, error))? {
            Some(format) if format == FORMAT => {}
            Some(other) => {
                let found = String::from_utf8_lossy(&other).into_owned();
                return Err(at(dir, format_args!("format \"{found}\" is not known to this release")));
            }
            None => {
                db.insert(FORMAT_KEY, FORMAT).map_err(|error| at(dir, error))?;
                db.flush().map_err(|error| at(dir, error))?;
                sync().map_err(|error| at(dir, error))?;
                sync_directories(dir).map_err(|error| at(dir, error))?;
            }
        }
        let revision = newest(&tree).map_err(|error| at(dir, error))?;
        let (jobs, queue) = sync_channel(QUEUE);
        let committer = Committer { db, tree: tree.clone(), sync };
        let committer = std::thread::Builder::new()
            .name("registry-commit".to_owned())
            .spawn(move || committer.run(&queue))
            .map_err(|error| at(dir, error))?;
        Ok(SledStore {
            tree,
            head: Mutex::new(Head { revision, jobs: Some(jobs) }),
            committer: Some(committer),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Head> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for SledStore {
    fn append(&self, expected: Revision, events: Vec<Event>) -> Result<Ticket, StoreError> {
        let entries = events.iter().map(Entry::of).collect::<Result<Vec<_>, _>>()?;
        let mut head = self.lock();
        if head.revision != expected {
            return Err(StoreError::Conflict { expected, actual: head.revision });
        }
        let jobs = head.jobs.as_ref().ok_or(StoreError::Closed)?;
        let (completer, ticket) = Ticket::new();
        let (first, next) = (expected.plus(1), expected.plus(entries.len()));
        jobs.send(Job { first, entries, completer }).map_err(|_| StoreError::Closed)?;
        head.revision = next;
        Ok(ticket)
    }

    fn replay(&self) -> Result<Replay, StoreError> {
        let mut found: Vec<Result<Stored, Damaged>> = Vec::new();
        let mut base: Vec<u8> = Vec::new();
        let mut chunks: Vec<sled::IVec> = Vec::new();
        for pair in &self.tree {
            let (key, value) = pair.map_err(StoreError::failed)?;
            if key == HEAD_KEY {
                continue;
            }
            if entry::base_of(&key) != base.as_slice() {
                if !chunks.is_empty() {
                    found.push(entry::read(&base, &chunks));
                    chunks.clear();
                }
                base = entry::base_of(&key).to_vec();
            }
            chunks.push(value);
        }
        if !chunks.is_empty() {
            found.push(entry::read(&base, &chunks));
        }
        // Damaged entries first: they are only named.
        found.sort_by_key(|entry| entry.as_ref().map_or(Revision(0), |stored| stored.revision));
        Ok(Box::new(found.into_iter()))
    }

    fn head(&self) -> Revision {
        self.lock().revision
    }
}

impl Drop for SledStore {
    /// Settles what was appended, then closes.
    fn drop(&mut self) {
        self.lock().jobs = None;
        if let Some(committer) = self.committer.take()
            && committer.join().is_err()
        {
            tracing::error!("the registry store's committer panicked");
        }
    }
}

/// Opens sled. A store dropped a moment ago in this process may still be held by sled's own threads, so a lock that is
/// taken is asked for again, for half a second at most.
fn open_db(dir: &Path) -> sled::Result<sled::Db> {
    let config = sled::Config::new()
        .path(dir)
        .segment_size(SEGMENT_BYTES)
        .cache_capacity(CACHE_BYTES)
        .flush_every_ms(None);
    for _ in 0..LOCK_TRIES {
        match config.open() {
            Err(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => {
                std::thread::sleep(LOCK_PAUSE);
            }
            other => return other,
        }
    }
    config.open()
}

/// The newest revision ever written.
fn newest(tree: &sled::Tree) -> Result<Revision, sled::Error> {
    Ok(tree.get(HEAD_KEY)?.map_or(Revision::default(), |head| entry::revision_of(&head)))
}

/// New names are durable once their directory is.
fn sync_directories(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()?;
    match dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

fn at(dir: &Path, error: impl std::fmt::Display) -> StoreError {
    StoreError::failed(format_args!("registry store in {}: {error}", dir.display()))
}
