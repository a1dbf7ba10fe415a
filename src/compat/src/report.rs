//! The verdict: differences as data, and the messages that the API shows (contract 3.2).

use assay_schema::Version;

use crate::level::Level;
use crate::rule::Rule;

/// Characters of an older schema shown in a message.
const OLD_SCHEMA_SHOWN: usize = 10_240;

/// Who reads whose data.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Direction {
    /// The new schema reads data of the old one.
    Backward,
    /// The old schema reads data of the new one.
    Forward,
    /// Neither reads: the difference is between the schemas as such.
    Neither,
}

/// One reason why two schemas do not fit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The rule that is broken.
    pub rule: Rule,
    /// Where in the reader, as a JSON pointer; `/` is the root.
    pub path: String,
    /// One sentence for people.
    pub description: String,
    /// What was expected and found, shortly; empty if there is nothing to add.
    pub additional: String,
    /// In which direction.
    pub direction: Direction,
    /// The older version that does not fit.
    pub against: Version,
}

/// The verdict on a new schema.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    pub(crate) level: Level,
    pub(crate) differences: Vec<Difference>,
    /// Canonical text of the older version that does not fit, cut to what is shown.
    pub(crate) old_text: String,
}

impl Report {
    pub(crate) fn new(level: Level, differences: Vec<Difference>, old_text: &str) -> Report {
        let old_text = if differences.is_empty() { String::new() } else { shown(old_text) };
        Report { level, differences, old_text }
    }

    /// The level that was asked for.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Whether the new schema may follow.
    pub fn is_compatible(&self) -> bool {
        self.differences.is_empty()
    }

    /// Why not; empty if compatible. With a FULL level, the forward direction first.
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// The entries of `messages` of the API, in the order of contract 3.2; empty if compatible. The last one tells the
    /// level, with field validation off.
    pub fn messages(&self) -> Vec<String> {
        let Some(last) = self.differences.last() else { return Vec::new() };
        let mut messages: Vec<String> = self.differences.iter().map(Difference::message).collect();
        // With FULL the old version is told only if the backward direction failed.
        let told = match last.direction {
            Direction::Backward => true,
            Direction::Forward => !self.level.checks_backward(),
            Direction::Neither => false,
        };
        if told {
            messages.push(format!("{{oldSchemaVersion: {}}}", last.against));
            messages.push(format!("{{oldSchema: {}}}", self.old_text));
        }
        messages.push(format!("{{validateFields: 'false', compatibility: '{}'}}", self.level));
        messages
    }
}

impl Difference {
    /// The entry of the API's list: pseudo-JSON for a rule of Avro, else the sentence alone.
    fn message(&self) -> String {
        match self.direction {
            Direction::Neither => self.description.clone(),
            Direction::Backward | Direction::Forward => format!(
                "{{errorType:'{}', description:'{}', additionalInfo:'{}'}}",
                self.rule.id(),
                self.description,
                self.additional
            ),
        }
    }
}

/// A text in quotes, cut to [`OLD_SCHEMA_SHOWN`] characters.
fn shown(text: &str) -> String {
    match text.char_indices().nth(OLD_SCHEMA_SHOWN) {
        None => format!("'{text}'"),
        Some((cut, _)) => format!("<truncated> '{}...'", text.get(..cut).unwrap_or("")),
    }
}
