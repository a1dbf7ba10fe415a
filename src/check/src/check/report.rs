//! The report in the formats that people and CI systems read. Writers only: what is said is decided elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::str::FromStr;

use assay_schema::Position;
use serde_json::{Value, json};

use super::{Answer, Checked, Finding, Outcome, Unchecked};
use crate::allow::Allowed;
use crate::render::{github_command, location, pretty, sarif_log};

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
        Format::Text => text(head, answer),
        Format::Json => {
            let subjects: Vec<Value> = answer.checked.iter().map(subject_json).collect();
            let unused: Vec<Value> = answer.unused.iter().map(row_json).collect();
            pretty(&json!({
                "root": head.root, "config": head.config, "subjects": subjects, "unused_allow": unused,
            }))
        }
        Format::Junit => junit(head, answer),
        Format::Sarif => pretty(&sarif(head, answer)),
        Format::Github => github(head, answer),
        Format::Gitlab => pretty(&gitlab(head, answer)),
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

fn text(head: &Head, answer: &Answer) -> String {
    let checked = &answer.checked;
    let mut out = String::new();
    if head.found {
        let config =
            head.config.as_ref().map_or("no assay-check.toml there", |_| "with its assay-check.toml");
        let _ = writeln!(out, "root: {} ({config})", head.root);
    }
    let mut counts = BTreeMap::new();
    for one in checked {
        *counts.entry(word(&one.outcome)).or_insert(0usize) += 1;
        let quiet = one.findings.is_empty() && one.notes.is_empty();
        if quiet && matches!(one.outcome, Outcome::Compatible) && checked.len() > 20 {
            continue;
        }
        let _ = writeln!(out, "{}: {} ({}, {})", one.file, word(&one.outcome), one.subject, one.level);
        if let Outcome::Failed(why) = &one.outcome {
            let _ = match (&why.file, why.position) {
                (Some(file), Some(at)) => writeln!(out, "  {file}:{}:{}: {}", at.line, at.column, why.reason),
                _ => writeln!(out, "  {why}"),
            };
        }
        for finding in &one.findings {
            told(finding, &mut out);
        }
        for note in &one.notes {
            let _ = writeln!(out, "  note: {note}");
        }
    }
    for row in &answer.unused {
        let _ = writeln!(out, "{}:{}: warning: {}", config_file(head), row.line, unused(row));
    }
    let gone = counts.remove(REMOVED).unwrap_or(0);
    let counts: Vec<String> = counts.iter().map(|(word, n)| format!("{n} {word}")).collect();
    let removed = if gone == 0 { String::new() } else { format!("; {gone} {REMOVED}") };
    let _ = writeln!(out, "{} checked: {}{removed}", checked.len() - gone, counts.join(", "));
    out
}

fn told(finding: &Finding, out: &mut String) {
    let Finding { difference, place, .. } = finding;
    let at = place.position;
    let _ = writeln!(
        out,
        "  {}:{}:{}: {} against {}: {}",
        place.file,
        at.line,
        at.column,
        difference.rule.id(),
        finding.against,
        difference.description
    );
    if let Some(new) = &difference.new {
        let _ = writeln!(out, "    new: {}", new.text);
    }
    if let Some(old) = &difference.old {
        let at =
            finding.old.as_ref().map(|p| format!(" ({}:{}:{})", p.file, p.position.line, p.position.column));
        let _ = writeln!(out, "    old: {}{}", old.text, at.unwrap_or_default());
    }
    match &finding.accepted {
        Some((reason, expires)) => {
            let _ = writeln!(out, "    accepted until {expires}: {reason}");
        }
        None => {
            let _ = writeln!(out, "    fix: {}", difference.hint());
        }
    }
}

fn subject_json(one: &Checked) -> Value {
    let why = match &one.outcome {
        Outcome::Failed(why) => Some(why),
        _ => None,
    };
    let place = why.and_then(|why| Some((why.file.as_ref()?, why.position?)));
    let place = place.map(|(file, at)| json!({ "file": file, "line": at.line, "column": at.column }));
    json!({
        "subject": one.subject, "file": one.file, "level": one.level.as_str(), "outcome": word(&one.outcome),
        "reason": why.map(ToString::to_string), "place": place, "notes": one.notes,
        "findings": one.findings.iter().map(finding_json).collect::<Vec<_>>(),
    })
}

fn row_json(row: &Allowed) -> Value {
    json!({
        "line": row.line, "subject": row.subject, "rule": row.rule, "path": row.path, "reason": row.reason,
        "expires": row.expires,
    })
}

