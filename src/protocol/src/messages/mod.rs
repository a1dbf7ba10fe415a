//! The message tables, one file per API: request and response with their nested structs, in the official field order.
//!
//! Names, versions, defaults and descriptions follow Apache Kafka's message definitions (Apache License 2.0). The
//! versions here are those this crate can read and write; a broker advertises what it implements of them.

pub mod alter_configs;
pub mod api_versions;
pub mod create_partitions;
pub mod create_topics;
pub mod delete_groups;
pub mod delete_records;
pub mod delete_topics;
pub mod describe_cluster;
pub mod describe_configs;
pub mod describe_groups;
pub mod describe_log_dirs;
pub mod fetch;
pub mod find_coordinator;
pub mod heartbeat;
pub mod incremental_alter_configs;
pub mod init_producer_id;
pub mod join_group;
pub mod leave_group;
pub mod list_groups;
pub mod list_offsets;
pub mod list_partition_reassignments;
pub mod metadata;
pub mod offset_commit;
pub mod offset_delete;
pub mod offset_fetch;
pub mod offset_for_leader_epoch;
pub mod produce;
pub mod sasl_authenticate;
pub mod sasl_handshake;
pub mod sync_group;

pub use alter_configs::{AlterConfigsRequest, AlterConfigsResponse};
pub use api_versions::{ApiVersionsRequest, ApiVersionsResponse};
pub use create_partitions::{CreatePartitionsRequest, CreatePartitionsResponse};
pub use create_topics::{CreateTopicsRequest, CreateTopicsResponse};
pub use delete_groups::{DeleteGroupsRequest, DeleteGroupsResponse};
pub use delete_records::{DeleteRecordsRequest, DeleteRecordsResponse};
pub use delete_topics::{DeleteTopicsRequest, DeleteTopicsResponse};
pub use describe_cluster::{DescribeClusterRequest, DescribeClusterResponse};
pub use describe_configs::{DescribeConfigsRequest, DescribeConfigsResponse};
pub use describe_groups::{DescribeGroupsRequest, DescribeGroupsResponse};
pub use describe_log_dirs::{DescribeLogDirsRequest, DescribeLogDirsResponse};
pub use fetch::{FetchRequest, FetchResponse};
pub use find_coordinator::{FindCoordinatorRequest, FindCoordinatorResponse};
pub use heartbeat::{HeartbeatRequest, HeartbeatResponse};
pub use incremental_alter_configs::{IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse};
pub use init_producer_id::{InitProducerIdRequest, InitProducerIdResponse};
pub use join_group::{JoinGroupRequest, JoinGroupResponse};
pub use leave_group::{LeaveGroupRequest, LeaveGroupResponse};
pub use list_groups::{ListGroupsRequest, ListGroupsResponse};
pub use list_offsets::{ListOffsetsRequest, ListOffsetsResponse};
pub use list_partition_reassignments::{
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse,
};
pub use metadata::{MetadataRequest, MetadataResponse};
pub use offset_commit::{OffsetCommitRequest, OffsetCommitResponse};
pub use offset_delete::{OffsetDeleteRequest, OffsetDeleteResponse};
pub use offset_fetch::{OffsetFetchRequest, OffsetFetchResponse};
pub use offset_for_leader_epoch::{OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse};
pub use produce::{ProduceRequest, ProduceResponse};
pub use sasl_authenticate::{SaslAuthenticateRequest, SaslAuthenticateResponse};
pub use sasl_handshake::{SaslHandshakeRequest, SaslHandshakeResponse};
pub use sync_group::{SyncGroupRequest, SyncGroupResponse};

use crate::AnyMessage;

