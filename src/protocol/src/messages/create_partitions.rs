//! CreatePartitions, key 37, v0-v3. Adds partitions to topics. v2 flexible; v3 quota errors.

use crate::Str;

table! {
    request CreatePartitions [0-3], flexible [2+];

    /// The body of a CreatePartitions request.
    CreatePartitionsRequest {
        /// Each topic that we want to create new partitions inside.
        topics: Vec<CreatePartitionsTopic> [0+];
        /// The time in ms to wait for the partitions to be created.
        timeout_ms: i32 [0+];
        /// If true, then validate the request, but don't actually increase the number of partitions.
        validate_only: bool [0+];
    }

    /// An element of `topics`.
    CreatePartitionsTopic {
        /// The topic name.
        name: Str [0+];
        /// The new partition count.
        count: i32 [0+];
        /// The new partition assignments.
        assignments: Option<Vec<CreatePartitionsAssignment>> [0+] null [0+];
    }

    /// An element of `assignments`.
    CreatePartitionsAssignment {
        /// The assigned broker IDs.
        broker_ids: Vec<i32> [0+];
    }
}

table! {
    response CreatePartitions [0-3], flexible [2+];

    /// The body of a CreatePartitions response.
    CreatePartitionsResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [0+];
        /// The partition creation results for each topic.
        results: Vec<CreatePartitionsTopicResult> [0+];
    }

    /// An element of `results`.
    CreatePartitionsTopicResult {
        /// The topic name.
        name: Str [0+];
        /// The result error, or zero if there was no error.
        error_code: i16 [0+];
        /// The result message, or null if there was no error.
        error_message: Option<Str> [0+] null [0+] = None;
    }
}

impl crate::Request for CreatePartitionsRequest {
    type Response = CreatePartitionsResponse;
}
