//! Lints of one JSON schema, in any draft. What is behind a `$ref` is told where it is defined.

use std::collections::HashSet;

use assay_schema::json::{Node, Object, Value};
use assay_schema::json_schema::keywords::{BY_NAME, LISTS, SINGLE};
use assay_schema::json_schema::{Draft, JsonSchema};

use super::rules::{self, Lint};
use super::words::meant;
use super::{Hits, escape};

/// Keywords, the types they look at (all if none), and the drafts that know them.
const KEYWORDS: &[(&str, &str, Draft, Draft)] = {
    const FIRST: Draft = Draft::Draft4;
    const LAST: Draft = Draft::Draft202012;
    &[
        ("$schema", "", FIRST, LAST),
        ("$id", "", Draft::Draft6, LAST),
        ("id", "", FIRST, FIRST),
        ("$ref", "", FIRST, LAST),
        ("$comment", "", Draft::Draft7, LAST),
        ("$defs", "", Draft::Draft201909, LAST),
        ("definitions", "", FIRST, LAST),
        ("$anchor", "", Draft::Draft201909, LAST),
        ("$vocabulary", "", Draft::Draft201909, LAST),
        ("$recursiveRef", "", Draft::Draft201909, Draft::Draft201909),
        ("$recursiveAnchor", "", Draft::Draft201909, Draft::Draft201909),
        ("$dynamicRef", "", LAST, LAST),
        ("$dynamicAnchor", "", LAST, LAST),
        ("title", "", FIRST, LAST),
        ("description", "", FIRST, LAST),
        ("default", "", FIRST, LAST),
        ("examples", "", Draft::Draft6, LAST),
        ("deprecated", "", Draft::Draft201909, LAST),
        ("readOnly", "", Draft::Draft7, LAST),
        ("writeOnly", "", Draft::Draft7, LAST),
        ("type", "", FIRST, LAST),
        ("enum", "", FIRST, LAST),
        ("const", "", Draft::Draft6, LAST),
        ("format", "", FIRST, LAST),
        ("allOf", "", FIRST, LAST),
        ("anyOf", "", FIRST, LAST),
        ("oneOf", "", FIRST, LAST),
        ("not", "", FIRST, LAST),
        ("if", "", Draft::Draft7, LAST),
        ("then", "", Draft::Draft7, LAST),
        ("else", "", Draft::Draft7, LAST),
        ("maxLength", "string", FIRST, LAST),
        ("minLength", "string", FIRST, LAST),
        ("pattern", "string", FIRST, LAST),
        ("contentEncoding", "string", Draft::Draft7, LAST),
        ("contentMediaType", "string", Draft::Draft7, LAST),
        ("contentSchema", "string", Draft::Draft201909, LAST),
        ("maximum", "number", FIRST, LAST),
        ("minimum", "number", FIRST, LAST),
        ("exclusiveMaximum", "number", FIRST, LAST),
        ("exclusiveMinimum", "number", FIRST, LAST),
        ("multipleOf", "number", FIRST, LAST),
        ("properties", "object", FIRST, LAST),
        ("patternProperties", "object", FIRST, LAST),
        ("additionalProperties", "object", FIRST, LAST),
        ("unevaluatedProperties", "object", Draft::Draft201909, LAST),
        ("propertyNames", "object", Draft::Draft6, LAST),
        ("required", "object", FIRST, LAST),
        ("maxProperties", "object", FIRST, LAST),
        ("minProperties", "object", FIRST, LAST),
        ("dependencies", "object", FIRST, Draft::Draft7),
        ("dependentRequired", "object", Draft::Draft201909, LAST),
        ("dependentSchemas", "object", Draft::Draft201909, LAST),
        ("items", "array", FIRST, LAST),
        ("prefixItems", "array", LAST, LAST),
        ("additionalItems", "array", FIRST, Draft::Draft201909),
        ("unevaluatedItems", "array", Draft::Draft201909, LAST),
        ("contains", "array", Draft::Draft6, LAST),
        ("maxItems", "array", FIRST, LAST),
        ("minItems", "array", FIRST, LAST),
        ("uniqueItems", "array", FIRST, LAST),
        ("maxContains", "array", Draft::Draft201909, LAST),
        ("minContains", "array", Draft::Draft201909, LAST),
    ]
};
/// Combinations: their parts look at the same value.
const COMBINED: &[&str] = &["allOf", "anyOf", "oneOf"];
const BRANCHES: &[&str] = &["if", "then", "else"];

