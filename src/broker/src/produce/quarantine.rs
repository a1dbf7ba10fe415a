//! Records that failed go to `<topic>.quarantine`; what is left of their batch keeps its offsets and sequence numbers, as
//! compaction leaves it.
//!
//! The quarantine is written first (and, with `acks=all`, synced first), so that a crash in between loses nothing: the
//! producer sends the batch again. Records of idempotent producers are then recognised by producer id, epoch and sequence
//! numbers, which they keep, in the partition of the same number; those of other producers may be there twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use assay_log::{AtLeastOne, LogError};
use assay_protocol::ErrorCode;
use assay_record::{Batch, BatchBuilder, BatchError, Records};
use assay_validate::{Part as RecordPart, QUARANTINE_SUFFIX};

use super::headers;
use super::verdicts::Failed;
use crate::clock;
use crate::core::{Core, Refused};
use crate::metadata::NAME_BYTES_MAX;
use crate::partition::{Beside, Partition, PartitionError, Sequenced, advance, inflate_limits};
use crate::topics::NewTopic;

/// Bytes of records, before compression, after which a quarantine batch is closed and the next one begun.
const CHUNK_BYTES: usize = 512 << 10;
/// Characters of a client id or principal in a header.
const NAME_CHARS_MAX: usize = 500;

/// Where records come from, as their headers tell it.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) topic: String,
    pub(super) partition: i32,
    pub(super) client_id: Arc<str>,
    pub(super) principal: Arc<str>,
}

/// A batch without its failed records, and those.
pub(super) struct Divided {
    /// What is stored in the topic; perhaps no record at all.
    pub(super) rest: Batch,
    chunks: Vec<Chunk>,
}

/// Some failed records, as a batch for the quarantine.
struct Chunk {
    batch: Batch,
    sequenced: Option<Sequenced>,
}

/// Takes the failed records (ascending) out of a batch. Inflates and compresses: not for the reactor when it is big.
pub(super) fn divide(
    batch: &Batch,
    records: &Records,
    failed: &[Failed],
    origin: &Origin,
) -> Result<Divided, BatchError> {
    let header = batch.header();
    let mut rest = BatchBuilder::like(header)?;
    let mut chunks = Vec::new();
    let mut open: Option<(i32, BatchBuilder)> = None;
    let mut failed = failed.iter().peekable();
    let common = Common::of(origin);
    for record in records.iter() {
        let record = record?;
        let Some(failure) = failed.next_if(|f| f.index == record.offset_delta) else {
            rest.push_record(&record, header);
            continue;
        };
        let builder = BatchBuilder::new(header.compression()?);
        let (first, chunk) = open.get_or_insert((failure.index, builder));
        let timestamp = record.timestamp(header);
        let own = Own::of(failure, timestamp);
        let told = common.headers().chain(own.headers());
        let delta = failure.index.saturating_sub(*first);
        let all: Vec<_> = record.headers().chain(told).collect();
        chunk.push_after_gap(delta, timestamp, record.key, record.value, all.iter().copied());
        if chunk.body_bytes() >= CHUNK_BYTES {
            chunks.extend(open.take().map(|open| Chunk::seal(open, batch)).transpose()?);
        }
    }
    chunks.extend(open.take().map(|open| Chunk::seal(open, batch)).transpose()?);
    Ok(Divided { rest: rest.build()?, chunks })
}

impl Chunk {
    /// Closes a batch whose first record was at this place of the producer's.
    fn seal((first, mut builder): (i32, BatchBuilder), of: &Batch) -> Result<Chunk, BatchError> {
        let header = of.header();
        if header.producer_id < 0 {
            return Ok(Chunk { batch: builder.build()?, sequenced: None });
        }
        let base = advance(header.base_sequence, first);
        builder.producer(header.producer_id, header.producer_epoch, base);
        let batch = builder.build()?;
        // As the log is read back: by the offsets, gaps included.
        let count = batch.header().last_offset_delta.saturating_add(1);
        let (producer_id, epoch) = (header.producer_id, header.producer_epoch);
        Ok(Chunk { batch, sequenced: Some(Sequenced { producer_id, epoch, first: base, count }) })
    }
}

/// Header values that all records of a batch share.
struct Common {
    topic: String,
    partition: String,
    client_id: String,
    principal: String,
    time: String,
}

impl Common {
    fn of(origin: &Origin) -> Common {
        let short = |text: &str| text.chars().take(NAME_CHARS_MAX).collect();
        Common {
            topic: origin.topic.clone(),
            partition: origin.partition.to_string(),
            client_id: short(&origin.client_id),
            principal: short(&origin.principal),
            time: clock::wall_ms().to_string(),
        }
    }

    fn headers(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        [
            (headers::TOPIC, &self.topic),
            (headers::PARTITION, &self.partition),
            (headers::CLIENT_ID, &self.client_id),
            (headers::PRINCIPAL, &self.principal),
            (headers::TIME, &self.time),
        ]
        .into_iter()
        .map(|(name, value)| (name.as_bytes(), Some(value.as_bytes())))
    }
}

/// Header values of one record.
struct Own {
    timestamp: String,
    part: &'static str,
    class: &'static str,
    reason: String,
    schema_id: Option<String>,
}

impl Own {
    fn of(failed: &Failed, timestamp: i64) -> Own {
        Own {
            timestamp: timestamp.to_string(),
            part: match failed.part {
                RecordPart::Key => "key",
                RecordPart::Value => "value",
            },
            class: failed.class.map_or("", assay_validate::FailureClass::as_str),
            reason: failed.text.clone(),
            schema_id: failed.schema_id.map(|id| id.to_string()),
        }
    }

