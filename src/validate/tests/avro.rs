//! Avro payloads, row by row.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::common;

use assay_schema::SchemaType;

const ORDER: &str = r#"{"type": "record", "name": "Order", "namespace": "shop", "fields": [
    {"name": "id", "type": "long"},
    {"name": "note", "type": ["null", "string"], "default": null},
    {"name": "items", "type": {"type": "array", "items": {"type": "record", "name": "Item", "fields": [
        {"name": "sku", "type": "string"}, {"name": "qty", "type": "int"}]}}},
    {"name": "attrs", "type": {"type": "map", "values": "double"}},
    {"name": "payload", "type": ["null", "string", "Item", {"type": "fixed", "name": "Hash", "size": 4}]},
    {"name": "status", "type": {"type": "enum", "name": "Status", "symbols": ["NEW", "PAID", "SENT"]}},
    {"name": "paid", "type": "boolean"}
]}"#;

fn check(schema: &str, rows: &[(&[u8], &str)]) {
    common::check(SchemaType::Avro, schema, rows);
}

#[test]
fn primitives() {
    check("\"null\"", &[(b"", ""), (b"\0", "1 byte left over behind the value")]);
    check(
        "\"boolean\"",
        &[
            (b"\0", ""),
            (b"\x01", ""),
            (b"\x02", "expected a boolean, 0 or 1, got byte 0x02"),
            (b"", "expected a boolean, no bytes left"),
        ],
    );
    check(
        "\"int\"",
        &[
            (b"\x00", ""),
            (b"\xff\xff\xff\xff\x0f", ""),
            (b"\x80\x00", ""),
            (b"\xff\xff\xff\xff\x1f", "varint is longer than 32 bits"),
            (b"\x80\x80\x80\x80\x80\x00", "varint is longer than 32 bits"),
            (b"\x80", "varint runs past the end"),
            (b"", "varint runs past the end"),
            (b"\x00\x00\x00", "2 bytes left over behind the value"),
        ],
    );
    check(
        "\"long\"",
        &[
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", ""),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "varint is longer than 64 bits"),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00", "varint is longer than 64 bits"),
        ],
    );
    check("\"float\"", &[(b"\xff\xff\xff\xff", ""), (b"\0\0\0", "expected 4 bytes (float), 3 bytes left")]);
    check(
        "\"double\"",
        &[(b"\xff\xff\xff\xff\xff\xff\xff\xff", ""), (b"\0", "expected 8 bytes (double), 1 byte left")],
    );
    check(
        "\"string\"",
        &[
            (b"\x00", ""),
            (b"\x06abc", ""),
            (b"\x06ab", "length 3 runs past the end, 2 bytes left"),
            (b"\x01", "length -1 is negative"),
            (b"\x06a\xffc", "text is not UTF-8 at its byte 1"),
            (
                b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                "length 9223372036854775807 runs past the end, 0 bytes left",
            ),
            (b"\x80", "length: varint runs past the end"),
        ],
    );
}

#[test]
fn top_level_bytes_have_no_length_but_inner_ones_do() {
    check("\"bytes\"", &[(b"", ""), (b"anything \xff", "")]);
    let record = r#"{"type": "record", "name": "R", "fields": [{"name": "b", "type": "bytes"}]}"#;
    check(record, &[(b"\x04ab", ""), (b"\x04a", "b: length 2 runs past the end, 1 byte left")]);
    check(
        r#"["null", "bytes"]"#,
        &[(b"\x02\x04ab", ""), (b"ab", "union index -49 is out of range, it has branches 0 to 1")],
    );
}

#[test]
fn named_types() {
    check(
        r#"{"type": "enum", "name": "E", "symbols": ["A", "B"]}"#,
        &[
            (b"\x00", ""),
            (b"\x02", ""),
            (b"\x04", "enum index 2 is out of range, E has 2 symbols"),
            (b"\x01", "enum index -1 is out of range, E has 2 symbols"),
            (b"\x80\x80\x80\x80\x80\x00", "enum index: varint is longer than 32 bits"),
        ],
    );
    check(
        r#"{"type": "fixed", "name": "F", "size": 3}"#,
        &[
            (b"abc", ""),
            (b"ab", "expected 3 bytes (F), 2 bytes left"),
            (b"abcd", "1 byte left over behind the value"),
        ],
    );
}

