//! Texts over HTTP: a schema in another layout is the same schema, in another order with `normalize=true`; the text as it was
//! sent comes back with `format=original`; what is restored keeps its text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use crate::support::Api;
use serde_json::{Value, json};

fn body(schema_type: &str, schema: &str, references: &Value) -> String {
    json!({"schemaType": schema_type, "schema": schema, "references": references}).to_string()
}

fn ok(api: &Api, path: &str, body: &str) -> Value {
    let answer = api.post(path, body);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    serde_json::from_str(answer.text()).unwrap()
}

fn read(api: &Api, path: &str) -> Value {
    let answer = api.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    serde_json::from_str(answer.text()).unwrap()
}

/// A schema of one format, spelled three ways.
struct Spelled {
    schema_type: &'static str,
    first: &'static str,
    /// The same canonical text.
    relaid: &'static str,
    /// The same normal text only.
    reordered: &'static str,
    /// Another schema, which looks much like it.
    other: &'static str,
}

const SPELLED: [Spelled; 3] = [
    Spelled {
        schema_type: "AVRO",
        first: r#"{"type":"record","name":"Order","namespace":"shop","doc":"d","fields":[{"name":"id","type":"string","default":"","doc":"x"},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"n","type":["null","int"],"default":null}],"b":1,"a":2}"#,
        relaid: "{\"name\" : \"shop.Order\",\n \"type\":\"record\", \"doc\":\"\\u0064\", \"fields\":[{\"type\":{\"type\":\"string\"},\"name\":\"id\",\"default\":\"\",\"doc\":\"x\"}, {\"name\":\"at\",\"type\":{\"logicalType\":\"timestamp-millis\",\"type\":\"long\"}},\n {\"name\":\"n\",\"type\":[\"null\",\"int\"],\"default\":null}], \"b\":1,\"a\":2}",
        reordered: r#"{"a":2,"b":1,"type":"record","name":"Order","namespace":"shop","fields":[{"doc":"x","name":"id","type":"string","default":""},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"n","default":null,"type":["null","int"]}],"doc":"d"}"#,
        other: r#"{"type":"record","name":"Order","namespace":"shop","doc":"d","fields":[{"name":"id","type":"string","default":"","doc":"x"},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"n","type":["int","null"],"default":0}],"b":1,"a":2}"#,
    },
    Spelled {
        schema_type: "JSON",
        first: r#"{"type":"object","properties":{"b":{"type":"number","maximum":1.50},"a":{"enum":[2,1]}},"required":["b","a"]}"#,
        relaid: "{ \"type\": \"object\",\n\t\"properties\": {\"b\": {\"type\": \"number\", \"maximum\": 1.50}, \"\\u0061\": {\"enum\": [2, 1]}}, \"required\": [\"b\", \"a\"] }",
        reordered: r#"{"required":["b","a"],"properties":{"a":{"enum":[2,1]},"b":{"maximum":1.50,"type":"number"}},"type":"object"}"#,
        other: r#"{"type":"object","properties":{"b":{"type":"number","maximum":1.50},"a":{"enum":[1,2]}},"required":["b","a"]}"#,
    },
    Spelled {
        schema_type: "PROTOBUF",
        first: "syntax = \"proto3\"; package shop; import \"google/protobuf/timestamp.proto\"; import \"google/type/money.proto\"; option java_package = \"s\"; option java_multiple_files = true; message Order { string id = 1; google.protobuf.Timestamp at = 2; google.type.Money price = 3; oneof who { string name = 4; int32 number = 5; } map<string, Line> lines = 6; message Line { int32 n = 1; } reserved 9, 7; } enum Kind { A = 0; C = 2; B = 1; }",
        relaid: "// a comment\nsyntax = 'proto3';\npackage shop;\nimport \"google/protobuf/timestamp.proto\";\nimport \"google/type/money.proto\";\noption java_package = \"s\";\noption java_multiple_files = true;\nenum Kind { A = 0x0; C = 2; B = 1; }\nmessage Order { message Line { int32 n = 1; } /* moved */ reserved 9, 7; string id = 1; google.protobuf.Timestamp at = 2; google.type.Money price = 3; map<string, Line> lines = 6; oneof who { string name = 4; int32 number = 5; } }",
        reordered: "syntax = \"proto3\"; package shop; import \"google/type/money.proto\"; import \"google/protobuf/timestamp.proto\"; option java_multiple_files = true; option java_package = \"s\"; message Order { map<string, shop.Order.Line> lines = 6; oneof who { int32 number = 5; string name = 4; } .google.type.Money price = 3; .google.protobuf.Timestamp at = 2; string id = 1; message Line { int32 n = 1; } reserved 7; reserved 9; } enum Kind { A = 0; B = 1; C = 2; }",
        other: "syntax = \"proto3\"; package shop; import \"google/protobuf/timestamp.proto\"; import \"google/type/money.proto\"; option java_package = \"s\"; option java_multiple_files = true; message Order { string id = 1; google.protobuf.Timestamp at = 2; google.type.Money price = 3; oneof who { string name = 4; int32 number = 5; } map<string, Line> lines = 6; message Line { int32 n = 2; } reserved 9, 7; } enum Kind { A = 0; C = 2; B = 1; }",
    },
];

