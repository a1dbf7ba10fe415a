//! From the bytes of a writer's schema to values of a reader's.

use apache_avro::types::Value;
use serde::de::DeserializeOwned;

use super::AvroSchema;
use crate::PayloadError;

/// Reads what one schema wrote as another one sees it.
#[derive(Debug, Clone)]
pub struct AvroResolution {
    writer: AvroSchema,
    reader: AvroSchema,
}

impl AvroResolution {
    /// From the schema that data was written with to the one it is read with. Where the two do not fit, data that comes
    /// to such a place is refused, as in Java.
    #[must_use]
    pub fn new(writer: &AvroSchema, reader: &AvroSchema) -> AvroResolution {
        AvroResolution { writer: writer.clone(), reader: reader.clone() }
    }

    /// The serde value of a writer's datum.
    /// # Errors
    /// The bytes are no datum of the writer's schema, the value does not resolve, or does not fit the type.
    pub fn decode<T: DeserializeOwned>(&self, datum: &[u8]) -> Result<T, PayloadError> {
        super::schema::typed(self.decode_value(datum)?)
    }

    /// The generic value of a writer's datum.
    /// # Errors
    /// The bytes are no datum of the writer's schema, or the value does not resolve.
    pub fn decode_value(&self, datum: &[u8]) -> Result<Value, PayloadError> {
        self.writer.decode_as(datum, Some(&self.reader))
    }

    /// Appends the datum as the reader's schema writes it.
    /// # Errors
    /// As [`AvroResolution::decode_value`].
    pub fn transcode(&self, datum: &[u8], out: &mut Vec<u8>) -> Result<(), PayloadError> {
        let value = self.decode_value(datum)?;
        self.reader.encode_value(&value, out)
    }
}
