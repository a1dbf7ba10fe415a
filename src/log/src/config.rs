//! What can be set per log, named as Kafka names it.

use assay_record::InflateLimits;

/// Settings of one partition log; may be replaced while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// `segment.bytes`: a segment is closed before it would pass this. At most `i32::MAX`, as positions are 32-bit.
    pub segment_bytes: u32,
    /// `segment.ms`: a segment is closed when a batch is this much newer than its first. Milliseconds.
    pub segment_ms: u64,
    /// `segment.index.bytes`: a segment is closed when an index of this size is full.
    pub segment_index_bytes: u32,
    /// `index.interval.bytes`: about how many log bytes stand between two index entries.
    pub index_interval_bytes: u32,
    /// `retention.ms`; `None` keeps for ever.
    pub retention_ms: Option<u64>,
    /// `retention.bytes`; `None` keeps all.
    pub retention_bytes: Option<u64>,
    /// `max.message.bytes`: the largest batch accepted.
    pub max_message_bytes: u32,
    /// Cap on inflating a batch when a timestamp is looked up in it.
    pub inflate: InflateLimits,
}

impl Default for LogConfig {
    /// Kafka's defaults.
    fn default() -> Self {
        LogConfig {
            segment_bytes: 1 << 30,
            segment_ms: 7 * 24 * 3_600_000,
            segment_index_bytes: 10 << 20,
            index_interval_bytes: 4096,
            retention_ms: Some(7 * 24 * 3_600_000),
            retention_bytes: None,
            max_message_bytes: 1_048_588,
            inflate: InflateLimits::default(),
        }
    }
}

impl LogConfig {
    /// `segment_bytes` as far as the format can go.
    pub(crate) fn segment_bytes_max(&self) -> u64 {
        u64::from(self.segment_bytes.min(i32::MAX as u32))
    }

    /// Most entries in an offset index (8 bytes each); the time index (12 bytes each) is the shorter one.
    pub(crate) fn index_entries_max(&self) -> usize {
        (self.segment_index_bytes as usize / 12).max(1)
    }
}
