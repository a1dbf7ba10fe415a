//! What a producer may send: one batch, format 2, whole, and nothing only a broker may set.
//!
//! Source: Kafka's `ProduceRequest.validateRecords` and `LogValidator`; DESIGN "Batches stay as sent". Stricter than Kafka by
//! choice: the delete-horizon bit is refused, and offset deltas are checked for plain batches too.

use bytes::Bytes;

use crate::batch::Batch;
use crate::error::BatchError;
use crate::header::{AT_MAGIC, BatchHeader, MAGIC, TimestampType};
use crate::records::{Deltas, Records, Summary};

/// The optional part of the check: which timestamps are plausible.
/// Source: `message.timestamp.before.max.ms` and `message.timestamp.after.max.ms`, KIP-937.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClientRules {
    /// Oldest acceptable record time, Unix milliseconds. `None` accepts any.
    pub timestamp_min_ms: Option<i64>,
    /// Newest acceptable record time, Unix milliseconds. `None` accepts any.
    pub timestamp_max_ms: Option<i64>,
}

/// Why a producer's bytes are refused. Each variant has one Kafka error code (given per variant).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientBatchError {
    /// Null or empty records. INVALID_RECORD (87).
    #[error("no record batch")]
    NoBatch,
    /// Format 0 or 1. UNSUPPORTED_FOR_MESSAGE_FORMAT (43) or INVALID_RECORD (87).
    #[error("magic byte is {0}, only record batch format 2 is supported")]
    Magic(i8),
    /// More than one batch for a partition. INVALID_RECORD (87).
    #[error("more than one record batch for the partition")]
    SeveralBatches,
    /// Damaged on the way: length, CRC, codec. CORRUPT_MESSAGE (2).
    #[error("{0}")]
    Corrupt(BatchError),
    /// Whole, but its parts contradict each other. INVALID_RECORD (87).
    #[error("{0}")]
    Inconsistent(BatchError),
    /// The records inflate past the cap. MESSAGE_TOO_LARGE (10).
    #[error("{0}")]
    Inflated(BatchError),
    /// A codec number without a codec. UNSUPPORTED_COMPRESSION_TYPE (76).
    #[error("compression codec {0} is not known")]
    UnknownCodec(u8),
    /// Count and last offset delta disagree, or the batch is empty. INVALID_RECORD (87).
    #[error(
        "record count {count} and last offset delta {last_offset_delta} do not describe a batch of records"
    )]
    Count {
        /// The header's record count.
        count: i32,
        /// The header's last offset delta.
        last_offset_delta: i32,
    },
    /// Control records are the broker's. INVALID_RECORD (87).
    #[error("clients may not write control records")]
    Control,
    /// The append-time bit is the broker's. INVALID_TIMESTAMP (32).
    #[error("clients may not set the timestamp type LogAppendTime")]
    AppendTime,
    /// The delete-horizon bit is the cleaner's. INVALID_RECORD (87).
    #[error("clients may not set a delete horizon")]
    DeleteHorizon,
    /// A producer id without a usable epoch or sequence. INVALID_RECORD (87).
    #[error("producer id {producer_id} with epoch {producer_epoch} and sequence {base_sequence}")]
    Sequence {
        /// The producer id.
        producer_id: i64,
        /// Its epoch.
        producer_epoch: i16,
        /// The base sequence.
        base_sequence: i32,
    },
    /// The transactional bit without a producer id. INVALID_RECORD (87).
    #[error("transactional batch without a producer id")]
    TransactionalWithoutProducer,
    /// A record time outside the topic's range. INVALID_TIMESTAMP (32).
    #[error("timestamp {timestamp} is outside {min:?} to {max:?}")]
    Timestamp {
        /// The offending time, Unix milliseconds.
        timestamp: i64,
        /// Oldest acceptable.
        min: Option<i64>,
        /// Newest acceptable.
        max: Option<i64>,
    },
}

