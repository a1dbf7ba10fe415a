//! What a topic's configuration resolves to: its own overrides over the broker-wide values.

use std::collections::BTreeMap;
use std::sync::Arc;

use assay_validate::{Configs, Defaults, InvalidPolicy, TopicRules};

use super::broker::{BrokerConfig, Value, ValueSource};
use super::def::{ConfigDef, ConfigError};
use super::patterns::TopicPatterns;
use super::table::{broker_def, topic_def};
use crate::rejections::Checks;

/// Whose clock record timestamps come from (`message.timestamp.type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimestampType {
    /// The producer's.
    CreateTime,
    /// The broker's, at append.
    LogAppendTime,
}

/// The typed settings of one topic; a snapshot, replaced when a configuration changes.
#[derive(Debug, Clone)]
pub(crate) struct TopicSettings {
    /// The topic's own overrides, as stored.
    pub overrides: BTreeMap<String, String>,
    /// `max.message.bytes`: largest batch as sent.
    pub max_message_bytes: usize,
    /// `message.timestamp.type`.
    pub timestamp_type: TimestampType,
    /// `message.timestamp.before.max.ms`.
    pub timestamp_before_max_ms: i64,
    /// `message.timestamp.after.max.ms`.
    pub timestamp_after_max_ms: i64,
    /// Whether `cleanup.policy` has `compact`: then every record needs a key.
    pub compacted: bool,
    /// Whether `cleanup.policy` has `delete`: then retention applies.
    pub deletes: bool,
    /// `retention.ms`, -1 for none.
    pub retention_ms: i64,
    /// `retention.bytes`, -1 for none.
    pub retention_bytes: i64,
    /// `segment.bytes`.
    pub segment_bytes: i64,
    /// `segment.ms`.
    pub segment_ms: i64,
    /// `index.interval.bytes`.
    pub index_interval_bytes: i64,
    /// `segment.index.bytes`.
    pub index_bytes: i64,
    /// `assay.flush.on.acks.all`.
    pub flush_on_acks_all: bool,
    /// Validation configurations that `assay.validation.topics` gives the topic.
    pub pattern: Configs,
    /// What validation asks of the topic. The texts have been checked before, so that an error is a bug or a stored value of
    /// another release.
    pub rules: Result<TopicRules, InvalidPolicy>,
    /// What has been checked so far; handed on when a configuration changes.
    pub checks: Arc<Checks>,
}

impl TopicSettings {
    /// Resolves `overrides` (already checked) over the broker-wide values.
    #[must_use]
    pub(crate) fn resolve(topic: &str, overrides: BTreeMap<String, String>, broker: &BrokerConfig) -> Self {
        let text = |name: &str| -> String {
            match (overrides.get(name), topic_def(name)) {
                (Some(v), _) => v.clone(),
                (None, Some(def)) => broker.value(def).text,
                (None, None) => String::new(),
            }
        };
        let long = |name: &str| text(name).parse::<i64>().unwrap_or(0);
        let policy = text("cleanup.policy");
        let patterns = TopicPatterns::parse(&broker.string("assay.validation.topics")).unwrap_or_default();
        let pattern = patterns.configs(topic);
        let rules = TopicRules::parse(topic, &[&overrides, &pattern], defaults(broker));
        Self {
            max_message_bytes: usize::try_from(long("max.message.bytes")).unwrap_or(0),
            timestamp_type: match text("message.timestamp.type").as_str() {
                "LogAppendTime" => TimestampType::LogAppendTime,
                _ => TimestampType::CreateTime,
            },
            timestamp_before_max_ms: long("message.timestamp.before.max.ms"),
            timestamp_after_max_ms: long("message.timestamp.after.max.ms"),
            compacted: policy.split(',').any(|p| p == "compact"),
            deletes: policy.split(',').any(|p| p == "delete"),
            retention_ms: long("retention.ms"),
            retention_bytes: long("retention.bytes"),
            segment_bytes: long("segment.bytes"),
            segment_ms: long("segment.ms"),
            index_interval_bytes: long("index.interval.bytes"),
            index_bytes: long("segment.index.bytes"),
            flush_on_acks_all: text("assay.flush.on.acks.all") == "true",
            pattern,
            rules,
            checks: Arc::default(),
            overrides,
        }
    }

