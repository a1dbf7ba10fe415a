//! How much work a schema may ask for at one place of a payload. `allOf` of two references to an `allOf` of two
//! references, and so on, doubles per level; forty levels of it would keep a validator busy for hours.

use std::collections::HashMap;

use super::keywords::{BY_NAME, IN_PLACE, LISTS};
use super::resolve::{Location, Resolution};
use super::walk;
use crate::error::SchemaError;
use crate::json::{Node, Value};

/// Schemas that may apply to one place of a payload, each counted as often as it is reached.
const APPLIED_MAX: u64 = 100_000;

/// Checks every schema of the documents.
///
/// # Errors
/// `TooMany` when one of them applies too many others to the same place.
pub(super) fn check(resolution: &Resolution) -> Result<(), SchemaError> {
    let mut costs = Costs { resolution, known: HashMap::new() };
    for (document, d) in resolution.documents.iter().enumerate() {
        for site in walk::schemas(&d.root, String::new(), String::new(), d.draft, &|_, _| None) {
            costs.of(Location { document, pointer: site.pointer })?;
        }
    }
    Ok(())
}

struct Costs<'r> {
    resolution: &'r Resolution,
    /// `None` while it is being computed: a circle adds nothing, validators cut it.
    known: HashMap<(usize, usize), Option<u64>>,
}

struct Frame {
    key: (usize, usize),
    children: Vec<Location>,
    sum: u64,
}

impl Costs<'_> {
    /// Depth first with a stack of our own: chains of references can be long.
    fn of(&mut self, start: Location) -> Result<(), SchemaError> {
        let mut stack: Vec<Frame> = self.enter(&start).into_iter().collect();
        while let Some(frame) = stack.last_mut() {
            if let Some(child) = frame.children.pop() {
                match self.cost(&child) {
                    Some(known) => frame.sum = frame.sum.saturating_add(known),
                    None => {
                        frame.children.push(child.clone());
                        stack.extend(self.enter(&child));
                    }
                }
                continue;
            }
            if frame.sum > APPLIED_MAX {
                let limit = usize::try_from(APPLIED_MAX).unwrap_or(usize::MAX);
                return Err(SchemaError::TooMany {
                    what: "schemas applied to one place of a payload",
                    limit,
                });
            }
            self.known.insert(frame.key, Some(frame.sum));
            stack.pop();
        }
        Ok(())
    }

    /// The cost if it needs no computing: known, in a circle, or not an object.
    fn cost(&self, location: &Location) -> Option<u64> {
        match self.resolution.node(location) {
            Some(Node { value: Value::Object(_), offset }) => {
                self.known.get(&(location.document, *offset)).map(|cost| cost.unwrap_or(0))
            }
            _ => Some(1),
        }
    }

    fn enter(&mut self, location: &Location) -> Option<Frame> {
        let node = self.resolution.node(location)?;
        let key = (location.document, node.offset);
        if self.known.contains_key(&key) || node.as_object().is_none() {
            return None;
        }
        self.known.insert(key, None);
        Some(Frame { key, children: self.in_place(location, node), sum: 1 })
    }

    /// The schemas a schema applies to the very same place.
    fn in_place(&self, location: &Location, node: &Node) -> Vec<Location> {
        let below = |tail: String| Location {
            document: location.document,
            pointer: format!("{}/{tail}", location.pointer),
        };
        let mut children: Vec<_> = self.resolution.references.get(location).cloned().into_iter().collect();
        for key in IN_PLACE {
            match node.get(key).map(|node| (&node.value, LISTS.contains(key), BY_NAME.contains(key))) {
                Some((Value::Array(list), true, _)) => {
                    children.extend((0..list.len()).map(|i| below(format!("{key}/{i}"))));
                }
                Some((Value::Object(named), _, true)) => {
                    children.extend(named.keys().map(|name| below(format!("{key}/{}", walk::escape(name)))));
                }
                Some((_, false, false)) => children.push(below((*key).to_owned())),
                _ => {}
            }
        }
        children
    }
}
