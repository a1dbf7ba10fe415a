//! OffsetCommit, key 8, v2-v8. Stores a group's offsets. v2-v4 retention time; v6 leader epochs; v7 static members
//! (KIP-345); v8 flexible.

use crate::Str;

table! {
    request OffsetCommit [2-8], flexible [8+];

    /// The body of a OffsetCommit request.
    OffsetCommitRequest {
        /// The unique group identifier.
        group_id: Str [0+];
        /// The generation of the group if using the classic group protocol or the member epoch if using the
        /// consumer protocol.
        generation_id_or_member_epoch: i32 [1+] = -1;
        /// The member ID assigned by the group coordinator.
        member_id: Str [1+];
        /// The unique identifier of the consumer instance provided by end user.
        group_instance_id: Option<Str> [7+] null [7+] = None;
        /// The time period in ms to retain the offset.
        retention_time_ms: i64 [2-4] = -1;
        /// The topics to commit offsets for.
        topics: Vec<OffsetCommitRequestTopic> [0+];
    }

    /// An element of `topics`.
    OffsetCommitRequestTopic {
        /// The topic name.
        name: Str [0+];
        /// Each partition to commit offsets for.
        partitions: Vec<OffsetCommitRequestPartition> [0+];
    }

    /// An element of `partitions`.
    OffsetCommitRequestPartition {
        /// The partition index.
        partition_index: i32 [0+];
        /// The message offset to be committed.
        committed_offset: i64 [0+];
        /// The leader epoch of this partition.
        committed_leader_epoch: i32 [6+] = -1;
        /// Any associated metadata the client wants to keep.
        committed_metadata: Option<Str> [0+] null [0+];
    }
}

table! {
    response OffsetCommit [2-8], flexible [8+];

    /// The body of a OffsetCommit response.
    OffsetCommitResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [3+];
        /// The responses for each topic.
        topics: Vec<OffsetCommitResponseTopic> [0+];
    }

    /// An element of `topics`.
    OffsetCommitResponseTopic {
        /// The topic name.
        name: Str [0+];
        /// The responses for each partition in the topic.
        partitions: Vec<OffsetCommitResponsePartition> [0+];
    }

    /// An element of `partitions`.
    OffsetCommitResponsePartition {
        /// The partition index.
        partition_index: i32 [0+];
        /// The error code, or 0 if there was no error.
        error_code: i16 [0+];
    }
}

impl crate::Request for OffsetCommitRequest {
    type Response = OffsetCommitResponse;
}
