//! A running server: everything opened, wired and listening; `stop` takes it down in the opposite order.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use assay_broker::{Broker, BrokerConfig, Refusal};
use assay_net::{Listener, NetConfig, NetStats};
use assay_rest::{Generation, IncompatibleCode, RestConfig, ServerHandle};
use assay_validate::SchemaSource;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

use super::banner::{self, Ready};
use super::listen::{self, Bound};
use super::lock::{self, DirLock};
use super::metrics;
use super::registry::{open_registry, registry_config};
use super::validation;
use crate::config::Resolved;
use crate::error::Fatal;
use crate::remote::RemoteSource;
use crate::source::RegistrySource;

/// How long the parts may take to end before we say so and go on; above the drain limits of `net` and `rest` (10 s each).
const STOP_MAX: Duration = Duration::from_secs(30);

/// Every part of a server that is up.
pub(crate) struct Running {
    ready: Ready,
    broker: Arc<Broker>,
    rest: ServerHandle,
    rest_done: JoinHandle<std::io::Result<()>>,
    kafka_stop: watch::Sender<bool>,
    kafka_done: JoinHandle<std::io::Result<()>>,
    // Last: the directory is let go when nothing writes to it any more.
    _lock: DirLock,
}

impl Running {
    /// Opens, wires and listens. `begun` is where the time to ready is counted from. Call inside a tokio runtime.
    ///
    /// # Errors
    /// Whatever keeps the server from starting; nothing keeps running then.
    pub(crate) fn start(resolved: &Resolved, begun: Instant) -> Result<Running, Fatal> {
        let broker_config = broker_config(resolved)?;
        let registry_config = registry_config(resolved)?;
        let data_dir = absolute(&resolved.data_dir)?;
        let lock = lock::acquire(&data_dir)?;
        let http = listen::bind_all(&resolved.http_listen, resolved.http_listen_default, listen::HTTP)?;
        let kafka = listen::bind_kafka(
            &resolved.kafka_listen,
            resolved.kafka_listen_default,
            resolved.kafka_advertised.as_deref(),
        )?;
        allow_open_files();

        let registry = open_registry(&data_dir, resolved.memory, registry_config)?;
        let source: Arc<dyn SchemaSource> = match &resolved.registry {
            Some(urls) => RemoteSource::new(urls)?,
            None => RegistrySource::new(Arc::clone(&registry)),
        };
        let (told, sockets) = with_listeners(kafka);
        let net_config = net_config(&broker_config);
        let validation = broker_config.string("assay.validation.default");
        let broker =
            Broker::open(&data_dir, broker_config, &told, source).map_err(|e| Fatal::Open(e.to_string()))?;

        let (ready_http, http) = http_urls(http)?;
        let ready = Ready {
            event: "ready",
            http: ready_http,
            kafka: sockets.iter().filter_map(|(s, _)| s.local_addr().ok()).map(|a| a.to_string()).collect(),
            kafka_advertised: told.iter().map(|l| host_port(&l.advertised)).collect(),
            data_dir: data_dir.display().to_string(),
            registry_in_memory: resolved.memory,
            schemas_from: resolved.registry.as_deref().map(without_passwords),
            cluster_id: broker.cluster_id().to_owned(),
            validate: validation,
            ready_ms: banner::millis(begun.elapsed()),
        };
        let net_stats = Arc::new(NetStats::default());
        let prometheus = metrics::registry(&broker, &net_stats).map_err(|e| Fatal::Open(e.to_string()))?;
        let settings = RestConfig {
            extra: validation::routes(&broker),
            ..rest_config(resolved, &ready.cluster_id, prometheus)
        };
        let (server, rest) = assay_rest::start(http, registry, settings)
            .map_err(|source| Fatal::Io { what: "starting the registry API", source })?;
        let (kafka_stop, stopped) = watch::channel(false);
        let dispatch: Arc<dyn assay_net::Dispatch> = broker.clone();
        let kafka_done =
            tokio::spawn(assay_net::serve_counted(sockets, dispatch, net_config, net_stats, stopped));
        let rest_done = tokio::spawn(server);
        let ready = Ready { ready_ms: banner::millis(begun.elapsed()), ..ready };
        Ok(Running { ready, broker, rest, rest_done, kafka_stop, kafka_done, _lock: lock })
    }

    /// Where it listens and what it holds.
    pub(crate) fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Every refusal from now on.
    pub(crate) fn refusals(&self) -> broadcast::Receiver<Arc<Refusal>> {
        self.broker.refusals()
    }

