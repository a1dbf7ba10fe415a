//! The writer of a log: append, roll, close. What reads and what syncs has its own handle.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use assay_record::{Batch, BatchHeader, HEADER_BYTES, TimestampType};
use bytes::Bytes;

use crate::checkpoint::EpochEnd;
use crate::config::LogConfig;
use crate::disk::{Disk, RealDisk};
use crate::error::{Doing, LogError};
use crate::flush::{Flusher, sync_all};
use crate::names;
use crate::reader::{AtLeastOne, BatchHeaders, LogReader};
use crate::recovery::{self, RecoveryReport};
use crate::segment::{After, Segment};
use crate::shared::{Shared, read, write};
use crate::times::TimedOffset;

/// At this many closed but unsynced segments, rolling syncs them itself: nobody else seems to.
const UNSEALED_SEGMENTS_MAX: usize = 4;

/// What an append did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppendInfo {
    /// Offset given to the first record.
    pub base_offset: i64,
    /// Offset given to the last record.
    pub last_offset: i64,
    /// First offset of the log at that moment.
    pub log_start_offset: i64,
    /// The broker's time, when the batch carries one instead of its records' own. Unix milliseconds.
    pub log_append_time: Option<i64>,
    /// Bytes written.
    pub size_bytes: usize,
    /// A new segment was begun: a good moment to have [`Flusher::flush`] called.
    pub rolled: bool,
}

/// A partition log, opened for writing. One per directory.
#[derive(Debug)]
pub struct PartitionLog {
    pub(crate) shared: Arc<Shared>,
    pub(crate) config: LogConfig,
}

impl PartitionLog {
    /// Opens the log in `dir` (named `<topic>-<partition>` in Kafka), making an empty one if there is none.
    ///
    /// `clean_shutdown` says that [`PartitionLog::close`] was the last thing that happened to it: then files are only
    /// looked over. Otherwise every segment not proven to be synced is read whole, and cut at the first byte that is not
    /// part of a whole, right batch.
    ///
    /// # Errors
    /// `Io`. Damage is no error: it is repaired and reported.
    pub fn open(
        dir: &Path,
        config: LogConfig,
        clean_shutdown: bool,
    ) -> Result<(PartitionLog, RecoveryReport), LogError> {
        PartitionLog::open_on(Arc::new(RealDisk), dir, config, clean_shutdown)
    }

    /// As [`PartitionLog::open`], on another disk.
    ///
    /// # Errors
    /// As [`PartitionLog::open`].
    pub fn open_on(
        disk: Arc<dyn Disk>,
        dir: &Path,
        config: LogConfig,
        clean_shutdown: bool,
    ) -> Result<(PartitionLog, RecoveryReport), LogError> {
        let (shared, report) = recovery::open(disk, dir, &config, clean_shutdown)?;
        Ok((PartitionLog { shared: Arc::new(shared), config }, report))
    }

    /// A handle that reads without this one's lock.
    pub fn reader(&self) -> LogReader {
        LogReader { shared: self.shared.clone() }
    }

    /// A handle that makes writes durable without this one's lock.
    pub fn flusher(&self) -> Flusher {
        Flusher { shared: self.shared.clone() }
    }

    /// The settings in force.
    pub fn config(&self) -> &LogConfig {
        &self.config
    }

    /// Replaces the settings; they apply from the next call on.
    pub fn set_config(&mut self, config: LogConfig) {
        self.config = config;
    }

