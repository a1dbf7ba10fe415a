//! How often a validator on a tree visits one place of a payload. A choice of two schemas that both lead to the same schema below visits a
//! place twice, the one below it four times, and so on: a payload of 200 bytes may ask for years of work.
//!
//! A schema with long lists that it goes through at every place counts as several.
//!
//! `jsonschema` remembers what a schema that can contain itself said of a place when it is asked for a verdict, so only what lies between two such
//! schemas counts; asked for reasons it remembers nothing.

use std::collections::{BTreeMap, HashMap};

use super::keywords::{BY_NAME, IN_PLACE, LISTS, SINGLE};
use super::{JsonSchema, Location, escape};
use crate::json::{Node, Object, Value};

/// Deepest payload that is looked at: as deep as `serde_json` reads them.
const DEPTH_MAX: usize = 128;

/// Visits beyond this many are as good as endless.
const VISITS_MAX: u64 = 1_000_000_000;

/// Entries of its lists that cost a schema about as much as being visited.
const ENTRIES_PER_VISIT: u64 = 16;

/// Work that may go into the numbers of one schema; beyond it they are taken for endless.
const WORK_MAX: usize = 20_000_000;

/// Work, in visits to a place of the payload times its bytes, that a verdict on a tree and its reasons may take. A visit takes up to some 100 ns.
const VERDICT_WORK_MAX: u64 = 100_000_000;
const REASONS_WORK_MAX: u64 = 10_000_000;

/// How the work of checking a payload on a tree grows with it: the most visits to one place. Whoever checks payloads of others asks
/// this first; a payload of 200 bytes may ask for years.
#[derive(Debug)]
pub struct Growth {
    /// When asked for a verdict, however deep the payload.
    verdict: u64,
    /// When asked for reasons, by the depth of the payload; the last one goes for all that is deeper.
    reasons: Vec<u64>,
}

impl Growth {
    /// Of a schema with all that it refers to; bounded itself.
    #[must_use]
    pub fn new(schema: &JsonSchema) -> Growth {
        let unknown = || Growth { verdict: u64::MAX, reasons: vec![u64::MAX] };
        Graph::new(schema).growth().unwrap_or_else(unknown)
    }

    /// Whether `Validator::is_valid` ends soon (some seconds at the worst) on a payload of so many bytes, nested so deep.
    #[must_use]
    pub fn allows_verdict(&self, depth: usize, bytes: usize) -> bool {
        self.verdict(depth).saturating_mul(bytes as u64) <= VERDICT_WORK_MAX
    }

    /// Whether `Validator::validate` and `iter_errors` do, which remember nothing.
    #[must_use]
    pub fn allows_reasons(&self, depth: usize, bytes: usize) -> bool {
        self.reasons(depth).saturating_mul(bytes as u64) <= REASONS_WORK_MAX
    }

    /// When asked for a verdict on a payload nested so deep.
    fn verdict(&self, depth: usize) -> u64 {
        self.verdict.min(self.reasons(depth))
    }

    /// When asked for reasons of a payload nested so deep.
    fn reasons(&self, depth: usize) -> u64 {
        self.reasons.get(depth).or(self.reasons.last()).copied().unwrap_or(u64::MAX)
    }
}

/// Which parts of a value a schema goes for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// The member of this name.
    Named(String),
    /// Any item, or any member.
    Any,
}

#[derive(Debug, Default)]
struct Schema {
    /// What a visit costs, in ordinary visits; 0 is one.
    more: u64,
    /// Schemas for the same place.
    in_place: Vec<usize>,
    parts: Vec<(Part, usize)>,
}

/// The schemas that the root leads to; the root is the first.
struct Graph {
    schemas: Vec<Schema>,
}

impl Graph {
    fn new(schema: &JsonSchema) -> Graph {
        let mut reader = Reader { schema, index: HashMap::new(), queue: Vec::new() };
        reader.index_of(Location { document: 0, pointer: String::new() });
        let mut schemas = Vec::new();
        while let Some(place) = reader.queue.get(schemas.len()).cloned() {
            schemas.push(reader.schema(&place));
        }
        Graph { schemas }
    }

