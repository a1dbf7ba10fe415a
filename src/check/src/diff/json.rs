//! What changed between two JSON schemas: a walk over both trees that knows what the keywords mean, in any draft. What is
//! behind a `$ref` is told where it is defined.

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use assay_schema::json::{Node, Object, Value};

use super::avro::compact;
use super::{At, Changes, Kind, Sentence, What};

/// Tells what changed between the two roots.
pub(super) fn changes(old: &Node, new: &Node, out: &mut Changes) {
    let mut walk = Walk { out };
    walk.schema(old, new, &Spot { label: Label::Root, pointer: String::new() });
}

/// A bound, and whether a higher one takes more values.
const BOUNDS: &[(&str, bool)] = &[
    ("maxLength", true),
    ("minLength", false),
    ("maximum", true),
    ("minimum", false),
    ("exclusiveMaximum", true),
    ("exclusiveMinimum", false),
    ("maxItems", true),
    ("minItems", false),
    ("maxProperties", true),
    ("minProperties", false),
    ("maxContains", true),
    ("minContains", false),
];
/// What may be present beside what is named: absent means anything.
const REST: &[&str] =
    &["additionalProperties", "additionalItems", "unevaluatedProperties", "unevaluatedItems"];
/// Keywords whose value is a schema that limits: absent means no limit.
const LIMITS: &[&str] = &["contains", "propertyNames", "not", "if", "then", "else", "contentSchema"];
const COMBINED: &[&str] = &["allOf", "anyOf", "oneOf"];
const DOCS: &[&str] = &["title", "description", "$comment", "examples"];

/// A place: the pointer, and how people would call it.
#[derive(Clone)]
struct Spot {
    label: Label,
    pointer: String,
}

#[derive(Clone)]
enum Label {
    Root,
    /// Path of properties, with `[]` for items.
    Property(String),
    /// The same inside a definition.
    Definition(String, String),
    /// Anywhere else.
    Pointer,
}

impl Spot {
    fn at(&self) -> At {
        let text = match &self.label {
            Label::Root => Sentence::new("the schema", &[]),
            Label::Property(path) => Sentence::new("property {}", &[path]),
            Label::Definition(name, path) if path.is_empty() => Sentence::new("definition {}", &[name]),
            Label::Definition(name, path) => Sentence::new("property {} of definition {}", &[path, name]),
            Label::Pointer => Sentence::new("the schema at {}", &[&self.pointer]),
        };
        At { text, old: self.pointer.clone(), new: self.pointer.clone() }
    }

    fn pointer(&self, keys: &[&str]) -> String {
        let mut pointer = self.pointer.clone();
        for key in keys {
            pointer.push('/');
            pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
        }
        pointer
    }

    /// Any place below.
    fn below(&self, keys: &[&str]) -> Spot {
        Spot { label: Label::Pointer, pointer: self.pointer(keys) }
    }

    fn property(&self, name: &str) -> Spot {
        let joined = |path: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let label = match &self.label {
            Label::Root => Label::Property(joined("")),
            Label::Property(path) => Label::Property(joined(path)),
            Label::Definition(definition, path) => Label::Definition(definition.clone(), joined(path)),
            Label::Pointer => Label::Pointer,
        };
        Spot { label, pointer: self.pointer(&["properties", name]) }
    }

    fn items(&self, keys: &[&str]) -> Spot {
        let label = match &self.label {
            Label::Property(path) => Label::Property(format!("{path}[]")),
            Label::Definition(definition, path) if !path.is_empty() => {
                Label::Definition(definition.clone(), format!("{path}[]"))
            }
            _ => Label::Pointer,
        };
        Spot { label, pointer: self.pointer(keys) }
    }

    fn definition(&self, key: &str, name: &str) -> Spot {
        let label = match self.label {
            Label::Root => Label::Definition(name.to_owned(), String::new()),
            _ => Label::Pointer,
        };
        Spot { label, pointer: self.pointer(&[key, name]) }
    }
}

struct Walk<'s> {
    out: &'s mut Changes,
}

