//! The records of one batch, borrowed from its inflated bytes.

use bytes::Bytes;

use crate::error::{BatchError, RecordFault};
use crate::header::{BatchHeader, TimestampType};
use crate::varint::{VarintError, read_varint, read_varlong};

/// The smallest record: length, attributes, two deltas, key length, value length, header count; a byte each.
const RECORD_BYTES_MIN: usize = 7;

/// The inflated records of a batch. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Records {
    header: BatchHeader,
    data: Bytes,
}

/// Which offset deltas a batch may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deltas {
    /// 0, 1, 2, ... without holes, the last one `last_offset_delta`: what a producer sends.
    Consecutive,
    /// Ascending, holes allowed: what compaction or quarantine leaves.
    Ascending,
}

/// What one pass over all records of a batch found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// How many records.
    pub count: u32,
    /// Largest record timestamp in Unix milliseconds, -1 when there are none.
    pub max_timestamp: i64,
    /// Smallest record timestamp in Unix milliseconds, -1 when there are no records.
    pub min_timestamp: i64,
    /// Offset delta of the first record that carries `max_timestamp`.
    pub max_timestamp_delta: i32,
}

impl Records {
    pub(crate) fn new(header: BatchHeader, data: Bytes) -> Records {
        Records { header, data }
    }

    /// A count that cannot be true is refused before anything is inflated.
    pub(crate) fn check_count(header: &BatchHeader) -> Result<(), BatchError> {
        let BatchHeader { record_count: count, last_offset_delta, .. } = *header;
        if count < 0 || last_offset_delta < 0 || i64::from(count) > i64::from(last_offset_delta) + 1 {
            return Err(BatchError::BadCount { count, last_offset_delta });
        }
        Ok(())
    }

    /// The header of the batch they came in.
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The inflated bytes.
    pub fn data(&self) -> &Bytes {
        &self.data
    }

    /// Walks the records in order. Yields `Err` at most once, and then ends; so a walk without `Err` is the proof that
    /// count, lengths and offset deltas are right and no byte is left over.
    pub fn iter(&self) -> RecordIter<'_> {
        RecordIter { header: &self.header, rest: &self.data, index: 0, due_delta: 0, done: false }
    }

    /// Walks all records once, checking them.
    ///
    /// # Errors
    /// The first fault, as [`Records::iter`] gives it; with `Consecutive` also the first hole in the offset deltas.
    pub fn check(&self, deltas: Deltas) -> Result<Summary, BatchError> {
        let mut found = Summary { count: 0, max_timestamp: -1, min_timestamp: -1, max_timestamp_delta: 0 };
        for record in self.iter() {
            let record = record?;
            if deltas == Deltas::Consecutive && i64::from(record.offset_delta) != i64::from(found.count) {
                let fault =
                    RecordFault::OffsetDelta { expected: i64::from(found.count), found: record.offset_delta };
                return Err(BatchError::Record { index: found.count, fault });
            }
            let time = record.timestamp(&self.header);
            if found.count == 0 || time > found.max_timestamp {
                found.max_timestamp = time;
                found.max_timestamp_delta = record.offset_delta;
            }
            if found.count == 0 || time < found.min_timestamp {
                found.min_timestamp = time;
            }
            found.count += 1;
        }
        let count = self.header.record_count;
        let last_offset_delta = self.header.last_offset_delta;
        if deltas == Deltas::Consecutive && i64::from(count) != i64::from(last_offset_delta) + 1 {
            return Err(BatchError::BadCount { count, last_offset_delta });
        }
        Ok(found)
    }
}

impl<'a> IntoIterator for &'a Records {
    type Item = Result<RecordRef<'a>, BatchError>;
    type IntoIter = RecordIter<'a>;

    fn into_iter(self) -> RecordIter<'a> {
        self.iter()
    }
}

/// One record, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordRef<'a> {
    /// Offset minus the batch's base offset.
    pub offset_delta: i32,
    /// Timestamp minus the batch's base timestamp, milliseconds.
    pub timestamp_delta: i64,
    /// The key, if there is one.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    headers: Headers<'a>,
}

impl<'a> RecordRef<'a> {
    /// The record headers, in order. They were checked with the record, so walking them cannot fail.
    pub fn headers(&self) -> Headers<'a> {
        self.headers
    }

    /// The record's offset in its log.
    pub fn offset(&self, header: &BatchHeader) -> i64 {
        header.base_offset.saturating_add(i64::from(self.offset_delta))
    }

    /// The record's time in Unix milliseconds: its own, or the batch's append time. Wraps on overflow, as in Java.
    pub fn timestamp(&self, header: &BatchHeader) -> i64 {
        match header.timestamp_type() {
            TimestampType::LogAppendTime => header.max_timestamp,
            TimestampType::CreateTime => header.base_timestamp.wrapping_add(self.timestamp_delta),
        }
    }
}

/// The headers of one record: key (UTF-8) and value. KIP-82.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Headers<'a> {
    rest: &'a [u8],
    left: u32,
}

