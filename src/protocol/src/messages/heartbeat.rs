//! Heartbeat, key 12, v0-v4. Keeps a member in its group. v3 static members; v4 flexible.

use crate::Str;

table! {
    request Heartbeat [0-4], flexible [4+];

    /// The body of a Heartbeat request.
    HeartbeatRequest {
        /// The group id.
        group_id: Str [0+];
        /// The generation of the group.
        generation_id: i32 [0+];
        /// The member ID.
        member_id: Str [0+];
        /// The unique identifier of the consumer instance provided by end user.
        group_instance_id: Option<Str> [3+] null [3+] = None;
    }
}

table! {
    response Heartbeat [0-4], flexible [4+];

    /// The body of a Heartbeat response.
    HeartbeatResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [1+];
        /// The error code, or 0 if there was no error.
        error_code: i16 [0+];
    }
}

impl crate::Request for HeartbeatRequest {
    type Response = HeartbeatResponse;
}
