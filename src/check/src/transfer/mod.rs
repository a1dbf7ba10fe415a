//! A registry as a whole: read over HTTP, kept in a text file, written to another registry.
//!
//! `entry` what there is to keep    `file` its text form       `read` registry → [`Snapshot`]
//! `plan` what a target lacks       `write` plan → registry    `verify` both sides, id by id and guid by guid
//!
//! `assay backup` is `read` + `file`; `restore` is `file` + `plan` + `write`; `migrate` is `read` + `plan` + `write` +
//! `verify`. The contract's REST API is enough, so either side may be any Confluent-compatible registry; from an Assay the
//! settings of subjects without versions are read too, and to one the times of registration are written.

mod entry;
mod file;
mod plan;
mod progress;
mod read;
mod verify;
mod write;

pub use entry::{ReferenceRow, SchemaRow, Snapshot};
pub use file::{FileError, parse, print};
pub use plan::{Conflict, Key, OnConflict, Place, Plan, plan};
pub use progress::{Progress, Step};
pub(crate) use read::active;
pub use read::read;
pub use verify::{Mismatch, verify};
pub use write::{Written, write};

use assay_client::ClientError;

/// Why a registry could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// A request failed.
    #[error("{what}: {source}")]
    Request {
        /// What was asked for, with its subject and version.
        what: String,
        /// What came back.
        source: ClientError,
    },
    /// An answer that the contract does not allow.
    #[error("{what}: {reason}")]
    Answer {
        /// What was asked for.
        what: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// Schemas that refer to each other in a circle, or to a version that is not there.
    #[error(
        "{subject} version {version} refers to {missing}, which is neither in what is written nor in the target"
    )]
    MissingReference {
        /// The referrer.
        subject: String,
        /// Its version.
        version: i32,
        /// What it refers to.
        missing: String,
    },
}

impl TransferError {
    pub(crate) fn request(what: impl Into<String>) -> impl FnOnce(ClientError) -> TransferError {
        let what = what.into();
        move |source| TransferError::Request { what, source }
    }
}
