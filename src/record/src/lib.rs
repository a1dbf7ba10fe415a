//! Kafka record batch v2: iterate and rebuild, CRC-32C, codecs with an output cap.
//!
//! Everything here takes bytes and gives values: no files, no sockets, no clock. A batch travels as the [`Batch`]
//! it arrived in (one shared [`bytes::Bytes`]); [`Batch::records`] inflates it under a cap and [`Records::iter`] borrows
//! from that. Nothing is sized by a number a peer sent, and no input can make this crate panic.
//!
//! Not here: message formats 0 and 1 (recognised and refused), encryption, what a record's value means.
//!
//! Source of the format: Kafka documentation, "Record Batch" (KIP-98), header KIP-82, zstd KIP-110.

mod batch;
mod builder;
mod client;
mod codec;
mod error;
mod header;
#[doc(hidden)]
pub mod properties;
mod records;
mod varint;

pub use batch::{Batch, SplitBatches, patch_offset_epoch, split_batches};
pub use builder::BatchBuilder;
pub use client::{ClientBatchError, ClientRules, check_client_batch, check_client_records};
pub use codec::{InflateLimits, SnappyFraming, compress, inflate};
pub use crc32c::crc32c_append;
pub use error::{BatchError, RecordFault};
pub use header::{BatchHeader, Compression, HEADER_BYTES, LOG_OVERHEAD_BYTES, MAGIC, TimestampType};
pub use records::{Deltas, Headers, RecordIter, RecordRef, Records, Summary};
pub use varint::{
    VarintError, read_varint, read_varlong, varint_len, varlong_len, write_varint, write_varlong,
};
