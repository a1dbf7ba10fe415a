//! What the record crate finds wrong with a client's batch, as Kafka codes; and its sequence number.

use assay_protocol::ErrorCode;
use assay_record::{BatchHeader, ClientBatchError};

use crate::partition::Sequenced;

/// The Kafka code for each cause. No catch-all arm: a new cause must choose its code.
pub(super) fn code_of(error: &ClientBatchError) -> ErrorCode {
    match error {
        ClientBatchError::Magic(0 | 1) => ErrorCode::UnsupportedForMessageFormat,
        ClientBatchError::Corrupt(_) => ErrorCode::CorruptMessage,
        ClientBatchError::Inflated(_) => ErrorCode::MessageTooLarge,
        ClientBatchError::UnknownCodec(_) => ErrorCode::UnsupportedCompressionType,
        ClientBatchError::AppendTime | ClientBatchError::Timestamp { .. } => ErrorCode::InvalidTimestamp,
        ClientBatchError::Magic(_)
        | ClientBatchError::NoBatch
        | ClientBatchError::SeveralBatches
        | ClientBatchError::Inconsistent(_)
        | ClientBatchError::Count { .. }
        | ClientBatchError::Control
        | ClientBatchError::DeleteHorizon
        | ClientBatchError::Sequence { .. }
        | ClientBatchError::TransactionalWithoutProducer => ErrorCode::InvalidRecord,
    }
}

/// The producer fields of an idempotent batch that passed the client checks.
pub(super) fn sequenced_of(header: &BatchHeader) -> Option<Sequenced> {
    (header.producer_id >= 0).then_some(Sequenced {
        producer_id: header.producer_id,
        epoch: header.producer_epoch,
        first: header.base_sequence,
        count: header.record_count,
    })
}
