//! SyncGroup, key 14, v0-v5. The leader hands in assignments, each member gets its own. v3 static members; v4
//! flexible; v5 protocol type and name.

use bytes::Bytes;

use crate::Str;

table! {
    request SyncGroup [0-5], flexible [4+];

    /// The body of a SyncGroup request.
    SyncGroupRequest {
        /// The unique group identifier.
        group_id: Str [0+];
        /// The generation of the group.
        generation_id: i32 [0+];
        /// The member ID assigned by the group.
        member_id: Str [0+];
        /// The unique identifier of the consumer instance provided by end user.
        group_instance_id: Option<Str> [3+] null [3+] = None;
        /// The group protocol type.
        protocol_type: Option<Str> [5+] null [5+] = None;
        /// The group protocol name.
        protocol_name: Option<Str> [5+] null [5+] = None;
        /// Each assignment.
        assignments: Vec<SyncGroupRequestAssignment> [0+];
    }

    /// An element of `assignments`.
    SyncGroupRequestAssignment {
        /// The ID of the member to assign.
        member_id: Str [0+];
        /// The member assignment.
        assignment: Bytes [0+];
    }
}

table! {
    response SyncGroup [0-5], flexible [4+];

    /// The body of a SyncGroup response.
    SyncGroupResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [1+];
        /// The error code, or 0 if there was no error.
        error_code: i16 [0+];
        /// The group protocol type.
        protocol_type: Option<Str> [5+] null [5+] = None;
        /// The group protocol name.
        protocol_name: Option<Str> [5+] null [5+] = None;
        /// The member assignment.
        assignment: Bytes [0+];
    }
}

impl crate::Request for SyncGroupRequest {
    type Response = SyncGroupResponse;
}
