//! Opening a broker, its background work, and its shutdown.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use assay_net::{Dispatch, Listener, Reply, RequestContext};
use assay_validate::SchemaSource;
use bytes::Bytes;
use futures::future::BoxFuture;
use thiserror::Error;
use tokio::sync::{Semaphore, broadcast, watch};

use crate::admin::remove_dir;
use crate::clock;
use crate::config::{BrokerConfig, ConfigError};
use crate::core::Core;
use crate::dispatch::{blocking, dispatch};
use crate::groups::{Coordinator, GroupState};
use crate::metadata::{Image, MetadataError, MetadataStore, Record, load_or_create};
use crate::offsets_log::{self, OffsetsTopic};
use crate::partition::PartitionEnv;
use crate::rejections::{Refusal, RefusalCounts, Refusals, ReportKey, ReportRow, TopicChecks};
use crate::topics::{CONSUMER_OFFSETS, Topics};

/// Kafka's name for the marker; it is there only while no broker runs on the directory.
const CLEAN_SHUTDOWN: &str = ".kafka_cleanshutdown";
/// Administrative requests that may be on blocking threads; they take turns anyway.
const ADMIN_AT_A_TIME: usize = 2;
/// Fetch requests that may read files at the same time; far fewer than tokio has blocking threads (512).
const READS_AT_A_TIME: usize = 64;

/// Why a broker could not be opened or shut down.
#[derive(Debug, Error)]
pub enum BrokerError {
    /// The data directory cannot be used.
    #[error("{path}: {source}")]
    Io {
        /// The file or directory.
        path: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The metadata cannot be read.
    #[error("{0}")]
    Metadata(String),
    /// A configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A partition's log cannot be opened or closed.
    #[error("partition {topic}-{partition}: {reason}")]
    Partition {
        /// Topic name.
        topic: String,
        /// Partition.
        partition: i32,
        /// Why.
        reason: String,
    },
    /// [`Broker::open`] was called outside a tokio runtime.
    #[error("a broker needs a tokio runtime")]
    NoRuntime,
}

impl From<MetadataError> for BrokerError {
    fn from(error: MetadataError) -> Self {
        Self::Metadata(error.to_string())
    }
}

/// Numbers for metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrokerStats {
    /// Topics.
    pub topics: usize,
    /// Partitions of all topics.
    pub partitions: usize,
    /// Consumer groups.
    pub groups: usize,
    /// Fetch requests waiting for data.
    pub waiting_fetches: usize,
    /// Fsyncs made for appends.
    pub flushes: u64,
    /// Refused batches and records.
    pub refusals: RefusalCounts,
    /// Whether a failed fsync has taken the log directory offline.
    pub offline: bool,
}

/// A Kafka broker on one data directory. Give it to `assay_net::serve` as the dispatcher.
pub struct Broker {
    core: Arc<Core>,
    stopped: AtomicBool,
}

