//! Tags in JSON trees: the property `confluent:tags`, an array of strings.

use super::{EntityKind, Visit};
use crate::json::{Node, Object, Value};

const TAGS: &str = "confluent:tags";

/// The tags of an object; anything but strings in an array is none.
fn tags_of(object: &Object) -> Vec<String> {
    let items = object.get(TAGS).and_then(Node::as_array).unwrap_or_default();
    items.iter().filter_map(Node::as_str).map(str::to_owned).collect()
}

/// Shows an object to the visitor; the property changes only when the tags do.
pub(super) fn visited(object: Object, kinds: &[EntityKind], path: &str, visit: &mut Visit<'_>) -> Object {
    let before = tags_of(&object);
    let after = visit(kinds, path, before.clone());
    if after == before {
        return object;
    }
    let list = Node::new(Value::Array(after.iter().map(|tag| Node::string(tag)).collect()));
    if !after.is_empty() {
        let mut object = object;
        object.insert(TAGS.into(), list);
        return object;
    }
    let mut without = Object::new();
    for (key, value) in object.iter().filter(|(key, _)| *key != TAGS) {
        without.insert(key.into(), value.clone());
    }
    without
}

/// A node of the same place with other members.
pub(super) fn with_object(node: &Node, object: Object) -> Node {
    Node { value: Value::Object(object), offset: node.offset }
}

/// `node`, an array, with each item replaced; anything else as it is.
pub(super) fn each_item(node: &Node, mut replace: impl FnMut(&Node) -> Node) -> Node {
    match &node.value {
        Value::Array(items) => {
            Node { value: Value::Array(items.iter().map(&mut replace).collect()), offset: node.offset }
        }
        _ => node.clone(),
    }
}

/// The members of an object, each replaced.
pub(super) fn each_member(object: &Object, mut replace: impl FnMut(&str, &Node) -> Node) -> Object {
    let mut out = Object::new();
    for (key, value) in object.iter() {
        out.insert(key.into(), replace(key, value));
    }
    out
}
