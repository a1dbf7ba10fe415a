//! What holds for any bytes; run by proptest in `tests/` and by the fuzz target.

use crate::{Guid, MessageIndexes, SchemaKey, frame, guid_header, parse_guid_header, split, split_any};

/// Any bytes: never panics; what is read survives write-then-read; the rest is the tail of the input.
pub fn wire_properties(data: &[u8]) {
    if let Ok((key, rest)) = split_any(data) {
        let again = match key {
            SchemaKey::Id(id) => frame(id, rest),
            SchemaKey::Guid(guid) => [guid_header(guid).as_slice(), rest].concat(),
        };
        assert_eq!(again, data);
        assert_eq!(split(data).is_ok(), matches!(key, SchemaKey::Id(_)));
        assert_eq!(parse_guid_header(data).is_ok(), matches!(key, SchemaKey::Guid(_)));
    }
    if let Ok((path, rest)) = MessageIndexes::read(data) {
        assert!(data.ends_with(rest) && !path.as_slice().is_empty());
        let mut out = Vec::new();
        path.write(&mut out);
        assert!(out.len() <= data.len() - rest.len(), "the short form is the shortest");
        out.extend_from_slice(rest);
        assert_eq!(MessageIndexes::read(&out), Ok((path, rest)));
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(guid) = text.parse::<Guid>()
    {
        let printed = guid.to_string();
        assert_eq!(printed.parse(), Ok(guid));
        assert_eq!(printed.replace('-', ""), text.replace('-', "").to_ascii_lowercase());
    }
}
