//! DeleteGroups, key 42, v0-v2.
//! Only groups without members.

use assay_protocol::messages::DeleteGroupsRequest;
use assay_protocol::messages::delete_groups::{DeletableGroupResult, DeleteGroupsResponse};
use assay_protocol::{ApiKey, ErrorCode};

use crate::dispatch::{Api, Cx, answer};

pub(crate) const API: Api =
    Api { key: ApiKey::DeleteGroups, min: 0, max: 2, run: |cx, body| answer(cx, body, handle) };

async fn handle(cx: Cx, request: DeleteGroupsRequest) -> DeleteGroupsResponse {
    let mut results = Vec::new();
    for id in request.groups_names {
        let deleted =
            if super::is_group_id(&id) { cx.core.groups.delete(&id) } else { Err(ErrorCode::InvalidGroupId) };
        let error = match deleted {
            Ok(durable) => durable.await.err().unwrap_or(ErrorCode::None),
            Err(error) => error,
        };
        results.push(DeletableGroupResult { group_id: id, error_code: error.into() });
    }
    DeleteGroupsResponse { throttle_time_ms: 0, results }
}
