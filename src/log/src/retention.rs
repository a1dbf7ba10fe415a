//! Dropping the old end of a log: by time, by size, by request.

use std::sync::atomic::Ordering;

use crate::checkpoint::log_start_text;
use crate::disk::{Durable, replace};
use crate::error::{Doing, LogError};
use crate::log::PartitionLog;
use crate::names;
use crate::segment::Segment;
use crate::shared::write;

/// What retention removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deleted {
    /// Segments.
    pub segments: usize,
    /// Their bytes.
    pub bytes: u64,
    /// The log start offset afterwards.
    pub log_start_offset: i64,
}

impl PartitionLog {
    /// Removes whole segments from the front that `retention.ms`, `retention.bytes` or the log start offset have passed.
    /// If all records are too old, the growing segment is closed first, as in Kafka. `now_ms` in Unix milliseconds.
    ///
    /// # Errors
    /// `Io`, `Offline`, `Closed`.
    pub fn delete_old(&mut self, now_ms: i64) -> Result<Deleted, LogError> {
        self.shared.usable()?;
        let mut count = self.too_old(now_ms);
        if count == self.shared.segments().len() {
            self.roll()?;
            count = count.min(self.shared.segments().len() - 1);
        }
        let count = count.max(self.too_much()).max(self.below_start());
        self.remove_front(count)
    }

    /// Makes `new_start` the first offset (DeleteRecords): durable on return. Segments wholly below it are removed. At or
    /// below the present start nothing happens. Returns the start in force.
    ///
    /// # Errors
    /// `OutOfRange` above the end of the log; `Io`, `Offline`, `Closed`.
    pub fn truncate_prefix(&mut self, new_start: i64) -> Result<i64, LogError> {
        self.shared.usable()?;
        let (log_start, log_end) = (self.log_start_offset(), self.log_end_offset());
        if new_start > log_end {
            return Err(LogError::OutOfRange { offset: new_start, log_start, log_end });
        }
        if new_start > log_start {
            self.flusher().flush_to(new_start)?; // or a crash could leave the start above the end
            self.shared.go_offline(self.save_start(new_start))?;
            self.start_at(new_start)?;
            self.remove_front(self.below_start())?;
        }
        Ok(self.log_start_offset())
    }

    fn save_start(&self, offset: i64) -> Result<(), LogError> {
        let path = self.shared.dir.join(names::LOG_START);
        replace(&*self.shared.disk, &path, log_start_text(offset).as_bytes(), Durable::Yes)
            .doing("write", path)?;
        self.shared.sync_dir()
    }

    fn start_at(&self, offset: i64) -> Result<(), LogError> {
        if self.shared.log_start.fetch_max(offset, Ordering::AcqRel) < offset {
            write(&self.shared.epochs).begin_at(offset);
            self.shared.go_offline(self.shared.save_epochs())?;
        }
        Ok(())
    }

    /// How many segments from the front have nothing newer than `retention.ms`.
    fn too_old(&self, now_ms: i64) -> usize {
        let Some(keep) = self.config.retention_ms else { return 0 };
        let old =
            |s: &Segment| s.size() > 0 && i128::from(now_ms) - i128::from(newest_ms(s)) > i128::from(keep);
        self.shared.segments().iter().take_while(|s| old(s)).count()
    }

    /// How many may go without the rest falling below `retention.bytes`. Never the growing one.
    fn too_much(&self) -> usize {
        let Some(keep) = self.config.retention_bytes else { return 0 };
        let segments = self.shared.segments();
        let mut over = self.size_bytes().saturating_sub(keep);
        let mut count = 0;
        for segment in segments.iter().take(segments.len().saturating_sub(1)) {
            match over.checked_sub(segment.size()) {
                Some(rest) => over = rest,
                None => break,
            }
            count += 1;
        }
        count
    }

    /// How many lie wholly below the log start offset.
    fn below_start(&self) -> usize {
        let start = self.log_start_offset();
        let segments = self.shared.segments();
        segments.iter().skip(1).take_while(|next| next.base_offset <= start).count()
    }

    fn remove_front(&mut self, count: usize) -> Result<Deleted, LogError> {
        let segments = self.shared.segments();
        let count = count.min(segments.len().saturating_sub(1));
        let mut done = Deleted::default();
        if let Some(first_kept) = segments.get(count).filter(|_| count > 0) {
            self.start_at(first_kept.base_offset)?;
            self.shared.change_segments(|list| {
                list.drain(..count);
            });
            for segment in segments.iter().take(count) {
                done.segments += 1;
                done.bytes += segment.size();
                remove_files(self, segment)?;
            }
            self.shared.go_offline(self.shared.sync_dir())?;
        }
        done.log_start_offset = self.log_start_offset();
        Ok(done)
    }
}

/// The `.log` first: without it the others mean nothing and are removed at the next start.
fn remove_files(log: &PartitionLog, segment: &Segment) -> Result<(), LogError> {
    for extension in [names::LOG, names::OFFSET_INDEX, names::TIME_INDEX] {
        let path = segment.path(extension);
        match log.shared.disk.remove(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e).doing("remove", path),
            _ => {}
        }
    }
    Ok(())
}

/// The newest record time of a segment, or when the file was last written if no record has a time.
fn newest_ms(segment: &Segment) -> i64 {
    match segment.state().max_timestamp {
        none if none < 0 => segment.file.modified_ms(),
        time => time,
    }
}
