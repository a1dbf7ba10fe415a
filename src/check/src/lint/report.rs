//! The findings in the formats that people and CI systems read; the pieces are those of `check`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::str::FromStr;

use assay_schema::Position;
use serde_json::{Value, json};

use super::{Linted, Severity};
use crate::check::Unchecked;
use crate::render::{github_command, location, pretty, sarif_log};

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// Our own JSON.
    Json,
    /// GitHub workflow commands (annotations).
    Github,
    /// SARIF 2.1.0.
    Sarif,
}

impl FromStr for Format {
    type Err = String;
    fn from_str(text: &str) -> Result<Format, String> {
        match text {
            "text" => Ok(Format::Text),
            "json" => Ok(Format::Json),
            "github" => Ok(Format::Github),
            "sarif" => Ok(Format::Sarif),
            other => Err(format!("unknown format \"{other}\"; known are text, json, github, sarif")),
        }
    }
}

/// Writes the findings.
pub fn write(format: Format, linted: &[Linted]) -> String {
    match format {
        Format::Text => text(linted),
        Format::Json => pretty(&json!({ "files": linted.iter().map(file_json).collect::<Vec<_>>() })),
        Format::Github => github(linted),
        Format::Sarif => pretty(&sarif(linted)),
    }
}

fn text(linted: &[Linted]) -> String {
    let mut out = String::new();
    let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
    for one in linted {
        if let Some(why) = &one.failed {
            let (file, at) = place(one, why);
            let at = at.map(|at| format!(":{}:{}", at.line, at.column)).unwrap_or_default();
            let _ = writeln!(out, "{file}{at}: could not read: {}", line(&why.reason));
        }
        for finding in &one.findings {
            *counts.entry(finding.severity).or_default() += 1;
            let (at, lint) = (finding.position, finding.lint);
            let _ = writeln!(
                out,
                "{}:{}:{}: {}: {} ({})\n    why: {}\n    fix: {}",
                one.file,
                at.line,
                at.column,
                finding.severity,
                line(&finding.text),
                lint.id,
                lint.why,
                lint.hint
            );
        }
        for note in &one.notes {
            let _ = writeln!(out, "{}: note: {note}", one.file);
        }
    }
    let counts: Vec<String> = counts.iter().rev().map(|(severity, n)| format!("{n} {severity}")).collect();
    let counts = if counts.is_empty() { "nothing found".to_owned() } else { counts.join(", ") };
    let failed = linted.iter().filter(|one| one.failed.is_some()).count();
    let failed = if failed == 0 { String::new() } else { format!(", {failed} could not be read") };
    let _ = writeln!(out, "{} looked at: {counts}{failed}", linted.len());
    out
}

/// The file to look at, and where in it.
fn place<'o>(one: &'o Linted, why: &'o Unchecked) -> (&'o str, Option<Position>) {
    (why.file.as_deref().unwrap_or(&one.file), why.position)
}

/// A text on one line.
fn line(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}

fn file_json(one: &Linted) -> Value {
    let finding = |f: &super::Finding| {
        json!({
            "lint": f.lint.id, "severity": f.severity.as_str(), "text": f.text, "line": f.position.line,
            "column": f.position.column, "why": f.lint.why, "hint": f.lint.hint, "source": f.lint.source,
        })
    };
    let at = one.failed.as_ref().and_then(|why| Some((why.file.as_ref()?, why.position?)));
    let at = at.map(|(file, at)| json!({ "file": file, "line": at.line, "column": at.column }));
    json!({
        "file": one.file, "failed": one.failed.as_ref().map(ToString::to_string), "failed_at": at, "notes": one.notes,
        "findings": one.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn github(linted: &[Linted]) -> String {
    let mut out = String::new();
    for one in linted {
        if let Some(why) = &one.failed {
            let (file, at) = place(one, why);
            github_command("error", file, at, Some("could not read"), &why.to_string(), &mut out);
        }
        for finding in &one.findings {
            let kind = match finding.severity {
                Severity::Info => "notice",
                Severity::Warning => "warning",
                Severity::Error => "error",
            };
            let text = format!("{}; {}", finding.text, finding.lint.hint);
            github_command(kind, &one.file, Some(finding.position), Some(finding.lint.id), &text, &mut out);
        }
        for note in &one.notes {
            github_command("notice", &one.file, None, None, note, &mut out);
        }
    }
    out
}

fn sarif(linted: &[Linted]) -> Value {
    let mut rules = BTreeMap::new();
    let mut results = Vec::new();
    let level = |severity: Severity| match severity {
        Severity::Info => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    for one in linted {
        if let Some(why) = &one.failed {
            let (file, at) = place(one, why);
            let at = at.unwrap_or(Position { line: 1, column: 1 });
            let id = "could-not-read";
            rules.insert(id, json!({ "id": id, "shortDescription": { "text": "no schema" } }));
            results.push(json!({ "ruleId": id, "level": "error", "message": { "text": why.to_string() },
                "locations": [location(file, at.line, at.column)] }));
        }
        for finding in &one.findings {
            let lint = finding.lint;
            rules.entry(lint.id).or_insert_with(|| {
                json!({ "id": lint.id, "shortDescription": { "text": lint.why }, "help": { "text": lint.hint },
                    "defaultConfiguration": { "level": level(lint.severity) } })
            });
            let at = finding.position;
            results.push(json!({
                "ruleId": lint.id, "level": level(finding.severity),
                "message": { "text": format!("{}; {}", finding.text, lint.hint) },
                "locations": [location(&one.file, at.line, at.column)],
            }));
        }
    }
    sarif_log(rules.into_values().collect(), results)
}
