//! Records that failed validation, refused, quarantined or only audited: counted, logged, kept for a while, summed up, and told
//! to whoever listens (the demo, `assay tail`, metrics). Never the bytes of a record.

mod checks;
mod recent;
mod report;

pub(crate) use checks::Checks;
pub use checks::TopicChecks;
pub use report::{ReportKey, ReportRow};

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use assay_net::LogLimit;
use assay_validate::schema::SchemaId;
use assay_validate::{Action, FailureClass};
use tokio::sync::broadcast;

use recent::Recent;
use report::Report;

/// How many refusals a slow listener may fall behind before it misses some.
const BACKLOG: usize = 256;

/// How many records of a batch a log line describes.
const LOGGED_MAX: usize = 5;

/// A batch with records that failed validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Counts up from 1 since the start of the broker.
    pub id: u64,
    /// When, in Unix milliseconds.
    pub time_ms: i64,
    /// Whether the batch was refused, or what else was done.
    pub action: Action,
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// What the producer calls itself.
    pub client_id: String,
    /// The authenticated principal.
    pub principal: String,
    /// Records in the batch that failed; at least one.
    pub records: usize,
    /// How many of them failed in which way.
    pub classes: Vec<(Option<FailureClass>, u64)>,
    /// Index in the batch, class and text of the first failures, in ascending index.
    pub first: Vec<RefusedRecord>,
}

/// One record that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRecord {
    /// Position in the batch, from 0.
    pub index: i32,
    /// Kind of failure; `None` for failures that are not about schemas, such as a missing key in a compacted topic.
    pub class: Option<FailureClass>,
    /// The schema, where the record names one by id.
    pub schema_id: Option<SchemaId>,
    /// Such as `record 3: schema 7 (orders-value v2): items[1].qty: varint runs past the end`. It may quote names and bytes of
    /// the record: not for a log.
    pub text: String,
    /// The same without anything of the record.
    pub logged: String,
}

/// Counters since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefusalCounts {
    /// Batches refused by validation.
    pub batches: u64,
    /// Of them, batches of producers that asked for no answer (`acks=0`).
    pub batches_without_answer: u64,
    /// Batches stored without the records that failed (`quarantine`).
    pub quarantined_batches: u64,
    /// Batches stored with records that failed (`audit`).
    pub audited_batches: u64,
    /// Batches refused as malformed: CRC, format, size, sequence.
    pub malformed: u64,
}

/// The broker's side: counts and tells.
#[derive(Debug)]
pub(crate) struct Refusals {
    told: broadcast::Sender<Arc<Refusal>>,
    batches: AtomicU64,
    without_answer: AtomicU64,
    quarantined: AtomicU64,
    audited: AtomicU64,
    malformed: AtomicU64,
    lines: LogLimit,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    last_id: u64,
    recent: Recent,
    report: Report,
}

impl Default for Refusals {
    fn default() -> Self {
        Self {
            told: broadcast::channel(BACKLOG).0,
            batches: AtomicU64::new(0),
            without_answer: AtomicU64::new(0),
            quarantined: AtomicU64::new(0),
            audited: AtomicU64::new(0),
            malformed: AtomicU64::new(0),
            lines: LogLimit::default(),
            kept: Mutex::default(),
        }
    }
}

impl Refusals {
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<Refusal>> {
        self.told.subscribe()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A batch refused for its form.
    pub(crate) fn malformed(&self) {
        self.malformed.fetch_add(1, Ordering::Relaxed);
    }

    /// A batch with failed records; its id is given here. The log gets a few lines a second of them; listeners get all, and
    /// `per_topic` are kept.
    pub(crate) fn tell(&self, mut refusal: Refusal, answered: bool, per_topic: usize) {
        let counter = match refusal.action {
            Action::Reject => &self.batches,
            Action::Quarantine => &self.quarantined,
            Action::Audit => &self.audited,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if refusal.action == Action::Reject && !answered {
            self.without_answer.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(suppressed) = self.lines.allow(Instant::now()) {
            let what = match refusal.action {
                Action::Reject => "refused",
                Action::Quarantine => "quarantined",
                Action::Audit => "that fail validation stored (audit)",
            };
            tracing::warn!(
                topic = %refusal.topic, partition = refusal.partition, client_id = %refusal.client_id,
                principal = %refusal.principal, records = refusal.records, suppressed,
                "records {what}: {}",
                refusal.first.iter().take(LOGGED_MAX).map(|r| r.logged.as_str()).collect::<Vec<_>>().join("; ")
            );
        }
        let refusal = {
            let mut kept = self.kept();
            kept.last_id = kept.last_id.saturating_add(1);
            refusal.id = kept.last_id;
            kept.report.add(&refusal);
            let refusal = Arc::new(refusal);
            kept.recent.add(&refusal, per_topic);
            refusal
        };
        let _ = self.told.send(refusal); // nobody may be listening
    }

    pub(crate) fn counts(&self) -> RefusalCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RefusalCounts {
            batches: read(&self.batches),
            batches_without_answer: read(&self.without_answer),
            quarantined_batches: read(&self.quarantined),
            audited_batches: read(&self.audited),
            malformed: read(&self.malformed),
        }
    }

    /// The last refusals with an id above `after`, of one topic or all, oldest first; at most `limit`. And how many there have
    /// been.
    pub(crate) fn recent(&self, topic: Option<&str>, after: u64, limit: usize) -> (Vec<Arc<Refusal>>, u64) {
        let kept = self.kept();
        let total = topic.map_or(kept.last_id, |topic| kept.recent.total(topic));
        (kept.recent.list(topic, after, limit), total)
    }

    /// What has failed since the start.
    pub(crate) fn report(&self) -> Vec<(ReportKey, ReportRow)> {
        self.kept().report.rows()
    }

    /// A topic has been deleted.
    pub(crate) fn forget(&self, topic: &str) {
        let mut kept = self.kept();
        kept.recent.forget(topic);
        kept.report.forget(topic);
    }
}

/// Counts failures by class, in the order of the classes.
pub(crate) fn by_class(
    failed: impl Iterator<Item = Option<FailureClass>>,
) -> Vec<(Option<FailureClass>, u64)> {
    let mut counts = BTreeMap::new();
    for class in failed {
        *counts.entry(class).or_insert(0u64) += 1;
    }
    counts.into_iter().collect()
}
