//! What writer, readers and flusher of one log have in common.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::checkpoint::LeaderEpochs;
use crate::disk::{Disk, Durable, replace};
use crate::error::{Doing, LogError};
use crate::names;
use crate::segment::Segment;

const OPEN: u8 = 0;
const OFFLINE: u8 = 1;
const CLOSED: u8 = 2;

/// Base offsets ascending, never empty.
pub(crate) type Segments = Arc<Vec<Arc<Segment>>>;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) dir: PathBuf,
    segments: RwLock<Segments>,
    pub(crate) log_start: AtomicI64,
    /// Stored after the bytes and the segment's size.
    pub(crate) log_end: AtomicI64,
    pub(crate) flushed: AtomicI64,
    condition: AtomicU8,
    /// Held while syncing: whoever waits for it finds its work done.
    pub(crate) flushing: Mutex<()>,
    /// Files were created, renamed or removed since the directory was synced.
    pub(crate) dir_dirty: AtomicBool,
    pub(crate) epochs: RwLock<LeaderEpochs>,
}

// A panic while one of these locks is held leaves plain values behind, never half of a structure.
pub(crate) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        segments: Vec<Arc<Segment>>,
        (log_start, log_end): (i64, i64),
        epochs: LeaderEpochs,
    ) -> Shared {
        debug_assert!(!segments.is_empty() && log_start <= log_end);
        Shared {
            disk,
            dir,
            segments: RwLock::new(Arc::new(segments)),
            log_start: AtomicI64::new(log_start),
            log_end: AtomicI64::new(log_end),
            flushed: AtomicI64::new(log_end),
            condition: AtomicU8::new(OPEN),
            flushing: Mutex::new(()),
            dir_dirty: AtomicBool::new(false),
            epochs: RwLock::new(epochs),
        }
    }

    pub(crate) fn segments(&self) -> Segments {
        read(&self.segments).clone()
    }

    /// Only the writer calls this.
    pub(crate) fn change_segments(&self, change: impl FnOnce(&mut Vec<Arc<Segment>>)) {
        let mut next = self.segments().to_vec();
        change(&mut next);
        debug_assert!(!next.is_empty());
        *write(&self.segments) = Arc::new(next);
    }

    /// The last segment: the one that grows.
    pub(crate) fn active(&self) -> Result<Arc<Segment>, LogError> {
        let last = read(&self.segments).last().cloned();
        last.ok_or_else(|| LogError::Closed { dir: self.dir.clone() }) // never empty
    }

    pub(crate) fn usable(&self) -> Result<(), LogError> {
        match self.condition.load(Ordering::Acquire) {
            OPEN => Ok(()),
            CLOSED => Err(LogError::Closed { dir: self.dir.clone() }),
            _ => Err(LogError::Offline { dir: self.dir.clone() }),
        }
    }

    /// Nothing can be trusted after a failed write or fsync; passes the error on.
    pub(crate) fn go_offline<T>(&self, result: Result<T, LogError>) -> Result<T, LogError> {
        if let Err(error) = &result
            && self.condition.compare_exchange(OPEN, OFFLINE, Ordering::AcqRel, Ordering::Acquire).is_ok()
        {
            tracing::error!(dir = %self.dir.display(), %error, "log goes offline");
        }
        result
    }

    pub(crate) fn is_offline(&self) -> bool {
        self.condition.load(Ordering::Acquire) == OFFLINE
    }

    pub(crate) fn mark_closed(&self) {
        // An offline log stays offline.
        let _ = self.condition.compare_exchange(OPEN, CLOSED, Ordering::AcqRel, Ordering::Acquire);
    }

    pub(crate) fn sync_dir(&self) -> Result<(), LogError> {
        self.disk.sync_dir(&self.dir).doing("fsync directory", self.dir.clone())
    }

    /// Not synced: recovery rebuilds it from the batches.
    pub(crate) fn save_epochs(&self) -> Result<(), LogError> {
        let text = read(&self.epochs).to_text();
        let path = self.dir.join(names::LEADER_EPOCHS);
        replace(&*self.disk, &path, text.as_bytes(), Durable::No).doing("write", path)?;
        self.dir_dirty.store(true, Ordering::Release);
        Ok(())
    }
}
