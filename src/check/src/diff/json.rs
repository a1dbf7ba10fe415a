//! What changed between two JSON schemas: a walk over both trees that knows what the keywords mean, in any draft. What is
//! behind a `$ref` is told where it is defined.

mod combine;

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use assay_schema::json::{Node, Object, Value};

use super::avro::compact;
use super::{At, Changes, Kind, Sentence, What};
use assay_schema::json_schema::Pattern;

/// Tells what changed between the two roots.
pub(super) fn changes(old: &Node, new: &Node, out: &mut Changes) {
    let mut walk = Walk { out, new_root: new, level: 0, steps: TRIAL_STEPS, looks: OVERLAP_LOOKS };
    walk.schema(old, new, &Spot { label: Label::Root, pointer: String::new() });
}

/// Patterns tried on the name of a property.
const PATTERNS_TRIED: usize = 16;
/// Schemas looked at in trial, and pairs of branches looked at for what they have in common.
const TRIAL_STEPS: usize = 100_000;
const OVERLAP_LOOKS: usize = 100_000;

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
const LIMITS: &[&str] = &["contains", "propertyNames", "then", "else", "contentSchema"];
/// The same, told as a whole: what changes inside says little of what it means outside.
const TURNED: &[&str] = &["not", "if"];
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
    new_root: &'s Node,
    /// How deep in trials this walk is; 0: what it says counts.
    level: usize,
    /// Schemas that may still be looked at in trial.
    steps: usize,
    /// Pairs of branches that may still be looked at.
    looks: usize,
}

