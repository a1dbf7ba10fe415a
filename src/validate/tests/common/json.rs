//! JSON schemas of the common keywords, with some others in between, and payloads for them: valid ones, nearly valid ones, and texts that
//! are nearly JSON.

use std::fmt::Write;

use assay_schema::testing::Rng;
use serde_json::{Map, Value, json};

const NAMES: [&str; 8] = ["id", "name", "a", "items", "na\"me", "größe", "a longer name", ""];
const DRAFTS: [&str; 5] = [
    "http://json-schema.org/draft-04/schema#",
    "http://json-schema.org/draft-06/schema#",
    "http://json-schema.org/draft-07/schema#",
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
];
const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];

/// A schema, in any draft; most use nothing that one pass cannot check.
pub(crate) fn schema(rng: &mut Rng) -> Value {
    let draft = rng.below(DRAFTS.len());
    let mut root = node(rng, draft, 0);
    root.insert("$schema".into(), DRAFTS[draft].into());
    let mut definitions = Map::new();
    for name in ["x", "y/z"] {
        definitions.insert(name.into(), Value::Object(node(rng, draft, 2)));
    }
    root.insert("definitions".into(), definitions.into());
    if draft < 3 {
        // Here a `$ref` hides what stands beside it, `$schema` excepted.
        return Value::Object(root);
    }
    root.insert("title".into(), "T".into());
    Value::Object(root)
}

fn node(rng: &mut Rng, draft: usize, depth: usize) -> Map<String, Value> {
    let mut out = Map::new();
    if depth > 0 && rng.chance(10) {
        let target = ["#/definitions/x", "#/definitions/y~1z", "#"][rng.below(3)];
        out.insert("$ref".into(), target.into());
        return out;
    }
    if depth > 0 && depth < 3 && rng.chance(8) {
        let mut choices = vec![json!({"type": "null"})];
        (0..1 + rng.below(2)).for_each(|_| choices.push(node(rng, draft, depth + 1).into()));
        rng.shuffle(&mut choices);
        out.insert(["oneOf", "anyOf"][rng.below(2)].into(), choices.into());
        return out;
    }
    if rng.chance(80) {
        let ty = TYPES[if depth == 0 { 5 + rng.below(2) } else { rng.below(7) }];
        let other = TYPES[rng.below(7)];
        let both = rng.chance(20) && ty != other;
        out.insert("type".into(), if both { json!([ty, other]) } else { ty.into() });
    }
    for _ in 0..rng.below(4) {
        keyword(rng, draft, depth, &mut out);
    }
    let deep = depth >= 3;
    let is = |ty: &str| {
        out.get("type")
            .is_some_and(|is| is == ty || is.as_array().is_some_and(|all| all.contains(&ty.into())))
    };
    let (object, array) = (is("object"), is("array"));
    if object && !deep && rng.chance(90) {
        let properties: Map<String, Value> = (0..1 + rng.below(4))
            .map(|_| (NAMES[rng.below(NAMES.len())].to_owned(), Value::Object(node(rng, draft, depth + 1))))
            .collect();
        out.insert("properties".into(), properties.into());
    }
    if array && !deep && rng.chance(80) {
        out.insert("items".into(), node(rng, draft, depth + 1).into());
    }
    out
}

fn keyword(rng: &mut Rng, draft: usize, depth: usize, out: &mut Map<String, Value>) {
    let small = |rng: &mut Rng| Value::from(rng.below(5));
    let number = |rng: &mut Rng| {
        [json!(0), json!(3), json!(-2), json!(2.5), json!(1e2), json!(u64::MAX), json!(0.1)][rng.below(7)]
            .clone()
    };
    let (key, value) = match rng.below(20) {
        0 => ("minLength", small(rng)),
        1 => ("maxLength", small(rng)),
        2 => ("pattern", ["^a", "b+$", "[0-9]{2}", "^(ab|b)$"][rng.below(4)].into()),
        3 => ("format", ["date", "email", "ipv4", "uuid", "unknown"][rng.below(5)].into()),
        4 => ("minimum", number(rng)),
        5 => ("maximum", number(rng)),
        6 if draft == 0 => ("exclusiveMinimum", rng.chance(50).into()),
        6 => ("exclusiveMinimum", number(rng)),
        7 if draft == 0 => ("maximum", number(rng)),
        7 => ("exclusiveMaximum", number(rng)),
        8 => ("multipleOf", [json!(2), json!(0.5), json!(3)][rng.below(3)].clone()),
        9 => ("minItems", small(rng)),
        10 => ("maxItems", small(rng)),
        11 => ("minProperties", small(rng)),
        12 => ("maxProperties", small(rng)),
        13 | 14 => {
            let mut names: Vec<&str> = (0..1 + rng.below(2)).map(|_| NAMES[rng.below(NAMES.len())]).collect();
            names.dedup();
            ("required", json!(names))
        }
        15 => (
            "additionalProperties",
            if depth < 3 && rng.chance(50) {
                node(rng, draft, depth + 1).into()
            } else {
                rng.chance(30).into()
            },
        ),
        16 => {
            let mut options =
                vec![json!("ab"), json!(1), json!(null), json!(true), json!(2.0), json!("é\n"), json!(0)];
            rng.shuffle(&mut options);
            options.truncate(1 + rng.below(4));
            ("enum", options.into())
        }
        17 if draft > 0 => {
            ("const", [json!("ab"), json!(1), json!(null), json!(false), json!([1])][rng.below(5)].clone())
        }
        18 if rng.chance(20) => ("uniqueItems", true.into()),
        _ => ("description", "nothing is asked".into()),
    };
    out.insert(key.into(), value);
    if draft == 0 && key == "exclusiveMinimum" {
        out.entry("minimum").or_insert_with(|| number(rng)); // the one asks for the other in draft 4
    }
}