pub(super) fn lint(schema: &JsonSchema, hits: &mut Hits) {
    let draft = schema.draft();
    let mut left = vec![Site { node: schema.root(), pointer: String::new(), beside: false }];
    while let Some(site) = left.pop() {
        let Value::Object(object) = &site.node.value else { continue };
        Look { object, pointer: &site.pointer, beside: site.beside, draft }.all(hits);
        below(object, &site.pointer, &mut left);
    }
}

/// A pointer to the first member of that name anywhere; the root if there is none.
pub(super) fn first(root: &Node, key: &str) -> String {
    let mut left = vec![(root, String::new())];
    while let Some((node, pointer)) = left.pop() {
        match &node.value {
            Value::Object(object) if object.contains_key(key) => return format!("{pointer}/{}", escape(key)),
            Value::Object(object) => {
                left.extend(
                    object.iter().rev().map(|(name, node)| (node, format!("{pointer}/{}", escape(name)))),
                );
            }
            Value::Array(items) => {
                left.extend(items.iter().enumerate().rev().map(|(i, node)| (node, format!("{pointer}/{i}"))));
            }
            _ => {}
        }
    }
    String::new()
}

/// A schema, and whether other schemas look at the same value and describe properties.
struct Site<'n> {
    node: &'n Node,
    pointer: String,
    beside: bool,
}

fn below<'n>(object: &'n Object, pointer: &str, left: &mut Vec<Site<'n>>) {
    let describing =
        parts(object).filter(|part| describes(part)).count() + usize::from(object.contains_key("properties"));
    for (key, value) in object.iter() {
        let at = format!("{pointer}/{}", escape(key));
        let inner = COMBINED.contains(&key) || BRANCHES.contains(&key);
        let beside = |node: &Node| inner && describing > usize::from(describes(node));
        match &value.value {
            Value::Object(map) if BY_NAME.contains(&key) => {
                left.extend(map.iter().map(|(name, node)| Site {
                    node,
                    pointer: format!("{at}/{}", escape(name)),
                    beside: false,
                }))
            }
            Value::Array(list) if LISTS.contains(&key) => {
                left.extend(list.iter().enumerate().map(|(i, node)| Site {
                    node,
                    pointer: format!("{at}/{i}"),
                    beside: beside(node),
                }))
            }
            Value::Object(_) if SINGLE.contains(&key) => {
                left.push(Site { node: value, pointer: at, beside: beside(value) });
            }
            _ => {}
        }
    }
}

/// The parts of a schema's combinations.
fn parts(object: &Object) -> impl Iterator<Item = &Node> {
    let lists = COMBINED.iter().filter_map(|key| object.get(key).and_then(Node::as_array)).flatten();
    lists.chain(BRANCHES.iter().filter_map(|key| object.get(key)))
}

/// Whether a schema may describe properties: by itself or behind a reference.
fn describes(node: &Node) -> bool {
    node.as_object()
        .is_some_and(|o| o.get("properties").is_some_and(|p| p.as_object().is_some_and(|p| !p.is_empty())))
}

struct Look<'n> {
    object: &'n Object,
    pointer: &'n str,
    beside: bool,
    draft: Draft,
}