#[test]
fn records_name_the_field() {
    let good = b"\x02\x00\x04\x02a\x02\x02b\x04\x00\x02\x02k\0\0\0\0\0\0\0\0\x00\x00\x04\x01";
    check(
        ORDER,
        &[
            (good, ""),
            (&good[..9], "items: block count: varint runs past the end"),
            (b"", "id: varint runs past the end"),
            (b"\x02\x02\x02\xff", "note: text is not UTF-8 at its byte 0"),
            (b"\x02\x04", "note: union index 2 is out of range, it has branches 0 to 1"),
            (b"\x02\x00\x04\x02a\x02\x02b\xff\xff", "items[1].qty: varint runs past the end"),
            (b"\x02\x00\x04\x02a\x02\x04b", "items[1].sku: length 2 runs past the end, 1 byte left"),
            (b"\x02\x00\x00\x02\x02k\0\0", "attrs[\"k\"]: expected 8 bytes (double), 2 bytes left"),
            (b"\x02\x00\x00\x02\x06k", "attrs: key of entry 0: length 3 runs past the end, 1 byte left"),
            (b"\x02\x00\x00\x00\x02\x02\xff", "payload(string): text is not UTF-8 at its byte 0"),
            (b"\x02\x00\x00\x00\x04\x02a\x80", "payload(Item).qty: varint runs past the end"),
            (b"\x02\x00\x00\x00\x06ab", "payload(Hash): expected 4 bytes (Hash), 2 bytes left"),
            (b"\x02\x00\x00\x00\x00\x06", "status: enum index 3 is out of range, Status has 3 symbols"),
            (b"\x02\x00\x00\x00\x00\x04\x07", "paid: expected a boolean, 0 or 1, got byte 0x07"),
            (b"\x02\x00\x00\x00\x00\x04\x01\x00", "1 byte left over behind the value"),
        ],
    );
}

#[test]
fn long_keys_are_not_repeated() {
    let mut payload = b"\x02\xc8\x01".to_vec(); // one entry, a key of 100 bytes
    payload.extend([b'k'; 100]);
    check(r#"{"type": "map", "values": "int"}"#, &[(&payload, "[entry 0]: varint runs past the end")]);
}

#[test]
fn blocks() {
    check(
        r#"{"type": "array", "items": "int"}"#,
        &[
            (b"\x00", ""),
            (b"\x04\x02\x04\x00", ""),
            (b"\x02\x02\x02\x04\x00", ""), // two blocks
            (b"\x03\x04\x02\x04\x00", ""), // -2 items in 2 bytes
            (b"\x03\x06\x02\x04\x00", "the block states a size of 3 bytes, its items take 2"),
            (b"\x03\x02\x02\x04\x00", "the block states a size of 1 bytes, its items take 2"),
            (b"\x03\x7e\x02\x04\x00", "block size 63 runs past the end, 3 bytes left"),
            (b"\x03\x01\x02\x04\x00", "block size -1 is negative"),
            (b"\x04\x02\x04", "block count: varint runs past the end"),
            (b"\x04\x02", "[1]: varint runs past the end"),
            (b"\x04\x02\x04\x00\x00", "1 byte left over behind the value"),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00", "block count is out of range"),
            (b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", "[1]: varint runs past the end"),
        ],
    );
    check(
        r#"{"type": "map", "values": {"type": "array", "items": "boolean"}}"#,
        &[
            (b"\x02\x02a\x02\x01\x00\x00", ""),
            (b"\x02\x04\"\\\x04\x01\x05", r#"["\"\\"][1]: expected a boolean, 0 or 1, got byte 0x05"#),
        ],
    );
}

#[test]
fn items_without_bytes_cost_nothing_and_are_capped() {
    let many = "more than 65536 items that take no bytes";
    let two_to_the_60 = b"\x80\x80\x80\x80\x80\x80\x80\x80\x20\x00";
    check(
        r#"{"type": "array", "items": "null"}"#,
        &[
            (b"\x06\x00", ""),
            (b"\x80\x80\x08\x00", ""),       // 65536
            (b"\x82\x80\x08\x00", many),     // 65537
            (b"\xfe\xff\x07\x04\x00", many), // 65535 and 2
            (two_to_the_60, many),
            (b"\x05\x00\x00", ""),
            (b"\x05\x02\x00\x00", "the block states a size of 1 bytes, its items take 0"),
        ],
    );
    // An empty record in an empty record, doubled 60 times: 2^60 fields and no byte.
    let mut schema = r#"{"type": "record", "name": "R0", "fields": []}"#.to_owned();
    for i in 1..=60 {
        let fields = format!(r#"[{{"name": "a", "type": {schema}}}, {{"name": "b", "type": "R{}"}}]"#, i - 1);
        schema = format!(r#"{{"type": "record", "name": "R{i}", "fields": {fields}}}"#);
    }
    check(&schema, &[(b"", ""), (b"\0", "1 byte left over behind the value")]);
    check(&format!(r#"{{"type": "array", "items": {schema}}}"#), &[(b"\x06\x00", ""), (two_to_the_60, many)]);
}

#[test]
fn depth_is_limited_and_costs_no_stack() {
    let list = r#"{"type": "record", "name": "L", "fields": [{"name": "next", "type": ["null", "L"]}]}"#;
    let chain = |links: usize| [vec![2; links], vec![0]].concat();
    let validator = common::validator(SchemaType::Avro, list);
    assert_eq!(validator.check(&chain(999)), Ok(()));
    let problem = validator.check(&chain(100_000)).unwrap_err();
    assert_eq!(problem.reason, "values are nested more than 1000 deep");
    // A record that contains itself has no value at all.
    check(
        r#"{"type": "record", "name": "R", "fields": [{"name": "r", "type": ["R"]}]}"#,
        &[(b"\x00", "r.r: union index: varint runs past the end")],
    );
}

#[test]
fn logical_types_are_not_looked_at() {
    check(r#"{"type": "string", "logicalType": "uuid"}"#, &[(b"\x02x", "")]);
    check(r#"{"type": "int", "logicalType": "date"}"#, &[(b"\x01", "")]);
}
