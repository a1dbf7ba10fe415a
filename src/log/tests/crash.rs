//! What survives: power cut at any operation, kill at any moment, a file cut or damaged at any byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test helpers")]

use std::path::Path;
use std::sync::Arc;

use assay_log::properties::{files_properties, recovery_properties};
use assay_log::sim::SimDisk;
use assay_log::{AtLeastOne, LogConfig, LogError, PartitionLog};
use assay_record::{Batch, BatchBuilder, Compression, split_batches};
use proptest::collection::vec;
use proptest::prelude::*;

const DIR: &str = "kafka/orders-0";

/// Small segments, so that everything rolls; an index entry for almost every batch.
fn config() -> LogConfig {
    LogConfig { segment_bytes: 700, index_interval_bytes: 50, retention_ms: None, ..LogConfig::default() }
}

/// A batch whose value says which number it is.
fn batch(number: usize, records: usize, padding: usize) -> Batch {
    let mut builder = BatchBuilder::new(Compression::None);
    for _ in 0..records {
        builder.push(1000 + number as i64, None, Some(&[number as u8].repeat(padding + 1)), &[]);
    }
    builder.build().unwrap()
}

fn open(disk: &SimDisk, clean: bool) -> PartitionLog {
    PartitionLog::open_on(Arc::new(disk.clone()), Path::new(DIR), config(), clean).unwrap().0
}

#[derive(Debug, Clone)]
enum Step {
    Append { records: usize, padding: usize },
    Flush,
    Roll,
    Truncate(prop::sample::Index),
    Retain(u64),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1usize..4, 0usize..200).prop_map(|(records, padding)| Step::Append { records, padding }),
        3 => Just(Step::Flush),
        1 => Just(Step::Roll),
        1 => any::<prop::sample::Index>().prop_map(Step::Truncate),
        1 => (100u64..2000).prop_map(Step::Retain),
        1 => Just(Step::Reopen),
    ]
}

/// What the steps were promised.
#[derive(Debug, Default, Clone)]
struct Promised {
    /// Base offset and bytes after the offset-and-epoch part, of every batch whose append returned.
    written: Vec<(i64, Vec<u8>)>,
    end: i64,
    flushed: i64,
    start: i64,
}

fn run(disk: &SimDisk, steps: &[Step], promised: &mut Promised) -> Result<(), LogError> {
    let (mut log, _) = PartitionLog::open_on(Arc::new(disk.clone()), Path::new(DIR), config(), false)?;
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Append { records, padding } => {
                let batch = batch(number, *records, *padding);
                // Noted before: a batch may be there although its append failed.
                promised.written.push((log.log_end_offset(), batch.raw()[16..].to_vec()));
                promised.end = log.append(&batch, number as i32)?.last_offset + 1;
            }
            Step::Flush => promised.flushed = log.flusher().flush()?,
            Step::Roll => log.roll()?,
            Step::Truncate(at) => {
                let to = at.index(log.log_end_offset() as usize + 1) as i64;
                promised.start = log.truncate_prefix(to)?;
                promised.flushed = promised.flushed.max(to);
            }
            Step::Retain(bytes) => {
                log.set_config(LogConfig { retention_bytes: Some(*bytes), ..config() });
                log.delete_old(0)?;
                log.set_config(config());
            }
            Step::Reopen => {
                let end = log.log_end_offset();
                log.close()?;
                promised.flushed = end;
                let (again, report) =
                    PartitionLog::open_on(Arc::new(disk.clone()), Path::new(DIR), config(), true)?;
                assert!(report.is_whole(), "{report:?}");
                assert_eq!(again.log_end_offset(), end);
                log = again;
            }
        }
    }
    Ok(())
}

