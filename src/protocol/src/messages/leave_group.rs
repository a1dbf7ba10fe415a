//! LeaveGroup, key 13, v0-v5. Members leave a group. v3 several members; v4 flexible; v5 reason.

use crate::Str;

table! {
    request LeaveGroup [0-5], flexible [4+];

    /// The body of a LeaveGroup request.
    LeaveGroupRequest {
        /// The ID of the group to leave.
        group_id: Str [0+];
        /// The member ID to remove from the group.
        member_id: Str [0-2];
        /// List of leaving member identities.
        members: Vec<MemberIdentity> [3+];
    }

    /// An element of `members`.
    MemberIdentity {
        /// The member ID to remove from the group.
        member_id: Str [3+];
        /// The group instance ID to remove from the group.
        group_instance_id: Option<Str> [3+] null [3+] = None;
        /// The reason why the member left the group.
        reason: Option<Str> [5+] null [5+] = None;
    }
}

table! {
    response LeaveGroup [0-5], flexible [4+];

    /// The body of a LeaveGroup response.
    LeaveGroupResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [1+];
        /// The error code, or 0 if there was no error.
        error_code: i16 [0+];
        /// List of leaving member responses.
        members: Vec<MemberResponse> [3+];
    }

    /// An element of `members`.
    MemberResponse {
        /// The member ID to remove from the group.
        member_id: Str [3+];
        /// The group instance ID to remove from the group.
        group_instance_id: Option<Str> [3+] null [3+];
        /// The error code, or 0 if there was no error.
        error_code: i16 [3+];
    }
}

impl crate::Request for LeaveGroupRequest {
    type Response = LeaveGroupResponse;
}
