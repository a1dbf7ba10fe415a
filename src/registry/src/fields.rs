//! What `validateFields` looks at (contract 2.9): top-level field names, and what each format asks for.

use assay_schema::avro::AvroType;
use assay_schema::{ParsedSchema, SchemaError};

/// The names of the top-level fields: of an Avro record, of a JSON object, of the first Protobuf message.
pub(crate) fn top_level(schema: &ParsedSchema) -> Vec<String> {
    match schema {
        ParsedSchema::Avro(avro) => match avro.get(avro.root()) {
            AvroType::Record { fields, .. } => fields.iter().map(|field| field.name.clone()).collect(),
            _ => Vec::new(),
        },
        ParsedSchema::Json(json) => {
            let properties = json.root().get("properties").and_then(|properties| properties.as_object());
            properties.into_iter().flat_map(|p| p.keys().map(ToString::to_string)).collect()
        }
        ParsedSchema::Protobuf(proto) => {
            let message = proto.file_descriptor().and_then(|file| file.messages().next());
            message
                .into_iter()
                .flat_map(|m| m.fields().map(|f| f.name().to_owned()).collect::<Vec<_>>())
                .collect()
        }
    }
}

/// What the format itself asks for.
pub(crate) fn validate(schema: &ParsedSchema) -> Result<(), SchemaError> {
    match schema {
        ParsedSchema::Avro(_) => Ok(()),
        ParsedSchema::Json(json) => json.validate_fields(),
        ParsedSchema::Protobuf(proto) => proto.validate_fields(),
    }
}
