//! ListOffsets, key 2, v1-v7.
//! v2 isolation level (the last stable offset is the high watermark); v4 leader epoch; v7 largest timestamp (-3).

use assay_log::LogReader;
use assay_protocol::messages::ListOffsetsRequest;
use assay_protocol::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsResponse, ListOffsetsTopicResponse,
};
use assay_protocol::{ApiKey, ErrorCode};

use crate::dispatch::{Api, Cx, answer, blocking};
use crate::fetch::check_epoch;
use crate::partition::{PartitionError, inflate_limits};

pub(crate) const API: Api =
    Api { key: ApiKey::ListOffsets, min: 1, max: 7, run: |cx, body| answer(cx, body, handle) };

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;

async fn handle(cx: Cx, request: ListOffsetsRequest) -> ListOffsetsResponse {
    let mut topics = Vec::new();
    for topic in request.topics {
        let mut partitions = Vec::new();
        for wanted in topic.partitions {
            let index = wanted.partition_index;
            let found = look(&cx, &topic.name, wanted).await;
            let failed = |error: ErrorCode| ListOffsetsPartitionResponse {
                partition_index: index,
                error_code: error.into(),
                ..Default::default()
            };
            partitions.push(found.unwrap_or_else(failed));
        }
        topics.push(ListOffsetsTopicResponse { name: topic.name, partitions });
    }
    ListOffsetsResponse { throttle_time_ms: 0, topics }
}

async fn look(
    cx: &Cx,
    topic: &str,
    wanted: ListOffsetsPartition,
) -> Result<ListOffsetsPartitionResponse, ErrorCode> {
    let partition =
        cx.core.topics.partition(topic, wanted.partition_index).ok_or(ErrorCode::UnknownTopicOrPartition)?;
    check_epoch(&partition, wanted.current_leader_epoch)?;
    let reader = partition.opened().await.map_err(|e| e.code())?;
    let epoch = partition.leader_epoch;
    let limit = cx.core.config.load().size("assay.inflated.bytes.max");
    let (offset, timestamp, leader_epoch) = match wanted.timestamp {
        LATEST => (reader.log_end_offset(), -1, epoch),
        EARLIEST => (reader.log_start_offset(), -1, -1),
        MAX_TIMESTAMP if cx.version >= 7 => by_time(reader, None, limit).await?,
        time if time >= 0 => by_time(reader, Some(time), limit).await?,
        _ => return Err(ErrorCode::InvalidRequest),
    };
    Ok(ListOffsetsPartitionResponse {
        partition_index: wanted.partition_index,
        error_code: 0,
        timestamp,
        offset,
        leader_epoch,
    })
}

/// The first record at or after a time, or the one with the largest timestamp; (-1, -1, -1) if there is none.
async fn by_time(reader: LogReader, time: Option<i64>, limit: usize) -> Result<(i64, i64, i32), ErrorCode> {
    let limits = inflate_limits(limit);
    let found = blocking(move || match time {
        Some(time) => reader.offset_for_timestamp(time, &limits),
        None => reader.max_timestamp_offset(&limits),
    });
    match found.await {
        Some(Ok(Some(at))) => Ok((at.offset, at.timestamp, at.leader_epoch)),
        Some(Ok(None)) => Ok((-1, -1, -1)),
        Some(Err(error)) => {
            tracing::warn!(%error, "time lookup failed");
            Err(PartitionError::from(error).code())
        }
        None => Err(ErrorCode::UnknownServerError),
    }
}
