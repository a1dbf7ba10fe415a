//! InitProducerId, key 22, v0-v4. A producer id and epoch for an idempotent or transactional producer. v2 flexible;
//! v3 epoch bump (KIP-360).

use crate::Str;

table! {
    request InitProducerId [0-4], flexible [2+];

    /// The body of a InitProducerId request.
    InitProducerIdRequest {
        /// The transactional id, or null if the producer is not transactional.
        transactional_id: Option<Str> [0+] null [0+];
        /// The time in ms to wait before aborting idle transactions sent by this producer.
        transaction_timeout_ms: i32 [0+];
        /// The producer id.
        producer_id: i64 [3+] = -1;
        /// The producer's current epoch.
        producer_epoch: i16 [3+] = -1;
    }
}

table! {
    response InitProducerId [0-4], flexible [2+];

    /// The body of a InitProducerId response.
    InitProducerIdResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [0+];
        /// The error code, or 0 if there was no error.
        error_code: i16 [0+];
        /// The current producer id.
        producer_id: i64 [0+] = -1;
        /// The current epoch associated with the producer id.
        producer_epoch: i16 [0+];
    }
}

impl crate::Request for InitProducerIdRequest {
    type Response = InitProducerIdResponse;
}