/// Every message with a table, requests and responses by API key, then the records of `__consumer_offsets`.
pub const ALL: &[AnyMessage] = &[
    AnyMessage::of::<ProduceRequest>(),
    AnyMessage::of::<ProduceResponse>(),
    AnyMessage::of::<FetchRequest>(),
    AnyMessage::of::<FetchResponse>(),
    AnyMessage::of::<ListOffsetsRequest>(),
    AnyMessage::of::<ListOffsetsResponse>(),
    AnyMessage::of::<MetadataRequest>(),
    AnyMessage::of::<MetadataResponse>(),
    AnyMessage::of::<OffsetCommitRequest>(),
    AnyMessage::of::<OffsetCommitResponse>(),
    AnyMessage::of::<OffsetFetchRequest>(),
    AnyMessage::of::<OffsetFetchResponse>(),
    AnyMessage::of::<FindCoordinatorRequest>(),
    AnyMessage::of::<FindCoordinatorResponse>(),
    AnyMessage::of::<JoinGroupRequest>(),
    AnyMessage::of::<JoinGroupResponse>(),
    AnyMessage::of::<HeartbeatRequest>(),
    AnyMessage::of::<HeartbeatResponse>(),
    AnyMessage::of::<LeaveGroupRequest>(),
    AnyMessage::of::<LeaveGroupResponse>(),
    AnyMessage::of::<SyncGroupRequest>(),
    AnyMessage::of::<SyncGroupResponse>(),
    AnyMessage::of::<DescribeGroupsRequest>(),
    AnyMessage::of::<DescribeGroupsResponse>(),
    AnyMessage::of::<ListGroupsRequest>(),
    AnyMessage::of::<ListGroupsResponse>(),
    AnyMessage::of::<SaslHandshakeRequest>(),
    AnyMessage::of::<SaslHandshakeResponse>(),
    AnyMessage::of::<SaslAuthenticateRequest>(),
    AnyMessage::of::<SaslAuthenticateResponse>(),
    AnyMessage::of::<ApiVersionsRequest>(),
    AnyMessage::of::<ApiVersionsResponse>(),
    AnyMessage::of::<CreateTopicsRequest>(),
    AnyMessage::of::<CreateTopicsResponse>(),
    AnyMessage::of::<DeleteTopicsRequest>(),
    AnyMessage::of::<DeleteTopicsResponse>(),
    AnyMessage::of::<DeleteRecordsRequest>(),
    AnyMessage::of::<DeleteRecordsResponse>(),
    AnyMessage::of::<InitProducerIdRequest>(),
    AnyMessage::of::<InitProducerIdResponse>(),
    AnyMessage::of::<OffsetForLeaderEpochRequest>(),
    AnyMessage::of::<OffsetForLeaderEpochResponse>(),
    AnyMessage::of::<DescribeConfigsRequest>(),
    AnyMessage::of::<DescribeConfigsResponse>(),
    AnyMessage::of::<AlterConfigsRequest>(),
    AnyMessage::of::<AlterConfigsResponse>(),
    AnyMessage::of::<DescribeLogDirsRequest>(),
    AnyMessage::of::<DescribeLogDirsResponse>(),
    AnyMessage::of::<CreatePartitionsRequest>(),
    AnyMessage::of::<CreatePartitionsResponse>(),
    AnyMessage::of::<DeleteGroupsRequest>(),
    AnyMessage::of::<DeleteGroupsResponse>(),
    AnyMessage::of::<IncrementalAlterConfigsRequest>(),
    AnyMessage::of::<IncrementalAlterConfigsResponse>(),
    AnyMessage::of::<ListPartitionReassignmentsRequest>(),
    AnyMessage::of::<ListPartitionReassignmentsResponse>(),
    AnyMessage::of::<OffsetDeleteRequest>(),
    AnyMessage::of::<OffsetDeleteResponse>(),
    AnyMessage::of::<DescribeClusterRequest>(),
    AnyMessage::of::<DescribeClusterResponse>(),
    AnyMessage::of::<crate::offsets_topic::OffsetCommitKey>(),
    AnyMessage::of::<crate::offsets_topic::OffsetCommitValue>(),
    AnyMessage::of::<crate::offsets_topic::GroupMetadataKey>(),
    AnyMessage::of::<crate::offsets_topic::GroupMetadataValue>(),
];
