//! Under which subject, and in which version, a topic's schemas must be registered.

use std::{fmt, str::FromStr, sync::Arc};

use assay_schema::{Context, Subject, Version};

/// The class names that Confluent's configs have in front of a strategy.
const PACKAGE: &str = "io.confluent.kafka.serializers.subject.";

/// How serializers name subjects (contract 5.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Strategy {
    /// `<topic>-key` and `<topic>-value`.
    #[default]
    Topic,
    /// The record's full name.
    Record,
    /// `<topic>-<the record's full name>`.
    TopicRecord,
}

impl Strategy {
    /// What a config may be set to: the names, and Confluent's classes.
    pub const NAMES: [&str; 6] = [
        "TopicNameStrategy",
        "RecordNameStrategy",
        "TopicRecordNameStrategy",
        "io.confluent.kafka.serializers.subject.TopicNameStrategy",
        "io.confluent.kafka.serializers.subject.RecordNameStrategy",
        "io.confluent.kafka.serializers.subject.TopicRecordNameStrategy",
    ];

    /// Reads one of [`Strategy::NAMES`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Strategy> {
        match text.trim().trim_start_matches(PACKAGE) {
            "TopicNameStrategy" => Some(Strategy::Topic),
            "RecordNameStrategy" => Some(Strategy::Record),
            "TopicRecordNameStrategy" => Some(Strategy::TopicRecord),
            _ => None,
        }
    }
}

/// The subjects a topic's schemas may be registered under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subjects {
    /// One of these, all of one context: the topic's own, or an explicit list.
    Listed(Arc<[Subject]>),
    /// The record's full name.
    Record,
    /// This text, then the record's full name.
    TopicRecord(Arc<str>),
}

/// Why an explicit list of subjects cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSubjects {
    /// Nothing in it.
    #[error("at least one subject name")]
    Empty,
    /// Schema ids are counted per context, and a frame does not say which one is meant.
    #[error("subjects of one context: the schema id in a record does not say which context it is of")]
    SeveralContexts,
    /// Bounded, since every one may be asked for every schema.
    #[error("at most {} subject names", LISTED_MAX)]
    TooMany,
}

/// Most subjects of an explicit list.
const LISTED_MAX: usize = 100;

impl Subjects {
    /// The one subject that a topic has by TopicNameStrategy.
    #[must_use]
    pub fn one(subject: Subject) -> Subjects {
        Subjects::Listed(Arc::new([subject]))
    }

    /// Reads names separated by commas; `:.context:name` is a subject of another context.
    /// # Errors
    /// [`InvalidSubjects`].
    pub fn list(text: &str) -> Result<Subjects, InvalidSubjects> {
        let listed: Arc<[Subject]> =
            text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(Subject::parse).collect();
        let first = listed.first().ok_or(InvalidSubjects::Empty)?;
        if listed.len() > LISTED_MAX {
            return Err(InvalidSubjects::TooMany);
        }
        if listed.iter().any(|s| s.context() != first.context()) {
            return Err(InvalidSubjects::SeveralContexts);
        }
        Ok(Subjects::Listed(listed))
    }

    /// The context that the schema ids in records are of.
    #[must_use]
    pub fn context(&self) -> Context {
        match self {
            Subjects::Listed(listed) => listed.first().map(|s| s.context().clone()).unwrap_or_default(),
            Subjects::Record | Subjects::TopicRecord(_) => Context::default(),
        }
    }
}

/// Which versions of its subject a record's schema may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Versions {
    /// Any that is registered.
    #[default]
    Any,
    /// The latest.
    Latest,
    /// From the first to the last, both included; without a last there is no end.
    Range(Version, Option<Version>),
}

impl FromStr for Versions {
    type Err = ();

    fn from_str(text: &str) -> Result<Versions, ()> {
        let number = |text: &str| text.trim().parse::<u32>().ok().and_then(Version::new).ok_or(());
        match text.trim() {
            "any" => Ok(Versions::Any),
            "latest" => Ok(Versions::Latest),
            range => {
                let (first, last) = match range.split_once("..") {
                    None => (number(range)?, Some(number(range)?)),
                    Some((first, "")) => (number(first)?, None),
                    Some(("", last)) => (number("1")?, Some(number(last)?)),
                    Some((first, last)) => (number(first)?, Some(number(last)?)),
                };
                if last.is_some_and(|last| last < first) { Err(()) } else { Ok(Versions::Range(first, last)) }
            }
        }
    }
}

impl Versions {
    /// What a config may say.
    pub const EXPECTED: &str = "any, latest, a version such as 3, or a range such as 2..5, 2.. or ..5";
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Versions::Any => f.write_str("any"),
            Versions::Latest => f.write_str("latest"),
            Versions::Range(first, Some(last)) if first == last => write!(f, "{first}"),
            Versions::Range(first, Some(last)) => write!(f, "{first}..{last}"),
            Versions::Range(first, None) => write!(f, "{first}.."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (text, shown) in [
            ("any", "any"),
            (" latest ", "latest"),
            ("3", "3"),
            ("2..5", "2..5"),
            ("2 .. 5", "2..5"),
            ("2..", "2.."),
            ("..5", "1..5"),
            ("4..4", "4"),
        ] {
            assert_eq!(text.parse::<Versions>().unwrap().to_string(), shown, "{text}");
        }
        for text in ["", "..", "0", "5..2", "-1", "1...2", "Any", "2147483648", "1.5"] {
            assert!(text.parse::<Versions>().is_err(), "{text}");
        }
    }

    #[test]
    fn lists() {
        let Subjects::Listed(two) = Subjects::list("orders-value , payments").unwrap() else { panic!() };
        assert_eq!(two.iter().map(|s| s.name()).collect::<Vec<_>>(), ["orders-value", "payments"]);
        assert_eq!(Subjects::list(":.eu:a,:.eu:b").unwrap().context(), Context::parse(".eu").unwrap());
        assert_eq!(Subjects::list("a,:.eu:b"), Err(InvalidSubjects::SeveralContexts));
        assert_eq!(Subjects::list(" , "), Err(InvalidSubjects::Empty));
        assert_eq!(Subjects::list(&"a,".repeat(101)), Err(InvalidSubjects::TooMany));
    }

    #[test]
    fn strategies() {
        let all = Strategy::NAMES.map(Strategy::parse);
        assert_eq!(all[..3], [Some(Strategy::Topic), Some(Strategy::Record), Some(Strategy::TopicRecord)]);
        assert_eq!(all[..3], all[3..]);
        assert_eq!(Strategy::parse("recordnamestrategy"), None);
    }
}
