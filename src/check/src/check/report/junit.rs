//! JUnit XML, a test case per subject.

use std::fmt::Write;

use super::text::told;
use super::{Head, REMOVED, config_file, unused, where_failed};
use crate::check::{Answer, Outcome};

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

pub(super) fn junit(head: &Head, answer: &Answer) -> String {
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
