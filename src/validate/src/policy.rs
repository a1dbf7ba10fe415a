//! What is asked of the records of one batch: the topic's rules, with everything settled that the registry decides.

use assay_schema::{Context, Subject};

use crate::{Action, Actions, FailureClass, Mode, Part, Subjects, Versions};

/// What is asked of keys, or of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartPolicy {
    /// How much is checked.
    pub mode: Mode,
    /// Nulls are refused. Without it they pass, as tombstones do.
    pub required: bool,
    /// What happens to records that fail.
    pub actions: Actions,
    /// The subjects their schemas may be registered under.
    pub subjects: Subjects,
    /// The versions of them that pass.
    pub versions: Versions,
}

impl PartPolicy {
    /// Nothing is asked; what would be asked goes by the subject.
    #[must_use]
    pub fn off(subject: Subject) -> PartPolicy {
        PartPolicy {
            mode: Mode::Off,
            required: false,
            actions: Actions::REJECT,
            subjects: Subjects::one(subject),
            versions: Versions::Any,
        }
    }

    fn is_off(&self) -> bool {
        self.mode == Mode::Off && !self.required
    }
}

/// What is asked of a topic's records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicPolicy {
    /// Asked of keys.
    pub key: PartPolicy,
    /// Asked of values.
    pub value: PartPolicy,
}

impl TopicPolicy {
    /// Nothing is asked.
    #[must_use]
    pub fn off(topic: &str) -> TopicPolicy {
        TopicPolicy { key: PartPolicy::off(key_subject(topic)), value: PartPolicy::off(value_subject(topic)) }
    }

    /// Whether no record of the topic needs to be looked at.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.key.is_off() && self.value.is_off()
    }

    /// What happens to a record of which this part fails in this way.
    #[must_use]
    pub fn action(&self, part: Part, class: FailureClass) -> Action {
        match part {
            Part::Key => self.key.actions.of(class),
            Part::Value => self.value.actions.of(class),
        }
    }

    /// The strictest thing that happens to a record that fails in one of these ways, in a part that is checked.
    #[must_use]
    pub fn strictest(&self, classes: &[FailureClass]) -> Action {
        let parts = [&self.key, &self.value].into_iter().filter(|part| part.mode != Mode::Off);
        parts.map(|part| part.actions.strictest(classes)).min().unwrap_or_default()
    }
}

/// What comes behind a topic's name in the name of its quarantine.
pub const QUARANTINE_SUFFIX: &str = ".quarantine";

/// Topics that are never checked: `__*`, `_schemas` and `*.quarantine`.
#[must_use]
pub fn is_internal_topic(topic: &str) -> bool {
    topic.starts_with("__") || topic == "_schemas" || topic.ends_with(QUARANTINE_SUFFIX)
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
