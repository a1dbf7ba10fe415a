//! Opening a log: which files belong to it, what a crash may have left, and the repair.
//!
//! A crash can leave: a torn or missing tail of any segment not yet sealed; an empty new segment; temporary files; index
//! files without a log. A failing disk can leave anything. Nothing here trusts a number it reads.
//!
//! A segment is trusted without reading it whole if the shutdown was clean, or if it is not the last one and has valid index
//! files with entries: those are written only after its `.log` was synced (`index.rs`). All others are walked with CRCs.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::checkpoint::{FILE_BYTES_MAX, LeaderEpochs, parse_log_start};
use crate::config::LogConfig;
use crate::disk::{Disk, DiskFile, read_full};
use crate::error::{Doing, LogError};
use crate::index::{self, Entry, OffsetEntry, TimeEntry};
use crate::names;
use crate::scan::{Check, SCAN_CHUNK_BYTES, SEEK_CHUNK_BYTES, Stop, Walk};
use crate::segment::{Index, Segment, State};
use crate::shared::Shared;

/// What opening a log found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecoveryReport {
    /// Bytes read and checked because nothing proved them good.
    pub scanned_bytes: u64,
    /// Bytes cut off or removed, all losses together.
    pub truncated_bytes: u64,
    /// Each place where something was cut, in offset order.
    pub losses: Vec<Loss>,
}

impl RecoveryReport {
    /// Nothing was lost.
    pub fn is_whole(&self) -> bool {
        self.losses.is_empty()
    }
}

/// One cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Base offset of the segment.
    pub segment: i64,
    /// Bytes of it that were kept.
    pub position: u64,
    /// Bytes of it that are gone.
    pub bytes: u64,
    /// First offset that may be gone.
    pub offset: i64,
    /// What was found there.
    pub reason: String,
}

/// Whether the last shutdown was clean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shutdown {
    Clean,
    Unclean,
}

struct Opening<'a> {
    disk: &'a dyn Disk,
    dir: &'a Path,
    config: &'a LogConfig,
    shutdown: Shutdown,
    report: RecoveryReport,
    epochs: LeaderEpochs,
}

/// A segment that has been looked at.
struct Opened {
    segment: Segment,
    /// The offset after its last batch.
    next_offset: i64,
}

pub(crate) fn open(
    disk: Arc<dyn Disk>,
    dir: &Path,
    config: &LogConfig,
    clean_shutdown: bool,
) -> Result<(Shared, RecoveryReport), LogError> {
    disk.create_dir(dir).doing("create", dir)?;
    let shutdown = if clean_shutdown { Shutdown::Clean } else { Shutdown::Unclean };
    let saved = read_text(&*disk, &dir.join(names::LEADER_EPOCHS)).and_then(|t| LeaderEpochs::parse(&t));
    let epochs_known = saved.is_some();
    let (epochs, report) = (saved.unwrap_or_default(), RecoveryReport::default());
    let mut opening = Opening { disk: &*disk, dir, config, shutdown, report, epochs };
    let bases = opening.tidy()?;
    let (mut segments, next_offset) = opening.segments(&bases)?;
    let saved_start =
        read_text(&*disk, &dir.join(names::LOG_START)).and_then(|t| parse_log_start(&t)).unwrap_or(0);
    if segments.is_empty() {
        segments.push(Segment::create(&*disk, dir, saved_start)?);
        disk.sync_dir(dir).doing("fsync directory", dir)?;
    }
    let first = segments.first().map_or(0, |s| s.base_offset);
    let log_end = next_offset.max(first);
    let log_start = saved_start.clamp(first, log_end);
    let Opening { mut epochs, report, .. } = opening;
    let read = epochs.clone();
    epochs.cut_at(log_end);
    let epochs_right = epochs_known && epochs == read && epochs.latest().is_some();
    let segments: Vec<Arc<Segment>> = segments.into_iter().map(Arc::new).collect();
    let shared = Shared::new(disk.clone(), dir.to_owned(), segments, (log_start, log_end), epochs);
    if !epochs_right && log_end > log_start {
        rebuild_epochs(&shared);
    }
    if !report.is_whole() {
        log_losses(dir, &report);
    }
    Ok((shared, report))
}

fn log_losses(dir: &Path, report: &RecoveryReport) {
    for loss in &report.losses {
        tracing::warn!(
            dir = %dir.display(), segment = loss.segment, offset = loss.offset, bytes = loss.bytes,
            reason = %loss.reason, "log cut at recovery"
        );
    }
}

