//! The walk over raw wire bytes.

use assay_wire::MessageIndexes;

use crate::{
    Problem,
    cursor::{Cursor, not_utf8},
};

use super::{
    plan::{Field, Message, Plan, Shape},
    scan::{self, DEPTH_MAX, Wire},
};

/// A problem on its way out; path segments innermost first.
struct Fail(Box<(String, Vec<String>)>);

impl Fail {
    fn new(reason: impl Into<String>) -> Fail {
        Fail(Box::new((reason.into(), Vec::new())))
    }

    fn at(mut self, segment: String) -> Fail {
        self.0.1.push(segment);
        self
    }

    fn into_problem(self) -> Problem {
        let (reason, mut segments) = *self.0;
        segments.reverse();
        Problem { path: segments.join("."), reason }
    }
}

impl Plan {
    /// Explains a payload: message indexes, then the message.
    pub(crate) fn explain(&self, payload: &[u8]) -> Result<(), Problem> {
        let problem = |reason: String| Problem { path: String::new(), reason };
        let (indexes, message) = MessageIndexes::read(payload).map_err(|error| problem(error.to_string()))?;
        self.explain_message(&indexes, message)
    }

    /// Explains a message of the type at `indexes`.
    pub(crate) fn explain_message(&self, indexes: &MessageIndexes, bytes: &[u8]) -> Result<(), Problem> {
        let mut first = None;
        for &root in self.roots(indexes).iter() {
            let Some(message) = self.messages.get(root) else { continue };
            match self.message(message, &mut Cursor::new(bytes), bytes, None, 0) {
                Ok(()) => return Ok(()),
                Err(fail) => first = first.or(Some(fail)),
            }
        }
        Err(match first {
            Some(fail) => fail.into_problem(),
            None => Problem {
                path: String::new(),
                reason: format!("message indexes {indexes} name no message of the schema"),
            },
        })
    }

    /// Walks the fields of a message: to the end of `bytes`, or of the group. `cursor` is a position in `bytes`.
    fn message(
        &self,
        message: &Message,
        cursor: &mut Cursor<'_>,
        bytes: &[u8],
        group: Option<u32>,
        depth: usize,
    ) -> Result<(), Fail> {
        let start = cursor.pos();
        let mut missing = Missing::all(message);
        loop {
            if cursor.left() == 0 {
                if let Some(number) = group {
                    return Err(Fail::new(format!("group {number} is not closed")));
                }
                break;
            }
            let before = bytes.get(start..cursor.pos()).unwrap_or_default();
            let (number, wire) = scan::tag(cursor).map_err(Fail::new)?;
            if wire == Wire::EndGroup && group == Some(number) {
                break;
            }
            let Some(field) = message.field(number) else {
                scan::skip(cursor, number, wire, depth)
                    .map_err(|reason| Fail::new(format!("unknown field {number}: {reason}")))?;
                continue;
            };
            if let Some(bit) = field.required
                && (field.closed.is_none() || { *cursor }.varint64().is_ok_and(|raw| field.counts(raw)))
            {
                missing.seen(bit);
            }
            self.field(field, wire, cursor, bytes, depth, before)?;
        }
        match missing.first() {
            Some(bit) => Err(Fail::new(format!(
                "required field {} of {} is missing",
                message.required_name(bit),
                message.name
            ))),
            None => Ok(()),
        }
    }

    /// Walks what follows a known field's tag; adds the field to the path of a failure.
    fn field(
        &self,
        field: &Field,
        wire: Wire,
        cursor: &mut Cursor<'_>,
        bytes: &[u8],
        depth: usize,
        before: &[u8],
    ) -> Result<(), Fail> {
        let mut element = 0;
        let walked = match (field.shape, wire) {
            (Shape::Varint(_) | Shape::Fixed32(_) | Shape::Fixed64(_), Wire::Length) if field.repeated => {
                packed(field.shape, cursor, &mut element)
            }
            (Shape::Varint(_), Wire::Varint)
            | (Shape::Fixed32(_), Wire::Fixed32)
            | (Shape::Fixed64(_), Wire::Fixed64) => scalar(field.shape, cursor),
            (Shape::String, Wire::Length) => text(cursor),
            (Shape::Bytes | Shape::OldString, Wire::Length) => {
                scan::skip(cursor, field.number, wire, depth).map_err(Fail::new)
            }
            (Shape::Message(to), Wire::Length) => return self.nested(to, field, cursor, depth, before),
            (Shape::Group(to), Wire::StartGroup) => match self.messages.get(to) {
                Some(_) if depth >= DEPTH_MAX => Err(too_deep()),
                Some(message) => self.message(message, cursor, bytes, Some(field.number), depth + 1),
                None => Ok(()),
            },
            (shape, wire) => Err(Fail::new(format!(
                "expected {} ({}), got {}",
                expected(shape),
                type_word(shape),
                wire.name()
            ))),
        };
        walked.map_err(|fail| fail.at(segment(field, before, element)))
    }

