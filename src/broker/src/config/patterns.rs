//! Validation configurations for topics whose name fits a pattern: `assay.validation.topics`.

use assay_validate::{Configs, Defaults, POLICY_CONFIGS, Patterns, TopicRules};
use thiserror::Error;

use super::table::topic_def;

/// Most rows.
const ROWS_MAX: usize = 1000;

/// Rows in order; the first whose pattern fits a topic counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TopicPatterns(Vec<(Patterns, Configs)>);

/// Why a text is no [`TopicPatterns`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum InvalidPatterns {
    #[error("row {row}: expected PATTERN: NAME=VALUE NAME=VALUE")]
    Row { row: usize },
    #[error("row {row}: \"{name}\" is not a topic configuration of validation; there are {}", POLICY_CONFIGS.join(", "))]
    Name { row: usize, name: String },
    #[error("row {row}: {reason}")]
    Value { row: usize, reason: String },
    #[error("more than {ROWS_MAX} rows")]
    TooMany,
}

impl TopicPatterns {
    /// Reads rows separated by semicolons; empty ones are left out.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidPatterns> {
        let rows: Vec<&str> = text.split(';').map(str::trim).filter(|row| !row.is_empty()).collect();
        if rows.len() > ROWS_MAX {
            return Err(InvalidPatterns::TooMany);
        }
        rows.into_iter().zip(1..).map(|(text, row)| Self::row(text, row)).collect::<Result<_, _>>().map(Self)
    }

    fn row(text: &str, row: usize) -> Result<(Patterns, Configs), InvalidPatterns> {
        let malformed = || InvalidPatterns::Row { row };
        let (patterns, pairs) = text.split_once(':').ok_or_else(malformed)?;
        let patterns = Patterns::parse(patterns);
        let mut configs = Configs::new();
        for pair in pairs.split_whitespace() {
            let (name, value) = pair.split_once('=').ok_or_else(malformed)?;
            let def = topic_def(name)
                .filter(|_| POLICY_CONFIGS.contains(&name))
                .ok_or_else(|| InvalidPatterns::Name { row, name: name.chars().take(100).collect() })?;
            let reason =
                |error: &dyn std::fmt::Display| InvalidPatterns::Value { row, reason: error.to_string() };
            configs.insert(name.to_owned(), def.check(value).map_err(|error| reason(&error))?);
        }
        if patterns.is_empty() || configs.is_empty() {
            return Err(malformed());
        }
        TopicRules::parse("topic", &[&configs], Defaults::default())
            .map_err(|error| InvalidPatterns::Value { row, reason: error.to_string() })?;
        Ok((patterns, configs))
    }

    /// The configurations of a topic.
    pub(crate) fn configs(&self, topic: &str) -> Configs {
        let row = self.0.iter().find(|(patterns, _)| patterns.fits(topic));
        row.map(|(_, configs)| configs.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_that_fits_counts() {
        let text = "orders-*, payments: assay.value.validation=payload assay.value.on.invalid=audit,undecodable:reject;\n\
                    logs-*: assay.value.validation=off; *: assay.value.required=true;";
        let patterns = TopicPatterns::parse(text).unwrap();
        let of = |topic: &str, name: &str| patterns.configs(topic).get(name).cloned().unwrap_or_default();
        assert_eq!(of("orders-eu", "assay.value.on.invalid"), "audit,undecodable:reject");
        assert_eq!(of("payments", "assay.value.validation"), "payload");
        assert_eq!(
            (of("logs-1", "assay.value.validation").as_str(), of("logs-1", "assay.value.required").as_str()),
            ("off", "")
        );
        assert_eq!(of("x", "assay.value.required"), "true");
        assert_eq!(TopicPatterns::parse(" ; ").unwrap(), TopicPatterns::default());
    }

    #[test]
    fn mistakes_name_their_row() {
        for (text, want) in [
            ("orders", "row 1: expected PATTERN"),
            ("a: assay.value.required=true; b:", "row 2: expected PATTERN"),
            (": assay.value.required=true", "row 1: expected PATTERN"),
            (
                "a: retention.ms=1",
                "row 1: \"retention.ms\" is not a topic configuration of validation; there are assay.key",
            ),
            ("a: assay.value.on.invalid=drop", "expected reject, quarantine or audit"),
            ("a: assay.value.subjects=x,:.y:z", "subjects of one context"),
        ] {
            let error = TopicPatterns::parse(text).unwrap_err().to_string();
            assert!(error.contains(want), "{text}: {error}");
        }
        assert_eq!(
            TopicPatterns::parse(&"a: assay.value.required=true;".repeat(1001)),
            Err(InvalidPatterns::TooMany)
        );
    }
}
