//! What can be wrong with a batch, by cause. The Kafka error codes live in `protocol`.

use crate::header::Compression;

/// Why a batch or its records could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Fewer bytes than the fixed header, or than the length field promises.
    #[error("batch is cut short: {need} bytes needed, {have} there")]
    TooShort {
        /// Bytes present.
        have: usize,
        /// Bytes needed.
        need: usize,
    },
    /// The length field cannot be true for a v2 batch.
    #[error("batch length field is {0}, below the smallest batch")]
    BadLength(i32),
    /// More bytes after the one batch that was expected.
    #[error("{0} bytes after the batch")]
    TrailingBytes(usize),
    /// Not format 2.
    #[error("magic byte is {0}, only record batch format 2 is supported")]
    Magic(i8),
    /// CRC-32C over attributes to the end of the batch differs.
    #[error("CRC-32C does not match: batch says {stored:08x}, its bytes give {computed:08x}")]
    Crc {
        /// What the header says.
        stored: u32,
        /// What the bytes give.
        computed: u32,
    },
    /// Bits 0-2 of the attributes name no codec.
    #[error("compression codec {0} is not known")]
    UnknownCodec(u8),
    /// The inflated records would be larger than the cap.
    #[error("records inflate to more than {limit} bytes (inflated_bytes_max)")]
    InflatedTooLarge {
        /// The cap, in bytes.
        limit: usize,
    },
    /// The compressed bytes are not what the codec produces.
    #[error("{codec} data is corrupt: {reason}")]
    Codec {
        /// Which codec.
        codec: Compression,
        /// Why, in words.
        reason: String,
    },
    /// A record inside does not parse.
    #[error("record {index}: {fault}")]
    Record {
        /// Position in the batch, from 0.
        index: u32,
        /// What is wrong with it.
        fault: RecordFault,
    },
    /// The header's record count is negative, or more than its offset range can hold.
    #[error("record count {count} does not fit last offset delta {last_offset_delta}")]
    BadCount {
        /// The header's count.
        count: i32,
        /// The header's last offset delta.
        last_offset_delta: i32,
    },
    /// Bytes are left when as many records were read as the header counts.
    #[error("{bytes} bytes after the last of {count} records")]
    BytesAfterRecords {
        /// How many bytes.
        bytes: usize,
        /// The header's count.
        count: i32,
    },
    /// A batch under construction would not fit the format's 32-bit fields.
    #[error("batch does not fit the format: {0}")]
    TooLarge(&'static str),
}

/// What is wrong with one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    /// The batch ends before the record does.
    #[error("cut short")]
    CutShort,
    /// A varint of more than 5 bytes, or a varlong of more than 10.
    #[error("varint runs past its last byte")]
    Varint,
    /// The record length is negative or longer than what is left.
    #[error("length {0} does not fit the batch")]
    Length(i32),
    /// The record's fields end before or after its length says.
    #[error("{0} bytes left over at the end of the record")]
    LeftOver(usize),
    /// A key, value, header or count with an impossible length.
    #[error("{what} length {length} is not possible")]
    FieldLength {
        /// Which field.
        what: &'static str,
        /// The length it claims.
        length: i32,
    },
    /// A record header key that is not UTF-8.
    #[error("header key is not UTF-8")]
    HeaderKey,
    /// Offset deltas must ascend and stay within the batch.
    #[error("offset delta {found} where {expected} was due")]
    OffsetDelta {
        /// The smallest delta allowed here.
        expected: i64,
        /// The delta found.
        found: i32,
    },
}
