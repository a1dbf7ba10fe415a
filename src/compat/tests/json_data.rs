//! JSON Schema, truth by data: what is valid under a schema is valid under one that we call BACKWARD-compatible. Schemas
//! of draft 7 are generated over a named set of keywords and edited; values are made to fit the older one; the
//! `jsonschema` crate says what is valid. Where the contract's rules break it, the exception is named, and shown by an
//! example, in `exceptions.json`: the rule (empty: a difference without any), the older and the newer schema, and a value.
//! `assay lint` warns of each of them (src/check/tests/lint_exceptions.rs).

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use assay_compat::{Level, Old, Policy, changes, check};
use assay_schema::testing::Rng;
use assay_schema::{Limits, ParsedSchema, SchemaType, Strictness, Version, parse};
use serde_json::{Map, Value, json};

/// The keywords that the law is held over. Not among them, and why: `exceptions.json`.
const KEYWORDS: &[&str] = &[
    "type",
    "properties",
    "required",
    "additionalProperties",
    "minProperties",
    "maxProperties",
    "dependencies",
    "items",
    "additionalItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "enum",
    "const",
    "anyOf",
    "allOf",
    "not",
    "$ref",
    "definitions",
];

fn parsed(schema: &Value) -> Option<ParsedSchema> {
    parse(SchemaType::Json, &schema.to_string(), &[], Strictness::New, &Limits::default()).ok()
}

fn validator(schema: &ParsedSchema) -> impl Fn(&Value) -> bool {
    let ParsedSchema::Json(schema) = schema else { panic!("JSON") };
    let validator = schema.validator().unwrap();
    move |value| validator.is_valid(value)
}

fn fits(new: &ParsedSchema, old: &ParsedSchema) -> bool {
    check(Level::Backward, new, &[Old { version: Version::FIRST, schema: old }]).is_compatible()
}

fn small(rng: &mut Rng) -> Value {
    json!(rng.below(5))
}

/// A schema with an explicit type; what is required is declared.
fn schema(rng: &mut Rng, depth: usize) -> Value {
    let simple = if depth == 0 { 6 } else { 11 };
    let mut out = match rng.below(simple) {
        0 => json!({"type": "string"}),
        1 => json!({"type": rng.pick(&["integer", "number"])}),
        2 => json!({"type": rng.pick(&["boolean", "null"])}),
        3 => json!({"enum": (0..1 + rng.below(3)).map(|_| literal(rng)).collect::<Vec<_>>()}),
        4 => json!({"const": literal(rng)}),
        5 => json!({"$ref": rng.pick(&["#/definitions/A", "#/definitions/B"])}),
        6 | 7 => object(rng, depth),
        8 => match rng.chance(60) {
            true => json!({"type": "array", "items": schema(rng, depth - 1)}),
            false => json!({"type": "array", "items": list(rng, depth, 3)}),
        },
        9 => json!({rng.pick(&["anyOf", "allOf"]): list(rng, depth, 3)}),
        _ => json!({"not": schema(rng, depth - 1)}),
    };
    if rng.chance(30) {
        restrict(rng, &mut out, depth);
    }
    out
}

fn list(rng: &mut Rng, depth: usize, most: usize) -> Vec<Value> {
    (0..1 + rng.below(most)).map(|_| schema(rng, depth - 1)).collect()
}

fn object(rng: &mut Rng, depth: usize) -> Value {
    let mut properties = Map::new();
    for _ in 0..rng.below(4) {
        properties.insert(rng.pick(&["a", "b", "c", "d"]).to_owned(), schema(rng, depth - 1));
    }
    let required: Vec<_> = properties.keys().filter(|_| rng.chance(40)).cloned().collect();
    let mut out = json!({"type": "object", "properties": properties, "required": required});
    match rng.below(4) {
        0 => out["additionalProperties"] = json!(false),
        1 => out["additionalProperties"] = schema(rng, depth - 1),
        _ => {}
    }
    out
}

