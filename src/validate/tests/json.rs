//! JSON payloads, row by row.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::common;

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

/// As ECMA-262 has it, and unlike Python: `$` is the end, not the place before a last line feed.
#[test]
fn the_end_of_a_pattern_is_the_end_of_the_text() {
    let validator = common::validator(SchemaType::Json, r#"{"pattern": "b+$"}"#);
    assert!(validator.check(br#""ab""#).is_ok());
    assert!(validator.check(br#""ab\n""#).is_err());
}

/// Which keywords ask for the slow way, and that the fast way is the same where it is taken.
#[test]
fn slow_keywords() {
    let rows: [(&str, &[&str]); 12] = [
        (ORDER, &[]),
        (r#"{"anyOf": [{"type": "null"}, {"type": ["integer", "string"], "maximum": 3}]}"#, &[]),
        (r#"{"oneOf": [{"type": "number"}, {"type": "integer"}]}"#, &["oneOf"]), // both take an integer
        (r#"{"oneOf": [{"type": "null"}, {"minimum": 1}]}"#, &["oneOf"]),
        (r#"{"type": "object", "oneOf": [{"type": "object"}]}"#, &["oneOf"]),
        (
            r#"{"properties": {"a": {"allOf": [true]}, "b": {"uniqueItems": true}}}"#,
            &["allOf", "uniqueItems"],
        ),
        (r#"{"items": [true, false]}"#, &["items with a list of schemas"]),
        (r#"{"enum": [1, [2]]}"#, &["enum or const of arrays or objects"]),
        (r##"{"$ref": "#/definitions/a", "allOf": [true], "definitions": {"a": {"type": "string"}}}"##, &[]),
        (r##"{"properties": {"a": {"$ref": "#"}}, "title": "T"}"##, &[]),
        (r##"{"definitions": {"a": {"not": {}}}, "properties": {"not": {"type": "null"}}}"##, &[]), // not used; a name
        (
            r##"{"$ref": "#/definitions/a", "definitions": {"a": {"$ref": "#/definitions/a"}}}"##,
            &["$ref to itself"],
        ),
    ];
    for (schema, want) in rows {
        let validator = common::validator(SchemaType::Json, schema);
        assert_eq!(validator.slow_keywords(), want, "{schema}");
        for payload in [
            "null",
            "3",
            "4",
            "3.0",
            r#""a""#,
            r#"{"a": {"a": {}}}"#,
            r#"{"a": 1, "a": {}}"#,
            "[1, 2]",
            "[",
            "tru",
            "",
        ] {
            let fast = validator.accepts(payload.as_bytes());
            let slow = validator.explain(payload.as_bytes()).is_ok();
            assert_eq!(fast, want.is_empty().then_some(slow), "{schema} {payload}");
        }
    }
}

/// Of several members with one name the last counts; the fast way says so, or that it does not know.
#[test]
fn members_of_one_name() {
    let schema = r#"{"properties": {"a": {"type": "integer"}}, "additionalProperties": {"type": "string"}, "minProperties": 2}"#;
    let validator = common::validator(SchemaType::Json, schema);
    let rows = [
        (r#"{"a": 1, "b": "x"}"#, Some(true)),
        (r#"{"a": "x", "a": 1, "b": "x"}"#, Some(true)),
        (r#"{"a": 1, "a": "x", "b": "x"}"#, Some(false)),
        (r#"{"a": 1, "\u0061": 2}"#, Some(false)), // one property
        (r#"{"b": "x", "b": "x"}"#, None),
        (r#"{"a": 1, "b": 1}"#, Some(false)),
        (r#"{"a": 1, "b": 1, "b": "x"}"#, None),
    ];
    for (payload, fast) in rows {
        assert_eq!(validator.accepts(payload.as_bytes()), fast, "{payload}");
        let slow = validator.explain(payload.as_bytes());
        assert!(fast.is_none_or(|fast| fast == slow.is_ok()), "{payload}");
        assert_eq!(validator.check(payload.as_bytes()), slow, "{payload}");
    }
}

/// Numbers that are not written as integers are compared with the options one by one: 50,000 options times 200,000 numbers would take minutes.
#[test]
fn long_enums_of_numbers_are_bounded() {
    let options = (0..50_000).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let integers = common::validator(SchemaType::Json, &format!(r#"{{"items": {{"enum": [{options}]}}}}"#));
    let mixed = common::validator(SchemaType::Json, &format!(r#"{{"items": {{"enum": ["a", {options}]}}}}"#));
    assert_eq!(integers.accepts(b"[49999, 1]"), Some(true));
    assert_eq!(integers.accepts(format!("[{}1]", "49999,".repeat(200_000)).as_bytes()), Some(true));
    for validator in [integers, mixed] {
        assert_eq!(validator.check(b"[49999, 1, 2.0]"), Ok(()));
        assert!(validator.check(b"[50000]").is_err() && validator.check(b"[1.5]").is_err());
        let long = format!("[{}1.0]", "49999.0,".repeat(200_000));
        let problem = validator.check(long.as_bytes()).unwrap_err();
        assert!(problem.reason.contains("too long"), "{problem}");
    }
}
