//! ListOffsets, key 2, v1-v7. Offsets for timestamps, and the earliest and latest. v2 isolation level; v4 leader
//! epochs; v6 flexible; v7 the offset of the largest timestamp (KIP-734).

use crate::Str;

table! {
    request ListOffsets [1-7], flexible [6+];

    /// The body of a ListOffsets request.
    ListOffsetsRequest {
        /// The broker ID of the requester, or -1 if this request is being made by a normal consumer.
        replica_id: i32 [0+];
        /// This setting controls the visibility of transactional records.
        isolation_level: i8 [2+];
        /// Each topic in the request.
        topics: Vec<ListOffsetsTopic> [0+];
    }

    /// An element of `topics`.
    ListOffsetsTopic {
        /// The topic name.
        name: Str [0+];
        /// Each partition in the request.
        partitions: Vec<ListOffsetsPartition> [0+];
    }

    /// An element of `partitions`.
    ListOffsetsPartition {
        /// The partition index.
        partition_index: i32 [0+];
        /// The current leader epoch.
        current_leader_epoch: i32 [4+] = -1;
        /// The current timestamp.
        timestamp: i64 [0+];
    }
}

table! {
    response ListOffsets [1-7], flexible [6+];

    /// The body of a ListOffsets response.
    ListOffsetsResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [2+];
        /// Each topic in the response.
        topics: Vec<ListOffsetsTopicResponse> [0+];
    }

    /// An element of `topics`.
    ListOffsetsTopicResponse {
        /// The topic name.
        name: Str [0+];
        /// Each partition in the response.
        partitions: Vec<ListOffsetsPartitionResponse> [0+];
    }

    /// An element of `partitions`.
    ListOffsetsPartitionResponse {
        /// The partition index.
        partition_index: i32 [0+];
        /// The partition error code, or 0 if there was no error.
        error_code: i16 [0+];
        /// The timestamp associated with the returned offset.
        timestamp: i64 [1+] = -1;
        /// The returned offset.
        offset: i64 [1+] = -1;
        /// The leader epoch.
        leader_epoch: i32 [4+] = -1;
    }
}

impl crate::Request for ListOffsetsRequest {
    type Response = ListOffsetsResponse;
}
