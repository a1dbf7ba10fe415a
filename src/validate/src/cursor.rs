//! A position in payload bytes, and the reads that both binary walkers share. Never reads past the end, never copies.

/// Why a varint could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadVarint {
    PastEnd,
    TooLong,
}

impl BadVarint {
    /// The reason, for a varint of this many bits.
    pub(crate) fn reason(self, bits: u32) -> String {
        match self {
            BadVarint::PastEnd => "varint runs past the end".into(),
            BadVarint::TooLong => format!("varint is longer than {bits} bits"),
        }
    }
}

/// A position in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    pos: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { bytes, pos: 0 }
    }

    /// Bytes read so far.
    pub(crate) fn pos(&self) -> usize {
        self.pos
    }

    /// Bytes left.
    pub(crate) fn left(&self) -> usize {
        self.bytes.len() - self.pos
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.pos).copied()?;
        self.pos += 1;
        Some(byte)
    }

    /// The next `length` bytes; `None`, and nothing is read, if there are fewer.
    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.pos..)?.get(..length)?;
        self.pos += length;
        Some(taken)
    }

    /// A varint of at most 64 bits in at most ten bytes.
    pub(crate) fn varint64(&mut self) -> Result<u64, BadVarint> {
        if let Some(&byte @ 0..0x80) = self.bytes.get(self.pos) {
            self.pos += 1;
            return Ok(u64::from(byte));
        }
        self.varint(64, 10)
    }

    /// A varint of at most 32 bits in at most five bytes.
    pub(crate) fn varint32(&mut self) -> Result<u32, BadVarint> {
        self.varint(32, 5).map(|value| value as u32) // in range: 32 bits were asked for
    }

    fn varint(&mut self, bits: u32, bytes_max: u32) -> Result<u64, BadVarint> {
        let mut value = 0u64;
        for i in 0..bytes_max {
            let byte = self.byte().ok_or(BadVarint::PastEnd)?;
            let part = u64::from(byte & 0x7f);
            let room = bits - 7 * i; // at least 1: 7 * 9 < 64 and 7 * 4 < 32
            if room < 7 && part >> room != 0 {
                return Err(BadVarint::TooLong);
            }
            value |= part << (7 * i);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(BadVarint::TooLong)
    }
}

/// Signed from zigzag.
pub(crate) fn unzigzag64(raw: u64) -> i64 {
    (raw >> 1).cast_signed() ^ -(raw & 1).cast_signed()
}

/// Signed from zigzag.
pub(crate) fn unzigzag32(raw: u32) -> i32 {
    (raw >> 1).cast_signed() ^ -(raw & 1).cast_signed()
}

/// Where text stops being UTF-8, in words.
pub(crate) fn not_utf8(error: std::str::Utf8Error) -> String {
    format!("text is not UTF-8 at its byte {}", error.valid_up_to())
}

/// `1 byte`, `3 bytes`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_of_64_bits() {
        for (bytes, value) in [
            (&b"\x00"[..], Ok(0)),
            (b"\x7f", Ok(127)),
            (b"\x80\x01", Ok(128)),
            (b"\x80\x00", Ok(0)), // longer than it must be, as every decoder accepts
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", Ok(u64::MAX)),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", Err(BadVarint::TooLong)),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x80\x00", Err(BadVarint::TooLong)),
            (b"", Err(BadVarint::PastEnd)),
            (b"\x80", Err(BadVarint::PastEnd)),
        ] {
            assert_eq!(Cursor::new(bytes).varint64(), value, "{bytes:?}");
        }
    }

    #[test]
    fn varints_of_32_bits() {
        for (bytes, value) in [
            (&b"\x96\x01"[..], Ok(150)),
            (b"\xff\xff\xff\xff\x0f", Ok(u32::MAX)),
            (b"\xff\xff\xff\xff\x1f", Err(BadVarint::TooLong)),
            (b"\x80\x80\x80\x80\x80\x00", Err(BadVarint::TooLong)),
            (b"\x80\x80", Err(BadVarint::PastEnd)),
        ] {
            assert_eq!(Cursor::new(bytes).varint32(), value, "{bytes:?}");
        }
    }

    #[test]
    fn zigzag() {
        for (raw, value) in [(0, 0), (1, -1), (2, 1), (u32::MAX, i32::MIN), (u32::MAX - 1, i32::MAX)] {
            assert_eq!(unzigzag32(raw), value);
        }
        assert_eq!((unzigzag64(u64::MAX), unzigzag64(u64::MAX - 1)), (i64::MIN, i64::MAX));
    }
}
