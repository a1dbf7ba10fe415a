//! Why bytes could not be made or read.

use assay_client::ClientError;
use assay_schema::SchemaType;
use assay_wire::{HeaderError, SchemaKey};

/// Why a value could not be serialized or deserialized.
#[derive(Debug, thiserror::Error)]
pub enum SerdeError {
    /// The bytes end inside the frame's header.
    #[error("{length} bytes are too short for a frame, its header takes {needed}")]
    TooShort {
        /// Bytes there are.
        length: usize,
        /// Bytes the header takes.
        needed: usize,
    },
    /// The bytes do not begin with a magic byte: they were not written by a registry-aware serializer.
    #[error("unknown magic byte 0x{0:02x}: the bytes were not written by a schema registry serializer")]
    UnknownMagic(u8),
    /// The frame names a schema that the registry does not have.
    #[error("the registry has no schema {0}")]
    UnknownSchema(String),
    /// The frame names a schema of another type.
    #[error("schema {key} is {found}, expected {expected}")]
    WrongType {
        /// The schema.
        key: SchemaKey,
        /// Its type.
        found: SchemaType,
        /// The deserializer's type.
        expected: SchemaType,
    },
    /// A schema cannot be parsed.
    #[error("the schema cannot be used: {0}")]
    Schema(String),
    /// The value does not fit the schema, or the bytes do not.
    #[error("{}{reason}", .key.map(|key| format!("schema {key}: ")).unwrap_or_default())]
    Payload {
        /// The writer's schema, if it is known.
        key: Option<SchemaKey>,
        /// Why.
        reason: String,
    },
    /// The name strategy needs a record name and the schema has none.
    #[error("the schema has no name, and the subject name strategy needs one")]
    NoRecordName,
    /// The registry said no, or nothing.
    #[error("{source}")]
    Registry {
        /// Whether the same call may succeed later.
        transient: bool,
        /// What the client says.
        source: ClientError,
    },
}

/// A value that does not fit its schema, or bytes that do not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{reason}", if .path.is_empty() { String::new() } else { format!("{}: ", .path) })]
pub struct PayloadError {
    /// Where in the value, as in `items[2].sku`; empty for the value itself.
    pub path: String,
    /// Why.
    pub reason: String,
}

impl PayloadError {
    /// The same, under a schema's id if that is known.
    pub(crate) fn of(self, key: Option<SchemaKey>) -> SerdeError {
        SerdeError::Payload { key, reason: self.to_string() }
    }
}

impl SerdeError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, SerdeError::Registry { transient: true, .. })
    }
}

impl From<ClientError> for SerdeError {
    fn from(source: ClientError) -> SerdeError {
        SerdeError::Registry { transient: source.is_transient(), source }
    }
}

impl From<HeaderError> for SerdeError {
    fn from(error: HeaderError) -> SerdeError {
        match error {
            HeaderError::TooShort { length, needed } => SerdeError::TooShort { length, needed },
            HeaderError::UnknownMagic { found, .. } => SerdeError::UnknownMagic(found),
            HeaderError::IdOutOfRange(id) => SerdeError::UnknownSchema(id.to_string()),
        }
    }
}
