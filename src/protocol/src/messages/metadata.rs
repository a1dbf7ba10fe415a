//! Metadata, key 3, v0-v12. Brokers, topics, partitions and leaders. v1 null means all topics; v4 auto-creation by
//! choice; v8 authorized operations; v9 flexible; v10 topic ids; v12 lookup by topic id.

use crate::{Str, Uuid};

table! {
    request Metadata [0-12], flexible [9+];

    /// The body of a Metadata request.
    MetadataRequest {
        /// The topics to fetch metadata for.
        topics: Option<Vec<MetadataRequestTopic>> [0+] null [1+];
        /// If this is true, the broker may auto-create topics that we requested which do not already exist, if it
        /// is configured to do so.
        allow_auto_topic_creation: bool [4+] = true;
        /// Whether to include cluster authorized operations.
        include_cluster_authorized_operations: bool [8-10];
        /// Whether to include topic authorized operations.
        include_topic_authorized_operations: bool [8+];
    }

    /// An element of `topics`.
    MetadataRequestTopic {
        /// The topic id.
        topic_id: Uuid [10+];
        /// The topic name.
        name: Option<Str> [0+] null [10+];
    }
}

table! {
    response Metadata [0-12], flexible [9+];

    /// The body of a Metadata response.
    MetadataResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [3+];
        /// A list of brokers present in the cluster.
        brokers: Vec<MetadataResponseBroker> [0+];
        /// The cluster ID that responding broker belongs to.
        cluster_id: Option<Str> [2+] null [2+] = None;
        /// The ID of the controller broker.
        controller_id: i32 [1+] = -1;
        /// Each topic in the response.
        topics: Vec<MetadataResponseTopic> [0+];
        /// 32-bit bitfield to represent authorized operations for this cluster.
        cluster_authorized_operations: i32 [8-10] = -2147483648;
    }

    /// An element of `brokers`.
    MetadataResponseBroker {
        /// The broker ID.
        node_id: i32 [0+];
        /// The broker hostname.
        host: Str [0+];
        /// The broker port.
        port: i32 [0+];
        /// The rack of the broker, or null if it has not been assigned to a rack.
        rack: Option<Str> [1+] null [1+] = None;
    }

    /// An element of `topics`.
    MetadataResponseTopic {
        /// The topic error, or 0 if there was no error.
        error_code: i16 [0+];
        /// The topic name.
        name: Option<Str> [0+] null [12+];
        /// The topic id.
        topic_id: Uuid [10+];
        /// True if the topic is internal.
        is_internal: bool [1+];
        /// Each partition in the topic.
        partitions: Vec<MetadataResponsePartition> [0+];
        /// 32-bit bitfield to represent authorized operations for this topic.
        topic_authorized_operations: i32 [8+] = -2147483648;
    }

    /// An element of `partitions`.
    MetadataResponsePartition {
        /// The partition error, or 0 if there was no error.
        error_code: i16 [0+];
        /// The partition index.
        partition_index: i32 [0+];
        /// The ID of the leader broker.
        leader_id: i32 [0+];
        /// The leader epoch of this partition.
        leader_epoch: i32 [7+] = -1;
        /// The set of all nodes that host this partition.
        replica_nodes: Vec<i32> [0+];
        /// The set of nodes that are in sync with the leader for this partition.
        isr_nodes: Vec<i32> [0+];
        /// The set of offline replicas of this partition.
        offline_replicas: Vec<i32> [5+];
    }
}

impl crate::Request for MetadataRequest {
    type Response = MetadataResponse;
}
