//! Reading a datum along a program: what all ways of reading share.

use super::fail::Fail;
use super::program::{Enum, Id, Node, Program, Promotion, Type};
use crate::bytes::{self, Block, BytesError, Reader};

/// Bytes of defaults that one datum may fill in: items that take no bytes can have fields that do.
const DEFAULT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Where we are in a datum.
pub(super) struct Cursor<'p, 'de> {
    pub(super) reader: Reader<'de>,
    pub(super) program: &'p Program,
    /// The bytes that [`super::program::Step::Default`] names.
    defaults: &'de [Box<[u8]>],
    /// Whether the datum is the bytes of a top-level `bytes`, without a length.
    bare: bool,
    depth_left: u32,
    default_bytes_left: usize,
    /// A struct would not be read by place: what was read since is worth nothing.
    pub(super) is_misread: bool,
}

impl<'p, 'de> Cursor<'p, 'de> {
    #[inline]
    pub(super) fn new(
        program: &'p Program,
        defaults: &'de [Box<[u8]>],
        datum: &'de [u8],
        bare: bool,
    ) -> Cursor<'p, 'de> {
        Cursor {
            reader: Reader::new(datum),
            program,
            defaults,
            bare,
            depth_left: bytes::DEPTH_MAX,
            default_bytes_left: DEFAULT_BYTES_MAX,
            is_misread: false,
        }
    }

    /// Another one that stands where this one does. To be asked for before anything is read.
    #[inline]
    pub(super) fn start(&self) -> Cursor<'p, 'de> {
        Cursor::new(self.program, self.defaults, self.reader.rest(), self.bare)
    }

    /// That every byte has been read.
    pub(super) fn end(&self) -> Result<(), Fail> {
        match self.reader.left() {
            0 => Ok(()),
            left => Err(Fail::new(format!("{left} bytes left over behind the value"))),
        }
    }

