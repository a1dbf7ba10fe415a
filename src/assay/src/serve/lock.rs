//! One process per data directory: `assay.lock`, held for the life of the process and released by the system when it dies.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::error::Fatal;

/// The lock file's name inside the data directory.
const NAME: &str = "assay.lock";

/// Holds the directory; dropping it lets go.
#[derive(Debug)]
pub(crate) struct DirLock {
    _file: File,
}

/// Creates the directory if needed, proves it writable, and locks it.
///
/// # Errors
/// `Locked` with the holder's pid, or `DataDir` with what the system said.
pub(crate) fn acquire(dir: &Path) -> Result<DirLock, Fatal> {
    let failed = |source| Fatal::DataDir { path: dir.to_path_buf(), source };
    std::fs::create_dir_all(dir).map_err(failed)?;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(dir.join(NAME))
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => {
            let mut text = String::new();
            let pid = (&file).take(32).read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
            return Err(Fatal::Locked { path: dir.to_path_buf(), pid });
        }
        Err(std::fs::TryLockError::Error(source)) => return Err(failed(source)),
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(failed)?;
    Ok(DirLock { _file: file })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_holder_is_told_who_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let held = acquire(dir.path()).unwrap();
        let error = acquire(dir.path()).unwrap_err().to_string();
        assert!(error.contains(&format!("pid {}", std::process::id())), "{error}");
        drop(held);
        acquire(dir.path()).unwrap();
    }
}
