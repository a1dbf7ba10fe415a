//! Generated pairs of Protobuf schemas: the laws, and truth by data: what one version wrote, a version that we call
//! compatible reads, and no field that both know is lost. Where the contract's rules break that, the exception is named.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::collections::BTreeMap;

use assay_compat::{Difference, Level, Old, check};
use assay_schema::protobuf::prost_reflect::prost::Message as _;
use assay_schema::protobuf::prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value,
};
use assay_schema::testing::Rng;
use assay_schema::{Limits, ParsedSchema, SchemaType, Strictness, Version, parse};

const SCALARS: [&str; 15] = [
    "int32", "int64", "uint32", "uint64", "bool", "sint32", "sint64", "string", "bytes", "fixed32",
    "sfixed32", "fixed64", "sfixed64", "float", "double",
];

/// A file in the making.
#[derive(Clone)]
struct File {
    proto3: bool,
    messages: Vec<(String, Vec<Member>)>,
}

#[derive(Clone)]
struct Member {
    name: String,
    number: usize,
    ty: String,
    /// "", "optional ", "repeated ", or the name of a oneof with a colon.
    place: &'static str,
}

const PLACES: [&str; 6] = ["", "", "optional ", "repeated ", "x:", "y:"];

fn file(rng: &mut Rng) -> File {
    let messages = (0..1 + rng.below(3)).map(|i| {
        let members = (1..=rng.below(6)).map(|number| member(rng, number)).collect();
        (format!("M{i}"), members)
    });
    let messages: Vec<_> = messages.collect();
    File { proto3: rng.chance(60), messages }
}

fn member(rng: &mut Rng, number: usize) -> Member {
    Member { name: format!("f{number}"), number, ty: ty(rng), place: rng.pick(&PLACES) }
}

fn ty(rng: &mut Rng) -> String {
    match rng.below(12) {
        0..8 => rng.pick(&SCALARS).to_owned(),
        8 => "E".to_owned(),
        9 => format!("map<{}, {}>", rng.pick(&["int32", "string", "bool"]), rng.pick(&SCALARS)),
        n => format!("M{}", n - 10),
    }
}

fn edit(file: &File, rng: &mut Rng) -> File {
    let mut next = file.clone();
    for _ in 0..1 + rng.below(3) {
        let at = rng.below(next.messages.len());
        let Some((_, members)) = next.messages.get_mut(at) else { continue };
        let i = rng.below(members.len());
        let number = 1 + rng.below(9);
        match rng.below(7) {
            0 if !members.is_empty() => drop(members.remove(i)),
            1 if members.iter().all(|m| m.number != number) => members.push(member(rng, number)),
            2 => members.iter_mut().skip(i).take(1).for_each(|m| m.ty = ty(rng)),
            3 => members.iter_mut().skip(i).take(1).for_each(|m| m.place = rng.pick(&PLACES)),
            4 => members.iter_mut().skip(i).take(1).for_each(|m| m.name = format!("g{}", m.number)),
            5 => next.messages.push((format!("N{}", next.messages.len()), Vec::new())),
            _ => rng.shuffle(members),
        }
    }
    next
}

fn text(file: &File) -> String {
    let mut out = format!("syntax = \"proto{}\";\nenum E {{ A = 0; B = 1; }}\n", 2 + u8::from(file.proto3));
    for (name, members) in &file.messages {
        out += &format!("message {name} {{\n");
        let mut oneofs: BTreeMap<&str, String> = BTreeMap::new();
        for Member { name, number, ty, place } in members {
            let map = ty.starts_with("map");
            if let (Some(oneof), false) = (place.strip_suffix(':'), map) {
                *oneofs.entry(oneof).or_default() += &format!(" {ty} {name} = {number};");
                continue;
            }
            let label = match place {
                _ if map => "",
                place if place.ends_with(' ') => place,
                _ if file.proto3 => "",
                _ => "optional ",
            };
            out += &format!("  {label}{ty} {name} = {number};\n");
        }
        for (oneof, members) in oneofs {
            out += &format!("  oneof {oneof} {{{members} }}\n");
        }
        out += "}\n";
    }
    out
}

fn proto(text: &str) -> Option<ParsedSchema> {
    parse(SchemaType::Protobuf, text, &[], Strictness::New, &Limits::default()).ok()
}

fn differences(level: Level, new: &ParsedSchema, old: &ParsedSchema) -> Vec<Difference> {
    check(level, new, &[Old { version: Version::FIRST, schema: old }]).differences().to_vec()
}

