//! Reading a log while it grows, without the writer's lock.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use assay_record::{BatchHeader, HEADER_BYTES};
use bytes::Bytes;

use crate::checkpoint::EpochEnd;
use crate::disk::read_full;
use crate::error::{Doing, LogError};
use crate::names;
use crate::scan::{Check, Found, SCAN_CHUNK_BYTES, SEEK_CHUNK_BYTES, Stop, Walk};
use crate::segment::Segment;
use crate::shared::{Segments, Shared, read};

/// Whether the first batch is returned even above the size limit, so that a consumer can get past it (KIP-74).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtLeastOne {
    /// Return it.
    Yes,
    /// Return nothing instead.
    No,
}

/// Reads a log. Cheap to clone; what it sees is always whole batches, and only those written before the call.
#[derive(Debug, Clone)]
pub struct LogReader {
    pub(crate) shared: Arc<Shared>,
}

impl LogReader {
    /// First offset of the log.
    pub fn log_start_offset(&self) -> i64 {
        self.shared.log_start.load(Ordering::Acquire)
    }

    /// The offset the next record will get.
    pub fn log_end_offset(&self) -> i64 {
        self.shared.log_end.load(Ordering::Acquire)
    }

    /// Bytes of all segments, indexes not counted.
    pub fn size_bytes(&self) -> u64 {
        self.shared.segments().iter().map(|s| s.size()).sum()
    }

    /// Where a leader epoch ended; `None` for an epoch never seen (above the latest). Source: KIP-101, KIP-320.
    pub fn end_of_epoch(&self, epoch: i32) -> Option<EpochEnd> {
        read(&self.shared.epochs).end_of(epoch, self.log_end_offset())
    }

    /// Whole batches from the one that holds `from` (or the first after it) on, at most `max_bytes`, from one segment.
    /// Empty at the end of the log. Memory used is at most the smaller of `max_bytes` and the segment, unless
    /// `AtLeastOne::Yes` has to return one larger batch.
    ///
    /// # Errors
    /// `OutOfRange` below the start or above the end; `Damaged`, `Io`, `Offline`, `Closed`.
    pub fn read(&self, from: i64, max_bytes: usize, at_least_one: AtLeastOne) -> Result<Bytes, LogError> {
        self.read_below(from, i64::MAX, max_bytes, at_least_one)
    }

    /// As [`LogReader::read`], without batches that begin at or after `below`.
    ///
    /// # Errors
    /// As there.
    pub fn read_below(
        &self,
        from: i64,
        below: i64,
        max_bytes: usize,
        at_least_one: AtLeastOne,
    ) -> Result<Bytes, LogError> {
        let log_end = self.check_range(from)?;
        let below = below.min(log_end);
        let segments = self.shared.segments();
        let Some((segment, first)) = self.locate(&segments, from)? else { return Ok(Bytes::new()) };
        if first.header.base_offset >= below {
            return Ok(Bytes::new());
        }
        let first_size = first.header.size_in_bytes();
        let wanted = match at_least_one {
            AtLeastOne::Yes => max_bytes.max(first_size),
            AtLeastOne::No if first_size > max_bytes => return Ok(Bytes::new()),
            AtLeastOne::No => max_bytes,
        };
        let there = segment.size().saturating_sub(first.position);
        let mut buffer = vec![0; wanted.min(usize::try_from(there).unwrap_or(usize::MAX))];
        let got =
            read_full(&*segment.file, &mut buffer, first.position).doing("read", segment.path(names::LOG))?;
        buffer.truncate(got);
        let whole = whole_batches(&buffer, below);
        debug_assert!(whole >= first_size);
        Ok(Bytes::from(buffer).slice(..whole))
    }

    /// The end of the log, if `from` is in it or at its end.
    fn check_range(&self, from: i64) -> Result<i64, LogError> {
        self.shared.usable()?;
        let (log_start, log_end) = (self.log_start_offset(), self.log_end_offset());
        if from < log_start || from > log_end {
            return Err(LogError::OutOfRange { offset: from, log_start, log_end });
        }
        Ok(log_end)
    }

    /// The first batch with an offset at or above `from`, and its segment.
    pub(crate) fn locate(
        &self,
        segments: &Segments,
        from: i64,
    ) -> Result<Option<(Arc<Segment>, Found)>, LogError> {
        let after = segments.partition_point(|s| s.base_offset <= from);
        for segment in segments.iter().skip(after.saturating_sub(1)) {
            if let Some(found) = self.locate_in(segment, from)? {
                return Ok(Some((segment.clone(), found)));
            }
        }
        Ok(None)
    }

