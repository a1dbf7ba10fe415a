//! From keywords to kinds (contract 3.4, Model). A keyword of another type than the one that `type` asks for means
//! nothing; without `type`, keywords say what kind it is.

use std::collections::{BTreeSet, HashMap};

use assay_schema::json::{Node, Value};
use assay_schema::json_schema::Draft;

use super::decimal::Decimal;
use super::model::{Array, Builder, Criterion, Extra, Id, Kind, Member, Object};

const STRING: &[&str] = &["maxLength", "minLength", "pattern"];
const NUMBER: &[&str] = &["maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf"];
const OBJECT: &[&str] = &[
    "properties",
    "patternProperties",
    "additionalProperties",
    "required",
    "dependencies",
    "maxProperties",
    "minProperties",
];
const ARRAY: &[&str] = &["items", "additionalItems", "maxItems", "minItems", "uniqueItems"];

/// Reads the schema with this id: its kind, and the ids of its subschemas.
pub(super) fn read(builder: &mut Builder<'_>, id: Id) {
    let Some(schema) = builder.model.get(id) else { return };
    let (node, draft, document) = (schema.node, schema.draft, schema.document);
    let kind = match &node.value {
        Value::Bool(false) => Kind::False,
        Value::Object(_) => {
            let mut parts = parts(builder, id, node, draft);
            match parts.len() {
                0 => Kind::Empty,
                1 => parts.pop().unwrap_or(Kind::Empty),
                _ => {
                    let parts = parts.into_iter().enumerate();
                    Kind::Combined(
                        Criterion::All,
                        parts.map(|(i, part)| (i, builder.part(id, part))).collect(),
                    )
                }
            }
        }
        _ => Kind::Empty,
    };
    let hash = node.get("default").map_or(0, |default| builder.hash(default, document));
    if let Some(schema) = builder.model.schemas.get_mut(id) {
        schema.weight = weight(node, &kind);
        schema.kind = kind;
        schema.default_hash = hash;
    }
}

/// Texts cost by length, everything else by number.
pub(super) fn weight(node: &Node, kind: &Kind<'_>) -> usize {
    let texts = node.as_object().into_iter().flat_map(|object| object.iter());
    let texts: usize = texts
        .map(|(_, value)| match &value.value {
            Value::String(text) | Value::Number(text) => text.len() / 64,
            _ => 0,
        })
        .sum();
    let values = match kind {
        Kind::Enum(values) => values.iter().map(|value| 1 + value.len() / 64).sum(),
        Kind::Const(value) => value.len() / 64,
        Kind::Object(object) => {
            let names: usize = object.dependent_names.values().map(BTreeSet::len).sum();
            object.properties.len() + object.required.len() + names + object.dependent_names.len()
        }
        Kind::Array(array) => array.tuple.len(),
        _ => 0,
    };
    1 + texts + values
}

fn parts<'s>(builder: &mut Builder<'s>, id: Id, node: &'s Node, draft: Draft) -> Vec<Kind<'s>> {
    let mut parts = Vec::new();
    let is_text = |key: &str| node.get(key).is_some_and(|value| value.as_str().is_some());
    let refers = is_text("$ref")
        || (draft >= Draft::Draft201909 && (is_text("$recursiveRef") || is_text("$dynamicRef")));
    if refers && let Some(target) = builder.referred(id) {
        parts.push(Kind::Reference(target));
    }
    if refers && draft <= Draft::Draft7 {
        return parts; // what is beside it is ignored
    }
    parts.extend(types(builder, id, node, draft));
    if let Some(values) = node.get("enum").and_then(Node::as_array) {
        let mut values: Vec<String> = values.iter().map(value).collect();
        values.sort_unstable();
        values.dedup();
        parts.push(Kind::Enum(values));
    }
    if draft >= Draft::Draft6
        && let Some(only) = node.get("const")
    {
        parts.push(Kind::Const(value(only)));
    }
    for criterion in [Criterion::All, Criterion::Any, Criterion::One] {
        parts.extend(combined(builder, id, node, criterion));
    }
    if let Some(inner) = node.get("not") {
        parts.push(Kind::Not(builder.below(id, inner, "not", Member::None)));
    }
    if draft >= Draft::Draft7 && node.get("if").is_some() {
        parts.push(Kind::Conditional);
    }
    parts
}

