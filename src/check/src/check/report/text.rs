//! The report for people.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Finding, Head, REMOVED, config_file, unused, word};
use crate::check::{Answer, Outcome};

pub(super) fn text(head: &Head, answer: &Answer) -> String {
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

pub(super) fn told(finding: &Finding, out: &mut String) {
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