    /// A length-delimited message, or the entry of a map.
    fn nested(
        &self,
        to: usize,
        field: &Field,
        cursor: &mut Cursor<'_>,
        depth: usize,
        before: &[u8],
    ) -> Result<(), Fail> {
        let here = |fail: Fail| fail.at(segment(field, before, 0));
        if depth >= DEPTH_MAX {
            return Err(here(too_deep()));
        }
        let length = scan::length(cursor).map_err(|reason| here(Fail::new(reason)))?;
        let inner = cursor.take(length).unwrap_or_default();
        let Some(message) = self.messages.get(to) else { return Ok(()) };
        let walked = self.message(message, &mut Cursor::new(inner), inner, None, depth + 1);
        if !message.map_entry {
            return walked.map_err(here);
        }
        let walked = walked.and_then(|()| self.absent_value(message, inner));
        walked.map_err(|fail| match map_key(message, inner) {
            Some(key) => entry_path(fail, &format!("{}[{key}]", field.name)),
            None => here(fail),
        })
    }

    /// A map entry without a value has the default value, which is incomplete if its message has required fields.
    fn absent_value(&self, entry: &Message, inner: &[u8]) -> Result<(), Fail> {
        let Some(value) = entry.field(2) else { return Ok(()) };
        let (Shape::Message(to) | Shape::Group(to)) = value.shape else { return Ok(()) };
        let Some(message) = self.messages.get(to) else { return Ok(()) };
        if message.required.is_empty() || scan::values_before(inner, value) > 0 {
            return Ok(());
        }
        let reason = format!("required field {} of {} is missing", message.required_name(0), message.name);
        Err(Fail::new(reason))
    }
}

fn too_deep() -> Fail {
    Fail::new(format!("messages are nested more than {DEPTH_MAX} deep"))
}

fn scalar(shape: Shape, cursor: &mut Cursor<'_>) -> Result<(), Fail> {
    match shape {
        Shape::Fixed32(_) => scan::fixed(cursor, 4).map_err(Fail::new),
        Shape::Fixed64(_) => scan::fixed(cursor, 8).map_err(Fail::new),
        _ => cursor.varint64().map(|_| ()).map_err(|bad| Fail::new(bad.reason(64))),
    }
}

/// Packed scalars; they must fill their length exactly. `element` is the number of those that are well-formed.
fn packed(shape: Shape, cursor: &mut Cursor<'_>, element: &mut usize) -> Result<(), Fail> {
    let length = scan::length(cursor).map_err(Fail::new)?;
    let mut inner = Cursor::new(cursor.take(length).unwrap_or_default());
    while inner.left() > 0 {
        if let Err(fail) = scalar(shape, &mut inner) {
            let reason = format!("{} of the packed field", fail.0.0);
            return Err(Fail::new(reason));
        }
        *element += 1;
    }
    Ok(())
}

fn text(cursor: &mut Cursor<'_>) -> Result<(), Fail> {
    let length = scan::length(cursor).map_err(Fail::new)?;
    let bytes = cursor.take(length).unwrap_or_default();
    std::str::from_utf8(bytes).map(|_| ()).map_err(|error| Fail::new(not_utf8(error)))
}

fn expected(shape: Shape) -> &'static str {
    match shape {
        Shape::Varint(_) => Wire::Varint.name(),
        Shape::Fixed32(_) => Wire::Fixed32.name(),
        Shape::Fixed64(_) => Wire::Fixed64.name(),
        Shape::String | Shape::OldString | Shape::Bytes | Shape::Message(_) => Wire::Length.name(),
        Shape::Group(_) => Wire::StartGroup.name(),
    }
}

