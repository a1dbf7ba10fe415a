//! Produce, key 0, advertised v0-v9, served v3-v9. Record batch v2 only.
//! v3 transactional id; v5 log start offset; v7 zstd; v8 record errors (KIP-467); v9 flexible. Versions below 3 are
//! advertised because librdkafka up to 2.8 asks for version 0 before it compresses (KAFKA-18659); they are answered
//! with UNSUPPORTED_VERSION. Not done: transactions (refused).

use std::time::Duration;

use assay_protocol::messages::ProduceRequest;
use assay_protocol::messages::produce::{ProduceResponse, TopicProduceResponse};
use assay_protocol::{ApiKey, ErrorCode, Str};

use crate::core::NO_TRANSACTIONS;
use crate::dispatch::{Api, Cx, Staged, staged};
use crate::produce::{self, Acks, Outcome, Part};

pub(crate) const API: Api =
    Api { key: ApiKey::Produce, min: 0, max: 9, run: |cx, body| staged(cx, body, handle) };

/// An fsync cannot be called off, so a shorter timeout than this only makes producers send again what is stored.
const TIMEOUT_MIN: Duration = Duration::from_secs(1);

type Outcomes = Vec<(Str, Vec<(i32, Outcome)>)>;

async fn handle(cx: Cx, request: ProduceRequest) -> Staged<ProduceResponse> {
    let timeout = Duration::from_millis(u64::try_from(request.timeout_ms).unwrap_or(0)).max(TIMEOUT_MIN);
    let Some(acks) = Acks::from_wire(request.acks) else {
        return Staged::Now(refuse_all(&request, ErrorCode::InvalidRequiredAcks, None));
    };
    let refused = if cx.version < 3 {
        Some((ErrorCode::UnsupportedVersion, "record batch format 2 needs Produce version 3 or newer"))
    } else {
        request.transactional_id.is_some().then_some((ErrorCode::InvalidTxnState, NO_TRANSACTIONS))
    };
    if let Some((error, text)) = refused {
        tracing::warn!(client_id = %cx.request.client_id, peer = %cx.request.peer, "produce refused: {text}");
        return match acks {
            Acks::None => Staged::Close,
            Acks::Leader | Acks::All => Staged::Now(refuse_all(&request, error, Some(text))),
        };
    }
    let outcomes = append_all(&cx, request, acks).await;
    let waits = outcomes.iter().any(|(_, parts)| parts.iter().any(|(_, o)| o.durable.is_some()));
    match acks {
        Acks::None if failed(&cx, &outcomes) => Staged::Close,
        Acks::None => Staged::NoAnswer,
        Acks::Leader | Acks::All if waits => Staged::Later(Box::pin(wait(outcomes, timeout))),
        Acks::Leader | Acks::All => Staged::Now(response(outcomes)),
    }
}

async fn append_all(cx: &Cx, request: ProduceRequest, acks: Acks) -> Outcomes {
    let mut outcomes = Vec::new();
    for topic in request.topic_data {
        let mut parts = Vec::new();
        for data in topic.partition_data {
            let part = Part {
                core: &cx.core,
                request: &cx.request,
                version: cx.version,
                acks,
                topic: &topic.name,
                index: data.index,
                records: data.records,
            };
            parts.push((data.index, produce::append(part).await));
        }
        outcomes.push((topic.name, parts));
    }
    outcomes
}

/// A producer that asked for no answer learns of a refusal only by losing its connection, as with Kafka.
fn failed(cx: &Cx, outcomes: &Outcomes) -> bool {
    let mut any = false;
    for (topic, parts) in outcomes {
        for (partition, outcome) in parts.iter().filter(|(_, o)| o.error != ErrorCode::None) {
            any = true;
            tracing::warn!(
                %topic, partition, client_id = %cx.request.client_id, peer = %cx.request.peer,
                error = outcome.error.name(), text = loggable(outcome),
                "produce with acks=0 refused, connection closed"
            );
        }
    }
    any
}

/// The words for an error. Those for failed records may quote the records, and have their own line in the log.
fn loggable(outcome: &Outcome) -> &str {
    match outcome.record_errors.as_slice() {
        [] => outcome.text.as_deref().unwrap_or_default(),
        [..] => "records failed validation",
    }
}

/// Waits for the appended batches to be durable. What is not in time is answered REQUEST_TIMED_OUT; it is written, and
/// an idempotent producer that sends it again is answered as for a duplicate.
async fn wait(mut outcomes: Outcomes, timeout: Duration) -> ProduceResponse {
    let deadline = tokio::time::Instant::now() + timeout;
    for (_, outcome) in outcomes.iter_mut().flat_map(|(_, parts)| parts) {
        let Some(durable) = outcome.durable.take() else { continue };
        match tokio::time::timeout_at(deadline, durable).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => outcome.fail(error),
            Err(_) => outcome.fail(ErrorCode::RequestTimedOut),
        }
    }
    response(outcomes)
}

fn response(outcomes: Outcomes) -> ProduceResponse {
    let topic = |(name, parts): (Str, Vec<(i32, Outcome)>)| TopicProduceResponse {
        name,
        partition_responses: parts.into_iter().map(|(index, o)| o.response(index)).collect(),
    };
    ProduceResponse { responses: outcomes.into_iter().map(topic).collect(), throttle_time_ms: 0 }
}

fn refuse_all(request: &ProduceRequest, error: ErrorCode, text: Option<&str>) -> ProduceResponse {
    let outcome = || Outcome::failed(error, text.map(str::to_owned));
    let topics = request
        .topic_data
        .iter()
        .map(|t| (t.name.clone(), t.partition_data.iter().map(|p| (p.index, outcome())).collect()));
    response(topics.collect())
}