    fn headers(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        let always = [
            (headers::TIMESTAMP, self.timestamp.as_str()),
            (headers::PART, self.part),
            (headers::CLASS, self.class),
            (headers::REASON, self.reason.as_str()),
        ];
        let schema = self.schema_id.as_deref().map(|id| (headers::SCHEMA_ID, id));
        always.into_iter().chain(schema).map(|(name, value)| (name.as_bytes(), Some(value.as_bytes())))
    }
}

/// Writes the failed records. Returns where: they are durable once the partition is up to the offset.
pub(super) async fn store(
    core: &Arc<Core>,
    origin: &Origin,
    divided: &Divided,
) -> Result<(Arc<Partition>, i64), Refused> {
    let partition = place(core, origin).await?;
    partition.opened().await.map_err(|error| refused(&error))?;
    let limit = core.config.load().size("assay.inflated.bytes.max");
    let mut end = 0;
    for chunk in &divided.chunks {
        let written = match partition.append_beside(&chunk.batch, chunk.sequenced) {
            Ok(Beside::Written { end }) => end,
            Ok(Beside::There(stored)) => complete(&partition, stored.base_offset, chunk, limit)?,
            Err(error) => return Err(refused(&error)),
        };
        end = end.max(written);
    }
    Ok((partition, end))
}

/// The batch is there from an earlier attempt. Should it lack a record, since the verdict has changed in between (a schema
/// was deleted), the missing ones are added.
fn complete(partition: &Partition, at: i64, chunk: &Chunk, limit: usize) -> Result<i64, Refused> {
    let header = *chunk.batch.header();
    let end = at.saturating_add(i64::from(header.last_offset_delta)).saturating_add(1);
    let Some(there) = deltas_at(partition, at, limit)? else { return Ok(end) };
    let lost = |error: BatchError| Refused::new(ErrorCode::KafkaStorageError, error.to_string());
    let records = chunk.batch.records(&inflate_limits(limit)).map_err(lost)?;
    let mut missing = BatchBuilder::new(header.compression().map_err(lost)?);
    for record in records.iter().map_while(Result::ok).filter(|r| !there.contains(&r.offset_delta)) {
        missing.push_record(&record, &header);
    }
    if missing.is_empty() {
        return Ok(end);
    }
    let missing = missing.build().map_err(lost)?;
    match partition.append_beside(&missing, None) {
        Ok(Beside::Written { end }) => Ok(end),
        Ok(Beside::There(_)) => Ok(end),
        Err(error) => Err(refused(&error)),
    }
}

/// The offset deltas of the records in the batch at an offset; `None` if retention has deleted it since.
fn deltas_at(partition: &Partition, at: i64, limit: usize) -> Result<Option<BTreeSet<i32>>, Refused> {
    let reader = partition.open().map_err(|error| refused(&error))?;
    let bytes = match reader.read(at, 1, AtLeastOne::Yes) {
        Ok(bytes) => bytes,
        Err(LogError::OutOfRange { .. }) => return Ok(None),
        Err(error) => return Err(refused(&error.into())),
    };
    let unreadable = |error: BatchError| Refused::new(ErrorCode::KafkaStorageError, error.to_string());
    let Some(batch) = assay_record::split_batches(bytes).next() else { return Ok(None) };
    let batch = batch.map_err(unreadable)?;
    if batch.header().base_offset != at {
        return Ok(None);
    }
    let records = batch.records(&inflate_limits(limit)).map_err(unreadable)?;
    Ok(Some(records.iter().map_while(Result::ok).map(|r| r.offset_delta).collect()))
}

fn refused(error: &PartitionError) -> Refused {
    Refused::new(error.code(), format!("the quarantine cannot be written: {}", error.text()))
}

/// Whether the name of the topic's quarantine is not too long for a topic.
pub(super) fn has_room(topic: &str) -> bool {
    topic.len().saturating_add(QUARANTINE_SUFFIX.len()) <= NAME_BYTES_MAX
}

/// The partition of the quarantine that has the number of the record's own: made when it is first needed.
async fn place(core: &Arc<Core>, origin: &Origin) -> Result<Arc<Partition>, Refused> {
    let name = format!("{}{QUARANTINE_SUFFIX}", origin.topic);
    if let Some(partition) = core.topics.partition(&name, origin.partition) {
        return Ok(partition);
    }
    let partitions = core.topics.get(&origin.topic).map_or(0, |topic| topic.partitions().len());
    let partitions = i32::try_from(partitions).unwrap_or(i32::MAX);
    let (made, index) = (name.clone(), origin.partition);
    core.administer(move |core| {
        if core.topics.get(&made).is_none() {
            let new = NewTopic { partitions, ..NewTopic::by_default(&made) };
            match core.create_topic(&new) {
                Ok(_) => {}
                Err(error) if error.code == ErrorCode::TopicAlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        if core.topics.partition(&made, index).is_none() {
            core.create_partitions(&made, partitions, None, false)?;
        }
        Ok(())
    })
    .await
    .map_err(|e| Refused::new(e.code, format!("the topic {name} cannot be made: {}", e.text)))?;
    let gone =
        || Refused::new(ErrorCode::UnknownTopicOrPartition, format!("the topic {name} has been deleted"));
    core.topics.partition(&name, origin.partition).ok_or_else(gone)
}
