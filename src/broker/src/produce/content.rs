//! The records of a batch: well formed, plausible, and what the topic's policy asks of them.

use std::sync::Arc;
use std::time::Duration;

use assay_protocol::ErrorCode;
use assay_record::{Batch, ClientBatchError, ClientRules, Compression, Records};
use assay_validate::{Action, Checker, DefaultMode, FailureClass, RecordInput, SchemaSource, TopicPolicy};
use futures::future::BoxFuture;

use super::Part;
use super::check::code_of;
use super::outcome::{Outcome, RecordError};
use crate::clock;
use crate::config::{TimestampType, TopicSettings};
use crate::core::Core;
use crate::dispatch::blocking;
use crate::partition::inflate_limits;
use crate::refusal::{Refusal, RefusedRecord};

/// Batches up to this size are looked at where they arrive; larger ones on a blocking thread.
const INLINE_BYTES_MAX: usize = 32 << 10;
/// The same for compressed batches, which grow.
const INLINE_COMPRESSED_BYTES_MAX: usize = 8 << 10;
/// How long a batch waits for schemas that are being fetched.
const SCHEMA_WAIT: Duration = Duration::from_secs(30);
/// How many refused records a [`Refusal`] describes.
const DESCRIBED_MAX: usize = 20;
/// Characters of one description.
const TEXT_CHARS_MAX: usize = 500;

/// A batch with what is needed to examine it. Shared with a blocking thread.
pub(super) struct Content {
    core: Arc<Core>,
    topic: String,
    index: i32,
    client_id: Arc<str>,
    principal: Arc<str>,
    answered: bool,
    batch: Batch,
    settings: Arc<TopicSettings>,
}

/// What came of it.
pub(super) enum Examined {
    /// To be stored; the same batch, or one with its largest timestamp put right.
    Fine(Batch),
    Refused(Outcome),
}

/// A failed record, before it is text.
struct Failed {
    index: i32,
    class: Option<FailureClass>,
    action: Action,
    text: String,
}

enum Verdicts {
    Done(Vec<Failed>),
    Pending(BoxFuture<'static, ()>),
}

impl Content {
    pub(super) fn new(part: &Part<'_>, batch: Batch, settings: Arc<TopicSettings>) -> Self {
        Self {
            core: part.core.clone(),
            topic: part.topic.to_owned(),
            index: part.index,
            client_id: part.request.client_id.clone(),
            principal: part.request.principal.clone(),
            answered: part.answered(),
            batch,
            settings,
        }
    }

    pub(super) async fn examine(self) -> Examined {
        let heavy = match self.batch.header().compression() {
            Ok(Compression::None) => self.batch.raw().len() > INLINE_BYTES_MAX,
            _ => self.batch.raw().len() > INLINE_COMPRESSED_BYTES_MAX,
        };
        let this = Arc::new(self);
        let parsed = if heavy {
            let _turn = this.core.validate_gate.acquire().await;
            let job = this.clone();
            blocking(move || job.parse()).await
        } else {
            Some(this.parse())
        };
        let (records, batch) = match parsed {
            Some(Ok(parsed)) => parsed,
            Some(Err(error)) => return Examined::Refused(this.malformed(&error)),
            None => return Examined::Refused(Outcome::failed(ErrorCode::UnknownServerError, None)),
        };
        let policy = match this.policy() {
            Ok(policy) => policy,
            Err(text) => return Examined::Refused(Outcome::failed(ErrorCode::InvalidConfig, Some(text))),
        };
        if policy.is_off() && !this.settings.compacted {
            return Examined::Fine(batch);
        }
        match this.verdicts(&records, policy, heavy).await {
            None => Examined::Refused(Outcome::failed(ErrorCode::UnknownServerError, None)),
            Some(failed) if failed.is_empty() => Examined::Fine(batch),
            Some(failed) => match this.refuse(&failed) {
                Some(outcome) => Examined::Refused(outcome),
                None => {
                    this.tell(&failed, Action::Audit);
                    Examined::Fine(batch)
                }
            },
        }
    }

    /// Inflates and walks the records. A wrong largest timestamp in the header is put right, since time lookups and
    /// retention go by it.
    fn parse(&self) -> Result<(Records, Batch), ClientBatchError> {
        let limit = self.core.config.load().size("assay.inflated.bytes.max");
        let records = self.batch.records(&inflate_limits(limit)).map_err(ClientBatchError::from_records)?;
        let found = assay_record::check_client_records(&records, &self.timestamp_rules())?;
        let header = self.batch.header();
        let batch = if header.max_timestamp == found.max_timestamp {
            self.batch.clone()
        } else {
            self.batch.clone().with_max_timestamp(found.max_timestamp)
        };
        Ok((records, batch))
    }

    fn timestamp_rules(&self) -> ClientRules {
        if self.settings.timestamp_type == TimestampType::LogAppendTime {
            return ClientRules::default(); // the broker's clock replaces them all
        }
        let now = clock::wall_ms();
        let bound = |limit: i64| (limit < i64::MAX).then_some(limit);
        ClientRules {
            timestamp_min_ms: bound(self.settings.timestamp_before_max_ms).map(|ms| now.saturating_sub(ms)),
            timestamp_max_ms: bound(self.settings.timestamp_after_max_ms).map(|ms| now.saturating_add(ms)),
        }
    }

    fn malformed(&self, error: &ClientBatchError) -> Outcome {
        self.core.refusals.malformed();
        tracing::warn!(
            topic = %self.topic, partition = self.index, client_id = %self.client_id, %error, "batch refused"
        );
        Outcome::failed(code_of(error), Some(error.to_string()))
    }

