//! Text among payload bytes: passed over at once when it is ASCII, else checked as UTF-8 with SIMD.

/// Passes over `length` bytes of text; `None` if there are fewer, or if they are not UTF-8.
#[inline]
pub(crate) fn skip(rest: &[u8], length: usize) -> Option<&[u8]> {
    if length <= 8
        && let Some(next) = rest.first_chunk::<8>()
    {
        // Most text is this short: eight bytes at once, those behind it shifted out.
        let shift = 64 - 8 * length as u32;
        let bytes = u64::from_le_bytes(*next).checked_shl(shift).unwrap_or(0);
        if bytes & 0x8080_8080_8080_8080 == 0 {
            return rest.get(length..);
        }
    }
    let (text, behind) = rest.split_at_checked(length)?;
    is_utf8(text).then_some(behind)
}

/// Whether bytes are UTF-8.
#[inline]
pub(crate) fn is_utf8(text: &[u8]) -> bool {
    is_ascii(text) || is_utf8_beyond_ascii(text)
}

#[cold]
#[inline(never)]
fn is_utf8_beyond_ascii(text: &[u8]) -> bool {
    simdutf8::basic::from_utf8(text).is_ok()
}

/// In words of 16 bytes; the last one overlaps the one before it.
#[inline]
fn is_ascii(text: &[u8]) -> bool {
    const HIGH: u128 = 0x8080_8080_8080_8080_8080_8080_8080_8080;
    if let Some(last) = text.last_chunk::<16>() {
        let mut bits = u128::from_le_bytes(*last);
        for word in text.as_chunks::<16>().0 {
            bits |= u128::from_le_bytes(*word);
        }
        return bits & HIGH == 0;
    }
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        return (u64::from_le_bytes(*first) | u64::from_le_bytes(*last)) & (HIGH as u64) == 0;
    }
    text.iter().fold(0, |bits, byte| bits | byte) < 0x80
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_the_standard_library(
            text in ".{0,40}", flip in proptest::option::of(any::<prop::sample::Index>()), with in any::<u8>(), behind in 0usize..20
        ) {
            let mut bytes = text.into_bytes();
            if let Some(at) = flip && !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = with;
            }
            let valid = std::str::from_utf8(&bytes).is_ok();
            prop_assert_eq!(is_utf8(&bytes), valid);
            let length = bytes.len();
            bytes.extend(std::iter::repeat_n(0xff, behind)); // what stands behind the text does not count
            prop_assert_eq!(skip(&bytes, length).map(<[u8]>::len), valid.then_some(behind));
            prop_assert_eq!(skip(&bytes, length + behind + 1), None);
        }
    }
}
