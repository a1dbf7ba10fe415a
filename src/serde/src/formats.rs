//! The serializer and deserializer of each format.

/// Tries to read; where the schema is not known yet, fetches it and tries again.
macro_rules! read_through {
    ($this:expr, $attempt:expr) => {
        match $attempt? {
            Attempt::Ready(value) => Ok(value),
            Attempt::NeedsSchema(key) => {
                $this.fetch(key).await?;
                match $attempt? {
                    Attempt::Ready(value) => Ok(value),
                    Attempt::NeedsSchema(key) => Err($crate::SerdeError::UnknownSchema(key.to_string())),
                }
            }
        }
    };
}

#[cfg(feature = "avro")]
pub(crate) mod avro;
#[cfg(feature = "json")]
pub(crate) mod json;
#[cfg(feature = "protobuf")]
pub(crate) mod protobuf;
