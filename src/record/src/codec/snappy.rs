//! Snappy: the raw block format, and xerial's stream of blocks (`SnappyOutputStream`, the Java client and kafkajs).
//!
//! ```text
//! xerial: 82 'S' 'N' 'A' 'P' 'P' 'Y' 00 | version i32 | compatible version i32 | ( length i32 | raw block )*
//! ```
//! Streams may be concatenated: where a length is due, the header may stand again.

use std::io;

use super::{Fault, SnappyFraming, room};

const XERIAL_MAGIC: &[u8; 8] = b"\x82SNAPPY\x00";
const XERIAL_HEADER_BYTES: usize = 16;
/// Kafka's Java client writes blocks of this size.
const XERIAL_BLOCK_BYTES: usize = 32 * 1024;

pub(super) fn inflate(data: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    if !data.starts_with(XERIAL_MAGIC) {
        block(data, &mut out, limit)?;
        return Ok(out);
    }
    let mut rest = data;
    while !rest.is_empty() {
        if rest.starts_with(XERIAL_MAGIC) {
            rest = rest
                .get(XERIAL_HEADER_BYTES..)
                .ok_or_else(|| Fault::corrupt("xerial header is cut short"))?;
            continue;
        }
        let Some((length, tail)) = rest.split_first_chunk::<4>() else {
            return Err(Fault::corrupt("xerial block length is cut short"));
        };
        let length = i32::from_be_bytes(*length);
        let cut = usize::try_from(length).ok().and_then(|n| tail.split_at_checked(n));
        let Some((compressed, tail)) = cut else {
            return Err(Fault::Corrupt(format!("xerial block of {length} bytes, {} left", tail.len())));
        };
        block(compressed, &mut out, limit)?;
        rest = tail;
    }
    Ok(out)
}

/// One raw block appended to `out`. Its length prefix is the peer's word: snappy's densest element gives 64 bytes for 3,
/// so a claim above that ratio is a lie and costs no memory.
fn block(data: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<(), Fault> {
    if data.is_empty() {
        return Err(Fault::corrupt("empty block"));
    }
    let claimed = snap::raw::decompress_len(data).map_err(Fault::corrupt)?;
    if claimed > limit.saturating_sub(out.len()) {
        return Err(Fault::TooLarge);
    }
    if claimed > data.len().saturating_mul(22) {
        return Err(Fault::Corrupt(format!("{} bytes cannot hold the {claimed} they claim", data.len())));
    }
    let (_, room) = room(out, claimed, limit)?;
    let written = snap::raw::Decoder::new().decompress(data, room).map_err(Fault::corrupt)?;
    if written != claimed {
        return Err(Fault::corrupt("block ends early"));
    }
    Ok(())
}

pub(super) fn deflate(data: &[u8], framing: SnappyFraming) -> io::Result<Vec<u8>> {
    let mut encoder = snap::raw::Encoder::new();
    match framing {
        SnappyFraming::Raw => Ok(encoder.compress_vec(data)?),
        SnappyFraming::Xerial => {
            let mut out = XERIAL_MAGIC.to_vec();
            out.extend_from_slice(&1i32.to_be_bytes());
            out.extend_from_slice(&1i32.to_be_bytes());
            for chunk in data.chunks(XERIAL_BLOCK_BYTES) {
                let compressed = encoder.compress_vec(chunk)?;
                out.extend_from_slice(&(compressed.len() as u32).to_be_bytes());
                out.extend_from_slice(&compressed);
            }
            Ok(out)
        }
    }
}
