//! Finding offsets by time. Source: `kafka.log.UnifiedLog.fetchOffsetByTimestamp`, KIP-79, KIP-734.

use std::sync::Arc;

use assay_record::{Batch, BatchHeader, InflateLimits};
use bytes::Bytes;

use crate::disk::read_full;
use crate::error::{Doing, LogError};
use crate::names;
use crate::reader::{LogReader, step};
use crate::scan::{Check, Found, SEEK_CHUNK_BYTES, Walk};
use crate::segment::Segment;

/// A record found by its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimedOffset {
    /// Its offset.
    pub offset: i64,
    /// Its timestamp, Unix milliseconds.
    pub timestamp: i64,
    /// The leader epoch it was written under.
    pub leader_epoch: i32,
}

impl LogReader {
    /// The first record, by offset, whose timestamp is at or after `timestamp` (Unix milliseconds).
    ///
    /// # Errors
    /// `Damaged`, `Io`, `Offline`, `Closed`. A batch that cannot be inflated within `limits` counts as one record at its base.
    pub fn offset_for_timestamp(
        &self,
        timestamp: i64,
        limits: &InflateLimits,
    ) -> Result<Option<TimedOffset>, LogError> {
        self.shared.usable()?;
        let log_end = self.log_end_offset();
        for segment in self.shared.segments().iter() {
            if segment.state().max_timestamp < timestamp {
                continue;
            }
            let found = self.search(segment, timestamp, limits)?;
            if let Some(found) = found.filter(|f| f.offset < log_end) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The first record that has the largest timestamp of the log.
    ///
    /// # Errors
    /// As [`LogReader::offset_for_timestamp`].
    pub fn max_timestamp_offset(&self, limits: &InflateLimits) -> Result<Option<TimedOffset>, LogError> {
        self.shared.usable()?;
        let segments = self.shared.segments();
        let mut best: Option<(i64, &Arc<Segment>)> = None;
        for segment in segments.iter() {
            let max = segment.state().max_timestamp;
            if max >= 0 && best.is_none_or(|(so_far, _)| max > so_far) {
                best = Some((max, segment));
            }
        }
        match best {
            Some((max, segment)) => self.search(segment, max, limits),
            None => Ok(None),
        }
    }

    fn search(
        &self,
        segment: &Segment,
        timestamp: i64,
        limits: &InflateLimits,
    ) -> Result<Option<TimedOffset>, LogError> {
        let log_start = self.log_start_offset();
        let disk = &*self.shared.disk;
        let from = segment.offset_before_time(disk, timestamp).max(log_start);
        let position = segment.position_before(disk, from);
        match walk_times(segment, position, (timestamp, log_start), limits) {
            Err(LogError::Damaged { .. }) if position > 0 => {
                walk_times(segment, 0, (timestamp, log_start), limits)
            }
            other => other,
        }
    }
}

fn walk_times(
    segment: &Segment,
    position: u64,
    (timestamp, log_start): (i64, i64),
    limits: &InflateLimits,
) -> Result<Option<TimedOffset>, LogError> {
    let span = (position, segment.size());
    let mut walk = Walk::new(&*segment.file, span, segment.base_offset, Check::Header, SEEK_CHUNK_BYTES);
    while let Some(found) = step(segment, &mut walk)? {
        let header = &found.header;
        if header.max_timestamp < timestamp || header.last_offset() < log_start {
            continue;
        }
        if let Some(hit) = in_batch(segment, &found, (timestamp, log_start), limits)? {
            return Ok(Some(hit));
        }
    }
    Ok(None)
}

fn in_batch(
    segment: &Segment,
    found: &Found,
    (timestamp, log_start): (i64, i64),
    limits: &InflateLimits,
) -> Result<Option<TimedOffset>, LogError> {
    let header = &found.header;
    let hit =
        |offset, timestamp| TimedOffset { offset, timestamp, leader_epoch: header.partition_leader_epoch };
    let mut raw = vec![0; header.size_in_bytes()]; // the walk has seen that the file holds as many
    let got = read_full(&*segment.file, &mut raw, found.position).doing("read", segment.path(names::LOG))?;
    raw.truncate(got);
    let records = Batch::parse(Bytes::from(raw)).and_then(|batch| batch.records(limits));
    let Ok(records) = records else { return Ok(Some(whole(header, log_start))) };
    for record in records.iter() {
        let Ok(record) = record else { return Ok(Some(whole(header, log_start))) };
        let (offset, time) = (record.offset(header), record.timestamp(header));
        if time >= timestamp && offset >= log_start {
            return Ok(Some(hit(offset, time)));
        }
    }
    Ok(None)
}

/// A batch that is not to be read stands for itself.
fn whole(header: &BatchHeader, log_start: i64) -> TimedOffset {
    TimedOffset {
        offset: header.base_offset.max(log_start),
        timestamp: header.max_timestamp,
        leader_epoch: header.partition_leader_epoch,
    }
}
