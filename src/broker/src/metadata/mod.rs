//! What the broker knows beside the records: topics, their ids and configurations, broker configurations altered at
//! run time, producer id blocks, the count of unclean starts. Kept in one append-only file.

mod image;
mod journal;
mod names;
mod properties;
mod store;

pub(crate) use image::{Image, Record, TopicMeta};
pub(crate) use journal::replay_bytes;
pub(crate) use names::{NAME_BYTES_MAX, check_topic_name, collides};
pub(crate) use properties::load_or_create;
pub(crate) use store::MetadataStore;

use thiserror::Error;

/// Why the metadata could not be read or written.
#[derive(Debug, Error)]
pub enum MetadataError {
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// File or directory.
        path: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The file is not what this broker wrote; starting anyway could lose topics.
    #[error("{path} is damaged at byte {position}: {reason}")]
    Damaged {
        /// File.
        path: String,
        /// Where the damage begins.
        position: u64,
        /// What was found.
        reason: String,
    },
    /// An earlier write failed: what the file ends with is unknown until the next start.
    #[error("the metadata file is offline after a failed write")]
    Offline,
}

impl MetadataError {
    pub(crate) fn io(path: &std::path::Path, source: std::io::Error) -> Self {
        Self::Io { path: path.display().to_string(), source }
    }
}
