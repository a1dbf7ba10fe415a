//! The log through its public surface, on real files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test helpers")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use assay_log::{AtLeastOne, LogConfig, LogError, PartitionLog, TimedOffset};
use assay_record::{Batch, BatchBuilder, Compression, split_batches};

struct Fixture {
    _root: tempfile::TempDir,
    dir: PathBuf,
}

impl Fixture {
    fn new() -> Fixture {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("kafka").join("orders-0");
        Fixture { _root: root, dir }
    }

    fn open(&self, config: &LogConfig, clean: bool) -> PartitionLog {
        PartitionLog::open(&self.dir, config.clone(), clean).unwrap().0
    }

    fn names(&self, extension: &str) -> Vec<String> {
        let listed =
            std::fs::read_dir(&self.dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = listed.filter(|n| n.ends_with(extension)).collect();
        names.sort();
        names
    }
}

/// Three records of about 100 bytes, one millisecond apart.
fn batch(time: i64) -> Batch {
    timed(Compression::None, &[time, time + 1, time + 2])
}

fn timed(codec: Compression, times: &[i64]) -> Batch {
    let mut builder = BatchBuilder::new(codec);
    for time in times {
        builder.push(*time, Some(b"key"), Some(&[7; 100]), &[]);
    }
    builder.build().unwrap()
}

fn small() -> LogConfig {
    LogConfig { segment_bytes: 2000, index_interval_bytes: 100, retention_ms: None, ..LogConfig::default() }
}

fn offsets(bytes: bytes::Bytes) -> Vec<(i64, i64)> {
    split_batches(bytes)
        .map(|b| b.unwrap())
        .map(|b| (b.header().base_offset, b.header().last_offset()))
        .collect()
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

#[test]
fn append_read_close_open() {
    let at = Fixture::new();
    let mut log = at.open(&LogConfig::default(), false);
    for i in 0..10 {
        let info = log.append(&batch(1000 * i), 0).unwrap();
        assert_eq!((info.base_offset, info.last_offset, info.rolled), (3 * i, 3 * i + 2, false));
    }
    assert_eq!((log.log_end_offset(), log.flushed_offset()), (30, 0));
    assert_eq!(log.flusher().flush_to(1).unwrap(), 30);
    assert_eq!(log.flushed_offset(), 30);
    assert_eq!(offsets(log.read(0, 1 << 20, AtLeastOne::Yes).unwrap()).len(), 10);
    assert_eq!(offsets(log.read(7, 1, AtLeastOne::Yes).unwrap()), [(6, 8)]);
    assert!(log.read(7, 1, AtLeastOne::No).unwrap().is_empty());
    assert_eq!(offsets(log.reader().read_below(0, 6, 1 << 20, AtLeastOne::Yes).unwrap()), [(0, 2), (3, 5)]);
    assert!(log.read(30, 1, AtLeastOne::Yes).unwrap().is_empty());
    for outside in [-1, 31, i64::MAX, i64::MIN] {
        assert!(matches!(log.read(outside, 1, AtLeastOne::Yes), Err(LogError::OutOfRange { .. })));
    }
    let reader = log.reader();
    log.close().unwrap();
    assert!(matches!(reader.read(0, 1, AtLeastOne::Yes), Err(LogError::Closed { .. })));
    for clean in [true, false] {
        let (log, report) = PartitionLog::open(&at.dir, LogConfig::default(), clean).unwrap();
        assert!(report.is_whole());
        assert_eq!(report.scanned_bytes == 0, clean);
        assert_eq!(log.log_end_offset(), 30);
        assert_eq!(log.batches(0).count(), 10);
        assert_eq!(log.batches(4).next().unwrap().unwrap().base_offset, 3);
        log.close().unwrap();
    }
}

#[test]
fn what_is_stored_is_what_was_sent_but_for_offset_and_epoch() {
    let at = Fixture::new();
    let mut log = at.open(&small(), false);
    log.append(&batch(5), 0).unwrap();
    let sent = timed(Compression::Zstd, &[1, 2]);
    log.append(&sent, 9).unwrap();
    let stored = Batch::parse(log.read(3, 1, AtLeastOne::Yes).unwrap()).unwrap();
    stored.verify_crc().unwrap();
    assert_eq!(stored.raw()[16..], sent.raw()[16..]);
    assert_eq!((stored.header().base_offset, stored.header().partition_leader_epoch), (3, 9));
    let stamped = sent.with_log_append_time(77);
    assert_eq!(log.append(&stamped, 9).unwrap().log_append_time, Some(77));
}

#[test]
fn segments_roll_by_size_time_and_count_as_kafkas() {
    let at = Fixture::new();
    let mut log = at.open(&small(), false);
    for i in 0..20 {
        log.append(&batch(i), 0).unwrap();
    }
    let logs = at.names(".log");
    assert!(logs.len() > 3, "{logs:?}");
    assert!(logs.iter().all(|name| size(&at.dir.join(name)) <= 2000));
    assert_eq!(logs[0], "00000000000000000000.log");
    log.flusher().flush().unwrap();
    for name in &logs[..logs.len() - 1] {
        let index = size(&at.dir.join(name.replace(".log", ".index")));
        let times = size(&at.dir.join(name.replace(".log", ".timeindex")));
        assert!(
            index > 0 && index.is_multiple_of(8) && times > 0 && times.is_multiple_of(12),
            "{name}: sealed by the flush"
        );
    }
    for from in 0..60 {
        let first = offsets(log.read(from, 1, AtLeastOne::Yes).unwrap())[0];
        assert!(first.0 <= from && from <= first.1, "{from}: {first:?}");
    }
    let before = at.names(".log").len();
    log.set_config(LogConfig { segment_ms: 1000, segment_bytes: 1 << 20, ..small() });
    assert!(log.append(&batch(5000), 0).unwrap().rolled, "by time");
    assert!(!log.append(&batch(5500), 0).unwrap().rolled);
    assert!(!log.append(&batch(-1), 0).unwrap().rolled, "no time, no age");
    log.set_config(LogConfig { segment_index_bytes: 24, segment_bytes: 1 << 20, ..small() });
    let rolled = (0..8).any(|_| log.append(&batch(5500), 0).unwrap().rolled);
    assert!(rolled, "by full index");
    assert!(at.names(".log").len() >= before + 2);
    let end = log.log_end_offset();
    drop(log);
    assert_eq!(at.open(&small(), false).batches(0).map(|h| h.unwrap().next_offset()).last(), Some(end));
}

#[test]
fn sizes_are_limited_by_name() {
    let at = Fixture::new();
    let mut log = at.open(&LogConfig { max_message_bytes: 300, ..small() }, false);
    let refused = log.append(&batch(0), 0).unwrap_err();
    assert!(matches!(refused, LogError::BatchTooLarge { limit_name: "max.message.bytes", .. }), "{refused}");
    log.set_config(LogConfig { segment_bytes: 200, ..small() });
    let refused = log.append(&batch(0), 0).unwrap_err();
    assert!(matches!(refused, LogError::BatchTooLarge { limit_name: "segment.bytes", .. }), "{refused}");
    assert_eq!((log.log_end_offset(), log.is_offline()), (0, false));
}

#[test]
fn offsets_by_time() {
    let at = Fixture::new();
    let mut log = at.open(&small(), false);
    assert_eq!(log.offset_for_timestamp(0).unwrap(), None);
    assert_eq!(log.max_timestamp_offset().unwrap(), None);
    for i in 0..30 {
        let codec = Compression::ALL[i as usize % 5];
        log.append(&timed(codec, &[100 * i, 100 * i + 1, 100 * i + 2]), i as i32 / 10).unwrap();
    }
    log.append(&timed(Compression::None, &[50, 7000, 60]), 3).unwrap();
    log.append(&timed(Compression::None, &[6999, 7000]), 3).unwrap();
    let hit = |offset, timestamp, leader_epoch| Some(TimedOffset { offset, timestamp, leader_epoch });
    for (reopen, clean) in [(false, false), (true, true), (true, false)] {
        if reopen {
            log.close().unwrap();
            log = at.open(&small(), clean);
        }
        for (time, expected) in [
            (-5, hit(0, 0, 0)),
            (0, hit(0, 0, 0)),
            (1, hit(1, 1, 0)),
            (3, hit(3, 100, 0)),
            (1502, hit(47, 1502, 1)),
            (1503, hit(48, 1600, 1)),
            (2902, hit(89, 2902, 2)),
            (2903, hit(91, 7000, 3)),
            (7000, hit(91, 7000, 3)),
            (7001, None),
        ] {
            assert_eq!(log.offset_for_timestamp(time).unwrap(), expected, "time {time}, clean {clean}");
        }
        assert_eq!(log.max_timestamp_offset().unwrap(), hit(91, 7000, 3));
    }
    log.truncate_prefix(92).unwrap();
    assert_eq!(log.offset_for_timestamp(0).unwrap(), hit(92, 60, 3));
}

#[test]
fn retention_by_time_size_and_request() {
    let at = Fixture::new();
    let mut log = at.open(&small(), false);
    for i in 0..30 {
        log.append(&batch(1000 * i), 0).unwrap();
    }
    let all = log.size_bytes();
    assert_eq!(log.delete_old(i64::MAX).unwrap().segments, 0, "kept for ever");
    log.set_config(LogConfig { retention_bytes: Some(all - 2000), ..small() });
    let gone = log.delete_old(0).unwrap();
    assert!(gone.segments == 1 && log.size_bytes() >= all - 2000, "{gone:?}");
    assert_eq!(log.log_start_offset(), gone.log_start_offset);
    assert!(matches!(log.read(0, 1, AtLeastOne::Yes), Err(LogError::OutOfRange { .. })));
    log.set_config(LogConfig { retention_ms: Some(1000), ..small() });
    let gone = log.delete_old(16_500).unwrap();
    assert!(gone.segments >= 1);
    let oldest = log.batches(0).next().unwrap().unwrap();
    assert!(oldest.base_offset == log.log_start_offset());
    let within = log.log_start_offset() + 4;
    assert_eq!(log.truncate_prefix(within).unwrap(), within);
    assert_eq!(log.truncate_prefix(1).unwrap(), within, "never back");
    assert!(matches!(log.truncate_prefix(91), Err(LogError::OutOfRange { .. })));
    let at_least = offsets(log.read(within, 1, AtLeastOne::Yes).unwrap())[0];
    assert!(at_least.0 < within && within <= at_least.1, "a batch is returned whole");
    drop(log);
    let mut log = at.open(&small(), false);
    assert_eq!((log.log_start_offset(), log.log_end_offset()), (within, 90));
    log.set_config(LogConfig { retention_ms: Some(1000), ..small() });
    log.delete_old(1_000_000).unwrap();
    assert_eq!((log.log_start_offset(), log.log_end_offset(), log.size_bytes()), (90, 90, 0), "all too old");
    assert_eq!(at.names(".log"), ["00000000000000000090.log"]);
    assert_eq!(log.append(&batch(0), 0).unwrap().base_offset, 90);
    log.close().unwrap();
    assert_eq!(at.open(&small(), true).log_start_offset(), 90);
}

#[test]
fn leader_epochs_survive_and_are_rebuilt() {
    let at = Fixture::new();
    let mut log = at.open(&small(), false);
    assert_eq!((log.latest_epoch(), log.end_of_epoch(0)), (None, None));
    for epoch in [0, 0, 2, 2, 5] {
        log.append(&batch(1), epoch).unwrap();
    }
    let path = at.dir.join("leader-epoch-checkpoint");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "0\n3\n0 0\n2 6\n5 12\n");
    let ends = |log: &PartitionLog| {
        [0, 1, 2, 3, 5].map(|e| log.end_of_epoch(e).unwrap()).map(|e| (e.epoch, e.end_offset))
    };
    let expected = [(0, 6), (0, 6), (2, 12), (2, 12), (5, 15)];
    assert_eq!(ends(&log), expected);
    assert_eq!(log.end_of_epoch(6), None);
    log.close().unwrap();
    for content in [None, Some(""), Some("0\n1\n9 999\n"), Some("\u{0}\u{0}\u{0}")] {
        match content {
            None => std::fs::remove_file(&path).unwrap(),
            Some(text) => std::fs::write(&path, text).unwrap(),
        }
        let log = at.open(&small(), false);
        assert_eq!(ends(&log), expected, "{content:?}");
        log.close().unwrap();
    }
}

#[test]
fn readers_see_whole_batches_in_order_while_the_log_grows() {
    let at = Fixture::new();
    let mut log = at.open(&LogConfig { segment_bytes: 20_000, ..small() }, false);
    let (reader, flusher) = (log.reader(), log.flusher());
    let done = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let consumers: Vec<_> = (0..3)
            .map(|n| {
                let (reader, done) = (reader.clone(), &done);
                threads.spawn(move || {
                    let mut next = 0;
                    while !done.load(Ordering::Acquire) || next < reader.log_end_offset() {
                        for batch in split_batches(reader.read(next, 500 << n, AtLeastOne::Yes).unwrap()) {
                            let batch = batch.unwrap();
                            batch.verify_crc().unwrap();
                            assert_eq!(batch.header().base_offset, next);
                            next = batch.header().next_offset();
                        }
                    }
                    next
                })
            })
            .collect();
        let syncer = threads.spawn(|| {
            while !done.load(Ordering::Acquire) {
                let before = reader.log_end_offset();
                assert!(flusher.flush().unwrap() >= before);
            }
        });
        for i in 0..2000 {
            log.append(&batch(i), 0).unwrap();
        }
        done.store(true, Ordering::Release);
        syncer.join().unwrap();
        for consumer in consumers {
            assert_eq!(consumer.join().unwrap(), 6000);
        }
    });
    log.close().unwrap();
    assert_eq!(at.open(&small(), true).log_end_offset(), 6000);
}

