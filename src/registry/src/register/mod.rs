//! Registration and lookup (contract 2.3, 2.4): from a request to the version that answers it, or to the events that
//! make a new one.

mod candidate;
mod decide;
mod draft;
mod matching;
mod tagging;

pub(crate) use candidate::{Candidate, Preparation};
pub(crate) use decide::{Registration, decide};
pub(crate) use draft::{Draft, Purpose, check_size};
pub(crate) use matching::{Lookup, lookup};