/// The epochs file is a cache of what the batches say.
fn rebuild_epochs(shared: &Shared) {
    let shared_start = shared.log_start.load(Ordering::Acquire);
    let mut epochs = LeaderEpochs::default();
    let segments = shared.segments();
    for segment in segments.iter() {
        let span = (0, segment.size());
        let mut walk = Walk::new(&*segment.file, span, segment.base_offset, Check::Header, SEEK_CHUNK_BYTES);
        while let Ok(Some(found)) = walk.step() {
            epochs.observe(found.header.partition_leader_epoch, found.header.base_offset);
        }
    }
    epochs.begin_at(shared_start);
    *crate::shared::write(&shared.epochs) = epochs;
}

fn read_text(disk: &dyn Disk, path: &Path) -> Option<String> {
    let file = disk.open(path).ok()?;
    let len = file.size().ok().filter(|len| *len <= FILE_BYTES_MAX)?;
    let mut bytes = vec![0; len as usize];
    let got = read_full(&*file, &mut bytes, 0).ok()?;
    bytes.truncate(got);
    String::from_utf8(bytes).ok()
}

impl Opening<'_> {
    /// Removes temporary files and index files without a log; returns base offsets, ascending.
    fn tidy(&mut self) -> Result<Vec<i64>, LogError> {
        let listed = self.disk.list(self.dir).doing("list", self.dir)?;
        let mut bases: Vec<i64> = listed.iter().filter_map(|n| names::base_offset(n, names::LOG)).collect();
        bases.sort_unstable();
        let orphan = |name: &str| {
            let indexed = [names::OFFSET_INDEX, names::TIME_INDEX];
            let base = indexed.iter().find_map(|extension| names::base_offset(name, extension));
            base.is_some_and(|base| bases.binary_search(&base).is_err())
        };
        for name in listed.iter().filter(|n| n.ends_with(names::TEMPORARY) || orphan(n)) {
            let path = self.dir.join(name);
            self.disk.remove(&path).doing("remove", path)?;
        }
        Ok(bases)
    }

    /// Opens all segments, in order; repairs, and drops what follows a tear that a crash explains.
    fn segments(&mut self, bases: &[i64]) -> Result<(Vec<Segment>, i64), LogError> {
        let mut kept: Vec<Segment> = Vec::new();
        let mut due = bases.first().copied().unwrap_or(0);
        for (i, &base) in bases.iter().enumerate() {
            let next_base = bases.get(i + 1).copied();
            if base < due {
                let reason = format!("segment begins at {base}, inside the one before, which ends at {due}");
                self.drop_segment(base, reason)?;
                continue;
            }
            if self.shutdown == Shutdown::Unclean && base > due && !self.proven(base, next_base) {
                // Its predecessor lost its tail; a flush covers segments in order, so nothing here was ever flushed.
                self.drop_segment(base, format!("offsets {due} to {base} are missing before it"))?;
                continue;
            }
            let opened = self.segment(base, next_base)?;
            due = opened.next_offset.max(base);
            kept.push(opened.segment);
        }
        for segment in kept.iter().rev().skip(1).filter(|s| !s.is_sealed()) {
            // Scanned, not last: synced and sealed now, so that it is not scanned again.
            segment.file.sync().doing("fsync", segment.path(names::LOG))?;
            segment.mark_synced(segment.size());
            segment.write_index(self.disk, crate::segment::After::Forget)?;
        }
        if let Some(last) = kept.last() {
            if !self.report.is_whole() || self.shutdown == Shutdown::Unclean {
                last.file.sync().doing("fsync", last.path(names::LOG))?;
            }
            last.mark_synced(last.size());
            last.mark_stale_index();
        }
        if !bases.is_empty() && (self.shutdown == Shutdown::Unclean || !self.report.is_whole()) {
            self.disk.sync_dir(self.dir).doing("fsync directory", self.dir)?;
        }
        Ok((kept, due))
    }

    fn drop_segment(&mut self, base: i64, reason: String) -> Result<(), LogError> {
        let path = names::file(self.dir, base, names::LOG);
        let bytes = self.disk.open(&path).and_then(|f| f.size()).unwrap_or(0);
        for extension in [names::LOG, names::OFFSET_INDEX, names::TIME_INDEX] {
            let path = names::file(self.dir, base, extension);
            match self.disk.remove(&path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e).doing("remove", path),
                _ => {}
            }
        }
        if bytes > 0 {
            self.lost(Loss { segment: base, position: 0, bytes, offset: base, reason });
        }
        Ok(())
    }

    fn lost(&mut self, loss: Loss) {
        self.report.truncated_bytes += loss.bytes;
        self.report.losses.push(loss);
    }

    /// Sealed, by its index files: its log was synced before they were written.
    fn proven(&self, base: i64, next_base: Option<i64>) -> bool {
        let Some(next_base) = next_base else { return false };
        let path = names::file(self.dir, base, names::LOG);
        let Ok(size) = self.disk.open(&path).and_then(|f| f.size()) else { return false };
        matches!(self.sealed_index(base, next_base, size), Ok(Some(sealed)) if sealed.times > 0)
    }

    fn segment(&mut self, base: i64, next_base: Option<i64>) -> Result<Opened, LogError> {
        let path = names::file(self.dir, base, names::LOG);
        let file = self.disk.open(&path).doing("open", path.clone())?;
        let size = file.size().doing("look at", path.clone())?;
        let clean = self.shutdown == Shutdown::Clean;
        if size <= i32::MAX as u64 {
            let trusted = match next_base {
                Some(next_base) => self.trust_sealed(base, next_base, &file, size, clean),
                None if clean => self.trust_last(base, &file, size),
                None => Ok(None),
            };
            if let Some(opened) = trusted.doing("read", path)? {
                return Ok(opened);
            }
        }
        self.scan(base, next_base, file, size)
    }

    /// Checks what can be checked of a closed segment without reading it.
    fn trust_sealed(
        &self,
        base: i64,
        next_base: i64,
        file: &Arc<dyn DiskFile>,
        size: u64,
        clean: bool,
    ) -> io::Result<Option<Opened>> {
        let Some(sealed) = self.sealed_index(base, next_base, size)? else { return Ok(None) };
        if (sealed.times == 0 && !clean) || size == 0 {
            return Ok(None);
        }
        let last = sealed.last_time;
        if last.is_none() && clean {
            return Ok(None); // no times: cheap to know only by reading
        }
        let mut state = State::empty();
        state.index = Index::Files { offsets: sealed.offsets, times: sealed.times };
        state.max_timestamp = last.map_or(-1, |e| e.timestamp);
        state.max_timestamp_offset = last.map_or(0, |e| e.relative_offset);
        let segment = Segment::new(self.dir, base, file.clone(), size, state);
        segment.mark_synced(size);
        Ok(Some(Opened { segment, next_offset: next_base }))
    }

    /// The sizes of a closed segment's index files, if their last entries fit it.
    fn sealed_index(&self, base: i64, next_base: i64, size: u64) -> io::Result<Option<Sealed>> {
        let fits = |relative: i32| relative >= 0 && base.saturating_add(i64::from(relative)) < next_base;
        let Some((offsets, last_offset)) = self.last_entry::<OffsetEntry>(base, names::OFFSET_INDEX)? else {
            return Ok(None);
        };
        let position_fits = |p: i32| u64::try_from(p).is_ok_and(|p| p < size);
        if last_offset.is_some_and(|e| !fits(e.relative_offset) || !position_fits(e.position)) {
            return Ok(None);
        }
        let Some((times, last_time)) = self.last_entry::<TimeEntry>(base, names::TIME_INDEX)? else {
            return Ok(None);
        };
        if last_time.is_some_and(|e| !fits(e.relative_offset) || e.timestamp < 0) {
            return Ok(None);
        }
        Ok(Some(Sealed { offsets, times, last_time }))
    }

    /// How many entries an index file has, and the last; `None` if it is missing or of an odd size.
    fn last_entry<E: Entry>(&self, base: i64, extension: &str) -> io::Result<Option<(u64, Option<E>)>> {
        let Ok(file) = self.disk.open(&names::file(self.dir, base, extension)) else { return Ok(None) };
        let len = file.size()?;
        if len % E::BYTES as u64 != 0 {
            return Ok(None);
        }
        let count = len / E::BYTES as u64;
        match count.checked_sub(1) {
            None => Ok(Some((0, None))),
            Some(last) => Ok(index::entry_at(&*file, last)?.map(|entry| (count, Some(entry)))),
        }
    }

    /// The growing segment after a clean close: its index, and a walk over the headers behind the last entry. Any doubt is
    /// `None`, and the segment is scanned.
    fn trust_last(&self, base: i64, file: &Arc<dyn DiskFile>, size: u64) -> io::Result<Option<Opened>> {
        let entries_max = size / assay_record::HEADER_BYTES as u64 + 1;
        let (Ok(offset_file), Ok(time_file)) = (
            self.disk.open(&names::file(self.dir, base, names::OFFSET_INDEX)),
            self.disk.open(&names::file(self.dir, base, names::TIME_INDEX)),
        ) else {
            return Ok(None);
        };
        let (Some(offsets), Some(times)) = (
            index::load::<OffsetEntry>(&*offset_file, entries_max)?,
            index::load::<TimeEntry>(&*time_file, entries_max)?,
        ) else {
            return Ok(None);
        };
        if !ascending(&offsets, |e| (e.relative_offset, e.position))
            || !ascending(&times, |e| (e.relative_offset, 0))
        {
            return Ok(None);
        }
        let mut state = State::empty();
        if let Some(last) = times.last() {
            (state.max_timestamp, state.max_timestamp_offset) = (last.timestamp, last.relative_offset);
        }
        let last_offset = offsets.last().map_or(0, |e| e.relative_offset);
        let start = offsets.last().map_or(0, |e| e.position as u64); // ascending from 0 on
        if start > 0 && start >= size {
            return Ok(None);
        }
        state.index = Index::Memory { offsets, times };
        state.first_timestamp = first_timestamp(&**file, base, size);
        let known = state.entries();
        let mut walk = Walk::new(&**file, (start, size), base, Check::Header, SEEK_CHUNK_BYTES);
        let mut first = true;
        loop {
            match walk.step() {
                Ok(Some(found)) => {
                    let fits = found.header.last_offset() == base.saturating_add(i64::from(last_offset));
                    if std::mem::take(&mut first) && known > 0 && start > 0 && !fits {
                        return Ok(None);
                    }
                    let reached = found.header.max_timestamp;
                    if reached > state.max_timestamp {
                        return Ok(None); // a close notes the largest time
                    }
                }
                Ok(None) => break,
                Err(Stop::Damage(_)) => return Ok(None),
                Err(Stop::Io(e)) => return Err(e),
            }
        }
        if known == 0 && size > 0 && state.first_timestamp.is_some_and(|t| t >= 0) {
            return Ok(None); // a close writes at least the time
        }
        state.set_since_entry(size - start);
        let next_offset = walk.due_offset();
        let segment = Segment::new(self.dir, base, file.clone(), size, state);
        Ok(Some(Opened { segment, next_offset }))
    }

    /// Walks every batch with its CRC, builds the index, cuts where it stops.
    fn scan(
        &mut self,
        base: i64,
        next_base: Option<i64>,
        file: Arc<dyn DiskFile>,
        size: u64,
    ) -> Result<Opened, LogError> {
        let path = names::file(self.dir, base, names::LOG);
        let end = size.min(i32::MAX as u64);
        let mut walk = Walk::new(&*file, (0, end), base, Check::Crc, SCAN_CHUNK_BYTES);
        let mut state = State::empty();
        let mut reason = None;
        loop {
            let before = (walk.position(), walk.due_offset());
            match walk.step() {
                Ok(Some(found)) => {
                    let header = &found.header;
                    let beyond = next_base.is_some_and(|next| header.last_offset() >= next);
                    if beyond || header.last_offset() - base > i64::from(i32::MAX) {
                        let last = header.last_offset();
                        reason = Some((before, format!("offset {last} does not belong in this segment")));
                        break;
                    }
                    state.note(header, base, found.position, self.config.index_interval_bytes);
                    self.epochs.observe(header.partition_leader_epoch, header.base_offset);
                }
                Ok(None) => break,
                Err(Stop::Damage(why)) => {
                    reason = Some((before, why));
                    break;
                }
                Err(Stop::Io(e)) => return Err(e).doing("read", path),
            }
        }
        let (good, next_offset) = reason.as_ref().map_or((walk.position(), walk.due_offset()), |(at, _)| *at);
        self.report.scanned_bytes += size;
        if good < size {
            file.set_len(good).doing("cut", path)?;
            let reason = reason.map_or_else(|| "segment is above 2 GiB".to_owned(), |(_, why)| why);
            self.lost(Loss {
                segment: base,
                position: good,
                bytes: size - good,
                offset: next_offset,
                reason,
            });
        }
        let segment = Segment::new(self.dir, base, file, good, state);
        Ok(Opened { segment, next_offset })
    }
}

struct Sealed {
    offsets: u64,
    times: u64,
    last_time: Option<TimeEntry>,
}

fn ascending<E>(entries: &[E], key: impl Fn(&E) -> (i32, i32)) -> bool {
    let starts_right = entries.first().is_none_or(|e| key(e).0 >= 0 && key(e).1 >= 0);
    starts_right
        && entries
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if key(a).0 < key(b).0 && key(a).1 <= key(b).1))
}

fn first_timestamp(file: &dyn DiskFile, base: i64, size: u64) -> Option<i64> {
    let mut walk = Walk::new(file, (0, size), base, Check::Header, SEEK_CHUNK_BYTES);
    walk.step().ok().flatten().map(|found| found.header.max_timestamp)
}
