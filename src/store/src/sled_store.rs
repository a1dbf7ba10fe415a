//! [`SledStore`]: opening, appending, replaying.
//!
//! ```text
//! registry/acknowledged   what was acknowledged last (witness.rs)
//! registry/sled/          sled's files: db, conf, snap.*
//! registry/damaged-1/     a sled/ that was found damaged, as it was found
//! registry/failed         there while a commit has failed and the store has not been written anew
//! ```

use std::fs::{File, OpenOptions};
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use assay_registry::store::{Replay, StoreError, Ticket};
use assay_registry::{Event, Revision, Store};

use crate::committer::{Committer, Job};
use crate::disk::{Disk, RealDisk};
use crate::entry::Entry;
use crate::load::{self, Loaded};
use crate::reserve::Reserve;
use crate::salvage;
use crate::segments::SEGMENT_BYTES;
use crate::witness::{Acknowledged, Witness};

/// Where sled's files are.
pub(crate) const SLED: &str = "sled";

/// The tree is read once, at the start; after that only commits look into it.
const CACHE_BYTES: u64 = 8 * 1024 * 1024;
/// How often, and how far apart, a lock that is taken is asked for.
const LOCK_TRIES: usize = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(25);
/// Appends that wait for the committer at most; more block.
const QUEUE: usize = 4096;

const FORMAT_KEY: &[u8] = b"format";
const FORMAT: &[u8] = b"assay-registry 2";

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
    /// What opening read, for the first replay.
    loaded: Mutex<Option<Loaded>>,
    reserve: Arc<Reserve>,
}

/// sled's part of the store, opened and read.
pub(crate) struct Opened {
    pub(crate) db: sled::Db,
    pub(crate) tree: sled::Tree,
    pub(crate) loaded: Loaded,
}

impl SledStore {
    /// Opens or creates the store; a new directory is durable when this returns. A damaged one is rebuilt from what can be read; what
    /// cannot is named by [`Store::replay`].
    ///
    /// # Errors
    /// [`StoreError::Failed`] when the directory cannot be used, is in use, is of another format, or holds nothing readable.
    pub fn open(dir: &Path) -> Result<SledStore, StoreError> {
        SledStore::open_with(dir, |disk| disk)
    }

    /// As [`SledStore::open`], with something between the committer and the disk: the place for tests to inject failures.
    ///
    /// # Errors
    /// As there.
    pub fn open_with(
        dir: &Path,
        disk: impl FnOnce(Box<dyn Disk>) -> Box<dyn Disk>,
    ) -> Result<SledStore, StoreError> {
        SledStore::open_in(dir, disk).map_err(|error| match error {
            StoreError::Failed(cause) => {
                StoreError::failed(format_args!("registry store in {}: {cause}", dir.display()))
            }
            other => other,
        })
    }

    fn open_in(
        dir: &Path,
        disk: impl FnOnce(Box<dyn Disk>) -> Box<dyn Disk>,
    ) -> Result<SledStore, StoreError> {
        std::fs::create_dir_all(dir).map_err(StoreError::failed)?;
        if dir.join("db").exists() {
            return Err(StoreError::failed(
                "its format is that of an earlier release, which this one cannot read",
            ));
        }
        let (mut witness, known) = Witness::open(dir).map_err(StoreError::failed)?;
        salvage::finish(dir).map_err(StoreError::failed)?;
        let opened = salvage::open_checked(dir, known)?;
        let acknowledged = opened.loaded.acknowledged();
        if known != Some(acknowledged) {
            witness.note(acknowledged);
            witness.sync().map_err(StoreError::failed)?;
            sync_directories(dir).map_err(StoreError::failed)?;
        }
        SledStore::start(dir, opened, witness, acknowledged, disk)
    }

