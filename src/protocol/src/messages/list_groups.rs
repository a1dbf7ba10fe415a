//! ListGroups, key 16, v0-v5. All groups. v3 flexible; v4 filter by state; v5 filter by type.

use crate::Str;

table! {
    request ListGroups [0-5], flexible [3+];

    /// The body of a ListGroups request.
    ListGroupsRequest {
        /// The states of the groups we want to list.
        states_filter: Vec<Str> [4+];
        /// The types of the groups we want to list.
        types_filter: Vec<Str> [5+];
    }
}

table! {
    response ListGroups [0-5], flexible [3+];

    /// The body of a ListGroups response.
    ListGroupsResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [1+];
        /// The error code, or 0 if there was no error.
        error_code: i16 [0+];
        /// Each group in the response.
        groups: Vec<ListedGroup> [0+];
    }

    /// An element of `groups`.
    ListedGroup {
        /// The group ID.
        group_id: Str [0+];
        /// The group protocol type.
        protocol_type: Str [0+];
        /// The group state name.
        group_state: Str [4+];
        /// The group type name.
        group_type: Str [5+];
    }
}

impl crate::Request for ListGroupsRequest {
    type Response = ListGroupsResponse;
}
