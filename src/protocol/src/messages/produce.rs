//! Produce, key 0, v0-v9. Record batches to append. v3 magic 2 batches and transactional ids; v5 log start offset;
//! v8 errors per record (KIP-467); v9 flexible. v0-v2 are here so that a refusal can be encoded.

use bytes::Bytes;

use crate::Str;

table! {
    request Produce [0-9], flexible [9+];

    /// The body of a Produce request.
    ProduceRequest {
        /// The transactional ID, or null if the producer is not transactional.
        transactional_id: Option<Str> [3+] null [3+] = None;
        /// The number of acknowledgments the producer requires the leader to have received before considering a
        /// request complete.
        acks: i16 [0+];
        /// The timeout to await a response in milliseconds.
        timeout_ms: i32 [0+];
        /// Each topic to produce to.
        topic_data: Vec<TopicProduceData> [0+];
    }

    /// An element of `topic_data`.
    TopicProduceData {
        /// The topic name.
        name: Str [0+];
        /// Each partition to produce to.
        partition_data: Vec<PartitionProduceData> [0+];
    }

    /// An element of `partition_data`.
    PartitionProduceData {
        /// The partition index.
        index: i32 [0+];
        /// The record data to be produced.
        records: Option<Bytes> [0+] null [0+] = None;
    }
}

table! {
    response Produce [0-9], flexible [9+];

    /// The body of a Produce response.
    ProduceResponse {
        /// Each produce response.
        responses: Vec<TopicProduceResponse> [0+];
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [1+];
    }

    /// An element of `responses`.
    TopicProduceResponse {
        /// The topic name.
        name: Str [0+];
        /// Each partition that we produced to within the topic.
        partition_responses: Vec<PartitionProduceResponse> [0+];
    }

    /// An element of `partition_responses`.
    PartitionProduceResponse {
        /// The partition index.
        index: i32 [0+];
        /// The error code, or 0 if there was no error.
        error_code: i16 [0+];
        /// The base offset.
        base_offset: i64 [0+];
        /// The timestamp returned by broker after appending the messages.
        log_append_time_ms: i64 [2+] = -1;
        /// The log start offset.
        log_start_offset: i64 [5+] = -1;
        /// The batch indices of records that caused the batch to be dropped.
        record_errors: Vec<BatchIndexAndErrorMessage> [8+];
        /// The global error message summarizing the common root cause of the records that caused the batch to be
        /// dropped.
        error_message: Option<Str> [8+] null [8+] = None;
    }

    /// An element of `record_errors`.
    BatchIndexAndErrorMessage {
        /// The batch index of the record that cause the batch to be dropped.
        batch_index: i32 [8+];
        /// The error message of the record that caused the batch to be dropped.
        batch_index_error_message: Option<Str> [8+] null [8+] = None;
    }
}

impl crate::Request for ProduceRequest {
    type Response = ProduceResponse;
}
