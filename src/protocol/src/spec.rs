//! The static description of a message: what the tables say, as data.

use crate::ApiKey;

/// A closed range of versions. The upper end of an open one ("3+") is `i16::MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    /// First version.
    pub min: i16,
    /// Last version.
    pub max: i16,
}

impl Versions {
    /// No version at all.
    pub const NONE: Versions = Versions { min: 0, max: -1 };

    /// Whether `version` is in the range.
    #[must_use]
    pub const fn contains(self, version: i16) -> bool {
        self.min <= version && version <= self.max
    }
}

/// The type of a field on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// One byte, 0 or 1.
    Bool,
    /// Signed, 1 byte.
    Int8,
    /// Signed, 2 bytes, big-endian as all of them.
    Int16,
    /// Unsigned, 2 bytes.
    Uint16,
    /// Signed, 4 bytes.
    Int32,
    /// Unsigned, 4 bytes.
    Uint32,
    /// Signed, 8 bytes.
    Int64,
    /// IEEE 754, 8 bytes.
    Float64,
    /// 16 bytes.
    Uuid,
    /// UTF-8 with a length: i16, or in flexible versions an unsigned varint of length + 1.
    String,
    /// Bytes with a length: i32, or varint of length + 1. The definitions' "records" are encoded the same.
    Bytes,
    /// Elements after a count: i32, or varint of count + 1.
    Array(&'static Type),
    /// The fields of a nested struct, in order; in flexible versions followed by tagged fields.
    Struct(&'static str, &'static [FieldSpec]),
}

/// One row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSpec {
    /// The official name in snake case.
    pub name: &'static str,
    /// Type on the wire.
    pub ty: Type,
    /// Versions that have the field.
    pub versions: Versions,
    /// Versions in which it may be null.
    pub nullable: Versions,
    /// Tag, and the versions in which the field is a tagged one.
    pub tag: Option<(u32, Versions)>,
    /// Default as written in the table; `None` is zero, false, empty.
    pub default: Option<&'static str>,
}

/// Request, response or a record of an internal topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// Client to broker.
    Request(ApiKey),
    /// Broker to client.
    Response(ApiKey),
    /// Stored, with a 2-byte version in front.
    Data,
}

/// One message: its name, versions and fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageSpec {
    /// The official name, such as `FetchRequest`.
    pub name: &'static str,
    /// Whose message it is.
    pub kind: MessageKind,
    /// Versions this crate reads and writes. What a broker advertises may be less.
    pub versions: Versions,
    /// Versions with compact lengths and tagged fields (KIP-482).
    pub flexible: Versions,
    /// The fields, in wire order.
    pub fields: &'static [FieldSpec],
}

impl MessageSpec {
    /// The API key, for a request or response.
    #[must_use]
    pub const fn api_key(&self) -> Option<ApiKey> {
        match self.kind {
            MessageKind::Request(key) | MessageKind::Response(key) => Some(key),
            MessageKind::Data => None,
        }
    }
}