impl Look<'_> {
    fn say(&self, hits: &mut Hits, lint: &'static Lint, key: &str, text: String) {
        let place = if key.is_empty() {
            self.pointer.to_owned()
        } else {
            format!("{}/{}", self.pointer, escape(key))
        };
        hits.push(lint, &place, text);
    }

    fn all(&self, hits: &mut Hits) {
        if self.object.get("$ref").is_some_and(|r| r.as_str().is_some()) && self.draft <= Draft::Draft7 {
            return self.reference(hits); // nothing beside it counts
        }
        self.keywords(hits);
        self.partners(hits);
        self.values(hits);
        self.properties(hits);
        if let Some(pattern) = self.object.get("pattern").and_then(Node::as_str)
            && !pattern.starts_with('^')
            && !pattern.ends_with('$')
        {
            self.say(
                hits,
                &rules::JSON_UNANCHORED,
                "pattern",
                format!("pattern \"{pattern}\" has neither ^ nor $"),
            );
        }
    }

    fn reference(&self, hits: &mut Hits) {
        const HARMLESS: &[&str] = &[
            "$ref",
            "$schema",
            "$id",
            "id",
            "$comment",
            "title",
            "description",
            "examples",
            "definitions",
            "$defs",
        ];
        let others = self.object.keys().filter(|key| !HARMLESS.contains(key));
        for key in others.filter(|key| KEYWORDS.iter().any(|(word, ..)| word == key)) {
            self.say(hits, &rules::JSON_REF_SIBLINGS, key, format!("{key} beside $ref is ignored"));
        }
    }

    fn keywords(&self, hits: &mut Hits) {
        let types = types(self.object);
        for key in self.object.keys() {
            let Some((_, of, first, last)) = KEYWORDS.iter().find(|(word, ..)| *word == key) else {
                let known: Vec<&str> = KEYWORDS.iter().map(|(word, ..)| *word).collect();
                if let Some(meant) = meant(key, &known).filter(|meant| !self.object.contains_key(meant)) {
                    let text = format!("keyword \"{key}\" is unknown; is \"{meant}\" meant?");
                    self.say(hits, &rules::JSON_MISSPELT, key, text);
                }
                continue;
            };
            // `definitions` and `id` are harmless in other drafts, and `$defs` is where old schemas are converted to.
            let other = self.draft < *first || *last < self.draft;
            if other && !["definitions", "id", "$defs", "$id", "$comment"].contains(&key) {
                let text = format!("{key} means nothing in {}", draft(self.draft));
                self.say(hits, &rules::JSON_OTHER_DRAFT, key, text);
                continue;
            }
            if let Some(types) =
                types.as_ref().filter(|types| !of.is_empty() && !types.iter().any(|ty| fits(ty, of)))
            {
                let text =
                    format!("{key} looks at values of type {of}, but the type is {}", types.join(" or "));
                self.say(hits, &rules::JSON_NO_EFFECT, key, text);
            }
        }
        if self.draft == Draft::Draft202012
            && self.object.get("items").is_some_and(|items| items.as_array().is_some())
        {
            let text = "a list in items means nothing in draft 2020-12; it is prefixItems there".to_owned();
            self.say(hits, &rules::JSON_OTHER_DRAFT, "items", text);
        }
    }

    /// Keywords that need another one.
    fn partners(&self, hits: &mut Hits) {
        let tuple = self.object.get("items").is_some_and(|items| items.as_array().is_some());
        for (key, partner, there) in [
            ("then", "if", self.object.contains_key("if")),
            ("else", "if", self.object.contains_key("if")),
            ("minContains", "contains", self.object.contains_key("contains")),
            ("maxContains", "contains", self.object.contains_key("contains")),
            ("additionalItems", "a list in items", tuple || self.draft == Draft::Draft202012),
        ] {
            if self.object.contains_key(key) && !there {
                self.say(hits, &rules::JSON_NO_EFFECT, key, format!("{key} does nothing without {partner}"));
            }
        }
    }

    /// Values that the type refuses.
    fn values(&self, hits: &mut Hits) {
        let Some(types) = types(self.object) else { return };
        let mut look = |key: &str, value: &Node| {
            if !types.iter().any(|ty| is_of(value, ty)) {
                let text = format!("{key} has {}, but the type is {}", value.kind(), types.join(" or "));
                self.say(hits, &rules::JSON_OTHER_TYPE, key, text);
            }
        };
        for key in ["default", "const"] {
            if let Some(value) = self.object.get(key) {
                look(key, value);
            }
        }
        for value in self.object.get("enum").and_then(Node::as_array).unwrap_or_default() {
            look("enum", value);
        }
    }

    fn properties(&self, hits: &mut Hits) {
        let properties = self.object.get("properties").and_then(Node::as_object);
        let rest = self.object.get("additionalProperties");
        let closed = rest.and_then(Node::as_bool) == Some(false);
        let combined = parts(self.object).next().is_some() || self.object.contains_key("$ref");
        let said = rest.is_some() || self.object.contains_key("unevaluatedProperties");
        if properties.is_some_and(|p| !p.is_empty()) && !said && !self.beside && !combined {
            let text = "the object is open: nothing is said of other properties".to_owned();
            self.say(hits, &rules::JSON_OPEN, "", text);
        }
        let own: HashSet<&str> = properties.into_iter().flat_map(Object::keys).collect();
        let described = |part: &Node| {
            let there = part.get("properties").and_then(Node::as_object);
            there.is_some_and(|p| p.keys().any(|name| !own.contains(name)))
        };
        if closed && (self.beside || parts(self.object).any(described)) {
            let text =
                "additionalProperties: false does not see the properties that the other parts describe"
                    .to_owned();
            self.say(hits, &rules::JSON_CLOSED_COMBINATION, "additionalProperties", text);
        }
        // Elsewhere a property may be described: in another part, behind a reference, by a pattern.
        let elsewhere = combined
            || self.beside
            || self.object.contains_key("patternProperties")
            || rest.is_some_and(|r| r.as_object().is_some());
        let required = self.object.get("required").and_then(Node::as_array).unwrap_or_default();
        let unknown = required.iter().filter_map(Node::as_str).filter(|name| !own.contains(name));
        for name in unknown.filter(|_| {
            properties.is_some() && (!elsewhere || closed && !self.object.contains_key("patternProperties"))
        }) {
            let tail = if closed { ", and the object is closed: nothing is valid" } else { "" };
            let text = format!("required names \"{name}\", which properties does not describe{tail}");
            self.say(hits, &rules::JSON_REQUIRED_UNKNOWN, "required", text);
        }
    }
}

