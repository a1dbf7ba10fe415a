//! Makes batches: for the broker's own topics, for quarantine, for clients and tests.

use crate::batch::Batch;
use crate::codec::{self, SnappyFraming};
use crate::error::BatchError;
use crate::header::{BatchHeader, Compression, MAGIC, TimestampType};
use crate::records::RecordRef;
use crate::varint::{varint_len, varlong_len, write_varint, write_varlong};

/// Collects records, then builds one batch.
///
/// ```
/// # use assay_record::*;
/// let mut builder = BatchBuilder::new(Compression::Zstd);
/// builder.push(1_700_000_000_000, Some(b"k"), Some(b"v"), &[]);
/// let batch = builder.build()?;
/// assert_eq!(batch.header().record_count, 1);
/// # Ok::<(), BatchError>(())
/// ```
#[derive(Debug, Clone)]
pub struct BatchBuilder {
    compression: Compression,
    snappy: SnappyFraming,
    timestamps: TimestampType,
    transactional: bool,
    control: bool,
    base_offset: i64,
    leader_epoch: i32,
    producer: (i64, i16, i32),
    base_timestamp: Option<i64>,
    max_timestamp: i64,
    last_offset_delta: Option<i32>,
    next_delta: i64,
    count: i64,
    body: Vec<u8>,
}

impl BatchBuilder {
    /// An empty batch at offset 0, without a producer id, timestamps by the creator.
    pub fn new(compression: Compression) -> BatchBuilder {
        BatchBuilder {
            compression,
            snappy: SnappyFraming::Xerial,
            timestamps: TimestampType::CreateTime,
            transactional: false,
            control: false,
            base_offset: 0,
            leader_epoch: -1,
            producer: (-1, -1, -1),
            base_timestamp: None,
            max_timestamp: -1,
            last_offset_delta: None,
            next_delta: 0,
            count: 0,
            body: Vec::new(),
        }
    }

    /// Starts from the header of another batch: same codec, producer, sequence, offsets, times; no records yet.
    /// For dropping records from a batch while keeping its offsets and sequences, as compaction does.
    ///
    /// # Errors
    /// `UnknownCodec`.
    pub fn like(header: &BatchHeader) -> Result<BatchBuilder, BatchError> {
        let mut builder = BatchBuilder::new(header.compression()?);
        builder.timestamps = header.timestamp_type();
        builder.transactional = header.is_transactional();
        builder.control = header.is_control();
        builder.base_offset = header.base_offset;
        builder.leader_epoch = header.partition_leader_epoch;
        builder.producer = (header.producer_id, header.producer_epoch, header.base_sequence);
        builder.base_timestamp = Some(header.base_timestamp);
        builder.last_offset_delta = Some(header.last_offset_delta);
        if builder.timestamps == TimestampType::LogAppendTime {
            builder.max_timestamp = header.max_timestamp;
        }
        Ok(builder)
    }

    /// Producer id, epoch and the sequence of the first record.
    pub fn producer(&mut self, id: i64, epoch: i16, base_sequence: i32) -> &mut Self {
        self.producer = (id, epoch, base_sequence);
        self
    }

    /// Where the batch stands in its log.
    pub fn base_offset(&mut self, base_offset: i64) -> &mut Self {
        self.base_offset = base_offset;
        self
    }

    /// The leader epoch it is appended under.
    pub fn leader_epoch(&mut self, leader_epoch: i32) -> &mut Self {
        self.leader_epoch = leader_epoch;
        self
    }

    /// Marks the batch as part of a transaction.
    pub fn transactional(&mut self) -> &mut Self {
        self.transactional = true;
        self
    }

    /// Marks the batch as a control batch.
    pub fn control(&mut self) -> &mut Self {
        self.control = true;
        self
    }

    /// Sets the append-time bit and the one time all records have.
    pub fn log_append_time(&mut self, time_ms: i64) -> &mut Self {
        self.timestamps = TimestampType::LogAppendTime;
        self.max_timestamp = time_ms;
        self
    }

    /// Which snappy format to write; readers take both.
    pub fn snappy_framing(&mut self, framing: SnappyFraming) -> &mut Self {
        self.snappy = framing;
        self
    }

    /// How many records so far.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// No records yet.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes of the records so far, before compression.
    pub fn body_bytes(&self) -> usize {
        self.body.len()
    }