    fn locate_in(&self, segment: &Segment, from: i64) -> Result<Option<Found>, LogError> {
        let start = segment.position_before(&*self.shared.disk, from);
        match find(segment, start, from) {
            // A wrong index entry is not a wrong log: once more from the front.
            Err(LogError::Damaged { .. }) if start > 0 => find(segment, 0, from),
            Ok(Some(found)) if start > 0 && found.position == start && found.header.base_offset > from => {
                find(segment, 0, from)
            }
            other => other,
        }
    }

    /// The headers of all batches from the one that holds `from` on, to the end of the log at this moment. Cheap: records
    /// are not read. `from` below the start begins at the start.
    pub fn batches(&self, from: i64) -> BatchHeaders {
        BatchHeaders {
            reader: self.clone(),
            segments: self.shared.segments(),
            next_offset: from.max(self.log_start_offset()),
            log_end: self.log_end_offset(),
            queue: Vec::new().into_iter(),
            resume: None,
        }
    }
}

fn find(segment: &Segment, start: u64, from: i64) -> Result<Option<Found>, LogError> {
    let mut walk = Walk::new(
        &*segment.file,
        (start, segment.size()),
        segment.base_offset,
        Check::Header,
        SEEK_CHUNK_BYTES,
    );
    while let Some(found) = step(segment, &mut walk)? {
        if found.header.last_offset() >= from {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

pub(crate) fn step(segment: &Segment, walk: &mut Walk<'_>) -> Result<Option<Found>, LogError> {
    let path = || segment.path(names::LOG);
    walk.step().map_err(|stop| match stop {
        Stop::Io(source) => LogError::Io { action: "read", path: path(), source },
        Stop::Damage(reason) => LogError::Damaged { path: path(), position: walk.position(), reason },
    })
}

/// How many bytes at the front are whole batches that begin below an offset.
fn whole_batches(bytes: &[u8], below: i64) -> usize {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() >= HEADER_BYTES) {
        let Ok(header) = BatchHeader::parse(rest) else { break };
        if header.size_in_bytes() > rest.len() || header.base_offset >= below {
            break;
        }
        at += header.size_in_bytes();
    }
    at
}

/// Iterator of [`LogReader::batches`]. Ends after an `Err`.
#[derive(Debug)]
pub struct BatchHeaders {
    reader: LogReader,
    segments: Segments,
    next_offset: i64,
    log_end: i64,
    queue: std::vec::IntoIter<BatchHeader>,
    /// Segment number and position after the queue.
    resume: Option<(usize, u64)>,
}

impl BatchHeaders {
    /// Headers fetched at a time; bounds memory, and how often a file is gone back to.
    const QUEUE_MAX: usize = 1024;

    fn refill(&mut self) -> Result<(), LogError> {
        let mut fetched = Vec::new();
        let (mut number, mut position) = match self.resume {
            Some(at) => at,
            None => match self.reader.locate(&self.segments, self.next_offset)? {
                Some((segment, found)) => {
                    let number = self.segments.partition_point(|s| s.base_offset < segment.base_offset);
                    (number, found.position)
                }
                None => return Ok(()),
            },
        };
        while let Some(segment) = self.segments.get(number) {
            let due = segment.base_offset;
            let span = (position, segment.size());
            let mut walk = Walk::new(&*segment.file, span, due, Check::Header, SCAN_CHUNK_BYTES);
            let mut interrupted = false;
            while fetched.len() < Self::QUEUE_MAX && !interrupted {
                match step(segment, &mut walk) {
                    Ok(Some(found)) => fetched.push(found.header),
                    Ok(None) => break,
                    Err(e) if fetched.is_empty() => return Err(e),
                    Err(_) => interrupted = true, // what came before it first; the next refill meets it again
                }
            }
            position = walk.position();
            if interrupted || fetched.len() >= Self::QUEUE_MAX {
                break;
            }
            (number, position) = (number + 1, 0);
        }
        self.resume = Some((number, position));
        self.queue = fetched.into_iter();
        Ok(())
    }
}

impl Iterator for BatchHeaders {
    type Item = Result<BatchHeader, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next_offset >= self.log_end {
            return None;
        }
        if self.queue.len() == 0
            && let Err(e) = self.refill()
        {
            self.log_end = self.next_offset;
            return Some(Err(e));
        }
        let header = self.queue.next().filter(|h| h.base_offset < self.log_end);
        self.next_offset = header.map_or(self.log_end, |h| h.next_offset());
        header.map(Ok)
    }
}

impl std::iter::FusedIterator for BatchHeaders {}
