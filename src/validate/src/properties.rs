//! What holds for any bytes; run by proptest in `tests/` and by the fuzz targets. The first byte chooses the schema.

use std::sync::OnceLock;

use assay_schema::{Limits, ParsedSchema, SchemaType, Strictness};
use prost_reflect::DynamicMessage;

use crate::{Validator, compile};

/// Avro schemas that the properties walk by.
pub const AVRO: [&str; 6] = [
    r#"{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"note","type":["null","string"]},
        {"name":"items","type":{"type":"array","items":{"type":"record","name":"Item","fields":[
            {"name":"sku","type":"string"},{"name":"qty","type":"int"}]}}},
        {"name":"attrs","type":{"type":"map","values":"double"}},{"name":"ok","type":"boolean"}]}"#,
    r#"{"type":"record","name":"Tree","fields":[{"name":"kids","type":{"type":"array","items":"Tree"}}]}"#,
    r#"["null","int",{"type":"enum","name":"E","symbols":["A","B"]},{"type":"fixed","name":"F","size":3},{"type":"map","values":"bytes"}]"#,
    r#"{"type":"array","items":{"type":"array","items":"null"}}"#,
    r#"{"type":"record","name":"List","fields":[{"name":"v","type":"float"},{"name":"next","type":["null","List"]}]}"#,
    r#""string""#,
];

/// The Protobuf file that the properties walk by: every kind of field, maps, groups, required ones, recursion.
pub const PROTOBUF: &str = r#"syntax = "proto2";
message All {
  optional int32 a = 1; optional sint64 b = 2; optional bool c = 3; optional fixed32 d = 4; optional double e = 5;
  optional string f = 6; optional bytes g = 7; optional All h = 8; repeated All i = 9; repeated int32 j = 10;
  repeated fixed64 k = 11 [packed = true]; map<string, All> l = 12; optional group M = 13 { optional string n = 1; }
  optional Kind o = 14; repeated string p = 15; map<int32, string> q = 16;
}
enum Kind { ZERO = 0; ONE = 1; }
message Strict { required int32 a = 1; optional Strict b = 2; }"#;

/// JSON schemas that the properties walk by.
pub const JSON: [&str; 4] = [
    r##"{"type":"object","properties":{"id":{"type":"integer"},"kids":{"type":"array","items":{"$ref":"#"}}},"required":["id"]}"##,
    r#"{"oneOf":[{"type":"null"},{"type":"string","pattern":"^a+$"},{"type":"object","additionalProperties":{"type":"number"}}]}"#,
    "true",
    r#"{"required":["a"],"additionalProperties":{"type":["number","null"]},"maxProperties":3,"properties":{
        "a":{"enum":["x","\u00e9\n",1,null]},"b":{"type":"string","minLength":1,"maxLength":3,"pattern":"^[a-f]*$"},
        "c":{"type":"integer","minimum":-3,"exclusiveMaximum":100},"d":{"type":"array","items":{"const":0.5},"minItems":1}}}"#,
];

fn parsed(schema_type: SchemaType, text: &str) -> Option<ParsedSchema> {
    assay_schema::parse(schema_type, text, &[], Strictness::New, &Limits::default()).ok()
}

fn validator(schema_type: SchemaType, text: &str) -> Option<Validator> {
    parsed(schema_type, text).and_then(|schema| compile(&schema).ok())
}

/// The same bytes give the same verdict, the fast walk agrees with the explaining one, and a verdict's text stays short whatever
/// the payload.
fn verdict(validator: &Validator, payload: &[u8]) -> bool {
    let first = validator.check(payload);
    assert_eq!(first, validator.explain(payload));
    if let Some(fast) = validator.accepts(payload) {
        assert_eq!(fast, first.is_ok(), "the fast walk does not agree: {first:?}");
    }
    if let Err(problem) = &first {
        assert!(!problem.reason.is_empty() && problem.reason.len() < 4096, "{problem}");
    }
    first.is_ok()
}

/// Any bytes: never panics; what is accepted is refused with a byte more or a byte less.
pub fn avro_properties(data: &[u8]) {
    static VALIDATORS: OnceLock<Vec<Option<Validator>>> = OnceLock::new();
    let all = VALIDATORS.get_or_init(|| AVRO.iter().map(|text| validator(SchemaType::Avro, text)).collect());
    let Some((choice, payload)) = data.split_first() else { return };
    let Some(Some(validator)) = all.get(usize::from(*choice) % AVRO.len()) else { return };
    if verdict(validator, payload) {
        assert!(!verdict(validator, &[payload, &[0]].concat()));
        if let Some((_, shorter)) = payload.split_last() {
            assert!(!verdict(validator, shorter));
        }
    }
}

/// Any bytes: never panics; what `prost-reflect` does not decode is refused, but for the UTF-8 that proto2 does not ask for.
pub fn protobuf_properties(data: &[u8]) {
    static SCHEMA: OnceLock<Option<(Validator, ParsedSchema)>> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| {
        let schema = parsed(SchemaType::Protobuf, PROTOBUF)?;
        Some((compile(&schema).ok()?, schema))
    });
    let Some((validator, ParsedSchema::Protobuf(schema))) = schema else { return };
    let Some((choice, message)) = data.split_first() else { return };
    verdict(validator, data); // as they come, message indexes and all
    let index = i32::from(choice % 2);
    let header: &[u8] = if index == 0 { &[0] } else { &[2, 2] };
    let accepted = verdict(validator, &[header, message].concat());
    if let Some(descriptor) = schema.message_by_indexes(&[index])
        && let Err(error) = DynamicMessage::decode(descriptor, message)
        && !error.to_string().contains("UTF-8")
    {
        assert!(!accepted, "prost-reflect refuses {message:02x?}");
    }
}

/// Any bytes: never panics; what is accepted is JSON.
pub fn json_properties(data: &[u8]) {
    static VALIDATORS: OnceLock<Vec<Option<Validator>>> = OnceLock::new();
    let all = VALIDATORS.get_or_init(|| JSON.iter().map(|text| validator(SchemaType::Json, text)).collect());
    let Some((choice, payload)) = data.split_first() else { return };
    let Some(Some(validator)) = all.get(usize::from(*choice) % JSON.len()) else { return };
    if verdict(validator, payload) {
        assert!(serde_json::from_slice::<serde_json::Value>(payload).is_ok());
    }
}
