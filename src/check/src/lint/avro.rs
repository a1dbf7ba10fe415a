//! Lints of one Avro schema. Types that came with a reference are told where they are defined.

use std::collections::{HashSet, VecDeque};

use assay_schema::avro::{Attributes, AvroSchema, AvroType, Field, TypeId};
use assay_schema::json::{Node, Value};

use super::Hits;
use super::rules::{self, Lint};
use super::words::meant;

const OF_FIELDS: &[&str] = &["name", "type", "doc", "default", "order", "aliases"];
const OF_TYPES: &[&str] = &[
    "type",
    "name",
    "namespace",
    "doc",
    "aliases",
    "fields",
    "symbols",
    "items",
    "values",
    "size",
    "logicalType",
    "precision",
    "scale",
];
/// Logical types and the types they are for. Source: Avro specification, Logical Types.
const LOGICAL: &[(&str, &[&str])] = &[
    ("decimal", &["bytes", "fixed"]),
    ("big-decimal", &["bytes"]),
    ("uuid", &["string", "fixed"]),
    ("date", &["int"]),
    ("time-millis", &["int"]),
    ("time-micros", &["long"]),
    ("timestamp-millis", &["long"]),
    ("timestamp-micros", &["long"]),
    ("timestamp-nanos", &["long"]),
    ("local-timestamp-millis", &["long"]),
    ("local-timestamp-micros", &["long"]),
    ("local-timestamp-nanos", &["long"]),
    ("duration", &["fixed"]),
];

pub(super) fn lint(schema: &AvroSchema, hits: &mut Hits) {
    let mut queue = VecDeque::from([(schema.root(), String::new())]);
    let mut known = HashSet::new();
    if let Some(name) = schema.get(schema.root()).name().filter(|name| name.namespace().is_none()) {
        hits.push(&rules::AVRO_NO_NAMESPACE, name.full(), format!("{name} has no namespace"));
    }
    while let Some((id, around)) = queue.pop_front() {
        let ty = schema.get(id);
        if ty.name().is_some() && (schema.is_referenced(id) || !known.insert(id)) {
            continue;
        }
        let place = ty.name().map_or(around, |name| name.full().to_owned());
        one(schema, id, &place, hits);
        match ty {
            AvroType::Record { name, fields, .. } => {
                for item in fields {
                    let place = format!("{name}.{}", item.name);
                    field(schema, item, &place, hits);
                    queue.push_back((item.ty, place));
                }
            }
            AvroType::Array { items: inner } | AvroType::Map { values: inner } => {
                queue.push_back((*inner, place))
            }
            AvroType::Union(branches) => queue.extend(branches.iter().map(|branch| (*branch, place.clone()))),
            _ => {}
        }
    }
}

fn field(schema: &AvroSchema, field: &Field, place: &str, hits: &mut Hits) {
    if let (AvroType::Union(branches), None) = (schema.get(field.ty), &field.default) {
        let null = branches.iter().position(|id| matches!(schema.get(*id), AvroType::Null));
        if let Some(index) = null {
            let tail = if index > 0 { ", and null is not the first branch" } else { "" };
            let text = format!("field {} may be null but has no default{tail}", field.name);
            hits.push(&rules::AVRO_OPTIONAL_WITHOUT_DEFAULT, place, text);
        }
    }
    if let Some(default) = &field.default {
        let first = match schema.get(field.ty) {
            AvroType::Union(branches) => branches.first().map(|id| schema.get(*id)),
            ty => Some(ty),
        };
        if let Some(ty) = first.filter(|ty| !is_default(ty, default)) {
            let text = format!(
                "field {} has {} as its default, which is no {}",
                field.name,
                default.kind(),
                ty.kind()
            );
            hits.push(&rules::AVRO_UNUSABLE_DEFAULT, place, text);
        }
    }
    misspelt(&field.attributes, OF_FIELDS, place, hits);
    nulls(&field.attributes, place, hits);
}

