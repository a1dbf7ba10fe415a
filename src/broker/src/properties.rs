//! Properties of what this crate reads back from disk, for the fuzz targets and the tests. Not an interface.

use crate::groups::{GroupLimits, GroupLoader};
use crate::metadata::replay_bytes;
use crate::partition::Producers;

/// Any bytes as a producer snapshot: never panics; what is read survives writing and reading again.
///
/// # Panics
/// When the property does not hold.
pub fn producer_snapshot(bytes: &[u8]) {
    if let Some((producers, log_end)) = Producers::from_snapshot(bytes, 100) {
        let again = Producers::from_snapshot(&producers.snapshot(log_end), 100);
        assert_eq!(again, Some((producers, log_end)));
    }
}

/// Any bytes as the metadata journal: never panics, and reading a prefix of whole frames gives no error.
pub fn metadata_journal(bytes: &[u8]) {
    replay_bytes(bytes);
    let mut framed = b"ASSAYMD1".to_vec();
    framed.extend(u32::try_from(bytes.len()).unwrap_or(0).to_le_bytes());
    framed.extend(crc32c::crc32c(bytes).to_le_bytes());
    framed.extend(bytes);
    replay_bytes(&framed);
}

/// Any bytes as key and value of a record of `__consumer_offsets`: never panics; what is understood can be written.
pub fn offsets_record(bytes: &[u8]) {
    let limits = GroupLimits { members_max: 10, bytes_max: 1000, initial_delay_ms: 0 };
    let mut loader = GroupLoader::new(limits, 0);
    let (key, value) = bytes.split_at(bytes.len().min(usize::from(bytes.first().copied().unwrap_or(0))));
    loader.record(Some(key), Some(value));
    loader.record(Some(b"\0\x02\0\x01g"), Some(bytes));
    loader.record(Some(b"\0\x01\0\x01g\0\x01t\0\0\0\0"), Some(bytes));
    for group in loader.finish().into_values() {
        let (key, value) = group.record();
        let mut again = GroupLoader::new(limits, 0);
        again.record(Some(&key), value.as_deref());
        assert_eq!(again.skipped, 0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            super::producer_snapshot(&bytes);
            super::metadata_journal(&bytes);
            super::offsets_record(&bytes);
        }

        #[test]
        fn json_like(text in "\\{\"type\":\"(topic_created|producer_ids|partitions)\",\"(next|id|topic)\":[-0-9a-f\"{}]{0,40}\\}") {
            super::metadata_journal(text.as_bytes());
        }
    }
}
