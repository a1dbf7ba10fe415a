//! The way of a batch into a partition: checked for form, for sequence, for content; then appended.
//!
//! The order is the DESIGN's: cheap things first, the sequence number before validation (a duplicate is answered with
//! what was answered then, even if policy has changed) and again under the partition lock.

mod check;
mod content;
pub mod headers;
mod outcome;
mod plan;
mod quarantine;
mod verdicts;

pub(crate) use outcome::Outcome;

use std::sync::Arc;

use assay_log::LogReader;
use assay_net::RequestContext;
use assay_protocol::ErrorCode;
use assay_record::{Batch, Compression};
use assay_validate::Action;
use bytes::Bytes;

use crate::clock;
use crate::config::{TimestampType, TopicSettings};
use crate::core::{Core, NO_TRANSACTIONS};
use crate::partition::{Appended, Partition, Sequenced};
use check::{code_of, sequenced_of};
use content::{Content, Examined};
use quarantine::Divided;

/// How a producer wants its answer (`acks`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acks {
    /// 0: no answer at all.
    None,
    /// 1: once written.
    Leader,
    /// -1: once it survives a power cut.
    All,
}

impl Acks {
    pub(crate) fn from_wire(acks: i16) -> Option<Self> {
        match acks {
            0 => Some(Self::None),
            1 => Some(Self::Leader),
            -1 => Some(Self::All),
            _ => None,
        }
    }
}

/// One partition's part of a Produce request.
pub(crate) struct Part<'a> {
    pub(crate) core: &'a Arc<Core>,
    pub(crate) request: &'a RequestContext,
    pub(crate) version: i16,
    pub(crate) acks: Acks,
    pub(crate) topic: &'a str,
    pub(crate) index: i32,
    pub(crate) records: Option<Bytes>,
}

/// Appends one batch, or says why not.
pub(crate) async fn append(part: Part<'_>) -> Outcome {
    let Some(topic) = part.core.topics.get(part.topic) else {
        return Outcome::failed(ErrorCode::UnknownTopicOrPartition, None);
    };
    if topic.is_internal() {
        let text = "the topic is internal: only the broker writes to it";
        return Outcome::failed(ErrorCode::InvalidTopicException, Some(text.into()));
    }
    let Some(partition) = topic.partition(part.index) else {
        return Outcome::failed(ErrorCode::UnknownTopicOrPartition, None);
    };
    let reader = match partition.opened().await {
        Ok(reader) => reader,
        Err(error) => return Outcome::failed(error.code(), Some(error.text())),
    };
    let settings = partition.settings();
    let checked = check_form(&part, &settings);
    let batch = match checked {
        Ok(batch) => batch,
        Err(outcome) => {
            part.core.refusals.malformed();
            tracing::warn!(
                topic = %part.topic, partition = part.index, client_id = %part.request.client_id,
                error = outcome.error.name(), text = outcome.text.as_deref().unwrap_or_default(),
                "batch refused"
            );
            return outcome;
        }
    };
    let sequenced = sequenced_of(batch.header());
    if let Some(sequenced) = sequenced {
        match partition.check_sequence(sequenced) {
            Ok(None) => {}
            Ok(Some(stored)) => {
                let durable = durable(&part, &partition, &settings, reader.log_end_offset());
                return Outcome::stored(stored.base_offset, stored.append_time_ms, &reader, durable);
            }
            Err(error) => {
                tracing::debug!(
                    topic = %part.topic, partition = part.index, client_id = %part.request.client_id, ?sequenced,
                    error = %error.text(), "sequence refused"
                );
                return Outcome::failed(error.code(), Some(error.text()));
            }
        }
    }
    let content = Arc::new(Content::new(&part, batch, settings.clone()));
    let examined = match content.examine().await {
        Examined::Fine(batch) => Ok(batch),
        Examined::Refused(outcome) => Err(outcome),
        Examined::Divided(divided, bad) => match set_aside(&part, &content, &settings, &divided).await {
            Ok(()) => {
                content.tell(&bad, Action::Quarantine);
                Ok(divided.rest)
            }
            Err(outcome) => Err(outcome),
        },
    };
    match examined {
        Ok(batch) => write(&part, &partition, &reader, &settings, batch, sequenced),
        Err(outcome) => {
            if let Some(sequenced) = sequenced {
                partition.refused(sequenced);
            }
            outcome
        }
    }
}

