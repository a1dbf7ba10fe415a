//! FindCoordinator, key 10, v0-v4. Which broker coordinates a group or transactional id. v1 key type; v3 flexible;
//! v4 many keys in one request (KIP-699).

use crate::Str;

table! {
    request FindCoordinator [0-4], flexible [3+];

    /// The body of a FindCoordinator request.
    FindCoordinatorRequest {
        /// The coordinator key.
        key: Str [0-3];
        /// The coordinator key type.
        key_type: i8 [1+];
        /// The coordinator keys.
        coordinator_keys: Vec<Str> [4+];
    }
}

table! {
    response FindCoordinator [0-4], flexible [3+];

    /// The body of a FindCoordinator response.
    FindCoordinatorResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [1+];
        /// The error code, or 0 if there was no error.
        error_code: i16 [0-3];
        /// The error message, or null if there was no error.
        error_message: Option<Str> [1-3] null [1-3];
        /// The node id.
        node_id: i32 [0-3];
        /// The host name.
        host: Str [0-3];
        /// The port.
        port: i32 [0-3];
        /// Each coordinator result in the response.
        coordinators: Vec<Coordinator> [4+];
    }

    /// An element of `coordinators`.
    Coordinator {
        /// The coordinator key.
        key: Str [4+];
        /// The node id.
        node_id: i32 [4+];
        /// The host name.
        host: Str [4+];
        /// The port.
        port: i32 [4+];
        /// The error code, or 0 if there was no error.
        error_code: i16 [4+];
        /// The error message, or null if there was no error.
        error_message: Option<Str> [4+] null [4+];
    }
}

impl crate::Request for FindCoordinatorRequest {
    type Response = FindCoordinatorResponse;
}
