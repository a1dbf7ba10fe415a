//! What became of one batch, until it is an answer.

use assay_log::LogReader;
use assay_protocol::messages::produce::{BatchIndexAndErrorMessage, PartitionProduceResponse};
use assay_protocol::{ErrorCode, Str};

use crate::groups::Durable;

/// How many record errors carry a text; the rest carry their index only.
const TEXTS_MAX: usize = 20;

/// One refused record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordError {
    pub(crate) index: i32,
    /// Empty beyond the first few.
    pub(crate) text: String,
}

impl RecordError {
    /// Whether the n-th error of a batch should have a text.
    pub(crate) fn wants_text(n: usize) -> bool {
        n < TEXTS_MAX
    }
}

/// The result for one partition of a Produce request.
pub(crate) struct Outcome {
    pub(crate) error: ErrorCode,
    pub(crate) text: Option<String>,
    pub(crate) record_errors: Vec<RecordError>,
    base_offset: i64,
    append_time_ms: i64,
    log_start_offset: i64,
    /// What the answer waits for.
    pub(crate) durable: Option<Durable>,
}

impl Outcome {
    pub(crate) fn failed(error: ErrorCode, text: Option<String>) -> Self {
        Self {
            error,
            text,
            record_errors: Vec::new(),
            base_offset: -1,
            append_time_ms: -1,
            log_start_offset: -1,
            durable: None,
        }
    }

    pub(crate) fn stored(
        base_offset: i64,
        append_time_ms: i64,
        reader: &LogReader,
        durable: Option<Durable>,
    ) -> Self {
        Self {
            error: ErrorCode::None,
            text: None,
            record_errors: Vec::new(),
            base_offset,
            append_time_ms,
            log_start_offset: reader.log_start_offset(),
            durable,
        }
    }

    /// The batch was written, but its durability is not known.
    pub(crate) fn fail(&mut self, error: ErrorCode) {
        *self = Self::failed(error, None);
    }

    pub(crate) fn response(self, index: i32) -> PartitionProduceResponse {
        let errors = self.record_errors.into_iter().map(|e| BatchIndexAndErrorMessage {
            batch_index: e.index,
            batch_index_error_message: (!e.text.is_empty()).then(|| e.text.into()),
        });
        PartitionProduceResponse {
            index,
            error_code: self.error.into(),
            base_offset: self.base_offset,
            log_append_time_ms: self.append_time_ms,
            log_start_offset: self.log_start_offset,
            record_errors: errors.collect(),
            error_message: self.text.map(Str::from),
        }
    }
}
