//! The plan as people read it.

use std::fmt::Write;

use serde_json::Value;

use super::plan::{Decided, Plan, Step};

/// The text of a plan.
pub fn show(plan: &Plan) -> String {
    let mut out = String::new();
    for step in &plan.steps {
        match step {
            Step::Register { subject, file, version, decided, .. } => {
                let here = match decided {
                    Decided::Registry => "",
                    Decided::Here => ", checked here: it needs steps before it",
                };
                let _ = writeln!(out, "  + {subject}: register version {version} ({file}{here})");
            }
            Step::Config { subject, set, was } => {
                for (member, value) in set {
                    let was = was.get(member).map_or("unset".to_owned(), brief);
                    let _ = writeln!(out, "  ~ {subject}: {member} {was} -> {}", brief(value));
                }
            }
            Step::Delete { subject, versions } => {
                let _ = writeln!(out, "  - {subject}: soft-delete versions {}", listed(versions));
            }
        }
    }
    let refused = plan.refused.iter().map(|no| ("refused", no));
    for (what, no) in refused.chain(plan.unchecked.iter().map(|no| ("could not be checked", no))) {
        let file = no.file.as_ref().map(|file| format!(" ({file})")).unwrap_or_default();
        let _ = writeln!(out, "  ! {}: {what}{file}", no.subject);
        for reason in &no.reasons {
            let _ = writeln!(out, "      {reason}");
        }
    }
    for note in &plan.notes {
        let _ = writeln!(out, "  note: {note}");
    }
    let [register, config, delete] = plan.counts();
    if plan.steps.is_empty() && plan.refused.is_empty() && plan.unchecked.is_empty() {
        let _ = writeln!(out, "{}: nothing to do, {} unchanged", plan.registry, plan.unchanged);
        return out;
    }
    let unchecked = match plan.unchecked.len() {
        0 => String::new(),
        n => format!(", {n} could not be checked"),
    };
    let _ = writeln!(
        out,
        "{}: {register} to register, {config} to configure, {delete} to delete, {} unchanged, {} refused{unchecked}",
        plan.registry,
        plan.unchanged,
        plan.refused.len()
    );
    out
}

fn brief(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn listed(versions: &[i32]) -> String {
    versions.iter().map(i32::to_string).collect::<Vec<_>>().join(", ")
}
