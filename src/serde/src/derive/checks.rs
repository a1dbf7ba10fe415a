//! What the compiler checks of a definition alone: that defaults fit their fields, and that a name means one type.

use super::compare::{Text, equal};
use super::shape::{RecordShape, Shape};

/// A default, as the derive read it.
#[derive(Debug, Clone, Copy)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number; its value where it is whole and a `long` holds it.
    Number(Option<i64>),
    /// A string.
    Text(&'static str),
    /// An array.
    Array(&'static [Json]),
    /// An object.
    Object(&'static [(&'static str, Json)]),
}

/// Refuses a default that is no value of the field's type. Source: Avro specification, "Complex Types", the table of defaults.
///
/// # Panics
/// When it is none, which stops the compiler: it is called in constants.
#[expect(clippy::panic, reason = "a panic in a constant is how the compiler is told to stop")]
pub const fn default_must_fit(field: &str, default: &Json, shape: &Shape) {
    if !fits(default, shape) {
        let kind = shape.branch(0).kind();
        let text = Text::of(&["field \"", field, "\": the default is no value of its type, which is ", kind]);
        panic!("{}", text.as_str());
    }
}

const fn fits(default: &Json, shape: &Shape) -> bool {
    match (shape, default) {
        (Shape::Null, Json::Null) | (Shape::Boolean, Json::Boolean) => true,
        (Shape::Int, Json::Number(Some(whole))) => *whole >= i32::MIN as i64 && *whole <= i32::MAX as i64,
        (Shape::Long, Json::Number(Some(_))) | (Shape::Float | Shape::Double, Json::Number(_)) => true,
        (Shape::String, Json::Text(_)) => true,
        // A character is a byte.
        (Shape::Bytes, Json::Text(text)) => bytes(text).is_some(),
        (Shape::Fixed(fixed), Json::Text(text)) => matches!(bytes(text), Some(size) if size == fixed.size),
        (Shape::Enum(symbols), Json::Text(text)) => {
            let mut at = 0;
            while at < symbols.symbols.len() {
                if equal(symbols.symbols[at], text) {
                    return true;
                }
                at += 1;
            }
            false
        }
        (Shape::Array(items), Json::Array(values)) => {
            let mut at = 0;
            while at < values.len() {
                if !fits(&values[at], items) {
                    return false;
                }
                at += 1;
            }
            true
        }
        (Shape::Map(values), Json::Object(entries)) => {
            let mut at = 0;
            while at < entries.len() {
                if !fits(&entries[at].1, values) {
                    return false;
                }
                at += 1;
            }
            true
        }
        (Shape::Record(record), Json::Object(entries)) => record_fits(entries, record),
        (Shape::Logical(logical), _) => fits(default, &logical.base),
        (Shape::Union(_) | Shape::NullFirst(_) | Shape::NullLast(_), _) => fits(default, shape.branch(0)),
        _ => false,
    }
}

/// The fields that are given. One that is not may have a default of its own, which a shape does not show.
const fn record_fits(entries: &[(&'static str, Json)], record: &RecordShape) -> bool {
    let Some(fields) = record.fields else { return true };
    let mut at = 0;
    while at < entries.len() {
        let mut field = 0;
        while field < fields.len() {
            if equal(fields[field].name, entries[at].0) && !fits(&entries[at].1, &fields[field].shape) {
                return false;
            }
            field += 1;
        }
        at += 1;
    }
    true
}

/// How many bytes a text stands for, if each of its characters is one: none is above U+00FF.
const fn bytes(text: &str) -> Option<usize> {
    let text = text.as_bytes();
    let (mut at, mut count) = (0, 0);
    while at < text.len() {
        match text[at] {
            0..0x80 | 0xc2 | 0xc3 => count += 1, // the first byte of a character up to U+00FF
            0x80..0xc0 => {}
            _ => return None,
        }
        at += 1;
    }
    Some(count)
}

/// Refuses a record two of whose fields have different types of one name, or a field with another type of the record's own name. Types
/// deeper inside are compared when the schema is made.
///
/// # Panics
/// As [`default_must_fit`].
#[expect(clippy::panic, reason = "as above")]
pub const fn names_must_be_unique(shape: &Shape) {
    let Shape::Record(record) = shape else { return };
    let Some(fields) = record.fields else { return };
    let mut one = 0;
    while one < fields.len() {
        let mut clash = clash(shape, &fields[one].shape);
        let mut other = 0;
        while other < one && clash.is_none() {
            clash = self::clash(&fields[other].shape, &fields[one].shape);
            other += 1;
        }
        if let Some(name) = clash {
            let field = fields[one].name;
            let text = Text::of(&[
                "field \"",
                field,
                "\" of ",
                record.name,
                ": there is another type of the name ",
                name,
                "; give one of the two a name or namespace of its own",
            ]);
            panic!("{}", text.as_str());
        }
        one += 1;
    }
}

/// A name that both shapes have for different types, where no record is between.
const fn clash(a: &Shape, b: &Shape) -> Option<&'static str> {
    match (a, b) {
        (Shape::Array(inner) | Shape::Map(inner), _) => clash(inner, b),
        (Shape::Logical(logical), _) => clash(&logical.base, b),
        (Shape::Union(_) | Shape::NullFirst(_) | Shape::NullLast(_), _) => {
            let mut at = 0;
            while at < a.branches() {
                if let Some(name) = clash(a.branch(at), b) {
                    return Some(name);
                }
                at += 1;
            }
            None
        }
        (
            Shape::Record(_) | Shape::Enum(_) | Shape::Fixed(_),
            Shape::Record(_) | Shape::Enum(_) | Shape::Fixed(_),
        ) => {
            let name = a.branch_name();
            if !name.is_empty() && equal(name, b.branch_name()) && differ(a, b) { Some(name) } else { None }
        }
        // The other way round, until both are named; of two that never are nothing is left.
        (
            Shape::Record(_) | Shape::Enum(_) | Shape::Fixed(_),
            Shape::Array(_)
            | Shape::Map(_)
            | Shape::Logical(_)
            | Shape::Union(_)
            | Shape::NullFirst(_)
            | Shape::NullLast(_),
        ) => clash(b, a),
        _ => None,
    }
}

/// Whether two types of one name are not the same, as far as their shapes show.
const fn differ(a: &Shape, b: &Shape) -> bool {
    match (a, b) {
        (Shape::Fixed(a), Shape::Fixed(b)) => a.size != b.size,
        (Shape::Enum(a), Shape::Enum(b)) => {
            let mut at = 0;
            while at < a.symbols.len() && at < b.symbols.len() {
                if !equal(a.symbols[at], b.symbols[at]) {
                    return true;
                }
                at += 1;
            }
            a.symbols.len() != b.symbols.len()
        }
        (Shape::Record(a), Shape::Record(b)) => {
            let (Some(a), Some(b)) = (a.fields, b.fields) else { return false };
            let mut at = 0;
            while at < a.len() && at < b.len() {
                if !equal(a[at].name, b[at].name) || !equal(a[at].shape.kind(), b[at].shape.kind()) {
                    return true;
                }
                at += 1;
            }
            a.len() != b.len()
        }
        _ => true,
    }
}