    /// The numbers, unless finding them is too much work.
    fn growth(&self) -> Option<Growth> {
        let mut work = 0;
        let order = self.order(true);
        let verdict = self.between(&self.closures(&order, &mut work)?, &order);
        let closures = self.closures(&self.order(false), &mut work)?;
        // By depth, from the bottom: a place's own visits, or those of the part visited most.
        let mut visits = vec![1; self.schemas.len()];
        let mut reasons = Vec::new();
        for _ in 0..=DEPTH_MAX {
            let next = closures.iter().map(|closure| {
                let Some(closure) = closure else { return Some(0) };
                work += closure.parts.values().map(Vec::len).sum::<usize>() + 1;
                (work <= WORK_MAX).then(|| closure.most(|to| visits.get(to).copied()))
            });
            let next = next.collect::<Option<Vec<u64>>>()?;
            reasons.push(next.first().copied().unwrap_or(1));
            let settled = next == visits;
            visits = next;
            if settled || reasons.last() >= Some(&VISITS_MAX) {
                break;
            }
        }
        Some(Growth { verdict, reasons })
    }

    /// The most visits between two schemas that can contain themselves: in the order in which what a schema leads to is known, but for
    /// what leads back.
    fn between(&self, closures: &[Option<Closure>], order: &[usize]) -> u64 {
        let mut visits: Vec<Option<u64>> = vec![None; self.schemas.len()];
        let mut most = 1;
        for at in order {
            let Some(Some(closure)) = closures.get(*at) else { continue };
            let here = closure.most(|to| visits.get(to).copied().flatten());
            most = most.max(here);
            if let Some(place) = visits.get_mut(*at) {
                *place = Some(here);
            }
        }
        most
    }

    /// All schemas, each behind those that it leads to, but for circles: by way of `parts` too, or only in place.
    fn order(&self, parts: bool) -> Vec<usize> {
        let mut met = vec![false; self.schemas.len()];
        let mut order = Vec::new();
        for start in 0..self.schemas.len() {
            let mut open = vec![(start, 0)];
            if std::mem::replace(&mut met[start], true) {
                continue;
            }
            while let Some((at, next)) = open.last_mut() {
                let schema = &self.schemas[*at];
                let child = match schema.in_place.get(*next) {
                    None if parts => schema.parts.get(*next - schema.in_place.len()).map(|(_, to)| *to),
                    in_place => in_place.copied(),
                };
                *next += 1;
                match child {
                    Some(child) if met[child] => {}
                    Some(child) => {
                        met[child] = true;
                        open.push((child, 0));
                    }
                    None => {
                        order.push(*at);
                        open.pop();
                    }
                }
            }
        }
        order
    }

    /// The closures of the root and of all that go for parts.
    fn closures(&self, order: &[usize], work: &mut usize) -> Option<Vec<Option<Closure>>> {
        let mut rank = vec![0; self.schemas.len()];
        for (place, at) in order.iter().enumerate() {
            rank[*at] = place;
        }
        let mut wanted = vec![false; self.schemas.len()];
        for target in self.schemas.iter().flat_map(|schema| schema.parts.iter().map(|(_, to)| *to)).chain([0])
        {
            wanted[target] = true;
        }
        let closure = |(at, wanted)| match wanted {
            true => self.closure(at, &rank, work).map(Some),
            false => Some(None),
        };
        wanted.into_iter().enumerate().map(closure).collect()
    }

    /// What a schema asks for at one place, by way of the schemas it applies there. Circles are cut.
    fn closure(&self, root: usize, rank: &[usize], work: &mut usize) -> Option<Closure> {
        let onward =
            |at: usize| self.schemas[at].in_place.iter().copied().filter(move |to| rank[*to] < rank[at]);
        let mut counts: BTreeMap<usize, u64> = BTreeMap::from([(root, 1)]);
        let mut reached = vec![root];
        let mut next = 0;
        while let Some(at) = reached.get(next).copied() {
            next += 1;
            for to in onward(at) {
                *work += 1;
                counts.entry(to).or_insert_with(|| {
                    reached.push(to);
                    0
                });
            }
        }
        reached.sort_unstable_by_key(|at| std::cmp::Reverse(rank[*at]));
        *work += reached.iter().map(|at| self.schemas[*at].parts.len() + 1).sum::<usize>();
        if *work > WORK_MAX {
            return None;
        }
        let mut closure = Closure { visits: 0, parts: BTreeMap::new() };
        for at in reached {
            let count = counts.get(&at).copied().unwrap_or(0);
            let visits = count.saturating_mul(self.schemas[at].more.saturating_add(1));
            closure.visits = closure.visits.saturating_add(visits);
            for to in onward(at) {
                counts.entry(to).and_modify(|more| *more = more.saturating_add(count));
            }
            for (part, to) in &self.schemas[at].parts {
                closure.parts.entry(part.clone()).or_default().push((*to, count));
            }
        }
        Some(closure)
    }
}

