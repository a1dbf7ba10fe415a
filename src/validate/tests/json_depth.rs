//! JSON payloads against schemas that make checking hard.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use assay_schema::{Limits, SchemaType, Strictness, parse};
use assay_validate::compile;
use serde_json::json;

fn check(schema: &serde_json::Value, payload: &str) -> Result<(), assay_validate::Problem> {
    let schema =
        parse(SchemaType::Json, &schema.to_string(), &[], Strictness::New, &Limits::default()).unwrap();
    compile(&schema).unwrap().check(payload.as_bytes())
}

#[test]
fn a_deep_payload_under_a_long_chain_of_schemas() {
    let mut definitions = serde_json::Map::new();
    for i in 0..90 {
        definitions.insert(format!("d{i}"), json!({"$ref": format!("#/definitions/d{}", i + 1)}));
    }
    definitions.insert(
        "d90".to_owned(),
        json!({"properties": {"a": {"$ref": "#/definitions/d0"}}, "type": "object"}),
    );
    let schema = json!({"definitions": definitions, "$ref": "#/definitions/d0"});
    let nested = |leaf: &str| format!("{}{leaf}{}", "{\"a\":".repeat(120), "}".repeat(120));
    assert!(check(&schema, &nested("{}")).is_ok());
    let problem = check(&schema, &nested("1")).unwrap_err();
    assert!(problem.path.ends_with("a.a"), "{problem}");
    assert!(check(&schema, &"[".repeat(100_000)).is_err());
}

#[test]
fn reasons() {
    let schema = json!({"type": "object", "properties": {"qty": {"type": "integer"}}, "required": ["id"]});
    assert!(check(&schema, r#"{"id":"}\"{{[[","qty":1}"#).is_ok());
    let problem = check(&schema, r#"{"id":1,"qty":"x"}"#).unwrap_err();
    assert_eq!(problem.path, "qty");
    assert!(check(&schema, "{}").unwrap_err().reason.contains("id"));
    assert!(check(&schema, "{").unwrap_err().reason.contains("not JSON"));
}

/// A choice of two schemas that both lead to the same one below: a place at depth 100 would be visited 2^100 times, to say why it is not valid.
#[test]
fn choices_that_double_with_every_level() {
    let both = json!({"anyOf": [{"type": "array", "items": {"$ref": "#"}}, {"type": "array", "items": {"$ref": "#"}}]});
    let nested = |leaf: &str, depth: usize| format!("{}{leaf}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(check(&both, &nested("", 100)).is_ok());
    let problem = check(&both, &nested("1", 100)).unwrap_err();
    assert!(problem.reason.contains("too many choices to say where"), "{problem}");
    let problem = check(&both, &nested("1", 3)).unwrap_err();
    assert!(problem.path.starts_with("[0]"), "{problem}");
}

/// The same in a chain of sixty schemas with no circle, where `jsonschema` does not remember verdicts either.
#[test]
fn a_chain_of_choices_that_double() {
    let next = |at: usize| json!({"items": {"$ref": format!("#/definitions/x{at}")}});
    let mut definitions = serde_json::Map::new();
    for at in 0..60 {
        definitions.insert(format!("x{at}"), json!({"anyOf": [next(at + 1), next(at + 1)]}));
    }
    definitions.insert("x60".to_owned(), json!({"type": "null"}));
    let schema = json!({"definitions": definitions, "$ref": "#/definitions/x0"});
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert!(check(&schema, &nested(3)).is_ok());
    let problem = check(&schema, &nested(60)).unwrap_err();
    assert!(problem.reason.contains("by the choices of this schema"), "{problem}");
}

/// Strings that keep a pattern with look-around busy to its limit of steps, 30,000 of them: the first few decide.
#[test]
fn many_strings_under_a_slow_pattern() {
    let slow = json!({"type": "string", "pattern": "^(a|a)*(?=c)\\1$"});
    let text = format!("\"{}b\"", "a".repeat(30));
    let list = format!("[{}\"\"]", format!("{text},").repeat(30_000));
    assert!(check(&json!({"items": slow}), &list).is_err());
    let one_name = format!("{{{}\"a\":1}}", format!("\"a\":{text},").repeat(30_000));
    let problem = check(&json!({"properties": {"a": slow}}), &one_name).unwrap_err();
    assert_eq!(problem.to_string(), "a: expected string, got number");
    let names: String = (0..30_000).map(|at| format!("\"k{at}\":{text},")).collect();
    assert!(check(&json!({"additionalProperties": slow}), &format!("{{{names}\"a\":1}}")).is_err());
}
