//! LeaveGroup, key 13, v0-v5.
//! v3 several members in one request, by member id or instance id; v5 reason (logged).

use assay_protocol::messages::LeaveGroupRequest;
use assay_protocol::messages::leave_group::{LeaveGroupResponse, MemberResponse};
use assay_protocol::{ApiKey, ErrorCode};

use crate::dispatch::{Api, Cx, answer};

pub(crate) const API: Api =
    Api { key: ApiKey::LeaveGroup, min: 0, max: 5, run: |cx, body| answer(cx, body, handle) };

async fn handle(cx: Cx, request: LeaveGroupRequest) -> LeaveGroupResponse {
    let group = &request.group_id;
    if !super::is_group_id(group) {
        return LeaveGroupResponse { error_code: ErrorCode::InvalidGroupId.into(), ..Default::default() };
    }
    if cx.version < 3 {
        let error = cx.core.groups.leave(group, &request.member_id, None);
        return LeaveGroupResponse { error_code: error.into(), ..Default::default() };
    }
    let mut members = Vec::new();
    for member in request.members {
        let error = cx.core.groups.leave(group, &member.member_id, member.group_instance_id.as_deref());
        let reason = member.reason.as_deref().unwrap_or_default();
        tracing::info!(%group, member = %member.member_id, reason, error = error.name(), "group member leaves");
        members.push(MemberResponse {
            member_id: member.member_id,
            group_instance_id: member.group_instance_id,
            error_code: error.into(),
        });
    }
    LeaveGroupResponse { members, ..Default::default() }
}
