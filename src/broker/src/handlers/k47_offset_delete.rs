//! OffsetDelete, key 47, v0.
//! Committed offsets of topics the group is not subscribed to (KIP-496).

use std::sync::Arc;

use assay_protocol::messages::OffsetDeleteRequest;
use assay_protocol::messages::offset_delete::{
    OffsetDeleteResponse, OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use assay_protocol::{ApiKey, ErrorCode};

use crate::dispatch::{Api, Cx, answer};

pub(crate) const API: Api =
    Api { key: ApiKey::OffsetDelete, min: 0, max: 0, run: |cx, body| answer(cx, body, handle) };

async fn handle(cx: Cx, request: OffsetDeleteRequest) -> OffsetDeleteResponse {
    let mut wanted = Vec::new();
    for topic in &request.topics {
        let name: Arc<str> = Arc::from(&*topic.name);
        wanted.extend(topic.partitions.iter().map(|p| (name.clone(), p.partition_index)));
    }
    let top = |error: ErrorCode| OffsetDeleteResponse { error_code: error.into(), ..Default::default() };
    if !super::is_group_id(&request.group_id) {
        return top(ErrorCode::InvalidGroupId);
    }
    let (errors, durable) = match cx.core.groups.delete_offsets(&request.group_id, &wanted) {
        Ok(done) => done,
        Err(error) => return top(error),
    };
    if let Some(durable) = durable
        && let Err(error) = durable.await
    {
        return top(error);
    }
    let mut errors = errors.into_iter();
    let mut topics = Vec::new();
    for topic in request.topics {
        let known = cx.core.topics.get(&topic.name);
        let partitions = topic.partitions.iter().zip(errors.by_ref()).map(|(p, error)| {
            let there = known.as_ref().is_some_and(|t| t.partition(p.partition_index).is_some());
            let error = if there { error } else { ErrorCode::UnknownTopicOrPartition };
            OffsetDeleteResponsePartition { partition_index: p.partition_index, error_code: error.into() }
        });
        let partitions = partitions.collect();
        topics.push(OffsetDeleteResponseTopic { name: topic.name, partitions });
    }
    OffsetDeleteResponse { error_code: 0, throttle_time_ms: 0, topics }
}
