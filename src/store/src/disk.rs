//! What the committer asks of the disk besides sled: the place where tests inject failures.

use std::fs::File;
use std::io;
use std::path::PathBuf;

/// Left behind when a write or sync has failed. What was being written may be in the system's cache and not on the disk, and be lost
/// with the next power cut, so the next start writes everything anew before it serves.
pub(crate) const FAILED: &str = "failed";

/// The committer's view of the disk.
pub trait Disk: Send {
    /// Before sled is asked to write to the file.
    ///
    /// # Errors
    /// Fails the commit.
    fn before_flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Makes durable what sled has written.
    ///
    /// # Errors
    /// Fails the commit, and all later ones: a failed sync is never retried.
    fn sync(&mut self) -> io::Result<()>;

    /// Notes that a commit has failed.
    fn gave_up(&mut self, _reason: &str) {}
}

/// The real one.
#[derive(Debug)]
pub(crate) struct RealDisk {
    pub(crate) dir: PathBuf,
    pub(crate) data: File,
}

impl Disk for RealDisk {
    fn sync(&mut self) -> io::Result<()> {
        self.data.sync_data()
    }

    fn gave_up(&mut self, reason: &str) {
        if let Err(error) = std::fs::write(self.dir.join(FAILED), format!("{reason}\n")) {
            tracing::warn!(%error, "cannot note the failure in the data directory");
        }
    }
}