fn finding_json(finding: &Finding) -> Value {
    let place =
        |p: &super::Place| json!({ "file": p.file, "line": p.position.line, "column": p.position.column });
    let fragment = |f: &Option<assay_compat::Fragment>| f.as_ref().map(|f| f.text.clone());
    let d = &finding.difference;
    json!({
        "rule": d.rule.id(), "path": d.path, "description": d.description, "additional": d.additional,
        "direction": format!("{:?}", d.direction).to_uppercase(), "against": finding.against,
        "place": place(&finding.place), "old_place": finding.old.as_ref().map(place),
        "new": fragment(&d.new), "old": fragment(&d.old), "hint": d.hint(), "source": d.source(),
        "accepted": finding.accepted.as_ref().map(|(reason, expires)| json!({"reason": reason, "expires": expires})),
    })
}

/// Text of an XML attribute or element; characters that XML 1.0 cannot hold are replaced.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

fn junit(head: &Head, answer: &Answer) -> String {
    let checked = &answer.checked;
    let count = |wanted: fn(&Outcome) -> bool| checked.iter().filter(|one| wanted(&one.outcome)).count();
    let failures = count(|o| *o == Outcome::Incompatible);
    let errors = count(|o| matches!(o, Outcome::Failed(_)));
    let skipped = count(|o| *o == Outcome::Removed);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"assay check\" tests=\"{}\" \
         failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">\n\
         <properties><property name=\"root\" value=\"{}\"/></properties>\n",
        checked.len(),
        xml(&head.root)
    );
    for one in checked {
        let _ = write!(
            out,
            "<testcase name=\"{}\" classname=\"{}\" file=\"{}\">",
            xml(&one.subject),
            one.level,
            xml(&one.file)
        );
        let mut details = String::new();
        for finding in &one.findings {
            told(finding, &mut details);
        }
        for note in &one.notes {
            let _ = writeln!(details, "  note: {note}");
        }
        match &one.outcome {
            Outcome::Incompatible => {
                let first = one.findings.iter().find(|f| f.accepted.is_none());
                let message = first.map_or("", |f| f.difference.description.as_str());
                let _ = write!(out, "<failure message=\"{}\">{}</failure>", xml(message), xml(&details));
            }
            Outcome::Failed(why) => {
                let _ = write!(out, "<error message=\"{}\">", xml(&why.reason));
                if let (file, Some(at)) = where_failed(one, why) {
                    let _ = write!(out, "{}:{}:{}: ", xml(file), at.line, at.column);
                }
                let _ = write!(out, "{}\n{}</error>", xml(&why.to_string()), xml(&details));
            }
            Outcome::NoBaseline => out.push_str("<system-out>no baseline</system-out>"),
            Outcome::Removed => {
                let _ = write!(out, "<skipped message=\"{REMOVED}: {}\"/>", xml(&one.notes.join("; ")));
            }
            Outcome::Compatible | Outcome::BaseUnreadable if details.is_empty() => {}
            Outcome::Compatible | Outcome::BaseUnreadable => {
                let _ = write!(out, "<system-out>{}</system-out>", xml(&details));
            }
        }
        out.push_str("</testcase>\n");
    }
    if !answer.unused.is_empty() {
        out.push_str("<system-out>");
        for row in &answer.unused {
            let _ =
                write!(out, "{}&#10;", xml(&format!("{}:{}: {}", config_file(head), row.line, unused(row))));
        }
        out.push_str("</system-out>\n");
    }
    out + "</testsuite>\n</testsuites>\n"
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

