//! DescribeGroups, key 15, v0-v5.
//! v3 authorized operations (not computed); v4 static members. An unknown group is described as Dead.

use assay_protocol::messages::DescribeGroupsRequest;
use assay_protocol::messages::describe_groups::{
    DescribeGroupsResponse, DescribedGroup, DescribedGroupMember,
};
use assay_protocol::{ApiKey, ErrorCode, Str};

use crate::dispatch::{Api, Cx, answer};
use crate::groups::{Group, GroupState};

pub(crate) const API: Api =
    Api { key: ApiKey::DescribeGroups, min: 0, max: 5, run: |cx, body| answer(cx, body, handle) };

async fn handle(cx: Cx, request: DescribeGroupsRequest) -> DescribeGroupsResponse {
    let unknown = |id: Str| {
        let error = if super::is_group_id(&id) { ErrorCode::None } else { ErrorCode::InvalidGroupId };
        DescribedGroup {
            error_code: error.into(),
            group_id: id,
            group_state: Str::from_static("Dead"),
            ..Default::default()
        }
    };
    let groups = request
        .groups
        .into_iter()
        .map(|id| cx.core.groups.read(&id, describe).unwrap_or_else(|| unknown(id)))
        .collect();
    DescribeGroupsResponse { throttle_time_ms: 0, groups }
}

fn describe(group: &Group) -> DescribedGroup {
    let stable = group.state == GroupState::Stable;
    let protocol = group.protocol.as_deref().filter(|_| stable).unwrap_or_default();
    let members = group.members.values().map(|m| DescribedGroupMember {
        member_id: (&*m.id).into(),
        group_instance_id: m.instance.as_deref().map(Str::from),
        client_id: m.client_id.as_str().into(),
        client_host: m.client_host.as_str().into(),
        member_metadata: if stable { m.metadata_for(protocol) } else { bytes::Bytes::new() },
        member_assignment: if stable { m.assignment.clone() } else { bytes::Bytes::new() },
    });
    DescribedGroup {
        error_code: 0,
        group_id: (&*group.id).into(),
        group_state: Str::from_static(group.state.name()),
        protocol_type: group.protocol_type.as_deref().unwrap_or_default().into(),
        protocol_data: protocol.into(),
        members: members.collect(),
        authorized_operations: super::OPERATIONS_UNKNOWN,
    }
}
