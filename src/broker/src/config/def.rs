//! One row of the configuration table: a name, what values it takes, and where it applies.

use assay_validate::{Subjects, Versions};
use thiserror::Error;

use super::patterns::TopicPatterns;

/// What values a configuration takes. The check is [`ConfigDef::check`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// `true` or `false`, in any case.
    Bool,
    /// A 32-bit integer within the inclusive range.
    Int(i32, i32),
    /// A 64-bit integer within the inclusive range.
    Long(i64, i64),
    /// A floating point number within the inclusive range.
    Double(f64, f64),
    /// One of the words.
    OneOf(&'static [&'static str]),
    /// Comma-separated words, each one of these, at least one.
    ListOf(&'static [&'static str]),
    /// What happens to invalid records, as [`assay_validate::Actions`] reads it.
    Actions,
    /// Which versions of a subject pass, as [`assay_validate::Versions`] reads it.
    Versions,
    /// Subject names separated by commas.
    Subjects,
    /// Validation configurations by topic pattern: `assay.validation.topics`.
    TopicPatterns,
    /// Any text.
    Text,
    /// Kafka knows the values of the first list, this broker only the one given second; the third says why.
    Only(&'static [&'static str], &'static str, &'static str),
}

impl Kind {
    /// The `config_type` of DescribeConfigs version 3 (`org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType`).
    #[must_use]
    pub fn wire_type(self) -> i8 {
        match self {
            Self::Bool => 1,
            Self::OneOf(_) | Self::Text | Self::Only(..) | Self::Versions | Self::TopicPatterns => 2,
            Self::Int(..) => 3,
            Self::Long(..) => 5,
            Self::Double(..) => 6,
            Self::ListOf(_) | Self::Actions | Self::Subjects => 7,
        }
    }
}

/// Where a configuration applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The broker only.
    Broker,
    /// A topic; the broker-wide default has the name given, which is the topic's own name when they agree.
    Topic {
        /// Name of the broker configuration that gives the default.
        broker: &'static str,
    },
    /// A topic only: there is no broker-wide default other than the row's.
    TopicOnly,
}

/// Whether a broker configuration may be changed while the broker runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Set at start only; DescribeConfigs shows it as read-only.
    AtStart,
    /// IncrementalAlterConfigs may change it.
    Live,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct ConfigDef {
    /// Kafka's name where Kafka has one, otherwise `assay.*`.
    pub name: &'static str,
    /// The text of the default value; empty means "not set".
    pub default: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// Where it applies.
    pub scope: Scope,
    /// Whether the broker-wide value may change at run time. Topic values always may.
    pub change: Change,
    /// One sentence for DescribeConfigs and the documentation.
    pub doc: &'static str,
}

/// Why a configuration was refused. The text names the configuration and the value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// No row of the table has this name.
    #[error("unknown configuration \"{0}\"")]
    Unknown(String),
    /// The value is not of the kind, or not in its range.
    #[error("invalid value \"{value}\" for configuration \"{name}\": {reason}")]
    Invalid {
        /// Configuration name.
        name: String,
        /// The value offered.
        value: String,
        /// What it should be.
        reason: String,
    },
    /// Only settable when the broker starts.
    #[error("configuration \"{0}\" can only be set when the broker starts")]
    ReadOnly(String),
}

