//! One partition: its log, its producers, its flush queue and its waiting fetches.
//!
//! A partition is opened on first use (its directory is made then), so that `__consumer_offsets` with its fifty
//! partitions costs nothing until a group commits. Calls that touch files block; asynchronous callers come through
//! [`Partition::opened`] first and then only write to or read from the page cache.

mod env;
mod flush;
mod producers;
mod store;
mod waiters;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use arc_swap::ArcSwap;
use assay_log::{AppendInfo, LogConfig, LogError, LogReader, PartitionLog};
use assay_protocol::{ErrorCode, Uuid};
use assay_record::Batch;

pub(crate) use env::{PartitionEnv, inflate_limits};
pub(crate) use producers::{Producers, Sequenced, StoredBatch, Verdict, advance};
pub(crate) use waiters::Waiters;

use crate::clock;
use crate::config::TopicSettings;
use crate::groups::Durable;
use flush::FlushQueue;

/// One partition of a topic.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) topic: Arc<str>,
    topic_id: Uuid,
    pub(crate) index: i32,
    /// Fixed while the broker runs: nobody else ever leads.
    pub(crate) leader_epoch: i32,
    dir: PathBuf,
    /// Whether the last shutdown was clean, so that files need no check.
    clean: bool,
    settings: Arc<ArcSwap<TopicSettings>>,
    env: Arc<PartitionEnv>,
    state: Mutex<State>,
    /// Set once opened; reading needs no lock.
    reader: OnceLock<LogReader>,
    flushes: Arc<FlushQueue>,
    pub(crate) waiters: Waiters,
}

#[derive(Debug)]
enum State {
    Unopened,
    Open(Box<Open>),
    /// Deleted, or the broker has stopped.
    Gone,
}

#[derive(Debug)]
struct Open {
    log: PartitionLog,
    producers: Producers,
    /// Log end at the last producer snapshot.
    snapshot_at: i64,
}

/// What came of an append.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Appended {
    /// Written.
    Now(AppendInfo),
    /// It was there already.
    Before(StoredBatch),
}

/// What came of an append to a quarantine.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Beside {
    /// Written; the log ends here now.
    Written { end: i64 },
    /// A batch of these sequence numbers was there already.
    There(StoredBatch),
}

/// Why a partition refused.
#[derive(Debug)]
pub(crate) enum PartitionError {
    /// The topic was deleted, or the broker is stopping.
    Gone,
    /// A failed fsync took the log directory offline.
    Offline,
    /// The sequence number is not the next one.
    OutOfOrder { expected: i32 },
    /// A newer epoch of the producer has written.
    OldEpoch { current: i16 },
    /// The log's own word.
    Log(LogError),
}

impl PartitionError {
    /// The Kafka code a client gets.
    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::Gone | Self::Log(LogError::Closed { .. }) => ErrorCode::UnknownTopicOrPartition,
            Self::Offline => ErrorCode::KafkaStorageError,
            Self::OutOfOrder { .. } => ErrorCode::OutOfOrderSequenceNumber,
            Self::OldEpoch { .. } => ErrorCode::InvalidProducerEpoch,
            Self::Log(error) => match error {
                LogError::OutOfRange { .. } => ErrorCode::OffsetOutOfRange,
                LogError::BatchTooLarge { limit_name: "segment.bytes", .. } => ErrorCode::RecordListTooLarge,
                LogError::BatchTooLarge { .. } => ErrorCode::MessageTooLarge,
                LogError::BadBatch(_) => ErrorCode::InvalidRecord,
                LogError::OffsetsExhausted
                | LogError::Offline { .. }
                | LogError::Damaged { .. }
                | LogError::Io { .. }
                | LogError::Closed { .. } => ErrorCode::KafkaStorageError,
            },
        }
    }

    /// Words for the producer, where Kafka's own would not say enough.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Gone => "the topic has been deleted".into(),
            Self::Offline => "the log directory is offline after a failed fsync".into(),
            Self::OutOfOrder { expected } => format!("sequence number {expected} was expected"),
            Self::OldEpoch { current } => format!("producer epoch {current} has written already"),
            Self::Log(error) => match error {
                // Paths stay in the log.
                LogError::Io { .. } | LogError::Damaged { .. } | LogError::Offline { .. } => {
                    "the partition's log cannot be used; see the broker's log".into()
                }
                LogError::Closed { .. }
                | LogError::OutOfRange { .. }
                | LogError::BatchTooLarge { .. }
                | LogError::BadBatch(_)
                | LogError::OffsetsExhausted => error.to_string(),
            },
        }
    }
}