/// What is asked for at one place, and of its parts: the schemas, and how often.
struct Closure {
    visits: u64,
    parts: BTreeMap<Part, Vec<(usize, u64)>>,
}

impl Closure {
    /// The visits to the place, or to the place below that is visited most, by the visits of each schema below; one that is not known counts once.
    fn most(&self, visits: impl Fn(usize) -> Option<u64>) -> u64 {
        let sum = |parts: &Vec<(usize, u64)>| {
            let each = parts.iter().map(|(to, count)| visits(*to).unwrap_or(1).saturating_mul(*count));
            each.fold(0, u64::saturating_add)
        };
        let any = self.parts.get(&Part::Any).map_or(0, sum);
        let named = self.parts.iter().filter(|(part, _)| **part != Part::Any);
        named.map(|(_, parts)| sum(parts).saturating_add(any)).fold(any.max(self.visits), u64::max)
    }
}

/// Numbers schemas in the order they are met; the queue is the list of them.
struct Reader<'s> {
    schema: &'s JsonSchema,
    index: HashMap<(usize, usize), usize>,
    queue: Vec<Location>,
}

impl Reader<'_> {
    fn index_of(&mut self, place: Location) -> Option<usize> {
        let offset = self.schema.resolution().node(&place)?.offset;
        let next = self.queue.len();
        let at = *self.index.entry((place.document, offset)).or_insert(next);
        if at == next {
            self.queue.push(place);
        }
        Some(at)
    }

    fn schema(&mut self, place: &Location) -> Schema {
        let mut out = Schema::default();
        let resolution = self.schema.resolution();
        let Some(node) = resolution.node(place) else { return out };
        let references = resolution.references.get(place).cloned();
        let to_root =
            node.get("$recursiveRef").map(|_| Location { document: place.document, pointer: String::new() });
        for place in references.into_iter().chain(to_root) {
            out.in_place.extend(self.index_of(place));
        }
        let below = |tail: String| Location {
            document: place.document,
            pointer: format!("{}/{tail}", place.pointer),
        };
        let Some(object) = node.as_object() else { return out };
        out.more = entries(object) as u64 / ENTRIES_PER_VISIT;
        for (keyword, value) in object.iter() {
            let children: Vec<(Option<&str>, String)> = match &value.value {
                Value::Object(named) if BY_NAME.contains(&keyword) => {
                    named.keys().map(|name| (Some(name), format!("{keyword}/{}", escape(name)))).collect()
                }
                Value::Object(_) if SINGLE.contains(&keyword) => vec![(None, keyword.to_owned())],
                Value::Array(list) if LISTS.contains(&keyword) => {
                    (0..list.len()).map(|at| (None, format!("{keyword}/{at}"))).collect()
                }
                _ => continue,
            };
            for (name, tail) in children {
                let Some(to) = self.index_of(below(tail)) else { continue };
                match keyword {
                    "definitions" | "$defs" => {} // only by reference
                    keyword if IN_PLACE.contains(&keyword) => out.in_place.push(to),
                    "properties" => out.parts.push((Part::Named(name.unwrap_or_default().to_owned()), to)),
                    _ => out.parts.push((Part::Any, to)),
                }
            }
        }
        out
    }
}

