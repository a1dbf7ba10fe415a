//! OffsetFetch, key 9, v1-v8. A group's stored offsets. v2 null means all topics; v5 leader epochs; v6 flexible; v7
//! require-stable; v8 many groups in one request.

use crate::Str;

table! {
    request OffsetFetch [1-8], flexible [6+];

    /// The body of a OffsetFetch request.
    OffsetFetchRequest {
        /// The group to fetch offsets for.
        group_id: Str [0-7];
        /// Each topic we would like to fetch offsets for, or null to fetch offsets for all topics.
        topics: Option<Vec<OffsetFetchRequestTopic>> [0-7] null [2-7];
        /// Each group we would like to fetch offsets for.
        groups: Vec<OffsetFetchRequestGroup> [8+];
        /// Whether broker should hold on returning unstable offsets but set a retriable error code for the
        /// partitions.
        require_stable: bool [7+];
    }

    /// An element of `topics`.
    OffsetFetchRequestTopic {
        /// The topic name.
        name: Str [0-7];
        /// The partition indexes we would like to fetch offsets for.
        partition_indexes: Vec<i32> [0-7];
    }

    /// An element of `groups`.
    OffsetFetchRequestGroup {
        /// The group ID.
        group_id: Str [8+];
        /// Each topic we would like to fetch offsets for, or null to fetch offsets for all topics.
        topics: Option<Vec<OffsetFetchRequestTopics>> [8+] null [8+];
    }

    /// An element of `topics`.
    OffsetFetchRequestTopics {
        /// The topic name.
        name: Str [8+];
        /// The partition indexes we would like to fetch offsets for.
        partition_indexes: Vec<i32> [8+];
    }
}

table! {
    response OffsetFetch [1-8], flexible [6+];

    /// The body of a OffsetFetch response.
    OffsetFetchResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [3+];
        /// The responses per topic.
        topics: Vec<OffsetFetchResponseTopic> [0-7];
        /// The top-level error code, or 0 if there was no error.
        error_code: i16 [2-7];
        /// The responses per group id.
        groups: Vec<OffsetFetchResponseGroup> [8+];
    }

    /// An element of `topics`.
    OffsetFetchResponseTopic {
        /// The topic name.
        name: Str [0-7];
        /// The responses per partition.
        partitions: Vec<OffsetFetchResponsePartition> [0-7];
    }

    /// An element of `partitions`.
    OffsetFetchResponsePartition {
        /// The partition index.
        partition_index: i32 [0-7];
        /// The committed message offset.
        committed_offset: i64 [0-7];
        /// The leader epoch.
        committed_leader_epoch: i32 [5-7] = -1;
        /// The partition metadata.
        metadata: Option<Str> [0-7] null [0-7];
        /// The error code, or 0 if there was no error.
        error_code: i16 [0-7];
    }

    /// An element of `groups`.
    OffsetFetchResponseGroup {
        /// The group ID.
        group_id: Str [8+];
        /// The responses per topic.
        topics: Vec<OffsetFetchResponseTopics> [8+];
        /// The group-level error code, or 0 if there was no error.
        error_code: i16 [8+];
    }

    /// An element of `topics`.
    OffsetFetchResponseTopics {
        /// The topic name.
        name: Str [8+];
        /// The responses per partition.
        partitions: Vec<OffsetFetchResponsePartitions> [8+];
    }

    /// An element of `partitions`.
    OffsetFetchResponsePartitions {
        /// The partition index.
        partition_index: i32 [8+];
        /// The committed message offset.
        committed_offset: i64 [8+];
        /// The leader epoch.
        committed_leader_epoch: i32 [8+] = -1;
        /// The partition metadata.
        metadata: Option<Str> [8+] null [8+];
        /// The partition-level error code, or 0 if there was no error.
        error_code: i16 [8+];
    }
}

impl crate::Request for OffsetFetchRequest {
    type Response = OffsetFetchResponse;
}
