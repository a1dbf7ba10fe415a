//! Changes of Protobuf schemas over HTTP: refused with 409, told with `verbose=true`, through references too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use crate::support::Api;
use serde_json::{Value, json};

fn body(schema: &str, references: Value) -> String {
    json!({"schemaType": "PROTOBUF", "schema": schema, "references": references}).to_string()
}

const ORDER: &str = "syntax = \"proto3\";\npackage shop;\n\nmessage Order {\n  int32 qty = 1;\n}\n";

#[test]
fn an_incompatible_change_is_refused_with_its_messages() {
    let api = Api::new();
    assert_eq!(api.post("/subjects/p/versions", &body(ORDER, json!([]))).status, 200);
    let broken = body(&ORDER.replace("int32 qty", "string qty"), json!([]));
    let refused = api.post("/subjects/p/versions", &broken);
    assert_eq!(refused.status, 409);
    let refused: Value = serde_json::from_str(refused.text()).unwrap();
    let message = refused["message"].as_str().unwrap();
    for part in
        ["{errorType:\"FIELD_SCALAR_KIND_CHANGED\", description:\"", "'#/Order/1'", "{oldSchemaVersion: 1}"]
    {
        assert!(message.contains(part), "{part} in {message}");
    }

    let path = "/compatibility/subjects/p/versions/latest?verbose=true";
    let told: Value = serde_json::from_str(api.post(path, &broken).text()).unwrap();
    assert_eq!(told["is_compatible"], false);
    let messages: Vec<&str> = told["messages"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(messages.len(), 4, "{messages:?}");
    assert!(messages[0].starts_with("{errorType:\"FIELD_SCALAR_KIND_CHANGED\", description:\""));
    assert!(messages[0].ends_with("\"}"));
    assert_eq!(messages[1], "{oldSchemaVersion: 1}");
    assert_eq!(messages[2], format!("{{oldSchema: '{ORDER}'}}"));
    assert_eq!(messages[3], "{validateFields: 'false', compatibility: 'BACKWARD'}");

    let grown = body(&ORDER.replace("qty = 1;", "qty = 1;\n  string note = 2;"), json!([]));
    assert_eq!(api.post("/subjects/p/versions", &grown).status, 200);
    assert_eq!(api.post("/subjects/p/versions", &body(ORDER, json!([]))).status, 200);
}

#[test]
fn imports_are_compared_at_their_versions() {
    let api = Api::new();
    let inner = "syntax = \"proto3\"; package in; message In { int32 x = 1; }";
    let outer = "syntax = \"proto3\"; import \"in.proto\"; message Out { in.In in = 1; }";
    let at = |version: i32| json!([{"name": "in.proto", "subject": "in", "version": version}]);
    assert_eq!(api.post("/subjects/in/versions", &body(inner, json!([]))).status, 200);
    assert_eq!(api.post("/subjects/out/versions", &body(outer, at(1))).status, 200);
    api.call("PUT", "/config/in", &[], br#"{"compatibility":"NONE"}"#);
    let float = inner.replace("int32", "float");
    assert_eq!(api.post("/subjects/in/versions", &body(&float, json!([]))).status, 200);

    let refused = api.post("/subjects/out/versions", &body(outer, at(2)));
    assert_eq!(refused.status, 409);
    let text = refused.text();
    assert!(text.contains("'#/In/1'") && text.contains("FIELD_NAMED_TYPE_CHANGED"), "{text}");

    // The level of the referring subject decides; a level of NONE lets it pass.
    api.call("PUT", "/config/out", &[], br#"{"compatibility":"NONE"}"#);
    assert_eq!(api.post("/subjects/out/versions", &body(outer, at(2))).status, 200);
}
