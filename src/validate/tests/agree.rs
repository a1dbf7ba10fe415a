//! The fast walks say no if and only if the explaining ones do: generated schemas, valid payloads and mutated ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::common;

use assay_schema::{Limits, ParsedSchema, SchemaType, Strictness, testing};
use assay_validate::{Validator, compile};

/// The verdict both agree on.
fn agreed(validator: &Validator, payload: &[u8], what: &str) -> bool {
    let slow = validator.explain(payload);
    let fast = validator.accepts(payload);
    assert_eq!(fast, Some(slow.is_ok()), "{slow:?}: {what}, payload {payload:02x?}");
    slow.is_ok()
}

#[test]
fn avro() {
    let full = std::env::var("ASSAY_TEST_MODE").is_ok_and(|mode| mode == "full");
    let mut rng = testing::Rng::new(5);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..if full { 20_000 } else { 500 } {
        let (text, schema) = common::avro::schema(&mut rng);
        let validator = compile(&schema).unwrap();
        let ParsedSchema::Avro(model) = &schema else { panic!("an Avro schema") };
        for _ in 0..50 {
            let mut payload = common::avro::datum(model, &mut rng);
            if !agreed(&validator, &payload, &text) {
                continue; // deeper than the generator goes
            }
            common::avro::mutate(&mut payload, &mut rng);
            if agreed(&validator, &payload, &text) { accepted += 1 } else { refused += 1 }
        }
    }
    println!("of mutated ones {accepted} accepted, {refused} refused");
    assert!(accepted > 1000 && refused > 1000, "{accepted} accepted, {refused} refused");
}

#[test]
fn protobuf() {
    let full = std::env::var("ASSAY_TEST_MODE").is_ok_and(|mode| mode == "full");
    let mut rng = testing::Rng::new(6);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..if full { 20_000 } else { 500 } {
        let text = common::protobuf::file(&mut rng);
        let schema = common::parse(SchemaType::Protobuf, &text);
        let validator = compile(&schema).unwrap();
        let ParsedSchema::Protobuf(proto) = &schema else { panic!("a Protobuf schema") };
        let descriptor = proto.message_by_indexes(&[0]).unwrap();
        for _ in 0..50 {
            let mut payload = vec![0];
            common::protobuf::message(&descriptor, &mut rng, 0, &mut payload);
            agreed(&validator, &payload, &text);
            common::avro::mutate(&mut payload, &mut rng);
            if agreed(&validator, &payload, &text) { accepted += 1 } else { refused += 1 }
        }
    }
    println!("of mutated ones {accepted} accepted, {refused} refused");
    assert!(accepted > 1000 && refused > 1000, "{accepted} accepted, {refused} refused");
}

#[test]
fn json() {
    let full = std::env::var("ASSAY_TEST_MODE").is_ok_and(|mode| mode == "full");
    let mut rng = testing::Rng::new(7);
    let (mut accepted, mut refused, mut unsure, mut slow) = (0, 0, 0, 0);
    for _ in 0..if full { 40_000 } else { 600 } {
        let schema = common::json::schema(&mut rng);
        let text = schema.to_string();
        let parsed = assay_schema::parse(SchemaType::Json, &text, &[], Strictness::New, &Limits::default());
        let Ok(parsed) = parsed else { continue }; // a `$ref` in a circle, say
        let validator = compile(&parsed).unwrap();
        if !validator.slow_keywords().is_empty() {
            slow += 1;
            continue;
        }
        for round in 0..40 {
            let mut payload = common::json::payload(&schema, &mut rng).into_bytes();
            if round % 3 == 0 {
                common::avro::mutate(&mut payload, &mut rng);
            }
            let explained = validator.explain(&payload);
            match validator.accepts(&payload) {
                None => unsure += 1,
                Some(fast) => {
                    let payload = String::from_utf8_lossy(&payload);
                    assert_eq!(fast, explained.is_ok(), "{explained:?}: {text}, payload {payload}");
                    if fast { accepted += 1 } else { refused += 1 }
                }
            }
        }
    }
    println!("{accepted} accepted, {refused} refused, {unsure} not told; {slow} schemas without a fast walk");
    assert!(accepted > 1000 && refused > 1000 && unsure < refused / 20, "{accepted}, {refused}, {unsure}");
}

/// Messages, groups and unknown groups, each inside the one before, around the limit of 100; all required fields of many.
#[test]
fn protobuf_depth_and_many_required_fields() {
    let text =
        "syntax = \"proto2\"; message M { optional M m = 1; optional group G = 2 { optional M m = 1; } }";
    let validator = common::validator(SchemaType::Protobuf, text);
    for depth in [1, 50, 99, 100, 101, 102, 500] {
        for message in common::protobuf::nested(depth) {
            agreed(&validator, &[&[0], message.as_slice()].concat(), text);
        }
    }
    for count in [63, 64, 65, 200] {
        let fields: String = (1..=count).map(|n| format!("required bool f{n} = {n};")).collect();
        let validator = common::validator(
            SchemaType::Protobuf,
            &format!("syntax = \"proto2\"; message M {{ {fields} }}"),
        );
        let mut payload = vec![0];
        for n in 1..=count {
            let cut = payload.len();
            let tag = n << 3;
            if tag < 0x80 {
                payload.push(tag as u8)
            } else {
                payload.extend([tag as u8 | 0x80, (tag >> 7) as u8])
            }
            payload.push(1);
            assert_eq!(validator.check(&payload).is_ok(), n == count, "{n} of {count}");
            assert_eq!(validator.accepts(&payload), (count <= 64).then_some(n == count));
            assert!(n < count || validator.check(&payload[..cut]).is_err());
        }
    }
}

