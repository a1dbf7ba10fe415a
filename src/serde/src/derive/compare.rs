//! The comparison of a definition with a schema file, by the compiler, and the sentence that says how they differ.

use super::shape::{FieldShape, RecordShape, Shape};

/// Text that constant code can build. What does not fit is left out.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    bytes: [u8; Text::BYTES_MAX],
    length: usize,
}

impl Text {
    const BYTES_MAX: usize = 600;

    const fn new() -> Text {
        Text { bytes: [0; Text::BYTES_MAX], length: 0 }
    }

    pub(super) const fn of(parts: &[&str]) -> Text {
        let mut text = Text::new();
        let mut at = 0;
        while at < parts.len() {
            text.push(parts[at]);
            at += 1;
        }
        text
    }

    const fn push(&mut self, part: &str) {
        let part = part.as_bytes();
        if self.length + part.len() > Text::BYTES_MAX {
            return; // whole parts only: half a character is no text
        }
        let mut at = 0;
        while at < part.len() {
            self.bytes[self.length] = part[at];
            self.length += 1;
            at += 1;
        }
    }

    const fn push_number(&mut self, number: usize) {
        if number >= 10 {
            self.push_number(number / 10);
        }
        let digit = [b'0' + (number % 10) as u8];
        if let Ok(digit) = std::str::from_utf8(&digit) {
            self.push(digit);
        }
    }

    /// The text.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

/// The path to what is compared, from its end.
#[derive(Clone, Copy)]
struct Path<'p> {
    name: &'p str,
    /// The record that the name is a field of.
    record: &'p str,
    above: Option<&'p Path<'p>>,
}

const fn write_path(path: &Path<'_>, text: &mut Text) {
    if let Some(above) = path.above {
        write_path(above, text);
        if !path.name.is_empty() {
            text.push(".");
        }
    }
    text.push(path.name);
}

const fn is_above(path: &Path<'_>, record: &str) -> bool {
    equal(path.record, record)
        || match path.above {
            Some(above) => is_above(above, record),
            None => false,
        }
}

