//! Why a frame, a GUID text or a list of message indexes was not understood.

/// Why bytes are not a framed payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Fewer bytes than the header of this kind of frame takes.
    #[error(
        "{length} bytes is too short: a frame starts with {needed} bytes, a magic byte and the schema's id or GUID"
    )]
    TooShort {
        /// Bytes there are.
        length: usize,
        /// Bytes the header takes.
        needed: usize,
    },
    /// The first byte is none of the magic bytes expected here.
    #[error("magic byte is 0x{found:02x}, expected 0x{expected:02x}")]
    UnknownMagic {
        /// The byte found.
        found: u8,
        /// The byte expected.
        expected: u8,
    },
    /// The four bytes of the id are zero or above `i32::MAX`.
    #[error("schema id {0} is out of range, ids are 1 to 2147483647")]
    IdOutOfRange(u32),
}

/// Why a list of Protobuf message indexes could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// The bytes end inside the list.
    #[error("message indexes: varint runs past the end")]
    Truncated,
    /// A varint has more than five bytes or more than 32 bits.
    #[error("message indexes: varint is longer than 32 bits")]
    Overlong,
    /// The count or an index is negative.
    #[error("message indexes: {0} is negative")]
    Negative(i32),
    /// The list is longer than [`INDEXES_MAX`](crate::INDEXES_MAX).
    #[error("message indexes: a path of {0} messages, at most {max} are read", max = crate::INDEXES_MAX)]
    TooMany(u32),
}

/// A text that is not a GUID: neither `8-4-4-4-12` nor 32 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a GUID: 32 hex digits, or 8-4-4-4-12 with hyphens, are expected")]
pub struct InvalidGuid;
