//! The four codecs, both ways. Inflating stops at a cap and allocates by what comes out, never by what is claimed.

mod gzip;
mod lz4;
mod snappy;
mod zstd;

use bytes::Bytes;

use crate::error::BatchError;
use crate::header::Compression;

/// How far inflating may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InflateLimits {
    /// Most bytes the records of one batch may take when inflated.
    pub inflated_bytes_max: usize,
}

impl Default for InflateLimits {
    /// 64 MiB.
    fn default() -> Self {
        InflateLimits { inflated_bytes_max: 64 << 20 }
    }
}

/// The two snappy formats found in Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnappyFraming {
    /// The block format alone: librdkafka, franz-go.
    Raw,
    /// xerial's stream of blocks behind a magic header: the Java client, kafkajs.
    Xerial,
}

/// Inflates the records of a batch. Plain ones are shared; their size is capped too.
///
/// # Errors
/// `InflatedTooLarge` at the cap, `Codec` for bytes the codec does not produce.
pub fn inflate(codec: Compression, data: &Bytes, limits: &InflateLimits) -> Result<Bytes, BatchError> {
    let limit = limits.inflated_bytes_max;
    let inflated = match codec {
        Compression::None if data.len() > limit => Err(Fault::TooLarge),
        Compression::None => return Ok(data.clone()),
        Compression::Gzip => gzip::inflate(data, limit),
        Compression::Snappy => snappy::inflate(data, limit),
        Compression::Lz4 => lz4::inflate(data, limit),
        Compression::Zstd => zstd::inflate(data, limit),
    };
    inflated.map(Bytes::from).map_err(|fault| match fault {
        Fault::TooLarge => BatchError::InflatedTooLarge { limit },
        Fault::Corrupt(reason) => BatchError::Codec { codec, reason },
    })
}

/// Compresses records as the codec's usual clients do. Plain ones come back as they are.
///
/// # Errors
/// `Codec` if the compressor fails.
pub fn compress(codec: Compression, data: &[u8], framing: SnappyFraming) -> Result<Vec<u8>, BatchError> {
    let compressed = match codec {
        Compression::None => Ok(data.to_vec()),
        Compression::Gzip => gzip::deflate(data),
        Compression::Snappy => snappy::deflate(data, framing),
        Compression::Lz4 => lz4::deflate(data),
        Compression::Zstd => zstd::deflate(data),
    };
    compressed.map_err(|e| BatchError::Codec { codec, reason: e.to_string() })
}

/// Why inflating stopped.
#[derive(Debug)]
enum Fault {
    TooLarge,
    Corrupt(String),
}

impl Fault {
    fn corrupt(reason: impl std::fmt::Display) -> Fault {
        Fault::Corrupt(reason.to_string())
    }
}

/// Makes room for `more` bytes at the end of `out` and returns that room, unless the limit is passed.
/// `more` must itself be bounded by the size of the input.
fn room(out: &mut Vec<u8>, more: usize, limit: usize) -> Result<(usize, &mut [u8]), Fault> {
    let start = out.len();
    let end = start.checked_add(more).filter(|end| *end <= limit).ok_or(Fault::TooLarge)?;
    out.resize(end, 0);
    Ok((start, &mut out[start..]))
}