    fn start(
        dir: &Path,
        opened: Opened,
        witness: Witness,
        acknowledged: Acknowledged,
        disk: impl FnOnce(Box<dyn Disk>) -> Box<dyn Disk>,
    ) -> Result<SledStore, StoreError> {
        let Opened { db, tree, loaded } = opened;
        let data = dir.join(SLED).join("db");
        let open = || OpenOptions::new().read(true).write(true).open(&data).map_err(StoreError::failed);
        let disk = disk(Box::new(RealDisk { dir: dir.to_path_buf(), data: open()? }));
        let reserve = Arc::new(Reserve::new(open()?));
        let (jobs, queue) = sync_channel(QUEUE);
        let committer =
            Committer { db, tree: tree.clone(), disk, witness, acknowledged, reserve: reserve.clone() };
        let committer = std::thread::Builder::new()
            .name("registry-commit".to_owned())
            .spawn(move || committer.run(&queue))
            .map_err(StoreError::failed)?;
        Ok(SledStore {
            tree,
            head: Mutex::new(Head { revision: acknowledged.head, jobs: Some(jobs) }),
            committer: Some(committer),
            loaded: Mutex::new(Some(loaded)),
            reserve,
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
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (completer, ticket) = Ticket::new();
        let (first, next) = (expected.plus(1), expected.plus(entries.len()));
        jobs.send(Job { first, entries, completer }).map_err(|_| StoreError::Closed)?;
        head.revision = next;
        Ok(ticket)
    }

    fn replay(&self) -> Result<Replay, StoreError> {
        let loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner).take();
        let loaded = match loaded {
            Some(loaded) => loaded,
            None => {
                let _reading = self.reserve.readers.read().unwrap_or_else(PoisonError::into_inner);
                guarded(|| load::load(&self.tree))?
            }
        };
        Ok(Box::new(loaded.entries.into_iter()))
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

/// Opens sled in `dir` and reads everything. sled's panics over a damaged file become errors.
pub(crate) fn open_sled(dir: &Path) -> Result<Opened, StoreError> {
    guarded(|| {
        let fresh = !dir.exists();
        let db = open_db(dir).map_err(StoreError::failed)?;
        let tree = db.open_tree(b"events").map_err(StoreError::failed)?;
        match db.get(FORMAT_KEY).map_err(StoreError::failed)? {
            Some(format) if format == FORMAT => {}
            Some(other) => {
                let found = String::from_utf8_lossy(&other).into_owned();
                return Err(StoreError::failed(format_args!(
                    "format \"{found}\" is not known to this release"
                )));
            }
            None => {
                db.insert(FORMAT_KEY, FORMAT).map_err(StoreError::failed)?;
                db.flush().map_err(StoreError::failed)?;
                File::open(dir.join("db")).and_then(|data| data.sync_all()).map_err(StoreError::failed)?;
            }
        }
        if fresh {
            sync_directories(dir).map_err(StoreError::failed)?;
        }
        let loaded = load::load(&tree)?;
        Ok(Opened { db, tree, loaded })
    })
}

fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    std::panic::catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(StoreError::failed("sled panicked over its files")))
}

/// Opens sled. A store dropped a moment ago in this process may still be held by sled's own threads, so a lock that is
/// taken is asked for again, for half a second at most.
pub(crate) fn open_db(dir: &Path) -> sled::Result<sled::Db> {
    let config = sled::Config::new()
        .path(dir)
        .segment_size(SEGMENT_BYTES)
        .cache_capacity(CACHE_BYTES)
        .flush_every_ms(None);
    for _ in 0..LOCK_TRIES {
        match config.open() {
            Err(sled::Error::Io(error)) if is_lock(&error.to_string()) => std::thread::sleep(LOCK_PAUSE),
            other => return other,
        }
    }
    config.open()
}

/// Whether an error says that another process (or a store not yet closed) holds the files.
pub(crate) fn is_lock(error: &str) -> bool {
    error.contains("could not acquire lock")
}

pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// New names are durable once their directory is.
pub(crate) fn sync_directories(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()?;
    match dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}