    #[inline]
    pub(super) fn get(&self, id: Id) -> &'p Type {
        self.program.get(id)
    }

    /// A value of `bytes`.
    #[inline]
    pub(super) fn bytes(&mut self) -> Result<&'de [u8], BytesError> {
        if self.bare {
            self.bare = false;
            return self.reader.take(self.reader.left());
        }
        self.reader.bytes()
    }

    /// Text that was written as bytes.
    pub(super) fn bytes_as_text(&mut self) -> Result<&'de str, Fail> {
        std::str::from_utf8(self.bytes()?).map_err(|_| BytesError::NotUtf8.into())
    }

    /// The (reader's) symbol.
    #[inline]
    pub(super) fn symbol(&mut self, symbols: &'p Enum) -> Result<(usize, &'p str), Fail> {
        let count = symbols.map.as_ref().map_or(symbols.symbols.len(), |map| map.len());
        let mut at = self.reader.index(count)?;
        if let Some(map) = &symbols.map {
            at = match map.get(at) {
                Some(Ok(mapped)) => *mapped,
                Some(Err(symbol)) => {
                    return Err(Fail::new(format!(
                        "the reader's enum has no symbol {symbol:?} and no default"
                    )));
                }
                None => return Err(BytesError::BadIndex.into()),
            };
        }
        symbols.symbols.get(at).map(|symbol| (at, &**symbol)).ok_or_else(|| BytesError::BadIndex.into())
    }

    /// Past the indexes of the writer's unions, to the type that says what comes next.
    #[inline]
    pub(super) fn settle(&mut self, ty: &'p Type) -> Result<&'p Type, Fail> {
        match &ty.node {
            Node::Choice(_) | Node::Fail(_) => self.settle_slowly(ty),
            _ => Ok(ty),
        }
    }

    fn settle_slowly(&mut self, mut ty: &'p Type) -> Result<&'p Type, Fail> {
        loop {
            match &ty.node {
                Node::Choice(arms) => {
                    let at = self.reader.index(arms.len())?;
                    ty = self.get(*arms.get(at).ok_or(BytesError::BadIndex)?);
                }
                Node::Fail(why) => return Err(Fail::new(&**why)),
                _ => return Ok(ty),
            }
        }
    }

    /// Reads one level deeper.
    #[inline]
    pub(super) fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Cursor<'p, 'de>) -> Result<T, Fail>,
    ) -> Result<T, Fail> {
        self.depth_left = self.depth_left.checked_sub(1).ok_or(BytesError::TooDeep)?;
        let read = inner(self);
        self.depth_left += 1;
        read
    }

    /// Reads a default as if it stood here.
    pub(super) fn filled<T>(
        &mut self,
        index: usize,
        inner: impl FnOnce(&mut Cursor<'p, 'de>) -> Result<T, Fail>,
    ) -> Result<T, Fail> {
        let default = self.defaults.get(index).map_or(&[][..], |default| default);
        let left = self.default_bytes_left.checked_sub(default.len() + 1);
        self.default_bytes_left =
            left.ok_or_else(|| Fail::new("the defaults of the value take too many bytes"))?;
        let outside = std::mem::replace(&mut self.reader, Reader::new(default));
        let read = inner(self);
        self.reader = outside;
        read
    }

    /// Reads past a value.
    pub(super) fn skip(&mut self, ty: &'p Type) -> Result<(), Fail> {
        match &ty.node {
            Node::Null => {}
            Node::Boolean => drop(self.reader.boolean()?),
            Node::Int
            | Node::Promote(Promotion::IntToLong | Promotion::IntToFloat | Promotion::IntToDouble) => {
                self.reader.int()?;
            }
            Node::Long | Node::Promote(Promotion::LongToFloat | Promotion::LongToDouble) => {
                self.reader.long()?;
            }
            Node::Float | Node::Promote(Promotion::FloatToDouble) => drop(self.reader.take(4)?),
            Node::Double => drop(self.reader.take(8)?),
            Node::Bytes | Node::Promote(Promotion::BytesToString) => drop(self.bytes()?),
            Node::String | Node::Promote(Promotion::StringToBytes) => drop(self.reader.bytes()?),
            Node::Fixed(size) => drop(self.reader.take(*size)?),
            Node::Enum(symbols) => drop(self.symbol(symbols)?),
            Node::Array(items) => {
                let items = self.get(*items);
                self.skip_blocks(|cursor| cursor.skip(items))?;
            }
            Node::Map(values) => {
                let values = self.get(*values);
                self.skip_blocks(|cursor| {
                    cursor.reader.bytes()?;
                    cursor.skip(values)
                })?;
            }
            Node::Union(union) => {
                let at = self.reader.index(union.branches.len())?;
                let branch = union.branches.get(at).ok_or(BytesError::BadIndex)?;
                self.skip(self.program.get(branch.ty))?;
            }
            Node::Record(record) => self.nested(|cursor| {
                record.steps.iter().try_for_each(|step| match step {
                    super::program::Step::Read { ty, .. } | super::program::Step::Skip(ty) => {
                        cursor.skip(cursor.get(*ty))
                    }
                    super::program::Step::Default { .. } => Ok(()),
                })
            })?,
            Node::Wrap { ty, .. } => self.skip(self.program.get(*ty))?,
            Node::Choice(_) | Node::Fail(_) => {
                let ty = self.settle(ty)?;
                self.skip(ty)?;
            }
        }
        Ok(())
    }

    /// Reads past the blocks of an array or map; those that tell their size at once.
    fn skip_blocks(
        &mut self,
        mut item: impl FnMut(&mut Cursor<'p, 'de>) -> Result<(), Fail>,
    ) -> Result<(), Fail> {
        self.nested(|cursor| {
            while let Some(block) = cursor.reader.block()? {
                if let Some(left) = block.left_after {
                    cursor.reader.take(cursor.reader.left().saturating_sub(left))?;
                    continue;
                }
                cursor.block(block, |cursor, _| item(cursor))?;
            }
            Ok(())
        })
    }

    /// The items of a block. `item` is also told how many there may still be, for reserving memory: no more than bytes.
    #[inline]
    pub(super) fn block(
        &mut self,
        block: Block,
        mut item: impl FnMut(&mut Cursor<'p, 'de>, usize) -> Result<(), Fail>,
    ) -> Result<(), Fail> {
        for done in 0..block.items {
            let left = self.reader.left();
            let more = usize::try_from(block.items - done).unwrap_or(usize::MAX);
            item(self, more.min(left))?;
            if self.reader.left() == left {
                self.reader.empty()?;
            }
        }
        Ok(self.reader.close(block)?)
    }
}
