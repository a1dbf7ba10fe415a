//! The fixed 61 bytes at the front of a v2 batch.

use std::fmt;

use crate::error::BatchError;

/// The record batch format this crate reads and writes.
pub const MAGIC: i8 = 2;
/// Bytes of the fixed header, base offset to record count.
pub const HEADER_BYTES: usize = 61;
/// Bytes before what `batch_length` counts: base offset (8) and the length itself (4).
pub const LOG_OVERHEAD_BYTES: usize = 12;

pub(crate) const AT_LENGTH: usize = 8;
pub(crate) const AT_EPOCH: usize = 12;
pub(crate) const AT_MAGIC: usize = 16;
const AT_CRC: usize = 17;
pub(crate) const AT_ATTRIBUTES: usize = 21;
pub(crate) const AT_MAX_TIMESTAMP: usize = 35;

const CODEC_MASK: i16 = 0b111;
const APPEND_TIME_BIT: i16 = 1 << 3;
const TRANSACTIONAL_BIT: i16 = 1 << 4;
const CONTROL_BIT: i16 = 1 << 5;
const DELETE_HORIZON_BIT: i16 = 1 << 6;

/// How the records of a batch are compressed; the number is what the attributes carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[repr(u8)]
pub enum Compression {
    /// Plain.
    #[default]
    None = 0,
    /// RFC 1952, possibly several members.
    Gzip = 1,
    /// Snappy, raw or in xerial's frame.
    Snappy = 2,
    /// LZ4 frame format.
    Lz4 = 3,
    /// Zstandard (KIP-110).
    Zstd = 4,
}

impl Compression {
    /// Every codec, in the order of their numbers.
    pub const ALL: [Compression; 5] =
        [Compression::None, Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];

    /// The codec with this number, if there is one.
    pub fn from_id(id: u8) -> Option<Compression> {
        Compression::ALL.get(usize::from(id)).copied()
    }

    /// The number in the batch attributes.
    pub fn id(self) -> u8 {
        self as u8
    }

    /// Kafka's name for it, as in `compression.type`; plain is `none`.
    pub fn as_str(self) -> &'static str {
        match self {
            Compression::None => "none",
            Compression::Gzip => "gzip",
            Compression::Snappy => "snappy",
            Compression::Lz4 => "lz4",
            Compression::Zstd => "zstd",
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who set the timestamps of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimestampType {
    /// The producer; each record carries its own.
    CreateTime,
    /// The broker; all records carry the batch's `max_timestamp`.
    LogAppendTime,
}

/// The fixed header of a v2 batch, field by field. Times are Unix milliseconds, -1 is "none".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchHeader {
    /// Offset of the record with delta 0.
    pub base_offset: i64,
    /// Bytes after this field.
    pub batch_length: i32,
    /// Leader epoch the broker appended it under; outside the CRC.
    pub partition_leader_epoch: i32,
    /// Always 2 here.
    pub magic: i8,
    /// CRC-32C of everything after this field.
    pub crc: u32,
    /// Codec, timestamp type, transactional, control and delete-horizon bits.
    pub attributes: i16,
    /// Offset of the last record (also one since removed) minus `base_offset`.
    pub last_offset_delta: i32,
    /// What record timestamps are relative to.
    pub base_timestamp: i64,
    /// The largest record timestamp, or the append time.
    pub max_timestamp: i64,
    /// Producer id, or -1.
    pub producer_id: i64,
    /// Producer epoch, or -1.
    pub producer_epoch: i16,
    /// Sequence number of the first record, or -1.
    pub base_sequence: i32,
    /// How many records follow.
    pub record_count: i32,
}

fn array<const N: usize>(bytes: &[u8; HEADER_BYTES], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[at..at + N]); // every caller passes a constant inside the header
    out
}

impl BatchHeader {
    /// Reads the header at the front of `bytes`, which may go on after it. Checks the magic byte and that
    /// the length field can hold a header; does not look at the records or the CRC.
    ///
    /// # Errors
    /// `TooShort`, `Magic` (checked first: older formats are shorter), `BadLength`.
    pub fn parse(bytes: &[u8]) -> Result<BatchHeader, BatchError> {
        if let Some(&magic) = bytes.get(AT_MAGIC)
            && magic != MAGIC as u8
        {
            return Err(BatchError::Magic(magic as i8));
        }
        let Some(fixed) = bytes.first_chunk::<HEADER_BYTES>() else {
            return Err(BatchError::TooShort { have: bytes.len(), need: HEADER_BYTES });
        };
        let header = BatchHeader {
            base_offset: i64::from_be_bytes(array(fixed, 0)),
            batch_length: i32::from_be_bytes(array(fixed, AT_LENGTH)),
            partition_leader_epoch: i32::from_be_bytes(array(fixed, AT_EPOCH)),
            magic: fixed[AT_MAGIC] as i8,
            crc: u32::from_be_bytes(array(fixed, AT_CRC)),
            attributes: i16::from_be_bytes(array(fixed, AT_ATTRIBUTES)),
            last_offset_delta: i32::from_be_bytes(array(fixed, 23)),
            base_timestamp: i64::from_be_bytes(array(fixed, 27)),
            max_timestamp: i64::from_be_bytes(array(fixed, AT_MAX_TIMESTAMP)),
            producer_id: i64::from_be_bytes(array(fixed, 43)),
            producer_epoch: i16::from_be_bytes(array(fixed, 51)),
            base_sequence: i32::from_be_bytes(array(fixed, 53)),
            record_count: i32::from_be_bytes(array(fixed, 57)),
        };
        if header.batch_length < (HEADER_BYTES - LOG_OVERHEAD_BYTES) as i32 {
            return Err(BatchError::BadLength(header.batch_length));
        }
        Ok(header)
    }