/// Everything in the log is what was written there, without gaps; the flushed part is all there.
fn check_survivor(disk: &SimDisk, promised: &Promised, end_at_least: i64) {
    let mut log = open(disk, false);
    let (start, end) = (log.log_start_offset(), log.log_end_offset());
    assert!(end >= end_at_least, "{end} < {end_at_least}");
    assert!(start >= promised.start && start <= end, "{start} {end} {promised:?}");
    let mut next = start;
    while next < end {
        let bytes = log.read(next, 300, AtLeastOne::Yes).unwrap();
        assert!(!bytes.is_empty(), "nothing at {next}, end {end}");
        for found in split_batches(bytes) {
            let found = found.unwrap();
            found.verify_crc().unwrap();
            let header = *found.header();
            assert!(
                header.base_offset == next || (next == start && header.base_offset < next),
                "a gap at {next}"
            );
            let (_, bytes) = promised.written.iter().find(|(base, _)| *base == header.base_offset).unwrap();
            assert_eq!(found.raw()[16..], bytes[..]);
            next = header.next_offset();
        }
    }
    assert_eq!(log.batches(0).map(|h| h.unwrap().next_offset()).last().unwrap_or(end), end);
    let info = log.append(&batch(1, 1, 1), 1 << 20).unwrap();
    assert_eq!(info.base_offset, end);
    assert_eq!(log.flusher().flush().unwrap(), end + 1);
    log.close().unwrap();
    assert_eq!(open(disk, true).log_end_offset(), end + 1);
    assert_eq!(open(disk, false).log_end_offset(), end + 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn power_cut_keeps_what_was_flushed(
        steps in vec(step(), 1..40),
        dies_after in any::<prop::sample::Index>(),
        choices in vec(any::<usize>(), 64),
    ) {
        let whole = SimDisk::default();
        run(&whole, &steps, &mut Promised::default()).unwrap();
        let disk = SimDisk::default();
        disk.fail_from(dies_after.index(whole.operations() as usize + 1) as u64);
        let mut promised = Promised::default();
        let _ = run(&disk, &steps, &mut promised);
        let mut turn = 0;
        let survivor = disk.power_cut(|n| {
            turn += 1;
            choices[turn % choices.len()].wrapping_mul(turn | 1) % n
        });
        check_survivor(&survivor, &promised, promised.flushed);
    }

    #[test]
    fn kill_keeps_what_was_written(steps in vec(step(), 1..40), dies_after in any::<prop::sample::Index>()) {
        let whole = SimDisk::default();
        run(&whole, &steps, &mut Promised::default()).unwrap();
        let disk = SimDisk::default();
        disk.fail_from(dies_after.index(whole.operations() as usize + 1) as u64);
        let mut promised = Promised::default();
        let _ = run(&disk, &steps, &mut promised);
        check_survivor(&disk.killed(), &promised, promised.end);
    }

    #[test]
    fn any_files(data in vec(any::<u8>(), 0..600)) {
        recovery_properties(&data);
    }

    #[test]
    fn any_index_beside_a_good_log(
        index in vec(0u8..40, 0..40),
        times in vec(0u8..40, 0..40),
        clean in any::<bool>(),
        followed in any::<bool>(),
        damage in proptest::option::of((any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let mut log = good_log(8);
        if let Some((at, byte)) = damage {
            let at = at.index(log.len());
            log[at] = byte;
        }
        files_properties(&index, &times, &log, clean, followed);
    }
}

/// The bytes of a log of so many batches, all in one segment.
fn good_log(batches: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut next = 0;
    for number in 0..batches {
        let batch = batch(number, 2, number * 7).at(next, 0);
        next = batch.header().next_offset();
        out.extend_from_slice(batch.raw());
    }
    out
}

fn put(log: &[u8]) -> SimDisk {
    let disk = SimDisk::default();
    disk.put(&Path::new(DIR).join("00000000000000000000.log"), log);
    disk
}

#[test]
fn a_log_cut_at_any_byte_keeps_its_whole_batches() {
    let log = good_log(4);
    let ends: Vec<usize> = split_batches(log.clone().into())
        .map(|b| b.unwrap().raw().len())
        .scan(0, |at, len| {
            *at += len;
            Some(*at)
        })
        .collect();
    for cut in 0..=log.len() {
        let whole = ends.iter().filter(|end| **end <= cut).count();
        let disk = put(&log[..cut]);
        let (opened, report) =
            PartitionLog::open_on(Arc::new(disk.clone()), Path::new(DIR), config(), false).unwrap();
        assert_eq!(opened.log_end_offset(), 2 * whole as i64, "cut at {cut}");
        let kept = whole.checked_sub(1).map_or(0, |i| ends[i]);
        assert_eq!(report.truncated_bytes, (cut - kept) as u64);
        assert_eq!(disk.content(&Path::new(DIR).join("00000000000000000000.log")).unwrap().len(), kept);
        if cut > kept {
            let loss = &report.losses[0];
            assert_eq!((loss.segment, loss.position, loss.offset), (0, kept as u64, 2 * whole as i64));
        }
    }
}

#[test]
fn a_log_damaged_at_any_byte_is_cut_there() {
    let log = good_log(3);
    let sizes: Vec<usize> = split_batches(log.clone().into()).map(|b| b.unwrap().raw().len()).collect();
    for at in 0..log.len() {
        let (number, inside) = if at < sizes[0] {
            (0, at)
        } else if at < sizes[0] + sizes[1] {
            (1, at - sizes[0])
        } else {
            (2, at - sizes[0] - sizes[1])
        };
        if inside < 8 || (12..16).contains(&inside) {
            continue; // base offset and leader epoch are not under the CRC
        }
        let mut damaged = log.clone();
        damaged[at] ^= 0x55;
        let (opened, report) =
            PartitionLog::open_on(Arc::new(put(&damaged)), Path::new(DIR), config(), false).unwrap();
        assert_eq!(opened.log_end_offset(), 2 * number as i64, "byte {at}");
        assert!(!report.is_whole());
    }
}

#[test]
fn garbage_in_a_closed_segment_after_a_clean_stop_keeps_the_later_ones() {
    let disk = SimDisk::default();
    let mut promised = Promised::default();
    let steps = vec![Step::Append { records: 1, padding: 150 }; 20];
    run(&disk, &steps, &mut promised).unwrap();
    open(&disk, false).close().unwrap();
    let first = Path::new(DIR).join("00000000000000000000.log");
    let mut content = disk.content(&first).unwrap();
    let middle = content.len() / 2;
    content[middle..].fill(0xee);
    disk.put(&first, &content);
    for extension in ["index", "timeindex"] {
        disk.put(&first.with_extension(extension), b"odd"); // so that the segment is read
    }
    let (log, report) =
        PartitionLog::open_on(Arc::new(disk.clone()), Path::new(DIR), config(), true).unwrap();
    assert_eq!(report.losses.len(), 1);
    assert_eq!(log.log_end_offset(), 20);
    let after_hole = split_batches(log.read(report.losses[0].offset, 1, AtLeastOne::Yes).unwrap()).next();
    assert!(after_hole.unwrap().unwrap().header().base_offset > report.losses[0].offset);
}

/// Found by `any_index_beside_a_good_log`: an entry that points behind the end of the log.
#[test]
fn an_index_entry_beyond_the_log_is_not_believed() {
    files_properties(&[0, 0, 0, 0, 0, 0, 4, 0], &[], &good_log(8), true, false);
    files_properties(&[0, 0, 0, 0, 0x7f, 0, 4, 0], &[], &good_log(8), true, false);
    // Found by the fuzzer: rubbish that a clean shutdown vouched for, sealed by the segment after it.
    files_properties(&[], &[0; 96], &[0; 32], true, true);
}

#[test]
fn a_failed_sync_takes_the_log_offline_for_good() {
    let disk = SimDisk::default();
    let mut log = open(&disk, false);
    log.append(&batch(0, 1, 0), 0).unwrap();
    let (flusher, reader) = (log.flusher(), log.reader());
    disk.fail_from(0);
    assert!(matches!(flusher.flush(), Err(LogError::Io { .. })));
    assert!(log.is_offline());
    disk.fail_from(u64::MAX / 2);
    assert!(matches!(flusher.flush(), Err(LogError::Offline { .. })), "never retried");
    assert!(matches!(flusher.flush_to(0), Err(LogError::Offline { .. })));
    assert!(matches!(log.append(&batch(1, 1, 0), 0), Err(LogError::Offline { .. })));
    assert!(matches!(reader.read(0, 1, AtLeastOne::Yes), Err(LogError::Offline { .. })));
    assert_eq!(log.flushed_offset(), 0);
    assert!(matches!(log.close(), Err(LogError::Offline { .. })));
}
