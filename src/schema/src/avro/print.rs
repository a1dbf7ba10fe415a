//! The canonical text: byte for byte what `Schema.toString()` of Apache Avro for Java 1.12 prints (contract 2.11).

use std::collections::HashSet;

use super::model::{Attributes, AvroSchema, AvroType, Field, Name, Order, TypeId};
use super::out::Out;
use crate::error::SchemaError;
use crate::limits::Limits;

/// Names that are printed in full even inside their own namespace, because alone they would mean a kind of type.
const KINDS: [&str; 14] = [
    "record", "enum", "array", "map", "union", "fixed", "string", "bytes", "int", "long", "float", "double",
    "boolean", "null",
];

/// Prints a schema. What the references describe is printed by name.
///
/// # Errors
/// `TooDeep` or `TooLarge` when the text would pass the limits and so could not be read again: definitions move to
/// the first mention, which may nest them deeper than they were written.
pub(super) fn canonical(schema: &AvroSchema, limits: &Limits) -> Result<String, SchemaError> {
    print(schema, limits, schema.reference_roots.iter().copied().collect())
}

impl AvroSchema {
    /// The canonical text with references expanded in place (`format=resolved`, contract 2.13).
    ///
    /// # Errors
    /// `TooDeep` or `TooLarge` when the expanded text would pass the limits.
    pub fn resolved(&self, limits: &Limits) -> Result<String, SchemaError> {
        print(self, limits, HashSet::new())
    }
}

fn print(schema: &AvroSchema, limits: &Limits, known: HashSet<TypeId>) -> Result<String, SchemaError> {
    let mut printer = Printer { schema, limits, known, out: Out::default() };
    printer.ty(schema.root, None, 0)?;
    let text = printer.out.0;
    if nesting(&text) > limits.depth {
        return Err(SchemaError::TooDeep { limit: limits.depth, position: None });
    }
    if text.len() > limits.schema_bytes {
        return Err(SchemaError::TooLarge { bytes: text.len(), limit: limits.schema_bytes });
    }
    Ok(text)
}

/// The deepest nesting of a JSON text that we have printed.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0, false, false);
    for b in text.bytes() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

struct Printer<'s> {
    schema: &'s AvroSchema,
    limits: &'s Limits,
    /// Named types that have been printed in full, or are what a reference describes.
    known: HashSet<TypeId>,
    out: Out,
}

impl Printer<'_> {
    /// `depth` counts the JSON values around this one.
    fn ty(&mut self, id: TypeId, namespace: Option<&str>, depth: usize) -> Result<(), SchemaError> {
        if depth > self.limits.depth {
            return Err(SchemaError::TooDeep { limit: self.limits.depth, position: None });
        }
        let schema = self.schema;
        let ty = schema.get(id);
        let attributes = schema.attributes(id);
        if let Some(name) = ty.name()
            && !self.known.insert(id)
        {
            self.out.string(qualified(name, namespace));
            return Ok(());
        }
        match ty {
            AvroType::Union(branches) => {
                self.out.raw("[");
                for (i, branch) in branches.iter().enumerate() {
                    self.out.comma(i);
                    self.ty(*branch, namespace, depth + 1)?;
                }
                self.out.raw("]");
            }
            AvroType::Array { items: inner } | AvroType::Map { values: inner } => {
                let array = matches!(ty, AvroType::Array { .. });
                self.out.open("type", ty.kind());
                self.out.key(if array { "items" } else { "values" });
                self.ty(*inner, namespace, depth + 1)?;
                self.attributes(attributes);
                self.out.raw("}");
            }
            AvroType::Record { name, fields, doc, aliases, is_error } => {
                self.head(if *is_error { "error" } else { "record" }, name, namespace, doc.as_deref());
                self.fields(fields, name.namespace(), depth + 2)?;
                self.tail(attributes, name, aliases);
            }
            AvroType::Enum { name, symbols, default, doc, aliases } => {
                self.head("enum", name, namespace, doc.as_deref());
                self.out.strings("symbols", symbols.iter().map(String::as_str));
                if let Some(default) = default {
                    self.out.text("default", default);
                }
                self.tail(attributes, name, aliases);
            }
            AvroType::Fixed { name, size, doc, aliases } => {
                self.head("fixed", name, namespace, doc.as_deref());
                self.out.key("size");
                self.out.raw(&size.to_string());
                self.tail(attributes, name, aliases);
            }
            _ if attributes.is_empty() => self.out.string(ty.kind()),
            _ => {
                self.out.open("type", ty.kind());
                self.attributes(attributes);
                self.out.raw("}");
            }
        }
        Ok(())
    }

    /// From `{` to `doc`.
    fn head(&mut self, kind: &str, name: &Name, namespace: Option<&str>, doc: Option<&str>) {
        self.out.open("type", kind);
        self.out.text("name", name.simple());
        if name.namespace() != namespace {
            self.out.text("namespace", name.namespace().unwrap_or(""));
        }
        if let Some(doc) = doc {
            self.out.text("doc", doc);
        }
    }

    fn fields(&mut self, fields: &[Field], namespace: Option<&str>, depth: usize) -> Result<(), SchemaError> {
        self.out.key("fields");
        self.out.raw("[");
        for (i, field) in fields.iter().enumerate() {
            self.out.comma(i);
            self.out.open("name", &field.name);
            self.out.key("type");
            self.ty(field.ty, namespace, depth + 1)?;
            if let Some(doc) = &field.doc {
                self.out.text("doc", doc);
            }
            if let Some(default) = &field.default {
                self.out.node("default", default);
            }
            if field.order != Order::Ascending {
                self.out.text("order", field.order.as_str());
            }
            if !field.aliases.is_empty() {
                self.out.strings("aliases", field.aliases.iter().map(String::as_str));
            }
            self.attributes(&field.attributes);
            self.out.raw("}");
        }
        self.out.raw("]");
        Ok(())
    }

    /// From the attributes to `}`.
    fn tail(&mut self, attributes: &Attributes, name: &Name, aliases: &[Name]) {
        self.attributes(attributes);
        if !aliases.is_empty() {
            self.out.strings("aliases", aliases.iter().map(|alias| qualified(alias, name.namespace())));
        }
        self.out.raw("}");
    }

    fn attributes(&mut self, attributes: &Attributes) {
        for (key, value) in attributes.iter() {
            self.out.node(key, value);
        }
    }
}

/// A name as it is mentioned inside `namespace`.
fn qualified<'n>(name: &'n Name, namespace: Option<&str>) -> &'n str {
    if name.namespace().is_some() && name.namespace() == namespace && !KINDS.contains(&name.simple()) {
        name.simple()
    } else {
        name.full()
    }
}