impl Walk<'_> {
    /// Two schemas of one place. Recursion is as deep as the text, which the reader bounds.
    fn schema(&mut self, old: &Node, new: &Node, spot: &Spot) {
        if self.level > 0 {
            self.steps = self.steps.saturating_sub(1);
            if self.steps == 0 {
                return;
            }
        }
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
        let told = self.lifted(old, new, spot);
        let gone = old.keys().filter(|key| !new.contains_key(key));
        for key in new.keys().chain(gone) {
            let (was, is) = (old.get(key), new.get(key));
            if was == is || (told && !combine::is_aside(key)) {
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
            "type" => self.types(was, is, whole, spot),
            "properties" if object(was) && object(is) => self.properties(was, is, whole, spot),
            "required" => self.required(was, is, spot),
            "enum" => self.values(was, is, spot),
            "definitions" | "$defs" if object(was) && object(is) => {
                self.named(was, is, ("definition {}", (What::Type, What::Type)), &|name| {
                    spot.definition(key, name)
                });
            }
            "patternProperties" if object(was) && object(is) => {
                // In a closed object a pattern lets properties in; in an open one it limits them.
                let closes = |object: &Object| object.get("additionalProperties").is_some_and(nothing);
                let what = |narrow: bool| if narrow { What::Narrowing } else { What::Other };
                let whats = (what(!closes(whole.0)), what(closes(whole.1)));
                self.named(was, is, ("pattern {}", whats), &|name| spot.below(&[key, name]));
            }
            "dependentSchemas" if object(was) && object(is) => {
                let words = ("dependent schema of {}", (What::Other, What::Other));
                self.named(was, is, words, &|name| spot.below(&[key, name]));
            }
            "dependencies" | "dependentRequired" if object(was) && object(is) => {
                self.dependencies(key, was, is, spot);
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
        let (what, kind) = match key {
            "default" => (What::Field, Kind::Default),
            key if DOCS.contains(&key) => (What::Other, Kind::Doc),
            "$ref" | "$dynamicRef" | "$recursiveRef" => (What::Reference, Kind::Type),
            key if limits(key) => (What::Other, self.limit(key, was, is)),
            _ => (What::Other, Kind::Option),
        };
        let at = At { old: spot.pointer(&[key]), new: spot.pointer(&[key]), ..spot.at() };
        self.out.value(kind, what, &at, ("keyword {}", &[key]), (was.map(compact), is.map(compact)));
        if what == What::Reference {
            self.out.near([was, is].into_iter().flatten().filter_map(target).collect());
        }
    }

    /// What a keyword that takes values away does to them, or not any more.
    fn limit(&mut self, key: &str, was: Option<&Node>, is: Option<&Node>) -> Kind {
        let higher = BOUNDS.iter().find(|(name, _)| *name == key).map(|(_, higher)| *higher);
        let number = |node: Option<&Node>| node.and_then(Node::as_number).and_then(|n| n.parse::<f64>().ok());
        let flag = |node: Option<&Node>| node.is_none_or(|node| node.as_bool().is_some());
        let on = |node: Option<&Node>| node.and_then(Node::as_bool) == Some(true);
        match (higher, number(was), number(is)) {
            // `uniqueItems`, and the exclusive limits of draft 4.
            _ if flag(was) && flag(is) => match (on(was), on(is)) {
                (false, true) => Kind::Narrowed,
                (true, false) => Kind::Widened,
                _ => Kind::Layout,
            },
            (Some(higher), Some(a), Some(b)) if a != b => match (b > a) == higher {
                true => Kind::Widened,
                false => Kind::Narrowed,
            },
            (None, Some(a), Some(b)) if key == "multipleOf" && a != b => match () {
                () if (b / a).fract() == 0.0 => Kind::Narrowed,
                () if (a / b).fract() == 0.0 => Kind::Widened,
                () => Kind::Constraint,
            },
            _ => match (was, is) {
                (None, Some(_)) => Kind::Narrowed,
                (Some(_), None) => Kind::Widened,
                (Some(was), Some(is)) if key == "not" => self.turned(was, is),
                _ => Kind::Constraint,
            },
        }
    }

    fn types(&mut self, was: Option<&Node>, is: Option<&Node>, whole: (&Object, &Object), spot: &Spot) {
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
        // Without `type` a schema may still say which values it takes.
        match (was, is) {
            (Some(was), None) if combine::says_type_otherwise(whole.1, whole.0) => {
                let text = "has no type of its own any more: it was {}";
                return self.out.say(Kind::Type, What::Reference, &at, text, &[&compact(was)]);
            }
            (None, Some(is)) if combine::says_type_otherwise(whole.0, whole.1) => {
                let text = "has a type of its own now: {}";
                return self.out.say(Kind::Narrowed, What::Other, &at, text, &[&compact(is)]);
            }
            _ => {}
        }
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
                    let free = takes_any(whole.0, name) && !anything(Some(schema));
                    let what = if free { What::Narrowing } else { What::Field };
                    self.out.added(what, &spot.at(), &text, &[&compact(schema)]);
                }
            }
        }
        for (name, schema) in old.iter().filter(|(name, _)| !new.contains_key(name)) {
            let word = if needed_before.contains(name) { "required" } else { "optional" };
            let text = format!("removed, it was {word}: {{}}");
            self.out.removed(What::Field, &spot.property(name).at(), &text, &[&compact(schema)]);
        }
    }

    /// What a property asks for when it is there: other properties, or a schema.
    fn dependencies(&mut self, key: &str, was: Option<&Node>, is: Option<&Node>, spot: &Spot) {
        let (old, new) = (members(was), members(is));
        let gone = old.keys().filter(|name| !new.contains_key(name));
        for name in new.keys().chain(gone) {
            let (was, is) = (old.get(name), new.get(name));
            let names = |node: Option<&Node>| -> Option<BTreeSet<String>> {
                let list = node?.as_array()?;
                Some(list.iter().filter_map(Node::as_str).map(str::to_owned).collect())
            };
            let kind = match (was, is, names(was), names(is)) {
                (None, ..) => Kind::Narrowed,
                (_, None, ..) => Kind::Widened,
                (.., Some(a), Some(b)) if a == b => Kind::Order,
                (.., Some(a), Some(b)) if a.is_subset(&b) => Kind::Narrowed,
                (.., Some(a), Some(b)) if b.is_subset(&a) => Kind::Widened,
                (Some(was), Some(is), None, None) => {
                    self.schema(was, is, &spot.below(&[key, name]));
                    continue;
                }
                _ => Kind::Constraint,
            };
            let pointer = spot.pointer(&[key, name]);
            let at = At { old: pointer.clone(), new: pointer, ..spot.at() };
            let values = (was.map(compact), is.map(compact));
            self.out.value(kind, What::Other, &at, ("keyword {} of {}", &[key, name]), values);
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
        let texts = |list: &[Node]| list.iter().map(|n| compact(&n.sorted())).collect::<Vec<_>>();
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
        words: (&str, (What, What)),
        spot: &dyn Fn(&str) -> Spot,
    ) {
        let (pattern, (what_came, what_went)) = words;
        let (old, new) = (members(was), members(is));
        for (name, schema) in new.iter() {
            match old.get(name) {
                Some(before) => self.schema(before, schema, &spot(name)),
                None => {
                    let at = At { text: Sentence::new(pattern, &[name]), ..spot(name).at() };
                    self.out.added(what_came, &at, "added: {}", &[&compact(schema)]);
                }
            }
        }
        for (name, schema) in old.iter().filter(|(name, _)| !new.contains_key(name)) {
            let at = At { text: Sentence::new(pattern, &[name]), ..spot(name).at() };
            self.out.removed(what_went, &at, "removed: {}", &[&compact(schema)]);
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
}

/// Whether an object may have had any value in a property that it does not declare.
fn takes_any(object: &Object, name: &str) -> bool {
    let open = |key: &str| anything(object.get(key));
    let patterns = object.get("patternProperties").and_then(Node::as_object);
    let matched = |text: &str| Pattern::new(text).is_none_or(|pattern| pattern.is_match(name));
    let covered = patterns.is_some_and(|all| all.keys().take(PATTERNS_TRIED).any(matched));
    open("additionalProperties") && open("unevaluatedProperties") && !covered
}

/// What a `$ref` inside the schema points to.
fn target(reference: &Node) -> Option<String> {
    Some(reference.as_str()?.strip_prefix('#')?.to_owned())
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
        "uniqueItems",
    ];
    MORE.contains(&key)
        || LIMITS.contains(&key)
        || TURNED.contains(&key)
        || BOUNDS.iter().any(|(name, _)| *name == key)
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
