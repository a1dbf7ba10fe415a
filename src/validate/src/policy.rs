//! What is asked of a topic's keys and values: the broker's default, the topic's configs, and what is never checked.

use std::{fmt, str::FromStr};

use assay_schema::{Context, Subject};

use crate::{Action, Actions, FailureClass, Part};

/// What is asked of the keys or the values of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Nothing.
    #[default]
    Off,
    /// A frame, with a schema that is registered under the topic's subject.
    Id,
    /// That, and a payload that is what the schema says.
    Payload,
}

/// The broker's default for values of topics that say nothing themselves (`--validate`). Keys are checked only where a
/// topic says so: plain keys on topics with framed values are ordinary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DefaultMode {
    /// [`Mode::Payload`] where the subject `<topic>-value` has an active version, else [`Mode::Off`].
    #[default]
    Auto,
    /// [`Mode::Off`].
    Off,
    /// [`Mode::Id`].
    Id,
    /// [`Mode::Payload`].
    Payload,
}

/// A config that does not say what it must.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{value}\" is not a value of {name}, expected {expected}")]
pub struct InvalidPolicy {
    /// The config, or `--validate`.
    pub name: String,
    /// What it was set to.
    pub value: String,
    /// What it may be set to.
    pub expected: String,
}

impl Mode {
    /// `off`, `id` or `payload`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Mode::Off => "off",
            Mode::Id => "id",
            Mode::Payload => "payload",
        }
    }
}

