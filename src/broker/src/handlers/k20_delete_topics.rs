//! DeleteTopics, key 20, v1-v6.
//! v5 error texts; v6 by name or by id. Gone for clients when answered; the files follow.

use assay_protocol::messages::DeleteTopicsRequest;
use assay_protocol::messages::delete_topics::{DeletableTopicResult, DeleteTopicsResponse};
use assay_protocol::{ApiKey, ErrorCode, Str, Uuid};

use crate::core::Refused;
use crate::dispatch::{Api, Cx, answer};

pub(crate) const API: Api =
    Api { key: ApiKey::DeleteTopics, min: 1, max: 6, run: |cx, body| answer(cx, body, handle) };

async fn handle(cx: Cx, request: DeleteTopicsRequest) -> DeleteTopicsResponse {
    let by_name = request.topic_names.into_iter().map(|n| (Some(n), Uuid::ZERO));
    let wanted: Vec<(Option<Str>, Uuid)> =
        by_name.chain(request.topics.into_iter().map(|t| (t.name, t.topic_id))).collect();
    let mut responses = Vec::new();
    for (name, id) in wanted {
        let (name, id, outcome) = delete(&cx, name, id).await;
        let (code, text) = match outcome {
            Ok(()) => (ErrorCode::None, None),
            Err(refused) => (refused.code, Some(Str::from(refused.text))),
        };
        responses.push(DeletableTopicResult {
            name,
            topic_id: id,
            error_code: code.into(),
            error_message: text,
        });
    }
    DeleteTopicsResponse { throttle_time_ms: 0, responses }
}

async fn delete(cx: &Cx, name: Option<Str>, id: Uuid) -> (Option<Str>, Uuid, Result<(), Refused>) {
    let found = match &name {
        Some(_) if !id.is_zero() => {
            let text = "give a topic's name or its id, not both";
            return (name, id, Err(Refused::new(ErrorCode::InvalidRequest, text)));
        }
        Some(name) => cx.core.topics.get(name),
        None => cx.core.topics.by_id(id),
    };
    let Some(topic) = found else {
        let refused = match &name {
            Some(_) => Refused::new(ErrorCode::UnknownTopicOrPartition, "the topic does not exist"),
            None => Refused::new(ErrorCode::UnknownTopicId, "no topic has this id"),
        };
        return (name, id, Err(refused));
    };
    let (id, shown) = (topic.id, name.unwrap_or_else(|| (&*topic.name).into()));
    let outcome = cx.core.administer(move |core| core.delete_topic(&topic)).await;
    (Some(shown), id, outcome)
}
