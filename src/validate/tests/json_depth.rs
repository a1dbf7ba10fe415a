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
