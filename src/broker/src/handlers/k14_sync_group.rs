//! SyncGroup, key 14, v0-v5.
//! v3 static members; v5 protocol type and name. A follower is answered when the leader's assignment is there.

use assay_protocol::messages::SyncGroupRequest;
use assay_protocol::messages::sync_group::SyncGroupResponse;
use assay_protocol::{ApiKey, ErrorCode, Str};
use bytes::Bytes;

use crate::dispatch::{Api, Cx, Staged, staged};
use crate::groups::{SyncAnswer, SyncCall};

pub(crate) const API: Api =
    Api { key: ApiKey::SyncGroup, min: 0, max: 5, run: |cx, body| staged(cx, body, handle) };

async fn handle(cx: Cx, request: SyncGroupRequest) -> Staged<SyncGroupResponse> {
    if !super::is_group_id(&request.group_id) {
        return Staged::Now(response(SyncAnswer::error(ErrorCode::InvalidGroupId)));
    }
    // From version 5 both must be given, as every client does.
    if cx.version >= 5 && (request.protocol_type.is_none() || request.protocol_name.is_none()) {
        return Staged::Now(response(SyncAnswer::error(ErrorCode::InconsistentGroupProtocol)));
    }
    let assignments = request
        .assignments
        .iter()
        .map(|a| (a.member_id.to_string(), Bytes::copy_from_slice(&a.assignment)))
        .collect();
    let call = SyncCall {
        member_id: request.member_id.to_string(),
        instance: request.group_instance_id.as_ref().map(|i| i.to_string()),
        generation: request.generation_id,
        protocol_type: request.protocol_type.as_ref().map(|p| p.to_string()),
        protocol: request.protocol_name.as_ref().map(|p| p.to_string()),
        assignments,
    };
    let answer = cx.core.groups.sync(&request.group_id, call);
    let core = cx.core.clone();
    Staged::Later(Box::pin(async move {
        let stopping = || SyncAnswer::error(ErrorCode::NotCoordinator);
        tokio::select! {
            answer = answer => response(answer.unwrap_or_else(|_| stopping())),
            () = core.drained() => response(stopping()),
        }
    }))
}

fn response(answer: SyncAnswer) -> SyncGroupResponse {
    SyncGroupResponse {
        throttle_time_ms: 0,
        error_code: answer.error.into(),
        protocol_type: answer.protocol_type.map(Str::from),
        protocol_name: answer.protocol.map(Str::from),
        assignment: answer.assignment,
    }
}
