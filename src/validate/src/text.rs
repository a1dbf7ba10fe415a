//! Text among payload bytes: passed over at once when it is ASCII. Text that is not is put aside, and checked as UTF-8 with SIMD in one go:
//! most payloads that hold any hold several, each too short for SIMD to gain.

/// Bytes that are put aside at most; longer text is checked where it stands.
const ASIDE_MAX: usize = 512;

/// Text that is still to be checked.
#[derive(Default)]
pub(crate) struct Aside(Option<Texts>);

/// Texts with a zero byte behind each: a character that is cut off at the end of one can then not be completed by the next.
struct Texts {
    bytes: [u8; ASIDE_MAX],
    length: usize,
}

impl Aside {
    /// Passes over `length` bytes of text; `None` if there are fewer, or if they are known not to be UTF-8.
    #[inline]
    pub(crate) fn skip<'d>(&mut self, rest: &'d [u8], length: usize) -> Option<&'d [u8]> {
        if let Some(next) = rest.first_chunk::<8>()
            && is_short_ascii(*next, length)
        {
            return rest.get(length..);
        }
        self.skip_long(rest, length)
    }

    /// The same, made for text that is not short.
    #[inline]
    pub(crate) fn skip_long<'d>(&mut self, rest: &'d [u8], length: usize) -> Option<&'d [u8]> {
        let (text, behind) = rest.split_at_checked(length)?;
        (is_ascii(text) || self.put(text)).then_some(behind)
    }

    /// Whether all that was put aside is UTF-8. What was passed over is text only if this says so.
    #[inline]
    pub(crate) fn is_utf8(&self) -> bool {
        self.0.as_ref().is_none_or(Texts::are_utf8)
    }

    #[cold]
    #[inline(never)]
    fn put(&mut self, text: &[u8]) -> bool {
        if text.len() >= ASIDE_MAX / 2 {
            return is_utf8(text);
        }
        let texts = match &mut self.0 {
            Some(texts) => texts,
            none => none.insert(Texts { bytes: [0; ASIDE_MAX], length: 0 }),
        };
        if text.len() >= ASIDE_MAX - texts.length {
            if !texts.are_utf8() {
                return false;
            }
            texts.length = 0;
        }
        let end = texts.length + text.len();
        if let Some(place) = texts.bytes.get_mut(texts.length..end) {
            place.copy_from_slice(text);
        }
        if let Some(stop) = texts.bytes.get_mut(end) {
            *stop = 0;
        }
        texts.length = end + 1;
        true
    }
}

impl Texts {
    #[cold]
    fn are_utf8(&self) -> bool {
        self.bytes.get(..self.length).is_some_and(is_utf8)
    }
}

fn is_utf8(text: &[u8]) -> bool {
    simdutf8::basic::from_utf8(text).is_ok()
}

/// Whether the first `length` of eight bytes are all there is of a text, and ASCII. Most text is this short: eight bytes at once, those
/// behind it shifted out.
#[inline]
pub(crate) fn is_short_ascii(next: [u8; 8], length: usize) -> bool {
    if length > 8 {
        return false;
    }
    let shift = 64 - 8 * length as u32;
    u64::from_le_bytes(next).checked_shl(shift).unwrap_or(0) & 0x8080_8080_8080_8080 == 0
}

/// In words of 16 bytes; the last one overlaps the one before it.
#[inline]
pub(crate) fn is_ascii(text: &[u8]) -> bool {
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
            texts in proptest::collection::vec(prop_oneof![8 => ".{0,40}", 1 => "[a-zé]{200,400}"], 1..8),
            flip in proptest::option::of((any::<prop::sample::Index>(), any::<prop::sample::Index>())), with in any::<u8>(),
            behind in 0usize..20
        ) {
            let mut texts: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
            if let Some((text, at)) = flip {
                let text = text.index(texts.len());
                if !texts[text].is_empty() {
                    let at = at.index(texts[text].len());
                    texts[text][at] = with;
                }
            }
            let valid = texts.iter().all(|text| std::str::from_utf8(text).is_ok());
            let mut aside = Aside::default();
            let mut passed = true;
            for text in texts {
                let length = text.len();
                let rest = [text, vec![0xff; behind]].concat(); // what stands behind the text does not count
                prop_assert_eq!(Aside::default().skip(&rest, length + behind + 1), None);
                passed &= aside.skip(&rest, length).is_some_and(|left| left.len() == behind);
            }
            prop_assert_eq!(passed && aside.is_utf8(), valid);
        }
    }

    #[test]
    fn texts_do_not_complete_each_other() {
        let mut aside = Aside::default();
        assert!(aside.skip(b"ab\xc3", 3).is_some() && aside.skip(b"\xa9", 1).is_some());
        assert!(!aside.is_utf8());
    }
}
