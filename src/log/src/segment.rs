//! One `.log` file with its indexes: what of it is written, synced, sealed, and where offsets and times stand in it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use assay_record::BatchHeader;

use crate::disk::{Disk, DiskFile, Durable, replace};
use crate::error::{Doing, LogError};
use crate::index::{self, Entry, OffsetEntry, TimeEntry};
use crate::names;
use crate::shared::{read, write};

/// A segment. The writer appends to the last one only; everybody else reads.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) base_offset: i64,
    pub(crate) dir: PathBuf,
    pub(crate) file: Arc<dyn DiskFile>,
    /// Bytes written, always whole batches. Stored after the bytes and their index entry.
    size: AtomicU64,
    /// Bytes known to survive a power cut.
    synced: AtomicU64,
    /// The index files on disk are not empty although the segment may still grow: left by a clean close.
    stale_index: AtomicBool,
    state: RwLock<State>,
}

/// What the writer keeps about a segment.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) index: Index,
    /// Largest timestamp, Unix milliseconds; -1 when no batch has one.
    pub(crate) max_timestamp: i64,
    /// Last offset of the first batch that has it, relative to the base offset.
    pub(crate) max_timestamp_offset: i32,
    /// `max_timestamp` of the first batch: what `segment.ms` is measured from.
    pub(crate) first_timestamp: Option<i64>,
    /// Bytes since the last index entry.
    since_entry: u64,
}

/// Where the index entries are.
#[derive(Debug, Clone)]
pub(crate) enum Index {
    /// Not in files yet.
    Memory { offsets: Vec<OffsetEntry>, times: Vec<TimeEntry> },
    /// In files with this many entries.
    Files { offsets: u64, times: u64 },
}

impl State {
    pub(crate) fn empty() -> State {
        State {
            index: Index::Memory { offsets: Vec::new(), times: Vec::new() },
            max_timestamp: -1,
            max_timestamp_offset: 0,
            first_timestamp: None,
            since_entry: 0,
        }
    }

    /// Notes a batch at `position`. As `kafka.log.LogSegment.append`: an entry for this batch if more than the interval
    /// was written since the last.
    pub(crate) fn note(&mut self, header: &BatchHeader, base_offset: i64, position: u64, interval: u32) {
        let last = relative(header.last_offset(), base_offset);
        if header.max_timestamp > self.max_timestamp {
            self.max_timestamp = header.max_timestamp;
            self.max_timestamp_offset = last;
        }
        self.first_timestamp.get_or_insert(header.max_timestamp);
        if self.since_entry > u64::from(interval) {
            if let (Index::Memory { offsets, .. }, Ok(position)) = (&mut self.index, i32::try_from(position))
            {
                offsets.push(OffsetEntry { relative_offset: last, position });
            }
            self.note_time();
            self.since_entry = 0;
        }
        self.since_entry += header.size_in_bytes() as u64;
    }

    /// Adds the largest timestamp so far to the time index, if it is above the last one there.
    pub(crate) fn note_time(&mut self) {
        if let Index::Memory { times, .. } = &mut self.index {
            let last = times.last().map_or(-1, |e| e.timestamp);
            if self.max_timestamp > last {
                let relative_offset = self.max_timestamp_offset;
                times.push(TimeEntry { timestamp: self.max_timestamp, relative_offset });
            }
        }
    }

    pub(crate) fn entries(&self) -> usize {
        match &self.index {
            Index::Memory { offsets, times } => offsets.len().max(times.len()),
            Index::Files { offsets, times } => usize::try_from(*offsets.max(times)).unwrap_or(usize::MAX),
        }
    }

    pub(crate) fn set_since_entry(&mut self, bytes: u64) {
        self.since_entry = bytes;
    }
}

/// `offset - base`, which the writer keeps within 31 bits.
pub(crate) fn relative(offset: i64, base: i64) -> i32 {
    i32::try_from(offset.saturating_sub(base)).unwrap_or(i32::MAX)
}

impl Segment {
    pub(crate) fn new(
        dir: &Path,
        base_offset: i64,
        file: Arc<dyn DiskFile>,
        size: u64,
        state: State,
    ) -> Segment {
        Segment {
            base_offset,
            dir: dir.to_owned(),
            file,
            size: AtomicU64::new(size),
            synced: AtomicU64::new(0),
            stale_index: AtomicBool::new(false),
            state: RwLock::new(state),
        }
    }

    /// Creates the three files of an empty segment. The caller has the directory synced.
    pub(crate) fn create(disk: &dyn Disk, dir: &Path, base_offset: i64) -> Result<Segment, LogError> {
        for extension in [names::OFFSET_INDEX, names::TIME_INDEX] {
            let path = names::file(dir, base_offset, extension);
            disk.create(&path).doing("create", path)?;
        }
        let path = names::file(dir, base_offset, names::LOG);
        let file = disk.create(&path).doing("create", path)?;
        Ok(Segment::new(dir, base_offset, file, 0, State::empty()))
    }

    pub(crate) fn path(&self, extension: &str) -> PathBuf {
        names::file(&self.dir, self.base_offset, extension)
    }

    pub(crate) fn size(&self) -> u64 {
        self.size.load(Ordering::Acquire)
    }

