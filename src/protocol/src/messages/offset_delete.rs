//! OffsetDelete, key 47, v0-v0. Deletes a group's offsets for partitions. Never flexible.

use crate::Str;

table! {
    request OffsetDelete [0], flexible [none];

    /// The body of a OffsetDelete request.
    OffsetDeleteRequest {
        /// The unique group identifier.
        group_id: Str [0+];
        /// The topics to delete offsets for.
        topics: Vec<OffsetDeleteRequestTopic> [0+];
    }

    /// An element of `topics`.
    OffsetDeleteRequestTopic {
        /// The topic name.
        name: Str [0+];
        /// Each partition to delete offsets for.
        partitions: Vec<OffsetDeleteRequestPartition> [0+];
    }

    /// An element of `partitions`.
    OffsetDeleteRequestPartition {
        /// The partition index.
        partition_index: i32 [0+];
    }
}

table! {
    response OffsetDelete [0], flexible [none];

    /// The body of a OffsetDelete response.
    OffsetDeleteResponse {
        /// The top-level error code, or 0 if there was no error.
        error_code: i16 [0+];
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [0+];
        /// The responses for each topic.
        topics: Vec<OffsetDeleteResponseTopic> [0+];
    }

    /// An element of `topics`.
    OffsetDeleteResponseTopic {
        /// The topic name.
        name: Str [0+];
        /// The responses for each partition in the topic.
        partitions: Vec<OffsetDeleteResponsePartition> [0+];
    }

    /// An element of `partitions`.
    OffsetDeleteResponsePartition {
        /// The partition index.
        partition_index: i32 [0+];
        /// The error code, or 0 if there was no error.
        error_code: i16 [0+];
    }
}

impl crate::Request for OffsetDeleteRequest {
    type Response = OffsetDeleteResponse;
}
