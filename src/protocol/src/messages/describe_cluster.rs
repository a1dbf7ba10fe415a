//! DescribeCluster, key 60, v0-v1. Brokers, controller and cluster id. Flexible from v0; v1 endpoint type.

use crate::Str;

table! {
    request DescribeCluster [0-1], flexible [0+];

    /// The body of a DescribeCluster request.
    DescribeClusterRequest {
        /// Whether to include cluster authorized operations.
        include_cluster_authorized_operations: bool [0+];
        /// The endpoint type to describe.
        endpoint_type: i8 [1+] = 1;
    }
}

table! {
    response DescribeCluster [0-1], flexible [0+];

    /// The body of a DescribeCluster response.
    DescribeClusterResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [0+];
        /// The top-level error code, or 0 if there was no error.
        error_code: i16 [0+];
        /// The top-level error message, or null if there was no error.
        error_message: Option<Str> [0+] null [0+] = None;
        /// The endpoint type that was described.
        endpoint_type: i8 [1+] = 1;
        /// The cluster ID that responding broker belongs to.
        cluster_id: Str [0+];
        /// The ID of the controller broker.
        controller_id: i32 [0+] = -1;
        /// Each broker in the response.
        brokers: Vec<DescribeClusterBroker> [0+];
        /// 32-bit bitfield to represent authorized operations for this cluster.
        cluster_authorized_operations: i32 [0+] = -2147483648;
    }

    /// An element of `brokers`.
    DescribeClusterBroker {
        /// The broker ID.
        broker_id: i32 [0+];
        /// The broker hostname.
        host: Str [0+];
        /// The broker port.
        port: i32 [0+];
        /// The rack of the broker, or null if it has not been assigned to a rack.
        rack: Option<Str> [0+] null [0+] = None;
    }
}

impl crate::Request for DescribeClusterRequest {
    type Response = DescribeClusterResponse;
}
