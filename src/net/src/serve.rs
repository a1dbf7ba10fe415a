//! [`serve`]: accepts connections on all listeners until shutdown, then drains.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tracing::{debug, error, info, warn};

use crate::config::NetConfig;
use crate::connection::{self, Identity};
use crate::dispatch::{Dispatch, Listener};
use crate::log_limit::LogLimit;
use crate::stats::NetStats;

/// Pause after an accept failed for want of a resource (file descriptors, memory).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) dispatch: Arc<dyn Dispatch>,
    pub(crate) config: NetConfig,
    pub(crate) stats: Arc<NetStats>,
    pub(crate) shutdown: watch::Receiver<bool>,
    /// Bytes that half-read frames may hold.
    pub(crate) budget: Arc<Semaphore>,
    connections: Arc<Semaphore>,
    next_connection_id: AtomicU64,
    log_limit: LogLimit,
}

impl Shared {
    /// Writes a log line that a peer can cause at will.
    pub(crate) fn warn_limited(&self, line: impl FnOnce(u64)) {
        if let Some(suppressed) = self.log_limit.allow(Instant::now()) {
            line(suppressed);
        }
    }

    pub(crate) fn dispatch_disconnected(&self, connection_id: u64) {
        let told = std::panic::AssertUnwindSafe(|| self.dispatch.disconnected(connection_id));
        if std::panic::catch_unwind(told).is_err() {
            error!(connection_id, "a handler panicked at the end of a connection");
        }
    }
}

/// Serves Kafka clients on `listeners` until `shutdown` becomes true, then stops accepting and reading, lets the
/// requests in flight finish (at most `drain_ms`), closes everything and returns.
///
/// # Errors
/// A listening socket cannot be handed to the runtime. Later failures cost a connection, not the listener.
pub async fn serve(
    listeners: Vec<(std::net::TcpListener, Arc<Listener>)>,
    dispatch: Arc<dyn Dispatch>,
    config: NetConfig,
    shutdown: watch::Receiver<bool>,
) -> io::Result<()> {
    serve_counted(listeners, dispatch, config, Arc::default(), shutdown).await
}

/// [`serve`], counting into `stats`.
///
/// # Errors
/// As [`serve`].
pub async fn serve_counted(
    listeners: Vec<(std::net::TcpListener, Arc<Listener>)>,
    dispatch: Arc<dyn Dispatch>,
    config: NetConfig,
    stats: Arc<NetStats>,
    shutdown: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut sockets = Vec::with_capacity(listeners.len());
    for (socket, listener) in listeners {
        socket.set_nonblocking(true)?;
        sockets.push((TcpListener::from_std(socket)?, listener));
    }
    let shared = Arc::new(Shared {
        dispatch,
        stats,
        shutdown,
        budget: Arc::new(Semaphore::new(connection::budget_bytes(&config))),
        connections: Arc::new(Semaphore::new(config.connections_max as usize)),
        next_connection_id: AtomicU64::new(1),
        log_limit: LogLimit::default(),
        config,
    });
    let mut accepting = JoinSet::new();
    for (socket, listener) in sockets {
        accepting.spawn(accept(socket, listener, Arc::clone(&shared)));
    }
    while accepting.join_next().await.is_some() {}
    Ok(())
}

/// Accepts on one listener until shutdown, then waits for its connections.
async fn accept(socket: TcpListener, listener: Arc<Listener>, shared: Arc<Shared>) {
    let mut shutdown = shared.shutdown.clone();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = connection::asked(&mut shutdown) => break,
            Some(_) = connections.join_next() => {}
            accepted = socket.accept() => match accepted {
                Ok((stream, peer)) => {
                    if let Some(permit) = admit(peer, &listener, &shared) {
                        connections.spawn(connected(stream, peer, Arc::clone(&listener), Arc::clone(&shared), permit));
                    }
                }
                Err(error) => accept_failed(&error, &shared).await,
            },
        }
    }
    drop(socket);
    let open = connections.len();
    if open > 0 {
        info!(listener = listener.name, open, "draining connections");
    }
    // A connection limits itself to `drain_ms`, except inside a handler.
    let limit = Duration::from_millis(shared.config.drain_ms) + Duration::from_millis(500);
    let drained =
        tokio::time::timeout(limit, async { while connections.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        warn!(
            listener = listener.name,
            open = connections.len(),
            "closing connections whose requests did not finish"
        );
        connections.shutdown().await;
    }
}

/// A place for the connection, unless there are too many.
fn admit(peer: SocketAddr, listener: &Listener, shared: &Shared) -> Option<OwnedSemaphorePermit> {
    NetStats::add(&shared.stats.accepted, 1);
    let permit = Arc::clone(&shared.connections).try_acquire_owned().ok();
    if permit.is_none() {
        NetStats::add(&shared.stats.refused, 1);
        let limit = shared.config.connections_max;
        shared.warn_limited(|suppressed| {
            let listener = listener.name.as_str();
            warn!(%peer, listener, limit, suppressed, "connection refused: too many (max.connections)");
        });
    }
    permit
}

/// Errors of the peer's making are passed over; want of resources pauses accepting.
async fn accept_failed(error: &io::Error, shared: &Shared) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    if matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted) {
        return;
    }
    shared.warn_limited(|suppressed| {
        error!(%error, suppressed, "cannot accept connections (is the limit of open files too low?)");
    });
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

/// Counts a connection while it exists, also when its task is aborted.
struct Counted(Arc<NetStats>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn connected(
    stream: TcpStream,
    peer: SocketAddr,
    listener: Arc<Listener>,
    shared: Arc<Shared>,
    _permit: OwnedSemaphorePermit,
) {
    NetStats::add(&shared.stats.connections, 1);
    let _counted = Counted(Arc::clone(&shared.stats));
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%peer, %error, "setting TCP_NODELAY");
    }
    let connection_id = shared.next_connection_id.fetch_add(1, Ordering::Relaxed);
    let (reader, writer) = stream.into_split();
    connection::run(reader, writer, Identity { connection_id, peer, listener }, shared).await;
}
