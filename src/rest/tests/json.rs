//! Changes of JSON schemas over HTTP: refused with 409, told with `verbose=true`, with the policy in force, through
//! references too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use crate::support::Api;
use serde_json::{Value, json};

fn body(schema: &Value, references: Value) -> String {
    json!({"schemaType": "JSON", "schema": schema.to_string(), "references": references}).to_string()
}

fn object(properties: Value) -> Value {
    json!({"type": "object", "properties": properties})
}

const CHECK: &str = "/compatibility/subjects/j/versions/latest?verbose=true";

fn messages(api: &Api, body: &str) -> Vec<String> {
    let told: Value = serde_json::from_str(api.post(CHECK, body).text()).unwrap();
    let list = told["messages"].as_array().cloned().unwrap_or_default();
    assert_eq!(told["is_compatible"], list.is_empty(), "{told}");
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn an_incompatible_change_is_refused_with_its_messages() {
    let api = Api::new();
    let first = object(json!({"f1": {"type": "string"}}));
    let other = body(&object(json!({"f1": {"type": "integer"}})), json!([]));
    assert_eq!(api.post("/subjects/j/versions", &body(&first, json!([]))).status, 200);
    api.call("PUT", "/config/j", &[], br#"{"compatibility":"FULL"}"#);

    let refused = api.post("/subjects/j/versions", &other);
    assert_eq!(refused.status, 409);
    let refused: Value = serde_json::from_str(refused.text()).unwrap();
    let message = refused["message"].as_str().unwrap();
    assert_eq!(message.matches("{errorType:\"TYPE_CHANGED\", description:\"").count(), 2, "{message}");
    assert!(message.contains("'#/properties/f1'"), "{message}");

    let told = messages(&api, &other);
    assert_eq!(told.len(), 5, "{told:?}");
    assert!(told[..2].iter().all(|m| m.starts_with("{errorType:\"TYPE_CHANGED\"") && m.ends_with("'}")));
    assert_eq!(told[2], "{oldSchemaVersion: 1}");
    assert_eq!(told[3], format!("{{oldSchema: '{first}'}}"));
    assert_eq!(told[4], "{validateFields: 'false', compatibility: 'FULL'}");
}

#[test]
fn the_policy_in_force_decides() {
    let api = Api::new();
    let grown = body(&object(json!({"a": {"type": "string"}, "b": {"type": "string"}})), json!([]));
    let put = |path: &str, config: &str| {
        assert_eq!(api.call("PUT", path, &[], config.as_bytes()).status, 200, "{config}");
    };
    assert_eq!(
        api.post("/subjects/j/versions", &body(&object(json!({"a": {"type": "string"}})), json!([]))).status,
        200
    );
    assert!(messages(&api, &grown)[0].contains("OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL"));
    assert_eq!(api.post("/subjects/j/versions", &grown).status, 409);
    // A policy that the subject lacks comes from the global config (contract 2.7), and the subject's own wins.
    put("/config", r#"{"compatibilityPolicy":"lenient"}"#);
    assert!(messages(&api, &grown).is_empty());
    put("/config/j", r#"{"compatibilityPolicy":"STRICT"}"#);
    assert_eq!(messages(&api, &grown).len(), 4);
    put("/config/j", r#"{"compatibilityPolicy":"LOGICAL"}"#);
    assert_eq!(messages(&api, &grown).len(), 4, "compared as STRICT");
    put("/config/j", r#"{"compatibilityPolicy":null}"#);
    assert_eq!(api.post("/subjects/j/versions", &grown).status, 200);
    // What LENIENT never allows.
    let other = body(&object(json!({"a": {"type": "number"}})), json!([]));
    assert!(messages(&api, &other)[0].contains("TYPE_CHANGED"));
}

#[test]
fn references_are_compared_at_their_versions() {
    let api = Api::new();
    let inner = |ty: &str| body(&json!({"definitions": {"Money": {"type": ty}}}), json!([]));
    let outer = |version: i32| {
        let schema = object(json!({"price": {"$ref": "money.json#/definitions/Money"}}));
        body(&schema, json!([{"name": "money.json", "subject": "money", "version": version}]))
    };
    assert_eq!(api.post("/subjects/money/versions", &inner("integer")).status, 200);
    assert_eq!(api.post("/subjects/money/versions", &inner("number")).status, 200);
    // Nothing of this schema itself changes with a definition that it does not use.
    assert_eq!(api.post("/subjects/money/versions", &inner("string")).status, 200);
    assert_eq!(api.post("/subjects/j/versions", &outer(1)).status, 200);
    assert!(messages(&api, &outer(2)).is_empty());
    let told = messages(&api, &outer(3));
    assert!(told[0].contains("TYPE_CHANGED") && told[0].contains("'#/properties/price'"), "{told:?}");
    assert_eq!(api.post("/subjects/j/versions", &outer(3)).status, 409);
    assert_eq!(api.post("/subjects/j/versions", &outer(2)).status, 200);
    assert!(messages(&api, &outer(1))[0].contains("TYPE_NARROWED"));
}
