//! Why bytes could not be made or read.

use assay_client::ClientError;
use assay_schema::{SchemaType, Subject};
use assay_wire::{HeaderError, SchemaKey};

/// Why a value could not be serialized or deserialized.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
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
    /// A schema is of another type than the serializer or deserializer.
    #[error("schema {key} is {found}, expected {expected}")]
    WrongType {
        /// The schema.
        key: SchemaKey,
        /// Its type.
        found: SchemaType,
        /// The type of this serializer or deserializer.
        expected: SchemaType,
    },
    /// A schema cannot be parsed.
    #[error("the schema cannot be used: {0}")]
    Schema(String),
    /// The value does not fit the schema, or the bytes do not.
    #[error("{}{}{reason}", .key.map(|key| format!("schema {key}: ")).unwrap_or_default(), place(.path))]
    Payload {
        /// The writer's schema, if it is known.
        key: Option<SchemaKey>,
        /// Where in the value, as in `items[2].sku` (JSON: `/items/2/sku`); empty for the value itself.
        path: String,
        /// Why.
        reason: String,
    },
    /// The schema has a rule that is to be run here, and this crate runs none. Nothing was written: a rule may be there to encrypt.
    #[error(
        "schema {key}: its {stage} rule \"{rule}\" of type {rule_type} applies, and this client cannot run rules; \
         disable the rule, enable it elsewhere (enableAt), or use a client that runs it"
    )]
    UnsupportedRule {
        /// The schema.
        key: SchemaKey,
        /// `domain`, `encoding` or `migration`.
        stage: &'static str,
        /// The rule's name.
        rule: String,
        /// Its type, such as `ENCRYPT` or `CEL`.
        rule_type: String,
    },
    /// The name strategy needs a record name and the schema has none.
    #[error("the schema has no name, and the subject name strategy needs one")]
    NoRecordName,
    /// The associated name strategy found no subject, or more than one.
    #[error("topic \"{topic}\" has {found} subjects associated with its {part}, expected one")]
    NotAssociated {
        /// The topic.
        topic: String,
        /// `key` or `value`.
        part: &'static str,
        /// How many there are.
        found: usize,
    },
    /// The schema that is to be written with cannot read what the caller's schema writes (`latest.compatibility.strict`,
    /// `id.compatibility.strict`).
    #[error("schema {key} cannot read what is written with the given schema: {reason}")]
    Incompatible {
        /// The schema that is to be written with.
        key: SchemaKey,
        /// The first thing in the way.
        reason: String,
    },
    /// GUIDs were asked for, and the registry (before 8.0) gives none.
    #[error("the registry gives no GUID for a schema of subject \"{0}\", and header framing needs one")]
    NoGuid(Subject),
    /// The schema goes into a record header, and only bytes were asked for.
    #[error("the schema's GUID goes into the record header {0}: use serialize_framed, which returns it")]
    HeaderNeeded(&'static str),
    /// A setting that is unknown, or has no such value.
    #[error("the setting \"{name}\": {reason}")]
    Setting {
        /// Its name.
        name: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// The registry said no, or nothing.
    #[error("{source}")]
    Registry {
        /// Whether the same call may succeed later.
        transient: bool,
        /// What the client says.
        source: ClientError,
    },
}

fn place(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

/// A value that does not fit its schema, or bytes that do not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{reason}", place(.path))]
pub struct PayloadError {
    /// Where in the value, as in `items[2].sku`; empty for the value itself.
    pub path: String,
    /// Why.
    pub reason: String,
}

impl PayloadError {
    /// The same, under a schema's id if that is known.
    #[must_use]
    pub fn of(self, key: Option<SchemaKey>) -> SerdeError {
        SerdeError::Payload { key, path: self.path, reason: self.reason }
    }
}

impl SerdeError {
    /// Whether the same call may succeed later: the registry did not answer, or was too busy to.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, SerdeError::Registry { transient: true, .. })
    }

    pub(crate) fn setting(name: &str, reason: impl Into<String>) -> SerdeError {
        SerdeError::Setting { name: name.to_owned(), reason: reason.into() }
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
