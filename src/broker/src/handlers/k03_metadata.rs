//! Metadata, key 3, v0-v12.
//! v0 empty = all topics, v1+ null = all; v4 auto-creation by choice; v8 authorized operations (not computed);
//! v10 topic ids; v12 lookup by topic id. Every partition's leader is this node.

use assay_protocol::messages::MetadataRequest;
use assay_protocol::messages::metadata::{
    MetadataRequestTopic, MetadataResponse, MetadataResponseBroker, MetadataResponsePartition,
    MetadataResponseTopic,
};
use assay_protocol::{ApiKey, ErrorCode, Str, Uuid};

use crate::dispatch::{Api, Cx, answer};
use crate::metadata::check_topic_name;
use crate::topics::{NewTopic, Topic};

pub(crate) const API: Api =
    Api { key: ApiKey::Metadata, min: 0, max: 12, run: |cx, body| answer(cx, body, handle) };

async fn handle(cx: Cx, request: MetadataRequest) -> MetadataResponse {
    let all = match &request.topics {
        None => true,
        Some(topics) => cx.version == 0 && topics.is_empty(),
    };
    let mut topics = Vec::new();
    if all {
        topics.extend(cx.core.topics.list().iter().map(|t| describe(&cx, t)));
    } else {
        // Before version 4 the client has no say: the broker's configuration decides.
        let may_create = cx.version < 4 || request.allow_auto_topic_creation;
        for wanted in request.topics.unwrap_or_default() {
            topics.push(one(&cx, wanted, may_create).await);
        }
    }
    let (host, port) = cx.core.advertised(&cx.request);
    MetadataResponse {
        throttle_time_ms: 0,
        brokers: vec![MetadataResponseBroker { node_id: cx.core.node_id, host, port, rack: None }],
        cluster_id: Some(cx.core.cluster_id.as_str().into()),
        controller_id: cx.core.node_id,
        topics,
        cluster_authorized_operations: super::OPERATIONS_UNKNOWN,
    }
}

async fn one(cx: &Cx, wanted: MetadataRequestTopic, may_create: bool) -> MetadataResponseTopic {
    let Some(name) = wanted.name else {
        return match cx.core.topics.by_id(wanted.topic_id) {
            Some(topic) => describe(cx, &topic),
            None => failed(None, wanted.topic_id, ErrorCode::UnknownTopicId),
        };
    };
    if !wanted.topic_id.is_zero() && cx.version < 12 {
        // Versions 10 and 11 carry an id field but look up by name only (KIP-516).
        return failed(Some(name), wanted.topic_id, ErrorCode::InvalidRequest);
    }
    if let Some(topic) = cx.core.topics.get(&name) {
        return describe(cx, &topic);
    }
    if let Err(error) = check_topic_name(&name) {
        tracing::debug!(%error, "metadata of an invalid topic name asked for");
        return failed(Some(name), Uuid::ZERO, ErrorCode::InvalidTopicException);
    }
    if !may_create || !cx.core.config.load().flag("auto.create.topics.enable") {
        return failed(Some(name), Uuid::ZERO, ErrorCode::UnknownTopicOrPartition);
    }
    let new = NewTopic::by_default(&name);
    match cx.core.administer(move |core| core.create_topic(&new)).await {
        Ok(topic) => describe(cx, &topic),
        // Created by someone else in between.
        Err(refused) => match cx.core.topics.get(&name) {
            Some(topic) => describe(cx, &topic),
            None => failed(Some(name), Uuid::ZERO, refused.code),
        },
    }
}

fn failed(name: Option<Str>, topic_id: Uuid, error: ErrorCode) -> MetadataResponseTopic {
    MetadataResponseTopic { error_code: error.into(), name, topic_id, ..Default::default() }
}

fn describe(cx: &Cx, topic: &Topic) -> MetadataResponseTopic {
    let node = cx.core.node_id;
    let all = topic.partitions();
    let partitions = all.iter().map(|p| MetadataResponsePartition {
        error_code: ErrorCode::None.into(),
        partition_index: p.index,
        leader_id: node,
        leader_epoch: p.leader_epoch,
        replica_nodes: vec![node],
        isr_nodes: vec![node],
        offline_replicas: Vec::new(),
    });
    MetadataResponseTopic {
        error_code: ErrorCode::None.into(),
        name: Some((&*topic.name).into()),
        topic_id: topic.id,
        is_internal: topic.is_internal(),
        partitions: partitions.collect(),
        topic_authorized_operations: super::OPERATIONS_UNKNOWN,
    }
}
