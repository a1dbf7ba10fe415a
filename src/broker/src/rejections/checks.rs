//! How much of a topic has been checked.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counters of one topic since the start.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    turns: AtomicU64,
    batches: AtomicU64,
    records: AtomicU64,
    batches_left_out: AtomicU64,
    records_left_out: AtomicU64,
    nanos: AtomicU64,
}

impl Checks {
    /// The number of this batch, from 0.
    pub(crate) fn turn(&self) -> u64 {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }

    /// A batch is not checked, since only a share of what is audited is (`assay.audit.percent`).
    pub(crate) fn left_out(&self, records: usize) {
        add(&self.batches_left_out, 1);
        add(&self.records_left_out, u64::try_from(records).unwrap_or(u64::MAX));
    }

    /// A batch has been checked.
    pub(crate) fn checked(&self, records: usize, took: Duration) {
        add(&self.batches, 1);
        add(&self.records, u64::try_from(records).unwrap_or(u64::MAX));
        add(&self.nanos, u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    pub(crate) fn counts(&self, topic: &str) -> TopicChecks {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        TopicChecks {
            topic: topic.to_owned(),
            batches: read(&self.batches),
            records: read(&self.records),
            batches_left_out: read(&self.batches_left_out),
            records_left_out: read(&self.records_left_out),
            time: Duration::from_nanos(read(&self.nanos)),
        }
    }
}

fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
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
    /// Batches that were not, since only a share is checked of what is audited (`assay.audit.percent`).
    pub batches_left_out: u64,
    /// Records in them.
    pub records_left_out: u64,
    /// Time that took, without waiting for schemas.
    pub time: Duration,
}