impl DefaultMode {
    /// `auto`, `off`, `id` or `payload`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            DefaultMode::Auto => "auto",
            DefaultMode::Off => "off",
            DefaultMode::Id => "id",
            DefaultMode::Payload => "payload",
        }
    }

    fn mode(self, subject_exists: impl FnOnce() -> bool) -> Mode {
        match self {
            DefaultMode::Auto if subject_exists() => Mode::Payload,
            DefaultMode::Auto | DefaultMode::Off => Mode::Off,
            DefaultMode::Id => Mode::Id,
            DefaultMode::Payload => Mode::Payload,
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for DefaultMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Any case.
impl FromStr for DefaultMode {
    type Err = InvalidPolicy;

    fn from_str(text: &str) -> Result<DefaultMode, InvalidPolicy> {
        default_mode("--validate", text)
    }
}

/// Any case.
impl FromStr for Mode {
    type Err = InvalidPolicy;

    fn from_str(text: &str) -> Result<Mode, InvalidPolicy> {
        let all = [Mode::Off, Mode::Id, Mode::Payload];
        let found = all.into_iter().find(|mode| mode.as_str().eq_ignore_ascii_case(text.trim()));
        found.ok_or_else(|| InvalidPolicy {
            name: "validation mode".into(),
            value: text.into(),
            expected: "off, id or payload".into(),
        })
    }
}

fn default_mode(name: &str, text: &str) -> Result<DefaultMode, InvalidPolicy> {
    let all = [DefaultMode::Auto, DefaultMode::Off, DefaultMode::Id, DefaultMode::Payload];
    let found = all.into_iter().find(|mode| mode.as_str().eq_ignore_ascii_case(text.trim()));
    found.ok_or_else(|| InvalidPolicy {
        name: name.into(),
        value: text.into(),
        expected: "auto, off, id or payload".into(),
    })
}

/// The topic configs read here. `assay.*` wins over the others; of those, `true` means `id` and `false` means `off`.
pub const POLICY_CONFIGS: [&str; 10] = [
    "assay.key.validation",
    "assay.value.validation",
    "assay.key.on.invalid",
    "assay.value.on.invalid",
    "assay.key.required",
    "assay.value.required",
    "confluent.key.schema.validation",
    "confluent.value.schema.validation",
    "redpanda.key.schema.id.validation",
    "redpanda.value.schema.id.validation",
];

/// What is asked of a topic's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TopicPolicy {
    /// Asked of keys.
    pub key: Mode,
    /// Asked of values.
    pub value: Mode,
    /// Null keys are refused (`assay.key.required`). Without it they pass.
    pub key_required: bool,
    /// Null values are refused (`assay.value.required`). Without it they pass, as tombstones do.
    pub value_required: bool,
    /// What happens to records whose key fails (`assay.key.on.invalid`). Without it they are refused.
    pub key_actions: Actions,
    /// What happens to records whose value fails (`assay.value.on.invalid`). Without it they are refused.
    pub value_actions: Actions,
}

impl TopicPolicy {
    /// Nothing is asked.
    pub const OFF: TopicPolicy = TopicPolicy {
        key: Mode::Off,
        value: Mode::Off,
        key_required: false,
        value_required: false,
        key_actions: Actions::REJECT,
        value_actions: Actions::REJECT,
    };

    /// Resolves the policy of a topic. `config` gives the topic's *own* configs (not defaults), by name;
    /// `subject_exists` is asked at most twice, and only for `auto`.
    /// # Errors
    /// [`InvalidPolicy`] for a value no config of [`POLICY_CONFIGS`] may have.
    pub fn resolve<'a>(
        topic: &str,
        config: impl Fn(&str) -> Option<&'a str>,
        default: DefaultMode,
        subject_exists: impl Fn(&Subject) -> bool,
    ) -> Result<TopicPolicy, InvalidPolicy> {
        if is_internal_topic(topic) {
            return Ok(TopicPolicy::OFF);
        }
        let flag = |name: &str| config(name).map(|text| boolean(name, text)).transpose();
        let actions = |name: &str| {
            config(name).map_or(Ok(Actions::REJECT), |text| {
                text.parse().map_err(|error: crate::InvalidActions| InvalidPolicy {
                    name: name.into(),
                    value: text.into(),
                    expected: format!("reject or audit, with exceptions such as undecodable:audit ({error})"),
                })
            })
        };
        let mode = |ours: &str, others: [&str; 2]| -> Result<Option<DefaultMode>, InvalidPolicy> {
            if let Some(text) = config(ours) {
                return default_mode(ours, text).map(Some);
            }
            let flags = others.map(flag).into_iter().collect::<Result<Vec<_>, _>>()?;
            Ok(flags
                .into_iter()
                .flatten()
                .reduce(|a, b| a || b)
                .map(|on| if on { DefaultMode::Id } else { DefaultMode::Off }))
        };
        let key = mode(
            "assay.key.validation",
            ["confluent.key.schema.validation", "redpanda.key.schema.id.validation"],
        )?;
        let value = mode(
            "assay.value.validation",
            ["confluent.value.schema.validation", "redpanda.value.schema.id.validation"],
        )?;
        Ok(TopicPolicy {
            key: key.unwrap_or(DefaultMode::Off).mode(|| subject_exists(&key_subject(topic))),
            value: value.unwrap_or(default).mode(|| subject_exists(&value_subject(topic))),
            key_required: flag("assay.key.required")?.unwrap_or(false),
            value_required: flag("assay.value.required")?.unwrap_or(false),
            key_actions: actions("assay.key.on.invalid")?,
            value_actions: actions("assay.value.on.invalid")?,
        })
    }

    /// Whether no record of the topic needs to be looked at.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.key == Mode::Off && self.value == Mode::Off && !self.key_required && !self.value_required
    }

    /// What happens to a record of which this part fails in this way.
    #[must_use]
    pub fn action(&self, part: Part, class: FailureClass) -> Action {
        match part {
            Part::Key => self.key_actions.of(class),
            Part::Value => self.value_actions.of(class),
        }
    }

    /// What happens to records when it cannot be told which part fails: refused if either part asks for that.
    #[must_use]
    pub fn strictest(&self, class: FailureClass) -> Action {
        let checks = [
            (self.key != Mode::Off, self.key_actions.of(class)),
            (self.value != Mode::Off, self.value_actions.of(class)),
        ];
        checks.into_iter().filter(|(on, _)| *on).map(|(_, action)| action).min().unwrap_or_default()
    }
}

fn boolean(name: &str, text: &str) -> Result<bool, InvalidPolicy> {
    match text.trim() {
        text if text.eq_ignore_ascii_case("true") => Ok(true),
        text if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(InvalidPolicy { name: name.into(), value: text.into(), expected: "true or false".into() }),
    }
}

/// Topics that are never checked: `__*`, `_schemas` and `*.quarantine`.
#[must_use]
pub fn is_internal_topic(topic: &str) -> bool {
    topic.starts_with("__") || topic == "_schemas" || topic.ends_with(".quarantine")
}

/// The subject of a topic's keys in the default context, by TopicNameStrategy (contract 5.6).
#[must_use]
pub fn key_subject(topic: &str) -> Subject {
    Subject::new(Context::default(), &format!("{topic}-key"))
}

