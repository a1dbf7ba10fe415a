//! DescribeLogDirs, key 35, v1-v4.
//! One directory. v3 top-level error; v4 disk sizes (not given).

use std::collections::HashMap;

use assay_protocol::messages::DescribeLogDirsRequest;
use assay_protocol::messages::describe_log_dirs::{
    DescribeLogDirsPartition, DescribeLogDirsResponse, DescribeLogDirsResult, DescribeLogDirsTopic,
};
use assay_protocol::{ApiKey, ErrorCode};

use crate::dispatch::{Api, Cx, answer};

pub(crate) const API: Api =
    Api { key: ApiKey::DescribeLogDirs, min: 1, max: 4, run: |cx, body| answer(cx, body, handle) };

async fn handle(cx: Cx, request: DescribeLogDirsRequest) -> DescribeLogDirsResponse {
    let wanted: Option<HashMap<_, _>> = request
        .topics
        .map(|topics| topics.into_iter().map(|t| (t.topic.to_string(), t.partitions)).collect());
    let mut topics = Vec::new();
    for topic in cx.core.topics.list() {
        let only = match &wanted {
            None => None,
            Some(map) => match map.get(&*topic.name) {
                None => continue,
                Some(partitions) => Some(partitions),
            },
        };
        let mut partitions = Vec::new();
        for partition in topic.partitions().iter() {
            if only.is_some_and(|p| !p.contains(&partition.index)) || !partition.exists() {
                continue;
            }
            let size = partition.opened().await.map_or(0, |r| r.size_bytes());
            partitions.push(DescribeLogDirsPartition {
                partition_index: partition.index,
                partition_size: i64::try_from(size).unwrap_or(i64::MAX),
                offset_lag: 0,
                is_future_key: false,
            });
        }
        if !partitions.is_empty() {
            topics.push(DescribeLogDirsTopic { name: (&*topic.name).into(), partitions });
        }
    }
    let error = if cx.core.env.is_offline() { ErrorCode::KafkaStorageError } else { ErrorCode::None };
    let result = DescribeLogDirsResult {
        error_code: error.into(),
        log_dir: cx.core.logs.display().to_string().into(),
        topics,
        ..Default::default()
    };
    DescribeLogDirsResponse { results: vec![result], ..Default::default() }
}