fn sarif(head: &Head, answer: &Answer) -> Value {
    let checked = &answer.checked;
    let mut rules = BTreeMap::new();
    let mut results = Vec::new();
    for one in checked {
        if let Outcome::Failed(why) = &one.outcome {
            let (file, at) = where_failed(one, why);
            let at = at.unwrap_or(TOP);
            rules.insert(
                "COULD_NOT_CHECK",
                json!({ "id": "COULD_NOT_CHECK", "shortDescription": { "text": "no verdict" } }),
            );
            results.push(
                json!({ "ruleId": "COULD_NOT_CHECK", "level": "error", "message": { "text": why.to_string() },
                "locations": [location(file, at.line, at.column)] }),
            );
        }
        for finding in &one.findings {
            let d = &finding.difference;
            let row = d.rule.row();
            rules.entry(d.rule.id()).or_insert_with(|| {
                json!({ "id": row.id, "shortDescription": { "text": row.why }, "help": { "text": row.hint } })
            });
            let at = finding.place.position;
            let mut result = json!({
                "ruleId": d.rule.id(), "level": "error",
                "message": { "text": format!("{} (against {}): {}; {}", one.subject, finding.against, d.description, d.hint()) },
                "locations": [location(&finding.place.file, at.line, at.column)],
                "partialFingerprints": { "assay/v1": fingerprint(one, finding) },
            });
            if let Some(old) = &finding.old {
                let mut before = location(&old.file, old.position.line, old.position.column);
                before["message"] = json!({ "text": "before" });
                result["relatedLocations"] = json!([before]);
            }
            if let Some((reason, expires)) = &finding.accepted {
                result["suppressions"] = json!([{ "kind": "external", "status": "accepted",
                    "justification": reason, "properties": { "expires": expires } }]);
            }
            results.push(result);
        }
        let mut note = |id: &'static str, what: &str, text: String| {
            rules.entry(id).or_insert_with(|| json!({ "id": id, "shortDescription": { "text": what } }));
            results.push(json!({ "ruleId": id, "level": "note", "message": { "text": text },
                "locations": [location(&one.file, 1, 1)] }));
        };
        if let Some((id, what, text)) = beside(one) {
            note(id, what, text);
        }
        for text in &one.notes {
            note("NOTE", "what to know about a verdict", format!("{}: {text}", one.subject));
        }
    }
    for row in &answer.unused {
        rules.entry(UNUSED_ALLOW).or_insert_with(
            || json!({ "id": UNUSED_ALLOW, "shortDescription": { "text": "an allow row that fits no finding" } }),
        );
        results.push(json!({ "ruleId": UNUSED_ALLOW, "level": "warning", "message": { "text": unused(row) },
            "locations": [location(config_file(head), row.line, 1)] }));
    }
    let mut log = sarif_log(rules.into_values().collect(), results);
    log["runs"][0]["properties"] = json!({ "root": head.root });
    log
}

fn github(head: &Head, answer: &Answer) -> String {
    let mut out = String::new();
    for one in &answer.checked {
        if let Outcome::Failed(why) = &one.outcome {
            let (file, at) = where_failed(one, why);
            github_command("error", file, at, Some("could not check"), &why.to_string(), &mut out);
        }
        if let Some((_, _, text)) = beside(one) {
            github_command("notice", &one.file, None, Some(word(&one.outcome)), &text, &mut out);
        }
        for finding in &one.findings {
            let (at, d) = (finding.place.position, &finding.difference);
            let kind = if finding.accepted.is_some() { "notice" } else { "error" };
            let text = about(finding);
            github_command(kind, &finding.place.file, Some(at), Some(d.rule.id()), &text, &mut out);
        }
        for note in &one.notes {
            github_command("notice", &one.file, None, None, note, &mut out);
        }
    }
    for row in &answer.unused {
        let at = Position { line: row.line, column: 1 };
        github_command("warning", config_file(head), Some(at), Some(UNUSED_ALLOW), &unused(row), &mut out);
    }
    out
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

/// An issue of GitLab's code quality report.
fn issue(rule: &str, severity: &str, text: &str, place: (&str, u32, u32), fingerprint: &str) -> Value {
    let (file, line, column) = place;
    json!({
        "description": text, "check_name": rule, "severity": severity, "fingerprint": fingerprint,
        "location": { "path": file, "lines": { "begin": line },
            "positions": { "begin": { "line": line, "column": column } } },
    })
}

fn gitlab(head: &Head, answer: &Answer) -> Value {
    let mut out = Vec::new();
    for one in &answer.checked {
        let mut say = |rule: &str, severity: &str, text: &str, (file, at): (&str, Option<Position>)| {
            let key = assay_schema::guid(&format!("{rule}\n{}\n{text}", one.subject), &[], None, None);
            let at = at.unwrap_or(TOP);
            out.push(issue(rule, severity, text, (file, at.line, at.column), &key.to_string()));
        };
        let whole = (one.file.as_str(), None);
        if let Outcome::Failed(why) = &one.outcome {
            say("COULD_NOT_CHECK", "blocker", &why.to_string(), where_failed(one, why));
        }
        if let Some((id, _, text)) = beside(one) {
            say(id, "info", &text, whole);
        }
        for note in &one.notes {
            say("NOTE", "info", note, whole);
        }
        for f in &one.findings {
            let (at, d) = (f.place.position, &f.difference);
            let severity = if f.accepted.is_some() { "info" } else { "critical" };
            let text = about(f);
            let place = (f.place.file.as_str(), at.line, at.column);
            out.push(issue(d.rule.id(), severity, &text, place, &fingerprint(one, f)));
        }
    }
    for row in &answer.unused {
        let text = unused(row);
        let key = assay_schema::guid(&format!("{UNUSED_ALLOW}\n{text}"), &[], None, None).to_string();
        out.push(issue(UNUSED_ALLOW, "minor", &text, (config_file(head), row.line, 1), &key));
    }
    Value::Array(out)
}
