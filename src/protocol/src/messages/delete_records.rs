//! DeleteRecords, key 21, v0-v2. Moves the log start offset. v2 flexible.

use crate::Str;

table! {
    request DeleteRecords [0-2], flexible [2+];

    /// The body of a DeleteRecords request.
    DeleteRecordsRequest {
        /// Each topic that we want to delete records from.
        topics: Vec<DeleteRecordsTopic> [0+];
        /// How long to wait for the deletion to complete, in milliseconds.
        timeout_ms: i32 [0+];
    }

    /// An element of `topics`.
    DeleteRecordsTopic {
        /// The topic name.
        name: Str [0+];
        /// Each partition that we want to delete records from.
        partitions: Vec<DeleteRecordsPartition> [0+];
    }

    /// An element of `partitions`.
    DeleteRecordsPartition {
        /// The partition index.
        partition_index: i32 [0+];
        /// The deletion offset.
        offset: i64 [0+];
    }
}

table! {
    response DeleteRecords [0-2], flexible [2+];

    /// The body of a DeleteRecords response.
    DeleteRecordsResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [0+];
        /// Each topic that we wanted to delete records from.
        topics: Vec<DeleteRecordsTopicResult> [0+];
    }

    /// An element of `topics`.
    DeleteRecordsTopicResult {
        /// The topic name.
        name: Str [0+];
        /// Each partition that we wanted to delete records from.
        partitions: Vec<DeleteRecordsPartitionResult> [0+];
    }

    /// An element of `partitions`.
    DeleteRecordsPartitionResult {
        /// The partition index.
        partition_index: i32 [0+];
        /// The partition low water mark.
        low_watermark: i64 [0+];
        /// The deletion error code, or 0 if the deletion succeeded.
        error_code: i16 [0+];
    }
}

impl crate::Request for DeleteRecordsRequest {
    type Response = DeleteRecordsResponse;
}
