//! What a partition does with its directory: opening, snapshots, retention, closing, deleting.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use assay_log::{LogError, PartitionLog};
use assay_protocol::Uuid;

use super::producers::{Producers, Sequenced};
use super::{Open, Partition, PartitionError, State, log_config};
use crate::clock;

/// Which topic a directory belongs to; Kafka's file name and format.
const METADATA: &str = "partition.metadata";
/// Producer state at some log end, so that opening need not read the whole log.
const SNAPSHOT: &str = "assay-producers.snapshot";
/// A snapshot is worth writing once the log has grown by so many offsets.
const SNAPSHOT_EVERY: i64 = 100_000;
/// Bytes a batch may inflate to when the log itself looks for a timestamp in it.
const LOOKUP_INFLATED_BYTES_MAX: usize = 128 << 20;

fn failed(action: &'static str, path: &Path, source: io::Error) -> PartitionError {
    PartitionError::Log(LogError::Io { action, path: path.to_path_buf(), source })
}

impl Partition {
    pub(super) fn open_files(&self) -> Result<Open, PartitionError> {
        self.set_strangers_aside()?;
        let config = log_config(&self.settings.load(), LOOKUP_INFLATED_BYTES_MAX);
        let (log, report) = PartitionLog::open(&self.dir, config, self.clean)?;
        for loss in &report.losses {
            tracing::warn!(
                topic = %self.topic, partition = self.index, segment = loss.segment, bytes = loss.bytes,
                from_offset = loss.offset, reason = %loss.reason, "end of the log cut at recovery"
            );
        }
        self.label()?;
        let producers = self.load_producers(&log)?;
        let snapshot_at = log.log_end_offset();
        Ok(Open { log, producers, snapshot_at })
    }

    /// A directory of this name that belongs to another topic (one deleted when the metadata could not be kept) is
    /// renamed, never appended to and never removed.
    fn set_strangers_aside(&self) -> Result<(), PartitionError> {
        let Some(found) = topic_id_of(&self.dir) else { return Ok(()) };
        if found == self.topic_id {
            return Ok(());
        }
        let aside = beside(&self.dir, &format!("{found}-stray"));
        tracing::warn!(from = %self.dir.display(), to = %aside.display(), "a directory of another topic is set aside");
        fs::rename(&self.dir, &aside).map_err(|e| failed("rename", &self.dir, e))
    }

    fn label(&self) -> Result<(), PartitionError> {
        let path = self.dir.join(METADATA);
        if path.exists() {
            return Ok(());
        }
        let text = format!("version: 0\ntopic_id: {}", self.topic_id);
        let write = || -> io::Result<()> {
            let temporary = self.dir.join(format!("{METADATA}.tmp"));
            fs::write(&temporary, text.as_bytes())?;
            fs::File::open(&temporary)?.sync_all()?;
            fs::rename(&temporary, &path)?;
            fs::File::open(&self.dir)?.sync_all()
        };
        write().map_err(|e| failed("write", &path, e))
    }

    /// Producer state: the snapshot, if it fits the log, and the batches behind it; else all batches.
    fn load_producers(&self, log: &PartitionLog) -> Result<Producers, PartitionError> {
        let path = self.dir.join(SNAPSHOT);
        let loaded = fs::read(&path).ok().and_then(|b| Producers::from_snapshot(&b, self.env.producers_max));
        let (mut producers, from) = match loaded {
            Some((producers, end)) if end <= log.log_end_offset() => (producers, end),
            other => {
                if other.is_some() {
                    // Of a log longer than this one: it must not be believed once this one has grown past it.
                    fs::remove_file(&path).map_err(|e| failed("remove", &path, e))?;
                }
                (Producers::new(self.env.producers_max), log.log_start_offset())
            }
        };
        let now = clock::wall_ms();
        for header in log.batches(from) {
            let header = header?;
            if header.producer_id < 0 || header.is_control() || header.base_sequence < 0 {
                continue;
            }
            let batch = Sequenced {
                producer_id: header.producer_id,
                epoch: header.producer_epoch,
                first: header.base_sequence,
                count: header.last_offset_delta.saturating_add(1).max(1),
            };
            let append_time = match header.timestamp_type() {
                assay_record::TimestampType::LogAppendTime => header.max_timestamp,
                assay_record::TimestampType::CreateTime => -1,
            };
            producers.stored(batch, header.base_offset, append_time, now);
        }
        Ok(producers)
    }