    /// Appends one batch: gives it the next offsets and the leader epoch (neither is under its CRC), leaves the rest as it
    /// is. Returns when it is written, not when it is durable. CRC and records are not looked at again.
    ///
    /// # Errors
    /// `BatchTooLarge`, `BadBatch`, `OffsetsExhausted`: nothing was written. `Io`: the log is offline from now on.
    pub fn append(&mut self, batch: &Batch, leader_epoch: i32) -> Result<AppendInfo, LogError> {
        self.shared.usable()?;
        self.check_size(batch)?;
        let base_offset = self.log_end_offset();
        let mut header = *batch.header();
        header.base_offset = base_offset;
        header.partition_leader_epoch = leader_epoch;
        if header.last_offset_delta < 0 {
            return Err(LogError::BadBatch(header.last_offset_delta));
        }
        if header.last_offset() == i64::MAX {
            return Err(LogError::OffsetsExhausted);
        }
        let rolled = self.roll_if_full(&header)?;
        let segment = self.shared.active()?;
        let position = segment.size();
        let written = segment.file.write_all_at(&header.to_bytes(), batch.payload(), position);
        if written.is_err() {
            let _ = segment.file.set_len(position); // best effort: the next start cuts it anyway
        }
        self.shared.go_offline(written.doing("write", segment.path(names::LOG)))?;
        debug_assert_eq!(batch.raw().len(), HEADER_BYTES + batch.payload().len());
        segment.grown(&header, position, self.config.index_interval_bytes);
        self.note_epoch(leader_epoch, base_offset)?;
        self.shared.log_end.store(header.next_offset(), Ordering::Release);
        Ok(AppendInfo {
            base_offset,
            last_offset: header.last_offset(),
            log_start_offset: self.log_start_offset(),
            log_append_time: (header.timestamp_type() == TimestampType::LogAppendTime)
                .then_some(header.max_timestamp),
            size_bytes: batch.raw().len(),
            rolled,
        })
    }

    fn check_size(&self, batch: &Batch) -> Result<(), LogError> {
        let size = batch.raw().len();
        for (limit, limit_name) in [
            (u64::from(self.config.max_message_bytes), "max.message.bytes"),
            (self.config.segment_bytes_max(), "segment.bytes"),
        ] {
            if size as u64 > limit {
                return Err(LogError::BatchTooLarge { size, limit, limit_name });
            }
        }
        Ok(())
    }

    fn note_epoch(&self, epoch: i32, offset: i64) -> Result<(), LogError> {
        if read(&self.shared.epochs).latest().is_none_or(|latest| epoch > latest)
            && write(&self.shared.epochs).observe(epoch, offset)
        {
            self.shared.go_offline(self.shared.save_epochs())?;
        }
        Ok(())
    }

