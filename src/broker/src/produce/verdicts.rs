//! What the topic's policy asks of the records of a batch, which fail, and what is said about it.

use std::sync::Arc;
use std::time::Instant;

use assay_protocol::ErrorCode;
use assay_record::{RecordRef, Records};
use assay_validate::schema::SchemaId;
use assay_validate::{Action, Checker, FailureClass, Part, RecordInput, TopicPolicy};
use futures::future::BoxFuture;

use super::content::Content;
use super::headers;
use super::outcome::{Outcome, RecordError};
use super::plan::{Asked, Missing, Plan};
use super::quarantine;
use crate::clock;
use crate::dispatch::blocking;
use crate::rejections::{Refusal, RefusedRecord, by_class};

/// Schemas that a batch has asked for at the same time; the others come after them.
const WAITS_MAX: usize = 64;
/// How many failed records a [`Refusal`] describes.
const DESCRIBED_MAX: usize = 20;
/// Characters of one description.
const TEXT_CHARS_MAX: usize = 500;

/// A failed record.
#[derive(Debug, Clone)]
pub(super) struct Failed {
    /// Position in the batch, from 0.
    pub(super) index: i32,
    pub(super) part: Part,
    /// `None` for a missing key in a compacted topic.
    pub(super) class: Option<FailureClass>,
    pub(super) schema_id: Option<SchemaId>,
    pub(super) action: Action,
    /// Empty beyond the first few, unless the record is quarantined.
    pub(super) text: String,
    /// The same for the log, without anything of the record; empty when the text is.
    logged: String,
}

enum Verdicts {
    Done(Vec<Failed>),
    Pending(Vec<BoxFuture<'static, ()>>),
    /// However few bytes there are, their schema may take long: not on a thread that other connections wait for.
    Slow,
}

impl Content {
    /// All failed records, in ascending index. Waits for schemas on their way without holding any lock.
    pub(super) async fn judge(
        self: &Arc<Self>,
        records: &Records,
        mut heavy: bool,
    ) -> Result<Vec<Failed>, Outcome> {
        let rules = self.settings.rules.as_ref();
        let rules = rules.map_err(|e| Outcome::failed(ErrorCode::InvalidConfig, Some(e.to_string())))?;
        let compacted = self.settings.compacted;
        if rules.is_off() && !compacted {
            return Ok(Vec::new());
        }
        let mut plan = self.plan(rules).await;
        if plan.is_off() && !compacted {
            return Ok(Vec::new());
        }
        let lost = || Outcome::failed(ErrorCode::UnknownServerError, None);
        loop {
            let verdicts = if heavy {
                let _turn = self.core.validate_gate.acquire().await;
                let (job, records, plan) = (self.clone(), records.clone(), plan.clone());
                blocking(move || job.validate(&records, &plan, Checker::new)).await.ok_or_else(lost)?
            } else {
                self.validate(records, &plan, Checker::quick)
            };
            match verdicts {
                Verdicts::Done(failed) => return Ok(failed),
                Verdicts::Pending(arrivals) => plan.wait(arrivals).await,
                Verdicts::Slow => heavy = true,
            }
        }
    }

