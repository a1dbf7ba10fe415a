//! What must hold for any file content; run by proptest on stable and by cargo-fuzz (`src/log/fuzz`).

use std::path::Path;
use std::sync::Arc;

use assay_record::{BatchBuilder, Compression, split_batches};

use crate::sim::SimDisk;
use crate::{AtLeastOne, LogConfig, LogError, PartitionLog};

/// Any bytes as the files of a partition: opening, reading, looking up and appending never panic; what was read after an
/// unclean open is whole batches in order; a second open finds nothing more to repair.
///
/// The bytes are dealt out: a flag byte, then the two indexes, then the log.
pub fn recovery_properties(data: &[u8]) {
    let (flags, rest) = data.split_first().unwrap_or((&0, &[]));
    let (index, rest) = rest.split_at(rest.len().min(usize::from(flags & 0x30) * 2));
    let (times, log) = rest.split_at(rest.len().min(usize::from(flags & 0x0c) * 8));
    files_properties(index, times, log, flags & 1 != 0, flags & 2 != 0);
}

/// As [`recovery_properties`], with the files given one by one; `followed` puts an empty next segment behind.
pub fn files_properties(index: &[u8], times: &[u8], log: &[u8], clean: bool, followed: bool) {
    let disk = SimDisk::default();
    let dir = Path::new("p");
    let base = "p/00000000000000000000";
    disk.put(Path::new(&format!("{base}.index")), index);
    disk.put(Path::new(&format!("{base}.timeindex")), times);
    disk.put(Path::new(&format!("{base}.log")), log);
    if followed {
        disk.put(Path::new("p/00000000000000001000.log"), &[]);
    }
    let Ok(first_end) = exercise(&disk, dir, clean) else { return };
    let again = exercise(&disk.killed(), dir, false);
    if !clean {
        assert!(again.is_ok_and(|end| end == first_end + 1), "a second start keeps what the first one kept");
    }
}

/// Opens, reads everything, looks up times, appends one batch, flushes. Returns the end before the append.
fn exercise(disk: &SimDisk, dir: &Path, clean: bool) -> Result<i64, LogError> {
    let (mut log, report) = PartitionLog::open_on(Arc::new(disk.clone()), dir, LogConfig::default(), clean)?;
    assert_eq!(report.truncated_bytes, report.losses.iter().map(|l| l.bytes).sum::<u64>());
    let (start, end) = (log.log_start_offset(), log.log_end_offset());
    // A clean shutdown, or valid index files of an older segment, stand for bytes that are then not read at opening.
    let trusted = clean || report.scanned_bytes < log.size_bytes();
    let mut next = start;
    while next < end {
        let Ok(bytes) = log.read(next, 4096, AtLeastOne::Yes) else {
            assert!(trusted, "what recovery has checked can be read");
            break;
        };
        if bytes.is_empty() {
            break;
        }
        for batch in split_batches(bytes).flatten() {
            assert!(batch.header().last_offset() >= next && (trusted || batch.verify_crc().is_ok()));
            next = batch.header().next_offset();
        }
    }
    for timestamp in [i64::MIN, -1, 0, 1_000, i64::MAX] {
        let _ = log.offset_for_timestamp(timestamp);
    }
    let _ = log.max_timestamp_offset();
    let headers = log.batches(start).flatten().count();
    assert!(headers <= log.size_bytes() as usize / 61);
    let mut builder = BatchBuilder::new(Compression::None);
    builder.push(5, None, Some(b"after"), &[]);
    let Ok(batch) = builder.build() else { return Ok(end) };
    if end < i64::MAX - 1 {
        log.append(&batch, 1)?;
        assert_eq!(log.flusher().flush()?, end + 1);
    }
    Ok(end)
}
