//! Do default values match their types? (Contract 2.9, new schemas only; rules of Apache Avro for Java 1.12.)
//!
//! A value for a union may match any branch; a record may leave out fields that have a valid default themselves.
//! Results are remembered per type and value, so the work is bounded by their product, and the depth by a constant.

use std::collections::HashMap;

use super::model::{AvroType, Entry, Field, TypeId};
use crate::json::{Node, Numbers, Value, write_compact};

/// How deep defaults may refer to defaults of further records.
const DEPTH_MAX: usize = 400;
/// Characters of a bad default shown in the message.
const SHOWN_MAX: usize = 100;

/// A default in the text.
pub(super) struct Site {
    /// The record whose field it is; filled in when the record is complete.
    pub(super) record: Option<TypeId>,
    /// Index of the field.
    pub(super) field: usize,
    /// Path of the default in the schema.
    pub(super) path: String,
    /// Offset of the default in the text.
    pub(super) offset: usize,
}

/// The first default that does not match its type, with the reason.
pub(super) fn first_invalid<'s>(types: &[Entry], sites: &'s [Site]) -> Option<(&'s Site, String)> {
    let mut check = Check { types, known: HashMap::new() };
    sites.iter().find_map(|site| {
        let field = match types.get(site.record?.index()).map(|entry| &entry.ty) {
            Some(AvroType::Record { fields, .. }) => fields.get(site.field)?,
            _ => return None,
        };
        let default = field.default.as_ref()?;
        if check.matches(field.ty, default, 0) {
            return None;
        }
        let kind = types.get(field.ty.index()).map_or("type", |entry| describe(&entry.ty));
        let reason = format!(
            "the default {} of the field \"{}\" does not match its type {kind}",
            shown(default),
            field.name
        );
        Some((site, reason))
    })
}

fn describe(ty: &AvroType) -> &str {
    ty.branch_name()
}

fn shown(default: &Node) -> String {
    let mut text = String::new();
    write_compact(default, Numbers::AsWritten, &mut text);
    match text.char_indices().nth(SHOWN_MAX) {
        None => text,
        Some((cut, _)) => format!("{}...", text.get(..cut).unwrap_or("")),
    }
}

struct Check<'t> {
    types: &'t [Entry],
    /// What is known of a type and a value (by its address); `false` while it is being found out, because a value
    /// that needs itself has no end.
    known: HashMap<(TypeId, usize), bool>,
}

impl Check<'_> {
    fn matches(&mut self, id: TypeId, value: &Node, depth: usize) -> bool {
        let types = self.types; // outlives self: the walk below borrows self mutably
        let Some(ty) = types.get(id.index()).map(|entry| &entry.ty) else { return false };
        match ty {
            AvroType::Null => value.is_null(),
            AvroType::Boolean => value.as_bool().is_some(),
            AvroType::Int => value.as_i64().is_some_and(|n| i32::try_from(n).is_ok()),
            AvroType::Long => value.as_i64().is_some(),
            AvroType::Float | AvroType::Double => value.as_number().is_some(),
            AvroType::Bytes | AvroType::String | AvroType::Fixed { .. } | AvroType::Enum { .. } => {
                value.as_str().is_some()
            }
            AvroType::Array { .. } | AvroType::Map { .. } | AvroType::Union(_) | AvroType::Record { .. } => {
                if depth >= DEPTH_MAX {
                    return false;
                }
                let key = (id, std::ptr::from_ref(value).addr());
                if let Some(known) = self.known.get(&key) {
                    return *known;
                }
                self.known.insert(key, false);
                let matches = self.container_matches(ty, value, depth + 1);
                self.known.insert(key, matches);
                matches
            }
        }
    }

    fn container_matches(&mut self, ty: &AvroType, value: &Node, depth: usize) -> bool {
        match (ty, &value.value) {
            (AvroType::Array { items }, Value::Array(list)) => {
                list.iter().all(|v| self.matches(*items, v, depth))
            }
            (AvroType::Map { values }, Value::Object(map)) => {
                map.iter().all(|(_, v)| self.matches(*values, v, depth))
            }
            (AvroType::Union(branches), _) => {
                branches.iter().any(|branch| self.matches(*branch, value, depth))
            }
            (AvroType::Record { fields, .. }, Value::Object(object)) => {
                fields.iter().all(|field: &Field| match object.get(&field.name).or(field.default.as_ref()) {
                    Some(v) => self.matches(field.ty, v, depth) || is_nan_text(self.types, field, v),
                    None => false,
                })
            }
            _ => false,
        }
    }
}

/// A default `"NaN"` of a float or double is a number to the reference; we keep it as the text it is printed as.
fn is_nan_text(types: &[Entry], field: &Field, value: &Node) -> bool {
    let own = field.default.as_ref().is_some_and(|default| std::ptr::eq(default, value));
    let floating = types.get(field.ty.index()).map(|entry| &entry.ty);
    own && matches!(floating, Some(AvroType::Float | AvroType::Double))
        && matches!(value.as_str(), Some("NaN" | "Infinity" | "-Infinity"))
}
