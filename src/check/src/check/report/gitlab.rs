//! GitLab's code quality report.

use assay_schema::Position;
use serde_json::{Value, json};

use super::{Head, TOP, UNUSED_ALLOW, about, beside, config_file, fingerprint, unused, where_failed};
use crate::check::{Answer, Outcome};

/// An issue of GitLab's code quality report.
fn issue(rule: &str, severity: &str, text: &str, place: (&str, u32, u32), fingerprint: &str) -> Value {
    let (file, line, column) = place;
    json!({
        "description": text, "check_name": rule, "severity": severity, "fingerprint": fingerprint,
        "location": { "path": file, "lines": { "begin": line },
            "positions": { "begin": { "line": line, "column": column } } },
    })
}

pub(super) fn gitlab(head: &Head, answer: &Answer) -> Value {
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
