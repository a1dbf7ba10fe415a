//! OffsetCommit, key 8, v2-v8.
//! v2-v4 retention time (ignored: the broker's offsets.retention.minutes holds); v6 leader epoch; v7 static members.
//! Answered once the commit is as durable as acks=all.

use std::sync::Arc;

use assay_protocol::messages::OffsetCommitRequest;
use assay_protocol::messages::offset_commit::{
    OffsetCommitResponse, OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use assay_protocol::{ApiKey, ErrorCode};

use crate::clock;
use crate::dispatch::{Api, Cx, Staged, staged};
use crate::groups::{CommittedOffset, OffsetCommitCall};

pub(crate) const API: Api =
    Api { key: ApiKey::OffsetCommit, min: 2, max: 8, run: |cx, body| staged(cx, body, handle) };

async fn handle(cx: Cx, request: OffsetCommitRequest) -> Staged<OffsetCommitResponse> {
    let mut offsets = Vec::new();
    let mut response = OffsetCommitResponse::default();
    let metadata_max = cx.core.config.load().size("offset.metadata.max.bytes");
    let now = clock::wall_ms();
    for topic in &request.topics {
        let known = cx.core.topics.get(&topic.name);
        let name: Arc<str> = Arc::from(&*topic.name);
        let mut partitions = Vec::new();
        for p in &topic.partitions {
            let metadata = p.committed_metadata.as_deref().unwrap_or_default();
            let error = if known.as_ref().and_then(|t| t.partition(p.partition_index)).is_none() {
                ErrorCode::UnknownTopicOrPartition
            } else if metadata.len() > metadata_max {
                ErrorCode::OffsetMetadataTooLarge
            } else {
                ErrorCode::None
            };
            if error == ErrorCode::None {
                let committed = CommittedOffset {
                    offset: p.committed_offset,
                    leader_epoch: p.committed_leader_epoch,
                    metadata: metadata.to_owned(),
                    committed_ms: now,
                };
                offsets.push(((name.clone(), p.partition_index), committed));
            }
            partitions.push(OffsetCommitResponsePartition {
                partition_index: p.partition_index,
                error_code: error.into(),
            });
        }
        response.topics.push(OffsetCommitResponseTopic { name: topic.name.clone(), partitions });
    }
    let call = OffsetCommitCall {
        member_id: request.member_id.to_string(),
        instance: request.group_instance_id.as_ref().map(|i| i.to_string()),
        generation: request.generation_id_or_member_epoch,
        offsets,
    };
    if !super::is_group_id(&request.group_id) {
        return Staged::Now(with_error(response, ErrorCode::InvalidGroupId));
    }
    match cx.core.groups.commit(&request.group_id, call) {
        Err(error) => Staged::Now(with_error(response, error)),
        Ok(durable) => Staged::Later(Box::pin(async move {
            match durable.await {
                Ok(()) => response,
                Err(error) => with_error(response, error),
            }
        })),
    }
}

/// The error for every partition that has none of its own.
fn with_error(mut response: OffsetCommitResponse, error: ErrorCode) -> OffsetCommitResponse {
    for p in response.topics.iter_mut().flat_map(|t| &mut t.partitions).filter(|p| p.error_code == 0) {
        p.error_code = error.into();
    }
    response
}
