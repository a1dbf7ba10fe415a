//! Whether a writer's schema is the type's own as far as bytes and names go: then its data needs no resolution.

use std::collections::HashSet;
use std::fmt::Write as _;

use assay_schema::avro::{AvroSchema, AvroType, TypeId};

/// What two schemas must have in common for their data to be read alike: kinds, full names, fields and symbols in order, sizes and
/// logical types; not documentation, defaults, aliases and other attributes.
pub(super) fn layout(schema: &AvroSchema) -> String {
    let mut out = String::new();
    write(schema, schema.root(), &mut HashSet::new(), &mut out);
    out
}

/// The depth is bounded: the parser has gone as deep, and a named type is written once.
fn write(schema: &AvroSchema, id: TypeId, seen: &mut HashSet<TypeId>, out: &mut String) {
    let ty = schema.get(id);
    out.push_str(ty.kind());
    if let Some(name) = ty.name() {
        let _ = write!(out, " {name}"); // a String takes anything
        if !seen.insert(id) {
            out.push(';');
            return;
        }
    }
    let attributes = schema.attributes(id);
    if let Some(logical) = attributes.logical_type() {
        let number = |key| attributes.get(key).and_then(|node| node.as_number()).unwrap_or("0");
        let _ = write!(out, " {logical:?} {} {}", number("precision"), number("scale"));
    }
    out.push('{');
    match ty {
        AvroType::Fixed { size, .. } => out.push_str(&size.to_string()),
        AvroType::Enum { symbols, .. } => out.push_str(&symbols.join(",")),
        AvroType::Array { items } => write(schema, *items, seen, out),
        AvroType::Map { values } => write(schema, *values, seen, out),
        AvroType::Union(branches) => branches.iter().for_each(|id| write(schema, *id, seen, out)),
        AvroType::Record { fields, .. } => fields.iter().for_each(|field| {
            out.push_str(&field.name);
            out.push(':');
            write(schema, field.ty, seen, out);
        }),
        _ => {}
    }
    out.push_str("};");
}
