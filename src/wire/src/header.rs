//! The header in front of a payload (contract 5.1) or in a record header (contract 5.2).

use crate::{Guid, HeaderError, SchemaId, SchemaKey};

/// First byte of a frame that names its schema by id.
pub const MAGIC_ID: u8 = 0;
/// First byte of a frame or record header that names its schema by GUID.
pub const MAGIC_GUID: u8 = 1;
/// Bytes of a header with an id.
pub const ID_FRAME_LEN: usize = 5;
/// Bytes of a header with a GUID.
pub const GUID_FRAME_LEN: usize = 17;
/// Record header that names the key's schema by GUID.
pub const KEY_HEADER: &str = "__key_schema_id";
/// Record header that names the value's schema by GUID.
pub const VALUE_HEADER: &str = "__value_schema_id";

/// Splits the prefix header: magic byte 0, then the schema id, big-endian (5 bytes). No copy.
/// # Errors
/// `TooShort` under 5 bytes; `UnknownMagic` when byte 0 is not 0; `IdOutOfRange` for 0 and above `i32::MAX`.
/// Source: contract 5.1.
pub fn split(frame: &[u8]) -> Result<(SchemaId, &[u8]), HeaderError> {
    let Some((head, rest)) = frame.split_first_chunk::<ID_FRAME_LEN>() else {
        return Err(HeaderError::TooShort { length: frame.len(), needed: ID_FRAME_LEN });
    };
    let [magic, id @ ..] = *head;
    if magic != MAGIC_ID {
        return Err(HeaderError::UnknownMagic { found: magic, expected: MAGIC_ID });
    }
    let id = u32::from_be_bytes(id);
    Ok((SchemaId::new(id).ok_or(HeaderError::IdOutOfRange(id))?, rest))
}

/// Splits a prefix header of either kind: magic byte 0 and an id, or 1 and a GUID. No copy.
/// # Errors
/// As [`split`]; `TooShort` under 17 bytes when byte 0 is 1. Source: contract 5.2, "dual".
pub fn split_any(frame: &[u8]) -> Result<(SchemaKey, &[u8]), HeaderError> {
    if frame.first() == Some(&MAGIC_GUID) {
        let (guid, rest) = parse_guid_header(frame)?;
        return Ok((SchemaKey::Guid(guid), rest));
    }
    let (id, rest) = split(frame)?;
    Ok((SchemaKey::Id(id), rest))
}

/// Splits the value of a [`KEY_HEADER`] or [`VALUE_HEADER`] record header: magic byte 1, 16 bytes GUID, and, for Protobuf,
/// the message indexes, which are what is returned as the rest. No copy.
/// # Errors
/// `TooShort` under 17 bytes; `UnknownMagic` when byte 0 is not 1. Source: contract 5.2.
pub fn parse_guid_header(value: &[u8]) -> Result<(Guid, &[u8]), HeaderError> {
    let Some((head, rest)) = value.split_first_chunk::<GUID_FRAME_LEN>() else {
        return Err(HeaderError::TooShort { length: value.len(), needed: GUID_FRAME_LEN });
    };
    let [magic, guid @ ..] = *head;
    if magic != MAGIC_GUID {
        return Err(HeaderError::UnknownMagic { found: magic, expected: MAGIC_GUID });
    }
    Ok((Guid::from_bytes(guid), rest))
}

/// Appends the prefix header of `id`: magic byte 0 and four bytes.
pub fn write_header(id: SchemaId, out: &mut Vec<u8>) {
    out.push(MAGIC_ID);
    out.extend_from_slice(&id.get().to_be_bytes());
}

/// A payload with its prefix header in front. For Protobuf the payload starts with the message indexes.
#[must_use]
pub fn frame(id: SchemaId, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(ID_FRAME_LEN + payload.len());
    write_header(id, &mut out);
    out.extend_from_slice(payload);
    debug_assert_eq!(split(&out), Ok((id, payload)));
    out
}

/// The value of a [`KEY_HEADER`] or [`VALUE_HEADER`] record header; message indexes, if any, go behind it.
#[must_use]
pub fn guid_header(guid: Guid) -> Vec<u8> {
    let mut out = Vec::with_capacity(GUID_FRAME_LEN);
    out.push(MAGIC_GUID);
    out.extend_from_slice(guid.as_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(id: u32) -> SchemaId {
        SchemaId::new(id).unwrap()
    }

    #[test]
    fn splits_what_the_contract_shows() {
        assert_eq!(split(b"\x00\x00\x00\x00\x07abc"), Ok((id(7), &b"abc"[..])));
        assert_eq!(split(b"\x00\x7f\xff\xff\xff"), Ok((SchemaId::MAX, &b""[..])));
        assert_eq!(frame(id(0x0102_0304), b"x"), b"\x00\x01\x02\x03\x04x");
    }

    #[test]
    fn refuses_with_the_reason() {
        let rows: [(&[u8], HeaderError); 7] = [
            (b"", HeaderError::TooShort { length: 0, needed: 5 }),
            (b"\x00\x00\x00\x00", HeaderError::TooShort { length: 4, needed: 5 }),
            (b"{\"a\":1}", HeaderError::UnknownMagic { found: b'{', expected: 0 }),
            (b"\x00\x00\x00\x00\x00", HeaderError::IdOutOfRange(0)),
            (b"\x00\x80\x00\x00\x00", HeaderError::IdOutOfRange(0x8000_0000)),
            (b"\x01\x00\x00\x00\x07", HeaderError::TooShort { length: 5, needed: 17 }),
            (b"\x02\x00\x00\x00\x07", HeaderError::UnknownMagic { found: 2, expected: 0 }),
        ];
        for (frame, error) in rows {
            assert_eq!(split_any(frame), Err(error), "{frame:?}");
        }
    }

    #[test]
    fn guid_in_either_place() {
        let guid = Guid::from_bytes([9; 16]);
        let mut bytes = guid_header(guid);
        bytes.extend_from_slice(b"\x02rest");
        assert_eq!(parse_guid_header(&bytes), Ok((guid, &b"\x02rest"[..])));
        assert_eq!(split_any(&bytes), Ok((SchemaKey::Guid(guid), &b"\x02rest"[..])));
        assert_eq!(split(&bytes), Err(HeaderError::UnknownMagic { found: 1, expected: 0 }));
        assert_eq!(parse_guid_header(&[0; 17]), Err(HeaderError::UnknownMagic { found: 0, expected: 1 }));
    }
}
