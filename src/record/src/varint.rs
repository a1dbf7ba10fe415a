//! Kafka's variable-length integers: zigzag, 7 bits a byte, low bits first. At most 5 bytes for 32 bits, 10 for 64.
//!
//! Over-long but in-range encodings are accepted and surplus high bits of the last byte are dropped, exactly as
//! `org.apache.kafka.common.utils.ByteUtils` does: a stricter reader would refuse what Kafka stores.

/// Why a varint could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VarintError {
    /// The bytes end inside it.
    #[error("varint is cut short")]
    CutShort,
    /// Its last permitted byte still says "more".
    #[error("varint runs past its last byte")]
    TooLong,
}

fn read_unsigned(bytes: &[u8], max_bytes: usize) -> Result<(u64, usize), VarintError> {
    let mut value = 0u64;
    for (i, byte) in bytes.iter().take(max_bytes).enumerate() {
        // At most 9 * 7 = 63 bits of shift, so this never overflows; high bits of byte 10 fall off as in Java.
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Ok((value, i + 1));
        }
    }
    Err(if bytes.len() < max_bytes { VarintError::CutShort } else { VarintError::TooLong })
}

/// Reads a zigzag varint of at most 5 bytes: the value and how many bytes it took.
///
/// # Errors
/// `CutShort` when the bytes end first, `TooLong` when the fifth byte says "more".
#[inline]
pub fn read_varint(bytes: &[u8]) -> Result<(i32, usize), VarintError> {
    if let Some(&b) = bytes.first()
        && b < 0x80
    {
        return Ok((((b >> 1) as i32) ^ -((b & 1) as i32), 1));
    }
    let (wide, n) = read_unsigned(bytes, 5)?;
    let raw = wide as u32; // bits 32-34 of a fifth byte are dropped, as in Java
    Ok((((raw >> 1) as i32) ^ -((raw & 1) as i32), n))
}

/// Reads a zigzag varlong of at most 10 bytes: the value and how many bytes it took.
///
/// # Errors
/// `CutShort` when the bytes end first, `TooLong` when the tenth byte says "more".
#[inline]
pub fn read_varlong(bytes: &[u8]) -> Result<(i64, usize), VarintError> {
    let (raw, n) = read_unsigned(bytes, 10)?;
    Ok((((raw >> 1) as i64) ^ -((raw & 1) as i64), n))
}

/// Appends a zigzag varint.
pub fn write_varint(out: &mut Vec<u8>, value: i32) {
    write_unsigned(out, u64::from(((value << 1) ^ (value >> 31)) as u32));
}

/// Appends a zigzag varlong.
pub fn write_varlong(out: &mut Vec<u8>, value: i64) {
    write_unsigned(out, ((value << 1) ^ (value >> 63)) as u64);
}

fn write_unsigned(out: &mut Vec<u8>, mut rest: u64) {
    while rest >= 0x80 {
        out.push((rest as u8 & 0x7f) | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn unsigned_len(value: u64) -> usize {
    let bits = 64 - (value | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}

/// How many bytes [`write_varint`] takes for `value`.
pub fn varint_len(value: i32) -> usize {
    unsigned_len(u64::from(((value << 1) ^ (value >> 31)) as u32))
}

/// How many bytes [`write_varlong`] takes for `value`.
pub fn varlong_len(value: i64) -> usize {
    unsigned_len(((value << 1) ^ (value >> 63)) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_values() {
        for (value, bytes) in [
            (0, &[0u8][..]),
            (-1, &[1]),
            (1, &[2]),
            (63, &[0x7e]),
            (-64, &[0x7f]),
            (64, &[0x80, 0x01]),
            (i32::MAX, &[0xfe, 0xff, 0xff, 0xff, 0x0f]),
            (i32::MIN, &[0xff, 0xff, 0xff, 0xff, 0x0f]),
        ] {
            let mut out = Vec::new();
            write_varint(&mut out, value);
            assert_eq!(out, bytes, "{value}");
            assert_eq!(read_varint(bytes), Ok((value, bytes.len())));
        }
    }

    #[test]
    fn limits() {
        assert_eq!(read_varint(&[]), Err(VarintError::CutShort));
        assert_eq!(read_varint(&[0x80]), Err(VarintError::CutShort));
        assert_eq!(read_varint(&[0xff; 5]), Err(VarintError::TooLong));
        assert_eq!(read_varint(&[0xff; 4]), Err(VarintError::CutShort));
        assert_eq!(read_varlong(&[0xff; 10]), Err(VarintError::TooLong));
        assert_eq!(read_varlong(&[0x80; 9]), Err(VarintError::CutShort));
        // Java drops the surplus bits of the last byte instead of failing.
        assert_eq!(read_varint(&[0xff, 0xff, 0xff, 0xff, 0x7f]), Ok((i32::MIN, 5)));
        // over-long zero
        assert_eq!(read_varint(&[0x80, 0x80, 0x00]), Ok((0, 3)));
    }

    proptest! {
        #[test]
        fn round_trip(a in any::<i32>(), b in any::<i64>()) {
            let mut out = Vec::new();
            write_varint(&mut out, a);
            prop_assert_eq!(out.len(), varint_len(a));
            prop_assert_eq!(read_varint(&out), Ok((a, out.len())));
            out.clear();
            write_varlong(&mut out, b);
            prop_assert_eq!(out.len(), varlong_len(b));
            prop_assert_eq!(read_varlong(&out), Ok((b, out.len())));
        }
    }
}
