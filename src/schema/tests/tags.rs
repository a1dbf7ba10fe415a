//! Inline tags: found, put and taken by path, in the three formats (contract 6.3).
#![cfg(all(feature = "avro", feature = "json", feature = "protobuf"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use assay_schema::testing::{Rng, avro_schema, tag_properties};
use assay_schema::{
    EntityKind, Limits, ParsedSchema, SchemaError, SchemaType, Strictness, TagEdits, TaggedEntity, parse,
};
use proptest::prelude::*;

fn read(schema_type: SchemaType, text: &str) -> ParsedSchema {
    parse(schema_type, text, &[], Strictness::New, &Limits::default()).unwrap()
}

fn entity(path: &str, kind: EntityKind, tags: &[&str]) -> TaggedEntity {
    TaggedEntity { path: path.to_owned(), kind, tags: tags.iter().map(|tag| (*tag).to_owned()).collect() }
}

use EntityKind::{Field, Record};

/// The tags of a text, one a line.
fn found(schema_type: SchemaType, text: &str) -> String {
    let tags = read(schema_type, text).inline_tags(&Limits::default()).unwrap();
    tags.iter().map(|e| format!("{} {} {}\n", e.kind, e.path, e.tags.join(","))).collect()
}

fn edited(schema_type: SchemaType, text: &str, edits: &TagEdits) -> Result<String, SchemaError> {
    read(schema_type, text).with_tags(edits, &Limits::default())
}

const AVRO: &str = r#"{"type":"record","name":"Order","namespace":"shop","confluent:tags":["T"],"fields":[
 {"name":"id","type":"string","confluent:tags":["PII","KEY"]},
 {"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[
   {"name":"sku","type":["null",{"type":"record","name":"Sku","namespace":"","fields":[{"name":"x","type":"int","confluent:tags":["DEEP"]}]}]}]}}},
 {"name":"extra","type":{"type":"map","values":"Line"},"confluent:tags":"none"}]}"#;

const JSON: &str = r##"{"type":"object","confluent:tags":["T"],"properties":{
 "id":{"type":"string","confluent:tags":["PII"]},
 "lines":{"type":"array","items":{"type":"object","properties":{"sku":{"type":"string","confluent:tags":["DEEP"]}}}},
 "ship":{"oneOf":[{"type":"object","properties":{"zip":{"confluent:tags":["PII"]}}},{"type":"null"}]},
 "to":{"$ref":"#/definitions/d"}},
 "definitions":{"d":{"type":"object","properties":{"unreached":{"confluent:tags":["NO"]}}}}}"##;

const PROTO: &str = r#"syntax = "proto3"; package shop; import "confluent/meta.proto";
message Order { option (confluent.message_meta) = { doc: "d" tags: ["T"] };
  string id = 1 [(confluent.field_meta).tags = "PII", (confluent.field_meta).tags = "KEY", deprecated = true];
  oneof what { Line line = 2; }
  message Line { string sku = 1 [(confluent.field_meta) = { tags: "DEEP" }]; }
}"#;

#[test]
fn tags_are_found_by_path() {
    assert_eq!(
        found(SchemaType::Avro, AVRO),
        "sr_field Sku.x DEEP\nsr_record shop.Order T\nsr_field shop.Order.id PII,KEY\n"
    );
    assert_eq!(
        found(SchemaType::Json, JSON),
        "sr_record  T\nsr_field id PII\nsr_field lines.sku DEEP\nsr_field ship.zip PII\n"
    );
    assert_eq!(
        found(SchemaType::Protobuf, PROTO),
        "sr_record shop.Order T\nsr_field shop.Order.Line.sku DEEP\nsr_field shop.Order.id PII,KEY\n"
    );
}

#[test]
fn tags_are_put_and_taken() {
    let edits = TagEdits {
        carry: vec![entity("nowhere", Record, &["C"]), entity("shop.Order.id", Field, &["C"])],
        add: vec![
            entity(".shop.Order.id", Field, &["PII", "NEW"]),
            entity("shop.Order.Line", Record, &["L"]),
        ],
        remove: vec![
            entity("shop.Order", Record, &["T", "ABSENT"]),
            entity("shop.Order.id", Field, &["KEY"]),
        ],
    };
    let proto = edited(SchemaType::Protobuf, PROTO, &edits).unwrap();
    assert_eq!(
        found(SchemaType::Protobuf, &proto),
        "sr_record shop.Order.Line L\nsr_field shop.Order.Line.sku DEEP\nsr_field shop.Order.id PII,C,NEW\n"
    );
    assert!(proto.contains("doc: \"d\""), "what is beside the tags stays: {proto}");
    let edits =
        TagEdits { add: vec![entity("shop.Line", Record, &["L"])], remove: edits.remove, carry: edits.carry };
    let avro = edited(SchemaType::Avro, AVRO, &edits).unwrap();
    let shown = found(SchemaType::Avro, &avro);
    assert!(
        shown.contains("sr_record shop.Line L\n") && shown.contains("sr_field shop.Order.id PII,C\n"),
        "{shown}"
    );
    assert!(!shown.contains("sr_record shop.Order T"), "{shown}");
    assert!(!avro.contains("\"confluent:tags\":[]"), "no tags left, no property left: {avro}");
    let edits = TagEdits {
        add: vec![entity("ship.zip", Field, &["Z"]), entity("", Record, &["R"])],
        ..TagEdits::default()
    };
    let json = edited(SchemaType::Json, JSON, &edits).unwrap();
    assert_eq!(
        found(SchemaType::Json, &json),
        "sr_record  T,R\nsr_field id PII\nsr_field lines.sku DEEP\nsr_field ship.zip PII,Z\n"
    );
}

