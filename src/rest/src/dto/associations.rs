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
    /// One request of a batch: the resource it names.
    pub(crate) struct BatchRequest {
        name: Option<Text> = "resourceName",
        namespace: Option<Text> = "resourceNamespace",
        id: Option<Text> = "resourceId",
    }
}

impl Batch {
    /// The answer: each resource again, with no associations.
    pub(crate) fn none(self) -> BatchResults {
        let requests = self.requests.map_or_else(Vec::new, |list| list.0);
        BatchResults { results: requests.into_iter().map(BatchResult::from).collect() }
    }
}

/// The answer of a batch.
#[derive(Serialize)]
pub(crate) struct BatchResults {
    results: Vec<BatchResult>,
}

#[derive(Serialize)]
struct BatchResult {
    result: NoAssociations,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NoAssociations {
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_id: Option<String>,
    associations: [u8; 0],
}

impl From<BatchRequest> for BatchResult {
    fn from(request: BatchRequest) -> BatchResult {
        let text = |t: Option<Text>| t.map(|t| t.0);
        BatchResult {
            result: NoAssociations {
                resource_name: text(request.name),
                resource_namespace: text(request.namespace),
                resource_id: text(request.id),
                associations: [],
            },
        }
    }
}
