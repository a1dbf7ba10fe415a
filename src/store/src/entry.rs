//! Entries: how one event lies in the tree, as chunks under neighbouring keys.
//!
//! Every chunk says by itself what it is a part of, so that it can be found and named in the raw bytes of a damaged file. All
//! integers big-endian: magic (7 bytes), format version (1), flags (1), schema id or highest id, or 0 (u32), revision (u64), first revision of
//! the command (u64), events of the command (u32), timestamp in ms (i64), chunk number (u32), chunks (u32), payload bytes (u32),
//! body bytes (u32), key bytes (u32), CRC-32C of the payload (u32), of the body (u32), of everything before and the key (u32); then
//! the base key and the body. The payload, cut into bodies, is the value's JSON (contract 4.2-4.4). A tombstone has none.

use assay_registry::store::StoreError;
use assay_registry::{Event, Revision, Stored};

use crate::key;

/// How every chunk begins; no UTF-8 text holds it.
pub(crate) const MAGIC: &[u8; 7] = b"\xa7assay\xfe";
/// The form described above.
const VERSION: u8 = 2;

/// Payload bytes per chunk. A leaf page holds under 20 entries, so a page stays below a quarter of a segment.
pub(crate) const CHUNK_BYTES: usize = 12 * 1024;
/// Bytes of one event at most.
pub(crate) const ENTRY_BYTES_MAX: usize = 32 * 1024 * 1024;

const HEADER: usize = 73;
/// Where the header's own checksum lies.
const HEADER_CRC: usize = 69;

/// Nothing is under the key any more; kept so that an older copy in the raw file is known to be old.
const TOMBSTONE: u8 = 1;
/// The body is the reason why the entry was given up when the store was rebuilt.
const GIVEN_UP: u8 = 2;

/// The events of one command have consecutive revisions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Command {
    pub(crate) first: Revision,
    pub(crate) events: u32,
}

/// An event ready to be written.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) base: Vec<u8>,
    flags: u8,
    id: u32,
    ts_ms: i64,
    payload: Vec<u8>,
}

impl Entry {
    /// # Errors
    /// [`StoreError::TooLarge`].
    pub(crate) fn of(event: &Event) -> Result<Entry, StoreError> {
        let base = key::encode(&event.key());
        let value = event.value_json();
        let flags = if value.is_some() { 0 } else { TOMBSTONE };
        let payload = value.unwrap_or_default().into_bytes();
        let bytes = base.len().saturating_add(payload.len());
        if bytes > ENTRY_BYTES_MAX {
            return Err(StoreError::TooLarge { bytes, limit: ENTRY_BYTES_MAX });
        }
        let id = match event {
            Event::Schema(row) => row.id.get(),
            Event::MaxId { id, .. } => id.get(),
            _ => 0,
        };
        Ok(Entry { base, flags, id, ts_ms: event.timestamp_ms().unwrap_or(0), payload })
    }

    /// Bytes of the payload.
    pub(crate) fn bytes(&self) -> usize {
        self.payload.len()
    }

    /// The entry's chunks, in order; at least one.
    pub(crate) fn chunks(&self, revision: Revision, command: Command) -> Vec<Vec<u8>> {
        let payload_crc = crc32c::crc32c(&self.payload);
        let count = self.payload.len().div_ceil(CHUNK_BYTES).max(1);
        let body = |number: usize| {
            let rest = self.payload.get(number * CHUNK_BYTES..).unwrap_or_default();
            rest.get(..CHUNK_BYTES).unwrap_or(rest)
        };
        (0..count)
            .map(|number| {
                self.chunk(revision, command, payload_crc, (number as u32, count as u32), body(number))
            })
            .collect()
    }

    fn chunk(
        &self,
        revision: Revision,
        command: Command,
        payload_crc: u32,
        (number, count): (u32, u32),
        body: &[u8],
    ) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER + self.base.len() + body.len());
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&[VERSION, self.flags]);
        out.extend_from_slice(&self.id.to_be_bytes());
        out.extend_from_slice(&revision.0.to_be_bytes());
        out.extend_from_slice(&command.first.0.to_be_bytes());
        out.extend_from_slice(&command.events.to_be_bytes());
        out.extend_from_slice(&self.ts_ms.to_be_bytes());
        let lengths = [number, count, self.payload.len() as u32, body.len() as u32, self.base.len() as u32];
        for number in lengths.into_iter().chain([payload_crc, crc32c::crc32c(body)]) {
            out.extend_from_slice(&number.to_be_bytes());
        }
        let crc = crc32c::crc32c_append(crc32c::crc32c(&out), &self.base);
        out.extend_from_slice(&crc.to_be_bytes());
        debug_assert_eq!(out.len(), HEADER);
        out.extend_from_slice(&self.base);
        out.extend_from_slice(body);
        out
    }
}

