//! Two fields of one number: name, kind, scalar group, label, map entries.

use assay_schema::protobuf::prost_reflect::{
    Cardinality, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor, Syntax,
};

use super::{local_name, rules};
use crate::report::Fragment;
use crate::rule::Rule;

/// A field with what is asked of it more than once.
pub(super) struct View {
    field: FieldDescriptor,
    /// The oneof it was declared in.
    pub(super) oneof: Option<String>,
    label: Option<Label>,
}

/// The label as written; proto3 without one, members of oneofs and maps have none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    Optional,
    Required,
    Repeated,
}

/// Part of what a comparison of fields gives.
pub(super) enum Part {
    /// A difference at the field.
    Rule(Rule),
    /// Messages to compare: original and update.
    Messages(MessageDescriptor, MessageDescriptor),
}

/// What a field holds.
enum Content {
    Scalar(Group),
    Map(Kind, Kind),
    Message(MessageDescriptor),
    Group(MessageDescriptor),
}

/// Scalars that can be read as each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Varint,
    Zigzag,
    Text,
    Fixed32,
    Fixed64,
    Float,
    Double,
}

impl View {
    pub(super) fn new(field: FieldDescriptor) -> View {
        // A proto3 `optional` is the only member of a oneof that nobody wrote.
        let written_optional = field.containing_oneof().is_some_and(|o| o.is_synthetic());
        let oneof = field.containing_oneof().filter(|o| !OneofDescriptor::is_synthetic(o));
        let label = match field.cardinality() {
            _ if oneof.is_some() || field.is_map() => None,
            Cardinality::Repeated => Some(Label::Repeated),
            Cardinality::Required => Some(Label::Required),
            Cardinality::Optional if written_optional || field.parent_file().syntax() == Syntax::Proto2 => {
                Some(Label::Optional)
            }
            Cardinality::Optional => None,
        };
        let oneof = oneof.map(|o| o.name().to_owned());
        View { field, oneof, label }
    }

    pub(super) fn number(&self) -> u32 {
        self.field.number()
    }

    pub(super) fn name(&self) -> &str {
        self.field.name()
    }

    pub(super) fn is_required(&self) -> bool {
        self.label == Some(Label::Required)
    }

    pub(super) fn oneof_full_name(&self) -> String {
        self.field.containing_oneof().map(|o| o.full_name().to_owned()).unwrap_or_default()
    }

    /// `#/Message/3`, or `#/Message/oneof/3`.
    pub(super) fn path(&self, message: &str) -> String {
        match &self.oneof {
            Some(oneof) => format!("{message}/{oneof}/{}", self.number()),
            None => format!("{message}/{}", self.number()),
        }
    }

    /// `optional int32 qty = 3`.
    pub(super) fn fragment(&self) -> Fragment {
        let label = match self.label {
            Some(Label::Optional) => "optional ",
            Some(Label::Required) => "required ",
            Some(Label::Repeated) => "repeated ",
            None => "",
        };
        let ty = match self.content() {
            Content::Map(key, value) => format!("map<{}, {}>", word(&key), word(&value)),
            Content::Group(message) => format!("group {}", message.name()),
            Content::Scalar(_) | Content::Message(_) => word(&self.field.kind()),
        };
        let text = format!("{label}{ty} {} = {}", self.name(), self.number());
        Fragment::new(text, self.field.full_name())
    }

    fn content(&self) -> Content {
        match self.field.kind() {
            Kind::Message(entry) if self.field.is_map() => {
                Content::Map(entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind())
            }
            Kind::Message(message) if self.field.is_group() => Content::Group(message),
            kind => content(kind),
        }
    }
}

/// Everything that differs between two fields of one number.
pub(super) fn compare(was: &View, is: &View) -> Vec<Part> {
    let mut parts = Vec::new();
    if was.name() != is.name() {
        parts.push(Part::Rule(rules::FIELD_NAME_CHANGED));
    }
    match (was.content(), is.content()) {
        (Content::Scalar(old), Content::Scalar(new)) if old == new => {
            if let (Some(a), Some(b)) = (was.label, is.label)
                && a != b
            {
                parts.push(Part::Rule(match new {
                    Group::Text => rules::FIELD_STRING_OR_BYTES_LABEL_CHANGED,
                    _ => rules::FIELD_NUMERIC_LABEL_CHANGED,
                }));
            }
        }
        (Content::Map(old_key, old), Content::Map(new_key, new)) => {
            parts.extend(contents(content(old_key), content(new_key)));
            parts.extend(contents(content(old), content(new)));
        }
        (old, new) => parts.extend(contents(old, new)),
    }
    parts
}

/// What fields hold, labels aside.
fn contents(old: Content, new: Content) -> Option<Part> {
    match (old, new) {
        (Content::Scalar(old), Content::Scalar(new)) => {
            (old != new).then_some(Part::Rule(rules::FIELD_SCALAR_KIND_CHANGED))
        }
        (Content::Message(old), Content::Message(new)) | (Content::Group(old), Content::Group(new)) => {
            Some(match local_name(&old) == local_name(&new) {
                true => Part::Messages(old, new),
                false => Part::Rule(rules::FIELD_NAMED_TYPE_CHANGED),
            })
        }
        _ => Some(Part::Rule(rules::FIELD_KIND_CHANGED)),
    }
}

fn content(kind: Kind) -> Content {
    Content::Scalar(match kind {
        Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64 | Kind::Bool | Kind::Enum(_) => Group::Varint,
        Kind::Sint32 | Kind::Sint64 => Group::Zigzag,
        Kind::String | Kind::Bytes => Group::Text,
        Kind::Fixed32 | Kind::Sfixed32 => Group::Fixed32,
        Kind::Fixed64 | Kind::Sfixed64 => Group::Fixed64,
        Kind::Float => Group::Float,
        Kind::Double => Group::Double,
        Kind::Message(message) => return Content::Message(message),
    })
}

/// A type as `.proto` files write it, named ones in full.
fn word(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(e) => e.full_name().to_owned(),
        scalar => format!("{scalar:?}").to_ascii_lowercase(),
    }
}