/// What `type` says, or else what kinds the keywords are of.
fn types<'s>(builder: &mut Builder<'s>, id: Id, node: &'s Node, draft: Draft) -> Vec<Kind<'s>> {
    let kind = |builder: &mut Builder<'s>, name: &str| match name {
        "string" => Some(Kind::String),
        "number" => Some(Kind::Number { integer: false }),
        "integer" => Some(Kind::Number { integer: true }),
        "boolean" => Some(Kind::Boolean),
        "null" => Some(Kind::Null),
        "object" => Some(Kind::Object(Box::new(object(builder, id, node, draft)))),
        "array" => Some(Kind::Array(Box::new(array(builder, id, node, draft)))),
        _ => None,
    };
    match node.get("type").map(|ty| &ty.value) {
        Some(Value::String(name)) => kind(builder, name).into_iter().collect(),
        Some(Value::Array(names)) => {
            let mut seen = BTreeSet::new();
            let names = names.iter().filter_map(Node::as_str).filter(|name| seen.insert(*name));
            let mut kinds: Vec<_> = names.filter_map(|name| kind(builder, name)).collect();
            if kinds.len() < 2 {
                return kinds;
            }
            let parts = kinds.drain(..).enumerate().map(|(i, part)| (i, builder.part(id, part))).collect();
            vec![Kind::Combined(Criterion::Any, parts)]
        }
        _ => {
            let has = |keys: &[&str]| keys.iter().any(|key| node.get(key).is_some());
            let later = |from: Draft, keys: &[&str]| draft >= from && has(keys);
            let object = has(OBJECT)
                || later(Draft::Draft6, &["propertyNames"])
                || later(
                    Draft::Draft201909,
                    &["dependentRequired", "dependentSchemas", "unevaluatedProperties"],
                );
            let array = has(ARRAY)
                || later(Draft::Draft6, &["contains"])
                || later(Draft::Draft201909, &["unevaluatedItems"])
                || later(Draft::Draft202012, &["prefixItems"]);
            let names =
                [("string", has(STRING)), ("number", has(NUMBER)), ("object", object), ("array", array)];
            names.into_iter().filter(|(_, is)| *is).filter_map(|(name, _)| kind(builder, name)).collect()
        }
    }
}

fn combined<'s>(builder: &mut Builder<'s>, id: Id, node: &'s Node, criterion: Criterion) -> Option<Kind<'s>> {
    let keyword = criterion.keyword();
    let list = node.get(keyword).and_then(Node::as_array).filter(|list| !list.is_empty())?;
    let document = builder.model.get(id).map_or(0, |schema| schema.document);
    let mut seen: HashMap<u64, Vec<&Node>> = HashMap::new();
    let mut subschemas = Vec::new();
    for (i, sub) in list.iter().enumerate() {
        let mut hash = 0;
        if list.len() > 1 {
            hash = builder.hash(sub, document);
            let alike = seen.entry(hash).or_default();
            if alike.contains(&sub) {
                continue; // equal ones collapse
            }
            alike.push(sub);
        }
        let sub = builder.below(id, sub, keyword, Member::Index(i));
        if let Some(schema) = builder.model.schemas.get_mut(sub) {
            schema.hash = hash;
        }
        subschemas.push((i, sub));
    }
    Some(Kind::Combined(criterion, subschemas))
}

