//! Fetch, key 1, v4-v12.
//! v5 log start offset; v7 sessions (KIP-227; every answer has session id 0, which says "no session", and an unknown
//! session id is refused); v9 leader epoch; v10 zstd; v11 rack (ignored); v12 flexible, diverging epoch.
//! The last stable offset is the high watermark, since there are no transactions.

use std::time::Duration;

use assay_protocol::messages::FetchRequest;
use assay_protocol::messages::fetch::{FetchResponse, FetchableTopicResponse};
use assay_protocol::{ApiKey, ErrorCode};

use crate::dispatch::{Api, Cx, Staged, staged};
use crate::fetch::{Limits, Wanted, fetch};

pub(crate) const API: Api =
    Api { key: ApiKey::Fetch, min: 4, max: 12, run: |cx, body| staged(cx, body, handle) };

/// `session_epoch` of a request that is no part of a session (or ends one).
const FINAL_EPOCH: i32 = -1;
/// Longest wait granted, whatever a client asks for.
const WAIT_MAX: Duration = Duration::from_secs(300);

async fn handle(cx: Cx, request: FetchRequest) -> Staged<FetchResponse> {
    if request.session_id != 0 && request.session_epoch != FINAL_EPOCH {
        return Staged::Now(FetchResponse {
            error_code: ErrorCode::FetchSessionIdNotFound.into(),
            ..Default::default()
        });
    }
    let size = |n: i32| usize::try_from(n).unwrap_or(0);
    let limits = Limits {
        min_bytes: size(request.min_bytes),
        max_bytes: size(request.max_bytes).min(cx.core.config.load().size("fetch.max.bytes")),
        wait: Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or(0)).min(WAIT_MAX),
        read_committed: request.isolation_level == 1,
    };
    let mut wanted = Vec::new();
    let mut shape = Vec::new();
    for topic in request.topics {
        // The wait may be long: hold the names, not the frame.
        let name = topic.topic.detached();
        shape.push((name.clone(), topic.partitions.len()));
        wanted.extend(topic.partitions.into_iter().map(|p| Wanted {
            topic: name.clone(),
            partition: p.partition,
            offset: p.fetch_offset,
            current_epoch: p.current_leader_epoch,
            last_epoch: p.last_fetched_epoch,
            max_bytes: size(p.partition_max_bytes),
        }));
    }
    Staged::Later(Box::pin(async move {
        let mut data = fetch(cx.core, wanted, limits).await.into_iter();
        let topics = shape
            .into_iter()
            .map(|(topic, n)| FetchableTopicResponse { topic, partitions: data.by_ref().take(n).collect() });
        FetchResponse { responses: topics.collect(), ..Default::default() }
    }))
}
