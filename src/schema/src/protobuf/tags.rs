//! Tags of Protobuf schemas: `tags` in the options `(confluent.message_meta)` and `(confluent.field_meta)`, written as
//! one message literal or as an option of its own. Recursion follows the messages, whose depth the parser has bounded.

use super::model::{Entry, Field, FieldType, File, Import, ImportKind, Message, OptionDecl, Value};
use super::{ProtoSchema, print};
use crate::tags::EntityKind;

const META_FILE: &str = "confluent/meta.proto";
const MESSAGE_META: &str = "confluent.message_meta";
const FIELD_META: &str = "confluent.field_meta";

type Visit<'v> = dyn FnMut(&[EntityKind], &str, Vec<String>) -> Vec<String> + 'v;

impl ProtoSchema {
    /// Shows every message and field to the visitor and prints what comes of it.
    pub(crate) fn visit_tags(&self, visit: &mut Visit<'_>) -> String {
        let mut file = File::clone(&self.file);
        let mut walk = Walk { visit, added: false };
        let package = file.package.clone().unwrap_or_default();
        file.messages.iter_mut().for_each(|m| walk.message(m, &package));
        if walk.added && !file.imports.iter().any(|import| import.path == META_FILE) {
            file.imports.push(Import { kind: ImportKind::Plain, path: META_FILE.to_owned() });
        }
        print::print(&file)
    }
}

struct Walk<'w, 'v> {
    visit: &'w mut Visit<'v>,
    /// Whether an option was written that needs [`META_FILE`].
    added: bool,
}

impl Walk<'_, '_> {
    fn message(&mut self, message: &mut Message, scope: &str) {
        let path = joined(scope, &message.name);
        self.entity(EntityKind::Record, &path, MESSAGE_META, &mut message.options);
        let in_oneofs = message.oneofs.iter_mut().flat_map(|oneof| &mut oneof.fields);
        for field in message.fields.iter_mut().chain(in_oneofs) {
            self.field(field, &path);
        }
        message.messages.iter_mut().for_each(|m| self.message(m, &path));
    }

    fn field(&mut self, field: &mut Field, message: &str) {
        self.entity(EntityKind::Field, &joined(message, &field.name), FIELD_META, &mut field.options);
        if let FieldType::Group(body) = &mut field.ty {
            self.message(body, message);
        }
    }

    fn entity(&mut self, kind: EntityKind, path: &str, meta: &str, options: &mut Vec<OptionDecl>) {
        let before = tags_of(options, meta);
        let after = (self.visit)(&[kind], path, before.clone());
        if after != before {
            self.added |= !after.is_empty();
            set_tags(options, meta, &after);
        }
    }
}

fn joined(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

/// Which part of the meta option an option sets.
#[derive(PartialEq)]
enum Part {
    Whole,
    Tags,
    Other,
}

fn part(option: &OptionDecl, meta: &str) -> Part {
    let name = option.name.strip_prefix('(').map(|name| name.strip_prefix('.').unwrap_or(name));
    match name.and_then(|name| name.strip_prefix(meta)) {
        Some(")") => Part::Whole,
        Some(").tags") => Part::Tags,
        _ => Part::Other,
    }
}

fn tags_of(options: &[OptionDecl], meta: &str) -> Vec<String> {
    let mut tags = Vec::new();
    for option in options {
        match (part(option, meta), &option.value) {
            (Part::Tags, value) => texts(value, &mut tags),
            (Part::Whole, Value::Message(entries)) => {
                entries.iter().filter(|e| e.name == "tags").for_each(|e| texts(&e.value, &mut tags));
            }
            _ => {}
        }
    }
    tags
}

fn texts(value: &Value, tags: &mut Vec<String>) {
    match value {
        Value::Text(bytes) => tags.push(String::from_utf8_lossy(bytes).into_owned()),
        Value::List(values) => values.iter().for_each(|value| texts(value, tags)),
        _ => {}
    }
}

/// Puts `tags` into the message literal if there is one, else into options of their own.
fn set_tags(options: &mut Vec<OptionDecl>, meta: &str, tags: &[String]) {
    options.retain(|option| part(option, meta) != Part::Tags);
    let text = |tag: &String| Value::Text(tag.as_bytes().to_vec());
    let literal = options.iter_mut().find_map(|option| match (part(option, meta), &mut option.value) {
        (Part::Whole, Value::Message(entries)) => Some(entries),
        _ => None,
    });
    match literal {
        Some(entries) => {
            entries.retain(|entry| entry.name != "tags");
            if !tags.is_empty() {
                let value = Value::List(tags.iter().map(text).collect());
                entries.push(Entry { name: "tags".to_owned(), value });
            }
        }
        None => {
            let name = format!("({meta}).tags");
            options.extend(tags.iter().map(|tag| OptionDecl { name: name.clone(), value: text(tag) }));
        }
    }
    let emptied =
        |option: &OptionDecl| part(option, meta) == Part::Whole && option.value == Value::Message(Vec::new());
    options.retain(|option| !emptied(option));
}
