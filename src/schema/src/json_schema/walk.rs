//! Which parts of a schema document are schemas. The walk keeps its own stack.

use super::dialect::Draft;
use super::keywords::{BY_NAME, LISTS, SINGLE};
use crate::json::{Node, Value};

/// A schema (an object in schema position) met by the walk.
pub(super) struct Site<'n> {
    /// The schema object.
    pub(super) node: &'n Node,
    /// JSON pointer from the root of the document.
    pub(super) pointer: String,
    /// Base URI in effect, this schema's own identifier included.
    pub(super) base: String,
}

/// All schemas from `node` down, parents first. `rebase` gives the base URI below an identifier.
pub(super) fn schemas<'n>(
    node: &'n Node,
    pointer: String,
    base: String,
    draft: Draft,
    rebase: &dyn Fn(&str, &str) -> Option<String>,
) -> Vec<Site<'n>> {
    let mut sites = Vec::new();
    let mut stack = vec![Site { node, pointer, base }];
    while let Some(mut site) = stack.pop() {
        let Value::Object(object) = &site.node.value else { continue };
        if let Some(id) = identifier(site.node, draft)
            && let Some(base) = rebase(&site.base, id)
        {
            site.base = base;
        }
        for (key, value) in object.iter() {
            let below = format!("{}/{}", site.pointer, escape(key));
            let child = |node, pointer| Site { node, pointer, base: site.base.clone() };
            match &value.value {
                Value::Object(map) if BY_NAME.contains(&key) => {
                    stack.extend(map.iter().map(|(name, v)| child(v, format!("{below}/{}", escape(name)))));
                }
                Value::Array(list) if LISTS.contains(&key) => {
                    stack.extend(list.iter().enumerate().map(|(i, v)| child(v, format!("{below}/{i}"))));
                }
                Value::Object(_) if SINGLE.contains(&key) => stack.push(child(value, below)),
                _ => {}
            }
        }
        sites.push(site);
    }
    sites
}

/// The identifier of a schema, unless a `$ref` beside it makes it mean nothing.
pub(super) fn identifier(schema: &Node, draft: Draft) -> Option<&str> {
    let hidden = draft.ref_stands_alone() && schema.get("$ref").is_some_and(|r| r.as_str().is_some());
    if hidden { None } else { schema.get(draft.id_keyword())?.as_str() }
}

/// A key as a JSON pointer token.
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The value a JSON pointer leads to.
pub fn at_pointer<'n>(root: &'n Node, pointer: &str) -> Option<&'n Node> {
    let Some(rest) = pointer.strip_prefix('/') else { return pointer.is_empty().then_some(root) };
    rest.split('/').try_fold(root, |node, token| match &node.value {
        Value::Object(object) => object.get(&token.replace("~1", "/").replace("~0", "~")),
        Value::Array(items) => items.get(token.parse::<usize>().ok()?),
        _ => None,
    })
}
