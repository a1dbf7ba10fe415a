//! OffsetForLeaderEpoch, key 23, v2-v4.
//! Where a leader epoch ended, so that a consumer notices a log that was cut by a crash (KIP-320).

use assay_protocol::messages::OffsetForLeaderEpochRequest;
use assay_protocol::messages::offset_for_leader_epoch::{
    EpochEndOffset, OffsetForLeaderEpochResponse, OffsetForLeaderPartition, OffsetForLeaderTopicResult,
};
use assay_protocol::{ApiKey, ErrorCode};

use crate::dispatch::{Api, Cx, answer};
use crate::fetch::check_epoch;

pub(crate) const API: Api =
    Api { key: ApiKey::OffsetForLeaderEpoch, min: 2, max: 4, run: |cx, body| answer(cx, body, handle) };

async fn handle(cx: Cx, request: OffsetForLeaderEpochRequest) -> OffsetForLeaderEpochResponse {
    let mut topics = Vec::new();
    for topic in request.topics {
        let mut partitions = Vec::new();
        for wanted in topic.partitions {
            partitions.push(match look(&cx, &topic.topic, &wanted).await {
                Ok((leader_epoch, end_offset)) => {
                    EpochEndOffset { error_code: 0, partition: wanted.partition, leader_epoch, end_offset }
                }
                Err(error) => EpochEndOffset {
                    error_code: error.into(),
                    partition: wanted.partition,
                    ..Default::default()
                },
            });
        }
        topics.push(OffsetForLeaderTopicResult { topic: topic.topic, partitions });
    }
    OffsetForLeaderEpochResponse { throttle_time_ms: 0, topics }
}

async fn look(cx: &Cx, topic: &str, wanted: &OffsetForLeaderPartition) -> Result<(i32, i64), ErrorCode> {
    let partition =
        cx.core.topics.partition(topic, wanted.partition).ok_or(ErrorCode::UnknownTopicOrPartition)?;
    check_epoch(&partition, wanted.current_leader_epoch)?;
    let reader = partition.opened().await.map_err(|e| e.code())?;
    if wanted.leader_epoch == partition.leader_epoch {
        return Ok((partition.leader_epoch, reader.log_end_offset()));
    }
    Ok(reader.end_of_epoch(wanted.leader_epoch).map_or((-1, -1), |end| (end.epoch, end.end_offset)))
}