#[test]
fn what_does_not_belong_is_tidied_or_left() {
    let at = Fixture::new();
    at.open(&small(), false).close().unwrap();
    for name in
        ["00000000000000000005.index", "00000000000000000000.index.tmp", "partition.metadata", "notes.txt"]
    {
        std::fs::write(at.dir.join(name), b"x").unwrap();
    }
    std::fs::create_dir(at.dir.join("sub")).unwrap();
    let log = at.open(&small(), false);
    assert_eq!(at.names(".tmp"), [""; 0]);
    assert_eq!(at.names(".index"), ["00000000000000000000.index"]);
    assert_eq!(at.names("metadata").len() + at.names(".txt").len() + at.names("sub").len(), 3);
    std::fs::remove_dir(at.dir.join("sub")).unwrap();
    log.delete().unwrap();
    assert!(!at.dir.exists());
}

#[test]
fn headers_before_the_damage_come_first() {
    let at = Fixture::new();
    let mut log = at.open(&LogConfig { segment_bytes: 1 << 20, ..small() }, false);
    for i in 0..10 {
        log.append(&batch(i), 0).unwrap();
    }
    let path = at.dir.join("00000000000000000000.log");
    let mut content = std::fs::read(&path).unwrap();
    let fifth = content.len() / 10 * 5;
    content[fifth + 16] = 9; // magic
    std::fs::write(&path, content).unwrap();
    let seen: Vec<_> = log.batches(0).collect();
    assert_eq!(seen.iter().filter(|h| h.is_ok()).count(), 5);
    assert!(matches!(seen[5..], [Err(LogError::Damaged { .. })]));
    assert!(matches!(log.read(16, 100, AtLeastOne::Yes), Err(LogError::Damaged { .. })));
    assert_eq!(offsets(log.read(12, 100_000, AtLeastOne::Yes).unwrap()), [(12, 14)], "up to the damage");
}
