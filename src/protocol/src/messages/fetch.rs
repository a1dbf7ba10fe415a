//! Fetch, key 1, v4-v12. Records from an offset on, with a long poll. v5 log start offset; v7 fetch sessions
//! (KIP-227); v9 leader epochs; v10 zstd; v11 rack; v12 flexible. v13, topic ids, is not here.

use bytes::Bytes;

use crate::Str;

table! {
    request Fetch [4-12], flexible [12+];

    /// The body of a Fetch request.
    FetchRequest {
        /// The clusterId if known.
        cluster_id: Option<Str> [12+] null [12+] tag 0 [12+] = None;
        /// The broker ID of the follower, of -1 if this request is from a consumer.
        replica_id: i32 [0-14] = -1;
        /// The maximum time in milliseconds to wait for the response.
        max_wait_ms: i32 [0+];
        /// The minimum bytes to accumulate in the response.
        min_bytes: i32 [0+];
        /// The maximum bytes to fetch.
        max_bytes: i32 [3+] = 0x7fffffff;
        /// This setting controls the visibility of transactional records.
        isolation_level: i8 [4+];
        /// The fetch session ID.
        session_id: i32 [7+];
        /// The fetch session epoch, which is used for ordering requests in a session.
        session_epoch: i32 [7+] = -1;
        /// The topics to fetch.
        topics: Vec<FetchTopic> [0+];
        /// In an incremental fetch request, the partitions to remove.
        forgotten_topics_data: Vec<ForgottenTopic> [7+];
        /// Rack ID of the consumer making this request.
        rack_id: Str [11+];
    }

    /// An element of `topics`.
    FetchTopic {
        /// The name of the topic to fetch.
        topic: Str [0-12];
        /// The partitions to fetch.
        partitions: Vec<FetchPartition> [0+];
    }

    /// An element of `partitions`.
    FetchPartition {
        /// The partition index.
        partition: i32 [0+];
        /// The current leader epoch of the partition.
        current_leader_epoch: i32 [9+] = -1;
        /// The message offset.
        fetch_offset: i64 [0+];
        /// The epoch of the last fetched record or -1 if there is none.
        last_fetched_epoch: i32 [12+] = -1;
        /// The earliest available offset of the follower replica.
        log_start_offset: i64 [5+] = -1;
        /// The maximum bytes to fetch from this partition.
        partition_max_bytes: i32 [0+];
    }

    /// An element of `forgotten_topics_data`.
    ForgottenTopic {
        /// The topic name.
        topic: Str [7-12];
        /// The partitions indexes to forget.
        partitions: Vec<i32> [7+];
    }
}

table! {
    response Fetch [4-12], flexible [12+];

    /// The body of a Fetch response.
    FetchResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [1+];
        /// The top level response error code.
        error_code: i16 [7+];
        /// The fetch session ID, or 0 if this is not part of a fetch session.
        session_id: i32 [7+];
        /// The response topics.
        responses: Vec<FetchableTopicResponse> [0+];
    }

    /// An element of `responses`.
    FetchableTopicResponse {
        /// The topic name.
        topic: Str [0-12];
        /// The topic partitions.
        partitions: Vec<PartitionData> [0+];
    }

    /// An element of `partitions`.
    PartitionData {
        /// The partition index.
        partition_index: i32 [0+];
        /// The error code, or 0 if there was no fetch error.
        error_code: i16 [0+];
        /// The current high water mark.
        high_watermark: i64 [0+];
        /// The last stable offset (or LSO) of the partition.
        last_stable_offset: i64 [4+] = -1;
        /// The current log start offset.
        log_start_offset: i64 [5+] = -1;
        /// In case divergence is detected based on the `LastFetchedEpoch` and `FetchOffset` in the request, this
        /// field indicates the largest epoch and its end offset such that subsequent records are known to
        /// diverge.
        diverging_epoch: EpochEndOffset [12+] tag 0 [12+];
        /// The current leader.
        current_leader: LeaderIdAndEpoch [12+] tag 1 [12+];
        /// In the case of fetching an offset less than the LogStartOffset, this is the end offset and epoch that
        /// should be used in the FetchSnapshot request.
        snapshot_id: SnapshotId [12+] tag 2 [12+];
        /// The aborted transactions.
        aborted_transactions: Option<Vec<AbortedTransaction>> [4+] null [4+];
        /// The preferred read replica for the consumer to use on its next fetch request.
        preferred_read_replica: i32 [11+] = -1;
        /// The record data.
        records: Option<Bytes> [0+] null [0+] = None;
    }

    /// The value of `diverging_epoch`.
    EpochEndOffset {
        /// The epoch.
        epoch: i32 [12+] = -1;
        /// The end offset.
        end_offset: i64 [12+] = -1;
    }

    /// The value of `current_leader`.
    LeaderIdAndEpoch {
        /// The ID of the current leader or -1 if the leader is unknown.
        leader_id: i32 [12+] = -1;
        /// The latest known leader epoch.
        leader_epoch: i32 [12+] = -1;
    }

    /// The value of `snapshot_id`.
    SnapshotId {
        /// The end offset.
        end_offset: i64 [0+] = -1;
        /// The epoch.
        epoch: i32 [0+] = -1;
    }

    /// An element of `aborted_transactions`.
    AbortedTransaction {
        /// The producer id associated with the aborted transaction.
        producer_id: i64 [4+];
        /// The first offset in the aborted transaction.
        first_offset: i64 [4+];
    }
}

impl crate::Request for FetchRequest {
    type Response = FetchResponse;
}
