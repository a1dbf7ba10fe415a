//! `assay lint`: every lint fires where it should and not elsewhere; configuration, formats, exit codes, hostile inputs.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use assay_check::check::{Baseline, Shown};
use assay_check::config::Config;
use assay_check::lint::report::{Format, write};
use assay_check::lint::{LINTS, Linted, Request, Severity, by_id, exit_code, lint};
use assay_check::tree::Tree;
use assay_schema::ParsedSchema;
use assay_schema::testing::{Rng, avro_schema, next_version};
use proptest::prelude::*;
use serde_json::Value;

fn request(files: &[(&str, &str)], old: Option<&[(&str, &str)]>, config: &str) -> Request {
    let tree = |files: &[(&str, &str)]| {
        Tree::new(files.iter().map(|(path, text)| ((*path).to_owned(), Arc::from(*text))).collect())
    };
    let config = Config::parse(config).unwrap();
    let old = old.map(|old| Baseline {
        label: "old".to_owned(),
        tree: tree(old),
        only: None,
        config: config.clone(),
        own: None,
        shown: Shown::default(),
    });
    let (root, shown, below) = (PathBuf::from("."), Shown::default(), String::new());
    Request { root, shown, tree: tree(files), only: None, below, config, old, slow: None }
}

fn found(linted: &[Linted]) -> Vec<String> {
    let one = |one: &Linted| {
        assert_eq!(one.failed, None, "{}", one.file);
        one.findings.iter().map(|f| f.lint.id.to_owned()).collect::<Vec<_>>()
    };
    linted.iter().flat_map(one).collect()
}

fn of(path: &str, text: &str) -> Vec<String> {
    found(&lint(&request(&[(path, text)], None, "")).unwrap())
}

fn of_change(path: &str, old: &str, new: &str) -> Vec<String> {
    let alone = of(path, new);
    let all = found(&lint(&request(&[(path, new)], Some(&[(path, old)]), "")).unwrap());
    all.into_iter().filter(|row| !alone.contains(row)).collect()
}