fn draft(draft: Draft) -> &'static str {
    match draft {
        Draft::Draft4 => "draft 4",
        Draft::Draft6 => "draft 6",
        Draft::Draft7 => "draft 7 (which a schema without $schema is)",
        Draft::Draft201909 => "draft 2019-09",
        Draft::Draft202012 => "draft 2020-12",
    }
}

/// The types that a schema allows, if it says so.
fn types(object: &Object) -> Option<Vec<&str>> {
    let node = object.get("type")?;
    match node.as_array() {
        Some(list) => Some(list.iter().filter_map(Node::as_str).collect()),
        None => Some(vec![node.as_str()?]),
    }
}

fn fits(ty: &str, of: &str) -> bool {
    ty == of || (ty == "integer" && of == "number")
}

fn is_of(value: &Node, ty: &str) -> bool {
    match (&value.value, ty) {
        (Value::Null, "null") | (Value::Bool(_), "boolean") | (Value::String(_), "string") => true,
        (Value::Array(_), "array") | (Value::Object(_), "object") | (Value::Number(_), "number") => true,
        (Value::Number(text), "integer") => whole(text),
        _ => false,
    }
}

/// Whether a number is whole: `1`, `1.0`, `1e3`. One too big to tell counts as whole.
fn whole(text: &str) -> bool {
    text.parse::<f64>().map_or(true, |number| !number.is_finite() || number.fract() == 0.0)
}
