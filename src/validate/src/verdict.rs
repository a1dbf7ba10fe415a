//! What a check says: a [`Problem`] inside a payload, a [`Failure`] of a record.

use std::fmt;

use assay_schema::{Subject, Version};
use assay_wire::SchemaId;

/// Where a payload stops being what its schema says, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Path into the payload in words: `items[1].qty`, `attrs["k"]`. Empty at the root.
    pub path: String,
    /// What was expected and what is there, in plain words.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.reason)
    }
}

/// Kind of a refusal; the vocabulary of policy, metrics and the quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailureClass {
    /// No frame: too short, another magic byte, or a null where a value is required.
    NotFramed,
    /// Framed, but no such schema.
    UnknownId,
    /// The schema is not registered under the subject of the topic.
    WrongSubject,
    /// The payload is not what the schema says.
    Undecodable,
    /// A rule of the schema's rule set says no.
    RuleViolated,
    /// The schema exists, but no validator could be made of it.
    SchemaUnusable,
    /// The registry did not answer.
    RegistryUnavailable,
}

impl FailureClass {
    /// Every class.
    pub const ALL: [FailureClass; 7] = [
        FailureClass::NotFramed,
        FailureClass::UnknownId,
        FailureClass::WrongSubject,
        FailureClass::Undecodable,
        FailureClass::RuleViolated,
        FailureClass::SchemaUnusable,
        FailureClass::RegistryUnavailable,
    ];

    /// The classes that are about a record: it fails whoever asks the registry, and when.
    pub const OF_RECORDS: &[FailureClass] = match &Self::ALL {
        [of_records @ .., FailureClass::RegistryUnavailable] => of_records,
        all => all,
    };

    /// Those that a record with a well-formed frame may be of.
    pub const FRAMED: &[FailureClass] = match Self::OF_RECORDS {
        [FailureClass::NotFramed, framed @ ..] => framed,
        all => all,
    };

    /// The name in configs, logs and metrics: `not_framed`, `unknown_id` and so on.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            FailureClass::NotFramed => "not_framed",
            FailureClass::UnknownId => "unknown_id",
            FailureClass::WrongSubject => "wrong_subject",
            FailureClass::Undecodable => "undecodable",
            FailureClass::RuleViolated => "rule_violated",
            FailureClass::SchemaUnusable => "schema_unusable",
            FailureClass::RegistryUnavailable => "registry_unavailable",
        }
    }
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Key or value of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
}

/// Why a record is refused. `Display` is the text a producer sees, without the record's index:
/// `schema 7 (orders-value v2): items[1].qty: varint runs past the end`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Kind of the refusal.
    pub class: FailureClass,
    /// Which half of the record; a key's failure says so.
    pub part: Part,
    /// The schema, if the record names one by id.
    pub schema_id: Option<SchemaId>,
    /// The topic's subject and the version the schema has in it, if it has one.
    pub subject: Option<(Subject, Version)>,
    /// Path into the payload; empty at its root or before it is looked at.
    pub path: String,
    /// What is wrong, in plain words.
    pub reason: String,
    /// Path and reason may hold names that the record brought along, as JSON's properties.
    pub names_from_payload: bool,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.reason)
    }
}

impl Failure {
    fn head(&self, f: &mut impl fmt::Write) -> fmt::Result {
        if self.part == Part::Key {
            f.write_str("key: ")?;
        }
        match (self.schema_id, &self.subject) {
            (Some(id), Some((subject, version))) => write!(f, "schema {id} ({subject} v{version}): "),
            (Some(id), None) => write!(f, "schema {id}: "),
            (None, _) => Ok(()),
        }
    }