impl Walk<'_> {
    /// Two schemas of one place. Recursion is as deep as the text, which the reader bounds.
    fn schema(&mut self, old: &Node, new: &Node, spot: &Spot) {
        match (&old.value, &new.value) {
            (Value::Object(a), Value::Object(b)) => {
                if a != b {
                    self.objects(a, b, spot);
                }
            }
            _ if old == new => {}
            _ => {
                let kind = match (anything(Some(old)), nothing(old), anything(Some(new)), nothing(new)) {
                    (true, ..) | (.., true) => Kind::Narrowed,
                    (_, true, ..) | (_, _, true, _) => Kind::Widened,
                    _ => Kind::Type,
                };
                let text = "changed from {} to {}";
                self.out.say(kind, What::Other, &spot.at(), text, &[&compact(old), &compact(new)]);
            }
        }
    }

    fn objects(&mut self, old: &Object, new: &Object, spot: &Spot) {
        let gone = old.keys().filter(|key| !new.contains_key(key));
        for key in new.keys().chain(gone) {
            let (was, is) = (old.get(key), new.get(key));
            if was == is {
                continue;
            }
            self.keyword(key, was, is, (old, new), spot);
        }
    }

    fn keyword(
        &mut self,
        key: &str,
        was: Option<&Node>,
        is: Option<&Node>,
        whole: (&Object, &Object),
        spot: &Spot,
    ) {
        let object = |node: Option<&Node>| node.is_none_or(|node| node.as_object().is_some());
        match key {
            "type" => self.types(was, is, spot),
            "properties" if object(was) && object(is) => self.properties(was, is, whole, spot),
            "required" => self.required(was, is, spot),
            "enum" => self.values(was, is, spot),
            "definitions" | "$defs" if object(was) && object(is) => {
                self.named(was, is, ("definition {}", What::Type), &|name| spot.definition(key, name));
            }
            "patternProperties" | "dependentSchemas" if object(was) && object(is) => {
                let pattern = if key == "dependentSchemas" { "dependent schema of {}" } else { "pattern {}" };
                self.named(was, is, (pattern, What::Other), &|name| spot.below(&[key, name]));
            }
            "items" | "prefixItems" => self.items(key, was, is, spot),
            key if REST.contains(&key) => self.rest(key, was, is, spot),
            key if COMBINED.contains(&key) => self.combined(key, was, is, spot),
            key if LIMITS.contains(&key) && (was.is_some() && is.is_some()) => {
                if let (Some(was), Some(is)) = (was, is) {
                    self.schema(was, is, &spot.below(&[key]));
                }
            }
            key => self.plain(key, was, is, spot),
        }
    }

    /// A keyword that is told as its value.
    fn plain(&mut self, key: &str, was: Option<&Node>, is: Option<&Node>, spot: &Spot) {
        let bound = BOUNDS.iter().find(|(name, _)| *name == key).map(|(_, higher)| *higher);
        let number = |node: Option<&Node>| node.and_then(Node::as_number).and_then(|n| n.parse::<f64>().ok());
        let (what, kind) = match (key, bound, number(was), number(is)) {
            (_, Some(higher), Some(a), Some(b)) if a != b => {
                (What::Other, if (b > a) == higher { Kind::Widened } else { Kind::Narrowed })
            }
            ("default", ..) => (What::Field, Kind::Default),
            (key, ..) if DOCS.contains(&key) => (What::Other, Kind::Doc),
            ("uniqueItems", ..) => {
                let narrow = is.and_then(Node::as_bool) == Some(true);
                (What::Other, if narrow { Kind::Narrowed } else { Kind::Widened })
            }
            ("$ref" | "$dynamicRef" | "$recursiveRef", ..) => (What::Other, Kind::Type),
            (key, ..) if limits(key) => {
                let kind = match (was, is) {
                    (None, Some(_)) => Kind::Narrowed,
                    (Some(_), None) => Kind::Widened,
                    _ => Kind::Constraint,
                };
                (What::Other, kind)
            }
            _ => (What::Other, Kind::Option),
        };
        let at = At { old: spot.pointer(&[key]), new: spot.pointer(&[key]), ..spot.at() };
        self.out.value(kind, what, &at, ("keyword {}", &[key]), (was.map(compact), is.map(compact)));
    }

    fn types(&mut self, was: Option<&Node>, is: Option<&Node>, spot: &Spot) {
        let words = |node: Option<&Node>| -> Option<BTreeSet<String>> {
            let node = node?;
            let one = |node: &Node| node.as_str().map(str::to_owned);
            Some(
                node.as_array()
                    .map_or_else(|| one(node).into_iter().collect(), |l| l.iter().filter_map(one).collect()),
            )
        };
        let takes = |set: &BTreeSet<String>, word: &str| {
            set.contains(word) || (word == "integer" && set.contains("number"))
        };
        let (old, new) = (words(was), words(is));
        let kind = match (&old, &new) {
            (None, _) => Kind::Narrowed,
            (_, None) => Kind::Widened,
            (Some(old), Some(new)) => {
                let wider = old.iter().all(|word| takes(new, word));
                let narrower = new.iter().all(|word| takes(old, word));
                match (wider, narrower) {
                    (true, true) => Kind::Option, // the same, written differently
                    (true, false) => Kind::Widened,
                    (false, true) => Kind::Narrowed,
                    (false, false) => Kind::Type,
                }
            }
        };
        let at = At { old: spot.pointer(&["type"]), new: spot.pointer(&["type"]), ..spot.at() };
        let text = |node: Option<&Node>| node.map_or("any type".to_owned(), compact);
        let pattern = match kind {
            Kind::Widened => "widened from {} to {}",
            Kind::Narrowed => "narrowed from {} to {}",
            Kind::Type => "changed from {} to {}",
            _ => "has its type written as {}, now as {}",
        };
        self.out.say(kind, What::Other, &at, pattern, &[&text(was), &text(is)]);
    }

    fn properties(&mut self, was: Option<&Node>, is: Option<&Node>, whole: (&Object, &Object), spot: &Spot) {
        let (old, new) = (members(was), members(is));
        let required = |object: &Object| -> HashSet<String> {
            let list = object.get("required").and_then(Node::as_array).unwrap_or_default();
            list.iter().filter_map(Node::as_str).map(str::to_owned).collect()
        };
        let (needed_before, needed) = (required(whole.0), required(whole.1));
        for (name, schema) in new.iter() {
            let spot = spot.property(name);
            let word = |needed: &HashSet<String>| if needed.contains(name) { "required" } else { "optional" };
            match old.get(name) {
                Some(before) => self.schema(before, schema, &spot),
                None => {
                    let text = format!("added, {}: {{}}", word(&needed));
                    self.out.added(What::Field, &spot.at(), &text, &[&compact(schema)]);
                }
            }
        }
        for (name, schema) in old.iter().filter(|(name, _)| !new.contains_key(name)) {
            let word = if needed_before.contains(name) { "required" } else { "optional" };
            let text = format!("removed, it was {word}: {{}}");
            self.out.removed(What::Field, &spot.property(name).at(), &text, &[&compact(schema)]);
        }
    }

    fn required(&mut self, was: Option<&Node>, is: Option<&Node>, spot: &Spot) {
        let names = |node: Option<&Node>| -> BTreeSet<String> {
            let list = node.and_then(Node::as_array).unwrap_or_default();
            list.iter().filter_map(Node::as_str).map(str::to_owned).collect()
        };
        let (old, new) = (names(was), names(is));
        for name in new.difference(&old) {
            let at = At { text: spot.property(name).at().text, ..spot.below(&["required"]).at() };
            self.out.say(Kind::Narrowed, What::Field, &at, "is required now", &[]);
        }
        for name in old.difference(&new) {
            let at = At { text: spot.property(name).at().text, ..spot.below(&["required"]).at() };
            self.out.say(Kind::Widened, What::Field, &at, "is no longer required", &[]);
        }
        if old == new {
            self.plain_layout("required", was, is, spot);
        }
    }

    /// A list or set written differently, or of another shape than its keyword has.
    fn plain_layout(&mut self, key: &str, was: Option<&Node>, is: Option<&Node>, spot: &Spot) {
        let at = At { old: spot.pointer(&[key]), new: spot.pointer(&[key]), ..spot.at() };
        let values = (was.map(compact), is.map(compact));
        self.out.value(Kind::Order, What::Other, &at, ("keyword {}", &[key]), values);
    }

    fn values(&mut self, was: Option<&Node>, is: Option<&Node>, spot: &Spot) {
        let (Some(old), Some(new)) = (was.and_then(Node::as_array), is.and_then(Node::as_array)) else {
            return self.plain("enum", was, is, spot);
        };
        let texts = |list: &[Node]| list.iter().map(|n| compact(&sorted(n))).collect::<Vec<_>>();
        let (old, new) = (texts(old), texts(new));
        let at = At { old: spot.pointer(&["enum"]), new: spot.pointer(&["enum"]), ..spot.at() };
        let sets = |list: &[String]| list.iter().cloned().collect::<HashSet<_>>();
        let (before, now) = (sets(&old), sets(&new));
        for value in new.iter().filter(|value| !before.contains(*value)) {
            self.out.say(Kind::Widened, What::Symbol, &at, "now also takes {}", &[value]);
        }
        for value in old.iter().filter(|value| !now.contains(*value)) {
            self.out.say(Kind::Narrowed, What::Symbol, &at, "no longer takes {}", &[value]);
        }
        if before == now {
            self.plain_layout("enum", was, is, spot);
        }
    }

    /// Schemas by name.
    fn named(
        &mut self,
        was: Option<&Node>,
        is: Option<&Node>,
        words: (&str, What),
        spot: &dyn Fn(&str) -> Spot,
    ) {
        let (pattern, what) = words;
        let (old, new) = (members(was), members(is));
        for (name, schema) in new.iter() {
            match old.get(name) {
                Some(before) => self.schema(before, schema, &spot(name)),
                None => {
                    let at = At { text: Sentence::new(pattern, &[name]), ..spot(name).at() };
                    self.out.added(what, &at, "added: {}", &[&compact(schema)]);
                }
            }
        }
        for (name, schema) in old.iter().filter(|(name, _)| !new.contains_key(name)) {
            let at = At { text: Sentence::new(pattern, &[name]), ..spot(name).at() };
            self.out.removed(what, &at, "removed: {}", &[&compact(schema)]);
        }
    }

    /// One schema for all items, or one for each of the first.
    fn items(&mut self, key: &str, was: Option<&Node>, is: Option<&Node>, spot: &Spot) {
        let (Some(old), Some(new)) = (was, is) else {
            let (kind, at) = (if was.is_none() { Kind::Narrowed } else { Kind::Widened }, spot.at());
            let at = At { old: spot.pointer(&[key]), new: spot.pointer(&[key]), ..at };
            return self.out.value(
                kind,
                What::Other,
                &at,
                ("keyword {}", &[key]),
                (was.map(compact), is.map(compact)),
            );
        };
        let (Some(olds), Some(news)) = (old.as_array(), new.as_array()) else {
            return self.schema(old, new, &spot.items(&[key]));
        };
        for (i, (old, new)) in olds.iter().zip(news).enumerate() {
            self.schema(old, new, &spot.below(&[key, &i.to_string()]));
        }
        let shorter = olds.len().min(news.len());
        for (i, schema) in news.iter().enumerate().skip(shorter) {
            self.out.added(
                What::Other,
                &spot.below(&[key, &i.to_string()]).at(),
                "added: {}",
                &[&compact(schema)],
            );
        }
        for (i, schema) in olds.iter().enumerate().skip(shorter) {
            self.out.removed(
                What::Other,
                &spot.below(&[key, &i.to_string()]).at(),
                "removed: {}",
                &[&compact(schema)],
            );
        }
    }

    /// `additionalProperties` and the like.
    fn rest(&mut self, key: &str, was: Option<&Node>, is: Option<&Node>, spot: &Spot) {
        let what = if key.ends_with("Items") { "items" } else { "properties" };
        let at = At { old: spot.pointer(&[key]), new: spot.pointer(&[key]), ..spot.at() };
        match (was, is) {
            (_, Some(is)) if nothing(is) => {
                let text = format!("is closed now: no other {what} are taken ({{}} is {{}})");
                self.out.say(Kind::Narrowed, What::Other, &at, &text, &[key, "false"]);
            }
            (Some(was), _) if nothing(was) => {
                let text = format!("is open now: other {what} are taken ({{}} was {{}})");
                self.out.say(Kind::Widened, What::Other, &at, &text, &[key, "false"]);
            }
            (Some(was), Some(is)) if !anything(Some(was)) && !anything(Some(is)) => {
                self.schema(was, is, &spot.below(&[key]));
            }
            _ => {
                let kind = match (anything(was), anything(is)) {
                    (true, true) => Kind::Option,
                    (true, false) => Kind::Narrowed,
                    _ => Kind::Widened,
                };
                let values = (was.map(compact), is.map(compact));
                self.out.value(kind, What::Other, &at, ("keyword {}", &[key]), values);
            }
        }
    }

    /// `allOf` and the like: equal ones first, the others in order.
    fn combined(&mut self, key: &str, was: Option<&Node>, is: Option<&Node>, spot: &Spot) {
        let (Some(olds), Some(news)) = (was.and_then(Node::as_array), is.and_then(Node::as_array)) else {
            let kind = if was.is_none() { Kind::Narrowed } else { Kind::Widened };
            let at = At { old: spot.pointer(&[key]), new: spot.pointer(&[key]), ..spot.at() };
            return self.out.value(
                kind,
                What::Other,
                &at,
                ("keyword {}", &[key]),
                (was.map(compact), is.map(compact)),
            );
        };
        let texts = |list: &[Node]| list.iter().map(|n| compact(&sorted(n))).collect::<Vec<_>>();
        let (a, b) = (texts(olds), texts(news));
        let (in_a, in_b): (HashSet<&String>, HashSet<&String>) = (a.iter().collect(), b.iter().collect());
        let rest = |list: &[String], other: &HashSet<&String>| {
            (0..list.len())
                .filter(|i| list.get(*i).is_some_and(|text| !other.contains(text)))
                .collect::<Vec<_>>()
        };
        let (gone, come) = (rest(&a, &in_b), rest(&b, &in_a));
        for (i, j) in gone.iter().zip(&come) {
            if let (Some(old), Some(new)) = (olds.get(*i), news.get(*j)) {
                let spot = spot.below(&[key, &j.to_string()]);
                self.schema(old, new, &spot);
            }
        }
        let all = key == "allOf";
        for j in come.iter().skip(gone.len()) {
            let at = spot.below(&[key, &j.to_string()]).at();
            let kind = if all { Kind::Narrowed } else { Kind::Widened };
            let text = news.get(*j).map(compact).unwrap_or_default();
            self.out.say(
                kind,
                What::Other,
                &At { text: spot.at().text, ..at },
                "has a further branch of {}: {}",
                &[key, &text],
            );
        }
        for i in gone.iter().skip(come.len()) {
            let at = spot.below(&[key, &i.to_string()]).at();
            let kind = if all { Kind::Widened } else { Kind::Narrowed };
            let text = olds.get(*i).map(compact).unwrap_or_default();
            self.out.say(
                kind,
                What::Other,
                &At { text: spot.at().text, ..at },
                "lost a branch of {}: {}",
                &[key, &text],
            );
        }
        if gone.is_empty() && come.is_empty() {
            self.plain_layout(key, was, is, spot);
        }
    }
}

