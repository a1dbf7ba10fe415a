//! `assay lint --against` warns of every exception that the tests of compatibility name: where the rules say yes and data
//! says no (src/compat/tests/exceptions.json).
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;
use std::sync::Arc;

use assay_check::check::{Baseline, Shown};
use assay_check::config::Config;
use assay_check::lint::{Request, Severity, lint};
use assay_check::tree::Tree;
use serde_json::Value;

/// Lints of a change, and those that tell the new schema by itself.
const WARN: &[&str] = &[
    "narrowed-but-allowed",
    "meaning-changed",
    "symbol-removed-but-allowed",
    "proto-label-changed-but-allowed",
    "avro-unusable-default",
    "avro-null-attribute",
];

/// The ids of warnings when a file becomes another.
fn warnings(path: &str, old: &str, new: &str, config: &str) -> Vec<&'static str> {
    let tree = |text: &str| Tree::new(std::iter::once((path.to_owned(), Arc::from(text))).collect());
    let config = Config::parse(config).unwrap();
    let (label, shown) = ("old".to_owned(), Shown::default());
    let (root, below) = (PathBuf::from("."), String::new());
    let own = shown.clone();
    let old = Baseline { label, tree: tree(old), only: None, config: config.clone(), own: None, shown: own };
    let (only, old) = (None, Some(old));
    let request = Request { root, shown, tree: tree(new), only, below, config, old, slow: None };
    let linted = lint(&request).unwrap();
    assert_eq!(linted[0].failed, None, "{new}");
    let bad = linted[0].findings.iter().filter(|finding| finding.severity >= Severity::Warning);
    bad.map(|finding| finding.lint.id).filter(|id| WARN.contains(id)).collect()
}

#[test]
fn every_exception_is_warned_of() {
    let rows: Vec<Value> = serde_json::from_str(include_str!("../../compat/tests/exceptions.json")).unwrap();
    assert!(rows.len() > 30);
    for row in rows {
        let path = match row["type"].as_str().unwrap() {
            "AVRO" => "a.avsc",
            "PROTOBUF" => "a.proto",
            _ => "a.json",
        };
        let text = |key: &str| row[key].as_str().map_or_else(|| row[key].to_string(), str::to_owned);
        let (old, new) = (text("old"), text("new"));
        assert!(!warnings(path, &old, &new, "").is_empty(), "{}: nothing said", row["name"]);
        assert!(
            warnings(path, &old, &old, "").is_empty(),
            "{}: {:?}",
            row["name"],
            warnings(path, &old, &old, "")
        );
    }
}

/// What is allowed under LENIENT alone, and what the rules do not look at; and what is no narrowing.
#[test]
fn narrowings_of_json() {
    let rows: &[(&str, &str, bool, bool)] = &[
        // old, new, warned under STRICT (where it is not refused), warned under LENIENT
        (r#"{"format":"date"}"#, r#"{"format":"uuid"}"#, true, true),
        (
            r#"{"type":"object","properties":{}}"#,
            r#"{"type":"object","properties":{"a":{"type":"string"}}}"#,
            false,
            true,
        ),
        (r#"{"type":"object","properties":{}}"#, r#"{"type":"object","properties":{"a":{}}}"#, false, false),
        (
            r#"{"additionalProperties":false,"properties":{"a":{"type":"string"}}}"#,
            r#"{"additionalProperties":false,"properties":{}}"#,
            false,
            true,
        ),
        (
            r#"{"additionalProperties":false,"properties":{}}"#,
            r#"{"additionalProperties":false,"properties":{"a":{"type":"string"}}}"#,
            false,
            false,
        ),
        (r#"{"properties":{}}"#, r#"{"properties":{},"additionalProperties":false}"#, false, true),
        (r#"{"type":"number","multipleOf":4}"#, r#"{"type":"number","multipleOf":2}"#, false, false),
        (r#"{"dependencies":{"a":["b","c"]}}"#, r#"{"dependencies":{"a":["b"]}}"#, false, false),
        (r#"{"not":{"type":"string"}}"#, r#"{"not":{"type":"string","maxLength":5}}"#, false, false),
        (
            r#"{"oneOf":[{"type":"string"}]}"#,
            r#"{"oneOf":[{"type":"string"},{"type":"integer"}]}"#,
            false,
            false,
        ),
        (
            r#"{"oneOf":[{"type":"object","properties":{"k":{"const":"a"}},"required":["k"]}]}"#,
            r#"{"oneOf":[{"type":"object","properties":{"k":{"const":"a"}},"required":["k"]},{"type":"object","properties":{"k":{"const":"b"}},"required":["k"]}]}"#,
            false,
            false,
        ),
        (
            r##"{"properties":{"a":{"$ref":"#/definitions/A"}},"definitions":{"A":{"type":"string"}}}"##,
            r##"{"properties":{"a":{"$ref":"#/definitions/B"}},"definitions":{"B":{"type":"string"}}}"##,
            false,
            false,
        ),
        (
            r#"{"patternProperties":{"^x":{"type":"string"}}}"#,
            r#"{"patternProperties":{"^x":{"type":"string"}},"properties":{"xa":{"type":"string"}}}"#,
            false,
            false,
        ),
    ];
    for (old, new, strict, lenient) in rows {
        let said = |config: &str| warnings("a.json", old, new, config).contains(&"narrowed-but-allowed");
        assert_eq!(said(""), *strict, "STRICT\n{old}\n{new}");
        assert_eq!(said("policy = \"LENIENT\""), *lenient, "LENIENT\n{old}\n{new}");
    }
}