#[test]
fn a_path_that_leads_nowhere_is_named() {
    for (schema_type, text, path, kind) in [
        (SchemaType::Avro, AVRO, "Order.id", Field),
        (SchemaType::Avro, AVRO, "shop.Order.id", Record),
        (SchemaType::Avro, AVRO, "shop.Sku", Record),
        (SchemaType::Json, JSON, "to.unreached", Field),
        (SchemaType::Json, JSON, "properties.id", Field),
        (SchemaType::Protobuf, PROTO, "shop.Line", Record),
        (SchemaType::Protobuf, PROTO, "shop.Order.what", Field),
    ] {
        for edits in [
            TagEdits { add: vec![entity(path, kind, &["X"])], ..TagEdits::default() },
            TagEdits { remove: vec![entity(path, kind, &["X"])], ..TagEdits::default() },
        ] {
            let error = edited(schema_type, text, &edits).unwrap_err().to_string();
            assert!(error.contains(path) && error.contains(kind.as_str()), "{error}");
        }
        let carried = TagEdits { carry: vec![entity(path, kind, &["X"])], ..TagEdits::default() };
        assert!(edited(schema_type, text, &carried).is_ok(), "what is only copied may be gone");
    }
}

#[test]
fn tags_do_not_multiply_beyond_the_limit() {
    let places = (0..2000).map(|_| r#"{"properties":{"a":{"type":"string"}}}"#).collect::<Vec<_>>().join(",");
    let text = format!(r#"{{"anyOf":[{places}]}}"#);
    let long = "x".repeat(10_000);
    let edits = TagEdits { add: vec![entity("a", Field, &[long.as_str()])], ..TagEdits::default() };
    assert!(matches!(edited(SchemaType::Json, &text, &edits), Err(SchemaError::TooLarge { .. })));
}

#[test]
fn ignoring_extensions_leaves_only_what_needs_none() {
    let text = r#"syntax = "proto2"; package p; import "google/protobuf/descriptor.proto"; import "confluent/meta.proto";
        option java_package = "x"; option (file_opt) = "f";
        extend google.protobuf.FileOptions { optional string file_opt = 50000; }
        extend google.protobuf.FieldOptions { optional string field_opt = 50000; }
        message M { option (confluent.message_meta).doc = "kept"; extensions 100 to 200;
          optional string a = 1 [(field_opt) = "gone", deprecated = true, (confluent.field_meta).tags = "PII"];
          extend M { optional int32 ext = 100; } }
        enum E { X = 0; } extend M { optional int32 top = 101; }"#;
    let ParsedSchema::Protobuf(schema) = read(SchemaType::Protobuf, text) else { panic!() };
    let bare = schema.without_extensions();
    for gone in ["file_opt", "field_opt", "extend ", "extensions", "ext ="] {
        assert!(!bare.contains(gone), "{gone} in {bare}");
    }
    for kept in ["java_package", "kept", "deprecated", "PII", "enum E"] {
        assert!(bare.contains(kept), "{kept} not in {bare}");
    }
    read(SchemaType::Protobuf, &bare);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn generated_avro(seed in any::<u64>()) {
        tag_properties(SchemaType::Avro, &avro_schema(&mut Rng::new(seed)));
    }

    #[test]
    fn damaged_text(which in 0..3usize, at in any::<prop::sample::Index>(), cut in 0..12usize, put in "[\\[\\]{}\",:a1 ]{0,3}") {
        let (schema_type, good) =
            [(SchemaType::Avro, AVRO), (SchemaType::Json, JSON), (SchemaType::Protobuf, PROTO)][which];
        let from = at.index(good.len());
        let to = (from + cut).min(good.len());
        tag_properties(schema_type, &format!("{}{put}{}", &good[..from], &good[to..]));
    }
}
