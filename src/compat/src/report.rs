//! The verdict: differences as data, and the messages that the API shows (contract 3.2).

use assay_schema::{SchemaType, Version};

use crate::level::Level;
use crate::rule::Rule;

/// Characters of an older schema shown in a message.
const OLD_SCHEMA_SHOWN: usize = 10_240;
/// Characters of a fragment; the rest is cut.
const FRAGMENT_SHOWN: usize = 200;

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

/// A piece of a schema.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fragment {
    /// What it is, shortly: `qty: int`, `optional int32 qty = 3`, `"maxLength":5`.
    pub text: String,
    /// Where it is in its own schema, for finding it in a file. Avro: the full name of the innermost named type, with
    /// `.field` if it is in a field. Protobuf: the full name. JSON: a JSON pointer, after
    /// the name of the reference and `#` if it is in one. Empty: the root.
    pub place: String,
}

impl Fragment {
    /// A fragment; a long text is cut.
    pub fn new(text: impl Into<String>, place: impl Into<String>) -> Fragment {
        let mut text = text.into();
        if let Some((cut, _)) = text.char_indices().nth(FRAGMENT_SHOWN) {
            text.truncate(cut);
            text.push_str("...");
        }
        Fragment { text, place: place.into() }
    }
}

/// One difference between two schemas: in a [`Report`], a reason why they do not fit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The rule; its row holds the hint, the reason and the source.
    pub rule: Rule,
    /// Where in the reader, in the notation of its format (`/fields/0/type`, `#/Order/3`, `#/properties/a`).
    pub path: String,
    /// One sentence for people.
    pub description: String,
    /// What was expected and found, shortly; empty if there is nothing to add.
    pub additional: String,
    /// In which direction.
    pub direction: Direction,
    /// The older version that does not fit.
    pub against: Version,
    /// What the new schema has there; `None` if it has nothing.
    pub new: Option<Fragment>,
    /// What the older schema has there; `None` if it has nothing.
    pub old: Option<Fragment>,
}

impl Difference {
    /// What would fix it, in one line.
    pub fn hint(&self) -> &'static str {
        self.rule.row().hint
    }

    /// Where the rule is written.
    pub fn source(&self) -> &'static str {
        self.rule.row().source
    }

    /// The entry of the API's list: pseudo-JSON in the quotes of its format, or the sentence alone.
    pub fn message(&self) -> String {
        let (id, text) = (self.rule.id(), &self.description);
        match self.rule.row().format {
            None => text.clone(),
            Some(SchemaType::Avro) => {
                format!("{{errorType:'{id}', description:'{text}', additionalInfo:'{}'}}", self.additional)
            }
            // One double and one single quote: the reference's own slip, which clients have seen for years.
            Some(SchemaType::Json) => format!("{{errorType:\"{id}\", description:\"{text}'}}"),
            Some(SchemaType::Protobuf) => format!("{{errorType:\"{id}\", description:\"{text}\"}}"),
        }
    }
}

/// A difference as the formats find it: before anybody has said which schema is the new one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Found {
    pub(crate) rule: Rule,
    /// In the notation of the format.
    pub(crate) path: String,
    pub(crate) additional: String,
    pub(crate) reader: Option<Fragment>,
    pub(crate) writer: Option<Fragment>,
}

impl Found {
    pub(crate) fn new(rule: Rule, path: impl Into<String>) -> Found {
        Found { rule, path: path.into(), additional: String::new(), reader: None, writer: None }
    }

    pub(crate) fn additional(self, additional: impl Into<String>) -> Found {
        Found { additional: additional.into(), ..self }
    }

    pub(crate) fn fragments(self, reader: Option<Fragment>, writer: Option<Fragment>) -> Found {
        Found { reader, writer, ..self }
    }

    /// Says it of a new and an old schema.
    pub(crate) fn told(self, direction: Direction, against: Version) -> Difference {
        let direction = if self.rule.row().format.is_none() { Direction::Neither } else { direction };
        let description = self.sentence(direction, against);
        let Found { rule, path, additional, reader, writer } = self;
        let (new, old) = match direction {
            Direction::Forward => (writer, reader),
            Direction::Backward | Direction::Neither => (reader, writer),
        };
        Difference { rule, path, description, additional, direction, against, new, old }
    }

    /// Fills in the wording of the rule, in one pass: what is put in is never read as wording.
    fn sentence(&self, direction: Direction, against: Version) -> String {
        let (reader, writer) = match direction {
            Direction::Forward => ("old", "new"),
            Direction::Backward | Direction::Neither => ("new", "old"),
        };
        let mut out = String::new();
        let mut rest = self.rule.row().text;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let (key, after) = after.split_once('}').unwrap_or((after, ""));
            match key {
                "path" => out.push_str(&self.path),
                "additional" => out.push_str(&self.additional),
                "reader" => out.push_str(reader),
                "writer" => out.push_str(writer),
                "version" => out.push_str(&against.to_string()),
                other => {
                    debug_assert!(false, "{other} is no part of a message");
                }
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

/// The verdict on a new schema.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    level: Level,
    differences: Vec<Difference>,
    /// Canonical text of the older version that does not fit, cut to what is shown.
    old_text: String,
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

/// A text in quotes, cut to [`OLD_SCHEMA_SHOWN`] characters.
fn shown(text: &str) -> String {
    match text.char_indices().nth(OLD_SCHEMA_SHOWN) {
        None => format!("'{text}'"),
        Some((cut, _)) => format!("<truncated> '{}...'", text.get(..cut).unwrap_or("")),
    }
}