impl From<LogError> for PartitionError {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

/// What a new [`Partition`] needs to know.
pub(crate) struct PartitionPlace {
    pub(crate) topic: Arc<str>,
    pub(crate) topic_id: Uuid,
    pub(crate) index: i32,
    pub(crate) leader_epoch: i32,
    pub(crate) dir: PathBuf,
    pub(crate) clean: bool,
    pub(crate) settings: Arc<ArcSwap<TopicSettings>>,
    pub(crate) env: Arc<PartitionEnv>,
}

impl Partition {
    pub(crate) fn new(place: PartitionPlace) -> Self {
        let PartitionPlace { topic, topic_id, index, leader_epoch, dir, clean, settings, env } = place;
        Self {
            topic,
            topic_id,
            index,
            leader_epoch,
            dir,
            clean,
            settings,
            env,
            state: Mutex::new(State::Unopened),
            reader: OnceLock::new(),
            flushes: Arc::default(),
            waiters: Waiters::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn settings(&self) -> Arc<TopicSettings> {
        self.settings.load_full()
    }

    /// Whether there is anything on disk yet.
    pub(crate) fn exists(&self) -> bool {
        self.reader.get().is_some() || self.dir.is_dir()
    }

    /// The reader, opening the log on a blocking thread if need be.
    pub(crate) async fn opened(self: &Arc<Self>) -> Result<LogReader, PartitionError> {
        if let Some(reader) = self.reader.get() {
            return if self.env.is_offline() { Err(PartitionError::Offline) } else { Ok(reader.clone()) };
        }
        let this = self.clone();
        crate::dispatch::blocking(move || this.open()).await.unwrap_or(Err(PartitionError::Offline))
    }

    /// The reader, opening the log if need be. Blocks.
    pub(crate) fn open(&self) -> Result<LogReader, PartitionError> {
        if self.env.is_offline() {
            return Err(PartitionError::Offline);
        }
        let mut state = self.lock();
        self.open_locked(&mut state)?;
        self.reader.get().cloned().ok_or(PartitionError::Gone)
    }

    fn open_locked<'a>(&self, state: &'a mut State) -> Result<&'a mut Open, PartitionError> {
        if matches!(state, State::Unopened) {
            let open = self.open_files()?;
            let _ = self.reader.set(open.log.reader());
            *state = State::Open(Box::new(open));
        }
        match state {
            State::Open(open) => Ok(open),
            State::Unopened | State::Gone => Err(PartitionError::Gone),
        }
    }

    /// Runs `act` under the partition's lock, on the opened log.
    fn with_open<T>(
        &self,
        act: impl FnOnce(&mut Open) -> Result<T, PartitionError>,
    ) -> Result<T, PartitionError> {
        if self.env.is_offline() {
            return Err(PartitionError::Offline);
        }
        let mut state = self.lock();
        act(self.open_locked(&mut state)?)
    }

    /// Checks a sequence number without appending.
    pub(crate) fn check_sequence(&self, batch: Sequenced) -> Result<Option<StoredBatch>, PartitionError> {
        self.with_open(|open| match open.producers.check(batch) {
            Verdict::Append => Ok(None),
            Verdict::Duplicate(stored) => Ok(Some(stored)),
            Verdict::OutOfOrder { expected } => Err(PartitionError::OutOfOrder { expected }),
            Verdict::OldEpoch { current } => Err(PartitionError::OldEpoch { current }),
        })
    }

    /// Notes that the batch which was next has been refused.
    pub(crate) fn refused(&self, batch: Sequenced) {
        let noted = self.with_open(|open| {
            open.producers.refused(batch, clock::wall_ms());
            Ok(())
        });
        debug_assert!(noted.is_ok() || self.env.is_offline() || matches!(*self.lock(), State::Gone));
    }

