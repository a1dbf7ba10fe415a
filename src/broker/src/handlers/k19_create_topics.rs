//! CreateTopics, key 19, v2-v7.
//! v4 counts of -1 take the broker's defaults; v5 counts and configurations in the answer; v7 topic ids.
//! Replication above 1 is refused, naming the switch that accepts it.

use std::collections::{BTreeMap, HashMap};

use assay_protocol::messages::CreateTopicsRequest;
use assay_protocol::messages::create_topics::{
    CreatableTopic, CreatableTopicConfigs, CreatableTopicResult, CreateTopicsResponse,
};
use assay_protocol::{ApiKey, ErrorCode, Str, Uuid};

use super::configs;
use crate::config::TopicSettings;
use crate::core::{Core, Refused};
use crate::dispatch::{Api, Cx, answer};
use crate::topics::NewTopic;

pub(crate) const API: Api =
    Api { key: ApiKey::CreateTopics, min: 2, max: 7, run: |cx, body| answer(cx, body, handle) };

async fn handle(cx: Cx, request: CreateTopicsRequest) -> CreateTopicsResponse {
    let mut times: HashMap<Str, usize> = HashMap::new();
    for topic in &request.topics {
        *times.entry(topic.name.clone()).or_default() += 1;
    }
    let mut topics: Vec<CreatableTopicResult> = Vec::new();
    for topic in request.topics {
        let name = topic.name.clone();
        if times.get(&name).is_some_and(|n| *n > 1) {
            if !topics.iter().any(|t| t.name == name) {
                let text = "Create topics request from client contains multiple entries for the topic.";
                topics.push(refused(name, Refused::new(ErrorCode::InvalidRequest, text)));
            }
            continue;
        }
        let validate_only = request.validate_only;
        let made = cx.core.administer(move |core| create(core, topic, validate_only)).await;
        topics.push(made.unwrap_or_else(|r| refused(name, r)));
    }
    CreateTopicsResponse { throttle_time_ms: 0, topics }
}

fn refused(name: Str, refused: Refused) -> CreatableTopicResult {
    CreatableTopicResult {
        name,
        error_code: refused.code.into(),
        error_message: Some(refused.text.into()),
        configs: None,
        ..Default::default()
    }
}

fn create(core: &Core, topic: CreatableTopic, validate_only: bool) -> Result<CreatableTopicResult, Refused> {
    let mut overrides = BTreeMap::new();
    for config in topic.configs {
        let Some(value) = config.value else {
            let text = format!("Null value not supported for topic configs: {}", config.name);
            return Err(Refused::new(ErrorCode::InvalidConfig, text));
        };
        overrides.insert(config.name.to_string(), value.to_string());
    }
    let new = NewTopic {
        name: topic.name.to_string(),
        partitions: topic.num_partitions,
        replication_factor: topic.replication_factor,
        assignments: topic.assignments.into_iter().map(|a| (a.partition_index, a.broker_ids)).collect(),
        configs: overrides,
    };
    let (id, partitions, settings) = if validate_only {
        let plan = core.plan_topic(&new)?;
        let settings = TopicSettings::resolve(&new.name, plan.configs, &core.config.load());
        (Uuid::ZERO, plan.partitions, settings)
    } else {
        let made = core.create_topic(&new)?;
        let count = i32::try_from(made.partitions().len()).unwrap_or(i32::MAX);
        (made.id, count, (*made.settings.load_full()).clone())
    };
    let configs = configs::topic_rows().map(|def| {
        let value = settings.layers(def, &core.config.load()).into_iter().next();
        CreatableTopicConfigs {
            name: def.name.into(),
            config_source: value.as_ref().map_or(5, |v| v.source.wire()),
            value: value.map(|v| v.text.into()),
            read_only: false,
            is_sensitive: false,
        }
    });
    Ok(CreatableTopicResult {
        name: topic.name,
        topic_id: id,
        error_code: 0,
        error_message: None,
        topic_config_error_code: 0,
        num_partitions: partitions,
        replication_factor: 1,
        configs: Some(configs.collect()),
    })
}