impl ConfigDef {
    /// The name under which the broker-wide value is configured, if there is one.
    #[must_use]
    pub fn broker_name(&self) -> Option<&'static str> {
        match self.scope {
            Scope::Broker => Some(self.name),
            Scope::Topic { broker } => Some(broker),
            Scope::TopicOnly => None,
        }
    }

    /// Whether a topic may override it.
    #[must_use]
    pub fn is_topic(&self) -> bool {
        !matches!(self.scope, Scope::Broker)
    }

    /// Checks `value` and returns it normalised: trimmed, booleans in lower case.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`], naming what was expected.
    pub fn check(&self, value: &str) -> Result<String, ConfigError> {
        let text = value.trim();
        let invalid = |reason: String| ConfigError::Invalid {
            name: self.name.to_owned(),
            value: value.chars().take(100).collect(),
            reason,
        };
        match self.kind {
            Kind::Bool => match text.to_ascii_lowercase().as_str() {
                v @ ("true" | "false") => Ok(v.to_owned()),
                "" if self.default.is_empty() => Ok(String::new()),
                _ => Err(invalid("expected true or false".into())),
            },
            Kind::Int(low, high) => check_range(text, i64::from(low), i64::from(high)).map_err(invalid),
            Kind::Long(low, high) => check_range(text, low, high).map_err(invalid),
            Kind::Double(low, high) => match text.parse::<f64>() {
                Ok(n) if n >= low && n <= high => Ok(text.to_owned()),
                _ => Err(invalid(format!("expected a number from {low} to {high}"))),
            },
            Kind::OneOf(words) => {
                if words.contains(&text) || (text.is_empty() && self.default.is_empty()) {
                    Ok(text.to_owned())
                } else {
                    Err(invalid(format!("expected one of {}", words.join(", "))))
                }
            }
            Kind::ListOf(words) => {
                let items: Vec<&str> = text.split(',').map(str::trim).filter(|s| !s.is_empty()).collect();
                if items.is_empty() || items.iter().any(|i| !words.contains(i)) {
                    return Err(invalid(format!("expected one or more of {}", words.join(", "))));
                }
                Ok(items.join(","))
            }
            Kind::Actions => text
                .parse::<assay_validate::Actions>()
                .map(|actions| actions.to_string())
                .map_err(|error| invalid(error.to_string())),
            Kind::Versions => text
                .parse::<Versions>()
                .map(|versions| versions.to_string())
                .map_err(|()| invalid(format!("expected {}", Versions::EXPECTED))),
            Kind::Subjects if text.is_empty() => Ok(String::new()),
            Kind::Subjects => Subjects::list(text)
                .map(|_| text.to_owned())
                .map_err(|error| invalid(format!("expected {error}"))),
            Kind::TopicPatterns => TopicPatterns::parse(text)
                .map(|_| text.to_owned())
                .map_err(|error| invalid(error.to_string())),
            Kind::Text => Ok(text.to_owned()),
            Kind::Only(known, supported, why) => {
                if text == supported {
                    Ok(text.to_owned())
                } else if known.contains(&text) {
                    Err(invalid(format!("only \"{supported}\" is supported by this broker: {why}")))
                } else {
                    Err(invalid(format!("expected one of {}", known.join(", "))))
                }
            }
        }
    }
}

fn check_range(text: &str, low: i64, high: i64) -> Result<String, String> {
    match text.parse::<i64>() {
        Ok(n) if n >= low && n <= high => Ok(n.to_string()),
        Ok(_) => Err(format!("expected an integer from {low} to {high}")),
        Err(_) => Err("expected an integer".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn def(kind: Kind) -> ConfigDef {
        ConfigDef { name: "x", default: "d", kind, scope: Scope::Broker, change: Change::Live, doc: "" }
    }

    #[test]
    fn values_are_checked_and_normalised() {
        let rows: &[(Kind, &str, Option<&str>)] = &[
            (Kind::Bool, " TRUE ", Some("true")),
            (Kind::Bool, "yes", None),
            (Kind::Int(1, 5), "5", Some("5")),
            (Kind::Int(1, 5), "6", None),
            (Kind::Int(1, 5), "99999999999999999999", None),
            (Kind::Long(-1, i64::MAX), "-1", Some("-1")),
            (Kind::Long(-1, i64::MAX), "1.5", None),
            (Kind::Double(0.0, 1.0), "0.5", Some("0.5")),
            (Kind::Double(0.0, 1.0), "NaN", None),
            (Kind::OneOf(&["a", "b"]), "b", Some("b")),
            (Kind::OneOf(&["a", "b"]), "B", None),
            (Kind::ListOf(&["a", "b"]), "a, b", Some("a,b")),
            (Kind::ListOf(&["a", "b"]), "", None),
            (Kind::ListOf(&["a", "b"]), "a,c", None),
            (Kind::Only(&["a", "b"], "a", "why"), "a", Some("a")),
            (Kind::Only(&["a", "b"], "a", "why"), "b", None),
            (Kind::Actions, " audit , undecodable:reject", Some("audit,undecodable:reject")),
            (Kind::Actions, "quarantine", Some("quarantine")),
            (Kind::Actions, "drop", None),
            (Kind::Versions, "2 .. 3", Some("2..3")),
            (Kind::Versions, "newest", None),
            (Kind::Subjects, "a, b", Some("a, b")),
            (Kind::Subjects, "a,:.x:b", None),
            (Kind::TopicPatterns, "a*: assay.value.required=true", Some("a*: assay.value.required=true")),
            (Kind::TopicPatterns, "a*: assay.value.required=1", None),
            (Kind::Actions, "", None),
        ];
        for (kind, text, want) in rows {
            assert_eq!(def(*kind).check(text).ok().as_deref(), *want, "{kind:?} {text:?}");
        }
    }
}