fn type_word(shape: Shape) -> &'static str {
    match shape {
        Shape::Varint(word) | Shape::Fixed32(word) | Shape::Fixed64(word) => word,
        Shape::String | Shape::OldString => "string",
        Shape::Bytes => "bytes",
        Shape::Message(_) => "message",
        Shape::Group(_) => "group",
    }
}

/// `qty`, or `items[2]` for the third value of a repeated field.
fn segment(field: &Field, before: &[u8], element: usize) -> String {
    if field.repeated {
        format!("{}[{}]", field.name, scan::values_before(before, field) + element)
    } else {
        field.name.to_string()
    }
}

/// Replaces the outermost segment, `value` of the entry, by the map's name and key; `key` stays.
fn entry_path(mut fail: Fail, name: &str) -> Fail {
    if fail.0.1.last().is_some_and(|segment| segment == "value") {
        fail.0.1.pop();
    }
    fail.at(name.to_owned())
}

/// The key of a map entry as a path shows it, as far as the entry can be read.
fn map_key(entry: &Message, bytes: &[u8]) -> Option<String> {
    let shape = entry.field(1)?.shape;
    let mut cursor = Cursor::new(bytes);
    let mut key = None;
    while cursor.left() > 0 {
        let Ok((number, wire)) = scan::tag(&mut cursor) else { break };
        let mut after = cursor;
        let skipped = scan::skip(&mut after, number, wire, 0);
        if number == 1 && skipped.is_ok() {
            key = key_text(shape, wire, &mut cursor);
        }
        if skipped.is_err() {
            break;
        }
        cursor = after;
    }
    key
}

/// Longest key that a path shows, in bytes.
const KEY_SHOWN_MAX: usize = 64;

fn key_text(shape: Shape, wire: Wire, cursor: &mut Cursor<'_>) -> Option<String> {
    match (shape, wire) {
        (Shape::String | Shape::OldString, Wire::Length) => {
            let length = scan::length(cursor).ok()?;
            let text = std::str::from_utf8(cursor.take(length)?).ok()?;
            (length <= KEY_SHOWN_MAX).then(|| format!("{text:?}"))
        }
        (Shape::Varint(word), Wire::Varint) => {
            let raw = cursor.varint64().ok()?;
            Some(match word {
                "bool" => (raw != 0).to_string(),
                "int32" | "int64" => raw.cast_signed().to_string(),
                "sint32" | "sint64" => crate::cursor::unzigzag64(raw).to_string(),
                _ => raw.to_string(),
            })
        }
        (Shape::Fixed32(word), Wire::Fixed32) => {
            let raw = u32::from_le_bytes(*cursor.take(4)?.first_chunk()?);
            Some(if word == "sfixed32" { raw.cast_signed().to_string() } else { raw.to_string() })
        }
        (Shape::Fixed64(word), Wire::Fixed64) => {
            let raw = u64::from_le_bytes(*cursor.take(8)?.first_chunk()?);
            Some(if word == "sfixed64" { raw.cast_signed().to_string() } else { raw.to_string() })
        }
        _ => None,
    }
}

/// The required fields of a message that have not been met. The first 64 are a bit each; few messages have more.
struct Missing {
    first: u64,
    more: Vec<u64>,
}

impl Missing {
    fn all(message: &Message) -> Missing {
        let required = message.required.len();
        let bits = |count: usize| if count >= 64 { u64::MAX } else { (1 << count) - 1 };
        let more = (64..required).step_by(64).map(|from| bits(required - from)).collect();
        Missing { first: bits(required), more }
    }

    fn seen(&mut self, bit: usize) {
        let word = if bit < 64 { Some(&mut self.first) } else { self.more.get_mut(bit / 64 - 1) };
        if let Some(word) = word {
            *word &= !(1 << (bit % 64));
        }
    }

    fn first(&self) -> Option<usize> {
        let words = std::iter::once(&self.first).chain(&self.more).enumerate();
        words
            .filter(|(_, word)| **word != 0)
            .map(|(at, word)| at * 64 + word.trailing_zeros() as usize)
            .next()
    }
}