    fn validate(
        &self,
        records: &Records,
        plan: &Plan,
        checker: impl FnOnce(TopicPolicy) -> Checker,
    ) -> Verdicts {
        let began = Instant::now();
        let (policy, unsettled) = match &plan.asked {
            Asked::Policy(policy) => (policy.clone(), None),
            Asked::Nothing => (TopicPolicy::off(&self.topic), None),
            Asked::Unsettled { action, why } => {
                (TopicPolicy::off(&self.topic), Some((*action, why.as_str())))
            }
        };
        let mut checker = checker(policy);
        let mut failed = Vec::new();
        let mut texts = Texts::default();
        let mut count = 0usize;
        let has_room = quarantine::has_room(&self.topic);
        for record in records.iter().map_while(Result::ok) {
            let index = record.offset_delta;
            count += 1;
            if self.settings.compacted && record.key.is_none() {
                let text = if texts.wants(Action::Reject) { "a compacted topic needs a key" } else { "" };
                let (part, action, text) = (Part::Key, Action::Reject, text.to_owned());
                let logged = text.clone();
                failed.push(Failed { index, part, class: None, schema_id: None, action, text, logged });
                continue;
            }
            if let Some((action, why)) = unsettled {
                failed.push(unavailable(index, action, why, &mut texts));
                continue;
            }
            let input = RecordInput::new(record.key, record.value, record.headers());
            match checker.check(&input, &*plan.source) {
                assay_validate::Outcome::Valid => {}
                assay_validate::Outcome::Invalid(failure) => {
                    let action = match checker.action(failure.part, failure.class) {
                        Action::Quarantine if !has_room || is_replayed(&record) => Action::Reject,
                        action => action,
                    };
                    let (mut text, mut logged) = (String::new(), String::new());
                    if texts.wants(action) {
                        text = shortened(failure.to_string());
                        logged = shortened(failure.without_payload());
                    }
                    let (part, class, schema_id) = (failure.part, Some(failure.class), failure.schema_id);
                    failed.push(Failed { index, part, class, schema_id, action, text, logged });
                }
                assay_validate::Outcome::Slow => return Verdicts::Slow,
                assay_validate::Outcome::Pending => match plan.missing {
                    Missing::Wait if checker.waits() < WAITS_MAX => {}
                    Missing::Wait => break,
                    Missing::Fails { action, why } => {
                        failed.push(unavailable(index, action, why, &mut texts));
                    }
                },
            }
        }
        if matches!(plan.missing, Missing::Wait) && checker.waits() > 0 {
            return Verdicts::Pending(checker.arrivals());
        }
        if matches!(plan.asked, Asked::Policy(_)) {
            self.settings.checks.checked(count, began.elapsed());
        }
        Verdicts::Done(failed)
    }

    /// Makes the answer if a failed record is to be refused, and tells the refusal. Records that would pass otherwise are not
    /// in it: they are not why the batch is refused.
    pub(super) fn refuse(&self, failed: &[Failed]) -> Option<Outcome> {
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

    /// Counts, logs and tells the records with this action, if there are any.
    pub(super) fn tell(&self, failed: &[Failed], action: Action) {
        let told: Vec<&Failed> = failed.iter().filter(|f| f.action == action).collect();
        if told.is_empty() {
            return;
        }
        let described = told.iter().take(DESCRIBED_MAX).map(|f| RefusedRecord {
            index: f.index,
            class: f.class,
            schema_id: f.schema_id,
            text: f.named(),
            logged: format!("record {}: {}", f.index, f.logged),
        });
        let refusal = Refusal {
            id: 0, // given when it is told
            time_ms: clock::wall_ms(),
            action,
            topic: self.topic.clone(),
            partition: self.index,
            client_id: self.client_id.to_string(),
            principal: self.principal.to_string(),
            records: told.len(),
            classes: by_class(told.iter().map(|f| f.class)),
            first: described.collect(),
        };
        let per_topic = self.core.config.load().size("assay.rejections.per.topic.max");
        self.core.refusals.tell(refusal, self.answered, per_topic);
    }
}

impl Failed {
    fn named(&self) -> String {
        format!("record {}: {}", self.index, self.text)
    }
}

/// A record of which nobody knows whether it is bad.
fn unavailable(index: i32, action: Action, why: &str, texts: &mut Texts) -> Failed {
    let text = if texts.wants(action) { why.to_owned() } else { String::new() };
    let class = Some(FailureClass::RegistryUnavailable);
    Failed { index, part: Part::Value, class, schema_id: None, action, logged: text.clone(), text }
}

/// Whether the record was in the quarantine before.
fn is_replayed(record: &RecordRef<'_>) -> bool {
    record.headers().any(|(name, _)| name == headers::REPLAYED.as_bytes())
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
            Action::Quarantine => return true, // every record carries its own
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
