//! A directory with `assay-check.toml` as the wanted state of a registry: what would be registered, changed or removed; just
//! that done; and the other way round, a registry written into such a directory.
//!
//! `directory` files → [`Wanted`]    `make` [`Wanted`] + registry → [`Plan`]    `decide` may a file be registered
//! `removal` what nobody wants any more    `plan` the plan and its file    `show` the plan for people
//! `apply` [`Plan`] → registry    `pull` registry → directory    `pretty` JSON with line breaks    `names` of files
//!
//! Modes, ids and older versions that nobody refers to are not part of a directory; `assay backup` keeps those.

mod apply;
mod decide;
mod directory;
mod make;
mod names;
mod plan;
mod pretty;
mod pull;
mod removal;
mod show;

pub use apply::{Applied, apply};
pub use directory::{Wanted, WantedFile, WantedReference};
pub use make::{Removal, make};
pub use plan::{Decided, Plan, Refused, Step, SubjectState};
pub(crate) use pull::quoted;
pub use pull::{Pulled, pull};
pub use show::show;

use crate::transfer::TransferError;

/// Why there is no plan, or why it was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum WantedError {
    /// The directory, or the plan's file.
    #[error("{0}")]
    Input(String),
    /// A request failed, or an answer is outside the contract.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// The registry is not as it was when the plan was made. Nothing was written.
    #[error("the registry has moved on since the plan was made: {}; make a new plan", .0.join(", "))]
    Moved(Vec<String>),
    /// The plan holds something that the registry refuses. Nothing was written.
    #[error("the plan cannot be carried out: {0}; nothing was written")]
    Refused(String),
    /// The plan holds something of which nobody can tell whether it fits. Nothing was written.
    #[error("the plan cannot be carried out: could not check {0}; nothing was written")]
    Unchecked(String),
    /// A step went wrong; those before it are done.
    #[error("{reason}; done before: {done}")]
    Step {
        /// What happened, with the subject.
        reason: String,
        /// What had been done.
        done: String,
        /// Whether the registry said no, as opposed to not answering as it should.
        refused: bool,
    },
}

impl WantedError {
    /// Whether the registry's rules are the reason: exit status 1 instead of 2.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, WantedError::Refused(_) | WantedError::Step { refused: true, .. })
    }
}