#[test]
fn another_layout_is_the_same_schema_and_another_order_is_with_normalize() {
    for Spelled { schema_type, first, relaid, reordered, other } in SPELLED {
        for registered_normal in [false, true] {
            let api = Api::new();
            let send = |text: &str| body(schema_type, text, &json!([]));
            let flag = if registered_normal { "?normalize=true" } else { "" };
            let path = format!("/subjects/s/versions{flag}");
            let stored = ok(&api, &path, &send(first));
            assert_eq!((&stored["id"], &stored["version"]), (&json!(1), &json!(1)));
            assert_eq!(ok(&api, &path, &send(relaid))["id"], 1, "{schema_type}");
            let found = ok(&api, "/subjects/s?normalize=true", &send(reordered));
            assert_eq!(
                (&found["id"], &found["version"], &found["guid"]),
                (&json!(1), &json!(1), &stored["guid"]),
                "{schema_type}"
            );
            assert_eq!(ok(&api, "/subjects/s/versions?normalize=true", &send(reordered))["version"], 1);
            for query in ["", "?normalize=true"] {
                let missing = api.post(&format!("/subjects/s{query}"), &send(other));
                assert_eq!(missing.status, 404, "{schema_type} {query}: {}", missing.text());
            }
            assert_eq!(api.post("/subjects/s", &send(reordered)).status, 404, "{schema_type}: order counts");
            // The configuration can ask for it, for one subject.
            api.call("PUT", "/config/s", &["Content-Type: application/json"], br#"{"normalize":true}"#);
            assert_eq!(ok(&api, "/subjects/s", &send(reordered))["version"], 1);
            assert_eq!(read(&api, "/subjects/s/versions"), json!([1]));
        }
    }
}

#[test]
fn the_text_as_it_was_sent_comes_back_on_every_reading_path() {
    for Spelled { schema_type, first, relaid, .. } in SPELLED {
        let api = Api::new();
        let stored = ok(&api, "/subjects/s/versions", &body(schema_type, relaid, &json!([])));
        ok(&api, "/subjects/t/versions", &body(schema_type, first, &json!([])));
        let canonical = stored["schema"].as_str().unwrap();
        assert_ne!(canonical, relaid);
        let guid = stored["guid"].as_str().unwrap();
        let by_guid = format!("/schemas/guids/{guid}");
        for path in
            ["/subjects/s/versions/1", "/subjects/s/versions/latest", "/schemas/ids/1?subject=s", &by_guid]
        {
            let mark = if path.contains('?') { '&' } else { '?' };
            let plain = read(&api, path);
            assert_eq!(plain["schema"], canonical, "{path}");
            let mut shown = read(&api, &format!("{path}{mark}format=original"));
            assert_eq!(shown["schema"], relaid, "{path}");
            shown["schema"] = plain["schema"].clone();
            assert_eq!(shown, plain, "nothing else changes: {path}");
        }
        for path in ["/subjects/s/versions/1/schema", "/schemas/ids/1/schema"] {
            assert_eq!(api.get(&format!("{path}?format=original")).text(), relaid);
            assert_eq!(api.get(path).text(), canonical);
        }
        assert_eq!(read(&api, "/subjects/t/versions/1?format=original")["schema"], first);
        let listed = read(&api, "/schemas?format=original&subjectPrefix=s");
        assert_eq!(listed[0]["schema"], relaid);
        // The first one stays: another layout later is the same version.
        ok(&api, "/subjects/s/versions", &body(schema_type, first, &json!([])));
        assert_eq!(read(&api, "/subjects/s/versions/1?format=original")["schema"], relaid);
        // A version that takes its text from the one before takes the original with it.
        let more = json!({"metadata": {"properties": {"owner": "x"}}}).to_string();
        assert_eq!(ok(&api, "/subjects/s/versions", &more)["version"], 2);
        assert_eq!(read(&api, "/subjects/s/versions/2?format=original")["schema"], relaid);
    }
}

#[test]
fn a_serialised_descriptor_goes_in_and_out_and_changes_no_guid() {
    let api = Api::new();
    let text = SPELLED[2].first;
    let stored = ok(&api, "/subjects/s/versions", &body("PROTOBUF", text, &json!([])));
    let packed = read(&api, "/schemas/ids/1?format=serialized");
    assert_eq!(packed["guid"], stored["guid"]);
    let packed = packed["schema"].as_str().unwrap();
    // A descriptor has every name in full, so its canonical text is another one; the normal text is the same.
    let again = ok(&api, "/subjects/s?normalize=true", &body("PROTOBUF", packed, &json!([])));
    assert_eq!((&again["id"], &again["guid"]), (&stored["id"], &stored["guid"]));
    let copied = ok(&api, "/subjects/t/versions?format=none", &body("PROTOBUF", packed, &json!([])));
    assert!(copied["schema"].as_str().unwrap().contains(".shop.Order.Line"), "{copied}");
    assert_eq!(read(&api, "/subjects/t/versions/1?format=original")["schema"], packed);
    assert_eq!(ok(&api, "/subjects/t", &body("PROTOBUF", packed, &json!([])))["id"], copied["id"]);
    assert_eq!(read(&api, "/subjects/t/versions/1?format=serialized")["schema"], packed);
}

#[test]
fn what_is_restored_keeps_text_time_and_original_and_is_still_found() {
    let api = Api::new();
    let put = |path: &str, body: &str| {
        let answer = api.call("PUT", path, &["Content-Type: application/json"], body.as_bytes());
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    };
    put("/mode", r#"{"mode":"IMPORT"}"#);
    let text = "{ \"type\" : \"string\" }";
    let sent = json!({"schema": text, "id": 7, "version": 3, "ts": 1234, "original": "\"string\" "});
    let kept = ok(&api, "/subjects/s/versions?restore=true", &sent.to_string());
    assert_eq!((&kept["schema"], &kept["ts"]), (&json!(text), &json!(1234)));
    assert_eq!(read(&api, "/schemas/ids/7?format=original")["schema"], "\"string\" ");
    // Without the flag an import stores the canonical text, at the time of the import.
    let canonical = ok(&api, "/subjects/t/versions", &json!({"schema": text, "id": 8, "ts": 1}).to_string());
    assert_eq!(canonical["schema"], "\"string\"");
    assert_ne!(canonical["guid"], kept["guid"]);
    assert!(canonical["ts"].as_i64().unwrap() > 1234);
    put("/mode", r#"{"mode":"READWRITE"}"#);
    // Clients that serialise with the schema find it, whatever its text looks like.
    for spelled in ["\"string\"", text, "{\"type\":\"string\"}"] {
        let found = ok(&api, "/subjects/s", &json!({ "schema": spelled }).to_string());
        assert_eq!((&found["id"], &found["version"]), (&json!(7), &json!(3)), "{spelled}");
        assert_eq!(ok(&api, "/subjects/s/versions", &json!({ "schema": spelled }).to_string())["id"], 7);
    }
    // Outside of IMPORT mode the flag means nothing.
    let plain = ok(&api, "/subjects/u/versions?restore=true", &json!({"schema": text, "ts": 5}).to_string());
    assert_eq!(plain["schema"], "\"string\"");
    assert!(plain["ts"].as_i64().unwrap() > 1234);
}

#[test]
fn every_setting_can_be_listed() {
    let api = Api::new();
    let put = |path: &str, body: &str| {
        assert_eq!(
            api.call("PUT", path, &["Content-Type: application/json"], body.as_bytes()).status,
            200,
            "{path}"
        );
    };
    assert_eq!(read(&api, "/v1/assay/settings"), json!({"configs": {}, "modes": {}, "maxIds": {}}));
    put("/config/nobody", r#"{"compatibility":"FULL"}"#);
    put("/config/:.c:", r#"{"normalize":true}"#);
    put("/config/:.__GLOBAL:", r#"{"compatibility":"NONE"}"#);
    put("/mode/:.c:x", r#"{"mode":"READONLY"}"#);
    put("/mode", r#"{"mode":"READWRITE"}"#);
    ok(&api, "/subjects/:.d:s/versions", r#"{"schema":"\"int\""}"#);
    for query in ["", "?permanent=true"] {
        assert_eq!(api.call("DELETE", &format!("/subjects/:.d:s{query}"), &[], b"").status, 200);
    }
    assert_eq!(
        read(&api, "/v1/assay/settings"),
        json!({
            "configs": {
                ":.__GLOBAL:": {"compatibilityLevel": "NONE"},
                ":.c:": {"normalize": true},
                "nobody": {"compatibilityLevel": "FULL"},
            },
            "modes": {"": "READWRITE", ":.c:x": "READONLY"},
            "maxIds": {".d": 1},
        })
    );
}