    /// Appends a record at the next offset. Time in Unix milliseconds.
    pub fn push(
        &mut self,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[(&[u8], Option<&[u8]>)],
    ) -> &mut Self {
        self.push_at(self.next_delta, timestamp, key, value, headers.iter().copied())
    }

    /// Appends a record at an offset delta of the caller's choice, above those before; the offsets between stay empty. Time in
    /// Unix milliseconds.
    pub fn push_after_gap<'h>(
        &mut self,
        delta: i32,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: impl Iterator<Item = (&'h [u8], Option<&'h [u8]>)> + Clone,
    ) -> &mut Self {
        debug_assert!(i64::from(delta) >= self.next_delta, "offset deltas ascend");
        self.push_at(i64::from(delta), timestamp, key, value, headers)
    }

    /// Appends a record of another batch with the offset delta and time it had there.
    pub fn push_record(&mut self, record: &RecordRef<'_>, of: &BatchHeader) -> &mut Self {
        let timestamp = of.base_timestamp.wrapping_add(record.timestamp_delta);
        self.push_at(i64::from(record.offset_delta), timestamp, record.key, record.value, record.headers())
    }

    fn push_at<'h>(
        &mut self,
        delta: i64,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: impl Iterator<Item = (&'h [u8], Option<&'h [u8]>)> + Clone,
    ) -> &mut Self {
        let base = *self.base_timestamp.get_or_insert(timestamp);
        if self.timestamps == TimestampType::CreateTime {
            self.max_timestamp = self.max_timestamp.max(timestamp);
        }
        let time_delta = timestamp.wrapping_sub(base);
        let count = headers.clone().count();
        let mut length =
            1 + varlong_len(time_delta) + varint_len(delta as i32) + field_len(key) + field_len(value);
        length += varint_len(count as i32);
        length += headers.clone().map(|(k, v)| field_len(Some(k)) + field_len(v)).sum::<usize>();
        let body = &mut self.body;
        write_varint(body, length as i32);
        body.push(0);
        write_varlong(body, time_delta);
        write_varint(body, delta as i32);
        write_field(body, key);
        write_field(body, value);
        write_varint(body, count as i32);
        for (k, v) in headers {
            write_field(body, Some(k));
            write_field(body, v);
        }
        self.next_delta = delta + 1;
        self.count += 1;
        self
    }

    /// Compresses and seals the batch. One without records is not compressed, whatever the codec.
    ///
    /// # Errors
    /// `TooLarge` when it does not fit 32-bit lengths and counts (checked here, so `push` needs no error);
    /// `Codec` if the compressor fails.
    pub fn build(&self) -> Result<Batch, BatchError> {
        if i32::try_from(self.body.len()).is_err() {
            return Err(BatchError::TooLarge("records"));
        }
        let record_count = i32::try_from(self.count).map_err(|_| BatchError::TooLarge("record count"))?;
        let last = i32::try_from(self.next_delta - 1).map_err(|_| BatchError::TooLarge("offset delta"))?;
        let (producer_id, producer_epoch, base_sequence) = self.producer;
        // A compressed stream of nothing makes librdkafka abort (gzip, lz4, zstd) or try forever (snappy): an empty batch has no codec.
        let compression = if self.count == 0 { Compression::None } else { self.compression };
        let header = BatchHeader {
            base_offset: self.base_offset,
            batch_length: 0,
            partition_leader_epoch: self.leader_epoch,
            magic: MAGIC,
            crc: 0,
            attributes: BatchHeader::attributes_of(
                compression,
                self.timestamps,
                self.transactional,
                self.control,
            ),
            last_offset_delta: self.last_offset_delta.unwrap_or(last).max(last).max(0),
            base_timestamp: self.base_timestamp.unwrap_or(-1),
            max_timestamp: self.max_timestamp,
            producer_id,
            producer_epoch,
            base_sequence,
            record_count,
        };
        Batch::assemble(header, &codec::compress(compression, &self.body, self.snappy)?)
    }
}

fn field_len(field: Option<&[u8]>) -> usize {
    field.map_or(1, |bytes| varint_len(bytes.len() as i32) + bytes.len())
}

fn write_field(out: &mut Vec<u8>, field: Option<&[u8]>) {
    match field {
        None => write_varint(out, -1),
        Some(bytes) => {
            write_varint(out, bytes.len() as i32);
            out.extend_from_slice(bytes);
        }
    }
}
