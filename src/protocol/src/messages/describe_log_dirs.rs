//! DescribeLogDirs, key 35, v1-v4. Sizes of partitions on disk. v2 flexible; v3 top-level error; v4 volume size.

use crate::Str;

table! {
    request DescribeLogDirs [1-4], flexible [2+];

    /// The body of a DescribeLogDirs request.
    DescribeLogDirsRequest {
        /// Each topic that we want to describe log directories for, or null for all topics.
        topics: Option<Vec<DescribableLogDirTopic>> [0+] null [0+];
    }

    /// An element of `topics`.
    DescribableLogDirTopic {
        /// The topic name.
        topic: Str [0+];
        /// The partition indexes.
        partitions: Vec<i32> [0+];
    }
}

table! {
    response DescribeLogDirs [1-4], flexible [2+];

    /// The body of a DescribeLogDirs response.
    DescribeLogDirsResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [0+];
        /// The error code, or 0 if there was no error.
        error_code: i16 [3+];
        /// The log directories.
        results: Vec<DescribeLogDirsResult> [0+];
    }

    /// An element of `results`.
    DescribeLogDirsResult {
        /// The error code, or 0 if there was no error.
        error_code: i16 [0+];
        /// The absolute log directory path.
        log_dir: Str [0+];
        /// Each topic.
        topics: Vec<DescribeLogDirsTopic> [0+];
        /// The total size in bytes of the volume the log directory is in.
        total_bytes: i64 [4+] = -1;
        /// The usable size in bytes of the volume the log directory is in.
        usable_bytes: i64 [4+] = -1;
    }

    /// An element of `topics`.
    DescribeLogDirsTopic {
        /// The topic name.
        name: Str [0+];
        /// The partitions.
        partitions: Vec<DescribeLogDirsPartition> [0+];
    }

    /// An element of `partitions`.
    DescribeLogDirsPartition {
        /// The partition index.
        partition_index: i32 [0+];
        /// The size of the log segments in this partition in bytes.
        partition_size: i64 [0+];
        /// The lag of the log's LEO w.r.t.
        offset_lag: i64 [0+];
        /// True if this log is created by AlterReplicaLogDirsRequest and will replace the current log of the
        /// replica in the future.
        is_future_key: bool [0+];
    }
}

impl crate::Request for DescribeLogDirsRequest {
    type Response = DescribeLogDirsResponse;
}
