//! The tables against the definitions that Apache Kafka ships: every field, in order, in every version.
//!
//! `ASSAY_KAFKA_MESSAGES` is a directory of the definitions, such as `common/message` of the `kafka-clients` jar
//! (`tests/run` extracts it). Without it the test says that it was skipped.

#![allow(clippy::unwrap_used, reason = "a test: its helpers too may panic")]

use std::path::Path;

use assay_protocol::{AnyMessage, FieldSpec, MessageKind, MessageSpec, Type, Versions, messages};
use serde_json::Value;

/// One field of one version, so that two notations of the same thing are equal.
#[derive(Debug, PartialEq)]
struct Row {
    path: String,
    ty: String,
    nullable: bool,
    tag: Option<u64>,
    default: String,
}

#[test]
fn tables_equal_the_official_definitions() {
    let Some(dir) = std::env::var_os("ASSAY_KAFKA_MESSAGES") else {
        println!("skipped: ASSAY_KAFKA_MESSAGES is not set");
        return;
    };
    let mut compared = 0;
    for AnyMessage { spec, .. } in messages::ALL {
        let file = Path::new(&dir).join(format!("{}.json", spec.name));
        match std::fs::read_to_string(&file) {
            Ok(text) => {
                compare(spec, &serde_json::from_str(&without_comments(&text)).unwrap());
                compared += 1;
            }
            // The records of internal topics are in another jar.
            Err(_) if spec.kind == MessageKind::Data => println!("skipped: no {}", file.display()),
            Err(error) => panic!("{}: {error}", file.display()),
        }
    }
    println!("compared {compared} messages");
}

fn compare(spec: &MessageSpec, official: &Value) {
    let name = spec.name;
    assert_eq!(official["name"], name);
    if let Some(key) = spec.api_key() {
        assert_eq!(official["apiKey"], key.as_i16(), "{name}");
    }
    let valid = versions(official["validVersions"].as_str().unwrap());
    let flexible = versions(official["flexibleVersions"].as_str().unwrap());
    if spec.kind != MessageKind::Data {
        assert!(spec.versions.max <= valid.max, "{name}: {:?} but official {valid:?}", spec.versions);
        assert!(spec.versions.max >= valid.min, "{name}: {:?} but official {valid:?}", spec.versions);
    }
    // Newer definitions drop old versions; what they still have must agree.
    for version in spec.versions.min.max(valid.min)..=spec.versions.max.min(valid.max) {
        assert_eq!(spec.flexible.contains(version), flexible.contains(version), "{name} v{version}");
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        our_rows(spec.fields, version, "", &mut ours);
        official_rows(&official["fields"], &official["commonStructs"], version, "", &mut theirs);
        assert_eq!(ours, theirs, "{name} v{version}");
    }
}

fn our_rows(fields: &[FieldSpec], version: i16, path: &str, rows: &mut Vec<Row>) {
    for field in fields.iter().filter(|field| field.versions.contains(version)) {
        let path = format!("{path}/{}", field.name);
        let (ty, nested) = match field.ty {
            Type::Array(&Type::Struct(name, nested)) => (format!("[]{name}"), Some(nested)),
            Type::Struct(name, nested) => (name.to_owned(), Some(nested)),
            Type::Array(element) => (format!("[]{}", our_type(*element)), None),
            plain => (our_type(plain).to_owned(), None),
        };
        let nullable = field.nullable.contains(version);
        let tag = field.tag.filter(|(_, versions)| versions.contains(version)).map(|(tag, _)| u64::from(tag));
        let default = match field.default {
            None => "zero".to_owned(),
            Some("None") => "null".to_owned(),
            Some(text) => plain_default(text),
        };
        rows.push(Row { path: path.clone(), ty, nullable, tag, default });
        if let Some(nested) = nested {
            our_rows(nested, version, &path, rows);
        }
    }
}

fn our_type(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::Int8 => "int8",
        Type::Int16 => "int16",
        Type::Uint16 => "uint16",
        Type::Int32 => "int32",
        Type::Uint32 => "uint32",
        Type::Int64 => "int64",
        Type::Float64 => "float64",
        Type::Uuid => "uuid",
        Type::String => "string",
        Type::Bytes => "bytes",
        Type::Array(_) | Type::Struct(..) => unreachable!("handled by the caller"),
    }
}

fn official_rows(fields: &Value, common: &Value, version: i16, path: &str, rows: &mut Vec<Row>) {
    for field in fields.as_array().into_iter().flatten() {
        if !versions(field["versions"].as_str().unwrap()).contains(version) {
            continue;
        }
        let path = format!("{path}/{}", snake_case(field["name"].as_str().unwrap()));
        let ty = field["type"].as_str().unwrap();
        let in_versions =
            |key: &str| field[key].as_str().is_some_and(|text| versions(text).contains(version));
        let tag = field["tag"].as_u64().filter(|_| in_versions("taggedVersions"));
        let default = match &field["default"] {
            // Kafka's generator gives nullable records the default null.
            Value::Null if ty == "records" && field.get("nullableVersions").is_some() => "null".to_owned(),
            Value::Null => "zero".to_owned(),
            Value::String(text) => plain_default(text),
            other => plain_default(&other.to_string()),
        };
        let nullable = in_versions("nullableVersions");
        let base = ty.trim_start_matches("[]");
        rows.push(Row { path: path.clone(), ty: ty.replace("records", "bytes"), nullable, tag, default });
        let shared = common.as_array().into_iter().flatten().find(|shared| shared["name"] == base);
        let nested = field.get("fields").or(shared.map(|shared| &shared["fields"]));
        if let Some(nested) = nested {
            official_rows(nested, common, version, &path, rows);
        }
    }
}

fn plain_default(text: &str) -> String {
    let number = match text.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    };
    match (number, text.to_lowercase().as_str()) {
        (Some(0), _) | (None, "" | "false") => "zero".to_owned(),
        (Some(number), _) => number.to_string(),
        (None, text) => text.to_owned(),
    }
}

fn versions(text: &str) -> Versions {
    let number = |text: &str| text.parse().unwrap();
    match text {
        "none" => Versions::NONE,
        _ if text.ends_with('+') => Versions { min: number(text.trim_end_matches('+')), max: i16::MAX },
        _ => match text.split_once('-') {
            Some((min, max)) => Versions { min: number(min), max: number(max) },
            None => Versions { min: number(text), max: number(text) },
        },
    }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// The definitions are JSON with `//` comments.
fn without_comments(text: &str) -> String {
    let mut plain = String::new();
    for line in text.lines() {
        let (mut quoted, mut end) = (false, line.len());
        for (at, c) in line.char_indices() {
            match c {
                '"' if !line[..at].ends_with('\\') => quoted = !quoted,
                '/' if !quoted && line[at..].starts_with("//") => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        plain.push_str(&line[..end]);
        plain.push('\n');
    }
    plain
}
