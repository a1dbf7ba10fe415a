//! DescribeConfigs, key 32, v1-v4.
//! Topics and this broker, the full list, with source; synonyms, type (v3) and documentation (v3) on request.

use assay_protocol::messages::DescribeConfigsRequest;
use assay_protocol::messages::describe_configs::{
    DescribeConfigsResource, DescribeConfigsResourceResult, DescribeConfigsResponse, DescribeConfigsResult,
    DescribeConfigsSynonym,
};
use assay_protocol::{ApiKey, ErrorCode, Str};

use super::configs::{Resource, topic_rows};
use crate::config::{BrokerConfig, Change, ConfigDef, Value, ValueSource};
use crate::core::Refused;
use crate::dispatch::{Api, Cx, answer};

pub(crate) const API: Api =
    Api { key: ApiKey::DescribeConfigs, min: 1, max: 4, run: |cx, body| answer(cx, body, handle) };

#[derive(Clone, Copy)]
struct Asked {
    synonyms: bool,
    documentation: bool,
}

async fn handle(cx: Cx, request: DescribeConfigsRequest) -> DescribeConfigsResponse {
    let asked = Asked { synonyms: request.include_synonyms, documentation: request.include_documentation };
    let results = request.resources.into_iter().map(|resource| {
        let mut result = DescribeConfigsResult {
            resource_type: resource.resource_type,
            resource_name: resource.resource_name.clone(),
            error_message: None,
            ..Default::default()
        };
        match describe(&cx, &resource, asked) {
            Ok(configs) => result.configs = configs,
            Err(refused) => {
                result.error_code = refused.code.into();
                result.error_message = Some(refused.text.into());
            }
        }
        result
    });
    DescribeConfigsResponse { throttle_time_ms: 0, results: results.collect() }
}

fn describe(
    cx: &Cx,
    resource: &DescribeConfigsResource,
    asked: Asked,
) -> Result<Vec<DescribeConfigsResourceResult>, Refused> {
    let wanted =
        |name: &str| resource.configuration_keys.as_ref().is_none_or(|k| k.iter().any(|k| **k == *name));
    let config = cx.core.config.load();
    match Resource::from_wire(&cx.core, resource.resource_type, &resource.resource_name)? {
        Resource::Topic(name) => {
            let topic = cx.core.topics.get(&name).ok_or_else(|| {
                Refused::new(
                    ErrorCode::UnknownTopicOrPartition,
                    format!("The topic '{name}' does not exist."),
                )
            })?;
            let settings = topic.settings.load();
            let rows = topic_rows().filter(|d| wanted(d.name));
            Ok(rows.map(|d| row(d.name, d, settings.layers(d, &config), false, asked)).collect())
        }
        Resource::Broker => {
            let rows = BrokerConfig::rows().filter(|(name, _)| wanted(name));
            Ok(rows
                .map(|(name, d)| row(name, d, config.layers(d), d.change == Change::AtStart, asked))
                .collect())
        }
    }
}

/// A value that is not set is null.
fn value(text: &str) -> Option<Str> {
    (!text.is_empty()).then(|| text.into())
}

fn row(
    name: &'static str,
    def: &'static ConfigDef,
    layers: Vec<Value>,
    read_only: bool,
    asked: Asked,
) -> DescribeConfigsResourceResult {
    let first = layers.first().map_or(ValueSource::Default, |l| l.source);
    let text = layers.first().and_then(|l| value(&l.text));
    let broker = def.broker_name().unwrap_or(def.name);
    let synonym = |l: &Value| DescribeConfigsSynonym {
        name: if l.source == ValueSource::Topic { def.name } else { broker }.into(),
        value: value(&l.text),
        source: l.source.wire(),
    };
    DescribeConfigsResourceResult {
        name: Str::from_static(name),
        value: text,
        read_only,
        config_source: first.wire(),
        is_sensitive: false,
        synonyms: if asked.synonyms { layers.iter().map(synonym).collect() } else { Vec::new() },
        config_type: def.kind.wire_type(),
        documentation: asked.documentation.then(|| Str::from_static(def.doc)),
    }
}
