//! SARIF 2.1.0, for code scanning.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Head, TOP, UNUSED_ALLOW, beside, config_file, fingerprint, unused, where_failed};
use crate::check::{Answer, Outcome};
use crate::render::{location, sarif_log};

pub(super) fn sarif(head: &Head, answer: &Answer) -> Value {
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
