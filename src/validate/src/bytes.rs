//! Reads of the fast walks: from the front of a slice, giving what is left; `None` for no. The reads of [`crate::cursor`] that
//! explain accept exactly the same.

/// The continuation bits of eight bytes.
const CONTINUES: u64 = 0x8080_8080_8080_8080;

/// A varint of at most 64 bits in at most ten bytes.
#[inline]
pub(crate) fn varint64(rest: &[u8]) -> Option<(u64, &[u8])> {
    match rest {
        [byte @ 0..0x80, behind @ ..] => Some((u64::from(*byte), behind)),
        [low, high @ 0..0x80, behind @ ..] => Some((u64::from(*low & 0x7f) | u64::from(*high) << 7, behind)),
        _ => long_varint64(rest),
    }
}

/// A varint of at most 32 bits in at most five bytes.
#[inline]
pub(crate) fn varint32(rest: &[u8]) -> Option<(u32, &[u8])> {
    match rest {
        [byte @ 0..0x80, behind @ ..] => Some((u32::from(*byte), behind)),
        [low, high @ 0..0x80, behind @ ..] => Some((u32::from(*low & 0x7f) | u32::from(*high) << 7, behind)),
        _ => long_varint32(rest),
    }
}

/// Passes over a varint of at most 64 bits in at most ten bytes.
#[inline]
pub(crate) fn skip_varint64(rest: &[u8]) -> Option<&[u8]> {
    if let [0..0x80, behind @ ..] = rest {
        return Some(behind);
    }
    rest.get(varint64_len(rest)?..)
}

/// How many bytes a varint of at most 64 bits takes; made for those of two bytes and more.
#[inline]
pub(crate) fn varint64_len(rest: &[u8]) -> Option<usize> {
    if let Some(next) = rest.first_chunk::<8>() {
        let last = !u64::from_le_bytes(*next) & CONTINUES;
        if last != 0 {
            return Some(last.trailing_zeros() as usize / 8 + 1);
        }
    } else if let [_, 0..0x80, ..] = rest {
        return Some(2); // near the end of the payload
    }
    long_varint64(rest).map(|(_, behind)| rest.len() - behind.len())
}

/// Passes over a varint of at most 32 bits in at most five bytes.
#[inline]
pub(crate) fn skip_varint32(rest: &[u8]) -> Option<&[u8]> {
    match rest {
        [0..0x80, behind @ ..] | [_, 0..0x80, behind @ ..] => Some(behind),
        [_, _, 0..0x80, behind @ ..] | [_, _, _, 0..0x80, behind @ ..] => Some(behind),
        [_, _, _, _, 0..0x10, behind @ ..] => Some(behind),
        _ => None,
    }
}

#[cold]
fn long_varint64(rest: &[u8]) -> Option<(u64, &[u8])> {
    varint(rest, 64, 10)
}

#[cold]
fn long_varint32(rest: &[u8]) -> Option<(u32, &[u8])> {
    varint(rest, 32, 5).map(|(value, rest)| (value as u32, rest)) // in range: 32 bits were asked for
}

fn varint(rest: &[u8], bits: u32, bytes_max: usize) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (byte, shift) in rest.iter().take(bytes_max).zip((0..).step_by(7)) {
        let part = u64::from(byte & 0x7f);
        if bits - shift < 7 && part >> (bits - shift) != 0 {
            return None;
        }
        value |= part << shift;
        if byte & 0x80 == 0 {
            return Some((value, rest.get(shift as usize / 7 + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::Cursor;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reads_what_the_cursor_reads(
            bytes in proptest::collection::vec(prop_oneof![0x80u8..=0xff, 0x80u8..=0xff, any::<u8>(), 0u8..3], 0..14)
        ) {
            let mut cursor = Cursor::new(&bytes);
            let slow = cursor.varint64().ok().map(|value| (value, cursor.left()));
            prop_assert_eq!(varint64(&bytes).map(|(value, rest)| (value, rest.len())), slow);
            prop_assert_eq!(skip_varint64(&bytes).map(<[u8]>::len), slow.map(|(_, left)| left));
            let mut cursor = Cursor::new(&bytes);
            let slow = cursor.varint32().ok().map(|value| (value, cursor.left()));
            prop_assert_eq!(varint32(&bytes).map(|(value, rest)| (value, rest.len())), slow);
            prop_assert_eq!(skip_varint32(&bytes).map(<[u8]>::len), slow.map(|(_, left)| left));
        }
    }
}