/// Chains of records, each inside the one before: all ways of nesting around the limit of 1,000.
#[test]
fn avro_depth() {
    let list = r#"{"type":"record","name":"L","fields":[{"name":"n","type":["null","L"]}]}"#;
    let pair = r#"{"type":"record","name":"A","fields":[{"name":"b","type":{"type":"record","name":"B","fields":[{"name":"n","type":["null","A"]}]}}]}"#;
    let tree = r#"{"type":"record","name":"T","fields":[{"name":"k","type":{"type":"array","items":"T"}}]}"#;
    let map = r#"{"type":"record","name":"M","fields":[{"name":"k","type":{"type":"map","values":"M"}}]}"#;
    let end = r#"{"type":"record","name":"E","fields":[{"name":"n","type":["E",{"type":"record","name":"Z","fields":[]}]}]}"#;
    let rows: [(&str, &[u8], &[u8]); 5] = [
        (list, b"\x02", b"\0"),
        (pair, b"\x02", b"\0"),
        (tree, b"\x02", b"\0"),
        (map, b"\x02\x02k", b"\0"),
        (end, b"\0", b"\x02"),
    ];
    for (schema, open, close) in rows {
        let validator = common::validator(SchemaType::Avro, schema);
        let mut last = None;
        for depth in [1, 2, 498, 499, 500, 501, 502, 998, 999, 1000, 1001, 1002, 100_000] {
            let mut payload = open.repeat(depth);
            if schema == tree || schema == map {
                payload.extend(close.repeat(depth + 1)); // the ends of all blocks
            } else {
                payload.extend_from_slice(close);
            }
            last = Some(agreed(&validator, &payload, schema));
            assert!(depth > 10 || last == Some(true), "{schema} {depth}");
        }
        assert_eq!(last, Some(false), "{schema}");
    }
}

/// Every record holds the next one twice; a walk that wrote all of them out would need 2^40 steps.
#[test]
fn avro_records_that_share_records_stay_small() {
    let mut schema = r#"{"type":"record","name":"R0","fields":[{"name":"x","type":"int"}]}"#.to_owned();
    for level in 1..40 {
        schema = format!(
            r#"{{"type":"record","name":"R{level}","fields":[{{"name":"a","type":["null",{schema}]}},{{"name":"b","type":["null","R{}"]}}]}}"#,
            level - 1
        );
    }
    let validator = common::validator(SchemaType::Avro, &schema);
    assert!(agreed(&validator, b"\0\0", "all null"));
    assert!(agreed(&validator, b"\x02\0\0\x02\0\0", "two of the second level"));
    assert!(!agreed(&validator, b"\x02\0\0\x02\0", "cut"));
}

/// A group's end has the number of the group, which a required field inside may have as well.
#[test]
fn the_end_of_a_group_is_no_field_of_it() {
    let text = "syntax = \"proto2\"; message M { optional group G = 2 { required int32 x = 2; } }";
    let validator = common::validator(SchemaType::Protobuf, text);
    assert!(!agreed(&validator, &[0, 0x13, 0x14], text));
    assert!(agreed(&validator, &[0, 0x13, 0x10, 1, 0x14], text));
    assert!(!agreed(&validator, &[0, 0x13, 0x10, 1], text));
    assert!(!agreed(&validator, &[0, 0x13, 0x15, 1, 0x14], text));
}

/// What the two ways say of payloads for a JSON schema, where the fast one says anything.
fn json_agrees(schema: &str, payloads: &[&str]) -> Vec<Option<bool>> {
    let validator = common::validator(SchemaType::Json, schema);
    let verdict = |payload: &&str| {
        let (fast, slow) = (validator.accepts(payload.as_bytes()), validator.explain(payload.as_bytes()));
        assert!(fast.is_none_or(|fast| fast == slow.is_ok()), "{fast:?}, {slow:?}: {schema}, {payload}");
        fast
    };
    payloads.iter().map(verdict).collect()
}

/// `$schema` below the root switches the draft, and in draft 4 `1.0` is no integer.
#[test]
fn a_schema_of_another_draft_inside() {
    let inner = [
        r#""type": "integer""#,
        r#""oneOf": [{"type": "integer"}, {"type": "string"}]"#,
        r##""$ref": "#/definitions/i""##,
    ];
    for inner in inner {
        for id in ["", r#""$id": "http://example.com/x", "#] {
            let schema = format!(
                r#"{{"properties": {{"a": {{{id}"$schema": "http://json-schema.org/draft-04/schema#", {inner}}}}},
                     "definitions": {{"i": {{"type": "integer"}}}}}}"#
            );
            json_agrees(&schema, &[r#"{"a": 1}"#, r#"{"a": 1.0}"#, r#"{"a": 1.5}"#]);
        }
    }
}

/// Of two members with one name the last one counts; `additionalProperties` may be a choice between types.
#[test]
fn one_name_twice_among_the_others() {
    let schema = r#"{"additionalProperties": {"oneOf": [{"type": "null"}, {"type": "string"}]}}"#;
    let verdicts = json_agrees(schema, &[r#"{"x": 1, "x": "a"}"#, r#"{"x": 1}"#, r#"{"x": "a", "y": null}"#]);
    assert_eq!(verdicts, [None, Some(false), Some(true)]);
}
