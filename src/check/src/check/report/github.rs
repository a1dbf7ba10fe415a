//! Workflow commands of GitHub: annotations beside the lines.

use assay_schema::Position;

use super::{Head, UNUSED_ALLOW, about, beside, config_file, unused, where_failed, word};
use crate::check::{Answer, Outcome};
use crate::render::github_command;

pub(super) fn github(head: &Head, answer: &Answer) -> String {
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
