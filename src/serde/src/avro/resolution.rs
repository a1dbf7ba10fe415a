//! What one schema wrote, read as another one sees it.

use apache_avro::types::Value;
use serde::Deserialize;

use super::cursor::Cursor;
use super::fail::Fail;
use super::resolve::{Resolved, resolve};
use super::{AvroSchema, de, schema, transcode, value};
use crate::PayloadError;

/// From a writer's schema to a reader's, compiled once: fields are found by name and alias, left out, reordered or filled in by
/// default, numbers promoted, branches of unions chosen as Java chooses them.
#[derive(Debug, Clone)]
pub struct AvroResolution {
    resolved: Resolved,
    /// Whether data, and whether what is made of it, is a top-level `bytes` without its length (contract 5.4).
    bare: (bool, bool),
}

impl AvroResolution {
    /// From the schema that data was written with to the one it is read with. Where the two do not fit, data that comes to such a
    /// place is refused, as in Java; [`AvroResolution::refuses`] tells whether all is.
    #[must_use]
    pub fn new(writer: &AvroSchema, reader: &AvroSchema) -> AvroResolution {
        AvroResolution {
            resolved: resolve(writer.model(), reader.model()),
            bare: (writer.has_bare_bytes(), reader.has_bare_bytes()),
        }
    }

    /// Why no datum can be read at all, if so.
    #[must_use]
    pub fn refuses(&self) -> Option<&str> {
        let root = match &self.resolved.program.root().node {
            super::program::Node::Fail(why) => Some(&**why),
            _ => None,
        };
        self.resolved.refused.as_deref().or(root)
    }

    /// The serde value of a writer's datum; text and bytes may be borrowed from it, or from defaults in this resolution.
    /// # Errors
    /// The bytes are no datum of the writer's schema, the value does not resolve, or does not fit the type.
    pub fn decode<'de, T: Deserialize<'de>>(&'de self, datum: &'de [u8]) -> Result<T, PayloadError> {
        Ok(de::decode(self.cursor(datum)?)?)
    }

    /// The generic value of a writer's datum.
    /// # Errors
    /// The bytes are no datum of the writer's schema, or the value does not resolve.
    pub fn decode_value(&self, datum: &[u8]) -> Result<Value, PayloadError> {
        Ok(value::decode(self.cursor(datum)?)?)
    }

    /// Appends the datum as the reader's schema writes it.
    /// # Errors
    /// As [`AvroResolution::decode_value`]. `out` is then as it was.
    pub fn transcode(&self, datum: &[u8], out: &mut Vec<u8>) -> Result<(), PayloadError> {
        let start = out.len();
        if let Err(fail) = transcode::transcode(self.cursor(datum)?, out) {
            out.truncate(start);
            return Err(fail.into());
        }
        if self.bare.1 {
            schema::unwrap_bytes(out, start);
        }
        Ok(())
    }

    fn cursor<'a>(&'a self, datum: &'a [u8]) -> Result<Cursor<'a, 'a>, Fail> {
        match &self.resolved.refused {
            Some(why) => Err(Fail::new(&**why)),
            None => Ok(Cursor::new(&self.resolved.program, &self.resolved.defaults, datum, self.bare.0)),
        }
    }
}
