//! The two sparse indexes of a segment.
//!
//! ```text
//! .index      ( last offset of a batch, relative to the base offset: i32 | byte position of that batch: i32 )*
//! .timeindex  ( largest timestamp so far: i64 | last offset of the batch that has it, relative: i32 )*        big-endian
//! ```
//! A growing segment has them in memory; the files are written when the segment is sealed or the log is closed. So files
//! with entries beside a segment that is not the last prove that its `.log` was synced before them.
//! Source: `kafka.log.OffsetIndex`, `TimeIndex`, and what `DumpLogSegments` checks.

use std::io;

use crate::disk::{DiskFile, read_full};

pub(crate) const OFFSET_ENTRY_BYTES: usize = 8;
pub(crate) const TIME_ENTRY_BYTES: usize = 12;

/// One entry of the offset index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OffsetEntry {
    pub(crate) relative_offset: i32,
    pub(crate) position: i32,
}

/// One entry of the time index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeEntry {
    pub(crate) timestamp: i64,
    pub(crate) relative_offset: i32,
}

/// A fixed-size entry.
pub(crate) trait Entry: Copy {
    const BYTES: usize;
    fn read(bytes: &[u8]) -> Option<Self>;
    fn write(&self, out: &mut Vec<u8>);
}

impl Entry for OffsetEntry {
    const BYTES: usize = OFFSET_ENTRY_BYTES;

    fn read(bytes: &[u8]) -> Option<Self> {
        let (offset, rest) = bytes.split_first_chunk()?;
        let position = rest.first_chunk()?;
        Some(OffsetEntry {
            relative_offset: i32::from_be_bytes(*offset),
            position: i32::from_be_bytes(*position),
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.relative_offset.to_be_bytes());
        out.extend_from_slice(&self.position.to_be_bytes());
    }
}

impl Entry for TimeEntry {
    const BYTES: usize = TIME_ENTRY_BYTES;

    fn read(bytes: &[u8]) -> Option<Self> {
        let (timestamp, rest) = bytes.split_first_chunk()?;
        let offset = rest.first_chunk()?;
        Some(TimeEntry {
            timestamp: i64::from_be_bytes(*timestamp),
            relative_offset: i32::from_be_bytes(*offset),
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.extend_from_slice(&self.relative_offset.to_be_bytes());
    }
}

/// All entries as the file has them.
pub(crate) fn encode<E: Entry>(entries: &[E]) -> Vec<u8> {
    let mut out = Vec::with_capacity(entries.len() * E::BYTES);
    for entry in entries {
        entry.write(&mut out);
    }
    out
}

/// Reads a whole index file if it is not above `entries_max`; `None` if its size is impossible.
pub(crate) fn load<E: Entry>(file: &dyn DiskFile, entries_max: u64) -> io::Result<Option<Vec<E>>> {
    let len = file.size()?;
    let bytes_max = entries_max.saturating_mul(E::BYTES as u64);
    if len % E::BYTES as u64 != 0 || len > bytes_max {
        return Ok(None);
    }
    let mut bytes = vec![0; len as usize]; // bounded by the caller's knowledge of the segment
    let got = read_full(file, &mut bytes, 0)?;
    bytes.truncate(got);
    Ok(Some(bytes.chunks_exact(E::BYTES).filter_map(E::read).collect()))
}

/// The entry with this number, read from the file.
pub(crate) fn entry_at<E: Entry>(file: &dyn DiskFile, number: u64) -> io::Result<Option<E>> {
    let mut bytes = [0; TIME_ENTRY_BYTES];
    let Some(buffer) = bytes.get_mut(..E::BYTES) else { return Ok(None) };
    let got = read_full(file, buffer, number.saturating_mul(E::BYTES as u64))?;
    Ok(if got == E::BYTES { E::read(buffer) } else { None })
}

/// The last entry for which `not_after` holds, by binary search in the file; entries must be in order.
pub(crate) fn last_where<E: Entry>(
    file: &dyn DiskFile,
    entries: u64,
    not_after: impl Fn(&E) -> bool,
) -> io::Result<Option<E>> {
    let (mut low, mut high) = (0, entries);
    let mut found = None;
    while low < high {
        let middle = low + (high - low) / 2;
        match entry_at::<E>(file, middle)? {
            Some(entry) if not_after(&entry) => {
                found = Some(entry);
                low = middle + 1;
            }
            Some(_) => high = middle,
            None => high = middle,
        }
    }
    Ok(found)
}

/// The same in memory.
pub(crate) fn last_in<E: Entry>(entries: &[E], not_after: impl Fn(&E) -> bool) -> Option<E> {
    let after = entries.partition_point(not_after);
    after.checked_sub(1).and_then(|i| entries.get(i)).copied()
}