/// Whether a default is a value of a type, as far as can be seen from outside.
fn is_default(ty: &AvroType, default: &Node) -> bool {
    match (ty, &default.value) {
        (AvroType::Enum { symbols, .. }, Value::String(symbol)) => {
            symbols.iter().any(|other| **other == **symbol)
        }
        (AvroType::Null, Value::Null)
        | (AvroType::Boolean, Value::Bool(_))
        | (AvroType::Int | AvroType::Long | AvroType::Float | AvroType::Double, Value::Number(_))
        | (AvroType::String | AvroType::Bytes | AvroType::Fixed { .. }, Value::String(_))
        | (AvroType::Array { .. }, Value::Array(_))
        | (AvroType::Map { .. } | AvroType::Record { .. }, Value::Object(_)) => true,
        _ => false,
    }
}

/// Attributes that are null, or hold one.
fn nulls(attributes: &Attributes, place: &str, hits: &mut Hits) {
    for (key, value) in attributes.iter() {
        let mut left = vec![value];
        while let Some(node) = left.pop() {
            match &node.value {
                Value::Null => {
                    let text = format!("attribute \"{key}\" is null, or has a null inside");
                    hits.push(&rules::AVRO_NULL_ATTRIBUTE, place, text);
                    break;
                }
                Value::Array(items) => left.extend(items),
                Value::Object(object) => left.extend(object.iter().map(|(_, value)| value)),
                _ => {}
            }
        }
    }
}

fn one(schema: &AvroSchema, id: TypeId, place: &str, hits: &mut Hits) {
    let (ty, attributes) = (schema.get(id), schema.attributes(id));
    if let AvroType::Enum { name, default: None, .. } = ty {
        hits.push(&rules::AVRO_ENUM_WITHOUT_DEFAULT, place, format!("enum {name} has no default symbol"));
    }
    if attributes.get("default").is_some() {
        let text = format!("the default inside the type {} is ignored", ty.kind());
        hits.push(&rules::AVRO_DEFAULT_IN_TYPE, place, text);
    }
    misspelt(attributes, OF_TYPES, place, hits);
    nulls(attributes, place, hits);
    let Some(logical) = attributes.logical_type() else { return };
    let ignored: &Lint = &rules::AVRO_LOGICAL_TYPE_IGNORED;
    let names: Vec<&str> = LOGICAL.iter().map(|(name, _)| *name).collect();
    match LOGICAL.iter().find(|(name, _)| *name == logical) {
        None => {
            if let Some(meant) = meant(logical, &names) {
                hits.push(ignored, place, format!("logical type {logical} is unknown; is {meant} meant?"));
            }
        }
        Some((_, kinds)) if !kinds.contains(&ty.kind()) => {
            let text = format!("logical type {logical} is for {}, not for {}", kinds.join(" or "), ty.kind());
            hits.push(ignored, place, text);
        }
        Some(_) => {
            if let Some(text) = unfit(logical, ty, attributes) {
                hits.push(ignored, place, text);
            }
        }
    }
}

/// What a logical type on a type it is for still lacks.
fn unfit(logical: &str, ty: &AvroType, attributes: &Attributes) -> Option<String> {
    let number = |key: &str| attributes.get(key).and_then(Node::as_i64);
    match (logical, ty) {
        ("uuid", AvroType::Fixed { size, .. }) if *size != 16 => Some("a uuid takes 16 bytes".to_owned()),
        ("duration", AvroType::Fixed { size, .. }) if *size != 12 => {
            Some("a duration takes 12 bytes".to_owned())
        }
        ("decimal", _) => {
            let Some(precision) = number("precision").filter(|n| *n > 0) else {
                return Some("a decimal needs a precision above 0".to_owned());
            };
            if attributes.get("scale").is_some() && number("scale").is_none_or(|s| s < 0 || s > precision) {
                return Some(format!(
                    "the scale of a decimal is a number from 0 to its precision, {precision}"
                ));
            }
            // log10(2) digits a bit, without the sign: what the bytes can hold.
            let AvroType::Fixed { size, .. } = ty else { return None };
            let holds = (f64::from(*size) * 8.0 - 1.0).max(0.0) * std::f64::consts::LOG10_2;
            (precision as f64 > holds.floor())
                .then(|| format!("{size} bytes hold {} digits, not {precision}", holds.floor()))
        }
        _ => None,
    }
}

fn misspelt(attributes: &Attributes, known: &[&str], place: &str, hits: &mut Hits) {
    for (key, _) in attributes.iter() {
        if let Some(meant) = meant(key, known) {
            let text = format!("attribute \"{key}\" is unknown; is \"{meant}\" meant?");
            hits.push(&rules::AVRO_MISSPELT, place, text);
        }
    }
}
