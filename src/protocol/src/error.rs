//! Why bytes could not be decoded: the cause, the field, and the byte where it was noticed.

use thiserror::Error;

/// A message that could not be decoded. Displays as one sentence for a log.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{cause} at byte {offset}{}", in_field(self.field))]
pub struct DecodeError {
    /// What is wrong.
    pub cause: DecodeCause,
    /// The innermost field being read, as in the message table; empty when no field was reached.
    pub field: &'static str,
    /// Position in the body (or frame, for a header) where reading stopped, in bytes.
    pub offset: usize,
}

fn in_field(field: &'static str) -> String {
    if field.is_empty() { String::new() } else { format!(" (field `{field}`)") }
}

/// The ways in which a message can be malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecodeCause {
    /// A value runs past the end of the bytes.
    #[error("{wanted} more bytes are needed but {left} are left")]
    Truncated {
        /// Bytes the value takes at least.
        wanted: usize,
        /// Bytes there are.
        left: usize,
    },
    /// An array claims more elements than the bytes left can hold.
    #[error("an array claims {claimed} elements but {left} bytes are left")]
    TooManyElements {
        /// Elements claimed.
        claimed: usize,
        /// Bytes there are.
        left: usize,
    },
    /// A length below zero where null is not meant.
    #[error("negative length {0}")]
    NegativeLength(i32),
    /// Null where this version has no null.
    #[error("null where a value is required")]
    UnexpectedNull,
    /// A string that is not UTF-8.
    #[error("a string is not UTF-8")]
    NotUtf8,
    /// A varint longer than 5 bytes, or above 32 bits.
    #[error("a varint is longer than 32 bits")]
    VarintTooLong,
    /// A tagged field whose value is shorter than its declared size.
    #[error("a tagged field leaves {0} bytes of its size unread")]
    TaggedFieldSize(usize),
    /// Decoding would take memory out of proportion to the bytes received.
    #[error("the elements would take more memory than {0} bytes justify")]
    OutOfProportion(usize),
    /// The table does not have this version.
    #[error("version {0} is not supported")]
    UnsupportedVersion(i16),
    /// Bytes are left over after the message (exact decoding only).
    #[error("{0} bytes are left over")]
    TrailingBytes(usize),
    /// A response whose correlation id is not the one asked for.
    #[error("correlation id {got} instead of {expected}")]
    CorrelationId {
        /// The id in the request.
        expected: i32,
        /// The id in the response.
        got: i32,
    },
}

impl DecodeError {
    pub(crate) fn new(cause: DecodeCause, offset: usize) -> Self {
        DecodeError { cause, field: "", offset }
    }

    /// Names the field, unless a deeper one is already named.
    #[must_use]
    pub(crate) fn in_field(mut self, field: &'static str) -> Self {
        if self.field.is_empty() {
            self.field = field;
        }
        self
    }
}
