//! The report in the formats that people and CI systems read, a file each. Writers only: what is said is decided elsewhere.

mod github;
mod gitlab;
mod json;
mod junit;
mod sarif;
mod text;

use std::collections::BTreeSet;
use std::str::FromStr;

use assay_schema::Position;

use super::{Answer, Checked, Finding, Outcome, Unchecked};
use crate::allow::Allowed;
use crate::render::pretty;

/// The id of what is said of an `[[allow]]` row that fits nothing.
const UNUSED_ALLOW: &str = "UNUSED_ALLOW";
/// The beginning of a file, for formats that want a place.
const TOP: Position = Position { line: 1, column: 1 };

/// How the report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// Our own JSON.
    Json,
    /// JUnit XML, a test case per subject.
    Junit,
    /// SARIF 2.1.0.
    Sarif,
    /// GitHub workflow commands (annotations).
    Github,
    /// GitLab code quality.
    Gitlab,
}

impl FromStr for Format {
    type Err = String;
    fn from_str(text: &str) -> Result<Format, String> {
        Ok(match text {
            "text" => Format::Text,
            "json" => Format::Json,
            "junit" => Format::Junit,
            "sarif" => Format::Sarif,
            "github" => Format::Github,
            "gitlab" => Format::Gitlab,
            other => {
                return Err(format!(
                    "unknown format \"{other}\"; known are text, json, junit, sarif, github, gitlab"
                ));
            }
        })
    }
}

/// What stands above the answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The directory from which paths, subjects and references are looked at.
    pub root: String,
    /// Its `assay-check.toml`, if there is one.
    pub config: Option<String>,
    /// Whether it is another directory than the one that was named, so that people must be told.
    pub found: bool,
}

/// Writes the report.
pub fn write(format: Format, head: &Head, answer: &Answer) -> String {
    match format {
        Format::Text => text::text(head, answer),
        Format::Json => pretty(&json::json(head, answer)),
        Format::Junit => junit::junit(head, answer),
        Format::Sarif => pretty(&sarif::sarif(head, answer)),
        Format::Github => github::github(head, answer),
        Format::Gitlab => pretty(&gitlab::gitlab(head, answer)),
    }
}

/// Writes a report that says only why there are no answers, for formats that a program reads: it would stumble over nothing
/// at all. `path` is what was to be checked.
pub fn write_failure(format: Format, path: &str, reason: &str) -> Option<String> {
    if format == Format::Text {
        return None;
    }
    let unchecked = Unchecked { file: None, position: None, reason: reason.to_owned() };
    let checked = Checked {
        subject: path.to_owned(),
        file: path.to_owned(),
        level: assay_compat::Level::default(),
        outcome: Outcome::Failed(unchecked),
        findings: Vec::new(),
        notes: Vec::new(),
        fits: BTreeSet::new(),
    };
    let answer = Answer { checked: vec![checked], unused: Vec::new() };
    Some(write(format, &Head { root: path.to_owned(), config: None, found: false }, &answer))
}

/// The word for a subject without a file.
const REMOVED: &str = "removed, not checked";

/// The word for an outcome.
fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::NoBaseline => "no baseline",
        Outcome::Compatible => "compatible",
        Outcome::Incompatible => "incompatible",
        Outcome::BaseUnreadable => "base unreadable, accepted",
        Outcome::Removed => REMOVED,
        Outcome::Failed(_) => "could not check",
    }
}

/// What is said of a row that fits nothing.
fn unused(row: &Allowed) -> String {
    let path = row.path.as_ref().map(|path| format!(" at {path}")).unwrap_or_default();
    format!(
        "the allow row for \"{}\" and {}{path} fits no finding, so it can go (its reason: {})",
        row.subject, row.rule, row.reason
    )
}

/// The file of the rows.
fn config_file(head: &Head) -> &str {
    head.config.as_deref().unwrap_or(crate::config::FILE)
}

/// The new file to look at when there is no verdict, and where in it.
fn where_failed<'o>(one: &'o Checked, why: &'o Unchecked) -> (&'o str, Option<Position>) {
    (why.file.as_deref().unwrap_or(&one.file), why.position)
}

/// What a new or a removed subject says, in formats that tell what there is to know beside verdicts: id and text.
fn beside(one: &Checked) -> Option<(&'static str, &'static str, String)> {
    let subject = &one.subject;
    match one.outcome {
        Outcome::NoBaseline => Some((
            "NO_BASELINE",
            "a new subject",
            format!("no baseline: subject {subject} is new, there is nothing to compare it with"),
        )),
        Outcome::Removed => {
            Some(("REMOVED", "a subject without a file", format!("{REMOVED}: subject {subject}")))
        }
        Outcome::BaseUnreadable => Some((
            "BASE_UNREADABLE",
            "an older state that cannot be read, which is accepted",
            format!("subject {subject} was compared with nothing"),
        )),
        Outcome::Compatible | Outcome::Incompatible | Outcome::Failed(_) => None,
    }
}

/// Until when and why a break is accepted, before what is said about it.
fn accepted(finding: &Finding) -> String {
    let words = |(reason, expires): &(String, String)| format!("accepted until {expires}: {reason}; ");
    finding.accepted.as_ref().map(words).unwrap_or_default()
}

/// A finding in one sentence.
fn about(finding: &Finding) -> String {
    let d = &finding.difference;
    let (accepted, before) = (accepted(finding), before(finding));
    format!("{accepted}{} (against {}{before}); {}", d.description, finding.against, d.hint())
}

/// Where the older fragment is, for formats that have one place only.
fn before(finding: &Finding) -> String {
    let at =
        |old: &super::Place| format!(", there {}:{}:{}", old.file, old.position.line, old.position.column);
    finding.old.as_ref().map(at).unwrap_or_default()
}

/// The same for the same finding in the next run: no line, and not what it was compared with.
fn fingerprint(one: &Checked, finding: &Finding) -> String {
    let d = &finding.difference;
    let text = format!("{}\n{}\n{}\n{:?}\n{}", one.subject, d.rule.id(), d.path, d.direction, d.additional);
    assay_schema::guid(&text, &[], None, None).to_string()
}
