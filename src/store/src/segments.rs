//! sled's log file, read without sled: is every message where it should be, and which entries lie anywhere in it?
//!
//! sled 0.34 takes the first message with a wrong checksum for the end of its log, goes on without what follows, and overwrites it
//! with zeros. So the file is looked through before sled may open it. The log is a row of segments of [`SEGMENT_BYTES`]. A segment
//! is a header of 20 bytes (CRC-32, position in the log, stable position; inverted) and messages: CRC-32 (4 bytes), kind (1), then
//! as varints length, segment number and page id, then the content. The checksum covers content, then header. Nothing crosses the
//! end of a segment. Source: sled 0.34.7, `pagecache/logger.rs`, `pagecache/iterator.rs`, `serialization.rs`.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::entry::{Chunk, MAGIC};

/// sled's unit of writing; a page over a quarter of it would become a blob (see [`crate::entry::CHUNK_BYTES`]).
pub(crate) const SEGMENT_BYTES: usize = 2 * 1024 * 1024;

const SEGMENT_HEADER: usize = 20;
/// No message begins in the last bytes of a segment.
const MESSAGE_HEADER_MAX: usize = 32;
const KIND_NONE: u8 = 0;
const KIND_CAP: u8 = 2;
const KIND_LAST: u8 = 11;

/// What one segment is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Segment {
    /// Where it begins in the file.
    pub(crate) offset: u64,
    /// Its position in the log; `None` when its header is no header.
    pub(crate) position: Option<i64>,
    /// Where its messages end, from its beginning.
    pub(crate) end: usize,
    /// Whether the messages end as those of a full segment do.
    pub(crate) full: bool,
    /// Whether anything but zeros follows them.
    pub(crate) rest: bool,
}

/// Calls `visit` with every segment and its bytes, on all processors, in no order.
pub(crate) fn each(file: &File, visit: &(impl Fn(&Segment, &[u8]) + Sync)) -> io::Result<()> {
    let bytes = file.metadata()?.len();
    let next = AtomicU64::new(0);
    let failure = Mutex::new(None);
    let work = || {
        let mut buffer = vec![0; SEGMENT_BYTES];
        loop {
            let offset = next.fetch_add(SEGMENT_BYTES as u64, Ordering::Relaxed);
            if offset >= bytes {
                return;
            }
            let length =
                usize::try_from(bytes - offset).map_or(SEGMENT_BYTES, |left| left.min(SEGMENT_BYTES));
            let Some(part) = buffer.get_mut(..length) else { return };
            match file.read_exact_at(part, offset) {
                Ok(()) => visit(&examine(offset, part), part),
                Err(error) => {
                    failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert(error);
                    return;
                }
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(8));
    std::thread::scope(|scope| {
        (1..threads).for_each(|_| {
            scope.spawn(work);
        });
        work();
    });
    failure.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).map_or(Ok(()), Err)
}

fn examine(offset: u64, bytes: &[u8]) -> Segment {
    let Some(position) = position(bytes) else {
        return Segment { offset, position: None, end: 0, full: false, rest: !is_zero(bytes) };
    };
    let number = position as u64 / SEGMENT_BYTES as u64;
    let mut at = SEGMENT_HEADER;
    let full = loop {
        if at > SEGMENT_BYTES - MESSAGE_HEADER_MAX {
            break true;
        }
        match message(bytes.get(at..).unwrap_or_default(), number) {
            Some((KIND_CAP, _)) => break true,
            Some((_, length)) => at += length,
            None => break false,
        }
    };
    let rest = !full && bytes.get(at..).is_some_and(|rest| !is_zero(rest));
    Segment { offset, position: Some(position), end: at.min(bytes.len()), full, rest }
}

fn is_zero(bytes: &[u8]) -> bool {
    const ZEROS: [u8; 4096] = [0; 4096];
    bytes.chunks(ZEROS.len()).all(|part| ZEROS.get(..part.len()) == Some(part))
}

/// The position in a segment's header, if that is sound.
fn position(bytes: &[u8]) -> Option<i64> {
    let header = bytes.get(..SEGMENT_HEADER)?;
    let (crc, rest) = header.split_first_chunk::<4>()?;
    let position = i64::from_le_bytes(*rest.first_chunk::<8>()?) ^ i64::MAX;
    let sound = crc32fast::hash(rest) == !u32::from_le_bytes(*crc);
    (sound && position >= 0 && position % SEGMENT_BYTES as i64 == 0).then_some(position)
}

/// The kind and the bytes of the message at the beginning, if it is sound.
fn message(bytes: &[u8], segment: u64) -> Option<(u8, usize)> {
    let (crc, rest) = bytes.split_first_chunk::<4>()?;
    let (kind, rest) = rest.split_first()?;
    let (length, rest) = varint(rest)?;
    let (number, rest) = varint(rest)?;
    let (_page, rest) = varint(rest)?;
    if !(KIND_NONE + 1..=KIND_LAST).contains(kind) || number != segment {
        return None;
    }
    let header = bytes.get(4..bytes.len() - rest.len())?;
    let content = rest.get(..usize::try_from(length).ok()?)?;
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(content);
    hasher.update(header);
    (hasher.finalize() == !u32::from_le_bytes(*crc)).then_some((*kind, 4 + header.len() + content.len()))
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    match u64::from(*first) {
        small @ 0..=240 => Some((small, rest)),
        two @ 241..=248 => Some((240 + 256 * (two - 241) + u64::from(*rest.first()?), rest.get(1..)?)),
        249 => Some((2288 + 256 * u64::from(*rest.first()?) + u64::from(*rest.get(1)?), rest.get(2..)?)),
        more => {
            let length = usize::try_from(more - 247).ok()?;
            let mut wide = [0; 8];
            wide.get_mut(..length)?.copy_from_slice(rest.get(..length)?);
            Some((u64::from_le_bytes(wide), rest.get(length..)?))
        }
    }
}

/// Every chunk of an entry in these bytes whose header is sound, with its place.
pub(crate) fn chunks(bytes: &[u8]) -> impl Iterator<Item = (usize, Chunk<'_>)> {
    let finder = memchr::memmem::find_iter(bytes, MAGIC).collect::<Vec<_>>();
    finder.into_iter().filter_map(move |at| Some((at, Chunk::read(bytes.get(at..)?).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Any bytes: never panics, and what is found lies inside.
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..3000)) {
            let segment = examine(0, &bytes);
            assert!(segment.end <= bytes.len());
            assert!(message(&bytes, 0).is_none_or(|(_, length)| length <= bytes.len()));
            for (at, chunk) in chunks(&bytes) {
                assert!(chunk.body.is_err() || at + chunk.bytes <= bytes.len());
            }
        }
    }

    #[test]
    fn a_log_of_sled_is_sound_up_to_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let db = crate::sled_store::open_db(dir.path()).unwrap();
        for n in 0..3000u32 {
            db.insert(n.to_be_bytes(), vec![7; 2000]).unwrap();
        }
        db.flush().unwrap();
        drop(db);
        let file = File::open(dir.path().join("db")).unwrap();
        let all = Mutex::new(Vec::new());
        each(&file, &|segment: &Segment, _: &[u8]| all.lock().unwrap().push(segment.clone())).unwrap();
        let all = all.into_inner().unwrap();
        assert!(all.len() > 3, "{all:?}");
        let last = all.iter().filter_map(|segment| segment.position).max();
        for segment in &all {
            assert!(segment.position.is_some() && (segment.full || segment.position == last), "{segment:?}");
            assert!(!segment.rest, "{segment:?}");
        }
    }
}
