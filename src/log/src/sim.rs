//! A disk in memory that can lose power: for crash tests and fuzzing, here and in other crates' tests.
//!
//! Synced content and synced directory entries survive [`SimDisk::power_cut`]. Of what was not synced, any prefix of the
//! directory changes survives, and of each file's unsynced bytes an arbitrary part (blocks lost read as zeros, the length
//! may or may not have grown). [`SimDisk::fail_from`] makes every operation from the n-th on fail, as a dying disk does.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{Disk, DiskFile};

const BLOCK_BYTES: usize = 64;

#[derive(Debug, Clone, Default)]
struct Inode {
    now: Vec<u8>,
    synced: Vec<u8>,
}

#[derive(Debug, Clone)]
enum Change {
    Link(PathBuf, usize),
    Unlink(PathBuf),
}

#[derive(Debug, Clone, Default)]
struct State {
    inodes: Vec<Inode>,
    names: BTreeMap<PathBuf, usize>,
    synced_names: BTreeMap<PathBuf, usize>,
    /// Directory changes since the last sync of the directory, in order.
    pending: Vec<Change>,
    operations: u64,
    fail_from: Option<u64>,
}

/// The disk; clones share it.
#[derive(Debug, Clone, Default)]
pub struct SimDisk(Arc<Mutex<State>>);

#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    inode: usize,
}

fn apply(names: &mut BTreeMap<PathBuf, usize>, change: &Change) {
    match change {
        Change::Link(path, inode) => names.insert(path.clone(), *inode),
        Change::Unlink(path) => names.remove(path),
    };
}

fn missing(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, path.display().to_string())
}

impl State {
    fn change(&mut self, change: Change) {
        apply(&mut self.names, &change);
        self.pending.push(change);
    }
}

impl SimDisk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a changing operation; fails it if its time has come.
    fn operate(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        state.operations += 1;
        match state.fail_from {
            Some(n) if state.operations > n => Err(io::Error::other("simulated failure")),
            _ => Ok(state),
        }
    }

    /// How many changing operations (writes, syncs, directory changes) were asked for so far.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Lets `n` more changing operations succeed, then none.
    pub fn fail_from(&self, n: u64) {
        let mut state = self.state();
        state.fail_from = Some(state.operations + n);
    }

    /// The disk after the process was killed: everything written is there.
    #[must_use]
    pub fn killed(&self) -> SimDisk {
        let mut state = self.state().clone();
        state.fail_from = None;
        SimDisk(Arc::new(Mutex::new(state)))
    }

    /// The disk after a power cut. `choose(n)` picks below `n` (at least 1) what survives of the unsynced.
    #[must_use]
    pub fn power_cut(&self, mut choose: impl FnMut(usize) -> usize) -> SimDisk {
        let state = self.state();
        let mut names = state.synced_names.clone();
        for change in state.pending.iter().take(choose(state.pending.len() + 1)) {
            apply(&mut names, change);
        }
        let inodes = state.inodes.iter().map(|inode| torn(inode, &mut choose)).collect();
        let synced_names = names.clone();
        SimDisk(Arc::new(Mutex::new(State { inodes, names, synced_names, ..State::default() })))
    }

    /// The content of a file, if it is there.
    pub fn content(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        let inode = state.names.get(path)?;
        state.inodes.get(*inode).map(|i| i.now.clone())
    }

    /// Puts a file there, durably.
    pub fn put(&self, path: &Path, content: &[u8]) {
        let mut state = self.state();
        state.inodes.push(Inode { now: content.to_vec(), synced: content.to_vec() });
        let inode = state.inodes.len() - 1;
        state.names.insert(path.to_owned(), inode);
        state.synced_names.insert(path.to_owned(), inode);
    }

    /// Paths of all files.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.state().names.keys().cloned().collect()
    }

    fn file(&self, inode: usize) -> Arc<dyn DiskFile> {
        Arc::new(SimFile { disk: self.clone(), inode })
    }
}

fn torn(inode: &Inode, choose: &mut impl FnMut(usize) -> usize) -> Inode {
    let (now, synced) = (&inode.now, &inode.synced);
    let len = match choose(3) {
        0 => synced.len(),
        1 => now.len(),
        _ => {
            let (low, high) = (synced.len().min(now.len()), synced.len().max(now.len()));
            low + choose(high - low + 1)
        }
    };
    let mut content = vec![0; len];
    for (number, block) in content.chunks_mut(BLOCK_BYTES).enumerate() {
        let at = number * BLOCK_BYTES;
        let source = if choose(2) == 0 { synced } else { now };
        for (i, byte) in block.iter_mut().enumerate() {
            *byte = source.get(at + i).copied().unwrap_or(0);
        }
    }
    Inode { now: content.clone(), synced: content }
}

impl DiskFile for SimFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.disk.state().inodes.get(self.inode).map_or(0, |i| i.now.len() as u64))
    }

    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        let state = self.disk.state();
        let start = usize::try_from(position).unwrap_or(usize::MAX);
        let content = state.inodes.get(self.inode).and_then(|i| i.now.get(start..)).unwrap_or_default();
        let n = content.len().min(buffer.len());
        buffer[..n].copy_from_slice(&content[..n]);
        Ok(n)
    }

    fn write_all_at(&self, head: &[u8], tail: &[u8], position: u64) -> io::Result<()> {
        let mut state = self.disk.operate()?;
        let start = usize::try_from(position).map_err(io::Error::other)?;
        let end = start + head.len() + tail.len();
        if let Some(inode) = state.inodes.get_mut(self.inode) {
            if inode.now.len() < end {
                inode.now.resize(end, 0);
            }
            inode.now[start..start + head.len()].copy_from_slice(head);
            inode.now[start + head.len()..end].copy_from_slice(tail);
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.disk.operate()?;
        if let Some(inode) = state.inodes.get_mut(self.inode) {
            inode.now.resize(usize::try_from(len).map_err(io::Error::other)?, 0);
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.operate()?;
        if let Some(inode) = state.inodes.get_mut(self.inode) {
            inode.synced.clone_from(&inode.now);
        }
        Ok(())
    }

    fn modified_ms(&self) -> i64 {
        0
    }
}

impl Disk for SimDisk {
    fn create_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        let inside = state.names.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside.filter_map(|path| path.file_name()?.to_str().map(str::to_owned)).collect())
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let inode = self.state().names.get(path).copied();
        inode.map(|inode| self.file(inode)).ok_or_else(|| missing(path))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.operate()?;
        let inode = match state.names.get(path).copied() {
            Some(inode) => inode,
            None => {
                state.inodes.push(Inode::default());
                let inode = state.inodes.len() - 1;
                state.change(Change::Link(path.to_owned(), inode));
                inode
            }
        };
        if let Some(there) = state.inodes.get_mut(inode) {
            there.now.clear();
        }
        drop(state);
        Ok(self.file(inode))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.operate()?;
        let inode = state.names.get(from).copied().ok_or_else(|| missing(from))?;
        // Atomic: one change for both ends would be two entries here, so the link comes first.
        state.change(Change::Link(to.to_owned(), inode));
        state.change(Change::Unlink(from.to_owned()));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.operate()?;
        if !state.names.contains_key(path) {
            return Err(missing(path));
        }
        state.change(Change::Unlink(path.to_owned()));
        Ok(())
    }

    fn remove_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        let mut state = self.operate()?;
        state.synced_names = state.names.clone();
        state.pending.clear();
        Ok(())
    }
}
