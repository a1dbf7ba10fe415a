//! What all partitions of a broker share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use assay_record::InflateLimits;
use tokio::runtime::Handle;

/// Shared by all partitions: the runtime for blocking work, bounds, and whether the log directory still works.
#[derive(Debug)]
pub(crate) struct PartitionEnv {
    pub(crate) runtime: Handle,
    pub(crate) producers_max: usize,
    offline: AtomicBool,
    /// Grows with every fsync that answered at least one append.
    pub(crate) flushes: AtomicU64,
}

impl PartitionEnv {
    pub(crate) fn new(runtime: Handle, producers_max: usize) -> Self {
        Self { runtime, producers_max, offline: AtomicBool::new(false), flushes: AtomicU64::new(0) }
    }

    pub(crate) fn is_offline(&self) -> bool {
        self.offline.load(Ordering::Acquire)
    }

    /// A failed fsync says that the disk may have lost what was written; it is never retried, and everything on this
    /// log directory is refused until the broker is started anew.
    pub(crate) fn take_offline(&self, error: &dyn std::fmt::Display) {
        if !self.offline.swap(true, Ordering::AcqRel) {
            tracing::error!(%error, "the log directory is offline: fsync failed; restart the broker once the disk is well");
        }
    }
}

/// Inflating to look a timestamp up is bounded like inflating to validate.
pub(crate) fn inflate_limits(bytes: usize) -> InflateLimits {
    InflateLimits { inflated_bytes_max: bytes }
}