    /// Appends a batch, checking its sequence number (again) under the lock, and wakes waiting fetches.
    pub(crate) fn append(
        &self,
        batch: &Batch,
        sequenced: Option<Sequenced>,
    ) -> Result<Appended, PartitionError> {
        let appended = self.with_open(|open| {
            match sequenced.map(|s| open.producers.check(s)) {
                None | Some(Verdict::Append) => {}
                Some(Verdict::Duplicate(stored)) => return Ok(Appended::Before(stored)),
                Some(Verdict::OutOfOrder { expected }) => {
                    return Err(PartitionError::OutOfOrder { expected });
                }
                Some(Verdict::OldEpoch { current }) => return Err(PartitionError::OldEpoch { current }),
            }
            let info = open.log.append(batch, self.leader_epoch)?;
            if let Some(sequenced) = sequenced {
                let append_time = info.log_append_time.unwrap_or(-1);
                open.producers.stored(sequenced, info.base_offset, append_time, clock::wall_ms());
            }
            Ok(Appended::Now(info))
        })?;
        if matches!(appended, Appended::Now(_)) {
            self.waiters.wake();
        }
        Ok(appended)
    }

    /// Appends a batch of quarantined records. Gaps in the sequence numbers are as they must be, since only some records of a
    /// producer get here; a batch whose very numbers are among the producer's last is not written again.
    pub(crate) fn append_beside(
        &self,
        batch: &Batch,
        sequenced: Option<Sequenced>,
    ) -> Result<Beside, PartitionError> {
        let beside = self.with_open(|open| {
            if let Some(Verdict::Duplicate(stored)) = sequenced.map(|s| open.producers.check(s)) {
                return Ok(Beside::There(stored));
            }
            let info = open.log.append(batch, self.leader_epoch)?;
            if let Some(sequenced) = sequenced {
                open.producers.stored(sequenced, info.base_offset, -1, clock::wall_ms());
            }
            Ok(Beside::Written { end: info.last_offset.saturating_add(1) })
        })?;
        if matches!(beside, Beside::Written { .. }) {
            self.waiters.wake();
        }
        Ok(beside)
    }

    /// Resolves once what is below `offset` is durable. Begins syncing at once.
    pub(crate) fn durable(&self, offset: i64) -> Durable {
        let flusher = self.with_open(|open| Ok(open.log.flusher()));
        match flusher {
            Ok(flusher) => self.flushes.durable(&self.env, flusher, offset),
            Err(error) => Box::pin(std::future::ready(Err(error.code()))),
        }
    }

    /// Makes `offset` the first one (DeleteRecords). Blocks for an fsync.
    pub(crate) fn truncate_prefix(&self, offset: i64) -> Result<i64, PartitionError> {
        self.with_open(|open| Ok(open.log.truncate_prefix(offset)?))
    }

    /// The settings have changed.
    pub(crate) fn reconfigure(&self, inflated_bytes_max: usize) {
        if let State::Open(open) = &mut *self.lock() {
            open.log.set_config(log_config(&self.settings.load(), inflated_bytes_max));
        }
    }
}

/// What the log is told of a topic's settings. A topic that is only compacted never loses records to retention.
fn log_config(settings: &TopicSettings, inflated_bytes_max: usize) -> LogConfig {
    let limit = |n: i64| u64::try_from(n).ok().filter(|_| settings.deletes);
    let small = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    LogConfig {
        segment_bytes: small(settings.segment_bytes),
        segment_ms: u64::try_from(settings.segment_ms).unwrap_or(u64::MAX),
        segment_index_bytes: small(settings.index_bytes),
        index_interval_bytes: small(settings.index_interval_bytes),
        retention_ms: limit(settings.retention_ms),
        retention_bytes: limit(settings.retention_bytes),
        // The produce handler has checked what clients send; the broker's own records are not bound by it.
        max_message_bytes: u32::MAX,
        inflate: inflate_limits(inflated_bytes_max),
    }
}
