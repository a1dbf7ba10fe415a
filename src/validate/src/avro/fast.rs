//! The fast walk: yes or no, by the flat program of a schema. Nothing is allocated, and nothing is remembered but where the walk stands;
//! on a no the explaining walk ([`super::walk`]) says where and what. Both must agree on every payload; the crate's properties hold it to that.

use crate::{
    bytes,
    cursor::{unzigzag32, unzigzag64},
    text::Aside,
};

use super::{
    program::{Op, Program},
    walk::{DEPTH_MAX, ZERO_SIZE_ITEMS_MAX},
};

impl Program {
    /// Whether the bytes are one datum of the schema, and nothing behind it.
    pub(super) fn accepts(&self, payload: &[u8]) -> bool {
        let mut run = Run { program: self, zero_size_items: 0, aside: Aside::default() };
        let end = self.functions.first().map_or(0, |function| function.1);
        matches!(run.steps(0, end, 0, payload), Some([])) && run.aside.is_utf8()
    }
}

struct Run<'p> {
    program: &'p Program,
    /// Items that took no bytes, over the whole payload.
    zero_size_items: u64,
    aside: Aside,
}

impl Run<'_> {
    /// The steps from `at` to `end`, in a function that began inside `depth` records, arrays and maps. What is left of the bytes, or `None` for no.
    fn steps<'d>(&mut self, mut at: usize, end: usize, depth: usize, mut rest: &'d [u8]) -> Option<&'d [u8]> {
        let ops = self.program.ops.get(..end)?;
        while let Some(op) = ops.get(at) {
            at += 1;
            match *op {
                Op::Skip(bytes) => rest = rest.get(bytes..)?,
                Op::Boolean => match rest {
                    [0 | 1, behind @ ..] => rest = behind,
                    _ => return None,
                },
                Op::Int => rest = bytes::skip_varint32(rest)?,
                Op::Long => rest = bytes::skip_varint64(rest)?,
                Op::Bytes => rest = sized(rest)?.1,
                Op::String => rest = self.string(rest)?,
                Op::Below(count) => rest = index(rest, count)?.1,
                Op::Optional { null_at, end } => {
                    let (branch, behind) = match rest {
                        [byte @ (0 | 2), behind @ ..] => (*byte, behind),
                        _ => {
                            let (index, behind) = index(rest, 2)?; // a longer varint of the same
                            (if index == 0 { 0 } else { 2 }, behind)
                        }
                    };
                    rest = behind;
                    if branch == null_at {
                        at = end;
                    }
                }
                Op::Union { first, count } => {
                    let (branch, behind) = index(rest, count)?;
                    rest = behind;
                    at = *self.program.branches.get(first + branch)?;
                }
                Op::Jump(to) => at = to,
                Op::Array { end, deep } => {
                    open(depth, deep)?; // the steps inside count from the start of the function, too
                    rest = self.array(at, end, depth, rest)?;
                    at = end;
                }
                Op::Map { end, deep } => {
                    open(depth, deep)?;
                    rest = self.map(at, end, depth, rest)?;
                    at = end;
                }
                Op::ZeroSized { deep } => {
                    open(depth, deep)?;
                    rest = self.zero_sized(rest)?;
                }
                Op::Enter { deep } => {
                    open(depth, deep)?;
                }
                Op::Call { function, deep } => {
                    let (start, end) = *self.program.functions.get(function)?;
                    rest = self.steps(start, end, open(depth, deep)?, rest)?;
                }
            }
        }
        Some(rest)
    }

    #[inline]
    fn string<'d>(&mut self, rest: &'d [u8]) -> Option<&'d [u8]> {
        let (length, rest) = long(rest)?;
        self.aside.skip(rest, usize::try_from(length).ok()?)
    }

    fn array<'d>(&mut self, at: usize, end: usize, depth: usize, mut rest: &'d [u8]) -> Option<&'d [u8]> {
        loop {
            let (items, left_after, behind) = block(rest)?;
            rest = behind;
            if items == 0 {
                return Some(rest);
            }
            if let (Some(Op::Skip(bytes)), true) = (self.program.ops.get(at), end == at + 1) {
                let bytes = usize::try_from(items).ok()?.checked_mul(*bytes)?;
                rest = rest.get(bytes..)?;
            } else {
                for _ in 0..items {
                    rest = self.steps(at, end, depth, rest)?; // an item takes a byte at least, so this ends
                }
            }
            if left_after.is_some_and(|left| left != rest.len()) {
                return None;
            }
        }
    }

    fn map<'d>(&mut self, at: usize, end: usize, depth: usize, mut rest: &'d [u8]) -> Option<&'d [u8]> {
        loop {
            let (entries, left_after, behind) = block(rest)?;
            rest = behind;
            if entries == 0 {
                return Some(rest);
            }
            for _ in 0..entries {
                let key = self.string(rest)?;
                rest = self.steps(at, end, depth, key)?;
            }
            if left_after.is_some_and(|left| left != rest.len()) {
                return None;
            }
        }
    }

    fn zero_sized<'d>(&mut self, mut rest: &'d [u8]) -> Option<&'d [u8]> {
        loop {
            let (items, left_after, behind) = block(rest)?;
            rest = behind;
            if items == 0 {
                return Some(rest);
            }
            self.zero_size_items = self.zero_size_items.saturating_add(items);
            if self.zero_size_items > ZERO_SIZE_ITEMS_MAX || left_after.is_some_and(|left| left != rest.len())
            {
                return None;
            }
        }
    }
}

/// The depth inside a record, array or map that begins here.
fn open(depth: usize, deep: usize) -> Option<usize> {
    let inside = depth + deep + 1;
    (inside <= DEPTH_MAX).then_some(inside)
}

/// A block's header: its number of items, how many bytes must be left behind it if it says so, and what follows.
fn block(rest: &[u8]) -> Option<(u64, Option<usize>, &[u8])> {
    let (count, rest) = long(rest)?;
    if let Ok(count) = u64::try_from(count) {
        return Some((count, None, rest));
    }
    let (size, rest) = long(rest)?;
    let left = rest.len().checked_sub(usize::try_from(size).ok()?)?;
    (count != i64::MIN).then_some((count.unsigned_abs(), Some(left), rest))
}

/// The index of a union or enum.
fn index(rest: &[u8], count: usize) -> Option<(usize, &[u8])> {
    let (raw, rest) = bytes::varint32(rest)?;
    let index = usize::try_from(unzigzag32(raw)).ok()?;
    (index < count).then_some((index, rest))
}

/// Bytes with their length in front.
#[inline]
fn sized(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = long(rest)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

#[inline]
fn long(rest: &[u8]) -> Option<(i64, &[u8])> {
    bytes::varint64(rest).map(|(raw, rest)| (unzigzag64(raw), rest))
}
