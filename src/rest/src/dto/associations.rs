//! Associations (contract 1.10): what a batch asks, and that there is nothing.

use serde::Serialize;

use crate::coerce::{List, Text, object};

object! {
    /// The body of a batch.
    pub(crate) struct Batch {
        requests: Option<List<BatchRequest>> = "requests",
    }
}

object! {
    /// One request of a batch; which resource it names does not matter, as none has associations.
    pub(crate) struct BatchRequest {
        resource: Option<Text> = "resourceName",
    }
}

impl Batch {
    /// How many requests it has.
    pub(crate) fn len(&self) -> usize {
        self.requests.as_ref().map_or(0, |list| list.0.iter().map(|r| &r.resource).count())
    }
}

/// The answer of a batch.
#[derive(Serialize)]
pub(crate) struct BatchResults {
    pub(crate) results: Vec<BatchResult>,
}

/// The answer of one request.
#[derive(Clone, Default, Serialize)]
pub(crate) struct BatchResult {
    result: NoAssociations,
}

#[derive(Clone, Default, Serialize)]
struct NoAssociations {
    associations: [u8; 0],
}
