//! Edits of a schema text, as teams make them from one version to the next.

use super::rng::Rng;
use crate::json::{Comments, Node, Numbers, Object, Value, parse_json_with, write_compact};
use crate::limits::Limits;

/// A later version of `text` with up to four edits. The result may be invalid.
pub fn next_version(text: &str, rng: &mut Rng) -> String {
    let Ok(mut tree) = parse_json_with(text, &Limits::default(), Comments::Allow) else {
        return text.to_owned();
    };
    for _ in 0..1 + rng.below(4) {
        let nodes = count(&tree);
        let mut at = rng.below(nodes);
        edit_at(&mut tree, &mut at, rng);
    }
    let mut out = String::new();
    write_compact(&tree, Numbers::AsWritten, &mut out);
    out
}

fn count(node: &Node) -> usize {
    1 + match &node.value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(object) => object.iter().map(|(_, v)| count(v)).sum(),
        _ => 0,
    }
}

/// Walks to node number `at` and edits it.
fn edit_at(node: &mut Node, at: &mut usize, rng: &mut Rng) -> bool {
    if *at == 0 {
        edit(node, rng);
        return true;
    }
    *at -= 1;
    match &mut node.value {
        Value::Array(items) => items.iter_mut().any(|item| edit_at(item, at, rng)),
        Value::Object(object) => {
            let mut done = false;
            let mut copy = Object::new();
            for (key, value) in object.iter() {
                let mut value = value.clone();
                done = done || edit_at(&mut value, at, rng);
                copy.insert(key.into(), value);
            }
            *object = copy;
            done
        }
        _ => false,
    }
}

const PRIMITIVES: [&str; 8] = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];

fn edit(node: &mut Node, rng: &mut Rng) {
    match &mut node.value {
        Value::String(text) if PRIMITIVES.contains(&&**text) => {
            if rng.chance(30) {
                let optional = vec![Node::string("null"), node.clone()];
                node.value = Value::Array(optional);
            } else {
                *text = rng.pick(&PRIMITIVES).into();
            }
        }
        Value::String(text) if rng.chance(30) => *text = format!("{text}x").into(),
        Value::Array(items) => edit_list(items, rng),
        Value::Object(object) => edit_object(object, rng),
        Value::Number(text) => *text = rng.below(20).to_string().into(),
        _ => {}
    }
}

/// Fields, symbols or branches: drop one, swap two, add one.
fn edit_list(items: &mut Vec<Node>, rng: &mut Rng) {
    let i = rng.below(items.len());
    match rng.below(4) {
        0 if !items.is_empty() => {
            items.remove(i);
        }
        1 => rng.shuffle(items),
        _ => match items.first().map(|first| &first.value) {
            Some(Value::Object(object)) if object.contains_key("name") && !object.contains_key("symbols") => {
                let mut field = Object::new();
                field.insert("name".into(), Node::string(rng.pick(&["added", "f0", "f1"])));
                field.insert("type".into(), Node::string(rng.pick(&PRIMITIVES)));
                if rng.chance(40) {
                    field.insert("default".into(), Node::new(Value::Null));
                }
                items.push(Node::new(Value::Object(field)));
            }
            _ => items.push(Node::string(rng.pick(&["string", "int", "S7", "S8"]))),
        },
    }
}

fn edit_object(object: &mut Object, rng: &mut Rng) {
    match rng.below(4) {
        0 => {
            let old = object.get("name").and_then(Node::as_str).unwrap_or("old").to_owned();
            object.insert("name".into(), Node::string(&format!("{old}r")));
            object.insert("aliases".into(), Node::new(Value::Array(vec![Node::string(&old)])));
        }
        1 if object.contains_key("type") => drop(object.insert("default".into(), Node::string("S0"))),
        2 => drop(object.insert("namespace".into(), Node::string(rng.pick(&["a", "b.c", ""])))),
        _ => drop(object.insert("doc".into(), Node::string("changed"))),
    }
}
