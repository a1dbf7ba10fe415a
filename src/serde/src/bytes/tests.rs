//! What Java reads is read, what is too long or too short is not, and what is put comes back.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use proptest::prelude::*;

use super::*;

fn long(bytes: &[u8]) -> Result<i64, BytesError> {
    let mut reader = Reader::new(bytes);
    let value = reader.long()?;
    reader.end()?;
    Ok(value)
}

fn int(bytes: &[u8]) -> Result<i32, BytesError> {
    let mut reader = Reader::new(bytes);
    let value = reader.int()?;
    reader.end()?;
    Ok(value)
}

#[test]
fn numbers_as_java_reads_them() {
    for (bytes, expected) in [
        (&b"\x00"[..], Ok(0)),
        (b"\x01", Ok(-1)),
        (b"\x80\x00", Ok(0)), // longer than needed
        (b"\x82\x80\x80\x80\x80\x80\x80\x80\x80\x00", Ok(1)),
        (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", Ok(i64::MIN)),
        (b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", Ok(i64::MAX)),
        (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", Err(BytesError::LongTooLong)),
        (b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", Err(BytesError::LongTooLong)),
        (b"", Err(BytesError::PastEnd)),
        (b"\x80", Err(BytesError::PastEnd)),
        (b"\x80\x80\x80", Err(BytesError::PastEnd)),
    ] {
        assert_eq!(long(bytes), expected, "{bytes:?}");
    }
    for (bytes, expected) in [
        (&b"\xff\xff\xff\xff\x0f"[..], Ok(i32::MIN)),
        (b"\xfe\xff\xff\xff\x0f", Ok(i32::MAX)),
        (b"\x82\x80\x80\x80\x00", Ok(1)),
        (b"\xff\xff\xff\xff\x1f", Err(BytesError::IntTooLong)),
        (b"\x80\x80\x80\x80\x80\x00", Err(BytesError::IntTooLong)),
        (b"\x80\x80", Err(BytesError::PastEnd)),
    ] {
        assert_eq!(int(bytes), expected, "{bytes:?}");
    }
}

#[test]
fn lengths_are_bounded_by_what_is_left() {
    let read = |bytes| Reader::new(bytes).bytes();
    assert_eq!(read(b"\x06abc"), Ok(&b"abc"[..]));
    assert_eq!(read(b"\x08abc"), Err(BytesError::PastEnd));
    assert_eq!(read(b"\x01"), Err(BytesError::NegativeLength));
    assert_eq!(read(b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), Err(BytesError::PastEnd));
    assert_eq!(Reader::new(b"\x04\xc3\x28").str(), Err(BytesError::NotUtf8));
    assert_eq!(Reader::new(b"\x02").boolean(), Err(BytesError::NotBoolean));
    assert_eq!(Reader::new(b"\x04").index(2), Err(BytesError::BadIndex));
    assert_eq!(Reader::new(b"\x01").index(2), Err(BytesError::BadIndex));
    assert_eq!(Reader::new(b"\0\0\0").float(), Err(BytesError::PastEnd));
}

fn ints(bytes: &[u8]) -> Result<Vec<i32>, BytesError> {
    let (mut reader, mut found) = (Reader::new(bytes), Vec::new());
    reader.items(|reader, more| {
        assert!(more <= bytes.len());
        found.push(reader.int()?);
        Ok::<_, BytesError>(())
    })?;
    reader.end()?;
    Ok(found)
}

#[test]
fn blocks_with_and_without_a_size() {
    assert_eq!(ints(b"\x00"), Ok(vec![]));
    assert_eq!(ints(b"\x04\x02\x04\x02\x06\x00"), Ok(vec![1, 2, 3]));
    assert_eq!(ints(b"\x03\x04\x02\x04\x00"), Ok(vec![1, 2]));
    assert_eq!(ints(b"\x03\x06\x02\x04\x00\x00"), Err(BytesError::BadBlockSize));
    assert_eq!(ints(b"\x03\x7e\x02\x04\x00"), Err(BytesError::PastEnd));
    assert_eq!(ints(b"\x03\x01\x02\x04\x00"), Err(BytesError::NegativeLength));
    assert_eq!(ints(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"), Err(BytesError::BadCount));
    assert_eq!(ints(b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), Err(BytesError::PastEnd));
    let mut entries = Vec::new();
    let mut reader = Reader::new(b"\x02\x02k\x0e\x00");
    let read = reader.entries(|reader, key, _| {
        entries.push((key, reader.long()?));
        Ok::<_, BytesError>(())
    });
    assert_eq!((read, entries), (Ok(()), vec![("k", 7)]));
}

#[test]
fn items_without_bytes_and_depth_are_bounded() {
    let count = |bytes| Reader::new(bytes).items(|_, _| Ok::<_, BytesError>(()));
    assert_eq!(count(b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), Err(BytesError::TooManyEmpty));
    assert_eq!(count(b"\x14\x00"), Ok(()));
    fn deeper(reader: &mut Reader<'_>) -> Result<(), BytesError> {
        reader.nested(deeper)
    }
    let mut reader = Reader::new(b"");
    assert_eq!(deeper(&mut reader), Err(BytesError::TooDeep));
    assert_eq!(reader.nested(|_| Ok::<_, BytesError>(5)), Ok(5));
}

/// What a varint is, word for word.
fn plain(bytes: &[u8], bits: u32) -> Option<(u128, usize)> {
    let mut value = 0u128;
    for (at, byte) in bytes.iter().enumerate().take(bits.div_ceil(7) as usize) {
        value |= u128::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return (value >> bits == 0).then_some((value, bytes.len() - at - 1));
        }
    }
    None
}

proptest! {
    #[test]
    fn varints_are_what_the_specification_says(
        bytes in proptest::collection::vec(prop_oneof![0x80u8..=0xff, 0x80u8..=0xff, any::<u8>(), 0u8..3], 0..14)
    ) {
        let mut reader = Reader::new(&bytes);
        let read = reader.long().ok().map(|value| ((value << 1 ^ value >> 63).cast_unsigned(), reader.left()));
        prop_assert_eq!(read, plain(&bytes, 64).map(|(value, left)| (value as u64, left)));
        let mut reader = Reader::new(&bytes);
        let read = reader.int().ok().map(|value| ((value << 1 ^ value >> 31).cast_unsigned(), reader.left()));
        prop_assert_eq!(read, plain(&bytes, 32).map(|(value, left)| (value as u32, left)));
    }

    #[test]
    fn what_is_put_is_read(
        number in prop_oneof![any::<i64>(), (0u32..64).prop_map(|bits| 1 << bits), (0u32..64).prop_map(|bits| -1i64 << bits)],
        text in ".*", bytes in any::<Vec<u8>>(), float in any::<u32>(), double in any::<u64>(), flag in any::<bool>(),
    ) {
        let mut out = Vec::new();
        put_long(&mut out, number);
        prop_assert!(out.len() <= LONG_BYTES_MAX);
        put_int(&mut out, number as i32);
        put_str(&mut out, &text);
        put_bytes(&mut out, &bytes);
        put_float(&mut out, f32::from_bits(float));
        put_double(&mut out, f64::from_bits(double));
        put_boolean(&mut out, flag);
        put_index(&mut out, bytes.len());
        let mut reader = Reader::new(&out);
        prop_assert_eq!(reader.long(), Ok(number));
        prop_assert_eq!(reader.int(), Ok(number as i32));
        prop_assert_eq!(reader.str(), Ok(&*text));
        prop_assert_eq!(reader.bytes(), Ok(&*bytes));
        prop_assert_eq!(reader.float().map(f32::to_bits), Ok(float));
        prop_assert_eq!(reader.double().map(f64::to_bits), Ok(double));
        prop_assert_eq!(reader.boolean(), Ok(flag));
        prop_assert_eq!(reader.index(bytes.len() + 1), Ok(bytes.len()));
        prop_assert_eq!(reader.end(), Ok(()));
    }
}