/// The subject of a topic's values in the default context, by TopicNameStrategy (contract 5.6).
#[must_use]
pub fn value_subject(topic: &str) -> Subject {
    Subject::new(Context::default(), &format!("{topic}-value"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(
        topic: &str,
        configs: &[(&str, &'static str)],
        default: DefaultMode,
    ) -> Result<TopicPolicy, InvalidPolicy> {
        let exists = |subject: &Subject| ["orders-value", "orders-key"].contains(&subject.name());
        let config = |name: &str| configs.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
        TopicPolicy::resolve(topic, config, default, exists)
    }

    /// Topic, its configs, the default, and the modes of keys and values.
    type Row = (&'static str, &'static [(&'static str, &'static str)], DefaultMode, (Mode, Mode));

    #[test]
    fn rows() {
        use DefaultMode as D;
        use Mode::{Id, Off, Payload};
        let rows: &[Row] = &[
            ("orders", &[], D::Auto, (Off, Payload)),
            ("other", &[], D::Auto, (Off, Off)),
            ("other", &[], D::Payload, (Off, Payload)),
            ("orders", &[], D::Id, (Off, Id)),
            ("orders", &[], D::Off, (Off, Off)),
            ("orders", &[("assay.value.validation", "off")], D::Payload, (Off, Off)),
            ("orders", &[("assay.value.validation", "ID")], D::Auto, (Off, Id)),
            ("orders", &[("assay.key.validation", "payload")], D::Auto, (Payload, Payload)),
            ("orders", &[("assay.key.validation", "auto")], D::Off, (Payload, Off)),
            ("other", &[("assay.key.validation", "auto")], D::Off, (Off, Off)),
            ("orders", &[("confluent.value.schema.validation", "true")], D::Auto, (Off, Id)),
            ("orders", &[("confluent.value.schema.validation", "false")], D::Auto, (Off, Off)),
            ("other", &[("redpanda.key.schema.id.validation", "true")], D::Auto, (Id, Off)),
            (
                "orders",
                &[("confluent.value.schema.validation", "true"), ("assay.value.validation", "payload")],
                D::Off,
                (Off, Payload),
            ),
            ("__consumer_offsets", &[("assay.value.validation", "payload")], D::Payload, (Off, Off)),
            ("_schemas", &[], D::Payload, (Off, Off)),
            ("orders.quarantine", &[], D::Payload, (Off, Off)),
            ("_orders", &[], D::Payload, (Off, Payload)),
        ];
        for (topic, configs, default, (key, value)) in rows {
            let policy = resolve(topic, configs, *default).unwrap();
            assert_eq!((policy.key, policy.value), (*key, *value), "{topic} {configs:?} {default}");
        }
    }

    #[test]
    fn actions_belong_to_their_part() {
        let configs =
            [("assay.value.on.invalid", "audit,undecodable:reject"), ("assay.key.validation", "payload")];
        let policy = resolve("orders", &configs, DefaultMode::Auto).unwrap();
        let rows = [
            (Part::Value, FailureClass::Undecodable, Action::Reject),
            (Part::Value, FailureClass::NotFramed, Action::Audit),
            (Part::Key, FailureClass::NotFramed, Action::Reject),
        ];
        for (part, class, action) in rows {
            assert_eq!(policy.action(part, class), action, "{part:?} {class}");
        }
        assert_eq!(policy.strictest(FailureClass::NotFramed), Action::Reject, "the key asks for it");
        let value_only = TopicPolicy { key: Mode::Off, ..policy };
        assert_eq!(value_only.strictest(FailureClass::NotFramed), Action::Audit);
        let only_actions = [("assay.value.on.invalid", "audit")];
        assert!(resolve("x", &only_actions, DefaultMode::Off).unwrap().is_off(), "nothing is checked");
    }

    #[test]
    fn required_and_mistakes() {
        let policy = resolve("x", &[("assay.value.required", "True")], DefaultMode::Off).unwrap();
        assert!(policy.value_required && !policy.key_required && !policy.is_off());
        let error = resolve("x", &[("assay.value.validation", "strict")], DefaultMode::Off).unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"strict\" is not a value of assay.value.validation, expected auto, off, id or payload"
        );
        assert!(resolve("x", &[("assay.value.required", "1")], DefaultMode::Off).is_err());
        let error = resolve("x", &[("assay.key.on.invalid", "drop")], DefaultMode::Off).unwrap_err();
        assert!(
            error.to_string().contains("is not a value of assay.key.on.invalid, expected reject or audit")
        );
        assert!("AUTO".parse::<DefaultMode>().is_ok() && "on".parse::<DefaultMode>().is_err());
        assert!("auto".parse::<Mode>().is_err());
    }
}