/// A text that may be valid: it follows the schema, with slips.
pub(crate) fn payload(schema: &Value, rng: &mut Rng) -> String {
    let mut out = String::new();
    blank(rng, &mut out);
    value(schema, schema, rng, 0, &mut out);
    blank(rng, &mut out);
    out
}

fn blank(rng: &mut Rng, out: &mut String) {
    if rng.chance(5) {
        out.push_str([" ", "\n", "\t", "\r", "  "][rng.below(5)]);
    }
}

fn value(root: &Value, schema: &Value, rng: &mut Rng, depth: usize, out: &mut String) {
    let mut schema = schema;
    for _ in 0..5 {
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            schema = root.pointer(&target[1..]).unwrap_or(&Value::Null);
        }
    }
    let choices = schema.get("oneOf").or(schema.get("anyOf")).and_then(Value::as_array);
    if let Some(choices) = choices {
        return value(root, &choices[rng.below(choices.len())], rng, depth + 1, out);
    }
    let options = schema.get("enum").and_then(Value::as_array);
    if let Some(options) = options.filter(|_| rng.chance(80)) {
        write!(out, "{}", options[rng.below(options.len())]).unwrap();
        return;
    }
    let ty = match schema.get("type") {
        Some(Value::String(ty)) if rng.chance(95) => ty.as_str(),
        Some(Value::Array(types)) => types[rng.below(types.len())].as_str().unwrap(),
        _ => TYPES[rng.below(if depth > 4 { 5 } else { 7 })],
    };
    match ty {
        "null" => out.push_str("null"),
        "boolean" => out.push_str(["true", "false"][rng.below(2)]),
        "integer" => out.push_str(
            ["0", "1", "3", "-2", "7", "2.0", "100", "18446744073709551615", "-9223372036854775808", "1e2"]
                [rng.below(10)],
        ),
        "number" => out.push_str(
            [
                "0.5",
                "2.5",
                "-0.0",
                "-0",
                "3.00",
                "1E-2",
                "0.1",
                "99.99",
                "12345678901234567890123",
                "1e300",
                "100.5",
                "-1.75",
                "2.4999999999999999999",
            ][rng.below(13)],
        ),
        "string" => string(rng, out),
        "array" => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            let count = if depth > 6 { 0 } else { rng.below(4) };
            list(rng, '[', ']', count, out, |_, rng, out| value(root, items, rng, depth + 1, out));
        }
        _ => {
            let mut names: Vec<&str> = schema
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flat_map(Map::keys)
                .map(String::as_str)
                .collect();
            names.extend(
                schema
                    .get("required")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str),
            );
            for _ in 0..rng.below(2) {
                names.push(NAMES[rng.below(NAMES.len())]); // may be there already
            }
            names.retain(|_| rng.chance(92));
            if rng.chance(30) {
                rng.shuffle(&mut names);
            }
            if depth > 6 {
                names.clear();
            }
            list(rng, '{', '}', names.len(), out, |at, rng, out| {
                key(names[at], rng, out);
                blank(rng, out);
                out.push(':');
                blank(rng, out);
                let property = schema.get("properties").and_then(|all| all.get(names[at]));
                value(
                    root,
                    property.or(schema.get("additionalProperties")).unwrap_or(&Value::Null),
                    rng,
                    depth + 1,
                    out,
                );
            });
        }
    }
}

fn list(
    rng: &mut Rng,
    open: char,
    close: char,
    count: usize,
    out: &mut String,
    mut each: impl FnMut(usize, &mut Rng, &mut String),
) {
    out.push(open);
    blank(rng, out);
    for at in 0..count {
        if at > 0 {
            out.push(',');
            blank(rng, out);
        }
        each(at, rng, out);
        blank(rng, out);
    }
    out.push(close);
}

fn key(name: &str, rng: &mut Rng, out: &mut String) {
    let escaped =
        rng.chance(5).then(|| name.chars().next()).flatten().filter(|first| (*first as u32) < 0x1_0000);
    match escaped {
        Some(first) => {
            write!(out, "\"\\u{:04x}{}", first as u32, &json!(&name[first.len_utf8()..]).to_string()[1..])
                .unwrap()
        }
        None => write!(out, "{}", json!(name)).unwrap(),
    }
}

fn string(rng: &mut Rng, out: &mut String) {
    let pieces = [
        "a",
        "b",
        "ab",
        "12",
        "é",
        "世",
        r"\n",
        r"\u0061",
        r"\ud83d\ude00",
        r#"\""#,
        r"\\",
        "2024-01-31",
        "a@b.cd",
        "127.0.0.1",
        " ",
    ];
    out.push('"');
    (0..rng.below(4)).for_each(|_| out.push_str(pieces[rng.below(pieces.len())]));
    if rng.chance(1) {
        out.push_str([r"\ud800", r"\x", "\u{1}", r"\u12"][rng.below(4)]);
    }
    out.push('"');
}
