//! Where events are kept: the [`Store`] trait, its tickets and errors, and the in-memory store.
//!
//! A store knows nothing of the rules. It keeps, per event key (contract 4.2), the last event written under that key,
//! and gives the survivors back in the order they were written, as a compacted topic does. The module `contract`
//! (feature `contract`) holds the tests that every store must pass.

#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod memory;
mod ticket;

use std::fmt;
use std::sync::Arc;

pub use memory::MemoryStore;
pub use ticket::{Completer, Ticket};

use assay_schema::SchemaId;

use crate::event::{Event, EventKey};

/// Position in the sequence of all events ever written; the first event has revision 1, an empty store is at 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision `count` events later.
    #[must_use]
    pub fn plus(self, count: usize) -> Revision {
        Revision(self.0.saturating_add(count as u64))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A place that keeps events.
pub trait Store: Send + Sync {
    /// Appends all events of one command, in order, or none: the first gets revision `expected + 1`. Returns at once;
    /// the ticket resolves when the events survive a power cut. Tickets resolve in the order of their appends, and
    /// once one has failed, all later ones fail too.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the store's newest revision is not `expected`; [`StoreError::Failed`] after any
    /// earlier failure; [`StoreError::TooLarge`] for an event that cannot be kept (nothing is written then).
    fn append(&self, expected: Revision, events: Vec<Event>) -> Result<Ticket, StoreError>;

    /// The surviving events in the order of their revisions. An entry that cannot be read is yielded as [`Damaged`]
    /// and the rest follows.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when the store as a whole cannot be read.
    fn replay(&self) -> Result<Replay, StoreError>;

    /// The newest revision accepted so far (durable or not).
    fn head(&self) -> Revision;
}

/// What [`Store::replay`] yields.
pub type Replay = Box<dyn Iterator<Item = Result<Stored, Damaged>> + Send>;

/// An event as a store gives it back.
#[derive(Clone, PartialEq, Debug)]
pub struct Stored {
    /// When it was written, relative to the others.
    pub revision: Revision,
    /// What was written.
    pub event: Event,
}

/// An entry that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("damaged entry {entry}: {reason}")]
pub struct Damaged {
    /// The entry's key, printable.
    pub entry: String,
    /// What is wrong with it.
    pub reason: String,
    /// What it was the value of, if that can be told.
    pub key: Option<EventKey>,
    /// The id that the version had, or the highest id, if that can be told.
    pub id: Option<SchemaId>,
}

/// Why a store refuses.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StoreError {
    /// Another command came in between.
    #[error("the store is at revision {actual}, the command was decided on {expected}")]
    Conflict {
        /// The revision the command was decided on.
        expected: Revision,
        /// The store's.
        actual: Revision,
    },
    /// An event has more bytes than an entry may have.
    #[error("an entry of {bytes} bytes is over the store's limit of {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit in force.
        limit: usize,
    },
    /// Reading or writing failed. Nothing more is written until the process starts again.
    #[error("{0}")]
    Failed(Arc<str>),
    /// The store could not give back what is asked for, or what the answer depends on.
    #[error("{} is damaged in the store: {}; restore it from a backup, or delete it permanently", .0.entry, .0.reason)]
    Damaged(Damaged),
    /// The store is shut down.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// A failure with its cause in words.
    pub fn failed(cause: impl fmt::Display) -> StoreError {
        StoreError::Failed(cause.to_string().into())
    }
}
