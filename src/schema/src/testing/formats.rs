//! What holds for any Protobuf and any JSON Schema text.

use crate::limits::Limits;
use crate::names::SchemaType;
use crate::parsed::{ParsedSchema, Strictness, parse};

/// Any text: parsing never panics; the canonical text is its own canonical text, and so is the normal text its own
/// normal text; both describe what the original does.
pub fn protobuf_properties(text: &str) {
    let Some(schema) = read(SchemaType::Protobuf, text) else { return };
    stable(SchemaType::Protobuf, &schema);
    if let ParsedSchema::Protobuf(proto) = &schema {
        let _ = proto.validate_fields();
        let _ = proto.messages_by_indexes(&[0, 0]);
        assert!(proto.file_descriptor().is_some(), "a parsed file is in its pool");
    }
}

/// Any text: parsing never panics; the canonical text is its own canonical text, the normal text its own normal text;
/// what is accepted as new compiles.
pub fn json_schema_properties(text: &str) {
    let Some(schema) = read(SchemaType::Json, text) else { return };
    stable(SchemaType::Json, &schema);
    if let ParsedSchema::Json(json) = &schema {
        let outcome = json.validator().map(|validator| validator.is_valid(&serde_json::Value::Null));
        assert!(outcome.is_ok(), "a new schema compiles: {outcome:?}");
        for (from, to) in &json.resolution().references {
            let found = json.resolution().node(from).is_some() && json.resolution().node(to).is_some();
            assert!(found, "{from:?} -> {to:?}");
        }
    }
}

fn read(schema_type: SchemaType, text: &str) -> Option<ParsedSchema> {
    parse(schema_type, text, &[], Strictness::New, &Limits::default()).ok()
}

fn stable(schema_type: SchemaType, schema: &ParsedSchema) {
    let limits = Limits { schema_bytes: usize::MAX, ..Limits::default() };
    let again = |text: &str| parse(schema_type, text, &[], Strictness::New, &limits);
    match again(schema.canonical()) {
        Ok(again) => {
            assert_eq!(again.canonical(), schema.canonical(), "canonical text must be stable");
            assert_eq!(again.normalized(), schema.normalized(), "canonical text must mean the same");
        }
        Err(error) => assert_eq!(schema.canonical(), error.to_string(), "our own text must be readable"),
    }
    let normal = schema.normalized();
    match again(&normal) {
        Ok(again) => assert_eq!(again.normalized(), normal, "normal text must be stable"),
        Err(error) => assert_eq!(normal, error.to_string(), "our own normal text must be readable"),
    }
}