    /// The 61 bytes as they stand in a batch.
    pub fn to_bytes(&self) -> [u8; HEADER_BYTES] {
        let mut out = [0; HEADER_BYTES];
        out[0..8].copy_from_slice(&self.base_offset.to_be_bytes());
        out[8..12].copy_from_slice(&self.batch_length.to_be_bytes());
        out[12..16].copy_from_slice(&self.partition_leader_epoch.to_be_bytes());
        out[16] = self.magic as u8;
        out[17..21].copy_from_slice(&self.crc.to_be_bytes());
        out[21..23].copy_from_slice(&self.attributes.to_be_bytes());
        out[23..27].copy_from_slice(&self.last_offset_delta.to_be_bytes());
        out[27..35].copy_from_slice(&self.base_timestamp.to_be_bytes());
        out[35..43].copy_from_slice(&self.max_timestamp.to_be_bytes());
        out[43..51].copy_from_slice(&self.producer_id.to_be_bytes());
        out[51..53].copy_from_slice(&self.producer_epoch.to_be_bytes());
        out[53..57].copy_from_slice(&self.base_sequence.to_be_bytes());
        out[57..61].copy_from_slice(&self.record_count.to_be_bytes());
        out
    }

    /// The codec of the records.
    ///
    /// # Errors
    /// `UnknownCodec` for 5, 6 and 7.
    pub fn compression(&self) -> Result<Compression, BatchError> {
        let id = (self.attributes & CODEC_MASK) as u8;
        Compression::from_id(id).ok_or(BatchError::UnknownCodec(id))
    }

    /// Who set the timestamps.
    pub fn timestamp_type(&self) -> TimestampType {
        if self.attributes & APPEND_TIME_BIT != 0 {
            TimestampType::LogAppendTime
        } else {
            TimestampType::CreateTime
        }
    }

    /// Part of a transaction.
    pub fn is_transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL_BIT != 0
    }

    /// Holds a commit or abort marker, not records for consumers.
    pub fn is_control(&self) -> bool {
        self.attributes & CONTROL_BIT != 0
    }

    /// `base_timestamp` is the cleaner's delete horizon (KIP-534), not a record time.
    pub fn has_delete_horizon(&self) -> bool {
        self.attributes & DELETE_HORIZON_BIT != 0
    }

    /// Carries a producer id, so sequence numbers count.
    pub fn has_producer_id(&self) -> bool {
        self.producer_id >= 0
    }

    /// Offset of the last record. Saturates, as both parts may be hostile.
    pub fn last_offset(&self) -> i64 {
        self.base_offset.saturating_add(i64::from(self.last_offset_delta))
    }

    /// The offset after this batch. Saturates.
    pub fn next_offset(&self) -> i64 {
        self.last_offset().saturating_add(1)
    }

    /// Sequence number of the last record: Kafka's sequences wrap from `i32::MAX` to 0. -1 without a sequence.
    pub fn last_sequence(&self) -> i32 {
        if self.base_sequence < 0 {
            return -1;
        }
        let sum = i64::from(self.base_sequence) + i64::from(self.last_offset_delta.max(0));
        (sum % (i64::from(i32::MAX) + 1)) as i32
    }

    /// The whole batch in bytes, from base offset to its last record.
    pub fn size_in_bytes(&self) -> usize {
        LOG_OVERHEAD_BYTES + usize::try_from(self.batch_length).unwrap_or(0)
    }

    pub(crate) fn attributes_of(
        compression: Compression,
        timestamps: TimestampType,
        transactional: bool,
        control: bool,
    ) -> i16 {
        let mut bits = i16::from(compression.id());
        if timestamps == TimestampType::LogAppendTime {
            bits |= APPEND_TIME_BIT;
        }
        if transactional {
            bits |= TRANSACTIONAL_BIT;
        }
        if control {
            bits |= CONTROL_BIT;
        }
        bits
    }

    pub(crate) fn set_log_append_time(&mut self, time_ms: i64) {
        self.attributes |= APPEND_TIME_BIT;
        self.max_timestamp = time_ms;
    }
}

/// CRC-32C over everything after the CRC field, given a header and what follows it.
pub(crate) fn crc_of(header: &[u8; HEADER_BYTES], rest: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&header[AT_ATTRIBUTES..]), rest)
}
