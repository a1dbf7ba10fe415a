//! [`NetStats`]: counters of the listener, one for each limit.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters since the start. Read with [`NetStats::get`].
#[derive(Debug, Default)]
pub struct NetStats {
    /// Connections open now.
    pub connections: AtomicU64,
    /// Connections accepted.
    pub accepted: AtomicU64,
    /// Connections closed at once because there were too many.
    pub refused: AtomicU64,
    /// Connections closed because of what the peer sent: length, header, or another protocol.
    pub malformed: AtomicU64,
    /// Connections closed for a time limit.
    pub timed_out: AtomicU64,
    /// Connections closed because a handler panicked.
    pub panicked: AtomicU64,
    /// Requests dispatched.
    pub requests: AtomicU64,
    /// Bytes of frames received.
    pub bytes_in: AtomicU64,
    /// Bytes of answers sent.
    pub bytes_out: AtomicU64,
}

impl NetStats {
    /// A counter's value.
    #[must_use]
    pub fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }

    pub(crate) fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }
}
