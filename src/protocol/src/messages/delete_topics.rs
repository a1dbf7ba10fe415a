//! DeleteTopics, key 20, v1-v6. Deletes topics. v4 flexible; v5 error messages; v6 by topic id.

use crate::{Str, Uuid};

table! {
    request DeleteTopics [1-6], flexible [4+];

    /// The body of a DeleteTopics request.
    DeleteTopicsRequest {
        /// The name or topic ID of the topic.
        topics: Vec<DeleteTopicState> [6+];
        /// The names of the topics to delete.
        topic_names: Vec<Str> [0-5];
        /// The length of time in milliseconds to wait for the deletions to complete.
        timeout_ms: i32 [0+];
    }

    /// An element of `topics`.
    DeleteTopicState {
        /// The topic name.
        name: Option<Str> [6+] null [6+] = None;
        /// The unique topic ID.
        topic_id: Uuid [6+];
    }
}

table! {
    response DeleteTopics [1-6], flexible [4+];

    /// The body of a DeleteTopics response.
    DeleteTopicsResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [1+];
        /// The results for each topic we tried to delete.
        responses: Vec<DeletableTopicResult> [0+];
    }

    /// An element of `responses`.
    DeletableTopicResult {
        /// The topic name.
        name: Option<Str> [0+] null [6+];
        /// The unique topic ID.
        topic_id: Uuid [6+];
        /// The deletion error, or 0 if the deletion succeeded.
        error_code: i16 [0+];
        /// The error message, or null if there was no error.
        error_message: Option<Str> [5+] null [5+] = None;
    }
}

impl crate::Request for DeleteTopicsRequest {
    type Response = DeleteTopicsResponse;
}
