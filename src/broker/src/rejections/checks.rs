//! How much of a topic has been checked.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counters of one topic since the start.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    turns: AtomicU64,
    batches: AtomicU64,
    records: AtomicU64,
    nanos: AtomicU64,
}

impl Checks {
    /// The number of this batch, from 0.
    pub(crate) fn turn(&self) -> u64 {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }

    /// A batch has been checked.
    pub(crate) fn checked(&self, records: usize, took: Duration) {
        let add = |counter: &AtomicU64, n: u64| counter.fetch_add(n, Ordering::Relaxed);
        add(&self.batches, 1);
        add(&self.records, u64::try_from(records).unwrap_or(u64::MAX));
        add(&self.nanos, u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    pub(crate) fn counts(&self, topic: &str) -> TopicChecks {
        TopicChecks {
            topic: topic.to_owned(),
            batches: self.batches.load(Ordering::Relaxed),
            records: self.records.load(Ordering::Relaxed),
            time: Duration::from_nanos(self.nanos.load(Ordering::Relaxed)),
        }
    }
}

/// What has been checked of a topic since the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicChecks {
    /// The topic.
    pub topic: String,
    /// Batches whose records were looked at.
    pub batches: u64,
    /// Records in them.
    pub records: u64,
    /// Time that took, without waiting for schemas.
    pub time: Duration,
}
