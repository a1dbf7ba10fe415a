//! Tags of JSON schemas. A path names properties; arrays, their items, and combinations such as `allOf` add nothing to
//! it, so one path can lead to several places, and an edit reaches all of them. What only a `$ref` leads to (definitions)
//! has no path. Recursion follows the tree, whose depth the reader has bounded.

use super::tree::{each_item, each_member, visited, with_object};
use super::{EntityKind, Visit};
use crate::json::{Node, Numbers, Object, write_compact};

/// Keywords whose schemas describe the same place.
const SAME_PLACE: &[&str] = &["allOf", "anyOf", "oneOf", "if", "then", "else"];
/// Keywords whose schemas describe the items of an array.
const ITEMS: &[&str] = &["items", "prefixItems", "additionalItems", "contains"];

/// Shows the root, every property and every object among items to the visitor and prints what comes of it.
pub(super) fn visit(root: &Node, visit: &mut Visit<'_>) -> String {
    let mut out = String::new();
    write_compact(&schema(root, "", &[EntityKind::Record], visit), Numbers::AsWritten, &mut out);
    out
}

/// `kinds`: what the schema can be addressed as at `path`; nothing for a part of what has been shown already.
fn schema(node: &Node, path: &str, kinds: &[EntityKind], visit: &mut Visit<'_>) -> Node {
    let Some(object) = node.as_object() else { return node.clone() };
    let inside = each_member(object, |key, value| match key {
        "properties" => properties(value, path, visit),
        key if SAME_PLACE.contains(&key) => one_or_many(value, |part| schema(part, path, &[], visit)),
        key if ITEMS.contains(&key) => one_or_many(value, |item| {
            let kinds: &[EntityKind] = if is_record(item) { &[EntityKind::Record] } else { &[] };
            schema(item, path, kinds, visit)
        }),
        _ => value.clone(),
    });
    with_object(node, if kinds.is_empty() { inside } else { visited(inside, kinds, path, visit) })
}

fn properties(node: &Node, path: &str, visit: &mut Visit<'_>) -> Node {
    let Some(object) = node.as_object() else { return node.clone() };
    let named = each_member(object, |name, property| {
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let kinds: &[EntityKind] =
            if is_record(property) { &[EntityKind::Field, EntityKind::Record] } else { &[EntityKind::Field] };
        schema(property, &path, kinds, visit)
    });
    with_object(node, named)
}

fn is_record(node: &Node) -> bool {
    node.as_object().is_some_and(|object: &Object| object.contains_key("properties"))
}

fn one_or_many(node: &Node, mut replace: impl FnMut(&Node) -> Node) -> Node {
    match node.as_array() {
        Some(_) => each_item(node, replace),
        None => replace(node),
    }
}
