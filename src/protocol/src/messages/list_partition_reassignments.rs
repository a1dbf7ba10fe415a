//! ListPartitionReassignments, key 46, v0-v0. Reassignments in progress. Flexible from v0.

use crate::Str;

table! {
    request ListPartitionReassignments [0], flexible [0+];

    /// The body of a ListPartitionReassignments request.
    ListPartitionReassignmentsRequest {
        /// The time in ms to wait for the request to complete.
        timeout_ms: i32 [0+] = 60000;
        /// The topics to list partition reassignments for, or null to list everything.
        topics: Option<Vec<ListPartitionReassignmentsTopics>> [0+] null [0+] = None;
    }

    /// An element of `topics`.
    ListPartitionReassignmentsTopics {
        /// The topic name.
        name: Str [0+];
        /// The partitions to list partition reassignments for.
        partition_indexes: Vec<i32> [0+];
    }
}

table! {
    response ListPartitionReassignments [0], flexible [0+];

    /// The body of a ListPartitionReassignments response.
    ListPartitionReassignmentsResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [0+];
        /// The top-level error code, or 0 if there was no error.
        error_code: i16 [0+];
        /// The top-level error message, or null if there was no error.
        error_message: Option<Str> [0+] null [0+];
        /// The ongoing reassignments for each topic.
        topics: Vec<OngoingTopicReassignment> [0+];
    }

    /// An element of `topics`.
    OngoingTopicReassignment {
        /// The topic name.
        name: Str [0+];
        /// The ongoing reassignments for each partition.
        partitions: Vec<OngoingPartitionReassignment> [0+];
    }

    /// An element of `partitions`.
    OngoingPartitionReassignment {
        /// The index of the partition.
        partition_index: i32 [0+];
        /// The current replica set.
        replicas: Vec<i32> [0+];
        /// The set of replicas we are currently adding.
        adding_replicas: Vec<i32> [0+];
        /// The set of replicas we are currently removing.
        removing_replicas: Vec<i32> [0+];
    }
}

impl crate::Request for ListPartitionReassignmentsRequest {
    type Response = ListPartitionReassignmentsResponse;
}