/// One chunk, its header proven by its checksum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk<'a> {
    flags: u8,
    pub(crate) id: u32,
    pub(crate) revision: Revision,
    pub(crate) command: Command,
    ts_ms: i64,
    pub(crate) number: u32,
    pub(crate) count: u32,
    payload_bytes: u32,
    payload_crc: u32,
    pub(crate) base: &'a [u8],
    /// What is wrong with the body, or the body.
    pub(crate) body: Result<&'a [u8], &'static str>,
    /// Bytes of the whole chunk.
    pub(crate) bytes: usize,
}

impl<'a> Chunk<'a> {
    /// Reads the chunk at the beginning of `bytes`; more may follow.
    ///
    /// # Errors
    /// What is wrong with its header: nothing in it can be trusted then.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Chunk<'a>, String> {
        let header = bytes
            .get(..HEADER)
            .ok_or_else(|| format!("its header is cut off after {} bytes", bytes.len()))?;
        if header.get(..7) != Some(MAGIC) {
            return Err("it does not begin as an entry does".to_owned());
        }
        let short = || "its header is cut off".to_owned();
        let (version, flags) = (u8_at(header, 7).ok_or_else(short)?, u8_at(header, 8).ok_or_else(short)?);
        if version != VERSION {
            return Err(format!("it is of format version {version}, this release reads {VERSION}"));
        }
        let int = |at: usize| u32_at(header, at).ok_or_else(short);
        let long = |at: usize| u64_at(header, at).ok_or_else(short);
        let (body_bytes, key_bytes) = (int(53)? as usize, int(57)? as usize);
        let rest = bytes.get(HEADER..).unwrap_or_default();
        let Some((base, rest)) = rest.split_at_checked(key_bytes) else {
            return Err("its header is damaged: its key is cut off".to_owned());
        };
        let covered = header.get(..HEADER_CRC).unwrap_or_default();
        if crc32c::crc32c_append(crc32c::crc32c(covered), base) != int(HEADER_CRC)? {
            return Err("its header is damaged: the checksum does not match".to_owned());
        }
        let body = match rest.get(..body_bytes) {
            None => Err("its content is cut off"),
            Some(body) if crc32c::crc32c(body) != int(65)? => {
                Err("its content is damaged: the checksum does not match")
            }
            Some(body) => Ok(body),
        };
        Ok(Chunk {
            flags,
            id: int(9)?,
            revision: Revision(long(13)?),
            command: Command { first: Revision(long(21)?), events: int(29)? },
            ts_ms: long(33)? as i64,
            number: int(41)?,
            count: int(45)?,
            payload_bytes: int(49)?,
            payload_crc: int(61)?,
            base,
            body,
            bytes: HEADER + key_bytes + body_bytes,
        })
    }
}

/// An entry put together from all its chunks.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    pub(crate) revision: Revision,
    pub(crate) entry: Entry,
}

/// Puts an entry together; the chunks are those under one key, in key order.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn assemble(chunks: &[Chunk<'_>]) -> Result<Whole, String> {
    let first = chunks.first().ok_or("it has no chunks")?;
    if first.count as usize != chunks.len() {
        return Err(format!("it has {} chunks instead of {}", chunks.len(), first.count));
    }
    let mut payload = Vec::with_capacity(chunks.iter().map(|chunk| chunk.body.map_or(0, <[u8]>::len)).sum());
    for (chunk, number) in chunks.iter().zip(0..) {
        if (chunk.revision, chunk.number, chunk.base) != (first.revision, number, first.base) {
            return Err("its chunks do not belong together".to_owned());
        }
        payload.extend_from_slice(chunk.body?);
    }
    if payload.len() != first.payload_bytes as usize || crc32c::crc32c(&payload) != first.payload_crc {
        return Err("its content is damaged: the checksum of the whole does not match".to_owned());
    }
    let entry =
        Entry { base: first.base.to_vec(), flags: first.flags, id: first.id, ts_ms: first.ts_ms, payload };
    Ok(Whole { revision: first.revision, entry })
}

impl Whole {
    /// The event; `None` for a tombstone.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn event(self) -> Result<Option<Stored>, String> {
        let Entry { base, flags, ts_ms, payload, .. } = self.entry;
        if flags & TOMBSTONE != 0 {
            return Ok(None);
        }
        let value = String::from_utf8(payload).map_err(|_| "its content is not UTF-8")?;
        if flags & GIVEN_UP != 0 {
            return Err(value);
        }
        let key = key::decode(&base).ok_or("its key is none of a registry")?;
        let event = Event::from_json(key, Some(&value), ts_ms)
            .map_err(|error| format!("its content cannot be read: {error}"))?;
        Ok(Some(Stored { revision: self.revision, event: event.ok_or("it is no event")? }))
    }

    /// What is written in place of an entry that cannot be saved, so that it stays named and its id stays used.
    pub(crate) fn given_up(base: &[u8], id: u32, revision: Revision, reason: &str) -> Whole {
        let entry =
            Entry { base: base.to_vec(), flags: GIVEN_UP, id, ts_ms: 0, payload: reason.as_bytes().to_vec() };
        Whole { revision, entry }
    }
}

fn u8_at(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at).copied()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8)?.try_into().ok().map(u64::from_be_bytes)
}
