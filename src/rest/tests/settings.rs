//! Settings that change answers: the generation, the code of an incompatible schema, limits, metadata.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use crate::support::Api;
use assay_rest::{Generation, IncompatibleCode, RestConfig};

const V1: &str = r#"{"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}"}"#;
const V2: &str =
    r#"{"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}"}"#;

#[test]
fn generation_seven_shows_what_old_clients_know() {
    let api = Api::with(RestConfig { generation: Generation::Seven, ..RestConfig::default() });
    assert_eq!(api.post("/subjects/s/versions", V1).text(), r#"{"id":1}"#);
    let text = r#"{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}"#;
    assert_eq!(
        api.get("/subjects/s/versions/1").text(),
        format!(r#"{{"subject":"s","version":1,"id":1,"schema":"{text}"}}"#)
    );
    assert_eq!(api.get("/schemas/ids/1").text(), format!(r#"{{"schema":"{text}"}}"#));
    let json = api.post("/subjects/j/versions", r#"{"schema":"{}","schemaType":"JSON"}"#);
    assert_eq!(json.text(), r#"{"id":2}"#);
    assert_eq!(api.get("/schemas/ids/2").text(), r#"{"schemaType":"JSON","schema":"{}"}"#);
}

#[test]
fn the_code_of_an_incompatible_schema_is_a_switch() {
    for (setting, code) in [(IncompatibleCode::Plain, 409), (IncompatibleCode::FiveDigits, 40901)] {
        let api = Api::with(RestConfig { incompatible_code: setting, ..RestConfig::default() });
        assert_eq!(api.post("/subjects/s/versions", V1).status, 200);
        let refused = api.post("/subjects/s/versions", V2);
        assert_eq!((refused.status, refused.code()), (409, code), "{}", refused.text());
        assert!(refused.json()["message"].as_str().unwrap().contains("READER_FIELD_MISSING_DEFAULT_VALUE"));
        assert_eq!(api.post("/subjects/s/versions?force=true", V2).status, 200);
    }
}

#[test]
fn listings_have_a_row_limit() {
    let api =
        Api::with(RestConfig { schemas_default_limit: 2, schemas_max_limit: 3, ..RestConfig::default() });
    for subject in ["a", "b", "c", "d"] {
        assert_eq!(api.post(&format!("/subjects/{subject}/versions"), V1).status, 200);
    }
    for (query, rows) in [
        ("", 2),
        ("?limit=1", 1),
        ("?limit=3", 3),
        ("?limit=4", 2),
        ("?limit=0", 2),
        ("?offset=3", 1),
        ("?offset=9", 0),
    ] {
        assert_eq!(api.get(&format!("/schemas{query}")).json().as_array().unwrap().len(), rows, "{query}");
    }
    assert_eq!(api.get("/subjects?limit=-1").json().as_array().unwrap().len(), 4);
}

#[test]
fn bodies_share_a_budget() {
    let api = Api::with(RestConfig { bodies_bytes_max: 64, ..RestConfig::default() });
    let refused = api.post("/subjects/s/versions", &format!("{{\"schema\":\"{}\"}}", "x".repeat(40_000)));
    assert_eq!((refused.status, refused.code(), refused.header("retry-after")), (429, 429, Some("1")));
    assert_eq!(
        api.post("/subjects/s/versions", r#"{"schema":"\"int\""}"#).status,
        200,
        "the share came back"
    );
}

#[test]
fn renderings() {
    let api = Api::new();
    let register = |subject: &str, body: serde_json::Value| {
        let answer = api.post(&format!("/subjects/{subject}/versions"), &body.to_string());
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let proto = "syntax = \"proto3\";\n\nmessage M {\n  int32 a = 1;\n}\n";
    let text = register("p", serde_json::json!({"schemaType": "PROTOBUF", "schema": proto}));
    assert_eq!(text["schema"], proto);
    let packed = api.get("/schemas/ids/1/schema?format=serialized").text().to_owned();
    assert!(!packed.contains("message"), "{packed}");
    // sent as a descriptor, answered as one, and the same schema
    let sent = serde_json::json!({"schemaType": "PROTOBUF", "schema": packed});
    let again = register("p", sent.clone());
    assert_eq!((&again["id"], again["schema"].as_str().unwrap()), (&text["id"], packed.as_str()));
    assert_eq!(api.post("/subjects/p", &sent.to_string()).json()["schema"], packed.as_str());
    assert_eq!(api.get("/subjects/p/versions/1?format=unknown").json()["schema"], proto);

    register("inner", serde_json::json!({"schema": r#"{"type":"enum","name":"E","symbols":["A"]}"#}));
    let reference = serde_json::json!([{"name": "E", "subject": "inner", "version": 1}]);
    register(
        "outer",
        serde_json::json!({"schema": r#"{"type":"array","items":"E"}"#, "references": reference}),
    );
    assert_eq!(api.get("/subjects/outer/versions/1/schema").text(), r#"{"type":"array","items":"E"}"#);
    assert_eq!(
        api.get("/subjects/outer/versions/1/schema?format=resolved").text(),
        r#"{"type":"array","items":{"type":"enum","name":"E","symbols":["A"]}}"#
    );

    register(":.c:inner", serde_json::json!({"schema": r#"{"type":"enum","name":"E","symbols":["A"]}"#}));
    register(
        ":.c:outer",
        serde_json::json!({"schema": r#"{"type":"array","items":"E"}"#, "references": reference}),
    );
    for (query, subject) in
        [("", "inner"), ("?referenceFormat=qualified", ":.c:inner"), ("?referenceFormat=x", "inner")]
    {
        let one = api.get(&format!("/subjects/:.c:outer/versions/1{query}")).json();
        assert_eq!(one["references"][0]["subject"], subject, "{query}");
    }
}