    fn save_producers(&self, open: &mut Open) -> io::Result<()> {
        let end = open.log.log_end_offset();
        let temporary = self.dir.join(format!("{SNAPSHOT}.tmp"));
        fs::write(&temporary, open.producers.snapshot(end))?;
        fs::File::open(&temporary)?.sync_all()?;
        fs::rename(&temporary, self.dir.join(SNAPSHOT))?;
        open.snapshot_at = end;
        Ok(())
    }

    /// Deletes old segments, forgets idle producers, writes a snapshot when it is worth it. Blocks.
    pub(crate) fn housekeeping(&self, producers_before_ms: i64) -> Result<(), PartitionError> {
        if !self.exists() {
            return Ok(());
        }
        self.with_open(|open| {
            let deleted = open.log.delete_old(clock::wall_ms())?;
            if deleted.segments > 0 {
                tracing::info!(
                    topic = %self.topic, partition = self.index, segments = deleted.segments, bytes = deleted.bytes,
                    log_start_offset = deleted.log_start_offset, "old segments deleted"
                );
            }
            open.producers.expire(producers_before_ms);
            if open.producers.len() > 0
                && open.log.log_end_offset() - open.snapshot_at >= SNAPSHOT_EVERY
                && let Err(error) = self.save_producers(open)
            {
                tracing::warn!(topic = %self.topic, partition = self.index, %error, "producer snapshot not written");
            }
            Ok(())
        })
    }

    /// Syncs and closes. `Ok` means the next start may trust the files. Blocks.
    pub(crate) fn close(&self) -> Result<(), PartitionError> {
        let state = std::mem::replace(&mut *self.lock(), State::Gone);
        self.waiters.wake();
        if let State::Open(mut open) = state {
            let kept = self.save_producers(&mut open);
            open.log.close()?;
            kept.map_err(|e| failed("write", &self.dir.join(SNAPSHOT), e))?;
        }
        Ok(())
    }

    /// Whether the directory, if there is one, belongs to this topic and not to a later one of the same name.
    pub(crate) fn is_ours(&self) -> bool {
        topic_id_of(&self.dir).is_none_or(|id| id == self.topic_id)
    }

    /// Takes the partition out of use and renames its directory, so that its name is free at once. Blocks. Returns the
    /// directory to remove, if there was one.
    pub(crate) fn retire(&self) -> Result<Option<PathBuf>, PartitionError> {
        let mut state = self.lock();
        if let State::Open(open) = std::mem::replace(&mut *state, State::Gone)
            && let Err(error) = open.log.close()
        {
            // Closed first, so that a sync in flight does not take the renamed directory for a failed disk.
            tracing::warn!(topic = %self.topic, partition = self.index, %error, "closing a deleted partition");
        }
        self.waiters.wake();
        if !self.dir.is_dir() {
            return Ok(None);
        }
        let to = beside(&self.dir, &format!("{}-delete", self.topic_id));
        fs::rename(&self.dir, &to).map_err(|e| failed("rename", &self.dir, e))?;
        Ok(Some(to))
    }
}

/// `<dir>.<suffix>`, cut so that the name fits the file system.
fn beside(dir: &Path, suffix: &str) -> PathBuf {
    let name = dir.file_name().and_then(|n| n.to_str()).unwrap_or("partition");
    let room = 255usize.saturating_sub(suffix.len() + 1);
    let kept: String = name.chars().take(room).collect();
    // Names are ASCII (topic name rules), so chars are bytes. Two long names cut alike still differ by topic id; two
    // partitions of one topic differ in their end, which goes in front when something has to be cut.
    let kept = if kept.len() == name.len() {
        kept
    } else {
        let end: String = name.chars().skip(name.len().saturating_sub(12)).collect();
        let front: String = name.chars().take(room.saturating_sub(12)).collect();
        format!("{front}{end}")
    };
    dir.with_file_name(format!("{kept}.{suffix}"))
}

/// The topic id in a directory's `partition.metadata`, if it can be read.
fn topic_id_of(dir: &Path) -> Option<Uuid> {
    let text = fs::read_to_string(dir.join(METADATA)).ok()?;
    text.lines().find_map(|l| l.strip_prefix("topic_id:")).and_then(|id| id.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::beside;
    use std::path::Path;

    #[test]
    fn long_names_stay_within_the_file_system_and_apart() {
        let name = |p: i32| format!("/d/{}-{p}", "x".repeat(249));
        let suffix = "AAAAAAAAAAAAAAAAAAAAAA-delete";
        let (a, b) = (beside(Path::new(&name(1)), suffix), beside(Path::new(&name(2)), suffix));
        assert_ne!(a, b);
        assert!(a.file_name().unwrap().len() <= 255);
        assert_eq!(beside(Path::new("/d/t-0"), "s"), Path::new("/d/t-0.s"));
    }
}
