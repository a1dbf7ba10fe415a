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
    tables::{Kind, Message, Tables},
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
        match single {
            Some((index, message)) => {
                Some(self.top(index.into()).is_some_and(|root| tables.accepts(root, message)))
            }
            None => self.accepts_path(payload),
        }
    }

    /// The same for message indexes of any form.
    #[inline(never)]
    fn accepts_path(&self, payload: &[u8]) -> Option<bool> {
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
        let mut run = Run { tables: self, aside: Aside::default() };
        self.message(root).is_some_and(|message| run.message(message, bytes, 0, 0).is_some())
            && run.aside.is_utf8()
    }
}

/// A walk. What is rare, and what is asked once per message, stands in functions of its own that are not inlined: for a message of
/// thirty bytes the registers they would take cost more than all its fields.
struct Run<'t> {
    tables: &'t Tables,
    aside: Aside,
}

impl<'t> Run<'t> {
    /// The fields of a message: see [`Run::fields`].
    #[inline]
    fn message(&mut self, message: &Message, bytes: &[u8], end: u32, depth: usize) -> Option<usize> {
        match message.required {
            0 => self.fields::<false>(message, bytes, end, depth),
            _ => self.fields::<true>(message, bytes, end, depth),
        }
    }

    /// The fields of a message, to the end of the bytes, or, in a group, to the tag `end`. Where they end, or `None` for no. `REQUIRED`
    /// says whether the message has required ones: those without are spared the account of them.
    ///
    /// The position may run past the end: the next look at what stands there says no. So most steps need no check of their own.
    fn fields<const REQUIRED: bool>(
        &mut self,
        message: &Message,
        bytes: &[u8],
        end: u32,
        depth: usize,
    ) -> Option<usize> {
        let mut missing = if REQUIRED { message.required } else { 0 };
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let (tag, kind);
            if let Some(short) = message.short.get(usize::from(*byte)) {
                (tag, kind) = (u32::from(*byte), *short);
                at += 1;
            } else {
                (tag, kind, at) = long_tag(message, bytes, at)?;
            }
            if REQUIRED && missing != 0 && tag != end {
                missing &= !message.entry(tag >> 3).required;
            }
            match kind {
                Kind::Varint | Kind::Varints => at = skip_varint(bytes, at)?,
                Kind::Fixed32 | Kind::Fixed32s => at += 4,
                Kind::Fixed64 | Kind::Fixed64s => at += 8,
                Kind::Text => {
                    at = match short_text(bytes, at) {
                        Some(behind) => behind,
                        None => self.text(bytes, at)?,
                    }
                }
                Kind::Bytes => at = sized(bytes, at)?.1,
                Kind::Message => at = self.nested(message, tag, bytes, at, depth)?,
                Kind::Group => at = self.group(message, tag, bytes, at, depth)?,
                Kind::PackedVarint => at = packed_varint(bytes, at)?,
                Kind::PackedFixed32 => at = packed_fixed(bytes, at, 4)?,
                Kind::PackedFixed64 => at = packed_fixed(bytes, at, 8)?,
                Kind::Closed => {
                    let met;
                    (met, at) = self.closed(message, tag, bytes, at)?;
                    missing &= !met;
                }
                Kind::Unknown if tag == end && end != 0 => return (missing == 0).then_some(at),
                Kind::Unknown => at = otherwise(message, tag, bytes, at, depth)?,
            }
        }
        (missing == 0 && end == 0 && at == bytes.len()).then_some(at)
    }

    /// A message with its length in front, inside `depth` others; where it ends.
    #[inline(never)]
    fn nested(
        &mut self,
        message: &Message,
        tag: u32,
        bytes: &[u8],
        at: usize,
        depth: usize,
    ) -> Option<usize> {
        let (inner, behind) = sized(bytes, at)?;
        self.message(self.inside(message, tag, depth)?, inner, 0, depth + 1)?;
        Some(behind)
    }

    /// A group whose start has been read; where it ends.
    #[inline(never)]
    fn group(&mut self, message: &Message, tag: u32, bytes: &[u8], at: usize, depth: usize) -> Option<usize> {
        let inside = self.inside(message, tag, depth)?;
        Some(at + self.message(inside, bytes.get(at..)?, tag + 1, depth + 1)?)
    }

    /// The message that a field inside `depth` messages and groups holds; `None` if that is too deep.
    #[inline]
    fn inside(&self, message: &Message, tag: u32, depth: usize) -> Option<&'t Message> {
        if depth >= DEPTH_MAX {
            return None;
        }
        self.tables.message(message.entry(tag >> 3).to as usize)
    }

    /// Text with its length in front, where [`short_text`] does not do; where it ends.
    #[inline(never)]
    fn text(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let (length, at) = varint32(bytes, at)?;
        self.aside.skip_long(bytes.get(at..)?, length as usize)?;
        Some(at + length as usize)
    }

    /// A required closed enum: its bit if it has a number of the enum, and where it ends.
    #[inline(never)]
    fn closed(&self, message: &Message, tag: u32, bytes: &[u8], at: usize) -> Option<(u64, usize)> {
        let (raw, behind) = bytes::varint64(bytes.get(at..)?)?;
        let closed = self.tables.closed(message.entry(tag >> 3))?;
        let known = closed.numbers.binary_search(&(raw as u32).cast_signed()).is_ok();
        Some((if known { closed.required } else { 0 }, bytes.len() - behind.len()))
    }
}

/// A tag of two bytes or more: what follows it, and where.
#[inline(never)]
fn long_tag(message: &Message, bytes: &[u8], at: usize) -> Option<(u32, Kind, usize)> {
    let (tag, at) = varint32(bytes, at)?;
    let entry = message.entry(tag >> 3);
    Some((tag, if entry.tag == tag { entry.kind } else { Kind::Unknown }, at))
}

/// What follows a tag that is not the one the field is declared with: repeated scalars in their other form, and unknown fields.
#[cold]
fn otherwise(message: &Message, tag: u32, bytes: &[u8], at: usize, depth: usize) -> Option<usize> {
    match (message.entry(tag >> 3).kind, tag & 7) {
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
    Some(at + bytes::varint64_len(bytes.get(at..)?)?)
}

/// A varint of at most 32 bits, and where it ends.
#[inline]
fn varint32(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    match bytes.get(at)? {
        byte @ 0..0x80 => Some((u32::from(*byte), at + 1)),
        _ => bytes::varint32(bytes.get(at..)?).map(|(value, behind)| (value, bytes.len() - behind.len())),
    }
}

/// Where a short ASCII text ends that has its length in front; `None` for any other, and near the end of the bytes.
#[inline]
fn short_text(bytes: &[u8], at: usize) -> Option<usize> {
    let [length, next @ ..] = bytes.get(at..)?.first_chunk::<9>()?;
    text::is_short_ascii(*next, usize::from(*length)).then_some(at + 1 + usize::from(*length))
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
