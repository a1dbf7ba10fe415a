//! ListPartitionReassignments, key 46, v0.
//! One node never reassigns anything: the list is empty.

use assay_protocol::ApiKey;
use assay_protocol::messages::ListPartitionReassignmentsRequest;
use assay_protocol::messages::list_partition_reassignments::ListPartitionReassignmentsResponse;

use crate::dispatch::{Api, Cx, answer};

pub(crate) const API: Api =
    Api { key: ApiKey::ListPartitionReassignments, min: 0, max: 0, run: |cx, body| answer(cx, body, handle) };

async fn handle(_: Cx, _: ListPartitionReassignmentsRequest) -> ListPartitionReassignmentsResponse {
    ListPartitionReassignmentsResponse { error_message: None, ..Default::default() }
}
