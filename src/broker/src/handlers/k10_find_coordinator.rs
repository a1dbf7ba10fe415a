//! FindCoordinator, key 10, v0-v4.
//! v1 key type; v4 several keys. Groups only: this node coordinates every group. A transaction coordinator is refused
//! with a text, since transactions are not implemented.

use assay_protocol::messages::FindCoordinatorRequest;
use assay_protocol::messages::find_coordinator::{Coordinator, FindCoordinatorResponse};
use assay_protocol::{ApiKey, ErrorCode, Str};

use crate::dispatch::{Api, Cx, answer};

pub(crate) const API: Api =
    Api { key: ApiKey::FindCoordinator, min: 0, max: 4, run: |cx, body| answer(cx, body, handle) };

const GROUP: i8 = 0;
const TRANSACTION: i8 = 1;

async fn handle(cx: Cx, request: FindCoordinatorRequest) -> FindCoordinatorResponse {
    if cx.version >= 4 {
        let coordinators =
            request.coordinator_keys.into_iter().map(|k| find(&cx, request.key_type, k)).collect();
        return FindCoordinatorResponse { coordinators, ..Default::default() };
    }
    let found = find(&cx, request.key_type, request.key);
    FindCoordinatorResponse {
        error_code: found.error_code,
        error_message: found.error_message,
        node_id: found.node_id,
        host: found.host,
        port: found.port,
        ..Default::default()
    }
}

fn find(cx: &Cx, key_type: i8, key: Str) -> Coordinator {
    let refused = |error: ErrorCode, text: &str| Coordinator {
        key: key.clone(),
        node_id: -1,
        host: Str::default(),
        port: -1,
        error_code: error.into(),
        error_message: Some(text.into()),
    };
    match key_type {
        GROUP => {
            let (host, port) = cx.core.advertised(&cx.request);
            Coordinator { key, node_id: cx.core.node_id, host, port, error_code: 0, error_message: None }
        }
        // The code that both librdkafka and the Java client take as final; only librdkafka shows the text.
        TRANSACTION => refused(ErrorCode::TransactionalIdAuthorizationFailed, crate::core::NO_TRANSACTIONS),
        _ => refused(ErrorCode::InvalidRequest, "key type must be 0 (group) or 1 (transaction)"),
    }
}
