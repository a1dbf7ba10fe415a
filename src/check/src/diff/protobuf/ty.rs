//! Types of fields: as text, and how two of one number relate on the wire.

use assay_schema::protobuf::model::FieldType;
use assay_schema::protobuf::prost_reflect::{FieldDescriptor, Kind as Proto};

use crate::diff::Kind;

/// A type as text, and the scalars it is made of: itself, or key and value of a map.
pub(super) struct Ty {
    pub(super) text: String,
    pub(super) parts: Vec<&'static str>,
}

/// A type as written.
pub(super) fn written(ty: &FieldType) -> String {
    match ty {
        FieldType::Scalar(word) => (*word).to_owned(),
        FieldType::Named(name) => name.trim_start_matches('.').to_owned(),
        FieldType::Map(key, value) => format!("map<{key}, {}>", written(value)),
        FieldType::Group(body) => format!("group {}", body.name),
    }
}

/// The type of a field as the compiler resolved it.
pub(super) fn resolved(field: &FieldDescriptor) -> Ty {
    match field.kind() {
        Proto::Message(entry) if field.is_map() => {
            let (key, value) =
                (one(&entry.map_entry_key_field().kind()), one(&entry.map_entry_value_field().kind()));
            Ty {
                text: format!("map<{}, {}>", key.text, value.text),
                parts: [key.parts, value.parts].concat(),
            }
        }
        Proto::Message(message) if field.is_group() => {
            Ty { text: format!("group {}", message.name()), parts: Vec::new() }
        }
        kind => one(&kind),
    }
}

fn one(kind: &Proto) -> Ty {
    let word = match kind {
        Proto::Message(message) => return Ty { text: message.full_name().to_owned(), parts: Vec::new() },
        Proto::Enum(e) => return Ty { text: e.full_name().to_owned(), parts: vec!["enum"] },
        Proto::Double => "double",
        Proto::Float => "float",
        Proto::Int32 => "int32",
        Proto::Int64 => "int64",
        Proto::Uint32 => "uint32",
        Proto::Uint64 => "uint64",
        Proto::Sint32 => "sint32",
        Proto::Sint64 => "sint64",
        Proto::Fixed32 => "fixed32",
        Proto::Fixed64 => "fixed64",
        Proto::Sfixed32 => "sfixed32",
        Proto::Sfixed64 => "sfixed64",
        Proto::Bool => "bool",
        Proto::String => "string",
        Proto::Bytes => "bytes",
    };
    Ty { text: word.to_owned(), parts: vec![word] }
}

/// How two types of one number relate on the wire.
pub(super) fn relation(old: &Ty, new: &Ty) -> Kind {
    if old.parts.is_empty() || old.parts.len() != new.parts.len() {
        return Kind::Type;
    }
    let kinds = old.parts.iter().zip(&new.parts).map(|(a, b)| scalars(a, b));
    // Of key and value the worse: a change of type, then of meaning, then a narrowing.
    let worst = |kind: &Kind| match kind {
        Kind::Type => 3,
        Kind::Narrowed => 2,
        Kind::Meaning => 1,
        _ => 0,
    };
    kinds.max_by_key(worst).unwrap_or(Kind::Type)
}

/// Two scalars, by what the wire holds and what the reader makes of it. Source: Protocol Buffers, Updating A Message Type.
fn scalars(old: &str, new: &str) -> Kind {
    const WIDER: &[(&str, &[&str])] = &[
        ("bool", &["int32", "int64", "uint32", "uint64"]),
        ("int32", &["int64"]),
        ("uint32", &["uint64", "int64"]),
        ("enum", &["int32", "int64"]),
        ("sint32", &["sint64"]),
        ("string", &["bytes"]),
    ];
    const SAME_BYTES: &[&[&str]] = &[&["fixed32", "sfixed32"], &["fixed64", "sfixed64"]];
    const VARINT: &[&str] = &["int32", "int64", "uint32", "uint64", "bool", "enum"];
    let wider = |a: &str, b: &str| WIDER.iter().any(|(from, to)| *from == a && to.contains(&b));
    let bits = |word: &str| match word {
        "bool" => 1,
        "int64" | "uint64" => 64,
        _ => 32,
    };
    match () {
        () if wider(old, new) => Kind::Widened,
        () if wider(new, old) => Kind::Narrowed,
        () if old == new && old == "enum" => Kind::Meaning,
        () if old == new => Kind::Widened, // one side of a map that stayed
        () if SAME_BYTES.iter().any(|group| group.contains(&old) && group.contains(&new)) => Kind::Meaning,
        () if VARINT.contains(&old) && VARINT.contains(&new) => {
            if bits(new) < bits(old) {
                Kind::Narrowed
            } else {
                Kind::Meaning
            }
        }
        () => Kind::Type,
    }
}