fn literal(rng: &mut Rng) -> Value {
    match rng.below(6) {
        0 => json!(null),
        1 => json!("aa"),
        2 => json!([rng.below(2)]),
        3 => json!({"a": rng.below(2)}),
        _ => json!(rng.below(4)),
    }
}

/// One keyword more, or another value of one.
fn restrict(rng: &mut Rng, schema: &mut Value, depth: usize) {
    let keywords: &[&str] = match schema["type"].as_str() {
        Some("string") => &["minLength", "maxLength"],
        Some("integer" | "number") => {
            &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]
        }
        Some("array") => &["minItems", "maxItems", "uniqueItems", "additionalItems"],
        Some("object") => &["minProperties", "maxProperties", "dependencies"],
        _ => return,
    };
    let keyword = rng.pick(keywords);
    schema[keyword] = match keyword {
        "multipleOf" => json!(1 + rng.below(6)),
        "uniqueItems" => json!(rng.chance(70)),
        "additionalItems" if depth == 0 || rng.chance(50) => json!(rng.chance(50)),
        "additionalItems" => self::schema(rng, depth - 1),
        "dependencies" if depth == 0 || rng.chance(50) => json!({"a": [rng.pick(&["b", "c"])]}),
        "dependencies" => json!({"a": object(rng, depth)}),
        _ => small(rng),
    };
}

/// Where schemas are in a schema.
fn places(schema: &Value) -> Vec<String> {
    let mut out = Vec::new();
    let mut left = vec![String::new()];
    while let Some(at) = left.pop() {
        let Some(Value::Object(object)) = schema.pointer(&at) else { continue };
        for (key, value) in object {
            match (key.as_str(), value) {
                ("properties" | "definitions", Value::Object(map)) => {
                    left.extend(map.keys().map(|name| format!("{at}/{key}/{name}")));
                }
                ("anyOf" | "allOf" | "items", Value::Array(items)) => {
                    left.extend((0..items.len()).map(|i| format!("{at}/{key}/{i}")));
                }
                ("items" | "additionalProperties" | "additionalItems" | "not", Value::Object(_)) => {
                    left.push(format!("{at}/{key}"));
                }
                _ => {}
            }
        }
        out.push(at);
    }
    out
}

/// Whether a definition refers to itself without anything between: such a schema is no evidence for or against itself,
/// and the contract has such pairs assumed compatible.
fn refers_to_itself_in_place(root: &Value) -> bool {
    ["/definitions/A", "/definitions/B"].iter().any(|start| {
        let (mut left, mut seen) = (vec![(*start).to_owned()], 0);
        while let Some(at) = left.pop() {
            seen += 1;
            let Some(Value::Object(object)) = root.pointer(&at) else { continue };
            for (key, value) in object {
                match (key.as_str(), value) {
                    ("$ref", Value::String(target)) => left.push(target.trim_start_matches('#').to_owned()),
                    ("anyOf" | "allOf", Value::Array(items)) => {
                        left.extend((0..items.len()).map(|i| format!("{at}/{key}/{i}")));
                    }
                    ("dependencies", Value::Object(map)) => {
                        left.extend(map.keys().map(|name| format!("{at}/{key}/{name}")));
                    }
                    ("not", _) => left.push(format!("{at}/{key}")),
                    _ => {}
                }
            }
            if left.iter().any(|next| next == start) || seen > 1_000 {
                return true;
            }
        }
        false
    })
}