fn pairs(seed: u64, count: usize) -> Vec<(String, ParsedSchema, String, ParsedSchema)> {
    let count =
        if std::env::var("ASSAY_TEST_MODE").is_ok_and(|mode| mode == "full") { count * 20 } else { count };
    let mut rng = Rng::new(seed);
    let mut pairs = Vec::new();
    while pairs.len() < count {
        let old = file(&mut rng);
        let new = edit(&old, &mut rng);
        let (old, new) = (text(&old), text(&new));
        if let (Some(a), Some(b)) = (proto(&old), proto(&new)) {
            pairs.push((old, a, new, b));
        }
    }
    pairs
}

#[test]
fn laws_hold_on_generated_pairs() {
    for (old_text, old, new_text, new) in pairs(21, 800) {
        let context = format!("{old_text}\n{new_text}");
        let of = |level| differences(level, &new, &old);
        let rows = |list: Vec<Difference>| -> Vec<_> { list.into_iter().map(|d| (d.rule, d.path)).collect() };
        assert!(of(Level::None).is_empty(), "{context}");
        assert!(differences(Level::Full, &new, &new).is_empty(), "{context}");
        assert_eq!(of(Level::Full), [of(Level::Forward), of(Level::Backward)].concat(), "{context}");
        assert_eq!(rows(of(Level::Forward)), rows(differences(Level::Backward, &old, &new)), "{context}");
        assert_eq!(of(Level::Full), of(Level::FullTransitive), "{context}");
        let normal = proto(&new.normalized()).unwrap();
        let mut sorted = [rows(differences(Level::Full, &normal, &old)), rows(of(Level::Full))];
        sorted.iter_mut().for_each(|rows| rows.sort_by(|a, b| (a.0.id(), &a.1).cmp(&(b.0.id(), &b.1))));
        assert_eq!(sorted[0], sorted[1], "{context}");
    }
}

/// Where the rules call compatible what can lose data; each has an example in `the_exceptions_are_real`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Relabelled {
    /// An absent label never counts: `int32` to `repeated int32` in proto3.
    Number,
    /// FIELD_STRING_OR_BYTES_LABEL_CHANGED: the last one is taken.
    Text,
    /// Labels of messages are not compared: several are merged.
    Message,
}

fn exception(was: &FieldDescriptor, is: &FieldDescriptor) -> Option<Relabelled> {
    if was.is_list() == is.is_list() {
        return None;
    }
    Some(match was.kind() {
        Kind::Message(_) => Relabelled::Message,
        Kind::String | Kind::Bytes => Relabelled::Text,
        _ => Relabelled::Number,
    })
}

