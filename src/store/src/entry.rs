//! Entries: how one event lies in the tree, as chunks under neighbouring keys.
//!
//! Key: kind (1 byte), context (u16 length, bytes), name (u32 length, bytes), version (u32), chunk number (u32); all
//! integers big-endian. Chunk 0: revision (u64), timestamp in ms (i64), payload bytes (u32), chunks (u32), CRC-32C over
//! those and the payload (u32), then payload. Later chunks: revision (u64), then payload. Payload: length of the key's
//! JSON (u32), the key's JSON, the value's JSON (contract 4.2-4.4).

use assay_registry::event::EventKey;
use assay_registry::store::{Damaged, StoreError};
use assay_registry::{Context, Event, Revision, Stored, Subject};

/// Where the newest revision is kept (u64), so that a tombstone's is not given out again; no entry's kind is 0.
pub(crate) const HEAD_KEY: &[u8] = b"\0head";

/// Payload bytes per chunk. A leaf page holds under 20 entries, so a page stays below a quarter of a segment.
pub(crate) const CHUNK_BYTES: usize = 12 * 1024;
/// Bytes of one event at most.
pub(crate) const ENTRY_BYTES_MAX: usize = 32 * 1024 * 1024;

const HEADER: usize = 28;
const CHUNK_HEADER: usize = 8;
const CHUNK_SUFFIX: usize = 4;

/// An event ready to be written.
pub(crate) struct Entry {
    /// The key without the chunk number.
    pub(crate) base: Vec<u8>,
    /// `None` for a tombstone.
    payload: Option<Vec<u8>>,
    ts_ms: i64,
}

impl Entry {
    /// # Errors
    /// [`StoreError::TooLarge`].
    pub(crate) fn of(event: &Event) -> Result<Entry, StoreError> {
        let key = event.key();
        let payload = match event.value_json() {
            None => None,
            Some(value) => {
                let key_json = key.to_json();
                let bytes = 4 + key_json.len() + value.len();
                let key_length = u32::try_from(key_json.len()).unwrap_or(u32::MAX);
                if bytes > ENTRY_BYTES_MAX {
                    return Err(StoreError::TooLarge { bytes, limit: ENTRY_BYTES_MAX });
                }
                let mut payload = Vec::with_capacity(bytes);
                payload.extend_from_slice(&key_length.to_be_bytes());
                payload.extend_from_slice(key_json.as_bytes());
                payload.extend_from_slice(value.as_bytes());
                Some(payload)
            }
        };
        Ok(Entry { base: base_key(&key), payload, ts_ms: event.timestamp_ms().unwrap_or(0) })
    }

    /// Bytes of the payload.
    pub(crate) fn bytes(&self) -> usize {
        self.payload.as_ref().map_or(0, Vec::len)
    }

    /// The values of the entry's chunks, in order; none for a tombstone.
    pub(crate) fn chunks(&self, revision: Revision) -> Vec<Vec<u8>> {
        let Some(payload) = &self.payload else { return Vec::new() };
        let parts: Vec<&[u8]> = payload.chunks(CHUNK_BYTES).collect();
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(&revision.0.to_be_bytes());
        header.extend_from_slice(&self.ts_ms.to_be_bytes());
        header.extend_from_slice(&(payload.len() as u32).to_be_bytes());
        header.extend_from_slice(&(parts.len() as u32).to_be_bytes());
        let crc = crc32c::crc32c_append(crc32c::crc32c(&header), payload);
        header.extend_from_slice(&crc.to_be_bytes());
        let with_header = |(number, part): (usize, &&[u8])| {
            let head = if number == 0 { &header[..] } else { header.get(..CHUNK_HEADER).unwrap_or_default() };
            [head, part].concat()
        };
        parts.iter().enumerate().map(with_header).collect()
    }
}

/// The key of one chunk.
pub(crate) fn chunk_key(base: &[u8], number: u32) -> Vec<u8> {
    [base, &number.to_be_bytes()].concat()
}

/// The base key of a chunk's key.
pub(crate) fn base_of(key: &[u8]) -> &[u8] {
    key.get(..key.len().saturating_sub(CHUNK_SUFFIX)).unwrap_or_default()
}