pub(super) const fn equal(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Refuses a field whose type is not what the schema file has.
///
/// # Panics
/// When they differ, which stops the compiler: it is called in constants.
#[expect(clippy::panic, reason = "a panic in a constant is how the compiler is told to stop")]
pub const fn must_fit(file: &str, record: &str, field: &str, expected: &Shape, got: &Shape) {
    if let Some(text) = difference(record, field, expected, got) {
        let mut whole = Text::of(&[file, ": "]);
        whole.push(text.as_str());
        panic!("{}", whole.as_str());
    }
}

/// Refuses a union that Avro does not have: two branches of the same type, or a union inside.
///
/// # Panics
/// As [`must_fit`].
#[expect(clippy::panic, reason = "as above")]
pub const fn must_be_union(name: &str, shape: &Shape) {
    let mut one = 0;
    while one < shape.branches() {
        let branch = shape.branch(one);
        if branch.is_union() {
            panic!(
                "{}",
                Text::of(&["the union ", name, " has a union as a branch, which Avro does not have"])
                    .as_str()
            );
        }
        let mut other = 0;
        while other < one {
            if equal(branch.branch_name(), shape.branch(other).branch_name()) {
                let text = Text::of(&[
                    "the union ",
                    name,
                    " has two branches of the Avro type ",
                    branch.branch_name(),
                    ": nobody could tell them apart",
                ]);
                panic!("{}", text.as_str());
            }
            other += 1;
        }
        one += 1;
    }
}

/// How the type of a field differs from what the schema has; `None` if it does not.
#[must_use]
pub const fn difference(record: &str, field: &str, expected: &Shape, got: &Shape) -> Option<Text> {
    compare(&Path { name: field, record, above: None }, expected, got)
}

const fn differ(path: &Path<'_>, expected: &[&str], got: &[&str]) -> Option<Text> {
    let mut text = Text::of(&["field \""]);
    write_path(path, &mut text);
    text.push("\": the schema has ");
    text.push(Text::of(expected).as_str());
    text.push(", the definition ");
    text.push(Text::of(got).as_str());
    Some(text)
}

const fn compare(path: &Path<'_>, expected: &Shape, got: &Shape) -> Option<Text> {
    match (expected, got) {
        (Shape::Logical(a), Shape::Logical(b)) => {
            if !equal(a.name, b.name) {
                return differ(path, &["the logical type ", a.name], &["the logical type ", b.name]);
            }
            if let (Some((precision, scale)), Some((p, s))) = (a.decimal, b.decimal)
                && (precision != p || scale != s)
            {
                return differ(
                    path,
                    &["decimal", decimal(precision, scale).as_str()],
                    &["decimal", decimal(p, s).as_str()],
                );
            }
            compare(path, &a.base, &b.base)
        }
        // A number or text may be used for what has a meaning on top of it. Not the other way round.
        (Shape::Logical(a), _) => compare(path, &a.base, got),
        (_, Shape::Logical(b)) => differ(path, &[expected.branch_name()], &["the logical type ", b.name]),
        (Shape::Null, Shape::Null)
        | (Shape::Boolean, Shape::Boolean)
        | (Shape::Int, Shape::Int)
        | (Shape::Long, Shape::Long)
        | (Shape::Float, Shape::Float)
        | (Shape::Double, Shape::Double)
        | (Shape::Bytes, Shape::Bytes)
        | (Shape::String, Shape::String) => None,
        (Shape::Fixed(a), Shape::Fixed(b)) => {
            if !b.name.is_empty() && !equal(a.name, b.name) {
                return differ(path, &["fixed ", a.name], &["fixed ", b.name]);
            }
            if a.size == b.size {
                return None;
            }
            let (mut expected, mut got) = (Text::new(), Text::new());
            expected.push_number(a.size);
            got.push_number(b.size);
            differ(path, &["fixed of ", expected.as_str(), " bytes"], &["fixed of ", got.as_str(), " bytes"])
        }
        (Shape::Enum(a), Shape::Enum(b)) => {
            if !equal(a.name, b.name) {
                return differ(path, &["enum ", a.name], &["enum ", b.name]);
            }
            let mut at = 0;
            while at < a.symbols.len() || at < b.symbols.len() {
                let (one, other) = (nth(a.symbols, at), nth(b.symbols, at));
                if !equal(one, other) {
                    return differ(path, &["enum ", a.name, " with ", one], &[other, " in that place"]);
                }
                at += 1;
            }
            None
        }
        (Shape::Array(a), Shape::Array(b)) => {
            compare(&Path { name: "[]", record: "", above: Some(path) }, a, b)
        }
        (Shape::Map(a), Shape::Map(b)) => compare(&Path { name: "{}", record: "", above: Some(path) }, a, b),
        (Shape::Record(a), Shape::Record(b)) => records(path, a, b),
        _ if expected.is_union() && got.is_union() => unions(path, expected, got),
        _ => differ(path, &[expected.kind(), of(expected)], &[got.kind(), of(got)]),
    }
}

const fn decimal(precision: u32, scale: u32) -> Text {
    let mut text = Text::of(&["("]);
    text.push_number(precision as usize);
    text.push(",");
    text.push_number(scale as usize);
    text.push(")");
    text
}

const fn nth(symbols: &[&'static str], at: usize) -> &'static str {
    if at < symbols.len() { symbols[at] } else { "no symbol" }
}

/// The name behind the kind, for types that have one.
const fn of(shape: &Shape) -> &'static str {
    match shape {
        Shape::Record(record) => record.name,
        Shape::Enum(symbols) => symbols.name,
        Shape::Fixed(fixed) => fixed.name,
        _ => "",
    }
}

const fn unions(path: &Path<'_>, expected: &Shape, got: &Shape) -> Option<Text> {
    let mut at = 0;
    while at < expected.branches() || at < got.branches() {
        if at >= expected.branches() {
            return differ(path, &["no more branches"], &["the branch ", got.branch(at).branch_name()]);
        }
        if at >= got.branches() {
            return differ(path, &["the branch ", expected.branch(at).branch_name()], &["no more branches"]);
        }
        if let Some(text) = compare(path, expected.branch(at), got.branch(at)) {
            return Some(text);
        }
        at += 1;
    }
    None
}

const fn records(path: &Path<'_>, expected: &RecordShape, got: &RecordShape) -> Option<Text> {
    if !equal(expected.name, got.name) {
        return differ(path, &["record ", expected.name], &["record ", got.name]);
    }
    if expected.origin == got.origin && got.origin != 0 || is_above(path, expected.name) {
        return None; // the same file, or being compared
    }
    let (Some(a), Some(b)) = (expected.fields, got.fields) else {
        let mut text = Text::of(&["field \""]);
        write_path(path, &mut text);
        text.push("\": records nest too deep to compare all of it here; give ");
        text.push(got.name);
        text.push(" its own #[avro(schema = .., name = ..)]");
        return Some(text);
    };
    let mut at = 0;
    while at < a.len() || at < b.len() {
        let (one, other) = (name(a, at), name(b, at));
        if !equal(one, other) {
            return differ(path, &["record ", expected.name, " with ", one], &[other, " in that place"]);
        }
        let inner = Path { name: one, record: expected.name, above: Some(path) };
        if let Some(text) = compare(&inner, &a[at].shape, &b[at].shape) {
            return Some(text);
        }
        at += 1;
    }
    None
}

const fn name(fields: &[FieldShape], at: usize) -> &'static str {
    if at < fields.len() { fields[at].name } else { "no field" }
}
