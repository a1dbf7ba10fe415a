//! Making what is written durable, without the partition's lock.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use crate::error::LogError;
use crate::segment::After;
use crate::shared::Shared;

/// Syncs a log. Cheap to clone; blocks while it syncs.
///
/// Group commit: callers of [`Flusher::flush_to`] queue on one lock; the first one syncs for all whose data was written by
/// then, the second for all that came meanwhile, and the rest find their offset covered.
#[derive(Debug, Clone)]
pub struct Flusher {
    pub(crate) shared: Arc<Shared>,
}

impl Flusher {
    /// Everything below this offset survives a power cut.
    pub fn flushed_offset(&self) -> i64 {
        self.shared.flushed.load(Ordering::Acquire)
    }

    /// Returns once everything below `offset` is durable; at once if it is already.
    ///
    /// # Errors
    /// `Io` if the sync failed, which takes the log offline; `Offline` or `Closed` from then on.
    pub fn flush_to(&self, offset: i64) -> Result<i64, LogError> {
        self.shared.usable()?;
        match self.flushed_offset() {
            flushed if flushed >= offset => Ok(flushed),
            _ => self.run(Some(offset)),
        }
    }

    /// Syncs everything written before the call: closed segments and their indexes, the growing one, the directory.
    /// Returns the offset below which all is durable.
    ///
    /// # Errors
    /// As [`Flusher::flush_to`].
    pub fn flush(&self) -> Result<i64, LogError> {
        self.run(None)
    }

    fn run(&self, wanted: Option<i64>) -> Result<i64, LogError> {
        let shared = &*self.shared;
        let _turn = shared.flushing.lock().unwrap_or_else(PoisonError::into_inner);
        shared.usable()?;
        let flushed = self.flushed_offset();
        if wanted.is_some_and(|offset| flushed >= offset) {
            return Ok(flushed);
        }
        shared.go_offline(sync_all(shared))
    }
}

/// Caller holds `flushing`.
pub(crate) fn sync_all(shared: &Shared) -> Result<i64, LogError> {
    // In this order: what is below `end` is in the segments seen after it.
    let end = shared.log_end.load(Ordering::Acquire);
    let segments = shared.segments();
    let sealed = segments.iter().rev().skip(1).take_while(|s| !s.is_sealed()).count();
    let first_open = segments.len().saturating_sub(1 + sealed);
    for (i, segment) in segments.iter().enumerate().skip(first_open) {
        segment.sync()?;
        if i + 1 < segments.len() {
            segment.write_index(&*shared.disk, After::Forget)?; // nobody appends to it any more
            shared.dir_dirty.store(true, Ordering::Release);
        }
    }
    if shared.dir_dirty.swap(false, Ordering::AcqRel) {
        shared.sync_dir()?;
    }
    let before = shared.flushed.fetch_max(end, Ordering::AcqRel);
    debug_assert!(before.max(end) <= shared.log_end.load(Ordering::Acquire));
    Ok(before.max(end))
}
