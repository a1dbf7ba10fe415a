//! DescribeCluster, key 60, v0-v1.
//! v1 endpoint type: brokers only. Not done: authorized operations.

use assay_protocol::messages::DescribeClusterRequest;
use assay_protocol::messages::describe_cluster::{DescribeClusterBroker, DescribeClusterResponse};
use assay_protocol::{ApiKey, ErrorCode};

use crate::dispatch::{Api, Cx, answer};

pub(crate) const API: Api =
    Api { key: ApiKey::DescribeCluster, min: 0, max: 1, run: |cx, body| answer(cx, body, handle) };

const BROKERS: i8 = 1;

async fn handle(cx: Cx, request: DescribeClusterRequest) -> DescribeClusterResponse {
    if cx.version >= 1 && request.endpoint_type != BROKERS {
        return DescribeClusterResponse {
            error_code: ErrorCode::MismatchedEndpointType.into(),
            error_message: Some("this listener is a broker's, not a controller's".into()),
            ..Default::default()
        };
    }
    let (host, port) = cx.core.advertised(&cx.request);
    DescribeClusterResponse {
        cluster_id: cx.core.cluster_id.as_str().into(),
        controller_id: cx.core.node_id,
        brokers: vec![DescribeClusterBroker { broker_id: cx.core.node_id, host, port, rack: None }],
        ..Default::default()
    }
}
