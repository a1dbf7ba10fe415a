//! [`Reader`]: a bounded cursor over a frame. All reading of hostile bytes goes through it.

use bytes::Bytes;

use crate::error::{DecodeCause, DecodeError};
use crate::string::Str;

/// Memory that decoding may take whatever the size of the body, in bytes.
const MEMORY_FLOOR: usize = 64 * 1024;
/// Memory that decoding may take per byte of body. Real messages stay below 6; an array of empty structs, the worst
/// a peer can build, would be near 70.
const MEMORY_PER_BYTE: usize = 16;

/// A cursor over a message body.
///
/// Reads never panic and never allocate by a number from the wire. Arrays are bounded twice: the count by the bytes
/// left divided by the least size of an element, and the memory of all elements together by 16 bytes per byte of
/// body plus 64 KiB.
#[derive(Debug)]
pub struct Reader {
    bytes: Bytes,
    pos: usize,
    end: usize,
    memory_left: usize,
}

impl Reader {
    /// A cursor at the start of `bytes`.
    #[must_use]
    pub fn new(bytes: Bytes) -> Self {
        let end = bytes.len();
        let memory_left = end.saturating_mul(MEMORY_PER_BYTE).saturating_add(MEMORY_FLOOR);
        Reader { bytes, pos: 0, end, memory_left }
    }

    /// Bytes not read yet.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.end - self.pos
    }

    /// Bytes read so far.
    #[must_use]
    pub fn position(&self) -> usize {
        self.pos
    }

    /// The bytes not read yet, as a slice of the same frame.
    #[must_use]
    pub fn rest(&self) -> Bytes {
        self.bytes.slice(self.pos..self.end)
    }

    pub(crate) fn error(&self, cause: DecodeCause) -> DecodeError {
        DecodeError::new(cause, self.pos)
    }

    /// Bounds check for every read.
    fn need(&self, wanted: usize) -> Result<(), DecodeError> {
        let left = self.remaining();
        if wanted > left { Err(self.error(DecodeCause::Truncated { wanted, left })) } else { Ok(()) }
    }

    /// The next `N` bytes, for fixed-size numbers.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        self.need(N)?;
        let mut out = [0; N];
        out.copy_from_slice(&self.bytes[self.pos..self.pos + N]);
        self.pos += N;
        Ok(out)
    }

    /// The next `len` bytes as a slice of the frame.
    pub(crate) fn slice(&mut self, len: usize) -> Result<Bytes, DecodeError> {
        self.need(len)?;
        let slice = self.bytes.slice(self.pos..self.pos + len);
        self.pos += len;
        Ok(slice)
    }

    /// The next `len` bytes as text.
    pub(crate) fn text(&mut self, len: usize) -> Result<Str, DecodeError> {
        let at = self.pos;
        let bytes = self.slice(len)?;
        Str::from_utf8(bytes).map_err(|_| DecodeError::new(DecodeCause::NotUtf8, at))
    }

    /// An unsigned varint of at most 32 bits: 7 bits a byte, least significant first.
    pub(crate) fn uvarint(&mut self) -> Result<u32, DecodeError> {
        let mut value = 0u32;
        for shift in [0, 7, 14, 21, 28] {
            let [byte] = self.array()?;
            if shift == 28 && byte > 0x0f {
                return Err(self.error(DecodeCause::VarintTooLong));
            }
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.error(DecodeCause::VarintTooLong))
    }

    /// Takes the memory of `count` elements of `size` bytes from the budget, before any of it is allocated.
    pub(crate) fn charge(&mut self, count: usize, size: usize) -> Result<(), DecodeError> {
        match count.checked_mul(size).and_then(|bytes| self.memory_left.checked_sub(bytes)) {
            Some(left) => {
                self.memory_left = left;
                Ok(())
            }
            None => Err(self.error(DecodeCause::OutOfProportion(self.bytes.len()))),
        }
    }

    /// Reads the tagged fields that close a struct in flexible versions. `known` is called with the reader narrowed
    /// to the field's size and says whether it knows the tag; unknown tags are skipped (KIP-482).
    pub(crate) fn tagged(
        &mut self,
        mut known: impl FnMut(&mut Reader, u32) -> Result<bool, DecodeError>,
    ) -> Result<(), DecodeError> {
        let count = self.uvarint()?;
        if count as usize > self.remaining() / 2 {
            let cause = DecodeCause::TooManyElements { claimed: count as usize, left: self.remaining() };
            return Err(self.error(cause));
        }
        for _ in 0..count {
            let tag = self.uvarint()?;
            let size = self.uvarint()? as usize;
            self.need(size)?;
            let (outer_end, field_end) = (self.end, self.pos + size);
            self.end = field_end;
            if !known(self, tag)? {
                self.pos = field_end;
            }
            if self.pos != field_end {
                return Err(self.error(DecodeCause::TaggedFieldSize(field_end - self.pos)));
            }
            self.end = outer_end;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uvarint(bytes: &'static [u8]) -> Result<u32, DecodeCause> {
        Reader::new(Bytes::from_static(bytes)).uvarint().map_err(|e| e.cause)
    }

    #[test]
    fn varints_are_bounded_to_32_bits() {
        assert_eq!(uvarint(&[0]), Ok(0));
        assert_eq!(uvarint(&[0xac, 0x02]), Ok(300));
        assert_eq!(uvarint(&[0xff, 0xff, 0xff, 0xff, 0x0f]), Ok(u32::MAX));
        assert_eq!(uvarint(&[0xff, 0xff, 0xff, 0xff, 0x10]), Err(DecodeCause::VarintTooLong));
        assert_eq!(uvarint(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]), Err(DecodeCause::VarintTooLong));
        assert_eq!(uvarint(&[0x80]), Err(DecodeCause::Truncated { wanted: 1, left: 0 }));
    }

    #[test]
    fn unknown_tagged_fields_are_skipped_and_known_ones_must_fill_their_size() {
        let bytes = Bytes::from_static(&[2, 9, 1, 0xaa, 7, 2, 0, 5]);
        let mut seen = Vec::new();
        let mut reader = Reader::new(bytes.clone());
        reader
            .tagged(|r, tag| {
                if tag == 7 {
                    seen.push(u16::from_be_bytes(r.array()?));
                }
                Ok(tag == 7)
            })
            .unwrap();
        assert_eq!((seen, reader.remaining()), (vec![5], 0));

        let short = Reader::new(bytes).tagged(|r, tag| {
            if tag == 7 {
                r.slice(1)?;
            }
            Ok(tag == 7)
        });
        assert_eq!(short.unwrap_err().cause, DecodeCause::TaggedFieldSize(1));
    }

    #[test]
    fn a_known_tagged_field_cannot_read_past_its_size() {
        let mut reader = Reader::new(Bytes::from_static(&[1, 0, 1, 9, 9, 9, 9]));
        let cause = reader.tagged(|r, _| r.array::<4>().map(|_| true)).unwrap_err().cause;
        assert_eq!(cause, DecodeCause::Truncated { wanted: 4, left: 1 });
    }

    #[test]
    fn memory_is_charged_before_it_is_taken() {
        let mut reader = Reader::new(Bytes::from_static(&[0; 10]));
        assert!(reader.charge(1, MEMORY_FLOOR).is_ok());
        assert!(reader.charge(2, 80).is_ok());
        assert_eq!(reader.charge(1, 1).unwrap_err().cause, DecodeCause::OutOfProportion(10));
        assert!(reader.charge(usize::MAX, usize::MAX).is_err());
    }
}
