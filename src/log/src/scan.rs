//! Walking the batches of a segment file by their headers, with or without their CRCs.

use std::io;

use assay_record::{BatchError, BatchHeader, HEADER_BYTES, crc32c_append};

use crate::disk::{DiskFile, read_full};

/// How much of a file is read at once when walking all of it.
pub(crate) const SCAN_CHUNK_BYTES: usize = 256 << 10;
/// The same when looking for one offset, a few KiB from an index entry.
pub(crate) const SEEK_CHUNK_BYTES: usize = 8 << 10;
const CRC_START: usize = 21; // attributes: everything from there on is covered

/// Whether to read batches whole and compare their CRC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    Crc,
    Header,
}

/// A batch and where it stands in its file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) header: BatchHeader,
    pub(crate) position: u64,
}

/// Why a walk stopped before the end.
#[derive(Debug)]
pub(crate) enum Stop {
    Io(io::Error),
    Damage(String),
}

impl From<io::Error> for Stop {
    fn from(e: io::Error) -> Self {
        Stop::Io(e)
    }
}

/// Walks batches from a position to a given end. Memory is one chunk, whatever the file says.
pub(crate) struct Walk<'a> {
    file: &'a dyn DiskFile,
    window: Vec<u8>,
    window_start: u64,
    chunk: usize,
    check: Check,
    position: u64,
    end: u64,
    due_offset: i64,
}

impl<'a> Walk<'a> {
    /// `end` is the size of what may be read; offsets below `due_offset` are damage.
    pub(crate) fn new(
        file: &'a dyn DiskFile,
        (position, end): (u64, u64),
        due_offset: i64,
        check: Check,
        chunk: usize,
    ) -> Walk<'a> {
        let chunk = chunk.max(HEADER_BYTES);
        Walk { file, window: Vec::new(), window_start: 0, chunk, check, position, end, due_offset }
    }

    /// Where the next batch would start: the end of the last good one.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The offset after the last good batch.
    pub(crate) fn due_offset(&self) -> i64 {
        self.due_offset
    }

    /// Up to `len` bytes (at most one chunk) at `position`; fewer at the end.
    fn view(&mut self, position: u64, len: usize) -> io::Result<&[u8]> {
        let len =
            len.min(self.chunk).min(usize::try_from(self.end.saturating_sub(position)).unwrap_or(usize::MAX));
        let inside = position.checked_sub(self.window_start).and_then(|at| usize::try_from(at).ok());
        let covered = inside.is_some_and(|at| at + len <= self.window.len());
        if !covered {
            let most = self.end.saturating_sub(position).min(self.chunk as u64) as usize;
            self.window.resize(most, 0);
            let got = read_full(self.file, &mut self.window, position)?;
            self.window.truncate(got);
            self.window_start = position;
        }
        let at = (position - self.window_start) as usize;
        let to = (at + len).min(self.window.len());
        Ok(self.window.get(at..to).unwrap_or_default())
    }

    /// The next batch, `None` at the end, or why there is none.
    pub(crate) fn step(&mut self) -> Result<Option<Found>, Stop> {
        if self.position >= self.end {
            return Ok(None);
        }
        let position = self.position;
        let left = self.end - position;
        let header = BatchHeader::parse(self.view(position, HEADER_BYTES)?).map_err(damage)?;
        let size = header.size_in_bytes() as u64;
        if size > left {
            return Err(damage(BatchError::TooShort { have: left as usize, need: size as usize }));
        }
        if header.last_offset_delta < 0 || header.base_offset < self.due_offset {
            let (base, due) = (header.base_offset, self.due_offset);
            return Err(Stop::Damage(format!("offset {base} where {due} or above was due")));
        }
        if header.last_offset() == i64::MAX {
            return Err(Stop::Damage(format!("offset {} overflows", header.base_offset)));
        }
        if self.check == Check::Crc {
            self.check_crc(&header, position + size)?;
        }
        self.position = position + size;
        self.due_offset = header.next_offset();
        Ok(Some(Found { header, position }))
    }

    fn check_crc(&mut self, header: &BatchHeader, batch_end: u64) -> Result<(), Stop> {
        let mut at = self.position + CRC_START as u64;
        let mut computed = 0;
        while at < batch_end {
            let left = usize::try_from(batch_end - at).unwrap_or(usize::MAX);
            let part = self.view(at, left)?;
            if part.is_empty() {
                return Err(Stop::Damage("file ended while it was read".to_owned()));
            }
            computed = crc32c_append(computed, part);
            at += part.len() as u64;
        }
        if computed == header.crc {
            Ok(())
        } else {
            Err(damage(BatchError::Crc { stored: header.crc, computed }))
        }
    }
}

fn damage(e: BatchError) -> Stop {
    Stop::Damage(e.to_string())
}
