//! Room ahead of sled's log, written with zeros before it is needed, so that a commit overwrites what the file system has allocated
//! already: `fdatasync` then has no change of size to make durable, which saves about half of its time.
//!
//! Zeros are what sled itself leaves in a segment that is free, and it takes them for that. Nothing else may read or write
//! the tree while the file grows, so that sled does not want the same bytes.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError, RwLock};

use crate::segments::SEGMENT_BYTES;

/// Segments written ahead at once.
const AHEAD: u64 = 2;

/// The reserved end of the file.
#[derive(Debug)]
pub(crate) struct Reserve {
    file: File,
    /// Held by whoever reads the tree besides the committer: reading may make sled write.
    pub(crate) readers: RwLock<()>,
    /// Where the reserved part begins, and whether to go on.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The last segment that was zeroed; when sled has begun to use it, there is need for more.
    last: Option<u64>,
    given_up: bool,
}

impl Reserve {
    pub(crate) fn new(file: File) -> Reserve {
        Reserve { file, readers: RwLock::new(()), state: Mutex::new(State { last: None, given_up: false }) }
    }

    /// Writes ahead if less than a segment is left. Called by the committer, between commits. Failing costs only speed: the commit
    /// that needs the room says so itself.
    pub(crate) fn extend(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(_alone) = self.readers.try_write() else { return };
        if state.given_up {
            return;
        }
        match self.needed(state.last) {
            Ok(None) => {}
            Ok(Some(from)) => match self.write_zeros(from) {
                Ok(last) => state.last = Some(last),
                Err(error) => {
                    tracing::info!(%error, "no room is reserved for the registry store's log");
                    state.given_up = true;
                }
            },
            Err(_) => state.given_up = true,
        }
    }

    /// Where to go on, if more room is needed.
    fn needed(&self, last: Option<u64>) -> io::Result<Option<u64>> {
        let mut byte = [0; 32];
        if let Some(last) = last
            && self.file.read_exact_at(&mut byte, last).is_ok()
            && byte.iter().all(|byte| *byte == 0)
        {
            return Ok(None);
        }
        Ok(Some(self.file.metadata()?.len()))
    }

    fn write_zeros(&self, from: u64) -> io::Result<u64> {
        let segment = SEGMENT_BYTES as u64;
        let end = (from.div_ceil(segment) + AHEAD) * segment;
        let zeros = vec![0; 256 * 1024];
        let mut at = from;
        while at < end {
            let length = usize::try_from(end - at).map_or(zeros.len(), |left| left.min(zeros.len()));
            self.file.write_all_at(zeros.get(..length).unwrap_or_default(), at)?;
            at += length as u64;
        }
        self.file.sync_all()?;
        Ok(end - segment)
    }
}