/// Text, and what is found.
const AVRO: &[(&str, &[&str])] = &[
    (
        r#"{"type":"record","name":"n.R","fields":[],"fields":[{"name":"a","type":"int","name":"b"}]}"#,
        &["repeated-key", "repeated-key"],
    ),
    (
        r#"{"type":"record","name":"n.R","fields":[{"name":"a","type":["null","int"],"default":null},{"name":"b","type":"int"}]}"#,
        &[],
    ),
    (
        r#"{"type":"record","name":"n.R","fields":[{"name":"a","type":["null","int"]}]}"#,
        &["avro-optional-without-default"],
    ),
    (
        r#"{"type":"record","name":"n.R","fields":[{"name":"a","type":["int","null"]}]}"#,
        &["avro-optional-without-default"],
    ),
    (r#"{"type":"enum","name":"n.E","symbols":["A"]}"#, &["avro-enum-without-default"]),
    (r#"{"type":"enum","name":"n.E","symbols":["A"],"default":"A"}"#, &[]),
    (
        r#"{"type":"record","name":"n.R","fields":[{"name":"a","type":{"type":"string","default":"x"}}]}"#,
        &["avro-default-in-type"],
    ),
    (
        r#"{"type":"record","name":"n.R","fields":[{"name":"a","type":"int","defualt":0}]}"#,
        &["avro-misspelt-attribute"],
    ),
    (
        r#"{"type":"record","name":"n.R","Doc":"d","logicaltype":"x","fields":[]}"#,
        &["avro-misspelt-attribute"],
    ),
    (r#"{"type":"record","name":"R","fields":[]}"#, &["avro-no-namespace"]),
    (
        r#"{"type":"record","name":"n.R","fields":[{"name":"a","type":["null","int"],"default":1}]}"#,
        &["avro-unusable-default"],
    ),
    (r#"{"type":"record","name":"n.R","fields":[],"x":{"y":[null]}}"#, &["avro-null-attribute"]),
    (r#"{"type":"int","logicalType":"timestamp-millis"}"#, &["avro-logical-type-ignored"]),
    (r#"{"type":"long","logicalType":"timestamp-milis"}"#, &["avro-logical-type-ignored"]),
    (r#"{"type":"long","logicalType":"our-own"}"#, &[]),
    (r#"{"type":"bytes","logicalType":"decimal"}"#, &["avro-logical-type-ignored"]),
    (r#"{"type":"bytes","logicalType":"decimal","precision":4,"scale":5}"#, &["avro-logical-type-ignored"]),
    (r#"{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}"#, &[]),
    (
        r#"{"type":"fixed","name":"n.F","size":2,"logicalType":"decimal","precision":5}"#,
        &["avro-logical-type-ignored"],
    ),
    (r#"{"type":"fixed","name":"n.F","size":2,"logicalType":"decimal","precision":4}"#, &[]),
    (
        r#"{"type":"fixed","name":"n.F","size":0,"logicalType":"decimal","precision":1}"#,
        &["avro-logical-type-ignored"],
    ),
    (r#"{"type":"fixed","name":"n.F","size":8,"logicalType":"uuid"}"#, &["avro-logical-type-ignored"]),
    (
        r#"{"type":"array","items":{"type":"map","values":{"type":"enum","name":"n.E","symbols":["A"]}}}"#,
        &["avro-enum-without-default"],
    ),
];

const PROTO: &[(&str, &[&str])] = &[
    ("syntax = \"proto3\"; package p; message A { int32 a = 1; } enum E { E_UNSPECIFIED = 0; X = 1; }", &[]),
    ("package p; message A {}", &["proto-no-syntax"]),
    ("syntax = \"proto3\"; message A {}", &["proto-no-package"]),
    ("syntax = \"proto2\"; package p; message A { required int32 a = 1; }", &["proto-required-field"]),
    ("syntax = \"proto3\"; package p; message A { enum E { RED = 0; } }", &["proto-enum-without-default"]),
    (
        "syntax = \"proto2\"; package p; message A { optional group G = 1 { required int32 x = 1; } }",
        &["proto-required-field"],
    ),
];

const JSON: &[(&str, &[&str])] = &[
    ("true", &[]),
    ("{}", &[]),
    (r#"{"properties":{"a":true}}"#, &["json-open-object"]),
    (r#"{"properties":{"a":true},"additionalProperties":true}"#, &[]),
    (r#"{"properties":{"a":true},"additionalProperties":false}"#, &[]),
    (
        r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"a":true},"unevaluatedProperties":false}"#,
        &[],
    ),
    (
        r#"{"additionalProperties":false,"properties":{"a":true},"allOf":[{"properties":{"b":true}}]}"#,
        &["json-closed-combination"],
    ),
    (
        r#"{"allOf":[{"properties":{"a":true},"additionalProperties":false},{"properties":{"b":true}}]}"#,
        &["json-closed-combination"],
    ),
    (r#"{"oneOf":[{"properties":{"a":true},"additionalProperties":false}]}"#, &[]),
    (
        r#"{"properties":{"a":true},"required":["a","b"],"additionalProperties":false}"#,
        &["json-required-unknown"],
    ),
    (r#"{"properties":{"a":true},"required":["b"],"additionalProperties":true}"#, &["json-required-unknown"]),
    (r#"{"properties":{"a":true},"required":["b"],"allOf":[{"properties":{"b":true}}]}"#, &[]),
    (r#"{"required":["b"]}"#, &[]),
    (
        r##"{"properties":{"a":{"$ref":"#/definitions/D","maxLength":3,"title":"t"}},"additionalProperties":true,"definitions":{"D":{"type":"string"}}}"##,
        &["json-ref-siblings"],
    ),
    (
        r##"{"$schema":"https://json-schema.org/draft/2019-09/schema","$ref":"#/$defs/D","maxLength":3,"$defs":{"D":{"type":"string"}}}"##,
        &[],
    ),
    (r#"{"unevaluatedProperties":false}"#, &["json-keyword-of-other-draft"]),
    (r#"{"prefixItems":[{}]}"#, &["json-keyword-of-other-draft"]),
    (r#"{"$schema":"http://json-schema.org/draft-04/schema#","const":1}"#, &["json-keyword-of-other-draft"]),
    (r#"{"type":"integer","maxLength":3}"#, &["json-keyword-without-effect"]),
    (r#"{"type":["integer","null"],"maximum":3}"#, &[]),
    (r#"{"then":{"minimum":1}}"#, &["json-keyword-without-effect"]),
    (r#"{"items":{},"additionalItems":false}"#, &["json-keyword-without-effect"]),
    (r#"{"maxlength":3}"#, &["json-misspelt-keyword"]),
    (r#"{"x-own":3,"connect.type":"int8"}"#, &[]),
    (r#"{"type":"string","default":1}"#, &["json-value-of-other-type"]),
    (r#"{"type":"string","enum":["a",null]}"#, &["json-value-of-other-type"]),
    (r#"{"type":"integer","default":1.0}"#, &[]),
    (r#"{"type":"integer","const":1.5}"#, &["json-value-of-other-type"]),
    (r#"{"pattern":"[0-9]+"}"#, &["json-pattern-unanchored"]),
    (r#"{"pattern":"^[0-9]+$"}"#, &[]),
    (r#"{"$defs":{"a/b":{"type":"null","maximum":1}}}"#, &["json-keyword-without-effect"]),
    (r#"{"definitions":{"a/b":{"type":"null","maximum":1}}}"#, &["json-keyword-without-effect"]),
];

/// Path, old, new, and what is found beyond what the new one has by itself.
const CHANGES: &[(&str, &str, &str, &[&str])] = &[
    (
        "a.avsc",
        r#"{"type":"enum","name":"E","symbols":["A","B"]}"#,
        r#"{"type":"enum","name":"E","symbols":["A"],"default":"A"}"#,
        &["symbol-removed-but-allowed"],
    ),
    (
        "a.avsc",
        r#"{"type":"enum","name":"E","symbols":["A","B"]}"#,
        r#"{"type":"enum","name":"E","symbols":["A"]}"#,
        &[],
    ),
    (
        "a.avsc",
        r#"{"type":"long","logicalType":"timestamp-millis"}"#,
        r#"{"type":"long","logicalType":"timestamp-micros"}"#,
        &["meaning-changed"],
    ),
    (
        "a.avsc",
        r#"{"type":"record","name":"n.R","fields":[{"name":"a","type":"bytes"}]}"#,
        r#"{"type":"record","name":"n.R","fields":[{"name":"a","type":"string"}]}"#,
        &["meaning-changed"],
    ),
    (
        "a.avsc",
        r#"{"type":"record","name":"n.R","fields":[{"name":"a","type":"long"}]}"#,
        r#"{"type":"record","name":"n.R","fields":[{"name":"a","type":"int"}]}"#,
        &[],
    ),
    ("a.proto", "int64 a = 1;", "int32 a = 1;", &["narrowed-but-allowed"]),
    ("a.proto", "int32 a = 1;", "int64 a = 1;", &[]),
    ("a.proto", "int32 a = 1;", "uint32 a = 1;", &["meaning-changed"]),
    ("a.proto", "int32 a = 1;", "string a = 1;", &[]),
    ("a.proto", "int32 a = 1;", "repeated int32 a = 1;", &["proto-label-changed-but-allowed"]),
    ("a.proto", "optional int32 a = 1;", "repeated int32 a = 1;", &[]),
    ("a.proto", "int32 a = 1;", "optional int32 a = 1;", &[]),
    ("a.proto", "int32 a = 1; int32 b = 2;", "int32 b = 2;", &["proto-removed-without-reserved"]),
    ("a.proto", "int32 a = 1;", "reserved 1;", &["proto-removed-without-reserved"]),
    ("a.proto", "int32 a = 1;", "reserved 1; reserved \"a\";", &[]),
    (
        "a.proto",
        "reserved 1 to 5; reserved \"x\";",
        "reserved 1 to 4;",
        &["proto-reserved-dropped", "proto-reserved-dropped"],
    ),
    ("a.proto", "reserved 1, 2;", "reserved 1 to 9;", &[]),
    ("a.proto", "int32 a = 1;", "int32 b = 1;", &["proto-renamed-field"]),
    (
        "a.proto",
        "enum E { E_NONE = 0; X = 1; }",
        "enum E { E_NONE = 0; reserved 1; reserved \"X\"; }",
        &["symbol-removed-but-allowed"],
    ),
    (
        "a.proto",
        "enum E { E_NONE = 0; X = 1; }",
        "enum E { E_NONE = 0; }",
        &["proto-removed-without-reserved", "symbol-removed-but-allowed"],
    ),
];

fn wrapped(path: &str, text: &str) -> String {
    match path {
        "a.proto" => format!("syntax = \"proto3\"; package p; message A {{ {text} }}"),
        _ => text.to_owned(),
    }
}

#[test]
fn lints_of_one_schema() {
    for (path, rows) in [("a.avsc", AVRO), ("a.proto", PROTO), ("a.json", JSON)] {
        for (text, want) in rows {
            assert_eq!(of(path, text), *want, "{text}");
        }
    }
}

#[test]
fn lints_of_a_change() {
    for (path, old, new, want) in CHANGES {
        let (old, new) = (wrapped(path, old), wrapped(path, new));
        assert_eq!(of_change(path, &old, &new), *want, "{old}\n{new}");
        assert_eq!(of_change(path, &new, &new), [""; 0], "{new}");
    }
}

#[test]
fn findings_point_to_their_place() {
    let at = |path: &str, text: &str, old: Option<&str>| -> Vec<String> {
        let old = old.map(|old| vec![(path, old)]);
        let linted = lint(&request(&[(path, text)], old.as_deref(), "")).unwrap();
        linted[0]
            .findings
            .iter()
            .map(|f| format!("{} {}:{}", f.lint.id, f.position.line, f.position.column))
            .collect()
    };
    let record = "{\"type\":\"record\",\"name\":\"n.R\",\"fields\":[\n  {\"name\":\"a\",\"type\":[\"null\",\"int\"]}]}";
    assert_eq!(at("a.avsc", record, None), ["avro-optional-without-default 2:11"]);
    let (old, new) = ("message A {\n  int32 a = 1; }", "message A {\n  reserved \"a\"; }");
    let proto = |body: &str| format!("syntax = \"proto3\"; package p;\n{body}");
    // What is gone points to the message it was in.
    assert_eq!(at("a.proto", &proto(new), Some(&proto(old))), ["proto-removed-without-reserved 2:9"]);
    let json = "{\"additionalProperties\":true,\n \"properties\":{\n  \"a\":{\"pattern\":\"x\"}}}";
    assert_eq!(at("a.json", json, None).len(), 1);
    assert!(at("a.json", json, None)[0].starts_with("json-pattern-unanchored 3:"));
}

#[test]
fn every_lint_has_a_row() {
    let rows = [AVRO, PROTO, JSON].into_iter().flatten().flat_map(|(_, want)| want.iter());
    let all = rows.chain(CHANGES.iter().flat_map(|(.., want)| want.iter()));
    let seen: BTreeSet<&str> = all.copied().chain(["json-slow-keyword"]).collect();
    let known: BTreeSet<&str> = LINTS.iter().map(|lint| lint.id).collect();
    assert_eq!(seen, known);
    assert_eq!(known.len(), LINTS.len(), "ids are unique");
    for lint in LINTS {
        assert!(!lint.why.is_empty() && !lint.hint.is_empty() && !lint.source.is_empty(), "{}", lint.id);
        assert_eq!(by_id(lint.id), Some(*lint));
    }
}

#[test]
fn slow_keywords_come_from_outside() {
    fn slow(_: &ParsedSchema) -> Vec<String> {
        vec!["pattern with look-around".to_owned(), "no such keyword".to_owned()]
    }
    let text = r#"{"additionalProperties":true,"properties":{"a":{"pattern":"^(?=x)$"}}}"#;
    let request = Request { slow: Some(slow), ..request(&[("a.json", text)], None, "") };
    let linted = lint(&request).unwrap();
    assert_eq!(found(&linted), ["json-slow-keyword"; 2]);
    assert!(linted[0].findings[1].text.starts_with("pattern with look-around is"), "{linted:?}");
    assert!(linted[0].findings[1].position.column > linted[0].findings[0].position.column);
}

const ENUM: &str = r#"{"type":"enum","name":"n.E","symbols":["A"]}"#;

#[test]
fn configuration_allows_and_grades() {
    let files = [("a/e.avsc", ENUM), ("b/e.avsc", &ENUM.replace("n.E", "n.F"))];
    let run = |config: &str| lint(&request(&files, None, config)).unwrap();
    let severities = |linted: &[Linted]| -> Vec<Vec<Severity>> {
        linted.iter().map(|one| one.findings.iter().map(|f| f.severity).collect()).collect()
    };
    assert_eq!(severities(&run("")), [[Severity::Warning], [Severity::Warning]]);
    let allowed = run("[[lint]]\nrule = \"avro-*\"\npath = \"a/**\"\nlevel = \"allow\"\n");
    assert_eq!(severities(&allowed), [vec![], vec![Severity::Warning]]);
    let first = run(
        "[[lint]]\nrule = \"avro-enum-without-default\"\nlevel = \"error\"\n[[lint]]\nrule = \"**\"\nlevel = \"allow\"\n",
    );
    assert_eq!(severities(&first), [[Severity::Error], [Severity::Error]]);
    let info = run("[[lint]]\nrule = \"*\"\nlevel = \"info\"\n");
    for (linted, fail_on, code) in [
        (&first, Severity::Error, 1),
        (&info, Severity::Warning, 0),
        (&info, Severity::Info, 1),
        (&allowed, Severity::Error, 0),
    ] {
        assert_eq!(exit_code(linted, fail_on), code);
    }
}

#[test]
fn older_states_are_matched_by_path_or_subject() {
    let old = r#"{"type":"long","logicalType":"timestamp-millis"}"#;
    let new = r#"{"type":"long","logicalType":"timestamp-micros"}"#;
    let config = "[[schema]]\npath = \"**/*.avsc\"\nsubject = \"{name}\"\n";
    let moved = lint(&request(&[("v2/t.avsc", new)], Some(&[("v1/t.avsc", old)]), config)).unwrap();
    assert_eq!(found(&moved), ["meaning-changed"]);
    let none = lint(&request(&[("v2/t.avsc", new)], Some(&[("u.avsc", old)]), config)).unwrap();
    assert_eq!(none[0].notes, ["old does not have this file"]);
    let broken = lint(&request(&[("t.avsc", new)], Some(&[("t.avsc", "{")]), "")).unwrap();
    assert!(broken[0].failed.as_ref().unwrap().reason.starts_with("the older state (old)"), "{broken:?}");
    assert_eq!(exit_code(&broken, Severity::Error), 2);
    assert!(lint(&request(&[], None, "")).is_err());
}

#[test]
fn referenced_files_are_looked_at_once() {
    let files = [
        ("order.proto", "syntax = \"proto3\"; package p; import \"part.proto\"; message A { p.E e = 1; }"),
        ("part.proto", "syntax = \"proto3\"; package p; enum E { RED = 0; }"),
        ("other.proto", "syntax = \"proto3\"; message B {}"),
    ];
    let linted = lint(&request(&files, None, "[[schema]]\npath = \"order.proto\"\n")).unwrap();
    let names: Vec<_> = linted.iter().map(|one| one.file.as_str()).collect();
    assert_eq!(names, ["order.proto", "part.proto"]);
    assert_eq!(found(&linted), ["proto-enum-without-default"]);
    // An Avro type is told where it is defined, not where it is used.
    let files = [
        ("a.avsc", r#"{"type":"record","name":"n.R","fields":[{"name":"e","type":"n.E"}]}"#),
        ("b.avsc", ENUM),
    ];
    let linted = lint(&request(&files, None, "")).unwrap();
    assert_eq!(linted.iter().map(|one| one.findings.len()).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn formats_of_findings() {
    let linted = lint(&request(&[("e.avsc", ENUM), ("x.avsc", "{")], None, "")).unwrap();
    let text = write(Format::Text, &linted);
    assert!(
        text.starts_with(
            "e.avsc:1:23: warning: enum n.E has no default symbol (avro-enum-without-default)\n    why: "
        ),
        "{text}"
    );
    assert!(text.ends_with("2 looked at: 1 warning, 1 could not be read\n"), "{text}");
    let json: Value = serde_json::from_str(&write(Format::Json, &linted)).unwrap();
    assert_eq!(json["files"][0]["findings"][0]["lint"], "avro-enum-without-default");
    assert!(json["files"][1]["failed"].is_string());
    let github = write(Format::Github, &linted);
    assert!(github.starts_with("::warning file=e.avsc,line=1,col=23,title=avro-enum-without-default::enum n.E has no default symbol; "), "{github}");
    assert_eq!(github.lines().count(), 2);
    let sarif: Value = serde_json::from_str(&write(Format::Sarif, &linted)).unwrap();
    let run = &sarif["runs"][0];
    assert_eq!(run["results"][0]["level"], "warning");
    assert_eq!(run["results"][0]["locations"][0]["physicalLocation"]["region"]["startColumn"], 23);
    let ids: Vec<_> = run["tool"]["driver"]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["avro-enum-without-default", "could-not-read"]);
    assert_eq!(exit_code(&linted, Severity::Info), 2);
}

#[test]
fn generated_schemas_have_findings_inside_their_text() {
    let mut rng = Rng::new(51);
    let mut findings = 0;
    for _ in 0..800 {
        let old = avro_schema(&mut rng);
        let new = next_version(&old, &mut rng);
        let linted = lint(&request(&[("a.avsc", &new)], Some(&[("a.avsc", &old)]), "")).unwrap();
        for finding in &linted[0].findings {
            let line = new.lines().nth(finding.position.line as usize - 1).unwrap();
            assert!(finding.position.column as usize <= line.chars().count(), "{finding:?}\n{new}");
        }
        findings += linted[0].findings.len();
    }
    assert!(findings > 300, "{findings}");
}

proptest! {
    #[test]
    fn any_text_in_any_format(text in ".{0,60}", config in "(\\[\\[lint\\]\\]|rule = \"[*a-z-]{0,6}\"|level = \"allow\"|\n){0,6}") {
        let _ = Config::parse(&config);
        for path in ["a.avsc", "a.proto", "a.json"] {
            let linted = lint(&request(&[(path, &text)], Some(&[(path, "{}")]), "")).unwrap();
            prop_assert!(linted.len() == 1);
        }
    }

    #[test]
    fn any_json_keywords(keys in proptest::collection::vec("type|items|properties|required|enum|default|\\$ref|allOf|if|then|pattern|maxItems|additionalProperties|format|[a-z]{4}", 0..6), values in proptest::collection::vec("true|\\{\\}|\\[\\]|\\[\"a\"\\]|\"string\"|\"#\"|1.5|\\{\"a\":\\{\"type\":\"null\"\\}\\}|\\[\\{\"properties\":\\{\"b\":true\\}\\}\\]", 6)) {
        let members: Vec<String> = keys.iter().zip(&values).map(|(k, v)| format!("\"{k}\":{v}")).collect();
        let text = format!("{{{}}}", members.join(","));
        let linted = lint(&request(&[("a.json", &text)], None, "")).unwrap();
        for finding in &linted[0].findings {
            prop_assert!(finding.position.line == 1 && finding.position.column as usize <= text.len());
        }
    }
}

/// Hostile shapes end soon, and no file says more than a bound.
#[test]
fn hostile_shapes_are_bounded() {
    let values: String = (0..9_000).map(|i| format!(" X{i} = {i};")).collect();
    let reserved: String = (0..9_000).map(|i| format!("reserved {};", i + 20_000)).collect();
    let old = format!(
        "syntax = \"proto3\"; package p; enum E {{{values} }} message A {{ {} }}",
        reserved.replace("20", "1")
    );
    let new =
        format!("syntax = \"proto3\"; package p; enum E {{ X0 = 0; {reserved} }} message A {{ {reserved} }}");
    let linted = lint(&request(&[("a.proto", &new)], Some(&[("a.proto", &old)]), "")).unwrap();
    assert!(linted[0].failed.is_some() || linted[0].findings.len() <= 1_000);
    let fields: Vec<String> =
        (0..15_000).map(|i| format!(r#"{{"name":"f{i}","type":["null","int"]}}"#)).collect();
    let wide = format!(r#"{{"type":"record","name":"n.R","fields":[{}]}}"#, fields.join(","));
    let linted = lint(&request(&[("a.avsc", &wide)], None, "")).unwrap();
    assert_eq!((linted[0].failed.as_ref(), linted[0].findings.len()), (None, 1_000));
    assert_eq!(linted[0].notes, ["14000 findings more are not shown"]);
    assert!(linted[0].findings.windows(2).all(|pair| pair[0].position.column < pair[1].position.column));
    // What is allowed does not stand in the way of what is not.
    let rows = "[[lint]]\nrule = \"avro-optional-*\"\nlevel = \"allow\"\n";
    let wide = wide.replace("\"f14999\",", "\"f14999\",\"defualt\":0,");
    let linted = lint(&request(&[("a.avsc", &wide)], None, rows)).unwrap();
    assert_eq!((found(&linted), linted[0].notes.len()), (vec!["avro-misspelt-attribute".to_owned()], 0));
    let deep = format!("{}{{}}{}", r#"{"allOf":["#.repeat(60), "]}".repeat(60));
    assert_eq!(of("a.json", &deep), [""; 0]);
}
