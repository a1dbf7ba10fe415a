//! Reading for Fetch: what is there for each partition within the limits, and waiting until it is enough.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use assay_log::{AtLeastOne, LogReader};
use assay_protocol::messages::fetch::{EpochEndOffset, PartitionData};
use assay_protocol::{ErrorCode, Str};
use tokio::sync::Notify;

use crate::core::Core;
use crate::dispatch::blocking;
use crate::partition::{Partition, PartitionError};

/// One partition of a Fetch request.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) topic: Str,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    /// The leader epoch the client knows of, or -1.
    pub(crate) current_epoch: i32,
    /// The epoch of the last record it has, or -1.
    pub(crate) last_epoch: i32,
    pub(crate) max_bytes: usize,
}

/// The limits of a Fetch request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) min_bytes: usize,
    pub(crate) max_bytes: usize,
    pub(crate) wait: Duration,
    pub(crate) read_committed: bool,
}

/// A partition found for a request, or why not.
struct Found {
    partition: Option<Arc<Partition>>,
    reader: Result<LogReader, ErrorCode>,
}

/// Answers each wanted partition, in order. Waits up to `limits.wait` for `min_bytes`, unless something is wrong with a
/// partition: then at once.
pub(crate) async fn fetch(core: Arc<Core>, wanted: Vec<Wanted>, limits: Limits) -> Vec<PartitionData> {
    let deadline = tokio::time::Instant::now() + limits.wait;
    let wanted = Arc::new(wanted);
    let mut round = read_round(&core, &wanted, limits).await;
    if round.enough || limits.wait.is_zero() {
        return round.data;
    }
    let Some(_place) = core.waiting_place() else {
        tracing::warn!("assay.fetch.waiting.max reached, a fetch is answered at once");
        return round.data;
    };
    let waiting = Waiting::register(&core, &wanted);
    loop {
        // Registered first, then read: what is appended in between is seen by one or the other.
        round = read_round(&core, &wanted, limits).await;
        if round.enough {
            return round.data;
        }
        tokio::select! {
            () = waiting.notify.notified() => {}
            () = tokio::time::sleep_until(deadline) => return round.data,
            () = core.drained() => return round.data,
        }
    }
}

/// Registration with the partitions of one request; given up when dropped, as when the client goes away.
struct Waiting {
    notify: Arc<Notify>,
    partitions: Vec<Arc<Partition>>,
}

impl Waiting {
    fn register(core: &Core, wanted: &[Wanted]) -> Self {
        let notify = Arc::new(Notify::new());
        // A request may name a partition again and again; it waits once.
        let mut seen = HashSet::new();
        let partitions: Vec<_> = wanted
            .iter()
            .filter(|w| seen.insert((w.topic.as_str(), w.partition)))
            .filter_map(|w| core.topics.partition(&w.topic, w.partition))
            .collect();
        partitions.iter().for_each(|p| p.waiters.add(&notify));
        Self { notify, partitions }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.partitions.iter().for_each(|p| p.waiters.remove(&self.notify));
    }
}

struct Round {
    data: Vec<PartitionData>,
    enough: bool,
}

async fn read_round(core: &Arc<Core>, wanted: &Arc<Vec<Wanted>>, limits: Limits) -> Round {
    let mut found = Vec::with_capacity(wanted.len());
    for w in wanted.iter() {
        found.push(find(core, w).await);
    }
    let anything = found.iter().zip(wanted.iter()).any(|(f, w)| {
        f.reader.as_ref().is_ok_and(|r| r.log_end_offset() > w.offset || r.log_start_offset() > w.offset)
    });
    if !anything {
        return read_all(found, wanted, limits); // nothing to read: only positions are looked at
    }
    let _turn = core.read_gate.acquire().await;
    let job = wanted.clone();
    let lost = || Round {
        data: wanted.iter().map(|w| failed(w, ErrorCode::UnknownServerError)).collect(),
        enough: true,
    };
    blocking(move || read_all(found, &job, limits)).await.unwrap_or_else(lost)
}

