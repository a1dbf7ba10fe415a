//! Avro's binary encoding, primitive by primitive: a [`Reader`] over bytes from anywhere, and `put` functions into a `Vec<u8>`.
//!
//! The reader borrows, never reads past the end, never allocates, and never sizes anything by a number it was sent. It bounds how
//! deep values nest ([`DEPTH_MAX`]) and how many items may take no bytes ([`EMPTY_ITEMS_MAX`]); whoever decodes arrays and maps goes
//! through [`Reader::items`] or [`Reader::entries`], records that can contain themselves through [`Reader::nested`].
//!
//! Numbers are read as Java reads them (at most five or ten bytes, longer than needed is fine), but for one thing: bits beyond the
//! 32nd or 64th, which Java drops, are refused. Booleans are `0` and `1` only. Source: Avro specification, "Binary Encoding".

mod writer;

pub use writer::Writer;

/// How deep arrays, maps and records that contain themselves may nest.
pub const DEPTH_MAX: u32 = 200;

/// Most items without any bytes, such as nulls, in all arrays of one datum: an array of them takes as little as three bytes.
/// As many as `assay-validate` lets pass.
pub const EMPTY_ITEMS_MAX: u32 = 65_536;

/// Why bytes are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BytesError {
    /// The bytes end inside a value.
    #[error("the bytes end inside the value")]
    PastEnd,
    /// A varint of `int` that does not fit 32 bits.
    #[error("the varint is longer than an int's 32 bits")]
    IntTooLong,
    /// A varint of `long` that does not fit 64 bits.
    #[error("the varint is longer than a long's 64 bits")]
    LongTooLong,
    /// A boolean that is neither 0 nor 1.
    #[error("a boolean is the byte 0 or 1")]
    NotBoolean,
    /// A length below zero.
    #[error("the length is negative")]
    NegativeLength,
    /// A count that cannot be.
    #[error("the number of items in a block is out of range")]
    BadCount,
    /// A string that is no text.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// An index of a union or enum behind its last.
    #[error("the index is behind the last branch or symbol")]
    BadIndex,
    /// A block that says it has another size than its items.
    #[error("the block's size is not that of its items")]
    BadBlockSize,
    /// Deeper than [`DEPTH_MAX`].
    #[error("values nest more than {DEPTH_MAX} deep")]
    TooDeep,
    /// More than [`EMPTY_ITEMS_MAX`].
    #[error("more than {EMPTY_ITEMS_MAX} items take no bytes")]
    TooManyEmpty,
    /// Bytes behind the datum.
    #[error("bytes are left over behind the value")]
    LeftOver,
}

/// A position in the bytes of a datum.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    depth_left: u32,
    empty_left: u32,
}

/// A block of items or entries. Give it back to [`Reader::close`] behind its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// How many; at least one, and nobody has counted yet: never size memory by it alone.
    pub items: u64,
    /// How many bytes are left behind the block, if the block tells its size.
    pub left_after: Option<usize>,
}