/// Entries of lists that are gone through one by one. (Texts and nulls are looked up, unless there is something else among them.)
fn entries(object: &Object) -> usize {
    let options = object.get("enum").and_then(Node::as_array).unwrap_or_default();
    let texts = options.iter().all(|option| option.is_null() || option.as_str().is_some());
    let required = object.get("required").and_then(Node::as_array).unwrap_or_default();
    let dependent = object.get("dependentRequired").and_then(Node::as_object).map_or(0, Object::len);
    if texts { required.len() + dependent } else { options.len() + required.len() + dependent }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use crate::{Limits, ParsedSchema, SchemaType, Strictness, parse};

    use super::*;

    fn growth(text: &str) -> Growth {
        let limits = Limits::default();
        let parsed = parse(SchemaType::Json, text, &[], Strictness::New, &limits).unwrap();
        let ParsedSchema::Json(schema) = parsed else { panic!("a JSON schema") };
        Growth::new(&schema)
    }

    #[test]
    fn ordinary_schemas_visit_a_place_a_few_times() {
        let rows = [
            ("true", 1),
            (r#"{"properties": {"a": {"properties": {"b": {"type": "null"}}}, "c": {}}}"#, 1),
            // A tree: each value is one of the two; `$ref` counts as well.
            (r##"{"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}}"##, 2),
            (r##"{"oneOf": [{"type": "null"}, {"items": {"$ref": "#"}}]}"##, 4),
            (r##"{"allOf": [{"type": "object"}, {"additionalProperties": {"$ref": "#"}}]}"##, 4),
        ];
        for (text, most) in rows {
            let growth = growth(text);
            assert_eq!((growth.reasons(0).max(1) <= most, growth.reasons(128)), (true, most), "{text}");
            assert!(growth.verdict <= most, "{text} {growth:?}");
        }
    }

    #[test]
    fn long_lists_count_as_visits() {
        let list =
            |entry: &dyn Fn(usize) -> String, count| (0..count).map(entry).collect::<Vec<_>>().join(",");
        let numbers = |count| format!(r#"{{"items": {{"enum": [{}]}}}}"#, list(&|n| n.to_string(), count));
        assert_eq!((growth(&numbers(10)).verdict, growth(&numbers(16_000)).verdict), (1, 1001));
        let texts = format!(r#"{{"items": {{"enum": [{}]}}}}"#, list(&|n| format!("\"{n}\""), 16_000));
        assert_eq!(growth(&texts).verdict, 1);
        let dependent = format!(
            r#"{{"$schema": "https://json-schema.org/draft/2020-12/schema", "dependentRequired": {{{}}}}}"#,
            list(&|n| format!("\"a{n}\": [\"b\"]"), 1_600)
        );
        assert_eq!(growth(&dependent).verdict, 101);
    }

    #[test]
    fn choices_that_lead_to_the_same_double() {
        let twice = r##"{"anyOf": [{"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}]}"##;
        let growth = growth(twice);
        assert!(growth.reasons(3) < 100 && growth.reasons(64) >= VISITS_MAX, "{growth:?}");
        assert!(growth.verdict < 10, "{growth:?}"); // remembered
    }

    #[test]
    fn many_choices_of_a_tree_are_remembered() {
        let choice =
            |at| format!(r##"{{"required": ["op{at}"], "properties": {{"left": {{"$ref": "#"}}}}}}"##);
        let choices: Vec<String> = (0..40).map(choice).collect();
        let growth = growth(&format!(r#"{{"oneOf": [{}]}}"#, choices.join(",")));
        assert_eq!(growth.verdict, 41);
        assert!(growth.reasons(128) >= VISITS_MAX, "{growth:?}");
    }

    #[test]
    fn a_chain_of_choices_doubles_with_no_circle() {
        let mut definitions = String::new();
        for at in 0..60 {
            let next = format!(r##"{{"items": {{"$ref": "#/definitions/x{}"}}}}"##, at + 1);
            definitions.push_str(&format!(r#""x{at}": {{"anyOf": [{next}, {next}]}},"#));
        }
        let text = format!(
            r##"{{"$ref": "#/definitions/x0", "definitions": {{{definitions} "x60": {{"type": "null"}}}}}}"##
        );
        let growth = growth(&text);
        assert!(growth.verdict >= 1 << 50, "{growth:?}");
        assert!(growth.reasons(3) < 100 && growth.reasons(60) >= VISITS_MAX, "{growth:?}");
    }
}
