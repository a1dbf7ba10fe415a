//! From a JSON schema to nodes for the one-pass walk ([`super::fast`]). A schema with a keyword that a single pass cannot check
//! has no program: its payloads are checked by `jsonschema` on a tree.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use assay_schema::{
    json::{Node as Source, Numbers, Object, Value, write_compact},
    json_schema::{Draft, JsonSchema, Location, escape},
};
use jsonschema::Validator;

use super::names::{NAMES_MAX, Names};

/// What a value may be, a bit each.
pub(super) const NULL: u8 = 1;
pub(super) const TRUE: u8 = 2;
pub(super) const FALSE: u8 = 4;
pub(super) const INTEGER: u8 = 8;
pub(super) const NUMBER: u8 = 16;
pub(super) const STRING: u8 = 32;
pub(super) const ARRAY: u8 = 64;
pub(super) const OBJECT: u8 = 128;
const ALL: u8 = u8::MAX;

/// A `$ref` to a `$ref`, and so on, that is longer than this leads in a circle.
const REFS_MAX: usize = 1000;

/// Options of an `enum` that are compared with numbers one by one in a single pass. (Texts are looked up; so are integers, if all options are.)
const OPTIONS_MAX: usize = 256;

/// Keywords that ask for more than one pass, or more than one schema for one value. (`items` and `$ref` are looked at on their own; so are `oneOf`
/// and `anyOf` where a value's type alone says which choice it must fit.)
const SLOW: [&str; 28] = [
    "$dynamicRef",
    "$recursiveAnchor",
    "$recursiveRef",
    "$vocabulary",
    "additionalItems",
    "allOf",
    "anyOf",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "discriminator",
    "else",
    "if",
    "maxContains",
    "minContains",
    "not",
    "oneOf",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
];

/// Keywords that are checked in one pass.
const FAST: [&str; 18] = [
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "multipleOf",
];

/// A schema for a value.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// What the value may be.
    pub(super) types: u8,
    /// Whether anything goes.
    pub(super) any: bool,
    pub(super) strings: Strings,
    pub(super) numbers: Numeric,
    pub(super) items: Items,
    pub(super) members: Members,
    /// Of `oneOf` and `anyOf` between types: the bits of each choice, and its node.
    pub(super) choices: Box<[(u8, usize)]>,
}

/// What is asked of a string.
#[derive(Debug, Default)]
pub(super) struct Strings {
    /// Whether anything is.
    pub(super) checked: bool,
    /// In characters.
    pub(super) length: Range,
    /// The texts it may be, sorted.
    pub(super) options: Option<Box<[Box<str>]>>,
    /// Patterns and formats.
    pub(super) rest: Option<Arc<Validator>>,
}

/// What is asked of a number.
#[derive(Debug)]
pub(super) struct Numeric {
    /// Lowest and highest, if that is all; `None` when a 64-bit integer is not enough to say.
    pub(super) bounds: Option<(i64, i64)>,
    /// Everything, for numbers that are not plain 64-bit integers, and where there is more than bounds.
    pub(super) all: Option<Arc<Validator>>,
    /// Whether there is a long list of integers, in which a number that is not written as one is searched for long.
    pub(super) listed: bool,
}

impl Default for Numeric {
    fn default() -> Numeric {
        Numeric { bounds: Some((i64::MIN, i64::MAX)), all: None, listed: false }
    }
}

/// What is asked of an array.
#[derive(Debug, Default)]
pub(super) struct Items {
    pub(super) length: Range,
    /// The node of every item.
    pub(super) each: Option<usize>,
}

/// What is asked of an object.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// Number of properties.
    pub(super) length: Range,
    /// Properties with a schema of their own, and required ones.
    pub(super) names: Names,
    /// Nodes of the names.
    pub(super) values: Box<[Option<usize>]>,
    /// Bits of the required names.
    pub(super) required: u128,
    /// The node of properties without a name.
    pub(super) others: Option<usize>,
}

/// A number of things, both ends allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) min: usize,
    pub(super) max: usize,
}

impl Default for Range {
    fn default() -> Range {
        Range { min: 0, max: usize::MAX }
    }
}

impl Range {
    pub(super) fn holds(self, count: usize) -> bool {
        (self.min..=self.max).contains(&count)
    }
}

/// The nodes of a schema; the first is the root's.
#[derive(Debug)]
pub(super) struct Program {
    nodes: Box<[Node]>,
}

