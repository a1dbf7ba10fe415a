//! How deep a compiled schema can get. The engine compiles, runs and drops nested validators by recursion, and a
//! chain of references is as good as nesting, so a long chain would overflow the stack of whatever thread meets it.
//!
//! The bound holds for any order of visiting: the longest way through the graph of schemas, where a group of schemas
//! that reach each other counts as a whole (an engine visits each of them at most once on the way down).

use std::collections::HashMap;

use super::keywords::IN_PLACE;
use super::resolve::{Location, Resolution};
use super::walk;
use crate::error::SchemaError;

/// Schemas on a way from the root down through subschemas and references.
const PATH_MAX: usize = 1000;
/// Schemas on a way that stays at one place of the payload; a payload multiplies it by its own depth.
const IN_PLACE_MAX: usize = 100;

/// Checks both bounds; gives the number of schemas on the longest way that stays at one place of the payload.
///
/// # Errors
/// `TooMany` when one is passed.
pub(super) fn check(resolution: &Resolution) -> Result<usize, SchemaError> {
    let graph = Graph::new(resolution);
    if graph.longest(|_| true) > PATH_MAX {
        return Err(SchemaError::TooMany {
            what: "schemas nested in or referring to one another",
            limit: PATH_MAX,
        });
    }
    let in_place = graph.longest(|edge| edge == Edge::InPlace);
    if in_place > IN_PLACE_MAX {
        return Err(SchemaError::TooMany {
            what: "schemas that lead to one another in place",
            limit: IN_PLACE_MAX,
        });
    }
    Ok(in_place)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    /// To a schema for the same place of the payload: `$ref`, `allOf`, `not` ...
    InPlace,
    /// To a schema for a part of it: `properties`, `items` ...
    Part,
}

struct Graph {
    edges: Vec<Vec<(usize, Edge)>>,
}

impl Graph {
    fn new(resolution: &Resolution) -> Graph {
        let mut index: HashMap<(usize, usize), usize> = HashMap::new();
        let mut edges: Vec<Vec<(usize, Edge)>> = Vec::new();
        let mut roots: Vec<Location> = (0..resolution.documents.len())
            .map(|document| Location { document, pointer: String::new() })
            .collect();
        roots.extend(resolution.references.values().cloned());
        for root in roots {
            let (Some(node), Some(document)) =
                (resolution.node(&root), resolution.documents.get(root.document))
            else {
                continue;
            };
            if index.contains_key(&(root.document, node.offset)) {
                continue;
            }
            let sites =
                walk::schemas(node, root.pointer.clone(), String::new(), document.draft, &|_, _| None);
            for site in &sites {
                index.entry((root.document, site.node.offset)).or_insert_with(|| {
                    edges.push(Vec::new());
                    edges.len() - 1
                });
            }
            for site in &sites {
                // A site is the child of the nearest site above it; parents come first in the walk.
                let Some((parent, edge)) = parent(resolution, root.document, &site.pointer, &index) else {
                    continue;
                };
                let to = index[&(root.document, site.node.offset)];
                if parent != to {
                    edges[parent].push((to, edge));
                }
            }
        }
        for (from, to) in &resolution.references {
            let key =
                |l: &Location| resolution.node(l).and_then(|n| index.get(&(l.document, n.offset)).copied());
            if let (Some(from), Some(to)) = (key(from), key(to)) {
                edges[from].push((to, Edge::InPlace));
            }
        }
        Graph { edges }
    }

    /// Weight of the heaviest way over edges of the wanted kind: Tarjan's components, whose order of completion is
    /// such that all a component leads to is known when it is closed.
    fn longest(&self, wanted: impl Fn(Edge) -> bool) -> usize {
        let mut search = Search::new(self.edges.len());
        for start in 0..self.edges.len() {
            search.from(start, &self.edges, &wanted);
        }
        search.longest
    }
}

/// The schema a site hangs on, and how: its pointer with one, two or no names cut off.
fn parent(
    resolution: &Resolution,
    document: usize,
    pointer: &str,
    index: &HashMap<(usize, usize), usize>,
) -> Option<(usize, Edge)> {
    let mut end = pointer.len();
    for _ in 0..2 {
        end = pointer.get(..end)?.rfind('/')?;
        let above = Location { document, pointer: pointer[..end].to_owned() };
        let node = resolution.node(&above)?;
        if let Some(parent) = index.get(&(document, node.offset)) {
            let keyword = pointer[end + 1..].split('/').next().unwrap_or_default();
            return Some((*parent, edge(keyword)));
        }
    }
    None
}

fn edge(keyword: &str) -> Edge {
    if IN_PLACE.contains(&keyword) { Edge::InPlace } else { Edge::Part }
}

struct Search {
    /// Order of first visit, from 1; 0 is unvisited.
    order: Vec<usize>,
    low: Vec<usize>,
    on_stack: Vec<bool>,
    stack: Vec<usize>,
    weight: Vec<usize>,
    visited: usize,
    longest: usize,
}

impl Search {
    fn new(count: usize) -> Search {
        Search {
            order: vec![0; count],
            low: vec![0; count],
            on_stack: vec![false; count],
            stack: Vec::new(),
            weight: vec![0; count],
            visited: 0,
            longest: 0,
        }
    }

    fn from(&mut self, start: usize, edges: &[Vec<(usize, Edge)>], wanted: &impl Fn(Edge) -> bool) {
        if self.order[start] != 0 {
            return;
        }
        let mut calls = vec![(start, 0)];
        self.visit(start);
        while let Some((node, next)) = calls.last_mut() {
            let node = *node;
            match edges[node].get(*next) {
                Some((to, kind)) => {
                    *next += 1;
                    if !wanted(*kind) {
                        continue;
                    }
                    if self.order[*to] == 0 {
                        self.visit(*to);
                        calls.push((*to, 0));
                    } else if self.on_stack[*to] {
                        self.low[node] = self.low[node].min(self.order[*to]);
                    }
                }
                None => {
                    calls.pop();
                    if let Some((caller, _)) = calls.last() {
                        self.low[*caller] = self.low[*caller].min(self.low[node]);
                    }
                    if self.low[node] == self.order[node] {
                        self.close(node, edges, wanted);
                    }
                }
            }
        }
    }

    fn visit(&mut self, node: usize) {
        self.visited += 1;
        self.order[node] = self.visited;
        self.low[node] = self.visited;
        self.stack.push(node);
        self.on_stack[node] = true;
    }

    /// A component is complete: its weight is its size and the heaviest way out of it.
    fn close(&mut self, root: usize, edges: &[Vec<(usize, Edge)>], wanted: &impl Fn(Edge) -> bool) {
        let from = self.stack.iter().rposition(|n| *n == root).unwrap_or(0);
        let component = self.stack.split_off(from);
        let out = component.iter().flat_map(|n| &edges[*n]).filter(|(_, kind)| wanted(*kind));
        let onward = out.map(|(to, _)| self.weight[*to]).max().unwrap_or(0); // 0 inside the component
        let weight = component.len() + onward;
        for node in component {
            self.on_stack[node] = false;
            self.weight[node] = weight;
        }
        self.longest = self.longest.max(weight);
    }
}
