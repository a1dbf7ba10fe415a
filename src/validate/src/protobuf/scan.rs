//! Wire-level reads: tags, lengths, unknown fields; and counting the occurrences of a field, for the index in a path.

use crate::cursor::{Cursor, count};

use super::plan::{Field, Shape};

/// How deep messages and groups may nest below the payload's own message; the limit of the reference parsers.
pub(super) const DEPTH_MAX: usize = 100;

/// Wire type of a field on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    Varint,
    Fixed64,
    Length,
    StartGroup,
    EndGroup,
    Fixed32,
}

impl Wire {
    pub(super) fn name(self) -> &'static str {
        match self {
            Wire::Varint => "a varint",
            Wire::Fixed64 => "eight bytes",
            Wire::Length => "a length-delimited value",
            Wire::StartGroup => "the start of a group",
            Wire::EndGroup => "the end of a group",
            Wire::Fixed32 => "four bytes",
        }
    }
}

/// A field number and wire type. At most five bytes and 32 bits, as the strictest of the reference parsers reads it.
pub(super) fn tag(cursor: &mut Cursor<'_>) -> Result<(u32, Wire), String> {
    let raw = cursor.varint32().map_err(|bad| format!("field tag: {}", bad.reason(32)))?;
    let number = raw >> 3;
    let wire = match raw & 7 {
        0 => Wire::Varint,
        1 => Wire::Fixed64,
        2 => Wire::Length,
        3 => Wire::StartGroup,
        4 => Wire::EndGroup,
        5 => Wire::Fixed32,
        other => return Err(format!("field {number} has wire type {other}, which does not exist")),
    };
    if number == 0 {
        return Err("a field has number 0, field numbers start at 1".into());
    }
    Ok((number, wire))
}

/// A length, at most five bytes and within the bytes left.
pub(super) fn length(cursor: &mut Cursor<'_>) -> Result<usize, String> {
    let length = cursor.varint32().map_err(|bad| format!("length: {}", bad.reason(32)))?;
    match usize::try_from(length) {
        Ok(length) if length <= cursor.left() => Ok(length),
        _ => Err(format!("length {length} runs past the end, {} left", count(cursor.left(), "byte"))),
    }
}

pub(super) fn fixed(cursor: &mut Cursor<'_>, bytes: usize) -> Result<(), String> {
    if cursor.take(bytes).is_some() {
        return Ok(());
    }
    Err(format!("expected {bytes} bytes, {} left", count(cursor.left(), "byte")))
}

/// Passes over a value of this wire type, which must be well-formed; `depth` groups deep already.
pub(super) fn skip(cursor: &mut Cursor<'_>, number: u32, wire: Wire, depth: usize) -> Result<(), String> {
    match wire {
        Wire::Varint => cursor.varint64().map(|_| ()).map_err(|bad| bad.reason(64)),
        Wire::Fixed64 => fixed(cursor, 8),
        Wire::Fixed32 => fixed(cursor, 4),
        Wire::Length => {
            let length = length(cursor)?;
            fixed(cursor, length)
        }
        Wire::EndGroup => Err(format!("end of group {number} without its start")),
        Wire::StartGroup => skip_group(cursor, number, depth),
    }
}

/// Passes over a group whose start has been read, with an explicit stack of the groups that are open.
fn skip_group(cursor: &mut Cursor<'_>, number: u32, depth: usize) -> Result<(), String> {
    let mut open = vec![number];
    while let Some(&innermost) = open.last() {
        if depth + open.len() > DEPTH_MAX {
            return Err(format!("groups are nested more than {DEPTH_MAX} deep"));
        }
        if cursor.left() == 0 {
            return Err(format!("group {innermost} is not closed"));
        }
        match tag(cursor)? {
            (number, Wire::StartGroup) => open.push(number),
            (number, Wire::EndGroup) if number == innermost => {
                open.pop();
            }
            (number, Wire::EndGroup) => {
                return Err(format!("end of group {number} inside group {innermost}"));
            }
            (number, wire) => skip(cursor, number, wire, depth)?,
        }
    }
    Ok(())
}

/// How many values of a repeated field stand in `before`, the well-formed part of a message; elements of packed ones count.
pub(super) fn values_before(before: &[u8], field: &Field) -> usize {
    let mut cursor = Cursor::new(before);
    let mut values = 0;
    while cursor.left() > 0 {
        let Ok((number, wire)) = tag(&mut cursor) else { break };
        let mut after = cursor;
        if skip(&mut after, number, wire, 0).is_err() {
            break;
        }
        if number == field.number {
            values += match wire {
                Wire::Length => {
                    length(&mut cursor).map_or(0, |length| packed_len(cursor, length, field.shape))
                }
                _ => 1,
            };
        }
        cursor = after;
    }
    values
}

fn packed_len(mut cursor: Cursor<'_>, length: usize, shape: Shape) -> usize {
    match shape {
        Shape::Varint(_) => {
            cursor.take(length).map_or(0, |bytes| bytes.iter().filter(|&&byte| byte & 0x80 == 0).count())
        }
        Shape::Fixed32(_) => length / 4,
        Shape::Fixed64(_) => length / 8,
        Shape::String | Shape::OldString | Shape::Bytes | Shape::Message(_) | Shape::Group(_) => 1,
    }
}