/// A small change, as people make them.
fn edit(rng: &mut Rng, root: &mut Value) {
    let places = places(root);
    let at = &places[rng.below(places.len())];
    let Some(place) = root.pointer_mut(at) else { return };
    match rng.below(10) {
        0 | 1 => restrict(rng, place, 1),
        2 => {
            let Value::Object(object) = place else { return };
            let keep = ["type", "definitions", "properties"];
            let keys: Vec<_> = object.keys().filter(|key| !keep.contains(&key.as_str())).cloned().collect();
            if !keys.is_empty() {
                object.remove(&keys[rng.below(keys.len())]);
            }
        }
        3 if place["properties"].is_object() => {
            let name = rng.pick(&["a", "b", "c", "d", "e"]);
            let added = schema(rng, 1);
            place["properties"][name] = added;
        }
        4 => {
            let Some(properties) = place.get_mut("properties").and_then(Value::as_object_mut) else { return };
            let names: Vec<_> = properties.keys().cloned().collect();
            if names.is_empty() {
                return;
            }
            let name = &names[rng.below(names.len())];
            properties.remove(name);
            if let Some(Value::Array(required)) = place.get_mut("required") {
                required.retain(|other| other != name);
            }
        }
        5 if place["type"] == "integer" => place["type"] = json!("number"),
        5 | 6 if place.get("definitions").is_none() => {
            let other = schema(rng, 0);
            *place = json!({"anyOf": [place.take(), other]});
        }
        7 => {
            let more = literal(rng);
            if let Some(Value::Array(values)) = place.get_mut("enum") {
                values.push(more);
            }
        }
        8 => {
            let list = ["anyOf", "allOf", "items"][rng.below(3)];
            let Some(Value::Array(items)) = place.get_mut(list) else { return };
            match rng.chance(50) {
                true => items.push(schema(rng, 1)),
                false if items.len() > 1 => drop(items.remove(rng.below(items.len()))),
                false => {}
            }
        }
        _ if !at.is_empty() => *place = schema(rng, 1),
        _ => {}
    }
    // What an edit took away is required no more: a name that nobody declares is an exception.
    for at in self::places(root) {
        let Some(place) = root.pointer_mut(&at) else { continue };
        let declared: Vec<String> =
            place["properties"].as_object().into_iter().flat_map(|p| p.keys().cloned()).collect();
        if let Some(Value::Array(required)) = place.get_mut("required") {
            required.retain(|name| declared.iter().any(|other| *name == json!(other)));
        }
    }
}

/// A value that nearly fits.
fn value(rng: &mut Rng, root: &Value, at: &Value, depth: usize) -> Value {
    if depth == 0 || rng.chance(8) {
        return any(rng, 1);
    }
    if let Some(target) = at["$ref"].as_str().and_then(|target| root.pointer(target.trim_start_matches('#')))
    {
        return value(rng, root, target, depth - 1);
    }
    for key in ["anyOf", "allOf", "enum"] {
        if let Some(Value::Array(items)) = at.get(key) {
            let item = &items[rng.below(items.len())];
            return if key == "enum" { item.clone() } else { value(rng, root, item, depth - 1) };
        }
    }
    if let Some(only) = at.get("const") {
        return only.clone();
    }
    match at["type"].as_str() {
        Some("string") => json!("a".repeat(rng.below(5))),
        Some("integer") => small(rng),
        Some("number") => json!(rng.below(10) as f64 / 2.0),
        Some("boolean") => json!(rng.chance(50)),
        Some("null") => json!(null),
        Some("array") => {
            let items = (0..rng.below(4)).map(|i| {
                let item = match &at["items"] {
                    Value::Array(items) => items.get(i).unwrap_or(&at["additionalItems"]),
                    other => other,
                };
                value(rng, root, item, depth - 1)
            });
            Value::Array(items.collect())
        }
        Some("object") => {
            let mut out = Map::new();
            for (name, schema) in at["properties"].as_object().into_iter().flatten() {
                let required = at["required"].as_array().is_some_and(|list| list.contains(&json!(name)));
                if required || rng.chance(60) {
                    out.insert(name.clone(), value(rng, root, schema, depth - 1));
                }
            }
            if rng.chance(40) {
                let name = rng.pick(&["a", "b", "c", "d", "e"]).to_owned();
                let extra = value(rng, root, &at["additionalProperties"], depth - 1);
                out.entry(name).or_insert(extra);
            }
            Value::Object(out)
        }
        _ => any(rng, 1),
    }
}

