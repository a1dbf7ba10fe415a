//! The walk over the bytes of a datum. Nesting is kept on a stack of our own, so that deep data costs memory in proportion and
//! a path can be read off it.

use std::fmt::Write;

use crate::{
    Problem,
    cursor::{BadVarint, Cursor, count, not_utf8, unzigzag32, unzigzag64},
};

use super::plan::{Field, Plan, Type};

/// How deep records, arrays and maps may nest.
pub(super) const DEPTH_MAX: usize = 1000;

/// How many items that take no bytes (of an array of `null`, say) a payload may announce.
pub(super) const ZERO_SIZE_ITEMS_MAX: u64 = 65_536;

/// Longest map key that a path shows, in bytes.
const KEY_SHOWN_MAX: usize = 64;

/// A value that is being read.
enum Frame<'p, 'd> {
    /// `next` is the field after the one being read.
    Record { fields: &'p [Field], next: usize },
    /// An array.
    Items { blocks: Blocks, items: usize, zero_size: bool },
    /// A map; the key of the value being read.
    Entries { blocks: Blocks, values: usize, key: &'d str },
    /// A branch that paths name.
    Branch(&'p str),
}

/// The blocks of an array or map.
#[derive(Default)]
struct Blocks {
    /// Items begun, over all blocks.
    begun: u64,
    /// Items left in the block.
    left: u64,
    /// Where the block must end, and the size it states, if it states one.
    end: Option<(usize, u64)>,
    /// Whether an item is being read, rather than what stands between items.
    inside: bool,
}

struct Walk<'p, 'd> {
    plan: &'p Plan,
    cursor: Cursor<'d>,
    stack: Vec<Frame<'p, 'd>>,
    depth: usize,
    zero_size_items: u64,
}

impl Plan {
    /// Explains a payload: a datum and nothing behind it. A top-level `bytes` is the payload itself (contract 5.4).
    pub(crate) fn explain(&self, payload: &[u8]) -> Result<(), Problem> {
        if matches!(self.root(), Type::Bytes) {
            return Ok(());
        }
        let mut walk = Walk {
            plan: self,
            cursor: Cursor::new(payload),
            stack: Vec::new(),
            depth: 0,
            zero_size_items: 0,
        };
        walk.run().map_err(|reason| Problem { path: walk.path(), reason })
    }
}

impl<'p, 'd> Walk<'p, 'd> {
    fn run(&mut self) -> Result<(), String> {
        let mut next = Some(self.plan.root());
        loop {
            match next {
                Some(ty) => next = self.value(ty)?,
                None if self.stack.is_empty() => break,
                None => next = self.advance()?,
            }
        }
        match self.cursor.left() {
            0 => Ok(()),
            left => Err(format!("{} left over behind the value", count(left, "byte"))),
        }
    }

    /// Reads a value, or begins one: what is returned is to be read next, and belongs to the frame just pushed.
    fn value(&mut self, ty: &'p Type) -> Result<Option<&'p Type>, String> {
        match ty {
            Type::Null => {}
            Type::Boolean => self.boolean()?,
            Type::Int => {
                self.int()?;
            }
            Type::Long => {
                self.long()?;
            }
            Type::Float => self.exactly(4, "float")?,
            Type::Double => self.exactly(8, "double")?,
            Type::Bytes => {
                self.sized()?;
            }
            Type::String => {
                self.text()?;
            }
            Type::Fixed { name, size } => self.exactly(*size, name)?,
            Type::Enum { name, symbols } => {
                self.index("enum", *symbols, || format!("{name} has {}", count(*symbols, "symbol")))?;
            }
            Type::Union(union) => {
                let branches = &union.branches;
                let index = self.index("union", branches.len(), || {
                    format!("it has branches 0 to {}", branches.len().saturating_sub(1))
                })?;
                let Some(branch) = branches.get(index) else { return Ok(None) };
                if union.named {
                    self.stack.push(Frame::Branch(&branch.name));
                }
                return Ok(Some(self.plan.get(branch.ty)));
            }
            Type::Array { items, zero_size } => {
                self.push(Frame::Items { blocks: Blocks::default(), items: *items, zero_size: *zero_size })?;
            }
            Type::Map { values } => {
                self.push(Frame::Entries { blocks: Blocks::default(), values: *values, key: "" })?;
            }
            Type::Record { fields } => self.push(Frame::Record { fields, next: 0 })?,
        }
        Ok(None)
    }

    fn push(&mut self, frame: Frame<'p, 'd>) -> Result<(), String> {
        if self.depth >= DEPTH_MAX {
            return Err(format!("values are nested more than {DEPTH_MAX} deep"));
        }
        self.depth += 1;
        self.stack.push(frame);
        Ok(())
    }

    /// Goes on with the innermost frame: its next value, or `None` when it is finished and gone.
    fn advance(&mut self) -> Result<Option<&'p Type>, String> {
        let next = match self.stack.last_mut() {
            None => None,
            Some(Frame::Record { fields, next }) => {
                let field = fields.get(*next);
                *next += 1;
                field.map(|field| self.plan.get(field.ty))
            }
            Some(Frame::Items { blocks, items, zero_size }) => {
                let items = *items;
                blocks.inside = false;
                if *zero_size {
                    while blocks.next(&mut self.cursor)? {
                        self.zero_size_items = self.zero_size_items.saturating_add(blocks.left);
                        if self.zero_size_items > ZERO_SIZE_ITEMS_MAX {
                            return Err(too_many_zero_size());
                        }
                        blocks.begun += blocks.left;
                        blocks.left = 0;
                    }
                    None
                } else if blocks.next(&mut self.cursor)? {
                    blocks.begin();
                    Some(self.plan.get(items))
                } else {
                    None
                }
            }
            Some(Frame::Entries { blocks, values, .. }) => {
                let values = *values;
                blocks.inside = false;
                if blocks.next(&mut self.cursor)? {
                    let entry = blocks.begun;
                    let text = self.text().map_err(|reason| format!("key of entry {entry}: {reason}"))?;
                    if let Some(Frame::Entries { blocks, key, .. }) = self.stack.last_mut() {
                        blocks.begin();
                        *key = text;
                    }
                    Some(self.plan.get(values))
                } else {
                    None
                }
            }
            Some(Frame::Branch(_)) => {
                self.stack.pop();
                return Ok(None);
            }
        };
        if next.is_none() {
            self.stack.pop();
            self.depth -= 1;
        }
        Ok(next)
    }

    fn boolean(&mut self) -> Result<(), String> {
        match self.cursor.byte() {
            Some(0 | 1) => Ok(()),
            Some(byte) => Err(format!("expected a boolean, 0 or 1, got byte 0x{byte:02x}")),
            None => Err("expected a boolean, no bytes left".into()),
        }
    }

    fn int(&mut self) -> Result<i32, String> {
        self.cursor.varint32().map(unzigzag32).map_err(|bad| bad.reason(32))
    }

    fn long(&mut self) -> Result<i64, String> {
        long(&mut self.cursor).map_err(|bad| bad.reason(64))
    }

    fn exactly(&mut self, bytes: usize, what: &str) -> Result<(), String> {
        if self.cursor.take(bytes).is_some() {
            return Ok(());
        }
        Err(format!("expected {} ({what}), {} left", count(bytes, "byte"), count(self.cursor.left(), "byte")))
    }

    /// An index of a union or enum with `length` choices.
    fn index(&mut self, what: &str, length: usize, has: impl Fn() -> String) -> Result<usize, String> {
        let index = self.int().map_err(|reason| format!("{what} index: {reason}"))?;
        match usize::try_from(index) {
            Ok(index) if index < length => Ok(index),
            _ => Err(format!("{what} index {index} is out of range, {}", has())),
        }
    }

    /// Bytes with their length in front.
    fn sized(&mut self) -> Result<&'d [u8], String> {
        let length = self.long().map_err(|reason| format!("length: {reason}"))?;
        let Ok(wanted) = usize::try_from(length) else { return Err(format!("length {length} is negative")) };
        self.cursor.take(wanted).ok_or_else(|| {
            format!("length {length} runs past the end, {} left", count(self.cursor.left(), "byte"))
        })
    }

    fn text(&mut self) -> Result<&'d str, String> {
        std::str::from_utf8(self.sized()?).map_err(not_utf8)
    }

    /// Where the walk stands.
    fn path(&self) -> String {
        let mut path = String::new();
        for frame in &self.stack {
            match frame {
                Frame::Record { fields, next } => {
                    let Some(field) = next.checked_sub(1).and_then(|at| fields.get(at)) else { continue };
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(&field.name);
                }
                Frame::Items { blocks, .. } if blocks.inside => {
                    let _ = write!(path, "[{}]", blocks.begun.saturating_sub(1));
                }
                Frame::Entries { blocks, key, .. } if blocks.inside => {
                    let _ = match key.len() {
                        0..=KEY_SHOWN_MAX => write!(path, "[{key:?}]"),
                        _ => write!(path, "[entry {}]", blocks.begun.saturating_sub(1)),
                    };
                }
                Frame::Branch(name) => {
                    let _ = write!(path, "({name})");
                }
                Frame::Items { .. } | Frame::Entries { .. } => {}
            }
        }
        path
    }
}

impl Blocks {
    /// Whether there is another item; reads block headers, and checks the size of a block that is done.
    fn next(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, String> {
        if self.left > 0 {
            return Ok(true);
        }
        if let Some((end, stated)) = self.end.take()
            && cursor.pos() != end
        {
            let start = end as u64 - stated;
            let took = cursor.pos() as u64 - start;
            return Err(format!("the block states a size of {stated} bytes, its items take {took}"));
        }
        let header = |reason: BadVarint| format!("block count: {}", reason.reason(64));
        let items = long(cursor).map_err(header)?;
        if items < 0 {
            let size = long(cursor).map_err(|bad| format!("block size: {}", bad.reason(64)))?;
            let stated = u64::try_from(size).map_err(|_| format!("block size {size} is negative"))?;
            if stated > cursor.left() as u64 {
                let left = count(cursor.left(), "byte");
                return Err(format!("block size {stated} runs past the end, {left} left"));
            }
            self.end = Some((cursor.pos() + stated as usize, stated)); // in range: within the bytes left
        }
        if items == i64::MIN {
            return Err("block count is out of range".into());
        }
        self.left = items.unsigned_abs();
        Ok(self.left > 0)
    }

    fn begin(&mut self) {
        self.left -= 1;
        self.begun += 1;
        self.inside = true;
    }
}

fn long(cursor: &mut Cursor<'_>) -> Result<i64, BadVarint> {
    cursor.varint64().map(unzigzag64)
}

fn too_many_zero_size() -> String {
    format!("more than {ZERO_SIZE_ITEMS_MAX} items that take no bytes")
}