fn object<'s>(builder: &mut Builder<'s>, id: Id, node: &'s Node, draft: Draft) -> Object<'s> {
    let mut out = Object::default();
    for (name, schema) in members(node, "properties") {
        let property = builder.below(id, schema, "properties", Member::Name(name));
        out.properties.push((name, property));
        out.by_name.insert(name, property);
    }
    out.required = names(node.get("required"));
    for (text, schema) in members(node, "patternProperties") {
        let covering = builder.below(id, schema, "patternProperties", Member::Name(text));
        out.patterns.push((text, std::sync::OnceLock::new(), covering));
    }
    out.patterns.sort_unstable_by_key(|(text, _, _)| *text);
    out.additional = extra(builder, id, node, "additionalProperties");
    let later = draft >= Draft::Draft201909;
    if later {
        out.unevaluated = extra(builder, id, node, "unevaluatedProperties");
    }
    let keywords: &[&'static str] = match later {
        true => &["dependentRequired", "dependentSchemas", "dependencies"],
        false => &["dependencies"],
    };
    for keyword in keywords {
        for (name, value) in members(node, keyword) {
            match &value.value {
                Value::Array(_) => {
                    out.dependent_names.entry(name).or_insert_with(|| names(Some(value)));
                }
                Value::Object(_) | Value::Bool(_) => {
                    let below = builder.below(id, value, keyword, Member::Name(name));
                    out.dependent_schemas.entry(name).or_insert(below);
                }
                _ => {}
            }
        }
    }
    out
}

fn array<'s>(builder: &mut Builder<'s>, id: Id, node: &'s Node, draft: Draft) -> Array {
    let mut out = Array::default();
    let items = node.get("items");
    let (tuple, keyword) = match (draft, items.map(|items| &items.value)) {
        (Draft::Draft202012, _) => (node.get("prefixItems").and_then(Node::as_array), "prefixItems"),
        (_, Some(Value::Array(tuple))) => (Some(tuple.as_slice()), "items"),
        _ => (None, "items"),
    };
    let additional = match draft {
        Draft::Draft202012 if tuple.is_some() => Some("items"),
        Draft::Draft202012 => None,
        _ => Some("additionalItems"),
    };
    for (i, item) in tuple.unwrap_or_default().iter().enumerate() {
        out.tuple.push(builder.below(id, item, keyword, Member::Index(i)));
    }
    if tuple.is_none() {
        let is_schema = |node: &&Node| matches!(node.value, Value::Object(_) | Value::Bool(_));
        out.list = items.filter(is_schema).map(|list| builder.below(id, list, "items", Member::None));
    }
    if let Some(keyword) = additional {
        out.additional = extra(builder, id, node, keyword);
    }
    if draft >= Draft::Draft201909 {
        out.unevaluated = extra(builder, id, node, "unevaluatedItems");
    }
    out
}

fn extra<'s>(builder: &mut Builder<'s>, id: Id, node: &'s Node, keyword: &'static str) -> Extra {
    match node.get(keyword) {
        Some(Node { value: Value::Bool(true), .. }) => Extra::True,
        Some(Node { value: Value::Bool(false), .. }) => Extra::False,
        Some(schema @ Node { value: Value::Object(_), .. }) => {
            Extra::Schema(builder.below(id, schema, keyword, Member::None))
        }
        _ => Extra::Absent,
    }
}

fn members<'s>(node: &'s Node, keyword: &str) -> impl Iterator<Item = (&'s str, &'s Node)> {
    node.get(keyword).and_then(Node::as_object).into_iter().flat_map(|object| object.iter())
}

fn names(list: Option<&Node>) -> BTreeSet<&str> {
    list.and_then(Node::as_array).unwrap_or_default().iter().filter_map(Node::as_str).collect()
}

/// A value in words that equal values share: keys sorted, numbers by value.
fn value(node: &Node) -> String {
    let mut out = String::new();
    write_value(node, &mut out);
    out
}

/// As deep as the value, which the reader has bounded.
fn write_value(node: &Node, out: &mut String) {
    match &node.value {
        Value::Number(text) => out.push_str(&Decimal::read(text).text()),
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_value(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(object) => {
            let mut members: Vec<_> = object.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in members {
                assay_schema::json::write_string(key, out);
                out.push(':');
                write_value(value, out);
                out.push(',');
            }
            out.push('}');
        }
        _ => assay_schema::json::write_compact(node, assay_schema::json::Numbers::AsWritten, out),
    }
}
