//! Records that failed validation, refused or only audited: counted, logged, and told to whoever listens (the demo, metrics).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use assay_net::LogLimit;
use assay_validate::{Action, FailureClass};
use tokio::sync::broadcast;

/// How many refusals a slow listener may fall behind before it misses some.
const BACKLOG: usize = 256;

/// A batch with records that failed validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Whether the batch was refused, or stored all the same.
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
    /// Such as `record 3: schema 7 (orders-value v2): items[1].qty: varint runs past the end`.
    pub text: String,
}

/// Counters since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefusalCounts {
    /// Batches refused by validation.
    pub batches: u64,
    /// Of them, batches of producers that asked for no answer (`acks=0`).
    pub batches_without_answer: u64,
    /// Records that failed in refused batches, by class.
    pub records: Vec<(FailureClass, u64)>,
    /// Batches stored with records that failed (`audit`).
    pub audited_batches: u64,
    /// Records that failed and were stored, by class.
    pub audited_records: Vec<(FailureClass, u64)>,
    /// Batches refused as malformed: CRC, format, size, sequence.
    pub malformed: u64,
}

/// The broker's side: counts and tells.
#[derive(Debug)]
pub(crate) struct Refusals {
    told: broadcast::Sender<Arc<Refusal>>,
    batches: AtomicU64,
    without_answer: AtomicU64,
    malformed: AtomicU64,
    records: [AtomicU64; FailureClass::ALL.len()],
    audited_batches: AtomicU64,
    audited_records: [AtomicU64; FailureClass::ALL.len()],
    lines: LogLimit,
}

impl Default for Refusals {
    fn default() -> Self {
        Self {
            told: broadcast::channel(BACKLOG).0,
            batches: AtomicU64::new(0),
            without_answer: AtomicU64::new(0),
            malformed: AtomicU64::new(0),
            records: Default::default(),
            audited_batches: AtomicU64::new(0),
            audited_records: Default::default(),
            lines: LogLimit::default(),
        }
    }
}

impl Refusals {
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<Refusal>> {
        self.told.subscribe()
    }

    /// One failed record.
    pub(crate) fn count(&self, class: FailureClass, action: Action) {
        let at = FailureClass::ALL.iter().position(|c| *c == class).unwrap_or(0);
        let counters = match action {
            Action::Reject => &self.records,
            Action::Audit => &self.audited_records,
        };
        if let Some(counter) = counters.get(at) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A batch refused for its form.
    pub(crate) fn malformed(&self) {
        self.malformed.fetch_add(1, Ordering::Relaxed);
    }

    /// A batch that validation refused or, in audit, let pass. The log gets a few lines a second of them; listeners get all.
    pub(crate) fn tell(&self, refusal: Refusal, answered: bool) {
        match refusal.action {
            Action::Reject => {
                self.batches.fetch_add(1, Ordering::Relaxed);
                if !answered {
                    self.without_answer.fetch_add(1, Ordering::Relaxed);
                }
            }
            Action::Audit => {
                self.audited_batches.fetch_add(1, Ordering::Relaxed);
            }
        }
        if let Some(suppressed) = self.lines.allow(Instant::now()) {
            let what = match refusal.action {
                Action::Reject => "refused",
                Action::Audit => "that fail validation stored (audit)",
            };
            tracing::warn!(
                topic = %refusal.topic, partition = refusal.partition, client_id = %refusal.client_id,
                principal = %refusal.principal, records = refusal.records, suppressed,
                "records {what}: {}",
                refusal.first.iter().map(|r| r.text.as_str()).collect::<Vec<_>>().join("; ")
            );
        }
        let _ = self.told.send(Arc::new(refusal)); // nobody may be listening
    }

    pub(crate) fn counts(&self) -> RefusalCounts {
        RefusalCounts {
            batches: self.batches.load(Ordering::Relaxed),
            batches_without_answer: self.without_answer.load(Ordering::Relaxed),
            records: by_class(&self.records),
            audited_batches: self.audited_batches.load(Ordering::Relaxed),
            audited_records: by_class(&self.audited_records),
            malformed: self.malformed.load(Ordering::Relaxed),
        }
    }
}

fn by_class(counters: &[AtomicU64; FailureClass::ALL.len()]) -> Vec<(FailureClass, u64)> {
    let count = |(class, n): (FailureClass, &AtomicU64)| (class, n.load(Ordering::Relaxed));
    FailureClass::ALL.into_iter().zip(counters).map(count).collect()
}