    /// As `kafka.log.LogSegment.shouldRoll`: size, age by the batches' own times, full index, 32-bit relative offsets.
    fn roll_if_full(&mut self, next: &BatchHeader) -> Result<bool, LogError> {
        let active = self.shared.active()?;
        let size = active.size();
        if size == 0 {
            return Ok(false);
        }
        let full = size + next.size_in_bytes() as u64 > self.config.segment_bytes_max();
        let state = active.state();
        let too_old = state.first_timestamp.is_some_and(|first| {
            first >= 0
                && next.max_timestamp.saturating_sub(first) as i128 > i128::from(self.config.segment_ms)
        });
        let index_full = state.entries() >= self.config.index_entries_max();
        drop(state);
        let far = next.last_offset().saturating_sub(active.base_offset) > i64::from(i32::MAX);
        if full || too_old || index_full || far {
            self.roll()?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Closes the growing segment and begins the next one at the end of the log. Nothing happens if it is empty.
    ///
    /// # Errors
    /// `Io`, which takes the log offline.
    pub fn roll(&mut self) -> Result<(), LogError> {
        self.shared.usable()?;
        let active = self.shared.active()?;
        if active.size() == 0 {
            return Ok(());
        }
        self.shared.go_offline(self.begin_segment(&active))?;
        let unsealed = self.shared.segments().iter().rev().skip(1).take_while(|s| !s.is_sealed()).count();
        if unsealed >= UNSEALED_SEGMENTS_MAX {
            self.flusher().flush()?;
        }
        Ok(())
    }

    fn begin_segment(&self, active: &Segment) -> Result<(), LogError> {
        active.drop_stale_index(&*self.shared.disk)?;
        let segment = Segment::create(&*self.shared.disk, &self.shared.dir, self.log_end_offset())?;
        self.shared.dir_dirty.store(true, Ordering::Release);
        self.shared.change_segments(|segments| segments.push(Arc::new(segment)));
        Ok(())
    }

    /// Syncs everything, writes the index of the growing segment and ends all handles. After `Ok` the next
    /// [`PartitionLog::open`] may be told that the shutdown was clean.
    ///
    /// # Errors
    /// `Io`, or `Offline` if it already was: the shutdown is then not clean.
    pub fn close(self) -> Result<(), LogError> {
        let shared = &*self.shared;
        let _turn = shared.flushing.lock().unwrap_or_else(PoisonError::into_inner);
        shared.usable()?;
        shared.go_offline(close_all(shared))?;
        shared.mark_closed();
        Ok(())
    }

    /// Ends all handles and removes the directory with everything in it.
    ///
    /// # Errors
    /// `Io`; some files may then be left.
    pub fn delete(self) -> Result<(), LogError> {
        let shared = &*self.shared;
        let _turn = shared.flushing.lock().unwrap_or_else(PoisonError::into_inner);
        shared.mark_closed();
        let dir = &shared.dir;
        for name in shared.disk.list(dir).doing("list", dir.clone())? {
            let path = dir.join(name);
            shared.disk.remove(&path).doing("remove", path)?;
        }
        shared.disk.remove_dir(dir).doing("remove", dir.clone())?;
        match dir.parent().filter(|p| !p.as_os_str().is_empty()) {
            Some(parent) => shared.disk.sync_dir(parent).doing("fsync directory", parent),
            None => Ok(()),
        }
    }

    /// First offset of the log.
    pub fn log_start_offset(&self) -> i64 {
        self.shared.log_start.load(Ordering::Acquire)
    }

    /// The offset the next record will get.
    pub fn log_end_offset(&self) -> i64 {
        self.shared.log_end.load(Ordering::Acquire)
    }

    /// Everything below this offset survives a power cut.
    pub fn flushed_offset(&self) -> i64 {
        self.shared.flushed.load(Ordering::Acquire)
    }

    /// A write or fsync has failed.
    pub fn is_offline(&self) -> bool {
        self.shared.is_offline()
    }

    /// See [`LogReader::read`].
    ///
    /// # Errors
    /// As there.
    pub fn read(&self, from: i64, max_bytes: usize, at_least_one: AtLeastOne) -> Result<Bytes, LogError> {
        self.reader().read(from, max_bytes, at_least_one)
    }

    /// See [`LogReader::batches`].
    pub fn batches(&self, from: i64) -> BatchHeaders {
        self.reader().batches(from)
    }

    /// See [`LogReader::offset_for_timestamp`].
    ///
    /// # Errors
    /// As there.
    pub fn offset_for_timestamp(&self, timestamp: i64) -> Result<Option<TimedOffset>, LogError> {
        self.reader().offset_for_timestamp(timestamp, &self.config.inflate)
    }

    /// See [`LogReader::max_timestamp_offset`].
    ///
    /// # Errors
    /// As there.
    pub fn max_timestamp_offset(&self) -> Result<Option<TimedOffset>, LogError> {
        self.reader().max_timestamp_offset(&self.config.inflate)
    }

    /// See [`LogReader::size_bytes`].
    pub fn size_bytes(&self) -> u64 {
        self.reader().size_bytes()
    }

    /// The largest leader epoch that has written to this log.
    pub fn latest_epoch(&self) -> Option<i32> {
        read(&self.shared.epochs).latest()
    }

    /// See [`LogReader::end_of_epoch`].
    pub fn end_of_epoch(&self, epoch: i32) -> Option<EpochEnd> {
        self.reader().end_of_epoch(epoch)
    }
}

fn close_all(shared: &Shared) -> Result<(), LogError> {
    sync_all(shared)?;
    let active = shared.active()?;
    active.write_index(&*shared.disk, After::Keep)?;
    let path = shared.dir.join(names::LEADER_EPOCHS);
    if read(&shared.epochs).latest().is_some() {
        let text = read(&shared.epochs).to_text();
        crate::disk::replace(&*shared.disk, &path, text.as_bytes(), crate::disk::Durable::Yes)
            .doing("write", path)?;
    }
    shared.sync_dir()
}
