//! Tags of Avro schemas, on the tree of the canonical text, where named types stand in full at their first use.
//! Recursion follows the tree, whose depth the reader has bounded.

use super::tree::{each_item, each_member, visited, with_object};
use super::{EntityKind, Visit};
use crate::error::SchemaError;
use crate::json::{Node, Numbers, Object, parse_json, write_compact};
use crate::limits::Limits;

/// Shows every record and field to the visitor and prints what comes of it.
pub(super) fn visit(canonical: &str, limits: &Limits, visit: &mut Visit<'_>) -> Result<String, SchemaError> {
    let roomy = Limits { schema_bytes: limits.schema_bytes.max(canonical.len()), ..limits.clone() };
    let tree = parse_json(canonical, &roomy)?;
    let mut out = String::with_capacity(canonical.len());
    write_compact(&any(&tree, "", visit), Numbers::AsWritten, &mut out);
    Ok(out)
}

fn any(node: &Node, namespace: &str, visit: &mut Visit<'_>) -> Node {
    match node.as_object() {
        Some(object) => with_object(node, definition(object, namespace, visit)),
        None => each_item(node, |branch| any(branch, namespace, visit)),
    }
}

fn definition(object: &Object, namespace: &str, visit: &mut Visit<'_>) -> Object {
    let kind = object.get("type").and_then(Node::as_str);
    let holds_types = match kind {
        Some("record" | "error") => return record(object, namespace, visit),
        Some("array") => "items",
        Some("map") => "values",
        Some(_) => return object.clone(),
        None => "type",
    };
    each_member(object, |key, value| match key == holds_types {
        true => any(value, namespace, visit),
        false => value.clone(),
    })
}

fn record(object: &Object, enclosing: &str, visit: &mut Visit<'_>) -> Object {
    let full = full_name(object, enclosing);
    let namespace = full.rsplit_once('.').map_or("", |(namespace, _)| namespace);
    let fields = each_member(object, |key, value| match key {
        "fields" => each_item(value, |field| self::field(field, &full, namespace, visit)),
        _ => value.clone(),
    });
    visited(fields, &[EntityKind::Record], &full, visit)
}

fn field(node: &Node, record: &str, namespace: &str, visit: &mut Visit<'_>) -> Node {
    let Some(object) = node.as_object() else { return node.clone() };
    let name = object.get("name").and_then(Node::as_str).unwrap_or_default();
    let typed = each_member(object, |key, value| match key {
        "type" => any(value, namespace, visit),
        _ => value.clone(),
    });
    with_object(node, visited(typed, &[EntityKind::Field], &format!("{record}.{name}"), visit))
}

/// The name as Avro reads it: dotted, or in its own namespace, or in the enclosing one.
fn full_name(object: &Object, enclosing: &str) -> String {
    let name = object.get("name").and_then(Node::as_str).unwrap_or_default();
    let namespace = object.get("namespace").and_then(Node::as_str).unwrap_or(enclosing);
    match name.contains('.') || namespace.is_empty() {
        true => name.to_owned(),
        false => format!("{namespace}.{name}"),
    }
}
