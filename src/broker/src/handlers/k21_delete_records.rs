//! DeleteRecords, key 21, v0-v2.
//! Moves the log start offset; -1 means up to the high watermark. Durable when answered.

use assay_protocol::messages::DeleteRecordsRequest;
use assay_protocol::messages::delete_records::{
    DeleteRecordsPartitionResult, DeleteRecordsResponse, DeleteRecordsTopicResult,
};
use assay_protocol::{ApiKey, ErrorCode};

use crate::dispatch::{Api, Cx, answer, blocking};

pub(crate) const API: Api =
    Api { key: ApiKey::DeleteRecords, min: 0, max: 2, run: |cx, body| answer(cx, body, handle) };

const HIGH_WATERMARK: i64 = -1;

async fn handle(cx: Cx, request: DeleteRecordsRequest) -> DeleteRecordsResponse {
    let mut topics = Vec::new();
    for topic in request.topics {
        let mut partitions = Vec::new();
        for wanted in topic.partitions {
            let index = wanted.partition_index;
            let (low_watermark, error) = match delete(&cx, &topic.name, index, wanted.offset).await {
                Ok(start) => (start, ErrorCode::None),
                Err(error) => (-1, error),
            };
            partitions.push(DeleteRecordsPartitionResult {
                partition_index: index,
                low_watermark,
                error_code: error.into(),
            });
        }
        topics.push(DeleteRecordsTopicResult { name: topic.name, partitions });
    }
    DeleteRecordsResponse { throttle_time_ms: 0, topics }
}

async fn delete(cx: &Cx, topic: &str, index: i32, offset: i64) -> Result<i64, ErrorCode> {
    let topic = cx.core.topics.get(topic).ok_or(ErrorCode::UnknownTopicOrPartition)?;
    if topic.is_internal() {
        return Err(ErrorCode::InvalidTopicException);
    }
    if !topic.settings.load().deletes {
        return Err(ErrorCode::PolicyViolation); // only compacted: records go when their key has a newer one
    }
    let partition = topic.partition(index).ok_or(ErrorCode::UnknownTopicOrPartition)?;
    let reader = partition.opened().await.map_err(|e| e.code())?;
    let to = if offset == HIGH_WATERMARK { reader.log_end_offset() } else { offset };
    if to < 0 || to > reader.log_end_offset() {
        return Err(ErrorCode::OffsetOutOfRange);
    }
    match blocking(move || partition.truncate_prefix(to)).await {
        Some(Ok(start)) => Ok(start),
        Some(Err(error)) => Err(error.code()),
        None => Err(ErrorCode::UnknownServerError),
    }
}
