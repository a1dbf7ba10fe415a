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
    #[inline]
    fn accepts(&self, root: usize, bytes: &[u8]) -> bool {
        let mut aside = Aside::default();
        self.message(root).is_some_and(|message| self.fields(message, bytes, 0, 0, &mut aside).is_some())
            && aside.is_utf8()
    }

    /// The fields of a message, to the end of the bytes, or, in a group, to the tag `end`. Where they end, or `None` for no.
    ///
    /// The position may run past the end: the next look at what stands there says no. So most steps need no check of their own.
    fn fields(
        &self,
        message: &Message,
        bytes: &[u8],
        end: u32,
        depth: usize,
        aside: &mut Aside,
    ) -> Option<usize> {
        let mut missing = message.required;
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let (tag, kind);
            if let Some(short) = message.short.get(usize::from(*byte)) {
                (tag, kind) = (u32::from(*byte), *short);
                at += 1;
            } else {
                (tag, at) = varint32(bytes, at)?;
                let entry = message.entry(tag >> 3);
                kind = if entry.tag == tag { entry.kind } else { Kind::Unknown };
            }
            if missing != 0 && tag != end {
                missing &= !message.entry(tag >> 3).required;
            }
            match kind {
                Kind::Varint | Kind::Varints => at = skip_varint(bytes, at)?,
                Kind::Fixed32 | Kind::Fixed32s => at += 4,
                Kind::Fixed64 | Kind::Fixed64s => at += 8,
                Kind::Text => at = text(bytes, at, aside)?,
                Kind::Bytes => at = sized(bytes, at)?.1,
                Kind::Message => {
                    let (inner, behind) = sized(bytes, at)?;
                    if depth >= DEPTH_MAX {
                        return None;
                    }
                    let inside = self.message(message.entry(tag >> 3).to as usize)?;
                    self.fields(inside, inner, 0, depth + 1, aside)?;
                    at = behind;
                }
                Kind::Group => {
                    if depth >= DEPTH_MAX {
                        return None;
                    }
                    let inside = self.message(message.entry(tag >> 3).to as usize)?;
                    at += self.fields(inside, bytes.get(at..)?, tag + 1, depth + 1, aside)?;
                }
                Kind::PackedVarint => at = packed_varint(bytes, at)?,
                Kind::PackedFixed32 => at = packed_fixed(bytes, at, 4)?,
                Kind::PackedFixed64 => at = packed_fixed(bytes, at, 8)?,
                Kind::Closed => {
                    let rest = bytes.get(at..)?;
                    let (raw, behind) = bytes::varint64(rest)?;
                    let closed = self.closed(message.entry(tag >> 3))?;
                    if closed.numbers.binary_search(&(raw as u32).cast_signed()).is_ok() {
                        missing &= !closed.required;
                    }
                    at = bytes.len() - behind.len();
                }
                Kind::Unknown if tag == end && end != 0 => return (missing == 0).then_some(at),
                Kind::Unknown => at = otherwise(message.entry(tag >> 3), tag, bytes, at, depth)?,
            }
        }
        (missing == 0 && end == 0 && at == bytes.len()).then_some(at)
    }
}

/// What follows a tag that is not the one the field is declared with: repeated scalars in their other form, and unknown fields.
#[cold]
fn otherwise(entry: &Entry, tag: u32, bytes: &[u8], at: usize, depth: usize) -> Option<usize> {
    match (entry.kind, tag & 7) {
        (Kind::Unknown, _) => unknown(tag, bytes, at, depth),
        (Kind::Varints, 2) => packed_varint(bytes, at),
        (Kind::Fixed32s, 2) => packed_fixed(bytes, at, 4),
        (Kind::Fixed64s, 2) => packed_fixed(bytes, at, 8),
        (Kind::PackedVarint, 0) => skip_varint(bytes, at),
        (Kind::PackedFixed32, 5) => Some(at + 4),
        (Kind::PackedFixed64, 1) => Some(at + 8),
        _ => None,
    }
}

/// Passes over an unknown field inside `depth` messages and groups.
fn unknown(tag: u32, bytes: &[u8], at: usize, depth: usize) -> Option<usize> {
    if tag >> 3 == 0 {
        return None; // field numbers start at 1
    }
    match tag & 7 {
        0 => skip_varint(bytes, at),
        1 => Some(at + 8),
        2 => sized(bytes, at).map(|(_, behind)| behind),
        3 => unknown_group(tag + 1, bytes, at, depth),
        5 => Some(at + 4),
        _ => None,
    }
}

fn unknown_group(end: u32, bytes: &[u8], mut at: usize, depth: usize) -> Option<usize> {
    if depth >= DEPTH_MAX {
        return None;
    }
    loop {
        let tag;
        (tag, at) = varint32(bytes, at)?;
        if tag == end {
            return Some(at);
        }
        at = unknown(tag, bytes, at, depth + 1)?;
    }
}

/// Passes over a varint of at most 64 bits.
#[inline]
fn skip_varint(bytes: &[u8], at: usize) -> Option<usize> {
    if let Some(0..0x80) = bytes.get(at) {
        return Some(at + 1);
    }
    bytes::skip_varint64(bytes.get(at..)?).map(|behind| bytes.len() - behind.len())
}

/// A varint of at most 32 bits, and where it ends.
#[inline]
fn varint32(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    match bytes.get(at)? {
        byte @ 0..0x80 => Some((u32::from(*byte), at + 1)),
        _ => bytes::varint32(bytes.get(at..)?).map(|(value, behind)| (value, bytes.len() - behind.len())),
    }
}

/// Passes over text with its length in front.
#[inline]
fn text(bytes: &[u8], at: usize, aside: &mut Aside) -> Option<usize> {
    let (length, at) = varint32(bytes, at)?;
    let behind = aside.skip(bytes.get(at..)?, length as usize)?;
    Some(bytes.len() - behind.len())
}

/// Bytes with their length in front, and where they end.
#[inline]
fn sized(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let (length, at) = varint32(bytes, at)?;
    let (inner, behind) = bytes.get(at..)?.split_at_checked(length as usize)?;
    Some((inner, bytes.len() - behind.len()))
}

/// Packed varints, which fill their length exactly.
fn packed_varint(bytes: &[u8], at: usize) -> Option<usize> {
    let (mut inner, behind) = sized(bytes, at)?;
    if text::is_ascii(inner) {
        return Some(behind); // a byte each
    }
    while !inner.is_empty() {
        inner = bytes::skip_varint64(inner)?;
    }
    Some(behind)
}

fn packed_fixed(bytes: &[u8], at: usize, size: usize) -> Option<usize> {
    let (inner, behind) = sized(bytes, at)?;
    inner.len().is_multiple_of(size).then_some(behind)
}
