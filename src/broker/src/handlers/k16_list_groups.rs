//! ListGroups, key 16, v0-v5.
//! v4 filter by state (KIP-518); v5 filter by type: every group here is `classic`.

use assay_protocol::messages::ListGroupsRequest;
use assay_protocol::messages::list_groups::{ListGroupsResponse, ListedGroup};
use assay_protocol::{ApiKey, Str};

use crate::dispatch::{Api, Cx, answer};

pub(crate) const API: Api =
    Api { key: ApiKey::ListGroups, min: 0, max: 5, run: |cx, body| answer(cx, body, handle) };

const CLASSIC: &str = "classic";

async fn handle(cx: Cx, request: ListGroupsRequest) -> ListGroupsResponse {
    let wanted = |filter: &[Str], value: &str| {
        filter.is_empty() || filter.iter().any(|f| f.eq_ignore_ascii_case(value))
    };
    let mut groups = cx.core.groups.list();
    groups.retain(|g| wanted(&request.states_filter, g.state.name()));
    if !wanted(&request.types_filter, CLASSIC) {
        groups.clear();
    }
    let listed = groups.into_iter().map(|g| ListedGroup {
        group_id: (&*g.id).into(),
        protocol_type: g.protocol_type.into(),
        group_state: Str::from_static(g.state.name()),
        group_type: Str::from_static(CLASSIC),
    });
    ListGroupsResponse { throttle_time_ms: 0, error_code: 0, groups: listed.collect() }
}