    /// Every layer that sets the row for this topic, the one in force first.
    #[must_use]
    pub(crate) fn layers(&self, def: &ConfigDef, broker: &BrokerConfig) -> Vec<Value> {
        let mut layers = Vec::new();
        if let Some(text) = self.overrides.get(def.name) {
            layers.push(Value { text: text.clone(), source: ValueSource::Topic });
        }
        if let Some(text) = self.pattern.get(def.name) {
            let source = broker_def("assay.validation.topics").map(|d| broker.value(d).source);
            layers.push(Value { text: text.clone(), source: source.unwrap_or(ValueSource::Default) });
        }
        layers.extend(broker.layers(def));
        layers
    }
}

fn defaults(broker: &BrokerConfig) -> Defaults {
    Defaults {
        value: broker.string("assay.validation.default").parse().unwrap_or_default(),
        fail_open: broker.string("assay.registry.unavailable") == "fail_open",
    }
}

/// Checks topic configurations given by a client and returns them normalised.
///
/// # Errors
/// An unknown name, or a value its row does not take.
pub(crate) fn check_overrides(
    pairs: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ConfigError> {
    let mut checked = BTreeMap::new();
    for (name, value) in pairs {
        let def = topic_def(name).ok_or_else(|| ConfigError::Unknown(name.clone()))?;
        let text = def.check(value)?;
        if !text.is_empty() || !def.default.is_empty() {
            checked.insert(name.clone(), text); // an empty value of a row that is unset by default unsets it
        }
    }
    if let Err(InvalidPolicy { name, value, expected }) =
        TopicRules::parse("topic", &[&checked], Defaults::default())
    {
        return Err(ConfigError::Invalid { name, value, reason: format!("expected {expected}") });
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn overrides_win_over_the_broker() {
        let broker = BrokerConfig::from_pairs([("log.retention.ms", "5")]).unwrap();
        let plain = TopicSettings::resolve("t", BTreeMap::new(), &broker);
        assert_eq!((plain.retention_ms, plain.compacted, plain.deletes), (5, false, true));
        let own = TopicSettings::resolve(
            "t",
            map(&[("retention.ms", "-1"), ("cleanup.policy", "compact,delete")]),
            &broker,
        );
        assert_eq!((own.retention_ms, own.compacted, own.deletes), (-1, true, true));
        let layers = own.layers(topic_def("retention.ms").unwrap(), &broker);
        assert_eq!(layers.iter().map(|l| l.source.wire()).collect::<Vec<_>>(), [1, 4, 5]);
    }

    #[test]
    fn patterns_stand_between_the_topic_and_the_broker() {
        let rows = "checked-*: assay.value.on.invalid=audit assay.value.validation=id";
        let broker = BrokerConfig::from_pairs([("assay.validation.topics", rows)]).unwrap();
        let own = map(&[("assay.value.validation", "payload")]);
        let settings = TopicSettings::resolve("checked-1", own, &broker);
        let text = |name: &str| settings.layers(topic_def(name).unwrap(), &broker)[0].clone();
        assert_eq!(text("assay.value.validation").text, "payload");
        let audit = text("assay.value.on.invalid");
        assert_eq!((audit.text.as_str(), audit.source), ("audit", ValueSource::StaticBroker));
        assert!(TopicSettings::resolve("other", BTreeMap::new(), &broker).pattern.is_empty());
    }

    #[test]
    fn what_is_not_implemented_is_refused() {
        for bad in [
            map(&[("assay.value.on.invalid", "drop")]),
            map(&[("assay.value.subjects", "a,:.other:b")]),
            map(&[("compression.type", "lz4")]),
            map(&[("no.such.config", "1")]),
            map(&[("confluent.value.subject.name.strategy", "MyOwnStrategy")]),
        ] {
            assert!(check_overrides(&bad).is_err(), "{bad:?}");
        }
        let fine = map(&[
            ("confluent.value.schema.validation", "TRUE"),
            (
                "confluent.value.subject.name.strategy",
                "io.confluent.kafka.serializers.subject.RecordNameStrategy",
            ),
            ("assay.key.validation", "id"),
        ]);
        assert_eq!(check_overrides(&fine).unwrap()["confluent.value.schema.validation"], "true");
    }
}