/// Checks the bytes a producer sent for one partition as far as that goes without inflating them, CRC included.
///
/// # Errors
/// One variant per rule; the cheap rules come first.
pub fn check_client_batch(records: Bytes) -> Result<Batch, ClientBatchError> {
    if records.is_empty() {
        return Err(ClientBatchError::NoBatch);
    }
    if let Some(&magic) = records.get(AT_MAGIC)
        && magic != MAGIC as u8
    {
        return Err(ClientBatchError::Magic(magic as i8));
    }
    let batch = match Batch::parse(records) {
        Ok(batch) => batch,
        Err(BatchError::TrailingBytes(_)) => return Err(ClientBatchError::SeveralBatches),
        Err(e) => return Err(ClientBatchError::Corrupt(e)),
    };
    batch.verify_crc().map_err(ClientBatchError::Corrupt)?;
    check_header(batch.header())?;
    Ok(batch)
}

fn check_header(header: &BatchHeader) -> Result<(), ClientBatchError> {
    if let Err(BatchError::UnknownCodec(id)) = header.compression() {
        return Err(ClientBatchError::UnknownCodec(id));
    }
    if header.is_control() {
        return Err(ClientBatchError::Control);
    }
    if header.timestamp_type() == TimestampType::LogAppendTime {
        return Err(ClientBatchError::AppendTime);
    }
    if header.has_delete_horizon() {
        return Err(ClientBatchError::DeleteHorizon);
    }
    let BatchHeader { record_count: count, last_offset_delta, .. } = *header;
    if count <= 0 || i64::from(last_offset_delta) + 1 != i64::from(count) {
        return Err(ClientBatchError::Count { count, last_offset_delta });
    }
    let BatchHeader { producer_id, producer_epoch, base_sequence, .. } = *header;
    if producer_id >= 0 && (producer_epoch < 0 || base_sequence < 0) {
        return Err(ClientBatchError::Sequence { producer_id, producer_epoch, base_sequence });
    }
    if header.is_transactional() && producer_id < 0 {
        return Err(ClientBatchError::TransactionalWithoutProducer);
    }
    Ok(())
}

/// Checks the inflated records of a batch that passed [`check_client_batch`]. The summary holds the true largest
/// timestamp: when it differs from the header's, store [`Batch::with_max_timestamp`].
///
/// # Errors
/// `Inconsistent` for a record that does not parse, a hole in the offsets or a wrong count; `Timestamp` by the rules.
pub fn check_client_records(records: &Records, rules: &ClientRules) -> Result<Summary, ClientBatchError> {
    let found = records.check(Deltas::Consecutive).map_err(ClientBatchError::from_records)?;
    rules.check(found.min_timestamp)?;
    rules.check(found.max_timestamp)?;
    Ok(found)
}

impl ClientRules {
    /// Is this record time plausible? -1 ("none") always is.
    ///
    /// # Errors
    /// `Timestamp`.
    pub fn check(&self, timestamp: i64) -> Result<(), ClientBatchError> {
        let ClientRules { timestamp_min_ms: min, timestamp_max_ms: max } = *self;
        if timestamp != -1 && (min.is_some_and(|m| timestamp < m) || max.is_some_and(|m| timestamp > m)) {
            return Err(ClientBatchError::Timestamp { timestamp, min, max });
        }
        Ok(())
    }
}

impl ClientBatchError {
    /// Sorts an error of [`Batch::records`] or [`Records::iter`] into what to tell the producer.
    pub fn from_records(error: BatchError) -> ClientBatchError {
        match error {
            BatchError::InflatedTooLarge { .. } => ClientBatchError::Inflated(error),
            BatchError::UnknownCodec(id) => ClientBatchError::UnknownCodec(id),
            BatchError::Magic(magic) => ClientBatchError::Magic(magic),
            BatchError::BadCount { count, last_offset_delta } => {
                ClientBatchError::Count { count, last_offset_delta }
            }
            BatchError::Record { .. } | BatchError::BytesAfterRecords { .. } => {
                ClientBatchError::Inconsistent(error)
            }
            BatchError::TooShort { .. }
            | BatchError::BadLength(_)
            | BatchError::TrailingBytes(_)
            | BatchError::Crc { .. }
            | BatchError::Codec { .. }
            | BatchError::TooLarge(_) => ClientBatchError::Corrupt(error),
        }
    }
}