/// Puts failed records into the quarantine. With `acks=all` this waits for their fsync: if the rest reached the disk first,
/// a power cut in between would lose them.
async fn set_aside(
    part: &Part<'_>,
    content: &Content,
    settings: &TopicSettings,
    divided: &Divided,
) -> Result<(), Outcome> {
    let failed = |code: ErrorCode, text: String| {
        tracing::warn!(topic = %part.topic, partition = part.index, error = code.name(), text, "quarantine not written");
        Outcome::failed(code, Some(text))
    };
    let stored = quarantine::store(part.core, &content.origin(), divided).await;
    let (partition, end) = stored.map_err(|refused| failed(refused.code, refused.text))?;
    if let Some(durable) = durable(part, &partition, settings, end) {
        let unknown = |code| failed(code, "the quarantine could not be synced".to_owned());
        durable.await.map_err(unknown)?;
    }
    Ok(())
}

/// What can be checked without inflating the records.
fn check_form(part: &Part<'_>, settings: &TopicSettings) -> Result<Batch, Outcome> {
    let records = part.records.clone().unwrap_or_default();
    if records.len() > settings.max_message_bytes {
        let text = format!(
            "the batch has {} bytes, max.message.bytes of the topic is {}",
            records.len(),
            settings.max_message_bytes
        );
        return Err(Outcome::failed(ErrorCode::MessageTooLarge, Some(text)));
    }
    let batch = assay_record::check_client_batch(records)
        .map_err(|e| Outcome::failed(code_of(&e), Some(e.to_string())))?;
    if batch.header().is_transactional() {
        return Err(Outcome::failed(ErrorCode::InvalidTxnState, Some(NO_TRANSACTIONS.into())));
    }
    // KIP-110: a client that speaks only older versions could not read it back.
    if part.version < 7 && batch.header().compression() == Ok(Compression::Zstd) {
        let text = "zstd needs Produce version 7 or newer";
        return Err(Outcome::failed(ErrorCode::UnsupportedCompressionType, Some(text.into())));
    }
    Ok(batch)
}

fn write(
    part: &Part<'_>,
    partition: &Partition,
    reader: &LogReader,
    settings: &TopicSettings,
    batch: Batch,
    sequenced: Option<Sequenced>,
) -> Outcome {
    let batch = match settings.timestamp_type {
        TimestampType::CreateTime => batch,
        TimestampType::LogAppendTime => batch.with_log_append_time(clock::wall_ms()),
    };
    match partition.append(&batch, sequenced) {
        Ok(Appended::Now(info)) => {
            let durable = durable(part, partition, settings, info.last_offset.saturating_add(1));
            Outcome::stored(info.base_offset, info.log_append_time.unwrap_or(-1), reader, durable)
        }
        Ok(Appended::Before(stored)) => {
            let durable = durable(part, partition, settings, reader.log_end_offset());
            Outcome::stored(stored.base_offset, stored.append_time_ms, reader, durable)
        }
        Err(error) => {
            tracing::warn!(
                topic = %part.topic, partition = part.index, client_id = %part.request.client_id, ?error,
                "append refused"
            );
            Outcome::failed(error.code(), Some(error.text()))
        }
    }
}

/// With `acks=all` the answer waits for an fsync, unless the topic is configured otherwise.
fn durable(
    part: &Part<'_>,
    partition: &Partition,
    settings: &TopicSettings,
    offset: i64,
) -> Option<crate::groups::Durable> {
    (part.acks == Acks::All && settings.flush_on_acks_all).then(|| partition.durable(offset))
}

impl Part<'_> {
    /// Whether the producer waits for an answer.
    pub(crate) fn answered(&self) -> bool {
        self.acks != Acks::None
    }
}
