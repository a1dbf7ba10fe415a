//! Our own JSON: everything that is known, for scripts.

use serde_json::{Value, json};

use super::{Head, word};
use crate::allow::Allowed;
use crate::check::{Answer, Checked, Finding, Outcome, Place};

pub(super) fn json(head: &Head, answer: &Answer) -> Value {
    let subjects: Vec<Value> = answer.checked.iter().map(subject_json).collect();
    let unused: Vec<Value> = answer.unused.iter().map(row_json).collect();
    json!({
        "root": head.root, "config": head.config, "subjects": subjects, "unused_allow": unused,
    })
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
    let place = |p: &Place| json!({ "file": p.file, "line": p.position.line, "column": p.position.column });
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
