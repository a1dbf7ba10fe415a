//! The list of changes as text, Markdown or JSON.

use std::fmt::Write;
use std::str::FromStr;

use assay_compat::Direction;
use serde_json::{Value, json};

use super::{Change, Diff, Kind};
use crate::render::pretty;

/// How the list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For a terminal.
    #[default]
    Text,
    /// For a pull request.
    Markdown,
    /// For programs.
    Json,
}

impl FromStr for Format {
    type Err = String;
    fn from_str(text: &str) -> Result<Format, String> {
        match text {
            "text" => Ok(Format::Text),
            "markdown" => Ok(Format::Markdown),
            "json" => Ok(Format::Json),
            other => Err(format!("unknown format \"{other}\"; known are text, markdown, json")),
        }
    }
}

/// Writes the list.
pub fn write(format: Format, diff: &Diff) -> String {
    match format {
        Format::Text => text(diff),
        Format::Markdown => markdown(diff),
        Format::Json => pretty(&json(diff)),
    }
}

/// `3 changes; the new schema reads old data, the old schema does not read new data`.
fn summary(diff: &Diff) -> String {
    let count = diff.changes().count() + diff.left_out;
    let mut out = match count {
        0 => "no changes".to_owned(),
        1 => "1 change".to_owned(),
        n => format!("{n} changes"),
    };
    if diff.left_out > 0 {
        let _ = write!(out, " ({} of them not shown)", diff.left_out);
    }
    out += match (diff.backward, diff.forward) {
        (Some(true), Some(true)) => "; BACKWARD and FORWARD compatible (FULL)",
        (Some(true), Some(false)) => "; BACKWARD compatible, not FORWARD",
        (Some(false), Some(true)) => "; FORWARD compatible, not BACKWARD",
        (Some(false), Some(false)) => "; neither BACKWARD nor FORWARD compatible",
        (Some(true), None) => "; BACKWARD compatible",
        (Some(false), None) => "; not BACKWARD compatible",
        (None, Some(true)) => "; FORWARD compatible",
        (None, Some(false)) => "; not FORWARD compatible",
        (None, None) => "",
    };
    if let Some(reason) = &diff.untold {
        let which = match (diff.backward, diff.forward) {
            (Some(_), None) => " FORWARD",
            (None, Some(_)) => " BACKWARD",
            _ => "",
        };
        let _ = write!(out, "; compatibility{which} could not be told: {reason}");
    }
    out
}

/// What a change breaks, a rule once per direction.
fn broken(change: &Change) -> Vec<(&'static str, &'static str)> {
    let mut out = Vec::new();
    for b in &change.breaks {
        let pair = (direction(b.direction), b.rule.id());
        if !out.contains(&pair) {
            out.push(pair);
        }
    }
    out
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Forward => "FORWARD",
        Direction::Backward | Direction::Neither => "BACKWARD",
    }
}

fn text(diff: &Diff) -> String {
    let mut out = format!("{} -> {} ({})\n", diff.old, diff.new, diff.schema_type);
    for section in &diff.sections {
        if let Some(file) = &section.file {
            let _ = writeln!(out, "in {file}:");
        }
        for change in &section.changes {
            let sign = match change.kind {
                Kind::Added => '+',
                Kind::Removed => '-',
                _ => '~',
            };
            let _ = writeln!(out, "  {sign} {}", change.text.text());
            for (direction, rule) in broken(change) {
                let _ = writeln!(out, "      breaks {direction}: {rule}");
            }
        }
    }
    out + &summary(diff) + "\n"
}

fn markdown(diff: &Diff) -> String {
    let code = super::say::code;
    let mut out =
        format!("### {} to {} ({})\n\n", code(&line(&diff.old)), code(&line(&diff.new)), diff.schema_type);
    for section in &diff.sections {
        if let Some(file) = &section.file {
            let _ = writeln!(out, "In {}:\n", code(&line(file)));
        }
        for change in &section.changes {
            let _ = write!(out, "- **{}**: {}", change.kind.as_str(), change.text.markdown());
            let breaks: Vec<String> = broken(change)
                .iter()
                .map(|(direction, rule)| format!("breaks {direction} (`{rule}`)"))
                .collect();
            let _ = writeln!(out, "{}{}", if breaks.is_empty() { "" } else { " - " }, breaks.join(", "));
        }
        out.push('\n');
    }
    out + &summary(diff) + ".\n"
}

/// A label on one line.
fn line(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}

fn json(diff: &Diff) -> Value {
    let change = |change: &Change| {
        json!({
            "kind": change.kind.as_str(), "text": change.text.text(),
            "old_place": change.old, "new_place": change.new,
            "breaks": change.breaks.iter().map(|b| json!({
                "direction": direction(b.direction), "rule": b.rule.id(), "path": b.path, "hint": b.rule.row().hint,
            })).collect::<Vec<_>>(),
        })
    };
    json!({
        "old": diff.old, "new": diff.new, "type": diff.schema_type.as_str(),
        "backward": diff.backward, "forward": diff.forward, "untold": diff.untold, "left_out": diff.left_out,
        "files": diff.sections.iter().map(|section| json!({
            "file": section.file, "changes": section.changes.iter().map(change).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}
