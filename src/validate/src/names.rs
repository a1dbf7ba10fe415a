//! The record name of a schema, which the strategies Record and TopicRecord make the subject of.

use std::{fmt, sync::Arc};

use assay_schema::ParsedSchema;
use assay_schema::protobuf::ProtoSchema;
use assay_wire::MessageIndexes;

/// What the serializers call the record name: the full name of an Avro record, the `title` of a JSON Schema, the full name of
/// the Protobuf message that a payload's indexes choose.
#[derive(Clone, Default)]
pub struct RecordNames(Names);

#[derive(Clone, Default)]
enum Names {
    #[default]
    None,
    One(Arc<str>),
    Messages(Arc<ProtoSchema>),
}

impl RecordNames {
    /// Of a schema. A primitive Avro type, or a JSON Schema without a title, has none.
    #[must_use]
    pub fn of(schema: &ParsedSchema) -> RecordNames {
        RecordNames(match schema {
            ParsedSchema::Protobuf(schema) => Names::Messages(Arc::clone(schema)),
            ParsedSchema::Avro(_) | ParsedSchema::Json(_) => {
                schema.record_name().map_or(Names::None, |name| Names::One(name.into()))
            }
        })
    }

    /// Whether the name depends on the message indexes of the payload.
    pub(crate) fn by_message(&self) -> bool {
        matches!(self.0, Names::Messages(_))
    }

    /// The names it can be: none, one, or for a message inside one with maps or groups perhaps several (the indexes are
    /// ambiguous there).
    pub(crate) fn names(&self, indexes: Option<&MessageIndexes>) -> Vec<String> {
        match &self.0 {
            Names::None => Vec::new(),
            Names::One(name) => vec![name.as_ref().to_owned()],
            Names::Messages(schema) => {
                let path = indexes.map(MessageIndexes::as_slice).unwrap_or_default();
                let path: Option<Vec<i32>> = path.iter().map(|n| i32::try_from(*n).ok()).collect();
                let messages = path.map(|path| schema.messages_by_indexes(&path)).unwrap_or_default();
                messages.iter().map(|message| message.full_name().to_owned()).collect()
            }
        }
    }
}

impl fmt::Debug for RecordNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Names::None => f.write_str("None"),
            Names::One(name) => f.debug_tuple("One").field(name).finish(),
            Names::Messages(_) => f.write_str("Messages"),
        }
    }
}
