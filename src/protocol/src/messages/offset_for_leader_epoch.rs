//! OffsetForLeaderEpoch, key 23, v2-v4. The end offset of a leader epoch, for truncation checks. v3 replica id; v4
//! flexible.

use crate::Str;

table! {
    request OffsetForLeaderEpoch [2-4], flexible [4+];

    /// The body of a OffsetForLeaderEpoch request.
    OffsetForLeaderEpochRequest {
        /// The broker ID of the follower, of -1 if this request is from a consumer.
        replica_id: i32 [3+] = -2;
        /// Each topic to get offsets for.
        topics: Vec<OffsetForLeaderTopic> [0+];
    }

    /// An element of `topics`.
    OffsetForLeaderTopic {
        /// The topic name.
        topic: Str [0+];
        /// Each partition to get offsets for.
        partitions: Vec<OffsetForLeaderPartition> [0+];
    }

    /// An element of `partitions`.
    OffsetForLeaderPartition {
        /// The partition index.
        partition: i32 [0+];
        /// An epoch used to fence consumers/replicas with old metadata.
        current_leader_epoch: i32 [2+] = -1;
        /// The epoch to look up an offset for.
        leader_epoch: i32 [0+];
    }
}

table! {
    response OffsetForLeaderEpoch [2-4], flexible [4+];

    /// The body of a OffsetForLeaderEpoch response.
    OffsetForLeaderEpochResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [2+];
        /// Each topic we fetched offsets for.
        topics: Vec<OffsetForLeaderTopicResult> [0+];
    }

    /// An element of `topics`.
    OffsetForLeaderTopicResult {
        /// The topic name.
        topic: Str [0+];
        /// Each partition in the topic we fetched offsets for.
        partitions: Vec<EpochEndOffset> [0+];
    }

    /// An element of `partitions`.
    EpochEndOffset {
        /// The error code 0, or if there was no error.
        error_code: i16 [0+];
        /// The partition index.
        partition: i32 [0+];
        /// The leader epoch of the partition.
        leader_epoch: i32 [1+] = -1;
        /// The end offset of the epoch.
        end_offset: i64 [0+] = -1;
    }
}

impl crate::Request for OffsetForLeaderEpochRequest {
    type Response = OffsetForLeaderEpochResponse;
}
