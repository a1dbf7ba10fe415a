//! The broker's inside: what the handlers share.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use assay_net::RequestContext;
use assay_protocol::{ErrorCode, Str};
use assay_validate::SchemaSource;
use tokio::sync::{Semaphore, watch};

use crate::config::BrokerConfig;
use crate::dispatch::blocking;
use crate::groups::{Coordinator, CoordinatorLimits, GroupLimits};
use crate::metadata::MetadataStore;
use crate::partition::PartitionEnv;
use crate::rejections::Refusals;
use crate::topics::Topics;

/// What a client is told that asks for transactions.
pub(crate) const NO_TRANSACTIONS: &str = "transactions are not supported by this broker yet: remove transactional.id from the producer's configuration";

/// Why an administrative request was refused, for one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) code: ErrorCode,
    pub(crate) text: String,
}

impl Refused {
    pub(crate) fn new(code: ErrorCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

/// Shared by all handlers and background tasks.
pub(crate) struct Core {
    /// `<data dir>/kafka`.
    pub(crate) logs: PathBuf,
    pub(crate) cluster_id: String,
    pub(crate) node_id: i32,
    pub(crate) config: ArcSwap<BrokerConfig>,
    pub(crate) metadata: MetadataStore,
    pub(crate) topics: Arc<Topics>,
    pub(crate) groups: Arc<Coordinator>,
    pub(crate) source: Arc<dyn SchemaSource>,
    pub(crate) refusals: Refusals,
    pub(crate) env: Arc<PartitionEnv>,
    /// Taken for every change of topics or configurations. Held while files are synced: blocking threads only.
    pub(crate) admin: Mutex<()>,
    /// Lets few administrative requests at a time onto blocking threads, so that a crowd of them cannot hold up fsyncs.
    pub(crate) admin_gate: Semaphore,
    /// Bounds the big batches looked at and the fetches read at the same time on blocking threads, for the same reason.
    pub(crate) validate_gate: Semaphore,
    pub(crate) read_gate: Semaphore,
    pub(crate) draining: watch::Sender<bool>,
    pub(crate) waiting_fetches: AtomicUsize,
    /// Whether the files may be trusted since the last shutdown was clean.
    pub(crate) clean_start: bool,
    pub(crate) unclean_starts: i32,
}

impl Core {
    /// Where the client of this request is told to connect to.
    pub(crate) fn advertised(&self, request: &RequestContext) -> (Str, i32) {
        let (host, port) = &request.listener.advertised;
        (host.as_str().into(), i32::from(*port))
    }

    /// Resolves once the broker is asked to drain: what waits for data is then answered with what there is.
    pub(crate) async fn drained(&self) {
        let mut draining = self.draining.subscribe();
        // An error says that the sender is gone, which it is only with this core.
        let _ = draining.wait_for(|drain| *drain).await;
    }

    /// Runs administrative work on a blocking thread, in turn.
    pub(crate) async fn administer<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let _turn = self.admin_gate.acquire().await;
        let core = self.clone();
        let lost = || Err(Refused::new(ErrorCode::UnknownServerError, "the request could not be completed"));
        blocking(move || work(&core)).await.unwrap_or_else(lost)
    }

    /// The bounds of groups that a configuration gives.
    pub(crate) fn group_limits(config: &BrokerConfig) -> CoordinatorLimits {
        CoordinatorLimits {
            group: GroupLimits {
                members_max: config.size("group.max.size"),
                bytes_max: config.size("assay.group.bytes.max"),
                initial_delay_ms: u64::try_from(config.long("group.initial.rebalance.delay.ms")).unwrap_or(0),
            },
            groups_max: config.size("assay.groups.max"),
            offsets_per_group_max: config.size("assay.offsets.per.group.max"),
        }
    }

    /// Takes a place among the waiting fetches; `None` when all are taken.
    pub(crate) fn waiting_place(self: &Arc<Self>) -> Option<WaitingPlace> {
        let max = self.config.load().size("assay.fetch.waiting.max");
        let taken = self
            .waiting_fetches
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| (n < max).then_some(n + 1))
            .is_ok();
        taken.then(|| WaitingPlace(self.clone()))
    }
}

/// A place among the waiting fetches, given back when dropped.
pub(crate) struct WaitingPlace(Arc<Core>);

impl Drop for WaitingPlace {
    fn drop(&mut self) {
        self.0.waiting_fetches.fetch_sub(1, Ordering::AcqRel);
    }
}
