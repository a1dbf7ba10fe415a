//! Protobuf message indexes: the path of a message inside its file (contract 5.3).

use std::fmt;

use crate::IndexError;

/// The longest path that is read. Protobuf's own tools nest messages no deeper than 32.
pub const INDEXES_MAX: usize = 64;

/// Paths up to this length are kept without allocating.
const INLINE: usize = 6;

/// The path of a message in its file: the index of the top-level message, then of nested ones, in declaration order.
/// Never empty; `[0]`, the first message of the file, is the default.
#[derive(Clone)]
pub struct MessageIndexes(Repr);

#[derive(Clone)]
enum Repr {
    Inline { len: u8, path: [u32; INLINE] },
    Heap(Box<[u32]>),
}

impl MessageIndexes {
    /// From a path; `None` if it is longer than [`INDEXES_MAX`] or an index is above `i32::MAX`. An empty path is `[0]`.
    #[must_use]
    pub fn new(path: &[u32]) -> Option<MessageIndexes> {
        if path.len() > INDEXES_MAX || path.iter().any(|&i| i32::try_from(i).is_err()) {
            return None;
        }
        Some(if path.is_empty() { MessageIndexes::default() } else { MessageIndexes(Repr::of(path)) })
    }

    /// Reads zigzag varints, a count and that many indexes, from the front; returns the bytes behind them too. A count of
    /// 0 reads as `[0]`. Nothing is allocated for paths of up to six messages.
    /// # Errors
    /// See [`IndexError`]. A varint above 32 bits is refused, where Kafka's reader drops the excess bits.
    pub fn read(bytes: &[u8]) -> Result<(MessageIndexes, &[u8]), IndexError> {
        let (count, mut rest) = non_negative(bytes)?;
        if count == 0 {
            return Ok((MessageIndexes::default(), rest));
        }
        let len = usize::try_from(count).unwrap_or(usize::MAX);
        if len > rest.len() {
            return Err(IndexError::Truncated); // an index takes at least one byte
        }
        if len > INDEXES_MAX {
            return Err(IndexError::TooMany(count));
        }
        let mut path = [0u32; INDEXES_MAX];
        let path = path.get_mut(..len).unwrap_or_default();
        for slot in path.iter_mut() {
            (*slot, rest) = non_negative(rest)?;
        }
        Ok((MessageIndexes(Repr::of(path)), rest))
    }

    /// Appends the encoded path; `[0]` takes the single byte 0.
    pub fn write(&self, out: &mut Vec<u8>) {
        let path = self.as_slice();
        if path == [0] {
            out.push(0);
            return;
        }
        write_zigzag(u32::try_from(path.len()).unwrap_or(u32::MAX), out);
        for &index in path {
            write_zigzag(index, out);
        }
    }

    /// The indexes, outermost message first. Never empty; each at most `i32::MAX`.
    #[must_use]
    pub fn as_slice(&self) -> &[u32] {
        match &self.0 {
            Repr::Inline { len, path } => path.get(..usize::from(*len)).unwrap_or(path),
            Repr::Heap(path) => path,
        }
    }
}

impl Repr {
    fn of(path: &[u32]) -> Repr {
        let mut inline = [0; INLINE];
        match (inline.get_mut(..path.len()), u8::try_from(path.len())) {
            (Some(slots), Ok(len)) => {
                slots.copy_from_slice(path);
                Repr::Inline { len, path: inline }
            }
            _ => Repr::Heap(path.into()),
        }
    }
}

impl Default for MessageIndexes {
    fn default() -> MessageIndexes {
        MessageIndexes(Repr::Inline { len: 1, path: [0; INLINE] })
    }
}

impl PartialEq for MessageIndexes {
    fn eq(&self, other: &MessageIndexes) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for MessageIndexes {}

impl fmt::Debug for MessageIndexes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_slice(), f)
    }
}

/// `[1, 0]`.
impl fmt::Display for MessageIndexes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_slice(), f)
    }
}

/// A zigzag varint of at most 32 bits that is not negative, and the bytes behind it.
fn non_negative(bytes: &[u8]) -> Result<(u32, &[u8]), IndexError> {
    let mut raw = 0u32;
    for (i, &byte) in bytes.iter().take(5).enumerate() {
        let bits = u32::from(byte & 0x7f);
        if i == 4 && byte > 0x0f {
            return Err(IndexError::Overlong);
        }
        raw |= bits << (7 * i);
        if byte & 0x80 == 0 {
            let value = (raw >> 1).cast_signed() ^ -(raw & 1).cast_signed();
            let rest = bytes.get(i + 1..).unwrap_or_default();
            return u32::try_from(value).map(|v| (v, rest)).map_err(|_| IndexError::Negative(value));
        }
    }
    Err(IndexError::Truncated)
}

/// Zigzag of a non-negative number is twice the number.
fn write_zigzag(value: u32, out: &mut Vec<u8>) {
    let mut raw = u64::from(value) * 2;
    while raw >= 0x80 {
        out.push((raw & 0x7f) as u8 | 0x80);
        raw >>= 7;
    }
    out.push(raw as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], path: &[u32], rest: &[u8]) {
        let (read, left) = MessageIndexes::read(bytes).unwrap();
        assert_eq!((read.as_slice(), left), (path, rest), "{bytes:?}");
        assert_eq!(read, MessageIndexes::new(path).unwrap());
    }

    #[test]
    fn reads_what_the_contract_shows() {
        check(b"\x00rest", &[0], b"rest");
        check(b"\x02\x00", &[0], b""); // the long form of the default
        check(b"\x02\x02x", &[1], b"x");
        check(b"\x04\x02\x00", &[1, 0], b"");
        check(b"\x02\xfe\xff\xff\xff\x0f", &[i32::MAX as u32], b"");
        check(b"\x0e\x02\x02\x02\x02\x02\x02\x04", &[1, 1, 1, 1, 1, 1, 2], b"");
    }

    #[test]
    fn writes_the_short_form() {
        for (path, bytes) in [
            (&[0][..], &b"\x00"[..]),
            (&[], b"\x00"),
            (&[1], b"\x02\x02"),
            (&[0, 0], b"\x04\x00\x00"),
            (&[64], b"\x02\x80\x01"),
        ] {
            let mut out = Vec::new();
            MessageIndexes::new(path).unwrap().write(&mut out);
            assert_eq!(out, bytes, "{path:?}");
        }
    }

    #[test]
    fn refuses_with_the_reason() {
        let mut long = vec![0x82, 0x01]; // 65
        long.extend([0; 65]);
        for (bytes, error) in [
            (&b""[..], IndexError::Truncated),
            (b"\x02", IndexError::Truncated),
            (b"\x02\x80", IndexError::Truncated),
            (b"\x80\x80\x80\x80\x80\x00", IndexError::Overlong),
            (b"\xff\xff\xff\xff\x1f", IndexError::Overlong),
            (b"\x01", IndexError::Negative(-1)),
            (b"\x02\x03", IndexError::Negative(-2)),
            (b"\xff\xff\xff\xff\x0f", IndexError::Negative(i32::MIN)),
            (b"\xfe\xff\xff\xff\x0f\x00", IndexError::Truncated),
            (&long, IndexError::TooMany(65)),
        ] {
            assert_eq!(MessageIndexes::read(bytes).unwrap_err(), error, "{bytes:?}");
        }
    }
}