fn any(rng: &mut Rng, depth: usize) -> Value {
    match rng.below(8) {
        0 => json!("a".repeat(rng.below(4))),
        1 => json!(rng.chance(50)),
        2 if depth > 0 => json!([any(rng, depth - 1)]),
        3 if depth > 0 => json!({rng.pick(&["a", "b", "e"]): any(rng, depth - 1)}),
        _ => literal(rng),
    }
}

fn root(rng: &mut Rng) -> Value {
    let mut out = object(rng, 3);
    out["definitions"] = json!({"A": schema(rng, 1), "B": schema(rng, 2)});
    out
}

#[test]
fn what_is_valid_under_the_old_schema_is_valid_under_a_compatible_one() {
    let full = std::env::var("ASSAY_TEST_MODE").is_ok_and(|mode| mode == "full");
    let mut rng = Rng::new(31);
    let (mut pairs, mut compatible, mut held) = (0, 0, 0);
    while pairs < if full { 60_000 } else { 4_000 } {
        let old_text = root(&mut rng);
        let mut new_text = old_text.clone();
        (0..1 + rng.below(3)).for_each(|_| edit(&mut rng, &mut new_text));
        let (Some(old), Some(new)) = (parsed(&old_text), parsed(&new_text)) else { continue };
        let in_place = refers_to_itself_in_place(&old_text) || refers_to_itself_in_place(&new_text);
        if old_text == new_text || in_place {
            continue;
        }
        pairs += 1;
        if !fits(&new, &old) {
            continue;
        }
        compatible += 1;
        let (was, is) = (validator(&old), validator(&new));
        for _ in 0..30 {
            let value = value(&mut rng, &old_text, &old_text, 6);
            if was(&value) {
                held += 1;
                assert!(is(&value), "{value}\nold {old_text}\nnew {new_text}\n{:?}", rules(&new, &old));
            }
        }
    }
    eprintln!("json data: {pairs} pairs, {compatible} compatible, {held} values");
    assert!(
        compatible * 5 > pairs && held > compatible * 3,
        "{compatible} of {pairs}, {held} values tell little"
    );
}

/// The set of keywords is the one that is generated: no more, no less.
#[test]
fn the_named_keywords_are_the_generated_ones() {
    let mut rng = Rng::new(32);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..500 {
        let schema = root(&mut rng);
        for at in places(&schema) {
            seen.extend(
                schema.pointer(&at).and_then(Value::as_object).into_iter().flat_map(|o| o.keys().cloned()),
            );
        }
    }
    assert_eq!(seen, KEYWORDS.iter().map(|keyword| (*keyword).to_owned()).collect());
}

fn rules(new: &ParsedSchema, old: &ParsedSchema) -> Vec<String> {
    let found = changes(Policy::Strict, new, &Old { version: Version::FIRST, schema: old });
    found.iter().map(|difference| format!("{} {}", difference.rule.id(), difference.path)).collect()
}

#[test]
fn the_exceptions_are_real() {
    let rows: Vec<Value> = serde_json::from_str(include_str!("exceptions.json")).unwrap();
    for row in rows.iter().filter(|row| row["type"] == "JSON") {
        let (name, rule, value) = (&row["name"], row["rule"].as_str().unwrap(), &row["value"]);
        let (old, new) = (parsed(&row["old"]).unwrap(), parsed(&row["new"]).unwrap());
        assert!(fits(&new, &old), "{name}: called incompatible");
        let told = rules(&new, &old);
        assert!(
            told.iter().all(|told| told == rule) && told.is_empty() == rule.is_empty(),
            "{name}: {told:?}"
        );
        assert!(validator(&old)(value) && !validator(&new)(value), "{name}: {value}");
    }
}