impl Broker {
    /// Opens the broker on `<data_dir>/kafka`, which is created if it is not there. Must be called inside a tokio runtime;
    /// blocks while logs are recovered. The caller makes sure that no other process uses the directory.
    ///
    /// # Errors
    /// The directory cannot be used, its metadata or a log is damaged beyond repair, or it belongs to another node.
    pub fn open(
        data_dir: &Path,
        config: BrokerConfig,
        listeners: &[Arc<Listener>],
        source: Arc<dyn SchemaSource>,
    ) -> Result<Arc<Self>, BrokerError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| BrokerError::NoRuntime)?;
        let logs = data_dir.join("kafka");
        let io = |source| BrokerError::Io { path: logs.display().to_string(), source };
        fs::create_dir_all(&logs).map_err(io)?;
        let config = with_places(config, &logs, listeners)?;
        let properties = load_or_create(&logs, config.node_id())?;
        let metadata = MetadataStore::open(&logs)?;
        let image = metadata.image();
        let clean_start = was_clean(&logs).map_err(io)?;
        let fresh = image.topics.is_empty() && image.deleting.is_empty();
        let unclean_starts = image.unclean_starts + i32::from(!clean_start && !fresh);
        if unclean_starts != image.unclean_starts {
            tracing::warn!(unclean_starts, "the last shutdown was not clean: logs are checked");
            metadata.append(vec![Record::UncleanStarts { count: unclean_starts }])?;
        }
        let config = config.with_altered(&image.broker_configs);
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let offsets = Arc::new(OffsetsTopic::default());
        let core = Arc::new(Core {
            logs,
            cluster_id: properties.cluster_id,
            node_id: properties.node_id,
            metadata,
            topics: Arc::new(Topics::default()),
            groups: Arc::new(Coordinator::new(Core::group_limits(&config), Box::new(offsets.clone()))),
            source,
            refusals: Refusals::default(),
            env: Arc::new(PartitionEnv::new(runtime, config.size("assay.producer.ids.per.partition.max"))),
            config: ArcSwap::from_pointee(config),
            admin: Mutex::new(()),
            admin_gate: Semaphore::new(ADMIN_AT_A_TIME),
            validate_gate: Semaphore::new(cores.max(2)),
            read_gate: Semaphore::new(READS_AT_A_TIME),
            draining: watch::channel(false).0,
            waiting_fetches: AtomicUsize::new(0),
            clean_start,
            unclean_starts,
        });
        offsets.bind(Arc::downgrade(&core));
        finish_deletions(&core, &image)?;
        open_topics(&core, &image)?;
        load_groups(&core)?;
        start_background(&core);
        Ok(Arc::new(Self { core, stopped: AtomicBool::new(false) }))
    }

    /// The cluster id: 22 characters, made when the directory was.
    #[must_use]
    pub fn cluster_id(&self) -> &str {
        &self.core.cluster_id
    }

    /// The id of this node.
    #[must_use]
    pub fn node_id(&self) -> i32 {
        self.core.node_id
    }

    /// The configuration in force.
    #[must_use]
    pub fn config(&self) -> Arc<BrokerConfig> {
        self.core.config.load_full()
    }

    /// Every refusal from now on; a listener that falls far behind misses some.
    #[must_use]
    pub fn refusals(&self) -> broadcast::Receiver<Arc<Refusal>> {
        self.core.refusals.subscribe()
    }

    /// The last batches with failed records whose id is above `after`, of one topic or all, oldest first; at most `limit`. And how
    /// many there have been since the start, those that are no longer kept included.
    #[must_use]
    pub fn rejections(&self, topic: Option<&str>, after: u64, limit: usize) -> (Vec<Arc<Refusal>>, u64) {
        self.core.refusals.recent(topic, after, limit)
    }

    /// What has failed validation since the start, by topic, class, action and client.
    #[must_use]
    pub fn report(&self) -> Vec<(ReportKey, ReportRow)> {
        self.core.refusals.report()
    }

    /// How much has been checked of the topics that are checked.
    #[must_use]
    pub fn checks(&self) -> Vec<TopicChecks> {
        let topics = self.core.topics.list();
        let counts = topics.iter().map(|topic| topic.settings.load().checks.counts(&topic.name));
        counts.filter(|checks| checks.batches > 0 || checks.batches_left_out > 0).collect()
    }

    /// Numbers for metrics.
    #[must_use]
    pub fn stats(&self) -> BrokerStats {
        BrokerStats {
            topics: self.core.topics.list().len(),
            partitions: self.core.topics.partition_count(),
            groups: self.core.groups.list().len(),
            waiting_fetches: self.core.waiting_fetches.load(Ordering::Relaxed),
            flushes: self.core.env.flushes.load(Ordering::Relaxed),
            refusals: self.core.refusals.counts(),
            offline: self.core.env.is_offline(),
        }
    }

    /// Asks whatever waits (long polls, joining members) to be answered now. Call it when the listener begins to drain, so
    /// that draining does not take as long as the longest poll.
    pub fn drain(&self) {
        self.core.draining.send_replace(true);
    }

    /// Syncs and closes everything and leaves the marker of a clean shutdown. Call it after the listener has drained.
    /// Later requests are refused. A second call does nothing.
    ///
    /// # Errors
    /// A log could not be closed; the next start then checks all logs.
    pub async fn shutdown(&self) -> Result<(), BrokerError> {
        if self.stopped.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.drain();
        let core = self.core.clone();
        let lost = || Err(BrokerError::Metadata("shutdown was interrupted".into()));
        blocking(move || close_all(&core)).await.unwrap_or_else(lost)
    }
}