impl Program {
    /// The program of a schema.
    /// # Errors
    /// Why it has none: the keywords, each once, sorted.
    pub(super) fn new(schema: &JsonSchema) -> Result<Program, Vec<String>> {
        let mut writer = Writer {
            schema,
            slow: BTreeSet::new(),
            nodes: Vec::new(),
            by_place: HashMap::new(),
            parts: HashMap::new(),
            queue: Vec::new(),
        };
        writer.node(Location { document: 0, pointer: String::new() });
        while let Some((at, place)) = writer.queue.pop() {
            let node = writer.compiled(&place);
            if let Some(slot) = writer.nodes.get_mut(at) {
                *slot = node;
            }
        }
        if writer.slow.is_empty() {
            return Ok(Program { nodes: writer.nodes.into() });
        }
        Err(writer.slow.into_iter().collect())
    }

    #[inline]
    pub(super) fn node(&self, index: usize) -> Option<&Node> {
        self.nodes.get(index)
    }
}

struct Writer<'s> {
    schema: &'s JsonSchema,
    /// Keywords that cannot be checked in one pass.
    slow: BTreeSet<String>,
    nodes: Vec<Node>,
    /// Nodes by the schema they were made of: document and offset.
    by_place: HashMap<(usize, usize), usize>,
    /// Validators of parts, by their text.
    parts: HashMap<String, Arc<Validator>>,
    queue: Vec<(usize, Location)>,
}

