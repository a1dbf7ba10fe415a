//! The witness: a small file that says what has been acknowledged, written after each commit.
//!
//! sled takes a damaged log for one that was cut off by a crash and goes on without the rest. The witness tells the two apart. It
//! is not synced with each commit: a `kill -9` leaves it as written, and after a power cut it may lag behind but is never ahead.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use assay_registry::Revision;

const NAME: &str = "acknowledged";
const MAGIC: &[u8; 8] = b"assayack";
const BYTES: usize = 36;

/// What has been acknowledged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Acknowledged {
    /// The newest revision that is durable.
    pub(crate) head: Revision,
    /// How many entries the store then held, tombstones counted.
    pub(crate) entries: u64,
    /// The sum of their [`mark`]s: it tells an older copy of an entry from the newest.
    pub(crate) digest: u64,
}

/// Stands for one revision of one key.
pub(crate) fn mark(base: &[u8], revision: Revision) -> u64 {
    let key = u64::from(crc32c::crc32c(base)) << 32 | u64::from(crc32c::crc32c_append(!0, base));
    // The finalizer of splitmix64.
    let mut mixed = key ^ revision.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The open file.
#[derive(Debug)]
pub(crate) struct Witness {
    file: File,
    warned: bool,
}

impl Witness {
    /// Opens or creates the file, locks it, and tells what it holds; `None` when it is new or cannot be read.
    pub(crate) fn open(dir: &Path) -> io::Result<(Witness, Option<Acknowledged>)> {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(dir.join(NAME))?;
        file.try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => io::Error::other("it is in use by another process"),
            std::fs::TryLockError::Error(error) => error,
        })?;
        let mut bytes = [0; BYTES];
        let known = match file.read_exact_at(&mut bytes, 0) {
            Ok(()) => parse(&bytes),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
            Err(error) => return Err(error),
        };
        Ok((Witness { file, warned: false }, known))
    }

    /// Notes what has just become durable. A failure costs only the ability to notice damage, so it is logged, once.
    pub(crate) fn note(&mut self, acknowledged: Acknowledged) {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&acknowledged.head.0.to_be_bytes());
        bytes.extend_from_slice(&acknowledged.entries.to_be_bytes());
        bytes.extend_from_slice(&acknowledged.digest.to_be_bytes());
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_be_bytes());
        if let Err(error) = self.file.write_all_at(&bytes, 0)
            && !std::mem::replace(&mut self.warned, true)
        {
            tracing::warn!(%error, file = NAME, "cannot note what is acknowledged; damage to the store may go unnoticed");
        }
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

fn parse(bytes: &[u8; BYTES]) -> Option<Acknowledged> {
    let (content, crc) = bytes.split_at_checked(BYTES - 4)?;
    let long = |at: usize| Some(u64::from_be_bytes(content.get(at..at + 8)?.try_into().ok()?));
    if crc32c::crc32c(content).to_be_bytes() != *crc || !content.starts_with(MAGIC) {
        return None;
    }
    Some(Acknowledged { head: Revision(long(8)?), entries: long(16)?, digest: long(24)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_read_and_damage_reads_as_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (mut witness, known) = Witness::open(dir.path()).unwrap();
        assert_eq!(known, None);
        assert!(Witness::open(dir.path()).is_err(), "it is locked");
        let noted = Acknowledged { head: Revision(7), entries: 5, digest: 3 };
        witness.note(noted);
        drop(witness);
        for at in 0..BYTES as u64 {
            let (mut witness, known) = Witness::open(dir.path()).unwrap();
            assert_eq!(known, Some(noted));
            witness.file.write_all_at(b"~", at).unwrap();
            drop(witness);
            (witness, _) = Witness::open(dir.path()).unwrap();
            witness.note(noted);
            witness.file.write_all_at(b"~", at).unwrap();
            drop(witness);
            let (mut witness, known) = Witness::open(dir.path()).unwrap();
            assert_eq!(known, None, "byte {at}");
            witness.note(noted);
        }
    }
}