impl Dispatch for Broker {
    fn dispatch(&self, cx: RequestContext, body: Bytes) -> BoxFuture<'_, Reply> {
        if self.stopped.load(Ordering::Acquire) {
            return Box::pin(std::future::ready(Reply::Close));
        }
        Box::pin(dispatch(self.core.clone(), cx, body))
    }
}

/// Where the broker listens and stores, for DescribeConfigs.
fn with_places(
    config: BrokerConfig,
    logs: &Path,
    listeners: &[Arc<Listener>],
) -> Result<BrokerConfig, BrokerError> {
    let advertised = listeners
        .iter()
        .map(|l| {
            let (host, port) = &l.advertised;
            let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
            format!("{}://{host}:{port}", l.name)
        })
        .collect::<Vec<_>>()
        .join(",");
    let places = [("log.dirs", logs.display().to_string()), ("advertised.listeners", advertised)];
    Ok(config.at_start_or(places)?)
}

/// Takes the marker away, durably: from here on a crash is a crash.
fn was_clean(logs: &Path) -> std::io::Result<bool> {
    match fs::remove_file(logs.join(CLEAN_SHUTDOWN)) {
        Ok(()) => fs::File::open(logs)?.sync_all().map(|()| true),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

/// Finishes deletions that a crash interrupted, and removes directories already renamed for it.
fn finish_deletions(core: &Core, image: &Image) -> Result<(), BrokerError> {
    let io = |source| BrokerError::Io { path: core.logs.display().to_string(), source };
    for topic in image.deleting.values() {
        // The same name may be in use again; `retire` and the id in the directory keep the two apart.
        let gone = core.make_topic(topic);
        for partition in gone.partitions().iter() {
            if partition.is_ours()
                && let Err(error) = partition.retire()
            {
                let reason = error.text();
                return Err(BrokerError::Partition {
                    topic: topic.name.clone(),
                    partition: partition.index,
                    reason,
                });
            }
        }
    }
    if !image.deleting.is_empty() {
        fs::File::open(&core.logs).and_then(|d| d.sync_all()).map_err(io)?;
        core.metadata.append(image.deleting.keys().map(|id| Record::TopicGone { id: *id }).collect())?;
    }
    for entry in fs::read_dir(&core.logs).map_err(io)?.filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().ends_with("-delete") && entry.path().is_dir() {
            let dir = entry.path();
            core.env.runtime.spawn_blocking(move || remove_dir(&dir));
        }
    }
    Ok(())
}

/// Makes the topics, and opens the partitions that have files, so that recovery is over before anyone connects.
fn open_topics(core: &Core, image: &Image) -> Result<(), BrokerError> {
    let mut known = BTreeSet::new();
    for meta in image.topics.values() {
        let topic = core.make_topic(meta);
        for partition in topic.partitions().iter() {
            known.insert(format!("{}-{}", topic.name, partition.index));
            if partition.exists()
                && let Err(error) = partition.open()
            {
                let (topic, partition) = (topic.name.to_string(), partition.index);
                tracing::error!(%topic, partition, ?error, "partition cannot be opened");
                return Err(BrokerError::Partition { topic, partition, reason: error.text() });
            }
        }
        core.topics.insert(topic);
    }
    for entry in fs::read_dir(&core.logs).into_iter().flatten().filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let expected = known.contains(&name) || name.ends_with("-delete") || name.ends_with("-stray");
        if entry.path().is_dir() && !expected {
            tracing::warn!(directory = %name, "directory of no known topic left alone");
        }
    }
    Ok(())
}

