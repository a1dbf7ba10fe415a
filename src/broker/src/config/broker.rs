//! The broker-wide values: the table's defaults, what was given at start, and what was altered since.

use std::collections::BTreeMap;

use super::def::{Change, ConfigDef, ConfigError};
use super::table::{OTHER_UNITS, TABLE, broker_def};

/// Where a value comes from; the numbers are Kafka's `ConfigSource` (DescribeConfigs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueSource {
    /// Set on the topic.
    Topic,
    /// Altered while the broker ran, and kept.
    DynamicBroker,
    /// Given at start: file, environment or flag.
    StaticBroker,
    /// The table's default.
    Default,
}

impl ValueSource {
    /// Kafka's number: 1 topic, 2 dynamic broker, 4 static broker, 5 default.
    #[must_use]
    pub fn wire(self) -> i8 {
        match self {
            Self::Topic => 1,
            Self::DynamicBroker => 2,
            Self::StaticBroker => 4,
            Self::Default => 5,
        }
    }
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Normalised text; empty means "not set".
    pub text: String,
    /// Where it comes from.
    pub source: ValueSource,
}

/// The broker's configuration. Cheap enough to clone on a change; shared as a snapshot.
#[derive(Debug, Clone, Default)]
pub struct BrokerConfig {
    at_start: BTreeMap<&'static str, String>,
    altered: BTreeMap<&'static str, String>,
}

impl BrokerConfig {
    /// Builds the configuration from Kafka-named pairs, such as `("num.partitions", "3")`; later pairs win.
    /// Names in other units (`log.retention.hours`) are converted.
    ///
    /// # Errors
    /// An unknown name, or a value its row does not take.
    pub fn from_pairs<I, N, V>(pairs: I) -> Result<Self, ConfigError>
    where
        I: IntoIterator<Item = (N, V)>,
        N: AsRef<str>,
        V: AsRef<str>,
    {
        let mut config = Self::default();
        for (name, value) in pairs {
            let (name, value) = in_base_unit(name.as_ref(), value.as_ref())?;
            let def = broker_def(&name).ok_or_else(|| ConfigError::Unknown(name.clone()))?;
            let key = def.broker_name().unwrap_or(def.name);
            config.at_start.insert(key, def.check(&value)?);
        }
        Ok(config)
    }