impl<'s> Writer<'s> {
    fn source(&self, place: &Location) -> Option<&'s Source> {
        self.schema.resolution().node(place)
    }

    /// The index of the node for the schema at a place, which is written later.
    fn node(&mut self, place: Location) -> usize {
        let place = self.resolved(place);
        let Some(source) = self.source(&place) else { return self.push() };
        if let Some(&known) = self.by_place.get(&(place.document, source.offset)) {
            return known;
        }
        let at = self.push();
        self.by_place.insert((place.document, source.offset), at);
        self.queue.push((at, place));
        at
    }

    fn push(&mut self) -> usize {
        self.nodes.push(Node::default());
        self.nodes.len() - 1
    }

    /// The place that is meant: behind all `$ref`s.
    fn resolved(&mut self, mut place: Location) -> Location {
        for _ in 0..REFS_MAX {
            let Some(object) = self.source(&place).and_then(Source::as_object) else { return place };
            self.resource(object, &place);
            if object.get("$ref").and_then(Source::as_str).is_none() {
                return place;
            }
            let asserts =
                |key: &str| FAST.contains(&key) || SLOW.contains(&key) || key.starts_with("exclusive");
            if self.schema.draft() > Draft::Draft7 && object.keys().any(asserts) {
                self.slow.insert("$ref beside other keywords".into());
            }
            match self.schema.resolution().references.get(&place) {
                Some(target) if target.document == 0 => place = target.clone(),
                _ => {
                    self.slow.insert("$ref to another schema".into());
                    return place;
                }
            }
        }
        self.slow.insert("$ref to itself".into());
        place
    }

    /// A schema below the root that is one of its own: by `$id`, which moves what a `$ref` in it means, or by `$schema`, which switches the draft.
    fn resource(&mut self, object: &Object, place: &Location) {
        let id = if self.schema.draft() == Draft::Draft4 { "id" } else { "$id" };
        let own = object.keys().filter(|key| [id, "$id", "$schema"].contains(key));
        if !place.pointer.is_empty() {
            self.slow.extend(own.map(str::to_owned));
        }
    }

    fn compiled(&mut self, place: &Location) -> Node {
        let Some(source) = self.source(place) else { return Node::default() };
        let object = match &source.value {
            Value::Bool(true) => return Node { types: ALL, any: true, ..Node::default() },
            Value::Object(object) => object,
            _ => return Node::default(), // false
        };
        if let Some(choice) = self.choice(object, place) {
            return choice;
        }
        self.slow.extend(object.keys().filter(|key| SLOW.contains(key)).map(str::to_owned));
        if self.schema.draft() == Draft::Draft4 && object.contains_key("const") {
            return self.give_up("const in draft 4"); // which does not know it
        }
        let mut node = Node { types: types(object), ..Node::default() };
        self.options(object, &mut node);
        self.strings(object, &mut node);
        self.numbers(object, &mut node);
        self.items(object, place, &mut node);
        self.members(object, place, &mut node);
        let asserts = |key: &str| FAST.contains(&key) || is_exclusive(key);
        node.any = !object.keys().any(asserts);
        node
    }

    /// `oneOf` or `anyOf` alone, where each choice has a type of its own: a value's type says which one it must fit. (What serializers write for a
    /// value that may be null.)
    fn choice(&mut self, object: &Object, place: &Location) -> Option<Node> {
        let asserts = |key: &&str| FAST.contains(key) || SLOW.contains(key) || is_exclusive(key);
        let mut asserting = object.keys().filter(asserts);
        let (Some(keyword @ ("oneOf" | "anyOf")), None) = (asserting.next(), asserting.next()) else {
            return None;
        };
        let mut choices = Vec::new();
        let mut taken = 0;
        for at in 0..object.get(keyword)?.as_array()?.len() {
            let place = self.resolved(below(place, &[keyword, &at.to_string()]));
            let choice = self.source(&place)?.as_object()?;
            choice.get("type")?;
            let bits = types(choice);
            if taken & bits != 0 {
                return None;
            }
            taken |= bits;
            choices.push((bits, self.node(place)));
        }
        Some(Node { choices: choices.into(), ..Node::default() })
    }

    fn give_up(&mut self, why: &str) -> Node {
        self.slow.insert(why.to_owned());
        Node::default()
    }

    /// `enum` and `const`.
    fn options(&mut self, object: &Object, node: &mut Node) {
        let listed: Vec<&Source> = match (object.get("enum"), object.get("const")) {
            (None, None) => return,
            (Some(_), Some(_)) => {
                self.slow.insert("enum beside const".into());
                return;
            }
            (Some(listed), None) => listed.as_array().unwrap_or_default().iter().collect(),
            (None, Some(only)) => vec![only],
        };
        let integer =
            |option: &&Source| option.as_number().is_some_and(|number| number.parse::<i64>().is_ok());
        let (count, looked_up) =
            (listed.len(), listed.iter().all(|option| option.is_null() || integer(option)));
        let mut types = 0;
        let mut texts: Vec<Box<str>> = Vec::new();
        for option in listed {
            types |= match &option.value {
                Value::Null => NULL,
                Value::Bool(true) => TRUE,
                Value::Bool(false) => FALSE,
                Value::Number(_) => INTEGER | NUMBER,
                Value::String(text) => {
                    texts.push(text.as_ref().into());
                    STRING
                }
                Value::Array(_) | Value::Object(_) => {
                    self.slow.insert("enum or const of arrays or objects".into());
                    0
                }
            };
        }
        node.numbers.listed = count > OPTIONS_MAX;
        if types & NUMBER != 0 && node.numbers.listed && !looked_up {
            self.slow.insert(format!("enum of more than {OPTIONS_MAX} values, numbers and others"));
        }
        node.types &= types;
        texts.sort_unstable();
        node.strings.options = Some(texts.into());
        node.numbers.bounds = None;
    }

    fn strings(&mut self, object: &Object, node: &mut Node) {
        node.strings.length = range(object, "minLength", "maxLength");
        if node.types & STRING != 0 {
            node.strings.rest = self.part(object, &["pattern", "format"]);
        }
        let strings = &node.strings;
        node.strings.checked =
            strings.options.is_some() || strings.rest.is_some() || strings.length != Range::default();
    }

    fn numbers(&mut self, object: &Object, node: &mut Node) {
        const KEYWORDS: [&str; 5] =
            ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
        if node.types & (INTEGER | NUMBER) == 0 {
            return;
        }
        let bounds = bounds(object, self.schema.draft());
        node.numbers.bounds = node.numbers.bounds.and(bounds);
        let plain = node.types & NUMBER != 0
            && node.numbers.bounds == Some((i64::MIN, i64::MAX))
            && !KEYWORDS.iter().any(|key| object.contains_key(key));
        if !plain {
            let all: Vec<&str> = KEYWORDS.into_iter().chain(["type", "enum", "const"]).collect();
            node.numbers.all = self.part(object, &all);
        }
    }

    /// A validator of these keywords, if the schema has one of them.
    fn part(&mut self, object: &Object, keywords: &[&str]) -> Option<Arc<Validator>> {
        let mut kept = Object::new();
        for (key, value) in object.iter().filter(|(key, _)| keywords.contains(key)) {
            kept.insert(key.into(), value.clone());
        }
        if kept.is_empty() {
            return None;
        }
        let kept = Source::new(Value::Object(kept));
        let mut text = String::new();
        write_compact(&kept, Numbers::AsWritten, &mut text);
        if let Some(known) = self.parts.get(&text) {
            return Some(Arc::clone(known));
        }
        match self.schema.part(&kept) {
            Ok(validator) => Some(Arc::clone(self.parts.entry(text).or_insert(Arc::new(validator)))),
            Err(_) => {
                self.slow.insert(keywords.join(" or "));
                None
            }
        }
    }

    fn items(&mut self, object: &Object, place: &Location, node: &mut Node) {
        node.items.length = range(object, "minItems", "maxItems");
        match object.get("items").map(|items| &items.value) {
            Some(Value::Array(_)) => drop(self.slow.insert("items with a list of schemas".into())),
            Some(Value::Bool(true)) | None => {}
            Some(_) => node.items.each = Some(self.node(below(place, &["items"]))),
        }
    }

    fn members(&mut self, object: &Object, place: &Location, node: &mut Node) {
        let members = &mut node.members;
        members.length = range(object, "minProperties", "maxProperties");
        let others = match object.get("additionalProperties").map(|others| &others.value) {
            Some(Value::Bool(true)) | None => None,
            Some(_) => Some(self.node(below(place, &["additionalProperties"]))),
        };
        let properties = object.get("properties").and_then(Source::as_object);
        let mut names: Vec<&str> = Vec::new();
        let mut values = Vec::new();
        for name in properties.into_iter().flat_map(Object::keys) {
            names.push(name);
            values.push(Some(self.node(below(place, &["properties", name]))));
        }
        let mut required = 0;
        // In draft 3 style it may stand in a property as a boolean; no draft here knows that.
        for name in object.get("required").and_then(Source::as_array).unwrap_or_default() {
            let Some(name) = name.as_str() else { continue };
            let at = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                names.push(name);
                values.push(others);
                names.len() - 1
            });
            required |= 1u128.checked_shl(at as u32).unwrap_or(0); // 128 at most, below
        }
        if names.len() > NAMES_MAX {
            self.slow.insert(format!("more than {NAMES_MAX} properties in one object"));
            return;
        }
        *members = Members {
            length: members.length,
            names: Names::new(&names),
            values: values.into(),
            required,
            others,
        };
    }
}

