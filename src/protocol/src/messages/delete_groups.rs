//! DeleteGroups, key 42, v0-v2. Deletes empty groups. v2 flexible.

use crate::Str;

table! {
    request DeleteGroups [0-2], flexible [2+];

    /// The body of a DeleteGroups request.
    DeleteGroupsRequest {
        /// The group names to delete.
        groups_names: Vec<Str> [0+];
    }
}

table! {
    response DeleteGroups [0-2], flexible [2+];

    /// The body of a DeleteGroups response.
    DeleteGroupsResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [0+];
        /// The deletion results.
        results: Vec<DeletableGroupResult> [0+];
    }

    /// An element of `results`.
    DeletableGroupResult {
        /// The group id.
        group_id: Str [0+];
        /// The deletion error, or 0 if the deletion succeeded.
        error_code: i16 [0+];
    }
}

impl crate::Request for DeleteGroupsRequest {
    type Response = DeleteGroupsResponse;
}