    /// The same configuration, with values for names that were not given.
    ///
    /// # Errors
    /// As [`BrokerConfig::from_pairs`].
    pub(crate) fn at_start_or<const N: usize>(
        mut self,
        defaults: [(&'static str, String); N],
    ) -> Result<Self, ConfigError> {
        for (name, value) in defaults {
            let def = broker_def(name).ok_or_else(|| ConfigError::Unknown(name.to_owned()))?;
            if !self.at_start.contains_key(name) {
                self.at_start.insert(name, def.check(&value)?);
            }
        }
        Ok(self)
    }

    /// Checks values altered at run time, by broker-wide name.
    ///
    /// # Errors
    /// An unknown or read-only name, or a value its row does not take.
    pub fn check_altered(pairs: &BTreeMap<String, String>) -> Result<(), ConfigError> {
        for (name, value) in pairs {
            let def = broker_def(name).ok_or_else(|| ConfigError::Unknown(name.clone()))?;
            if def.change == Change::AtStart {
                return Err(ConfigError::ReadOnly(name.clone()));
            }
            def.check(value)?;
        }
        Ok(())
    }

    /// The same configuration with the altered values replaced by `pairs`. Names unknown by now are left out.
    #[must_use]
    pub fn with_altered(&self, pairs: &BTreeMap<String, String>) -> Self {
        let mut altered = BTreeMap::new();
        for (name, value) in pairs {
            if let Some(def) = broker_def(name)
                && let (Some(key), Ok(text)) = (def.broker_name(), def.check(value))
            {
                altered.insert(key, text);
            }
        }
        Self { at_start: self.at_start.clone(), altered }
    }

    /// The value in force for a row, broker-wide.
    #[must_use]
    pub fn value(&self, def: &ConfigDef) -> Value {
        let name = def.broker_name().unwrap_or(def.name);
        if let Some(text) = self.altered.get(name) {
            return Value { text: text.clone(), source: ValueSource::DynamicBroker };
        }
        if let Some(text) = self.at_start.get(name) {
            return Value { text: text.clone(), source: ValueSource::StaticBroker };
        }
        Value { text: def.default.to_owned(), source: ValueSource::Default }
    }

    /// Every layer that sets the row, the one in force first; the default is last.
    #[must_use]
    pub fn layers(&self, def: &ConfigDef) -> Vec<Value> {
        let name = def.broker_name().unwrap_or(def.name);
        let mut layers = Vec::new();
        if let Some(text) = self.altered.get(name) {
            layers.push(Value { text: text.clone(), source: ValueSource::DynamicBroker });
        }
        if let Some(text) = self.at_start.get(name) {
            layers.push(Value { text: text.clone(), source: ValueSource::StaticBroker });
        }
        layers.push(Value { text: def.default.to_owned(), source: ValueSource::Default });
        layers
    }

    fn text(&self, name: &str) -> &str {
        if let Some(text) = self.altered.get(name).or_else(|| self.at_start.get(name)) {
            return text;
        }
        debug_assert!(broker_def(name).is_some(), "no row for {name}");
        broker_def(name).map_or("", |d| d.default)
    }

    /// The boolean under a broker-wide name.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// The integer under a broker-wide name, 0 if it has none.
    #[must_use]
    pub fn long(&self, name: &str) -> i64 {
        self.text(name).parse().unwrap_or(0)
    }

    /// The integer under a broker-wide name, as `i32`.
    #[must_use]
    pub fn int(&self, name: &str) -> i32 {
        i32::try_from(self.long(name)).unwrap_or(i32::MAX)
    }

    /// The integer under a broker-wide name as a size; negative counts as 0.
    #[must_use]
    pub fn size(&self, name: &str) -> usize {
        usize::try_from(self.long(name)).unwrap_or(0)
    }

    /// The text under a broker-wide name; empty when not set.
    #[must_use]
    pub fn string(&self, name: &str) -> String {
        self.text(name).to_owned()
    }

    /// The id of this node: `node.id`, or `broker.id` where only that is given.
    #[must_use]
    pub fn node_id(&self) -> i32 {
        if self.at_start.contains_key("broker.id") && !self.at_start.contains_key("node.id") {
            return self.int("broker.id");
        }
        self.int("node.id")
    }

    /// Rows with a broker-wide value, in name order.
    pub fn rows() -> impl Iterator<Item = (&'static str, &'static ConfigDef)> {
        let mut rows: Vec<_> = TABLE.iter().filter_map(|d| Some((d.broker_name()?, d))).collect();
        rows.sort_by_key(|(name, _)| *name);
        rows.into_iter()
    }
}

fn in_base_unit(name: &str, value: &str) -> Result<(String, String), ConfigError> {
    let Some((_, target, factor)) = OTHER_UNITS.iter().find(|(n, _, _)| *n == name) else {
        return Ok((name.to_owned(), value.to_owned()));
    };
    let invalid = || ConfigError::Invalid {
        name: name.to_owned(),
        value: value.to_owned(),
        reason: "expected an integer".into(),
    };
    let number: i64 = value.trim().parse().map_err(|_| invalid())?;
    let scaled = if number < 0 { number } else { number.checked_mul(*factor).ok_or_else(invalid)? };
    Ok(((*target).to_owned(), scaled.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_and_units() {
        let config =
            BrokerConfig::from_pairs([("num.partitions", "3"), ("log.retention.hours", "2")]).unwrap();
        assert_eq!(config.int("num.partitions"), 3);
        assert_eq!(config.long("log.retention.ms"), 7_200_000);
        let altered = BTreeMap::from([("num.partitions".to_owned(), "5".to_owned())]);
        BrokerConfig::check_altered(&altered).unwrap();
        let config = config.with_altered(&altered);
        assert_eq!(config.int("num.partitions"), 5);
        let layers = config.layers(broker_def("num.partitions").unwrap());
        let sources: Vec<i8> = layers.iter().map(|v| v.source.wire()).collect();
        assert_eq!(sources, [2, 4, 5]);
    }

    #[test]
    fn refusals_name_the_configuration() {
        let unknown = BrokerConfig::from_pairs([("nope", "1")]).unwrap_err();
        assert_eq!(unknown.to_string(), "unknown configuration \"nope\"");
        let fixed = BTreeMap::from([("node.id".to_owned(), "7".to_owned())]);
        assert!(matches!(BrokerConfig::check_altered(&fixed), Err(ConfigError::ReadOnly(_))));
    }
}
