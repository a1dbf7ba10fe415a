//! Is a second definition of a name the same as the first? (Then it counts as a mention of it.)
//!
//! As in Apache Avro for Java: documentation and aliases do not count, attributes do, in any order. Named types inside
//! are compared by name, which is enough, because each of them has been through the same check.

use super::model::{AvroType, Entry, Field, TypeId};

pub(super) fn same_definition(types: &[Entry], a: &Entry, b: &Entry) -> bool {
    a.attributes == b.attributes
        && match (&a.ty, &b.ty) {
            (AvroType::Fixed { name: n, size: s, .. }, AvroType::Fixed { name: m, size: t, .. }) => {
                n == m && s == t
            }
            (AvroType::Enum { name: n, symbols: s, .. }, AvroType::Enum { name: m, symbols: t, .. }) => {
                n == m && s == t
            }
            (AvroType::Record { name: n, fields: f, .. }, AvroType::Record { name: m, fields: g, .. }) => {
                n == m && f.len() == g.len() && f.iter().zip(g).all(|(x, y)| same_field(types, x, y))
            }
            _ => false,
        }
}

fn same_field(types: &[Entry], a: &Field, b: &Field) -> bool {
    a.name == b.name
        && a.default == b.default
        && a.order == b.order
        && a.attributes == b.attributes
        && same_type(types, a.ty, b.ty)
}

/// Recursion ends at named types, so it is as deep as the text was nested.
fn same_type(types: &[Entry], a: TypeId, b: TypeId) -> bool {
    if a == b {
        return true;
    }
    let (Some(x), Some(y)) = (types.get(a.index()), types.get(b.index())) else { return false };
    x.attributes == y.attributes
        && match (&x.ty, &y.ty) {
            (AvroType::Array { items: s }, AvroType::Array { items: t }) => same_type(types, *s, *t),
            (AvroType::Map { values: s }, AvroType::Map { values: t }) => same_type(types, *s, *t),
            (AvroType::Union(s), AvroType::Union(t)) => {
                s.len() == t.len() && s.iter().zip(t).all(|(s, t)| same_type(types, *s, *t))
            }
            (s, t) => s.name().is_none() && t.name().is_none() && s.kind() == t.kind(),
        }
}