    fn policy(&self) -> Result<TopicPolicy, String> {
        let default = self.core.config.load().string("assay.validation.default");
        let default: DefaultMode = default.parse().map_err(|e| format!("{e}"))?;
        let config = |name: &str| self.settings.overrides.get(name).map(String::as_str);
        TopicPolicy::resolve(&self.topic, config, default, |s| self.core.source.subject_exists(s))
            .map_err(|e| e.to_string())
    }

    /// All failed records, in ascending index. Waits for schemas on their way without holding any lock.
    async fn verdicts(
        self: &Arc<Self>,
        records: &Records,
        policy: TopicPolicy,
        heavy: bool,
    ) -> Option<Vec<Failed>> {
        let deadline = tokio::time::Instant::now() + SCHEMA_WAIT;
        loop {
            let verdicts = if heavy || records.data().len() > INLINE_BYTES_MAX {
                let _turn = self.core.validate_gate.acquire().await;
                let (job, records) = (self.clone(), records.clone());
                blocking(move || job.validate(&records, policy)).await?
            } else {
                self.validate(records, policy)
            };
            match verdicts {
                Verdicts::Done(failed) => return Some(failed),
                Verdicts::Pending(arrives) => {
                    if tokio::time::timeout_at(deadline, arrives).await.is_err() {
                        let text = "schemas did not arrive in time".to_owned();
                        let class = FailureClass::RegistryUnavailable;
                        let action = policy.strictest(class);
                        return Some(vec![Failed { index: 0, class: Some(class), action, text }]);
                    }
                }
            }
        }
    }

    fn validate(&self, records: &Records, policy: TopicPolicy) -> Verdicts {
        let source: &dyn SchemaSource = &*self.core.source;
        let mut checker = Checker::new(&self.topic, policy);
        let mut failed = Vec::new();
        let mut texts = Texts::default();
        for record in records.iter().map_while(Result::ok) {
            let index = record.offset_delta;
            let mut fail = |class, action, text: &dyn Fn() -> String| {
                let text = if texts.wants(action) { shortened(text()) } else { String::new() };
                failed.push(Failed { index, class, action, text });
            };
            if self.settings.compacted && record.key.is_none() {
                fail(None, Action::Reject, &|| "a compacted topic needs a key".to_owned());
                continue;
            }
            let input = RecordInput::new(record.key, record.value, record.headers());
            match checker.check(&input, source) {
                assay_validate::Outcome::Valid => {}
                assay_validate::Outcome::Invalid(failure) => {
                    let action = policy.action(failure.part, failure.class);
                    fail(Some(failure.class), action, &|| failure.to_string());
                }
                assay_validate::Outcome::Pending(arrives) => return Verdicts::Pending(arrives),
            }
        }
        Verdicts::Done(failed)
    }

    /// Makes the answer if a failed record is to be refused, and tells the refusal. Records that would pass in audit are not
    /// in it: they are not why the batch is refused.
    fn refuse(&self, failed: &[Failed]) -> Option<Outcome> {
        let refused: Vec<&Failed> = failed.iter().filter(|f| f.action == Action::Reject).collect();
        let first = refused.first()?;
        let unavailable = |f: &&Failed| f.class == Some(FailureClass::RegistryUnavailable);
        // When nothing is known to be wrong with the records the producer should try again.
        let error = if refused.iter().all(unavailable) {
            ErrorCode::RequestTimedOut
        } else {
            ErrorCode::InvalidRecord
        };
        let total = self.batch.header().record_count;
        let text = match refused.len() {
            1 => first.named(),
            n => format!("{n} of {total} records refused; {}", first.named()),
        };
        self.tell(failed, Action::Reject);
        let mut outcome = Outcome::failed(error, Some(text));
        let error = |f: &&Failed| RecordError {
            index: f.index,
            text: if f.text.is_empty() { String::new() } else { f.named() },
        };
        outcome.record_errors = refused.iter().map(error).collect();
        Some(outcome)
    }

    /// Counts, logs and tells the records with this action.
    fn tell(&self, failed: &[Failed], action: Action) {
        let told: Vec<&Failed> = failed.iter().filter(|f| f.action == action).collect();
        for class in told.iter().filter_map(|f| f.class) {
            self.core.refusals.count(class, action);
        }
        let described = told.iter().take(DESCRIBED_MAX).map(|f| RefusedRecord {
            index: f.index,
            class: f.class,
            text: f.named(),
        });
        let refusal = Refusal {
            action,
            topic: self.topic.clone(),
            partition: self.index,
            client_id: self.client_id.to_string(),
            principal: self.principal.to_string(),
            records: told.len(),
            first: described.collect(),
        };
        self.core.refusals.tell(refusal, self.answered);
    }
}

impl Failed {
    fn named(&self) -> String {
        format!("record {}: {}", self.index, self.text)
    }
}

/// How many failures of each action have been described.
#[derive(Default)]
struct Texts {
    rejected: usize,
    audited: usize,
}

impl Texts {
    fn wants(&mut self, action: Action) -> bool {
        let so_far = match action {
            Action::Reject => &mut self.rejected,
            Action::Audit => &mut self.audited,
        };
        *so_far = so_far.saturating_add(1);
        RecordError::wants_text(so_far.saturating_sub(1))
    }
}

/// Caps a text: paths and reasons may quote names of any length.
fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(TEXT_CHARS_MAX) {
        text.truncate(end);
        text.push('…');
    }
    text
}
