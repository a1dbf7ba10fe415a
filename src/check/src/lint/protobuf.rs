//! Lints of one `.proto` file, and of two: what was removed must stay reserved.

use std::collections::{BTreeMap, HashMap, HashSet};

use assay_schema::protobuf::ProtoSchema;
use assay_schema::protobuf::model::{Enum, Field, FieldType, File, Label, Message};

use super::{Hits, rules};
use crate::diff::Reserved;

/// Endings of a first constant that stands for "not set".
const UNSET: &[&str] =
    &["UNSPECIFIED", "UNKNOWN", "UNDEFINED", "INVALID", "NONE", "DEFAULT", "UNSET", "NULL_VALUE"];

pub(super) fn lint(schema: &ProtoSchema, hits: &mut Hits) {
    let file = schema.file();
    if file.syntax.is_none() {
        hits.push(&rules::PROTO_NO_SYNTAX, "", "the file has no syntax statement".to_owned());
    }
    if file.package.is_none() {
        hits.push(&rules::PROTO_NO_PACKAGE, "", "the file has no package".to_owned());
    }
    for (full, message) in messages(file) {
        for field in members(message).filter(|field| field.label == Some(Label::Required)) {
            let text = format!("field {} of message {full} is required", field.name);
            hits.push(&rules::PROTO_REQUIRED, &place(&full, field), text);
        }
    }
    for (full, e) in enums(file) {
        let Some(first) = e.values.first() else { continue };
        let name = first.name.to_ascii_uppercase();
        if !UNSET.iter().any(|word| name.ends_with(word)) {
            let text = format!("the first constant of enum {full} is {}, a value like any other", first.name);
            hits.push(&rules::PROTO_ENUM_WITHOUT_DEFAULT, &format!("{full}.{}", first.name), text);
        }
    }
}

/// What a new file did to an old one. `broken` are the places that the rules refuse already.
pub(super) fn lint_change(old: &ProtoSchema, new: &ProtoSchema, broken: &HashSet<&str>, hits: &mut Hits) {
    let now: HashMap<String, &Message> = messages(new.file()).into_iter().collect();
    for (full, was) in messages(old.file()) {
        let Some(is) = now.get(&full) else { continue };
        let after: BTreeMap<i32, &Field> = members(is).map(|field| (field.number, field)).collect();
        let reserved = Reserved::new(&is.reserved);
        let names: HashSet<&str> = is.reserved_names.iter().map(String::as_str).collect();
        for field in members(was) {
            let place = place(&full, field);
            match after.get(&field.number) {
                None => {
                    let missing = missing(reserved.has(field.number), names.contains(field.name.as_str()));
                    if let Some(missing) = missing {
                        let text = format!(
                            "field {} = {} of message {full} was removed, its {missing} not reserved",
                            field.name, field.number
                        );
                        hits.push(&rules::PROTO_NOT_RESERVED, &place, text);
                    }
                }
                Some(now) if repeated(field) != repeated(now) && !broken.contains(place.as_str()) => {
                    let text = format!(
                        "field {} of message {full} changed between one and several values",
                        now.name
                    );
                    hits.push(&rules::PROTO_LABEL, &self::place(&full, now), text);
                }
                Some(_) => {}
            }
        }
        dropped(&full, (&was.reserved_names, &is.reserved_names), hits);
        let kept = |number: i32| reserved.has(number);
        for range in was.reserved.iter().filter(|range| !kept(range.start) || !kept(range.end)) {
            let text = format!("message {full} no longer reserves all of {} to {}", range.start, range.end);
            hits.push(&rules::PROTO_RESERVED_DROPPED, &full, text);
        }
    }
    let now: HashMap<String, &Enum> = enums(new.file()).into_iter().collect();
    for (full, was) in enums(old.file()) {
        let Some(is) = now.get(&full) else { continue };
        let after: HashSet<i32> = is.values.iter().map(|value| value.number).collect();
        let reserved = Reserved::new(&is.reserved);
        let names: HashSet<&str> = is.reserved_names.iter().map(String::as_str).collect();
        for value in was.values.iter().filter(|value| !after.contains(&value.number)) {
            if let Some(missing) = missing(reserved.has(value.number), names.contains(value.name.as_str())) {
                let text = format!(
                    "constant {} = {} of enum {full} was removed, its {missing} not reserved",
                    value.name, value.number
                );
                hits.push(&rules::PROTO_NOT_RESERVED, &format!("{full}.{}", value.name), text);
            }
        }
        dropped(&full, (&was.reserved_names, &is.reserved_names), hits);
    }
}

fn missing(number: bool, name: bool) -> Option<&'static str> {
    match (number, name) {
        (true, true) => None,
        (false, true) => Some("number is"),
        (true, false) => Some("name is"),
        (false, false) => Some("number and name are"),
    }
}

fn dropped(full: &str, (old, new): (&[String], &[String]), hits: &mut Hits) {
    let new: HashSet<&String> = new.iter().collect();
    for name in old.iter().filter(|name| !new.contains(name)) {
        hits.push(&rules::PROTO_RESERVED_DROPPED, full, format!("{full} no longer reserves the name {name}"));
    }
}

fn repeated(field: &Field) -> bool {
    field.label == Some(Label::Repeated)
}

fn place(message: &str, field: &Field) -> String {
    match field.ty {
        FieldType::Group(_) => format!("{message}.{}", field.name.to_ascii_lowercase()),
        _ => format!("{message}.{}", field.name),
    }
}

fn members(message: &Message) -> impl Iterator<Item = &Field> {
    message.fields.iter().chain(message.oneofs.iter().flat_map(|oneof| &oneof.fields))
}

/// All messages with their full names, bodies of groups included.
fn messages(file: &File) -> Vec<(String, &Message)> {
    let join =
        |outer: &str, name: &str| if outer.is_empty() { name.to_owned() } else { format!("{outer}.{name}") };
    let package = file.package.as_deref().unwrap_or("");
    let mut left: Vec<(String, &Message)> =
        file.messages.iter().rev().map(|m| (join(package, &m.name), m)).collect();
    let mut out = Vec::new();
    while let Some((full, message)) = left.pop() {
        let groups = members(message).filter_map(|field| match &field.ty {
            FieldType::Group(body) => Some(&**body),
            _ => None,
        });
        left.extend(message.messages.iter().rev().chain(groups).map(|m| (join(&full, &m.name), m)));
        out.push((full, message));
    }
    out
}

fn enums(file: &File) -> Vec<(String, &Enum)> {
    let package = file.package.as_ref().map_or(String::new(), |package| format!("{package}."));
    let top = file.enums.iter().map(|e| (format!("{package}{}", e.name), e));
    let nested = messages(file);
    let nested = nested
        .into_iter()
        .flat_map(|(full, message)| message.enums.iter().map(move |e| (format!("{full}.{}", e.name), e)));
    top.chain(nested).collect()
}
