//! The records of a batch: well formed, plausible, and divided where some of them go to the quarantine. What the topic's
//! policy asks of them is in `verdicts`.

use std::sync::Arc;

use assay_protocol::ErrorCode;
use assay_record::{Batch, ClientBatchError, ClientRules, Compression, Records};
use assay_validate::Action;

use super::Part;
use super::check::code_of;
use super::outcome::Outcome;
use super::quarantine::{Divided, Origin, divide};
use super::verdicts::Failed;
use crate::clock;
use crate::config::{TimestampType, TopicSettings};
use crate::core::Core;
use crate::dispatch::blocking;
use crate::partition::inflate_limits;

/// Batches up to this size are looked at where they arrive; larger ones on a blocking thread.
const INLINE_BYTES_MAX: usize = 32 << 10;
/// The same for compressed batches, which grow.
const INLINE_COMPRESSED_BYTES_MAX: usize = 8 << 10;
/// A batch with what is needed to examine it. Shared with a blocking thread.
pub(super) struct Content {
    pub(super) core: Arc<Core>,
    pub(super) topic: String,
    pub(super) index: i32,
    pub(super) client_id: Arc<str>,
    pub(super) principal: Arc<str>,
    pub(super) answered: bool,
    pub(super) batch: Batch,
    pub(super) settings: Arc<TopicSettings>,
}

/// What came of it.
pub(super) enum Examined {
    /// To be stored; the same batch, or one with its largest timestamp put right.
    Fine(Batch),
    Refused(Outcome),
    /// Some records are to go to the quarantine: those, and the rest.
    Divided(Divided, Vec<Failed>),
}

impl Examined {
    /// Work on another thread was cut short.
    fn lost() -> Self {
        Self::Refused(Outcome::failed(ErrorCode::UnknownServerError, None))
    }
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

    /// Checks everything that can be wrong with the records.
    pub(super) async fn examine(self: &Arc<Self>) -> Examined {
        let heavy = match self.batch.header().compression() {
            Ok(Compression::None) => self.batch.raw().len() > INLINE_BYTES_MAX,
            _ => self.batch.raw().len() > INLINE_COMPRESSED_BYTES_MAX,
        };
        let parsed = if heavy {
            let _turn = self.core.validate_gate.acquire().await;
            let job = self.clone();
            blocking(move || job.parse()).await
        } else {
            Some(self.parse())
        };
        let (records, batch) = match parsed {
            Some(Ok(parsed)) => parsed,
            Some(Err(error)) => return Examined::Refused(self.malformed(&error)),
            None => return Examined::lost(),
        };
        let heavy = heavy || records.data().len() > INLINE_BYTES_MAX;
        let failed = match self.judge(&records, heavy).await {
            Ok(failed) => failed,
            Err(outcome) => return Examined::Refused(outcome),
        };
        if failed.is_empty() {
            return Examined::Fine(batch);
        }
        if let Some(outcome) = self.refuse(&failed) {
            return Examined::Refused(outcome);
        }
        self.tell(&failed, Action::Audit);
        let bad: Vec<Failed> = failed.into_iter().filter(|f| f.action == Action::Quarantine).collect();
        if bad.is_empty() { Examined::Fine(batch) } else { self.divide(batch, records, bad, heavy).await }
    }

    async fn divide(
        self: &Arc<Self>,
        batch: Batch,
        records: Records,
        bad: Vec<Failed>,
        heavy: bool,
    ) -> Examined {
        let job = self.clone();
        let work = move || (divide(&batch, &records, &bad, &job.origin()), bad);
        let divided = if heavy {
            let _turn = self.core.validate_gate.acquire().await;
            blocking(work).await
        } else {
            Some(work())
        };
        match divided {
            Some((Ok(divided), bad)) => Examined::Divided(divided, bad),
            Some((Err(error), _)) => {
                tracing::error!(topic = %self.topic, partition = self.index, %error, "batch cannot be divided");
                Examined::lost()
            }
            None => Examined::lost(),
        }
    }

    /// Where these records come from, for the quarantine.
    pub(super) fn origin(&self) -> Origin {
        Origin {
            topic: self.topic.clone(),
            partition: self.index,
            client_id: self.client_id.clone(),
            principal: self.principal.clone(),
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
}