    /// Finishes what is under way on both ports, then closes the broker. The registry has nothing to close: what it
    /// answered is on disk.
    pub(crate) async fn stop(self) {
        self.kafka_stop.send_replace(true);
        self.broker.drain();
        let rest = async {
            self.rest.stop(true).await;
            ended("the registry API", self.rest_done).await;
        };
        tokio::join!(rest, ended("the Kafka listener", self.kafka_done));
        if let Err(error) = self.broker.shutdown().await {
            tracing::error!(%error, "the broker was not closed cleanly; its logs are checked at the next start");
        }
    }
}

async fn ended(part: &str, task: JoinHandle<std::io::Result<()>>) {
    match tokio::time::timeout(STOP_MAX, task).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => tracing::error!(%error, "{part} ended with an error"),
        Ok(Err(error)) => tracing::error!(%error, "{part} was cut short"),
        Err(_) => tracing::error!("{part} has not ended after {} s", STOP_MAX.as_secs()),
    }
}

fn absolute(dir: &Path) -> Result<PathBuf, Fatal> {
    std::path::absolute(dir).map_err(|source| Fatal::DataDir { path: dir.to_path_buf(), source })
}

fn broker_config(resolved: &Resolved) -> Result<BrokerConfig, Fatal> {
    let mut pairs = vec![("assay.validation.default", resolved.validate.as_str())];
    pairs.extend(resolved.broker.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    BrokerConfig::from_pairs(pairs)
        .map_err(|e| Fatal::Config(format!("{e}; `assay config` prints what is set")))
}

fn rest_config(resolved: &Resolved, cluster_id: &str, prometheus: prometheus::Registry) -> RestConfig {
    let origins =
        |list: &String| list.split(',').map(|o| o.trim().to_owned()).filter(|o| !o.is_empty()).collect();
    RestConfig {
        body_bytes_max: resolved.http_body_bytes_max,
        connections_max: resolved.http_connections_max,
        keep_alive_s: resolved.http_idle_s,
        head_ms_max: resolved.http_head_ms_max,
        body_ms_max: resolved.http_body_ms_max,
        request_ms_max: resolved.http_request_ms_max,
        base_path: resolved.http_base_path.clone(),
        cors: resolved.http_cors.as_ref().map(origins),
        generation: if resolved.api_generation == 7 { Generation::Seven } else { Generation::Eight },
        incompatible_code: match resolved.incompatible_code {
            40901 => IncompatibleCode::FiveDigits,
            _ => IncompatibleCode::Plain,
        },
        prometheus,
        kafka_cluster_id: cluster_id.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..RestConfig::default()
    }
}

/// The listener's limits that have a Kafka name.
fn net_config(broker: &BrokerConfig) -> NetConfig {
    let count = |name| u32::try_from(broker.long(name)).unwrap_or(u32::MAX);
    NetConfig {
        frame_bytes_max: count("socket.request.max.bytes"),
        connections_max: count("max.connections"),
        // Kafka's meaning of a negative value: never.
        idle_ms: u64::try_from(broker.long("connections.max.idle.ms")).unwrap_or(u64::MAX),
        ..NetConfig::default()
    }
}

type Sockets = Vec<(TcpListener, Arc<Listener>)>;

fn with_listeners(bound: Vec<Bound>) -> (Vec<Arc<Listener>>, Sockets) {
    let sockets: Sockets = bound
        .into_iter()
        .map(|b| (b.socket, Arc::new(Listener { name: b.name, advertised: b.advertised })))
        .collect();
    (sockets.iter().map(|(_, listener)| Arc::clone(listener)).collect(), sockets)
}

fn http_urls(bound: Vec<(String, TcpListener)>) -> Result<(Vec<String>, Vec<TcpListener>), Fatal> {
    let sockets: Vec<TcpListener> = bound.into_iter().map(|(_, socket)| socket).collect();
    let urls =
        sockets.iter().map(|s| s.local_addr().map(|a| format!("http://{a}"))).collect::<Result<_, _>>();
    Ok((urls.map_err(|source| Fatal::Io { what: "listener address", source })?, sockets))
}

/// URLs as they may be shown.
fn without_passwords(urls: &str) -> String {
    let shown = urls.split(',').map(|url| match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => url.trim().to_owned(),
    });
    shown.collect::<Vec<_>>().join(",")
}

fn host_port((host, port): &(String, u16)) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Partitions and connections each keep files open, and the usual soft limit (1024) is below what one process may have.
fn allow_open_files() {
    match rlimit::increase_nofile_limit(rlimit::INFINITY) {
        Ok(limit) => tracing::debug!(limit, "open files"),
        Err(error) => tracing::warn!(%error, "the limit of open files stays as it is"),
    }
}
