//! `/metrics`: requests by operation and status, what is stored, whatever `Accept` says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use crate::support::Api;
use assay_rest::RestConfig;

fn line<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines().find(|l| l.starts_with(name)).unwrap_or_else(|| panic!("{name} in\n{text}"))
}

#[test]
fn metrics_count_requests_and_schemas() {
    let api = Api::with(RestConfig::default());
    for (subject, body) in [
        ("a", r#"{"schema":"\"string\""}"#),
        ("b", r#"{"schema":"\"int\""}"#),
        ("j", r#"{"schema":"{}","schemaType":"JSON"}"#),
    ] {
        assert_eq!(api.post(&format!("/subjects/{subject}/versions"), body).status, 200);
    }
    assert_eq!(api.call("DELETE", "/subjects/b", &[], b"").status, 200);
    assert_eq!(api.get("/schemas/ids/77").status, 404);
    let answer = api.call("GET", "/metrics", &["Accept: application/openmetrics-text;q=0.9"], b"");
    assert_eq!(answer.status, 200);
    let text = answer.text();
    for (name, value) in [
        ("kafka_schema_registry_registered_count ", "3"),
        ("kafka_schema_registry_deleted_count ", "1"),
        ("kafka_schema_registry_subject_count ", "2"),
        ("kafka_schema_registry_schemas_created{schema_type=\"avro\"}", "2"),
        ("kafka_schema_registry_schemas_deleted{schema_type=\"avro\"}", "1"),
        ("kafka_schema_registry_schemas_created{schema_type=\"json\"}", "1"),
        ("kafka_schema_registry_api_success_count ", "4"),
        ("kafka_schema_registry_api_failure_count ", "1"),
        (
            "kafka_schema_registry_jersey_metrics_request_latency_seconds_count{endpoint=\"registerSchema\"}",
            "3",
        ),
    ] {
        let found = line(text, name);
        assert!(found.ends_with(&format!(" {value}")), "{found}, expected {value}");
    }
    let error = line(text, "kafka_schema_registry_jersey_metrics_request_error_total{");
    assert!(error.contains("getSchemaById") && error.contains("404") && error.ends_with(" 1"), "{error}");
}
