//! Why a log could not do what was asked. Kafka codes are chosen in `broker`.

use std::io;
use std::path::PathBuf;

/// Errors of a partition log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// An earlier write or fsync failed; nothing is accepted until the log is opened anew.
    #[error("log {dir} is offline after a failed write or fsync")]
    Offline {
        /// The partition's directory.
        dir: PathBuf,
    },
    /// The log has been deleted or closed under this handle.
    #[error("log {dir} is closed")]
    Closed {
        /// The partition's directory.
        dir: PathBuf,
    },
    /// The offset is not in the log.
    #[error("offset {offset} is outside {log_start} to {log_end}")]
    OutOfRange {
        /// What was asked.
        offset: i64,
        /// First offset there.
        log_start: i64,
        /// The offset the next record will get.
        log_end: i64,
    },
    /// The batch is above a configured size.
    #[error("batch of {size} bytes is above {limit_name} = {limit}")]
    BatchTooLarge {
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: u64,
        /// Kafka's name of the limit: `max.message.bytes` or `segment.bytes`.
        limit_name: &'static str,
    },
    /// A batch that cannot be given offsets.
    #[error("batch has last offset delta {0}")]
    BadBatch(i32),
    /// The partition has used up the offsets there are.
    #[error("no offsets left")]
    OffsetsExhausted,
    /// Bytes in the middle of the log are not a batch. Recovery at the next start will cut there.
    #[error("{path} is damaged at byte {position}: {reason}")]
    Damaged {
        /// The segment file.
        path: PathBuf,
        /// Where in it.
        position: u64,
        /// What is wrong.
        reason: String,
    },
    /// The operating system refused.
    #[error("{action} {path}: {source}")]
    Io {
        /// What was being done, as a verb.
        action: &'static str,
        /// To which file or directory.
        path: PathBuf,
        /// Its words.
        source: io::Error,
    },
}

/// Names the action and the path of an I/O error.
pub(crate) trait Doing<T> {
    fn doing(self, action: &'static str, path: impl Into<PathBuf>) -> Result<T, LogError>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, action: &'static str, path: impl Into<PathBuf>) -> Result<T, LogError> {
        self.map_err(|source| LogError::Io { action, path: path.into(), source })
    }
}
