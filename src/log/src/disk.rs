//! The few file operations a log needs, as a trait, so that tests can lose what was not synced.

use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

/// An open file. All reads and writes are positional, so handles can be shared.
pub trait DiskFile: Send + Sync + Debug {
    /// Length in bytes.
    ///
    /// # Errors
    /// Those of the operating system, here and below.
    fn size(&self) -> io::Result<u64>;
    /// Reads at most `buffer.len()` bytes at `position`; 0 at the end of the file.
    ///
    /// # Errors
    /// As above.
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize>;
    /// Writes both parts, one after the other, at `position`.
    ///
    /// # Errors
    /// As above; part of the bytes may have been written.
    fn write_all_at(&self, head: &[u8], tail: &[u8], position: u64) -> io::Result<()>;
    /// Cuts or extends the file.
    ///
    /// # Errors
    /// As above.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Makes content and length survive a power cut (`fdatasync`).
    ///
    /// # Errors
    /// As above; after a failure nothing is known about what was kept.
    fn sync(&self) -> io::Result<()>;
    /// Time of the last change in Unix milliseconds, 0 if not known.
    fn modified_ms(&self) -> i64;
}

/// A file system.
pub trait Disk: Send + Sync + Debug {
    /// Creates the directory and its parents if missing, durably.
    ///
    /// # Errors
    /// Those of the operating system, here and below.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;
    /// Names of the files in it; names that are not UTF-8 are left out.
    ///
    /// # Errors
    /// As above.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Opens an existing file for reading and writing.
    ///
    /// # Errors
    /// As above.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// Creates a file, or empties the one that is there.
    ///
    /// # Errors
    /// As above.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// Renames within a directory, replacing the target.
    ///
    /// # Errors
    /// As above.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    ///
    /// # Errors
    /// As above.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Removes an empty directory.
    ///
    /// # Errors
    /// As above.
    fn remove_dir(&self, dir: &Path) -> io::Result<()>;
    /// Makes creations, renames and removals in the directory survive a power cut.
    ///
    /// # Errors
    /// As above.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
}

/// The operating system's files.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl DiskFile for File {
    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        loop {
            match FileExt::read_at(self, buffer, position) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    fn write_all_at(&self, mut head: &[u8], mut tail: &[u8], mut position: u64) -> io::Result<()> {
        while !head.is_empty() {
            let slices = [IoSlice::new(head), IoSlice::new(tail)];
            match rustix::io::pwritev(self, &slices, position) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => {
                    position += n as u64;
                    let of_head = n.min(head.len());
                    head = &head[of_head..];
                    tail = tail.get(n - of_head..).unwrap_or_default();
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
        }
        FileExt::write_all_at(self, tail, position)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        File::set_len(self, len)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn modified_ms(&self) -> i64 {
        let modified = self.metadata().and_then(|m| m.modified()).ok();
        let since = modified.and_then(|m| m.duration_since(UNIX_EPOCH).ok());
        since.and_then(|d| i64::try_from(d.as_millis()).ok()).unwrap_or(0)
    }
}

impl Disk for RealDisk {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        if dir.is_dir() {
            return Ok(());
        }
        let parent = dir.parent().filter(|p| !p.as_os_str().is_empty());
        if let Some(parent) = parent {
            self.create_dir(parent)?;
        }
        match std::fs::create_dir(dir) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
            _ => {}
        }
        self.sync_dir(parent.unwrap_or(Path::new(".")))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(dir)? {
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(OpenOptions::new().read(true).write(true).open(path)?))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
        Ok(Arc::new(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        std::fs::remove_dir(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }
}

/// Reads until the buffer is full or the file ends; how much came.
pub(crate) fn read_full(file: &dyn DiskFile, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, position + filled as u64)? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}

/// Replaces a small file in one step: written beside, synced if asked, renamed. The directory is not synced here.
pub(crate) fn replace(disk: &dyn Disk, path: &Path, content: &[u8], durable: Durable) -> io::Result<()> {
    let beside = path.with_extension(match path.extension().and_then(|e| e.to_str()) {
        Some(extension) => format!("{extension}{}", crate::names::TEMPORARY),
        None => crate::names::TEMPORARY.trim_start_matches('.').to_owned(),
    });
    let file = disk.create(&beside)?;
    file.write_all_at(content, &[], 0)?;
    if durable == Durable::Yes {
        file.sync()?;
    }
    disk.rename(&beside, path)
}

/// Whether a write is to be made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durable {
    Yes,
    No,
}
