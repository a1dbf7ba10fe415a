//! Options as the model holds them, from either form the descriptor formats use: uninterpreted (what a parser read)
//! or interpreted (fields and extensions of an options message).

use std::borrow::Cow;

use prost_reflect::{DynamicMessage, EnumDescriptor, Kind, MapKey, Value as Dynamic};
use prost_types::UninterpretedOption;
use prost_types::uninterpreted_option::NamePart;

use super::literal;
use super::model::{Entry, OptionDecl, Value};

/// An option as the parser read it.
pub(super) fn uninterpreted(option: &UninterpretedOption) -> OptionDecl {
    let parts: Vec<_> = option.name.iter().map(name_part).collect();
    let value = if let Some(text) = &option.identifier_value {
        Value::Ident(text.clone())
    } else if let Some(number) = option.positive_int_value {
        Value::Number(number.to_string())
    } else if let Some(number) = option.negative_int_value {
        Value::Number(number.to_string())
    } else if let Some(number) = option.double_value {
        float(number)
    } else if let Some(bytes) = &option.string_value {
        Value::Text(bytes.clone())
    } else {
        let text = option.aggregate_value.as_deref().unwrap_or_default();
        literal::parse(text).map_or_else(|| Value::Ident(format!("{{ {text} }}")), Value::Message)
    };
    OptionDecl { name: parts.join("."), value }
}

fn name_part(part: &NamePart) -> Cow<'_, str> {
    match part.is_extension {
        true => Cow::Owned(format!("({})", part.name_part)),
        false => Cow::Borrowed(&part.name_part),
    }
}

/// The options of an element of a complete descriptor; `element` is the dynamic view of the element.
pub(super) fn interpreted(element: &DynamicMessage) -> Vec<OptionDecl> {
    let Some(Cow::Borrowed(Dynamic::Message(options))) = element.get_field_by_name("options") else {
        return Vec::new();
    };
    let fields = options.fields().map(|(field, value)| (field.name().to_owned(), field.kind(), value));
    let extensions =
        options.extensions().map(|(ext, value)| (format!("({})", ext.full_name()), ext.kind(), value));
    let mut decls = Vec::new();
    for (name, kind, value) in fields.chain(extensions) {
        if name == "uninterpreted_option" {
            continue;
        }
        let values = match value {
            Dynamic::List(values) => values.iter().map(|v| self::value(v, &kind)).collect(),
            Dynamic::Map(_) => match self::value(value, &kind) {
                Value::List(entries) => entries,
                other => vec![other],
            },
            single => vec![self::value(single, &kind)],
        };
        decls.extend(values.into_iter().map(|value| OptionDecl { name: name.clone(), value }));
    }
    decls
}

/// The repeated message field `name` of a view; empty when it is absent.
pub(super) fn items<'v>(view: Option<&'v DynamicMessage>, name: &str) -> &'v [Dynamic] {
    match view.and_then(|v| v.get_field_by_name(name)) {
        Some(Cow::Borrowed(Dynamic::List(items))) => items,
        _ => &[],
    }
}

fn value(value: &Dynamic, kind: &Kind) -> Value {
    match value {
        Dynamic::Bool(flag) => Value::Ident(flag.to_string()),
        Dynamic::I32(number) => Value::Number(number.to_string()),
        Dynamic::I64(number) => Value::Number(number.to_string()),
        Dynamic::U32(number) => Value::Number(number.to_string()),
        Dynamic::U64(number) => Value::Number(number.to_string()),
        Dynamic::F32(number) => match number.is_finite() {
            true => Value::Number(format!("{number:?}")),
            false => float(f64::from(*number)),
        },
        Dynamic::F64(number) => float(*number),
        Dynamic::String(text) => Value::Text(text.as_bytes().to_vec()),
        Dynamic::Bytes(bytes) => Value::Text(bytes.to_vec()),
        Dynamic::EnumNumber(number) => enum_constant(*number, kind.as_enum()),
        Dynamic::Message(message) => Value::Message(entries(message)),
        Dynamic::List(values) => Value::List(values.iter().map(|v| self::value(v, kind)).collect()),
        Dynamic::Map(map) => {
            let value_kind = kind.as_message().map(|entry| entry.map_entry_value_field().kind());
            let mut pairs: Vec<(&MapKey, &Dynamic)> = map.iter().collect();
            pairs.sort_by(|a, b| format!("{:?}", a.0).cmp(&format!("{:?}", b.0)));
            let entry = |(key, value): (&MapKey, &Dynamic)| {
                Value::Message(vec![
                    Entry { name: "key".to_owned(), value: map_key(key) },
                    Entry {
                        name: "value".to_owned(),
                        value: self::value(value, value_kind.as_ref().unwrap_or(kind)),
                    },
                ])
            };
            Value::List(pairs.into_iter().map(entry).collect())
        }
    }
}

fn entries(message: &DynamicMessage) -> Vec<Entry> {
    let fields = message
        .fields()
        .map(|(field, v)| Entry { name: field.name().to_owned(), value: value(v, &field.kind()) });
    let extensions = message
        .extensions()
        .map(|(ext, v)| Entry { name: format!("[{}]", ext.full_name()), value: value(v, &ext.kind()) });
    fields.chain(extensions).collect()
}

fn enum_constant(number: i32, descriptor: Option<&EnumDescriptor>) -> Value {
    match descriptor.and_then(|d| d.get_value(number)) {
        Some(constant) => Value::Ident(constant.name().to_owned()),
        None => Value::Number(number.to_string()),
    }
}

fn map_key(key: &MapKey) -> Value {
    match key {
        MapKey::Bool(flag) => Value::Ident(flag.to_string()),
        MapKey::I32(number) => Value::Number(number.to_string()),
        MapKey::I64(number) => Value::Number(number.to_string()),
        MapKey::U32(number) => Value::Number(number.to_string()),
        MapKey::U64(number) => Value::Number(number.to_string()),
        MapKey::String(text) => Value::Text(text.as_bytes().to_vec()),
    }
}

/// The shortest spelling that reads back as the same number; infinities and NaN are identifiers.
fn float(number: f64) -> Value {
    match number {
        n if n.is_nan() => Value::Ident("nan".to_owned()),
        n if n.is_infinite() => Value::Ident(if n < 0.0 { "-inf" } else { "inf" }.to_owned()),
        n => Value::Number(format!("{n:?}")),
    }
}