/// A message of the old type; numbers fit every type of their group (narrowing is an exception of its own).
fn message(rng: &mut Rng, old: &MessageDescriptor, new: &MessageDescriptor, depth: usize) -> DynamicMessage {
    let mut message = DynamicMessage::new(old.clone());
    for field in old.fields() {
        let other = new.get_field(field.number());
        if rng.chance(30) || other.as_ref().is_some_and(|other| exception(&field, other).is_some()) {
            continue;
        }
        let other = other.as_ref().unwrap_or(&field);
        if depth == 0 && matches!(field.kind(), Kind::Message(_)) {
            continue;
        }
        let one = |rng: &mut Rng| value(rng, &field.kind(), &other.kind(), depth);
        let value = match field.kind() {
            Kind::Message(entry) if field.is_map() => {
                let Kind::Message(other) = other.kind() else { continue };
                let (key, content) =
                    (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
                let key = match value(rng, &key, &key, 0) {
                    Value::Bool(b) => MapKey::Bool(b),
                    Value::I32(n) => MapKey::I32(n),
                    Value::String(s) => MapKey::String(s),
                    other => panic!("{other:?} is no key here"),
                };
                let content = value(rng, &content, &other.map_entry_value_field().kind(), depth);
                Value::Map([(key, content)].into())
            }
            _ if field.is_list() => Value::List((0..1 + rng.below(3)).map(|_| one(rng)).collect()),
            _ => one(rng),
        };
        message.set_field(&field, value);
    }
    message
}

fn value(rng: &mut Rng, kind: &Kind, other: &Kind, depth: usize) -> Value {
    let bit = rng.below(2);
    match kind {
        Kind::Double => Value::F64(bit as f64 + 0.5),
        Kind::Float => Value::F32(bit as f32 + 0.5),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(bit as i32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(bit as i64),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(bit as u32),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(bit as u64),
        Kind::Bool => Value::Bool(bit == 1),
        Kind::String => Value::String(format!("text{bit}")),
        Kind::Bytes => Value::Bytes(format!("bytes{bit}").into_bytes().into()),
        Kind::Enum(_) => Value::EnumNumber(bit as i32),
        Kind::Message(inner) => {
            let other = other.as_message().unwrap_or(inner);
            Value::Message(message(rng, inner, other, depth.saturating_sub(1)))
        }
    }
}

/// What a message says in fields that `other` knows too, the same for all types of a group.
fn said(message: &DynamicMessage, other: &MessageDescriptor) -> String {
    let mut out = String::new();
    let mut fields: Vec<_> = message.descriptor().fields().collect();
    fields.sort_by_key(FieldDescriptor::number);
    for field in fields {
        let Some(known) = other.get_field(field.number()) else { continue };
        if exception(&field, &known).is_some() || exception(&known, &field).is_some() {
            continue;
        }
        if matches!(field.kind(), Kind::Message(_)) && !message.has_field(&field) {
            continue; // an absent message: its default would go on for ever where types are circular
        }
        let inner = known.kind();
        out += &format!("{}={};", field.number(), word(&message.get_field(&field), &inner));
    }
    out
}

fn word(value: &Value, other: &Kind) -> String {
    match value {
        Value::Bool(b) => u8::from(*b).to_string(),
        Value::I32(n) | Value::EnumNumber(n) => n.to_string(),
        Value::I64(n) => n.to_string(),
        Value::U32(n) => n.to_string(),
        Value::U64(n) => n.to_string(),
        Value::F32(n) => format!("{n:?}"),
        Value::F64(n) => format!("{n:?}"),
        Value::String(s) => format!("{:?}", s.as_bytes()),
        Value::Bytes(b) => format!("{:?}", b.as_ref()),
        Value::Message(m) => other.as_message().map_or_else(String::new, |o| format!("{{{}}}", said(m, o))),
        Value::List(items) => items.iter().map(|item| word(item, other) + ",").collect(),
        Value::Map(map) => {
            let content = other.as_message().map(|entry| entry.map_entry_value_field().kind());
            let rows = map.iter().map(|(key, value)| {
                let value = content.as_ref().map_or_else(String::new, |kind| word(value, kind));
                let key = match key {
                    MapKey::Bool(b) => u8::from(*b).to_string(),
                    MapKey::I32(n) => n.to_string(),
                    MapKey::I64(n) => n.to_string(),
                    MapKey::U32(n) => n.to_string(),
                    MapKey::U64(n) => n.to_string(),
                    MapKey::String(text) => format!("{text:?}"),
                };
                format!("{key}:{value}")
            });
            rows.collect::<Vec<_>>().join(",")
        }
    }
}

#[test]
fn what_compatible_schemas_write_is_read_without_loss() {
    let mut rng = Rng::new(22);
    let (mut compatible, mut records) = (0, 0);
    for (old_text, old, new_text, new) in pairs(23, 1_500) {
        if !differences(Level::Backward, &new, &old).is_empty() {
            continue;
        }
        compatible += 1;
        let (ParsedSchema::Protobuf(old), ParsedSchema::Protobuf(new)) = (&old, &new) else { panic!() };
        for was in old.file_descriptor().unwrap().messages() {
            let is = new.descriptor_pool().get_message_by_name(was.full_name()).unwrap();
            for _ in 0..3 {
                let written = message(&mut rng, &was, &is, 3);
                let bytes = written.encode_to_vec();
                let read = DynamicMessage::decode(is.clone(), bytes.as_slice());
                let read = read.unwrap_or_else(|e| panic!("{e}: {written:?}\n{old_text}\n{new_text}"));
                assert_eq!(said(&written, &is), said(&read, &was), "{old_text}\n{new_text}");
                records += 1;
            }
        }
    }
    eprintln!("protobuf data: {compatible} compatible pairs, {records} records");
    assert!(compatible > 200, "{compatible} compatible pairs tell little");
}

/// Every exception, and narrowing within a group, by an example: called compatible, and yet not what was written.
#[test]
fn the_exceptions_are_real() {
    let rows: Vec<serde_json::Value> = serde_json::from_str(include_str!("exceptions.json")).unwrap();
    for row in rows.iter().filter(|row| row["type"] == "PROTOBUF") {
        let text = |key: &str| row[key].as_str().unwrap();
        let (old, new) = (proto(text("old")).unwrap(), proto(text("new")).unwrap());
        let hex = text("value");
        let byte = |i: usize| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap();
        let bytes: Vec<u8> = (0..hex.len() / 2).map(byte).collect();
        assert!(differences(Level::Full, &new, &old).is_empty(), "{}", row["name"]);
        let read = |schema: &ParsedSchema| {
            let ParsedSchema::Protobuf(schema) = schema else { panic!() };
            let message = schema.descriptor_pool().get_message_by_name("p.A").unwrap();
            let read = DynamicMessage::decode(message.clone(), &bytes[..]).map_err(|e| e.to_string())?;
            Ok::<_, String>(word(
                &read.get_field_by_number(1).unwrap(),
                &message.get_field(1).unwrap().kind(),
            ))
        };
        assert!(read(&old).is_ok(), "{}: {:?}", row["name"], read(&old));
        assert_ne!(read(&old), read(&new), "{}", row["name"]);
    }
}
