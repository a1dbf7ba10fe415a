//! `assay-check.toml`: which files are which subjects, their levels, and the breaks that are accepted for a while.

use std::str::FromStr;

use assay_compat::{Level, Policy};
use serde::Deserialize;

use crate::glob;

/// The file's name.
pub const FILE: &str = "assay-check.toml";
/// Rows of one kind that a file may have.
const ROWS_MAX: usize = 10_000;

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    level: Option<String>,
    policy: Option<String>,
    #[serde(default)]
    schema: Vec<WrittenSchema>,
    #[serde(default)]
    allow: Vec<Allowed>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSchema {
    path: String,
    subject: Option<String>,
    level: Option<String>,
    policy: Option<String>,
}

/// An `[[allow]]` row: a known break.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// Glob over subjects.
    pub subject: String,
    /// Id of the rule that is broken.
    pub rule: String,
    /// Path of the difference; any if absent.
    pub path: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// Last day on which it counts, `YYYY-MM-DD`.
    pub expires: String,
}

/// A `[[schema]]` row.
#[derive(Debug, Clone)]
struct Row {
    path: String,
    subject: Option<String>,
    level: Option<Level>,
    policy: Option<Policy>,
}

/// The file, understood.
#[derive(Debug, Clone, Default)]
pub struct Config {
    level: Level,
    policy: Policy,
    rows: Vec<Row>,
    /// The `[[allow]]` rows.
    pub allow: Vec<Allowed>,
}

/// What a file is to be checked as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Its subject.
    pub subject: String,
    /// The level.
    pub level: Level,
    /// The policy for JSON Schema.
    pub policy: Policy,
}

impl Config {
    /// Reads the text of an `assay-check.toml`.
    ///
    /// # Errors
    /// One sentence: no TOML, an unknown key, level, policy or date, an empty reason, too many rows.
    pub fn parse(text: &str) -> Result<Config, String> {
        let written: Written = toml::from_str(text).map_err(|e| format!("{FILE}: {e}"))?;
        if written.schema.len() > ROWS_MAX || written.allow.len() > ROWS_MAX {
            return Err(format!("{FILE}: more than {ROWS_MAX} rows"));
        }
        for row in &written.allow {
            if row.reason.trim().is_empty() {
                return Err(format!(
                    "{FILE}: an allow row for \"{}\" has an empty reason; say why",
                    row.subject
                ));
            }
            if !is_date(&row.expires) {
                return Err(format!(
                    "{FILE}: expires = \"{}\" is no date; write it as 2026-12-31",
                    row.expires
                ));
            }
        }
        let rows = written.schema.into_iter().map(|row| {
            let (level, policy) = (level(row.level.as_deref())?, policy(row.policy.as_deref())?);
            Ok(Row { path: row.path, subject: row.subject, level, policy })
        });
        Ok(Config {
            level: level(written.level.as_deref())?.unwrap_or_default(),
            policy: policy(written.policy.as_deref())?.unwrap_or_default(),
            rows: rows.collect::<Result<_, String>>()?,
            allow: written.allow,
        })
    }

    /// What the file at `path` (with slashes, from the directory of the config) is; `None` if rows exist and none fits.
    /// The first row that fits counts. In `subject`, `{path}` is the path without extension and `{name}` its last part.
    pub fn settings(&self, path: &str) -> Option<Settings> {
        let row = self.rows.iter().find(|row| glob::matches(&row.path, path));
        if row.is_none() && !self.rows.is_empty() {
            return None;
        }
        let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
        let name = stem.rsplit('/').next().unwrap_or(stem);
        let pattern = row.and_then(|row| row.subject.as_deref()).unwrap_or("{path}");
        Some(Settings {
            subject: fill(pattern, stem, name),
            level: row.and_then(|row| row.level).unwrap_or(self.level),
            policy: row.and_then(|row| row.policy).unwrap_or(self.policy),
        })
    }
}

/// Fills in a pattern in one pass: what is put in is never read as a pattern.
fn fill(pattern: &str, stem: &str, name: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find('{') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let (text, taken) = if after.starts_with("{path}") {
            (stem, 6)
        } else if after.starts_with("{name}") {
            (name, 6)
        } else {
            ("{", 1)
        };
        out.push_str(text);
        rest = after.get(taken..).unwrap_or("");
    }
    out + rest
}

fn level(text: Option<&str>) -> Result<Option<Level>, String> {
    text.map(|text| Level::from_str(text).map_err(|e| format!("{FILE}: {e}"))).transpose()
}

fn policy(text: Option<&str>) -> Result<Option<Policy>, String> {
    match text {
        None => Ok(None),
        Some(text) if text.eq_ignore_ascii_case("strict") => Ok(Some(Policy::Strict)),
        Some(text) if text.eq_ignore_ascii_case("lenient") => Ok(Some(Policy::Lenient)),
        Some(text) => Err(format!("{FILE}: policy = \"{text}\" is unknown; known are STRICT, LENIENT")),
    }
}

/// Whether a text is a day of the calendar, so that dates compare as texts.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let digits = |part: &str, len| part.len() == len && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
        return false;
    }
    let number = |part: &str| part.parse::<u32>().unwrap_or(0);
    let year = number(year);
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match number(month) {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&number(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_templates() {
        let config = Config::parse(
            "level = \"full\"\n[[schema]]\npath = \"orders/*.avsc\"\nsubject = \"{name}-value\"\n[[schema]]\npath = \"**\"\nlevel = \"NONE\"\n",
        )
        .unwrap();
        let orders = config.settings("orders/a.avsc").unwrap();
        assert_eq!((orders.subject.as_str(), orders.level), ("a-value", Level::Full));
        let other = config.settings("x/b.proto").unwrap();
        assert_eq!((other.subject.as_str(), other.level), ("x/b", Level::None));
        assert_eq!(Config::default().settings("x/b.proto").unwrap().subject, "x/b");
    }

    #[test]
    fn mistakes_are_named() {
        let allow = |expires: &str, reason: &str| {
            format!(
                "[[allow]]\nsubject = \"a\"\nrule = \"R\"\nreason = \"{reason}\"\nexpires = \"{expires}\"\n"
            )
        };
        assert!(Config::parse(&allow("2028-02-29", "why")).is_ok());
        for (text, word) in [
            (allow("2027-02-29", "why"), "no date"),
            (allow("soon", "why"), "no date"),
            (allow("2027-01-01", " "), "empty reason"),
            ("level = \"X\"".to_owned(), "unknown compatibility level"),
            ("policy = \"X\"".to_owned(), "policy"),
            ("lvel = \"NONE\"".to_owned(), "unknown field"),
        ] {
            let error = Config::parse(&text).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