/// The revision a chunk was written at; 0 if it is cut off.
pub(crate) fn revision_of(chunk: &[u8]) -> Revision {
    Revision(u64_at(chunk, 0).unwrap_or(0))
}

/// How many chunks the entry has whose chunk 0 that is.
pub(crate) fn chunk_count(first: &[u8]) -> u32 {
    u32_at(first, 20).unwrap_or(1)
}

/// Reads an entry from its chunks, in key order.
///
/// # Errors
/// [`Damaged`] names the entry and says what is wrong.
pub(crate) fn read(base: &[u8], chunks: &[sled::IVec]) -> Result<Stored, Damaged> {
    parse(base, chunks).map_err(|reason| Damaged { entry: printable(base), reason })
}

fn parse(base: &[u8], chunks: &[sled::IVec]) -> Result<Stored, String> {
    let first = chunks.first().ok_or("it has no chunks")?;
    let short = "its header is cut off";
    let header = first.get(..HEADER).ok_or(short)?;
    let revision = u64_at(first, 0).ok_or(short)?;
    let ts_ms = u64_at(first, 8).ok_or(short)? as i64;
    let length = u32_at(first, 16).ok_or(short)? as usize;
    let count = u32_at(first, 20).ok_or(short)? as usize;
    let crc = u32_at(first, 24).ok_or(short)?;
    if count != chunks.len() {
        return Err(format!("it has {} chunks instead of {count}", chunks.len()));
    }
    let mut payload = first.get(HEADER..).unwrap_or_default().to_vec();
    for chunk in chunks.iter().skip(1) {
        if u64_at(chunk, 0) != Some(revision) {
            return Err("its chunks are of different revisions".to_owned());
        }
        payload.extend_from_slice(chunk.get(CHUNK_HEADER..).unwrap_or_default());
    }
    let covered = header.get(..24).unwrap_or_default();
    if payload.len() != length || crc32c::crc32c_append(crc32c::crc32c(covered), &payload) != crc {
        return Err("its checksum does not match".to_owned());
    }
    let key_length = u32_at(&payload, 0).ok_or(short)? as usize;
    let rest = payload.get(4..).unwrap_or_default();
    let (key, value) = rest.split_at_checked(key_length).ok_or("its key is cut off")?;
    let key = EventKey::from_json(&text(key)?).map_err(|error| error.to_string())?.ok_or("it is no event")?;
    if base_key(&key) != base {
        return Err("it lies under the key of another entry".to_owned());
    }
    let event = Event::from_json(key, Some(&text(value)?), ts_ms).map_err(|error| error.to_string())?;
    Ok(Stored { revision: Revision(revision), event: event.ok_or("it is no event")? })
}

fn text(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| "it is not UTF-8".to_owned())
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8)?.try_into().ok().map(u64::from_be_bytes)
}

fn base_key(key: &EventKey) -> Vec<u8> {
    let (kind, subject, version) = match key {
        EventKey::Schema(subject, version) => (1u8, subject.clone(), version.get()),
        EventKey::Config(scope) => (2, scope.subject(), 0),
        EventKey::Mode(scope) => (3, scope.subject(), 0),
        EventKey::DeleteSubject(subject) => (4, subject.clone(), 0),
        EventKey::ClearSubject(scope) => (5, scope.subject(), 0),
        EventKey::Context(context) => (6, in_context(context), 0),
        EventKey::MaxId(context) => (7, in_context(context), 0),
    };
    let (context, name) = (subject.context().as_str(), subject.name());
    let mut bytes = vec![kind];
    bytes.extend_from_slice(&u16::try_from(context.len()).unwrap_or(u16::MAX).to_be_bytes());
    bytes.extend_from_slice(context.as_bytes());
    bytes.extend_from_slice(&u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(&version.to_be_bytes());
    bytes
}

fn in_context(context: &Context) -> Subject {
    Subject::new(context.clone(), "")
}

/// A key for messages: text where it is text.
fn printable(base: &[u8]) -> String {
    base.escape_ascii().to_string()
}
