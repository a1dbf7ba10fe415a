//! DescribeGroups, key 15, v0-v5. State and members of groups. v3 authorized operations; v4 static members; v5
//! flexible.

use bytes::Bytes;

use crate::Str;

table! {
    request DescribeGroups [0-5], flexible [5+];

    /// The body of a DescribeGroups request.
    DescribeGroupsRequest {
        /// The names of the groups to describe.
        groups: Vec<Str> [0+];
        /// Whether to include authorized operations.
        include_authorized_operations: bool [3+];
    }
}

table! {
    response DescribeGroups [0-5], flexible [5+];

    /// The body of a DescribeGroups response.
    DescribeGroupsResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [1+];
        /// Each described group.
        groups: Vec<DescribedGroup> [0+];
    }

    /// An element of `groups`.
    DescribedGroup {
        /// The describe error, or 0 if there was no error.
        error_code: i16 [0+];
        /// The group ID string.
        group_id: Str [0+];
        /// The group state string, or the empty string.
        group_state: Str [0+];
        /// The group protocol type, or the empty string.
        protocol_type: Str [0+];
        /// The group protocol data, or the empty string.
        protocol_data: Str [0+];
        /// The group members.
        members: Vec<DescribedGroupMember> [0+];
        /// 32-bit bitfield to represent authorized operations for this group.
        authorized_operations: i32 [3+] = -2147483648;
    }

    /// An element of `members`.
    DescribedGroupMember {
        /// The member ID assigned by the group coordinator.
        member_id: Str [0+];
        /// The unique identifier of the consumer instance provided by end user.
        group_instance_id: Option<Str> [4+] null [4+] = None;
        /// The client ID used in the member's latest join group request.
        client_id: Str [0+];
        /// The client host.
        client_host: Str [0+];
        /// The metadata corresponding to the current group protocol in use.
        member_metadata: Bytes [0+];
        /// The current assignment provided by the group leader.
        member_assignment: Bytes [0+];
    }
}

impl crate::Request for DescribeGroupsRequest {
    type Response = DescribeGroupsResponse;
}
