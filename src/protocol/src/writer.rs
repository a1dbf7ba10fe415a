//! Writing lengths and numbers into a [`BytesMut`]. Encoding is infallible: what a length cannot hold is cut.

use bytes::{BufMut, BytesMut};

/// The longest text an old-style (16-bit) length can hold, in bytes.
pub(crate) const SHORT_TEXT_MAX: usize = i16::MAX as usize;

/// An unsigned varint: 7 bits a byte, least significant first.
pub(crate) fn put_uvarint(out: &mut BytesMut, mut value: u32) {
    while value >= 0x80 {
        out.put_u8((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.put_u8(value as u8);
}

/// A length or count as i32, or as varint of length + 1 in flexible versions; `None` is null.
pub(crate) fn put_length(out: &mut BytesMut, flexible: bool, length: Option<usize>) {
    debug_assert!(length.is_none_or(|n| i32::try_from(n).is_ok()), "a length over 2 GiB");
    match (flexible, length) {
        (true, None) => out.put_u8(0),
        (true, Some(n)) => put_uvarint(out, u32::try_from(n).unwrap_or(u32::MAX - 1).saturating_add(1)),
        (false, None) => out.put_i32(-1),
        (false, Some(n)) => out.put_i32(i32::try_from(n).unwrap_or(i32::MAX)),
    }
}

/// Text with its length. In old versions, whose length is an i16, text over 32767 bytes is cut at a character.
pub(crate) fn put_text(out: &mut BytesMut, flexible: bool, text: Option<&str>) {
    let Some(text) = text else {
        if flexible {
            out.put_u8(0)
        } else {
            out.put_i16(-1)
        }
        return;
    };
    if flexible {
        put_length(out, true, Some(text.len()));
        out.put_slice(text.as_bytes());
    } else {
        let cut = &text[..text.floor_char_boundary(SHORT_TEXT_MAX)];
        out.put_i16(i16::try_from(cut.len()).unwrap_or(i16::MAX));
        out.put_slice(cut.as_bytes());
    }
}

/// Collects the tagged fields of a struct: count, then tag, size and value of each, by ascending tag (KIP-482).
#[derive(Debug, Default)]
pub(crate) struct Tagged {
    fields: Vec<(u32, BytesMut)>,
}

impl Tagged {
    /// Adds a field; `write` writes its value.
    pub(crate) fn add(&mut self, tag: u32, write: impl FnOnce(&mut BytesMut)) {
        let mut value = BytesMut::new();
        write(&mut value);
        self.fields.push((tag, value));
    }

    pub(crate) fn finish(mut self, out: &mut BytesMut) {
        self.fields.sort_by_key(|(tag, _)| *tag);
        put_uvarint(out, u32::try_from(self.fields.len()).unwrap_or(u32::MAX));
        for (tag, value) in self.fields {
            put_uvarint(out, tag);
            put_uvarint(out, u32::try_from(value.len()).unwrap_or(u32::MAX));
            out.put_slice(&value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints() {
        for (value, bytes) in [
            (0, &[0][..]),
            (127, &[127]),
            (128, &[0x80, 1]),
            (300, &[0xac, 2]),
            (u32::MAX, &[0xff, 0xff, 0xff, 0xff, 0x0f]),
        ] {
            let mut out = BytesMut::new();
            put_uvarint(&mut out, value);
            assert_eq!(&out[..], bytes);
        }
    }

    #[test]
    fn long_text_is_cut_at_a_character_in_old_versions() {
        let text = "é".repeat(20_000);
        let mut out = BytesMut::new();
        put_text(&mut out, false, Some(&text));
        assert_eq!(out.len(), 2 + 32_766);
        assert_eq!(&out[..2], &32_766i16.to_be_bytes());
        out.clear();
        put_text(&mut out, true, Some(&text));
        assert_eq!(out.len(), 3 + 40_000);
    }
}