    /// The same for a log: without bytes, names and keys of the record. What stands in brackets or quotes is left out, of a JSON
    /// payload also the path and all reasons but the first.
    #[must_use]
    pub fn without_payload(&self) -> String {
        let mut text = String::new();
        let _ = self.head(&mut text); // writing to a string does not fail
        let mut reason = self.reason.as_str();
        let unquoted;
        if self.class == FailureClass::Undecodable || self.class == FailureClass::RuleViolated {
            unquoted = outside(reason, '"', '"');
            reason = unquoted.as_str();
            if self.names_from_payload {
                reason = reason.split("; ").next().unwrap_or_default();
            } else if !self.path.is_empty() {
                text.push_str(&outside(&self.path, '[', ']'));
                text.push_str(": ");
            }
        }
        // A byte in words is `0x7b`; only the one that was expected is not the record's.
        let mut rest = reason;
        while let Some((before, after)) = rest.split_once("0x") {
            let digits = after.bytes().take_while(u8::is_ascii_hexdigit).count();
            let (byte, after) = after.split_at(digits);
            text.push_str(before);
            text.push_str("0x");
            text.push_str(if before.ends_with("expected ") { byte } else { ".." });
            rest = after;
        }
        text.push_str(rest);
        text
    }
}

/// A text with what stands between two marks left out, escapes and quotes inside them observed; of a mark that is never closed, all
/// that follows.
fn outside(text: &str, open: char, close: char) -> String {
    let mut out = String::new();
    let (mut inside, mut quoted, mut escaped) = (false, false, false);
    for c in text.chars() {
        if !inside {
            out.push(c);
            inside = c == open;
            continue;
        }
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' if close != '"' => quoted = !quoted,
            _ if c == close && !quoted => {
                out.push(c);
                inside = false;
            }
            _ => {}
        }
    }
    out
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_like_the_example() {
        let mut failure = Failure {
            class: FailureClass::Undecodable,
            part: Part::Value,
            schema_id: SchemaId::new(7),
            subject: Version::new(2).map(|v| (Subject::parse("orders-value"), v)),
            path: "items[1].qty".into(),
            reason: "varint runs past the end".into(),
            names_from_payload: false,
        };
        assert_eq!(failure.to_string(), "schema 7 (orders-value v2): items[1].qty: varint runs past the end");
        (failure.part, failure.subject) = (Part::Key, None);
        assert_eq!(failure.to_string(), "key: schema 7: items[1].qty: varint runs past the end");
        (failure.schema_id, failure.path) = (None, String::new());
        assert_eq!(failure.to_string(), "key: varint runs past the end");
    }

    #[test]
    fn what_a_log_gets_holds_nothing_of_the_record() {
        let logged = |class, path: &str, reason: &str, names_from_payload| {
            let (path, reason) = (path.to_owned(), reason.to_owned());
            let (part, schema_id, subject) = (Part::Value, SchemaId::new(7), None);
            Failure { class, part, schema_id, subject, path, reason, names_from_payload }.without_payload()
        };
        let class = FailureClass::Undecodable;
        for (path, reason, want) in [
            ("items[1].qty", "varint runs past the end", "items[].qty: varint runs past the end"),
            (
                r#"a["me@x\"]["].b[4].c"#,
                "expected 8 bytes (double), 3 bytes left",
                "a[].b[].c: expected 8 bytes (double), 3 bytes left",
            ),
            (r#"a["cut"#, "x", "a[: x"),
            (
                "gift",
                "expected a boolean, 0 or 1, got byte 0x53",
                "gift: expected a boolean, 0 or 1, got byte 0x..",
            ),
        ] {
            assert_eq!(logged(class, path, reason, false), format!("schema 7: {want}"));
        }
        for (path, reason, want) in [
            ("alice", "expected integer, got string", "expected integer, got string"),
            (
                "",
                r#"property "eve; \"mallory" is not in the schema; bob: expected integer, got null"#,
                r#"property "" is not in the schema"#,
            ),
            (
                "",
                r#"properties "a", "b" are not in the schema"#,
                r#"properties "", "" are not in the schema"#,
            ),
            (
                "",
                "not JSON: expected value at line 1 column 1",
                "not JSON: expected value at line 1 column 1",
            ),
        ] {
            assert_eq!(logged(class, path, reason, true), format!("schema 7: {want}"));
        }
        let not_framed = "not framed: magic byte is 0x7b, expected 0x00";
        assert_eq!(
            logged(FailureClass::NotFramed, "", not_framed, false),
            "schema 7: not framed: magic byte is 0x.., expected 0x00"
        );
        let elsewhere = "not registered under subject a\"b";
        assert_eq!(logged(FailureClass::WrongSubject, "", elsewhere, true), format!("schema 7: {elsewhere}"));
    }
}
