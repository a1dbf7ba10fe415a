//! JSON payloads, row by row.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod common;

use assay_schema::SchemaType;

const ORDER: &str = r#"{"type": "object", "required": ["id"], "additionalProperties": false, "properties": {
    "id": {"type": "integer", "minimum": 1},
    "items": {"type": "array", "maxItems": 3, "items": {"type": "object", "properties": {"qty": {"type": "number"}}}},
    "status": {"enum": ["NEW", "PAID"]},
    "odd key": {"type": "string", "maxLength": 3},
    "note": {"oneOf": [{"type": "null"}, {"type": "object", "properties": {"text": {"type": "string"}}}]}}}"#;

#[test]
fn rows() {
    common::check(
        SchemaType::Json,
        ORDER,
        &[
            (br#"{"id": 1}"#, ""),
            (br#" {"id": 1, "items": [{"qty": 1.5}], "status": "PAID", "note": null} "#, ""),
            (br#"{"id": "secret"}"#, "id: expected integer, got string"),
            (br#"{"id": 0}"#, "id: below the minimum of 1"),
            (b"{}", "required property \"id\" is missing"),
            (br#"{"id": 1, "items": [{}, {"qty": "two"}]}"#, "items[1].qty: expected number, got string"),
            (
                br#"{"id": 1, "items": [1, 2, 3, 4]}"#,
                "items: expected at most 3 items, got 4; items[0]: expected object, got number; items[1]: expected object, got number; and 2 more",
            ),
            (br#"{"id": 1, "extra": 1}"#, "property \"extra\" is not in the schema"),
            (
                br#"{"id": 1, "status": "secret"}"#,
                "status: expected one of [\"NEW\",\"PAID\"], got another string",
            ),
            (br#"{"id": 1, "odd key": "secret"}"#, "[\"odd key\"]: expected at most 3 characters, got 6"),
            (
                br#"{"id": 1, "note": {"text": 1}}"#,
                "note.text: expected string, got number (closest choice of oneOf)",
            ),
            (br#"{"id": 1, "note": 1}"#, "note: number fits none of the 2 choices of oneOf"),
            (b"[]", "expected object, got array"),
            (b"", "not JSON: EOF while parsing a value at line 1 column 0"),
            (br#"{"id": 1} x"#, "not JSON: trailing characters at line 1 column 11"),
            (b"{\"id\": \xff}", "text is not UTF-8 at its byte 7"),
        ],
    );
}

#[test]
fn deep_payloads_are_refused() {
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    let validator = common::validator(SchemaType::Json, "true");
    let problem = validator.check(&deep).unwrap_err().to_string();
    assert!(problem.contains("not JSON: recursion limit exceeded") || problem.contains("deep"), "{problem}");
}
