//! Heartbeat, key 12, v0-v4.
//! v3 static members. REBALANCE_IN_PROGRESS tells the member to join again.

use assay_protocol::messages::HeartbeatRequest;
use assay_protocol::messages::heartbeat::HeartbeatResponse;
use assay_protocol::{ApiKey, ErrorCode};

use crate::dispatch::{Api, Cx, answer};

pub(crate) const API: Api =
    Api { key: ApiKey::Heartbeat, min: 0, max: 4, run: |cx, body| answer(cx, body, handle) };

async fn handle(cx: Cx, request: HeartbeatRequest) -> HeartbeatResponse {
    let error = if super::is_group_id(&request.group_id) {
        let instance = request.group_instance_id.as_deref();
        cx.core.groups.heartbeat(&request.group_id, &request.member_id, instance, request.generation_id)
    } else {
        ErrorCode::InvalidGroupId
    };
    HeartbeatResponse { throttle_time_ms: 0, error_code: error.into() }
}
