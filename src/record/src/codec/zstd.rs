//! Zstandard, RFC 8878: any number of frames, with or without content size.
//!
//! One-shot decompression into a buffer that grows, not streaming: streaming allocates the window the frame header asks
//! for (up to 128 MiB for a few bytes), one-shot uses what is already out as its window, so memory follows real output.

use std::cell::RefCell;
use std::io;

use zstd::zstd_safe::{DCtx, get_error_name};

use super::Fault;

const FIRST_ROOM_BYTES: usize = 64 << 10;
/// `ZSTD_error_dstSize_tooSmall`, stable since zstd 1.3 (`zstd_errors.h`); codes come back as 0 - n.
const DESTINATION_TOO_SMALL: usize = 0usize.wrapping_sub(70);

thread_local! {
    /// A context is ~100 KiB; one per thread instead of one per batch.
    static CONTEXT: RefCell<Option<DCtx<'static>>> = const { RefCell::new(None) };
}

pub(super) fn inflate(data: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
    // A claimed content size is believed only as far as ordinary compression goes.
    let usual = data.len().saturating_mul(8).max(FIRST_ROOM_BYTES);
    let claimed = zstd::zstd_safe::get_frame_content_size(data).ok().flatten();
    let claimed = claimed.and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
    let mut room = claimed.min(usual).min(limit);
    loop {
        let mut out = Vec::with_capacity(room);
        match decompress(&mut out, data)? {
            Ok(_) => return Ok(out),
            Err(DESTINATION_TOO_SMALL) if room >= limit => return Err(Fault::TooLarge),
            Err(DESTINATION_TOO_SMALL) => room = room.max(FIRST_ROOM_BYTES).saturating_mul(4).min(limit),
            Err(code) => return Err(Fault::corrupt(get_error_name(code))),
        }
    }
}

fn decompress(out: &mut Vec<u8>, data: &[u8]) -> Result<Result<usize, usize>, Fault> {
    CONTEXT.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = DCtx::try_create();
        }
        let context = slot.as_mut().ok_or_else(|| Fault::corrupt("no memory for a zstd context"))?;
        Ok(context.decompress(out, data))
    })
}

pub(super) fn deflate(data: &[u8]) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(data, zstd::DEFAULT_COMPRESSION_LEVEL)
}