    pub(crate) fn mark_synced(&self, bytes: u64) {
        self.synced.fetch_max(bytes, Ordering::AcqRel);
    }

    pub(crate) fn mark_stale_index(&self) {
        self.stale_index.store(true, Ordering::Release);
    }

    pub(crate) fn state(&self) -> std::sync::RwLockReadGuard<'_, State> {
        read(&self.state)
    }

    pub(crate) fn is_sealed(&self) -> bool {
        matches!(self.state().index, Index::Files { .. })
    }

    /// Takes a batch that has just been written at the end.
    pub(crate) fn grown(&self, header: &BatchHeader, position: u64, interval: u32) {
        write(&self.state).note(header, self.base_offset, position, interval);
        self.size.store(position + header.size_in_bytes() as u64, Ordering::Release);
    }

    /// fdatasync, if something was written since the last one.
    pub(crate) fn sync(&self) -> Result<(), LogError> {
        let size = self.size();
        if size > self.synced.load(Ordering::Acquire) {
            self.file.sync().doing("fsync", self.path(names::LOG))?;
            self.mark_synced(size);
        }
        Ok(())
    }

    /// Empties index files that a clean close left beside a segment that has grown since. Must be durable before the next
    /// segment exists: entries beside a segment that is not the last mean "sealed".
    pub(crate) fn drop_stale_index(&self, disk: &dyn Disk) -> Result<(), LogError> {
        if !self.stale_index.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        for extension in [names::TIME_INDEX, names::OFFSET_INDEX] {
            let path = self.path(extension);
            let file = disk.create(&path).doing("create", path.clone())?;
            file.sync().doing("fsync", path)?;
        }
        Ok(())
    }

    /// Writes the index files of a synced segment. With `After::Forget` the segment is sealed: entries leave memory.
    /// The caller syncs the directory.
    pub(crate) fn write_index(&self, disk: &dyn Disk, after: After) -> Result<(), LogError> {
        let (offsets, times, counts) = {
            let mut state = write(&self.state);
            state.note_time();
            match &state.index {
                Index::Files { .. } => return Ok(()),
                Index::Memory { offsets, times } => {
                    (index::encode(offsets), index::encode(times), (offsets.len() as u64, times.len() as u64))
                }
            }
        };
        for (extension, content) in [(names::OFFSET_INDEX, offsets), (names::TIME_INDEX, times)] {
            let path = self.path(extension);
            replace(disk, &path, &content, Durable::Yes).doing("write", path)?;
        }
        if after == After::Forget {
            write(&self.state).index = Index::Files { offsets: counts.0, times: counts.1 };
        }
        Ok(())
    }

    /// A position at or before the batch that holds `offset`, from the offset index.
    pub(crate) fn position_before(&self, disk: &dyn Disk, offset: i64) -> u64 {
        let target = relative(offset, self.base_offset);
        let found = self.lookup(disk, names::OFFSET_INDEX, |e: &OffsetEntry| e.relative_offset <= target);
        let position = found.and_then(|e| u64::try_from(e.position).ok()).unwrap_or(0);
        if position < self.size() { position } else { 0 }
    }

    /// The offset of the last time index entry not after `timestamp`: no batch before it reaches the timestamp.
    pub(crate) fn offset_before_time(&self, disk: &dyn Disk, timestamp: i64) -> i64 {
        let found = self.lookup(disk, names::TIME_INDEX, |e: &TimeEntry| e.timestamp <= timestamp);
        self.base_offset.saturating_add(found.map_or(0, |e| i64::from(e.relative_offset)))
    }

    /// An index that cannot be read is no reason to fail: the walk then starts at the front.
    fn lookup<E: Entry + Stored>(
        &self,
        disk: &dyn Disk,
        extension: &str,
        fits: impl Fn(&E) -> bool,
    ) -> Option<E> {
        let entries = {
            let state = self.state();
            match &state.index {
                Index::Memory { offsets, times } => return E::in_memory(offsets, times, fits),
                Index::Files { offsets, times } => E::count(*offsets, *times),
            }
        };
        let from_file = || -> io::Result<Option<E>> {
            index::last_where(&*disk.open(&self.path(extension))?, entries, fits)
        };
        from_file().unwrap_or(None)
    }
}

/// Whether entries stay in memory after the index files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    Forget,
    Keep,
}

/// Which of the two lists an entry type is kept in.
trait Stored: Sized {
    fn in_memory(o: &[OffsetEntry], t: &[TimeEntry], fits: impl Fn(&Self) -> bool) -> Option<Self>;
    fn count(offsets: u64, times: u64) -> u64;
}

impl Stored for OffsetEntry {
    fn in_memory(o: &[OffsetEntry], _: &[TimeEntry], fits: impl Fn(&Self) -> bool) -> Option<Self> {
        index::last_in(o, fits)
    }

    fn count(offsets: u64, _: u64) -> u64 {
        offsets
    }
}

impl Stored for TimeEntry {
    fn in_memory(_: &[OffsetEntry], t: &[TimeEntry], fits: impl Fn(&Self) -> bool) -> Option<Self> {
        index::last_in(t, fits)
    }

    fn count(_: u64, times: u64) -> u64 {
        times
    }
}