fn load_groups(core: &Core) -> Result<(), BrokerError> {
    let Some(topic) = core.topics.get(CONSUMER_OFFSETS) else { return Ok(()) };
    let mut loader = core.groups.loader();
    let limit = core.config.load().size("assay.inflated.bytes.max");
    for partition in topic.partitions().iter() {
        offsets_log::load(partition, &mut loader, limit).map_err(|error| BrokerError::Partition {
            topic: CONSUMER_OFFSETS.into(),
            partition: partition.index,
            reason: error.text(),
        })?;
    }
    core.groups.load(loader);
    Ok(())
}

fn start_background(core: &Arc<Core>) {
    let runtime = core.env.runtime.clone();
    runtime.spawn(Coordinator::run_timers(Arc::downgrade(&core.groups)));
    runtime.spawn(every("log.retention.check.interval.ms", Arc::downgrade(core), housekeeping));
    runtime.spawn(every("offsets.retention.check.interval.ms", Arc::downgrade(core), expire_offsets));
}

/// Runs blocking work again and again until the broker is gone.
async fn every(interval: &'static str, core: Weak<Core>, work: fn(&Core)) {
    let mut waited = Duration::ZERO;
    // Looks once a second whether the broker is gone or the interval has been shortened.
    let step = Duration::from_secs(1);
    loop {
        tokio::time::sleep(step).await;
        waited += step;
        let Some(core) = core.upgrade() else { return };
        let due = Duration::from_millis(u64::try_from(core.config.load().long(interval)).unwrap_or(u64::MAX));
        if waited >= due {
            waited = Duration::ZERO;
            blocking(move || work(&core)).await;
        }
    }
}

fn housekeeping(core: &Core) {
    let keep_ms = core.config.load().long("producer.id.expiration.ms");
    let before = clock::wall_ms().saturating_sub(keep_ms);
    for topic in core.topics.list() {
        for partition in topic.partitions().iter() {
            if let Err(error) = partition.housekeeping(before) {
                tracing::warn!(topic = %topic.name, partition = partition.index, ?error, "housekeeping failed");
            }
        }
    }
}

/// Kafka's rule (KIP-211): a group's offsets are kept as long as it has members, and so long after.
fn expire_offsets(core: &Core) {
    let minutes = core.config.load().long("offsets.retention.minutes");
    let before = clock::wall_ms().saturating_sub(minutes.saturating_mul(60_000));
    core.groups.expire(|group, _, committed| {
        let since = match &group.protocol_type {
            Some(_) => committed.committed_ms.max(group.state_since_ms),
            None => committed.committed_ms,
        };
        group.state == GroupState::Empty && since < before
    });
}

fn close_all(core: &Core) -> Result<(), BrokerError> {
    let mut first = None;
    for topic in core.topics.list() {
        for partition in topic.partitions().iter() {
            if let Err(error) = partition.close() {
                tracing::error!(topic = %topic.name, partition = partition.index, ?error, "partition not closed");
                first.get_or_insert(BrokerError::Partition {
                    topic: topic.name.to_string(),
                    partition: partition.index,
                    reason: error.text(),
                });
            }
        }
    }
    if let Some(error) = first {
        return Err(error);
    }
    if core.env.is_offline() {
        return Ok(()); // what the disk kept is not known: no marker
    }
    let mark = || -> std::io::Result<()> {
        fs::File::create(core.logs.join(CLEAN_SHUTDOWN))?.sync_all()?;
        fs::File::open(&core.logs)?.sync_all()
    };
    mark().map_err(|source| BrokerError::Io { path: core.logs.display().to_string(), source })
}