/// Keywords that take values away.
fn limits(key: &str) -> bool {
    const MORE: &[&str] = &[
        "pattern",
        "format",
        "multipleOf",
        "const",
        "enum",
        "dependencies",
        "dependentRequired",
        "contentEncoding",
        "contentMediaType",
    ];
    MORE.contains(&key) || LIMITS.contains(&key) || BOUNDS.iter().any(|(name, _)| *name == key)
}

/// A schema that takes everything: absent, `true` or `{}`.
fn anything(node: Option<&Node>) -> bool {
    match node.map(|node| &node.value) {
        None | Some(Value::Bool(true)) => true,
        Some(Value::Object(object)) => object.is_empty(),
        _ => false,
    }
}

/// The members of an object; none if it is absent or no object.
fn members(node: Option<&Node>) -> &Object {
    static NONE: LazyLock<Object> = LazyLock::new(Object::new);
    node.and_then(Node::as_object).unwrap_or(&NONE)
}

/// A schema that takes nothing.
fn nothing(node: &Node) -> bool {
    matches!(node.value, Value::Bool(false))
}

/// The same with keys in order, so that equal values have equal texts.
fn sorted(node: &Node) -> Node {
    let value = match &node.value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(object) => {
            let mut entries: Vec<_> = object.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let mut out = Object::new();
            entries.into_iter().for_each(|(key, value)| out.insert(key.into(), sorted(value)));
            Value::Object(out)
        }
        other => other.clone(),
    };
    Node { value, offset: node.offset }
}
