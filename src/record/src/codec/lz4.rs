//! LZ4 frame format (lz4 repository, `doc/lz4_Frame_format.md` v1.6.x), the part Kafka uses.
//!
//! Our own frame reader over `lz4_flex`'s block decoder: the crate's frame decoder takes a frame cut short for its end
//! and allocates by the header's word. Read here: one frame, independent blocks, optional block and content checksums
//! and content size. Refused, as Kafka's `Lz4BlockInputStream` refuses them: linked blocks, dictionaries, legacy and
//! skippable frames. Stricter than Kafka: checksum and size of the content are checked, and nothing may follow the frame.

use std::io::{self, Write};

use super::{Fault, room};

const MAGIC: [u8; 4] = 0x184D_2204u32.to_le_bytes();
const UNCOMPRESSED_BIT: u32 = 1 << 31;

const FLAG_INDEPENDENT: u8 = 1 << 5;
const FLAG_BLOCK_CHECKSUM: u8 = 1 << 4;
const FLAG_CONTENT_SIZE: u8 = 1 << 3;
const FLAG_CONTENT_CHECKSUM: u8 = 1 << 2;
const FLAGS_RESERVED_OR_DICTIONARY: u8 = 0b11;

struct Frame {
    block_bytes_max: usize,
    block_checksum: bool,
    content_checksum: bool,
    content_size: Option<u64>,
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], Fault> {
        let (head, tail) =
            self.rest.split_at_checked(n).ok_or_else(|| Fault::corrupt("frame is cut short"))?;
        self.rest = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (head, tail) =
            self.rest.split_first_chunk::<N>().ok_or_else(|| Fault::corrupt("frame is cut short"))?;
        self.rest = tail;
        Ok(*head)
    }

    fn u32(&mut self) -> Result<u32, Fault> {
        Ok(u32::from_le_bytes(self.array()?))
    }
}

fn hash(data: &[u8]) -> u32 {
    twox_hash::XxHash32::oneshot(0, data)
}

fn frame_header(reader: &mut Reader<'_>) -> Result<Frame, Fault> {
    if reader.array()? != MAGIC {
        return Err(Fault::corrupt("not an lz4 frame"));
    }
    let descriptor = reader.rest;
    let [flags, block_size] = reader.array()?;
    if flags >> 6 != 1 || flags & FLAGS_RESERVED_OR_DICTIONARY != 0 || block_size & 0b1000_1111 != 0 {
        return Err(Fault::Corrupt(format!("frame flags {flags:#04x} {block_size:#04x} are not supported")));
    }
    if flags & FLAG_INDEPENDENT == 0 {
        return Err(Fault::corrupt("linked blocks are not supported (nor by Kafka's own readers)"));
    }
    let block_bytes_max = match block_size >> 4 {
        4 => 64 << 10,
        5 => 256 << 10,
        6 => 1 << 20,
        7 => 4 << 20,
        other => return Err(Fault::Corrupt(format!("block size code {other} is not known"))),
    };
    let content_size = match flags & FLAG_CONTENT_SIZE {
        0 => None,
        _ => Some(u64::from_le_bytes(reader.array()?)),
    };
    let hashed = descriptor.get(..descriptor.len() - reader.rest.len()).unwrap_or_default();
    let [check] = reader.array()?;
    if check != (hash(hashed) >> 8) as u8 {
        return Err(Fault::corrupt("frame header checksum does not match"));
    }
    Ok(Frame {
        block_bytes_max,
        block_checksum: flags & FLAG_BLOCK_CHECKSUM != 0,
        content_checksum: flags & FLAG_CONTENT_CHECKSUM != 0,
        content_size,
    })
}

pub(super) fn inflate(data: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
    let mut reader = Reader { rest: data };
    let frame = frame_header(&mut reader)?;
    let mut out = Vec::new();
    loop {
        let word = reader.u32()?;
        if word == 0 {
            break;
        }
        let length = (word & !UNCOMPRESSED_BIT) as usize;
        if length > frame.block_bytes_max {
            return Err(Fault::Corrupt(format!("block of {length} bytes in a frame of smaller blocks")));
        }
        let block = reader.take(length)?;
        if frame.block_checksum && reader.u32()? != hash(block) {
            return Err(Fault::corrupt("block checksum does not match"));
        }
        if word & UNCOMPRESSED_BIT != 0 {
            let (_, room) = room(&mut out, length, limit)?;
            room.copy_from_slice(block);
        } else {
            decompress(block, &mut out, frame.block_bytes_max, limit)?;
        }
    }
    if frame.content_size.is_some_and(|size| size != out.len() as u64) {
        return Err(Fault::corrupt("content size does not match"));
    }
    if frame.content_checksum && reader.u32()? != hash(&out) {
        return Err(Fault::corrupt("content checksum does not match"));
    }
    if !reader.rest.is_empty() {
        return Err(Fault::Corrupt(format!("{} bytes after the frame", reader.rest.len())));
    }
    Ok(out)
}

/// One compressed block appended to `out`. A byte of LZ4 gives at most 255, which bounds the room by the input.
fn decompress(block: &[u8], out: &mut Vec<u8>, block_bytes_max: usize, limit: usize) -> Result<(), Fault> {
    let left = limit - out.len().min(limit);
    let most = block_bytes_max.min(block.len().saturating_mul(255).saturating_add(64));
    let (start, room) = room(out, most.min(left), limit)?;
    match lz4_flex::block::decompress_into(block, room) {
        Ok(written) => {
            out.truncate(start + written);
            Ok(())
        }
        Err(lz4_flex::block::DecompressError::OutputTooSmall { .. }) if most > left => Err(Fault::TooLarge),
        Err(e) => Err(Fault::corrupt(e)),
    }
}

pub(super) fn deflate(data: &[u8]) -> io::Result<Vec<u8>> {
    use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
    // What the Java client writes: independent 64 KiB blocks, no checksums, no content size.
    let info = FrameInfo::new().block_mode(BlockMode::Independent).block_size(BlockSize::Max64KB);
    let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(data)?;
    Ok(encoder.finish()?)
}
