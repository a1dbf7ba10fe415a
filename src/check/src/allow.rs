//! `[[allow]]` rows of `assay-check.toml`: breaks that are known and accepted for a while.

use std::collections::BTreeSet;

use assay_compat::{Rule, Verdict};
use serde::{Deserialize, Deserializer};

use crate::check::TOO_COMPLEX;
use crate::lint::meant;

/// The rule of a row that accepts, for a while, that the older state of a subject cannot be read: nothing is compared then.
pub const BASE_UNREADABLE: &str = "BASE_UNREADABLE";

/// Rules that a wrong id is told.
const HINTS_MAX: usize = 5;

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
    /// Last day on which it counts, `YYYY-MM-DD`; a text, or a date of TOML.
    #[serde(deserialize_with = "day")]
    pub expires: String,
    /// The line of the row in its file, from 1.
    #[serde(skip)]
    pub line: u32,
}

impl Allowed {
    /// Checks what the TOML cannot.
    ///
    /// # Errors
    /// One sentence: an empty reason, no date, or an id that no rule has.
    pub(crate) fn check(&self) -> Result<(), String> {
        let what = format!("the allow row for \"{}\"", self.subject);
        if self.reason.trim().is_empty() {
            return Err(format!("{what} has an empty reason; say why"));
        }
        if !is_date(&self.expires) {
            return Err(format!("{what} has expires = {}, which is no date; write 2026-12-31", self.expires));
        }
        if self.rule == TOO_COMPLEX {
            return Err(format!(
                "{what} has rule = \"{TOO_COMPLEX}\", which is no verdict but a limit; nothing can be accepted"
            ));
        }
        if self.rule == BASE_UNREADABLE && self.path.is_some() {
            return Err(format!(
                "{what} has rule = \"{BASE_UNREADABLE}\" and a path; it is about the whole subject"
            ));
        }
        let ids = Rule::all().filter(|rule| rule.row().verdict != Verdict::Compatible).map(Rule::id);
        let ids: BTreeSet<&str> = ids.chain([BASE_UNREADABLE]).collect();
        if ids.contains(self.rule.as_str()) {
            return Ok(());
        }
        let why = if self.rule.contains(['*', '?']) {
            "is a glob; a row accepts one rule, by its id"
        } else {
            "no rule has this id"
        };
        let known: Vec<&str> = ids.iter().copied().collect();
        let near = near(&self.rule, &known);
        let near = if near.is_empty() {
            "reports name the rule of each finding, such as READER_FIELD_MISSING_DEFAULT_VALUE".to_owned()
        } else {
            format!("near it: {}", near.join(", "))
        };
        Err(format!("{what} has rule = \"{}\": {why} ({near})", self.rule))
    }
}

/// The ids that a wrong one may stand for: one slip away, or else those with all of its words.
fn near<'k>(wrong: &str, known: &[&'k str]) -> Vec<&'k str> {
    if let Some(meant) = meant(wrong, known) {
        return vec![meant];
    }
    let wrong: String = wrong.to_ascii_uppercase().chars().take(100).collect();
    let words: Vec<&str> =
        wrong.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| w.len() > 2).collect();
    if words.is_empty() {
        return Vec::new();
    }
    known.iter().copied().filter(|id| words.iter().all(|word| id.contains(word))).take(HINTS_MAX).collect()
}

/// A text, or a value of TOML as it is written; what is no date is told by [`Allowed::check`].
fn day<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    Ok(match toml::Value::deserialize(input)? {
        toml::Value::String(text) => text,
        other => other.to_string(),
    })
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
