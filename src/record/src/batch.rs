//! One batch as the bytes it arrived in, and cutting a run of bytes into batches.

use bytes::{Bytes, BytesMut};

use crate::codec::{self, InflateLimits};
use crate::error::BatchError;
use crate::header::{AT_ATTRIBUTES, AT_EPOCH, BatchHeader, HEADER_BYTES, crc_of};
use crate::records::Records;

/// Exactly one v2 batch: header parsed, length exact. The CRC and the records are checked on request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    header: BatchHeader,
    raw: Bytes,
}

impl Batch {
    /// Takes bytes that are one batch and nothing else. Looks at the header only.
    ///
    /// # Errors
    /// `Magic`, `TooShort`, `BadLength`, `TrailingBytes`.
    pub fn parse(raw: Bytes) -> Result<Batch, BatchError> {
        let header = BatchHeader::parse(&raw)?;
        let need = header.size_in_bytes();
        if raw.len() < need {
            return Err(BatchError::TooShort { have: raw.len(), need });
        }
        if raw.len() > need {
            return Err(BatchError::TrailingBytes(raw.len() - need));
        }
        Ok(Batch { header, raw })
    }

    /// The fixed header.
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The whole batch.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// The whole batch, by value.
    pub fn into_raw(self) -> Bytes {
        self.raw
    }

    /// The records as they travel: after the header, maybe compressed.
    pub fn payload(&self) -> &[u8] {
        &self.raw[HEADER_BYTES..] // parse() saw at least a header
    }

    /// Compares the CRC-32C of the header with that of the bytes.
    ///
    /// # Errors
    /// `Crc`.
    pub fn verify_crc(&self) -> Result<(), BatchError> {
        let computed = crc_fast::crc32_iscsi(&self.raw[AT_ATTRIBUTES..]); // iSCSI is CRC-32C
        if computed == self.header.crc {
            Ok(())
        } else {
            Err(BatchError::Crc { stored: self.header.crc, computed })
        }
    }

    /// Inflates the records, never past the cap. Plain records are shared, not copied.
    ///
    /// # Errors
    /// `UnknownCodec`, `Codec`, `InflatedTooLarge`, `BadCount` (negative or more than the offset range holds).
    pub fn records(&self, limits: &InflateLimits) -> Result<Records, BatchError> {
        let codec = self.header.compression()?;
        Records::check_count(&self.header)?;
        let inflated = codec::inflate(codec, &self.raw.slice(HEADER_BYTES..), limits)?;
        Ok(Records::new(self.header, inflated))
    }

    /// The same batch at another place in a log: base offset and leader epoch, both outside the CRC.
    /// Copies only when the bytes are shared.
    #[must_use]
    pub fn at(self, base_offset: i64, leader_epoch: i32) -> Batch {
        let mut header = self.header;
        header.base_offset = base_offset;
        header.partition_leader_epoch = leader_epoch;
        let raw = rewrite(self.raw, |raw| patch(raw, base_offset, leader_epoch));
        Batch { header, raw }
    }

    /// The same batch stamped by the broker: append-time bit, `max_timestamp`, new CRC.
    /// Source: `message.timestamp.type=LogAppendTime`, KIP-32.
    #[must_use]
    pub fn with_log_append_time(self, time_ms: i64) -> Batch {
        let mut header = self.header;
        header.set_log_append_time(time_ms);
        self.with_header(header)
    }

    /// The same batch with the largest timestamp its records really have, and a new CRC.
    #[must_use]
    pub fn with_max_timestamp(self, max_timestamp: i64) -> Batch {
        let mut header = self.header;
        header.max_timestamp = max_timestamp;
        self.with_header(header)
    }

    /// Replaces the header (same length) and computes the CRC anew.
    fn with_header(self, mut header: BatchHeader) -> Batch {
        debug_assert_eq!(header.batch_length, self.header.batch_length);
        header.crc = crc_of(&header.to_bytes(), self.payload());
        let fixed = header.to_bytes();
        let raw = rewrite(self.raw, |raw| {
            if let Some(front) = raw.get_mut(..HEADER_BYTES) {
                front.copy_from_slice(&fixed);
            }
        });
        Batch { header, raw }
    }

    pub(crate) fn assemble(mut header: BatchHeader, payload: &[u8]) -> Result<Batch, BatchError> {
        let length = HEADER_BYTES - crate::header::LOG_OVERHEAD_BYTES + payload.len();
        header.batch_length = i32::try_from(length).map_err(|_| BatchError::TooLarge("batch length"))?;
        header.crc = crc_of(&header.to_bytes(), payload);
        let mut raw = BytesMut::with_capacity(HEADER_BYTES + payload.len());
        raw.extend_from_slice(&header.to_bytes());
        raw.extend_from_slice(payload);
        Ok(Batch { header, raw: raw.freeze() })
    }
}

fn rewrite(raw: Bytes, change: impl FnOnce(&mut [u8])) -> Bytes {
    let mut own = raw.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]));
    change(&mut own);
    own.freeze()
}

fn patch(raw: &mut [u8], base_offset: i64, leader_epoch: i32) {
    if raw.len() >= HEADER_BYTES {
        raw[0..8].copy_from_slice(&base_offset.to_be_bytes());
        raw[AT_EPOCH..AT_EPOCH + 4].copy_from_slice(&leader_epoch.to_be_bytes());
    }
}

/// Writes base offset and leader epoch into the batch at the front of `raw`, in place; the CRC does not cover them.
/// Bytes too short for a header are left alone.
pub fn patch_offset_epoch(raw: &mut BytesMut, base_offset: i64, leader_epoch: i32) {
    patch(raw, base_offset, leader_epoch);
}

/// Cuts `bytes` into the batches it holds, sharing them. Ends at the end of the bytes; a batch that does not
/// parse or is cut short is one `Err`, and the last item.
pub fn split_batches(bytes: Bytes) -> SplitBatches {
    SplitBatches { rest: bytes }
}

/// Iterator of [`split_batches`].
#[derive(Debug, Clone)]
pub struct SplitBatches {
    rest: Bytes,
}

impl SplitBatches {
    /// What has not been cut off yet.
    pub fn rest(&self) -> &Bytes {
        &self.rest
    }

    fn cut(&mut self) -> Result<Batch, BatchError> {
        let header = BatchHeader::parse(&self.rest)?;
        let need = header.size_in_bytes();
        if self.rest.len() < need {
            return Err(BatchError::TooShort { have: self.rest.len(), need });
        }
        Ok(Batch { header, raw: self.rest.split_to(need) })
    }
}

impl Iterator for SplitBatches {
    type Item = Result<Batch, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let cut = self.cut();
        if cut.is_err() {
            self.rest = Bytes::new();
        }
        Some(cut)
    }
}

impl std::iter::FusedIterator for SplitBatches {}