impl<'a> Reader<'a> {
    /// At the start of bytes.
    #[inline]
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes, depth_left: DEPTH_MAX, empty_left: EMPTY_ITEMS_MAX }
    }

    /// The bytes not read yet.
    #[inline]
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// How many bytes are not read yet.
    #[inline]
    #[must_use]
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// That nothing is left.
    /// # Errors
    /// `LeftOver`.
    #[inline]
    pub fn end(&self) -> Result<(), BytesError> {
        if self.rest.is_empty() { Ok(()) } else { Err(BytesError::LeftOver) }
    }

    /// The next so many bytes.
    /// # Errors
    /// `PastEnd`.
    #[inline]
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], BytesError> {
        let (taken, behind) = self.rest.split_at_checked(count).ok_or(BytesError::PastEnd)?;
        self.rest = behind;
        Ok(taken)
    }

    /// A fixed, or another thing of a size known to the compiler.
    /// # Errors
    /// `PastEnd`.
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], BytesError> {
        let (taken, behind) = self.rest.split_first_chunk().ok_or(BytesError::PastEnd)?;
        self.rest = behind;
        Ok(taken)
    }

    /// A boolean.
    /// # Errors
    /// `PastEnd`, `NotBoolean`.
    #[inline]
    pub fn boolean(&mut self) -> Result<bool, BytesError> {
        match self.rest {
            [byte @ (0 | 1), behind @ ..] => {
                self.rest = behind;
                Ok(*byte == 1)
            }
            [] => Err(BytesError::PastEnd),
            _ => Err(BytesError::NotBoolean),
        }
    }

    /// An int: a zigzag varint of at most 32 bits in at most five bytes.
    /// # Errors
    /// `PastEnd`, `IntTooLong`.
    #[inline]
    pub fn int(&mut self) -> Result<i32, BytesError> {
        let raw = match self.rest {
            [byte @ 0..0x80, behind @ ..] => {
                self.rest = behind;
                u32::from(*byte)
            }
            [low, high @ 0..0x80, behind @ ..] => {
                self.rest = behind;
                u32::from(*low & 0x7f) | u32::from(*high) << 7
            }
            _ => self.varint(32).map_err(|error| error.unwrap_or(BytesError::IntTooLong))? as u32, // 32 bits were asked for
        };
        Ok((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
    }

    /// A long: a zigzag varint of at most 64 bits in at most ten bytes.
    /// # Errors
    /// `PastEnd`, `LongTooLong`.
    #[inline]
    pub fn long(&mut self) -> Result<i64, BytesError> {
        let raw = match self.rest {
            [byte @ 0..0x80, behind @ ..] => {
                self.rest = behind;
                u64::from(*byte)
            }
            [low, high @ 0..0x80, behind @ ..] => {
                self.rest = behind;
                u64::from(*low & 0x7f) | u64::from(*high) << 7
            }
            _ => self.long_varint()?,
        };
        Ok((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
    }

    /// A varint of three bytes or more. Eight bytes at a time: where the first byte without a continuation bit is, and the sevens
    /// of bits before it pressed together.
    fn long_varint(&mut self) -> Result<u64, BytesError> {
        if let Some(next) = self.rest.first_chunk::<8>() {
            let word = u64::from_le_bytes(*next);
            let last = !word & 0x8080_8080_8080_8080;
            if last != 0 {
                let end = last.trailing_zeros(); // the top bit of the last byte: 7, 15, .. 63
                let bits = word & (u64::MAX >> (63 - end)) & 0x7f7f_7f7f_7f7f_7f7f;
                let bits = (bits & 0x007f_007f_007f_007f) | (bits & 0x7f00_7f00_7f00_7f00) >> 1;
                let bits = (bits & 0x0000_3fff_0000_3fff) | (bits & 0x3fff_0000_3fff_0000) >> 2;
                let bits = (bits & 0x0fff_ffff) | (bits & 0x0fff_ffff_0000_0000) >> 4;
                self.rest = self.rest.get(end as usize / 8 + 1..).unwrap_or_default();
                return Ok(bits);
            }
        }
        self.varint(64).map_err(|error| error.unwrap_or(BytesError::LongTooLong))
    }

    /// A varint of at most so many bits; the error is `None` for a longer one.
    #[cold]
    fn varint(&mut self, bits: u32) -> Result<u64, Option<BytesError>> {
        let mut value = 0u64;
        let mut rest = self.rest;
        for shift in (0..bits).step_by(7) {
            let (byte, behind) = rest.split_first().ok_or(Some(BytesError::PastEnd))?;
            rest = behind;
            let part = u64::from(byte & 0x7f);
            if bits - shift < 7 && part >> (bits - shift) != 0 {
                return Err(None);
            }
            value |= part << shift;
            if byte & 0x80 == 0 {
                self.rest = rest;
                return Ok(value);
            }
        }
        Err(None)
    }

    /// A float.
    /// # Errors
    /// `PastEnd`.
    #[inline]
    pub fn float(&mut self) -> Result<f32, BytesError> {
        self.array().map(|bytes| f32::from_le_bytes(*bytes))
    }

    /// A double.
    /// # Errors
    /// `PastEnd`.
    #[inline]
    pub fn double(&mut self) -> Result<f64, BytesError> {
        self.array().map(|bytes| f64::from_le_bytes(*bytes))
    }

    /// The length of bytes or of a string: not negative, and no longer than what is left.
    /// # Errors
    /// `PastEnd`, `LongTooLong`, `NegativeLength`.
    #[inline]
    pub fn length(&mut self) -> Result<usize, BytesError> {
        let length = self.long()?;
        if length < 0 {
            return Err(BytesError::NegativeLength);
        }
        // Longer than the address space is past the end, too.
        usize::try_from(length).ok().filter(|length| *length <= self.rest.len()).ok_or(BytesError::PastEnd)
    }

    /// Bytes with their length before them.
    /// # Errors
    /// `PastEnd`, `LongTooLong`, `NegativeLength`.
    #[inline]
    pub fn bytes(&mut self) -> Result<&'a [u8], BytesError> {
        let length = self.length()?;
        self.take(length)
    }

    /// A string.
    /// # Errors
    /// `PastEnd`, `LongTooLong`, `NegativeLength`, `NotUtf8`.
    #[inline]
    pub fn str(&mut self) -> Result<&'a str, BytesError> {
        simdutf8::basic::from_utf8(self.bytes()?).map_err(|_| BytesError::NotUtf8)
    }

    /// The index of a branch of a union with so many branches. Java writes and reads it as an int.
    /// # Errors
    /// `PastEnd`, `IntTooLong`, `BadIndex`.
    #[inline]
    pub fn index(&mut self, count: usize) -> Result<usize, BytesError> {
        let index = usize::try_from(self.int()?).map_err(|_| BytesError::BadIndex)?;
        if index < count { Ok(index) } else { Err(BytesError::BadIndex) }
    }

    /// The next block of an array or map; `None` behind the last.
    /// # Errors
    /// `PastEnd`, `LongTooLong`, `NegativeLength`, `BadCount`.
    #[inline]
    pub fn block(&mut self) -> Result<Option<Block>, BytesError> {
        match self.long()? {
            0 => Ok(None),
            items @ 1.. => Ok(Some(Block { items: items.cast_unsigned(), left_after: None })),
            negative => {
                let items = negative.checked_neg().ok_or(BytesError::BadCount)?.cast_unsigned();
                let length = self.length()?;
                Ok(Some(Block { items, left_after: Some(self.rest.len() - length) }))
            }
        }
    }

    /// That a block ended where it said it would.
    /// # Errors
    /// `BadBlockSize`.
    #[inline]
    pub fn close(&self, block: Block) -> Result<(), BytesError> {
        match block.left_after {
            Some(left) if left != self.rest.len() => Err(BytesError::BadBlockSize),
            _ => Ok(()),
        }
    }

    /// All items of an array: `item` reads one. It is also told how many the block still has, itself included, but never more than
    /// there are bytes: enough to reserve memory by.
    /// # Errors
    /// Those of [`Reader::block`] and of `item`; `TooDeep`, `TooManyEmpty`, `BadBlockSize`.
    #[inline]
    pub fn items<E: From<BytesError>>(
        &mut self,
        mut item: impl FnMut(&mut Reader<'a>, usize) -> Result<(), E>,
    ) -> Result<(), E> {
        self.nested(|reader| {
            while let Some(block) = reader.block()? {
                for done in 0..block.items {
                    let left = reader.rest.len();
                    let more = usize::try_from(block.items - done).unwrap_or(usize::MAX);
                    item(reader, more.min(left))?;
                    if reader.rest.len() == left {
                        reader.empty()?;
                    }
                }
                reader.close(block)?;
            }
            Ok(())
        })
    }

    /// All entries of a map: as [`Reader::items`], with the key read.
    /// # Errors
    /// Those of [`Reader::items`] and of [`Reader::str`].
    #[inline]
    pub fn entries<E: From<BytesError>>(
        &mut self,
        mut value: impl FnMut(&mut Reader<'a>, &'a str, usize) -> Result<(), E>,
    ) -> Result<(), E> {
        self.items(|reader, more| {
            let key = reader.str()?;
            value(reader, key, more)
        })
    }

    /// Reads one level deeper.
    /// # Errors
    /// `TooDeep`, and those of `inner`.
    #[inline]
    pub fn nested<T, E: From<BytesError>>(
        &mut self,
        inner: impl FnOnce(&mut Reader<'a>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.depth_left = self.depth_left.checked_sub(1).ok_or(BytesError::TooDeep)?;
        let read = inner(self);
        self.depth_left += 1;
        read
    }

    /// Counts an item that took no bytes.
    /// # Errors
    /// `TooManyEmpty`.
    #[inline]
    pub fn empty(&mut self) -> Result<(), BytesError> {
        self.empty_left = self.empty_left.checked_sub(1).ok_or(BytesError::TooManyEmpty)?;
        Ok(())
    }
}

/// Most bytes of an int.
pub const INT_BYTES_MAX: usize = 5;

/// Most bytes of a long.
pub const LONG_BYTES_MAX: usize = 10;

/// Appends a boolean.
#[inline]
pub fn put_boolean(out: &mut Vec<u8>, value: bool) {
    out.push(u8::from(value));
}

/// Appends an int: the bytes are those of the same long.
#[inline]
pub fn put_int(out: &mut Vec<u8>, value: i32) {
    put_long(out, i64::from(value));
}

/// Appends a long.
#[inline]
pub fn put_long(out: &mut Vec<u8>, value: i64) {
    let raw = (value << 1 ^ value >> 63).cast_unsigned();
    match raw {
        0..0x80 => out.push(raw as u8),
        0x80..0x4000 => out.extend_from_slice(&[raw as u8 | 0x80, (raw >> 7) as u8]),
        _ => put_long_varint(out, raw),
    }
}

/// Ten bytes are written whatever the number, and those behind the varint taken back: faster than a copy of unknown length.
fn put_long_varint(out: &mut Vec<u8>, mut raw: u64) {
    let mut bytes = [0; LONG_BYTES_MAX];
    let mut length = 0;
    for byte in &mut bytes {
        length += 1;
        *byte = raw as u8 | 0x80;
        raw >>= 7;
        if raw == 0 {
            *byte &= 0x7f;
            break;
        }
    }
    let start = out.len();
    out.extend_from_slice(&bytes);
    out.truncate(start + length);
}

/// Appends a float.
#[inline]
pub fn put_float(out: &mut Vec<u8>, value: f32) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a double.
#[inline]
pub fn put_double(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends bytes with their length before them.
#[inline]
pub fn put_bytes(out: &mut Vec<u8>, value: &[u8]) {
    put_long(out, value.len() as i64); // no slice is longer than isize::MAX
    out.extend_from_slice(value);
}

/// Appends a string.
#[inline]
pub fn put_str(out: &mut Vec<u8>, value: &str) {
    put_bytes(out, value.as_bytes());
}

/// Appends the index of a union's branch or an enum's symbol.
#[inline]
pub fn put_index(out: &mut Vec<u8>, index: usize) {
    put_long(out, index as i64); // an index into memory
}

/// Appends the count of the items that follow, if there are any. [`put_end`] comes behind the last block.
#[inline]
pub fn put_block(out: &mut Vec<u8>, items: usize) {
    if items > 0 {
        put_long(out, items as i64); // items in memory
    }
}

/// Ends an array or map.
#[inline]
pub fn put_end(out: &mut Vec<u8>) {
    out.push(0);
}

#[cfg(test)]
mod tests;
