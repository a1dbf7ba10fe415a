//! The log through its public surface, on real files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test helpers")]

use assay_log::{AtLeastOne, LogConfig, LogError, PartitionLog};
use assay_record::{Batch, BatchBuilder, Compression, split_batches};

fn batch(records: usize, time: i64) -> Batch {
    let mut builder = BatchBuilder::new(Compression::None);
    for i in 0..records {
        builder.push(time + i as i64, Some(format!("k{i}").as_bytes()), Some(&[7; 100]), &[]);
    }
    builder.build().unwrap()
}

fn offsets(bytes: bytes::Bytes) -> Vec<(i64, i64)> {
    split_batches(bytes)
        .map(|b| b.unwrap())
        .map(|b| (b.header().base_offset, b.header().last_offset()))
        .collect()
}

#[test]
fn append_read_close_open() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("orders-0");
    let (mut log, report) = PartitionLog::open(&path, LogConfig::default(), false).unwrap();
    assert!(report.is_whole());
    for i in 0..10 {
        let info = log.append(&batch(3, 1000 * i), 0).unwrap();
        assert_eq!((info.base_offset, info.last_offset), (3 * i, 3 * i + 2));
    }
    assert_eq!(log.log_end_offset(), 30);
    assert_eq!(log.flushed_offset(), 0);
    assert_eq!(log.flusher().flush().unwrap(), 30);
    assert_eq!(log.flushed_offset(), 30);
    let all = log.read(0, 1 << 20, AtLeastOne::Yes).unwrap();
    assert_eq!(offsets(all).len(), 10);
    assert_eq!(offsets(log.read(7, 1, AtLeastOne::Yes).unwrap()), [(6, 8)]);
    assert!(log.read(7, 1, AtLeastOne::No).unwrap().is_empty());
    assert!(log.read(30, 1, AtLeastOne::Yes).unwrap().is_empty());
    assert!(matches!(log.read(31, 1, AtLeastOne::Yes), Err(LogError::OutOfRange { .. })));
    log.close().unwrap();
    for clean in [true, false] {
        let (log, report) = PartitionLog::open(&path, LogConfig::default(), clean).unwrap();
        assert!(report.is_whole());
        assert_eq!(report.scanned_bytes == 0, clean);
        assert_eq!(log.log_end_offset(), 30);
        assert_eq!(log.batches(0).count(), 10);
        assert_eq!(log.batches(4).next().unwrap().unwrap().base_offset, 3);
        log.close().unwrap();
    }
}
