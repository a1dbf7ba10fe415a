//! Bytes with what names their schema: in front of them, or in a record header (contract 5.1, 5.2).

use assay_wire::{KEY_HEADER, SchemaKey, VALUE_HEADER, split_any};

use crate::{Part, SerdeError};

/// A key or value as it came from Kafka: its bytes, none for a tombstone, and the record header that names its schema, if it
/// has one. Borrows both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Framed<'a> {
    /// The key or value; `None` is a null, a tombstone.
    pub bytes: Option<&'a [u8]>,
    /// The value of the header [`header_name`].
    pub header: Option<&'a [u8]>,
}

impl<'a> Framed<'a> {
    /// From a key or value and all headers of its record; the right one is found. Of several the last counts, as for Kafka; a null
    /// counts as an empty one, which names no schema: the broker refuses such a record, and it is not read by its first bytes.
    #[must_use]
    pub fn from_headers<'h: 'a>(
        part: Part,
        bytes: Option<&'a [u8]>,
        headers: impl IntoIterator<Item = (&'h str, Option<&'h [u8]>)>,
    ) -> Framed<'a> {
        let name = header_name(part);
        let header = headers.into_iter().filter(|(found, _)| *found == name).last();
        let header = header.map(|(_, value)| value.unwrap_or_default());
        Framed { bytes, header }
    }

    /// What names the schema, and what follows it: from the header if there is one, else from the front of the bytes. `None` for a
    /// tombstone. Copies nothing.
    ///
    /// # Errors
    /// `TooShort`, `UnknownMagic`, `UnknownSchema` for an id that cannot be.
    pub fn split(self) -> Result<Option<Split<'a>>, SerdeError> {
        let Some(bytes) = self.bytes else { return Ok(None) };
        let (key, rest) = split_any(self.header.unwrap_or(bytes))?;
        Ok(Some(match self.header {
            Some(_) => Split { key, indexes: Some(rest), payload: bytes },
            None => Split { key, indexes: None, payload: rest },
        }))
    }
}

/// Framed by its own first bytes.
impl<'a> From<&'a [u8]> for Framed<'a> {
    fn from(bytes: &'a [u8]) -> Framed<'a> {
        Framed { bytes: Some(bytes), header: None }
    }
}

/// Framed by its own first bytes, or a tombstone.
impl<'a> From<Option<&'a [u8]>> for Framed<'a> {
    fn from(bytes: Option<&'a [u8]>) -> Framed<'a> {
        Framed { bytes, header: None }
    }
}

/// A frame taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split<'a> {
    /// What names the writer's schema.
    pub key: SchemaKey,
    /// Protobuf's message indexes where they stand in the header; else they are at the front of the payload.
    pub indexes: Option<&'a [u8]>,
    /// The rest.
    pub payload: &'a [u8],
}

/// `__key_schema_id` or `__value_schema_id`.
#[must_use]
pub fn header_name(part: Part) -> &'static str {
    match part {
        Part::Key => KEY_HEADER,
        Part::Value => VALUE_HEADER,
    }
}

/// A key or value as it goes to Kafka: its bytes, and a record header if that is where the schema is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The key or value.
    pub bytes: Vec<u8>,
    /// Name and value of the header the record needs.
    pub header: Option<(&'static str, Vec<u8>)>,
}

/// What came of reading without asking the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt<T> {
    /// The value.
    Ready(T),
    /// The schema is not known yet: `fetch` it, and try again.
    NeedsSchema(SchemaKey),
}
