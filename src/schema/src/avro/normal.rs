//! The normal form that `normalize=true` stores (contract 2.12): attributes in a fixed order, names in full, bare
//! strings for primitives without attributes. Unions keep their order, because it is on the wire.

use std::collections::HashSet;

use super::model::{Attributes, AvroSchema, AvroType, Field, Name, Order, TypeId};
use super::out::Out;

/// Attributes that come right after the structure, in this order.
const LOGICAL: [&str; 3] = ["logicalType", "precision", "scale"];

impl AvroSchema {
    /// The normal form. What the references describe is printed by name.
    pub fn normalized(&self) -> String {
        let mut printer = Printer {
            schema: self,
            known: self.reference_roots.iter().copied().collect(),
            out: Out::default(),
        };
        printer.ty(self.root, None);
        printer.out.0
    }
}

struct Printer<'s> {
    schema: &'s AvroSchema,
    known: HashSet<TypeId>,
    out: Out,
}

impl Printer<'_> {
    /// Recursion is as deep as in the canonical text, which has been printed under the depth limit.
    fn ty(&mut self, id: TypeId, namespace: Option<&str>) {
        let schema = self.schema;
        let ty = schema.get(id);
        let attributes = schema.attributes(id);
        if let Some(name) = ty.name()
            && !self.known.insert(id)
        {
            self.out.string(name.full());
            return;
        }
        match ty {
            AvroType::Union(branches) => {
                self.out.raw("[");
                for (i, branch) in branches.iter().enumerate() {
                    self.out.comma(i);
                    self.ty(*branch, namespace);
                }
                self.out.raw("]");
                return;
            }
            AvroType::Array { items: inner } | AvroType::Map { values: inner } => {
                let array = matches!(ty, AvroType::Array { .. });
                self.out.open("type", ty.kind());
                self.out.key(if array { "items" } else { "values" });
                self.ty(*inner, namespace);
                self.logical(attributes);
            }
            AvroType::Record { name, fields, doc, aliases, is_error } => {
                self.name(name, namespace);
                self.out.text("type", if *is_error { "error" } else { "record" });
                self.out.key("fields");
                self.fields(fields, name.namespace());
                self.named(attributes, doc.as_deref(), name, aliases);
            }
            AvroType::Enum { name, symbols, default, doc, aliases } => {
                self.name(name, namespace);
                self.out.text("type", "enum");
                self.out.strings("symbols", symbols.iter().map(String::as_str));
                self.named(attributes, doc.as_deref(), name, aliases);
                if let Some(default) = default {
                    self.out.text("default", default);
                }
            }
            AvroType::Fixed { name, size, doc, aliases } => {
                self.name(name, namespace);
                self.out.text("type", "fixed");
                self.out.key("size");
                self.out.raw(&size.to_string());
                self.named(attributes, doc.as_deref(), name, aliases);
            }
            _ if attributes.is_empty() => {
                self.out.string(ty.kind());
                return;
            }
            _ => {
                self.out.open("type", ty.kind());
                self.logical(attributes);
            }
        }
        self.others(attributes, |key| LOGICAL.contains(&key) && attributes.get("logicalType").is_some());
        self.out.raw("}");
    }

    /// The full name; a type without namespace inside one says so, or it would be read as a type of that namespace.
    fn name(&mut self, name: &Name, namespace: Option<&str>) {
        self.out.open("name", name.full());
        if name.namespace().is_none() && namespace.is_some() {
            self.out.text("namespace", "");
        }
    }

    fn fields(&mut self, fields: &[Field], namespace: Option<&str>) {
        self.out.raw("[");
        for (i, field) in fields.iter().enumerate() {
            self.out.comma(i);
            self.out.open("name", &field.name);
            self.out.key("type");
            self.ty(field.ty, namespace);
            if field.order != Order::Ascending {
                self.out.text("order", field.order.as_str());
            }
            if let Some(doc) = &field.doc {
                self.out.text("doc", doc);
            }
            self.aliases(field.aliases.iter().map(String::as_str).collect());
            if let Some(default) = &field.default {
                self.out.node("default", default);
            }
            self.others(&field.attributes, |_| false);
            self.out.raw("}");
        }
        self.out.raw("]");
    }

    /// Logical type, documentation and aliases of a named type.
    fn named(&mut self, attributes: &Attributes, doc: Option<&str>, name: &Name, aliases: &[Name]) {
        self.logical(attributes);
        if let Some(doc) = doc {
            self.out.text("doc", doc);
        }
        // Alone, an alias without namespace would be read in the namespace of the type.
        let dotted = |alias: &Name| name.namespace().is_some() && alias.namespace().is_none();
        let full = |alias: &Name| format!("{}{alias}", if dotted(alias) { "." } else { "" });
        let aliases: Vec<String> = aliases.iter().map(full).collect();
        self.aliases(aliases.iter().map(String::as_str).collect());
    }

    fn logical(&mut self, attributes: &Attributes) {
        if attributes.get("logicalType").is_none() {
            return;
        }
        for key in LOGICAL {
            if let Some(value) = attributes.get(key) {
                self.out.node(key, value);
            }
        }
    }

    fn others(&mut self, attributes: &Attributes, done: impl Fn(&str) -> bool) {
        let mut others: Vec<_> = attributes.iter().filter(|(key, _)| !done(key)).collect();
        others.sort_by_key(|(key, _)| *key);
        for (key, value) in others {
            self.out.node(key, value);
        }
    }

    fn aliases(&mut self, mut aliases: Vec<&str>) {
        if !aliases.is_empty() {
            aliases.sort_unstable();
            self.out.strings("aliases", aliases.into_iter());
        }
    }
}