async fn find(core: &Core, wanted: &Wanted) -> Found {
    let Some(partition) = core.topics.partition(&wanted.topic, wanted.partition) else {
        return Found { partition: None, reader: Err(ErrorCode::UnknownTopicOrPartition) };
    };
    let reader = match check_epoch(&partition, wanted.current_epoch) {
        Err(error) => Err(error),
        Ok(()) => partition.opened().await.map_err(|e| e.code()),
    };
    Found { partition: Some(partition), reader }
}

/// KIP-320: a client that knows another leader epoch must look at the metadata again.
pub(crate) fn check_epoch(partition: &Partition, known: i32) -> Result<(), ErrorCode> {
    match known {
        n if n < 0 => Ok(()),
        n if n < partition.leader_epoch => Err(ErrorCode::FencedLeaderEpoch),
        n if n > partition.leader_epoch => Err(ErrorCode::UnknownLeaderEpoch),
        _ => Ok(()),
    }
}

fn read_all(found: Vec<Found>, wanted: &[Wanted], limits: Limits) -> Round {
    let mut round = Round { data: Vec::with_capacity(wanted.len()), enough: wanted.is_empty() };
    let mut total = 0usize;
    for (found, w) in found.into_iter().zip(wanted) {
        let (Some(_), Ok(reader)) = (&found.partition, &found.reader) else {
            let error = found.reader.err().unwrap_or(ErrorCode::UnknownServerError);
            round.enough = true;
            round.data.push(failed(w, error));
            continue;
        };
        let data = read_one(reader, w, limits, total);
        round.enough |= data.error_code != 0 || data.diverging_epoch.epoch >= 0;
        total = total.saturating_add(data.records.as_ref().map_or(0, bytes::Bytes::len));
        round.data.push(data);
    }
    round.enough |= total >= limits.min_bytes;
    round
}

fn read_one(reader: &LogReader, w: &Wanted, limits: Limits, already: usize) -> PartitionData {
    let mut data = PartitionData {
        partition_index: w.partition,
        log_start_offset: reader.log_start_offset(),
        aborted_transactions: limits.read_committed.then(Vec::new),
        records: Some(bytes::Bytes::new()),
        ..PartitionData::default()
    };
    if w.last_epoch >= 0 {
        // KIP-595: tell a client whose last record is from a log that was cut where to cut its own.
        match reader.end_of_epoch(w.last_epoch) {
            Some(end) if end.epoch == w.last_epoch && end.end_offset >= w.offset => {}
            end => {
                let end = end.map_or((-1, -1), |e| (e.epoch, e.end_offset));
                data.diverging_epoch = EpochEndOffset { epoch: end.0, end_offset: end.1 };
            }
        }
    }
    let left = limits.max_bytes.saturating_sub(already);
    // The first partition that has anything gives at least one batch, however large (KIP-74).
    let at_least_one = if already == 0 { AtLeastOne::Yes } else { AtLeastOne::No };
    let room = w.max_bytes.min(left);
    let full = room == 0 && at_least_one == AtLeastOne::No && reader.log_end_offset() >= w.offset;
    let read = if data.diverging_epoch.epoch >= 0 || (full && w.offset >= data.log_start_offset) {
        Ok(bytes::Bytes::new())
    } else {
        reader.read(w.offset, room, at_least_one)
    };
    // After reading, so that no record lies beyond it.
    data.high_watermark = reader.log_end_offset();
    data.last_stable_offset = data.high_watermark;
    match read {
        Ok(records) => data.records = Some(records),
        Err(error) => {
            let error = PartitionError::from(error);
            if !matches!(error.code(), ErrorCode::OffsetOutOfRange) {
                tracing::warn!(topic = %w.topic, partition = w.partition, ?error, "fetch failed");
            }
            data.error_code = error.code().into();
        }
    }
    data
}

fn failed(w: &Wanted, error: ErrorCode) -> PartitionData {
    PartitionData {
        partition_index: w.partition,
        error_code: error.into(),
        high_watermark: -1,
        records: Some(bytes::Bytes::new()),
        aborted_transactions: None,
        ..PartitionData::default()
    }
}
