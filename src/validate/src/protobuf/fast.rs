//! The fast walk: yes or no, one look-up per tag. Nothing is allocated; on a no the explaining walk ([`super::walk`]) says where and
//! what. Both must agree on every payload; the crate's properties hold it to that.

use assay_wire::MessageIndexes;

use crate::{
    bytes,
    text::{self, Aside},
};

use super::{
    plan::Plan,
    scan::DEPTH_MAX,
    tables::{Entry, Kind, Message, Tables},
};

impl Plan {
    /// Whether a payload is message indexes and a message of that type; `None` if the schema has no fast walk.
    pub(crate) fn accepts(&self, payload: &[u8]) -> Option<bool> {
        let tables = self.fast.as_ref()?;
        let single = match payload {
            [0, message @ ..] => Some((0, message)),
            [2, index @ 0..0x80, message @ ..] if index % 2 == 0 => Some((index / 2, message)), // zigzag
            _ => None,
        };
        if let Some((index, message)) = single {
            return Some(self.top(index.into()).is_some_and(|root| tables.accepts(root, message)));
        }
        match MessageIndexes::read(payload) {
            Ok((indexes, message)) => self.accepts_message(&indexes, message),
            Err(_) => Some(false),
        }
    }

    /// Whether the bytes are a message of the type at `indexes`; `None` if the schema has no fast walk.
    pub(crate) fn accepts_message(&self, indexes: &MessageIndexes, message: &[u8]) -> Option<bool> {
        let tables = self.fast.as_ref()?;
        Some(match indexes.as_slice() {
            [index] => self.top(*index).is_some_and(|root| tables.accepts(root, message)),
            _ => self.roots(indexes).iter().any(|root| tables.accepts(*root, message)),
        })
    }
}

impl Tables {
    fn accepts(&self, root: usize, bytes: &[u8]) -> bool {
        let mut aside = Aside::default();
        self.message(root).is_some_and(|message| self.fields(message, bytes, 0, 0, &mut aside).is_some())
            && aside.is_utf8()
    }

    /// The fields of a message, to the end of the bytes, or, in a group, to the tag `end`. What is left, or `None` for no.
    fn fields<'d>(
        &self,
        message: &Message,
        mut rest: &'d [u8],
        end: u32,
        depth: usize,
        aside: &mut Aside,
    ) -> Option<&'d [u8]> {
        let mut missing = message.required;
        loop {
            let (tag, entry, after) = match rest {
                [byte @ 0..0x80, after @ ..] => (u32::from(*byte), message.short(*byte), after),
                [] if end == 0 => break,
                _ => {
                    let (tag, after) = bytes::varint32(rest)?;
                    (tag, message.entry(tag >> 3), after)
                }
            };
            if entry.tag != tag {
                rest = after;
                if tag == end && end != 0 {
                    break;
                }
                let entry = message.entry(tag >> 3);
                rest = otherwise(entry, tag, rest, depth)?;
                missing &= !entry.required;
                continue;
            }
            missing &= !entry.required;
            rest = match entry.kind {
                Kind::Varint | Kind::Varints => bytes::skip_varint64(after)?,
                Kind::Fixed32 | Kind::Fixed32s => after.get(4..)?,
                Kind::Fixed64 | Kind::Fixed64s => after.get(8..)?,
                Kind::Text => {
                    let (length, after) = bytes::varint32(after)?;
                    aside.skip(after, length as usize)?
                }
                Kind::Bytes => sized(after)?.1,
                Kind::Message => {
                    let (inner, behind) = sized(after)?;
                    if depth >= DEPTH_MAX {
                        return None;
                    }
                    self.fields(self.message(entry.to as usize)?, inner, 0, depth + 1, aside)?;
                    behind
                }
                Kind::Group => {
                    if depth >= DEPTH_MAX {
                        return None;
                    }
                    self.fields(self.message(entry.to as usize)?, after, tag + 1, depth + 1, aside)?
                }
                Kind::PackedVarint => packed_varint(after)?,
                Kind::PackedFixed32 => packed_fixed(after, 4)?,
                Kind::PackedFixed64 => packed_fixed(after, 8)?,
                Kind::Closed => {
                    let (raw, behind) = bytes::varint64(after)?;
                    let closed = self.closed(entry)?;
                    if closed.numbers.binary_search(&(raw as u32).cast_signed()).is_ok() {
                        missing &= !closed.required;
                    }
                    behind
                }
                Kind::Unknown => return None, // a wire type that does not exist
            };
        }
        (missing == 0).then_some(rest)
    }
}

/// What follows a tag that is not the one the field is declared with: repeated scalars in their other form, and unknown fields.
#[cold]
fn otherwise<'d>(entry: &Entry, tag: u32, rest: &'d [u8], depth: usize) -> Option<&'d [u8]> {
    match (entry.kind, tag & 7) {
        (Kind::Unknown, _) => unknown(tag, rest, depth),
        (Kind::Varints, 2) => packed_varint(rest),
        (Kind::Fixed32s, 2) => packed_fixed(rest, 4),
        (Kind::Fixed64s, 2) => packed_fixed(rest, 8),
        (Kind::PackedVarint, 0) => bytes::skip_varint64(rest),
        (Kind::PackedFixed32, 5) => rest.get(4..),
        (Kind::PackedFixed64, 1) => rest.get(8..),
        _ => None,
    }
}

/// Passes over an unknown field inside `depth` messages and groups.
fn unknown(tag: u32, rest: &[u8], depth: usize) -> Option<&[u8]> {
    if tag >> 3 == 0 {
        return None; // field numbers start at 1
    }
    match tag & 7 {
        0 => bytes::skip_varint64(rest),
        1 => rest.get(8..),
        2 => sized(rest).map(|(_, behind)| behind),
        3 => unknown_group(tag + 1, rest, depth),
        5 => rest.get(4..),
        _ => None,
    }
}

fn unknown_group(end: u32, mut rest: &[u8], depth: usize) -> Option<&[u8]> {
    if depth >= DEPTH_MAX {
        return None;
    }
    loop {
        let (tag, after) = bytes::varint32(rest)?;
        if tag == end {
            return Some(after);
        }
        rest = unknown(tag, after, depth + 1)?;
    }
}

/// Bytes with their length in front.
#[inline]
fn sized(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes::varint32(rest)?;
    rest.split_at_checked(length as usize)
}

/// Packed varints, which fill their length exactly.
fn packed_varint(rest: &[u8]) -> Option<&[u8]> {
    let (mut inner, behind) = sized(rest)?;
    if text::is_ascii(inner) {
        return Some(behind); // a byte each
    }
    while !inner.is_empty() {
        inner = bytes::skip_varint64(inner)?;
    }
    Some(behind)
}

fn packed_fixed(rest: &[u8], size: usize) -> Option<&[u8]> {
    let (inner, behind) = sized(rest)?;
    inner.len().is_multiple_of(size).then_some(behind)
}
