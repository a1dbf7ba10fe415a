//! The metadata file: records one after the other, each with its length and checksum.
//!
//! ```text
//! file   = magic "ASSAYMD1", frame*
//! frame  = length: u32 LE, crc32c(payload): u32 LE, payload: JSON of one `Record`
//! ```
//! A frame that ends beyond the end of the file, or the last frame with a wrong checksum, is a torn write: it was never
//! acknowledged and is cut off. A wrong checksum with frames behind it is damage, and refused.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::MetadataError;
use super::image::{Image, Record};
use super::properties::write_atomically;

const MAGIC: &[u8; 8] = b"ASSAYMD1";
const HEADER: usize = 8;
/// Largest payload of one frame, in bytes; a topic's configurations are far smaller.
const FRAME_BYTES_MAX: usize = 16 << 20;

/// The open file, positioned at its end.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    failed: bool,
}

impl Journal {
    /// Reads `dir/name`, cuts a torn tail, rewrites the file when it has grown well beyond its state.
    ///
    /// # Errors
    /// I/O, or damage that is not a torn tail.
    pub(crate) fn open(dir: &Path, name: &str) -> Result<(Self, Image), MetadataError> {
        let path = dir.join(name);
        let io = |e| MetadataError::io(&path, e);
        let content = match std::fs::read(&path) {
            Ok(content) => content,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(io(e)),
        };
        let (image, whole, frames) = replay(&content, &path)?;
        let fewest = image.records();
        if whole == 0 || frames > 1000 + 4 * fewest.len() {
            let mut bytes = MAGIC.to_vec();
            for record in &fewest {
                bytes.extend(frame(record, &path)?);
            }
            write_atomically(dir, name, &bytes)?;
        }
        let mut file = OpenOptions::new().read(true).write(true).open(&path).map_err(io)?;
        if whole > 0 && whole < content.len() && file.metadata().map_err(io)?.len() == content.len() as u64 {
            tracing::warn!(path = %path.display(), cut = content.len() - whole, "torn tail of the metadata file cut");
            file.set_len(whole as u64).map_err(io)?;
            file.sync_all().map_err(io)?;
        }
        file.seek(SeekFrom::End(0)).map_err(io)?;
        Ok((Self { path, file, failed: false }, image))
    }

    /// Appends records and returns once they survive a power cut. After a failure the journal stays offline: what the
    /// file ends with is unknown until it is read again.
    pub(crate) fn append(&mut self, records: &[Record]) -> Result<(), MetadataError> {
        if self.failed {
            return Err(MetadataError::Offline);
        }
        let mut bytes = Vec::new();
        for record in records {
            bytes.extend(frame(record, &self.path)?);
        }
        let written = self.file.write_all(&bytes).and_then(|()| self.file.sync_data());
        written.map_err(|e| {
            self.failed = true;
            MetadataError::io(&self.path, e)
        })
    }
}

fn frame(record: &Record, path: &Path) -> Result<Vec<u8>, MetadataError> {
    let payload = serde_json::to_vec(record).map_err(|e| MetadataError::io(path, e.into()))?;
    let length = u32::try_from(payload.len())
        .ok()
        .filter(|n| (*n as usize) <= FRAME_BYTES_MAX)
        .ok_or_else(|| MetadataError::io(path, std::io::Error::other("metadata record too large")))?;
    let mut out = Vec::with_capacity(HEADER + payload.len());
    out.extend(length.to_le_bytes());
    out.extend(crc32c::crc32c(&payload).to_le_bytes());
    out.extend(payload);
    Ok(out)
}

/// [`replay`] for bytes that are no file: for the properties.
pub(crate) fn replay_bytes(content: &[u8]) {
    drop(replay(content, Path::new("bytes")));
}

