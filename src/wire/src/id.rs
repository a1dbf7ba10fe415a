//! The two names of a schema on the wire: its id (per context) and its GUID (of its content).

use std::{fmt, str::FromStr};

use crate::InvalidGuid;

/// Schema id: 1 to `i32::MAX`, four bytes big-endian on the wire. Unique within a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaId(u32);

impl SchemaId {
    /// The largest id, `i32::MAX`.
    pub const MAX: SchemaId = SchemaId(i32::MAX as u32);

    /// The id, unless it is 0 or above `i32::MAX`.
    #[must_use]
    pub const fn new(id: u32) -> Option<SchemaId> {
        if id >= 1 && id <= Self::MAX.0 { Some(SchemaId(id)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for SchemaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// GUID of a schema: the MD5 of its content printed as a UUID, without version bits (contract 2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid([u8; 16]);

impl Guid {
    /// From the sixteen bytes of the wire.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Guid {
        Guid(bytes)
    }

    /// The sixteen bytes of the wire.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Lower-case hex, `8-4-4-4-12`.
impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        for (start, end) in [(0, 4), (4, 6), (6, 8), (8, 10), (10, 16)] {
            if start > 0 {
                f.write_str("-")?;
            }
            let mut group = [0; 12];
            let bytes = self.0.get(start..end).unwrap_or_default();
            for (pair, byte) in group.chunks_exact_mut(2).zip(bytes) {
                pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
            }
            let digits = group.get(..bytes.len() * 2).unwrap_or_default();
            f.write_str(std::str::from_utf8(digits).map_err(|_| fmt::Error)?)?;
        }
        Ok(())
    }
}

/// Hyphenated `8-4-4-4-12` or 32 hex digits, any case.
impl FromStr for Guid {
    type Err = InvalidGuid;

    fn from_str(text: &str) -> Result<Guid, InvalidGuid> {
        let text = text.as_bytes();
        let hyphenated = match text.len() {
            32 => false,
            36 => true,
            _ => return Err(InvalidGuid),
        };
        let mut bytes = [0u8; 16];
        let mut at = 0;
        for (i, byte) in bytes.iter_mut().enumerate() {
            if hyphenated && matches!(i, 4 | 6 | 8 | 10) {
                if text.get(at) != Some(&b'-') {
                    return Err(InvalidGuid);
                }
                at += 1;
            }
            let high = text.get(at).copied().and_then(hex_digit).ok_or(InvalidGuid)?;
            let low = text.get(at + 1).copied().and_then(hex_digit).ok_or(InvalidGuid)?;
            *byte = high << 4 | low;
            at += 2;
        }
        Ok(Guid(bytes))
    }
}

fn hex_digit(c: u8) -> Option<u8> {
    match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        b'A'..=b'F' => Some(c - b'A' + 10),
        _ => None,
    }
}

/// What a frame names its schema by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SchemaKey {
    /// Magic byte 0 and a schema id.
    Id(SchemaId),
    /// Magic byte 1 and a GUID.
    Guid(Guid),
}

impl fmt::Display for SchemaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SchemaKey::Id(id) => id.fmt(f),
            SchemaKey::Guid(guid) => guid.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_1_to_i32_max() {
        assert_eq!(SchemaId::new(0), None);
        assert_eq!(SchemaId::new(1).map(SchemaId::get), Some(1));
        assert_eq!(SchemaId::new(0x7fff_ffff), Some(SchemaId::MAX));
        assert_eq!(SchemaId::new(0x8000_0000), None);
    }

    #[test]
    fn guid_texts() {
        let guid = Guid::from_bytes(*b"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff");
        assert_eq!(guid.to_string(), "00112233-4455-6677-8899-aabbccddeeff");
        assert_eq!("00112233-4455-6677-8899-AABBCCDDEEFF".parse(), Ok(guid));
        assert_eq!("00112233445566778899aabbccddeeff".parse(), Ok(guid));
        for bad in [
            "",
            "0",
            "00112233-4455-6677-8899-aabbccddeef",
            "00112233-4455-6677-8899-aabbccddeefg",
            "001122334-455-6677-8899-aabbccddeeff",
            "00112233445566778899aabbccdde+ff",
            "00112233-4455-6677-8899-aabbccddéff",
        ] {
            assert_eq!(bad.parse::<Guid>(), Err(InvalidGuid), "{bad}");
        }
    }
}
