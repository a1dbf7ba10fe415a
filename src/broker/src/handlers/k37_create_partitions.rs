//! CreatePartitions, key 37, v0-v3.
//! Raises the partition count of topics. Assignments may only name this node.

use assay_protocol::messages::CreatePartitionsRequest;
use assay_protocol::messages::create_partitions::{CreatePartitionsResponse, CreatePartitionsTopicResult};
use assay_protocol::{ApiKey, ErrorCode};

use crate::dispatch::{Api, Cx, answer};

pub(crate) const API: Api =
    Api { key: ApiKey::CreatePartitions, min: 0, max: 3, run: |cx, body| answer(cx, body, handle) };

async fn handle(cx: Cx, request: CreatePartitionsRequest) -> CreatePartitionsResponse {
    let mut results = Vec::new();
    for topic in request.topics {
        let (name, validate_only) = (topic.name.clone(), request.validate_only);
        let done = cx.core.administer(move |core| {
            let assignments: Option<Vec<Vec<i32>>> =
                topic.assignments.map(|all| all.into_iter().map(|a| a.broker_ids).collect());
            core.create_partitions(&topic.name, topic.count, assignments.as_deref(), validate_only)
        });
        let (code, text) = match done.await {
            Ok(()) => (ErrorCode::None, None),
            Err(refused) => (refused.code, Some(refused.text.into())),
        };
        results.push(CreatePartitionsTopicResult { name, error_code: code.into(), error_message: text });
    }
    CreatePartitionsResponse { throttle_time_ms: 0, results }
}