/// `exclusiveMinimum` or `exclusiveMaximum`.
fn is_exclusive(keyword: &str) -> bool {
    keyword.starts_with("exclusive")
}

/// The place of a subschema.
fn below(place: &Location, tokens: &[&str]) -> Location {
    let mut pointer = place.pointer.clone();
    for token in tokens {
        pointer.push('/');
        pointer.push_str(&escape(token));
    }
    Location { document: place.document, pointer }
}

fn types(object: &Object) -> u8 {
    let bits = |name: &Source| match name.as_str() {
        Some("null") => NULL,
        Some("boolean") => TRUE | FALSE,
        Some("integer") => INTEGER,
        Some("number") => INTEGER | NUMBER,
        Some("string") => STRING,
        Some("array") => ARRAY,
        Some("object") => OBJECT,
        _ => 0,
    };
    match object.get("type") {
        None => ALL,
        Some(Source { value: Value::Array(names), .. }) => names.iter().fold(0, |all, name| all | bits(name)),
        Some(name) => bits(name),
    }
}

/// A pair of size limits. Written as anything but a small integer (`3.0` is allowed), they are beyond what a payload can hold.
fn range(object: &Object, min: &str, max: &str) -> Range {
    let size = |key: &str| {
        let number = object.get(key)?.as_number()?;
        let size = number.parse::<f64>().ok().filter(|size| *size >= 0.0)?;
        Some(number.parse::<usize>().unwrap_or(size as usize)) // saturates
    };
    Range { min: size(min).unwrap_or(0), max: size(max).unwrap_or(usize::MAX) }
}

/// Lowest and highest integer, if all bounds are 64-bit integers and there is nothing else.
fn bounds(object: &Object, draft: Draft) -> Option<(i64, i64)> {
    let limit = |key: &str| match object.get(key) {
        None => Some(None),
        Some(_) if draft == Draft::Draft4 && key.starts_with("exclusive") => None, // a boolean
        Some(number) => number.as_number()?.parse::<i64>().ok().map(Some),
    };
    if object.contains_key("multipleOf") {
        return None;
    }
    let min = limit("minimum")?.unwrap_or(i64::MIN);
    let max = limit("maximum")?.unwrap_or(i64::MAX);
    let above = match limit("exclusiveMinimum")? {
        Some(limit) => limit.checked_add(1)?,
        None => i64::MIN,
    };
    let below = match limit("exclusiveMaximum")? {
        Some(limit) => limit.checked_sub(1)?,
        None => i64::MAX,
    };
    Some((min.max(above), max.min(below)))
}
