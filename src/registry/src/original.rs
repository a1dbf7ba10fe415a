//! The text as it was sent, behind the canonical one that is stored, hashed and returned (`format=original`).
//!
//! The two mostly differ in white space, so what is kept in memory is the original compressed with the canonical text
//! as the dictionary: a fraction of either. Nothing is kept when they are equal.

use std::fmt;
use std::sync::Arc;

use lz4_flex::block::{compress_with_dict, decompress_with_dict};

/// The original of a canonical text. Only together with that text can it be read.
#[derive(Clone, PartialEq, Eq)]
pub struct Original {
    packed: Arc<[u8]>,
    bytes: usize,
}

impl Original {
    /// What has to be kept of `sent` beside `canonical`: nothing when they are the same.
    pub fn of(sent: &str, canonical: &str) -> Option<Original> {
        let packed = || compress_with_dict(sent.as_bytes(), canonical.as_bytes()).into();
        (sent != canonical).then(|| Original { packed: packed(), bytes: sent.len() })
    }

    /// The text; `None` when `canonical` is not the text it was made with.
    pub fn text(&self, canonical: &str) -> Option<String> {
        let bytes = decompress_with_dict(&self.packed, self.bytes, canonical.as_bytes()).ok()?;
        String::from_utf8(bytes).ok()
    }
}

impl fmt::Debug for Original {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Original({} bytes)", self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_text_costs_nothing_and_another_layout_little() {
        let canonical = format!("[{}]", vec!["{\"type\":\"array\",\"items\":\"string\"}"; 40].join(","));
        assert_eq!(Original::of(&canonical, &canonical), None);
        let sent = canonical.replace(',', ",\n    ");
        let original = Original::of(&sent, &canonical).unwrap();
        assert_eq!(original.text(&canonical).as_deref(), Some(&*sent));
        assert!(original.packed.len() < sent.len() / 4, "{} of {}", original.packed.len(), sent.len());
        assert_ne!(original.text("\"int\"").as_deref(), Some(&*sent));
    }

    proptest! {
        #[test]
        fn any_text_comes_back(sent in ".*", canonical in ".*") {
            let kept = Original::of(&sent, &canonical);
            let text = kept.map_or(Some(canonical.clone()), |original| original.text(&canonical));
            prop_assert_eq!(text, Some(sent));
        }
    }
}