impl Headers<'_> {
    /// How many are left.
    pub fn len(&self) -> usize {
        self.left as usize
    }

    /// None left.
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let mut cursor = Cursor { rest: self.rest };
        let header = cursor.header().ok(); // checked by Cursor::headers before
        self.rest = cursor.rest;
        header
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

impl ExactSizeIterator for Headers<'_> {}

/// Iterator of [`Records::iter`].
#[derive(Debug, Clone)]
pub struct RecordIter<'a> {
    header: &'a BatchHeader,
    rest: &'a [u8],
    index: u32,
    due_delta: i64,
    done: bool,
}

impl<'a> RecordIter<'a> {
    fn step(&mut self) -> Result<Option<RecordRef<'a>>, BatchError> {
        let count = self.header.record_count;
        if i64::from(self.index) >= i64::from(count) {
            return match self.rest.len() {
                0 => Ok(None),
                bytes => Err(BatchError::BytesAfterRecords { bytes, count }),
            };
        }
        let fail = |fault| BatchError::Record { index: self.index, fault };
        let mut cursor = Cursor { rest: self.rest };
        let record = cursor.record().map_err(fail)?;
        let delta = i64::from(record.offset_delta);
        if delta < self.due_delta || delta > i64::from(self.header.last_offset_delta) {
            let fault = RecordFault::OffsetDelta { expected: self.due_delta, found: record.offset_delta };
            return Err(fail(fault));
        }
        self.rest = cursor.rest;
        self.due_delta = delta + 1;
        self.index += 1;
        Ok(Some(record))
    }
}

impl<'a> Iterator for RecordIter<'a> {
    type Item = Result<RecordRef<'a>, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let item = self.step().transpose();
        self.done = !matches!(item, Some(Ok(_)));
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = i64::from(self.header.record_count) - i64::from(self.index);
        let most = usize::try_from(left).unwrap_or(0).min(self.rest.len() / RECORD_BYTES_MIN);
        (0, Some(most + 1)) // one for an error at the end
    }
}

impl std::iter::FusedIterator for RecordIter<'_> {}

/// Reads fields off the front of a slice.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl From<VarintError> for RecordFault {
    fn from(e: VarintError) -> Self {
        match e {
            VarintError::CutShort => RecordFault::CutShort,
            VarintError::TooLong => RecordFault::Varint,
        }
    }
}

impl<'a> Cursor<'a> {
    fn varint(&mut self) -> Result<i32, RecordFault> {
        let (value, n) = read_varint(self.rest)?;
        self.rest = &self.rest[n..];
        Ok(value)
    }

    fn varlong(&mut self) -> Result<i64, RecordFault> {
        let (value, n) = read_varlong(self.rest)?;
        self.rest = &self.rest[n..];
        Ok(value)
    }

    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.rest.split_at_checked(n)?;
        self.rest = tail;
        Some(head)
    }

    /// A length and that many bytes; -1 is null.
    fn nullable(&mut self, what: &'static str) -> Result<Option<&'a [u8]>, RecordFault> {
        let length = self.varint()?;
        if length == -1 {
            return Ok(None);
        }
        let bytes = usize::try_from(length).ok().and_then(|n| self.take(n));
        bytes.map(Some).ok_or(RecordFault::FieldLength { what, length })
    }

    fn header(&mut self) -> Result<(&'a [u8], Option<&'a [u8]>), RecordFault> {
        let key = self.nullable("header key")?;
        let key = key.ok_or(RecordFault::FieldLength { what: "header key", length: -1 })?;
        Ok((key, self.nullable("header value")?))
    }

    fn headers(&mut self) -> Result<Headers<'a>, RecordFault> {
        let length = self.varint()?;
        let impossible = RecordFault::FieldLength { what: "header count", length };
        let left = u32::try_from(length).map_err(|_| impossible)?;
        if left as usize > self.rest.len() / 2 {
            return Err(impossible); // a header takes two bytes at least
        }
        let headers = Headers { rest: self.rest, left };
        for _ in 0..left {
            let (key, _) = self.header()?;
            if std::str::from_utf8(key).is_err() {
                return Err(RecordFault::HeaderKey);
            }
        }
        Ok(headers)
    }

    fn record(&mut self) -> Result<RecordRef<'a>, RecordFault> {
        let length = self.varint()?;
        let body = usize::try_from(length).ok().and_then(|n| self.take(n));
        let mut body = Cursor { rest: body.ok_or(RecordFault::Length(length))? };
        body.take(1).ok_or(RecordFault::CutShort)?; // record attributes: unused by every Kafka so far
        let timestamp_delta = body.varlong()?;
        let offset_delta = body.varint()?;
        let key = body.nullable("key")?;
        let value = body.nullable("value")?;
        let headers = body.headers()?;
        if !body.rest.is_empty() {
            return Err(RecordFault::LeftOver(body.rest.len()));
        }
        Ok(RecordRef { offset_delta, timestamp_delta, key, value, headers })
    }
}