/// Folds the frames of `content`. Returns the state, the bytes of whole frames (with the magic) and their number.
fn replay(content: &[u8], path: &Path) -> Result<(Image, usize, usize), MetadataError> {
    let mut image = Image::default();
    if content.len() < MAGIC.len() && MAGIC.starts_with(content) {
        return Ok((image, 0, 0)); // a crash while the file was made, or no file
    }
    let damaged = |position: usize, reason: String| MetadataError::Damaged {
        path: path.display().to_string(),
        position: position as u64,
        reason,
    };
    if !content.starts_with(MAGIC) {
        return Err(damaged(0, "not a metadata file of this broker".into()));
    }
    let mut at = MAGIC.len();
    let mut frames = 0;
    while let Some(mut header) = content.get(at..at + HEADER) {
        let length = read_u32(&mut header) as usize;
        let sum = read_u32(&mut header);
        let Some(payload) = content.get(at + HEADER..).and_then(|rest| rest.get(..length)) else {
            break;
        };
        let end = at + HEADER + length;
        if crc32c::crc32c(payload) != sum || length == 0 {
            if end == content.len() || content[at..].iter().all(|b| *b == 0) {
                break;
            }
            return Err(damaged(at, "checksum does not match".into()));
        }
        let record: Record =
            serde_json::from_slice(payload).map_err(|e| damaged(at, format!("unknown record: {e}")))?;
        image.apply(record);
        frames += 1;
        at = end;
    }
    Ok((image, at, frames))
}

fn read_u32(bytes: &mut &[u8]) -> u32 {
    let mut word = [0; 4];
    // Cannot fail: callers pass at least the bytes read. A short read would give 0, which no valid frame has.
    let _ = bytes.read_exact(&mut word);
    u32::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn produce(next: i64) -> Record {
        Record::ProducerIds { next }
    }

    #[test]
    fn every_torn_tail_is_cut_and_the_rest_kept() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(dir.path(), "m").unwrap();
        journal.append(&[produce(1000)]).unwrap();
        let keep = std::fs::metadata(dir.path().join("m")).unwrap().len() as usize;
        journal.append(&[produce(2000)]).unwrap();
        drop(journal);
        let whole = std::fs::read(dir.path().join("m")).unwrap();
        for length in keep..whole.len() {
            std::fs::write(dir.path().join("m"), &whole[..length]).unwrap();
            let (mut journal, image) = Journal::open(dir.path(), "m").unwrap();
            assert_eq!(image.next_producer_id, 1000, "{length}");
            journal.append(&[produce(3000)]).unwrap();
            drop(journal);
            assert_eq!(Journal::open(dir.path(), "m").unwrap().1.next_producer_id, 3000);
        }
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1;
        std::fs::write(dir.path().join("m"), &flipped).unwrap();
        assert_eq!(Journal::open(dir.path(), "m").unwrap().1.next_producer_id, 1000);
    }

    #[test]
    fn damage_before_the_end_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(dir.path(), "m").unwrap();
        journal.append(&[produce(1000)]).unwrap();
        journal.append(&[produce(2000)]).unwrap();
        drop(journal);
        let mut content = std::fs::read(dir.path().join("m")).unwrap();
        content[MAGIC.len() + HEADER + 2] ^= 1;
        std::fs::write(dir.path().join("m"), &content).unwrap();
        assert!(matches!(Journal::open(dir.path(), "m"), Err(MetadataError::Damaged { .. })));
        std::fs::write(dir.path().join("m"), b"something else").unwrap();
        assert!(Journal::open(dir.path(), "m").is_err());
    }

    #[test]
    fn a_long_history_is_rewritten() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(dir.path(), "m").unwrap();
        let many: Vec<Record> = (1..2000).map(produce).collect();
        journal.append(&many).unwrap();
        drop(journal);
        let before = std::fs::metadata(dir.path().join("m")).unwrap().len();
        let (_, image) = Journal::open(dir.path(), "m").unwrap();
        assert_eq!(image.next_producer_id, 1999);
        assert!(std::fs::metadata(dir.path().join("m")).unwrap().len() < before / 10);
        assert_eq!(Journal::open(dir.path(), "m").unwrap().1, image);
    }
}
