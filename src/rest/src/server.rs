//! Starts the listener: workers, keep-alive, time limits and the graceful stop. Binding sockets is the caller's.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::http::KeepAlive;
use actix_web::{App, HttpServer, web};
use assay_registry::Registry;

use crate::body::Budget;
use crate::config::RestConfig;
use crate::cors::Cors;
use crate::edge::{Shared, serve};
use crate::metrics::Metrics;
use crate::path;
use crate::pool::Pool;
use crate::watch::Watch;

/// Starts to serve the API on listeners that are bound already. Must be called inside a tokio runtime; the caller
/// awaits (or spawns) the server and stops it with `handle.stop(true)`, which lets requests under way finish.
///
/// # Errors
/// A base path that cannot be decoded, or a listener that the runtime refuses.
pub fn start(
    listeners: Vec<TcpListener>,
    registry: Arc<Registry>,
    settings: RestConfig,
) -> io::Result<(Server, ServerHandle)> {
    let base = path::split(settings.base_path.as_deref().unwrap_or_default())
        .map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, format!("the base path is malformed: {e}")))?
        .parts;
    let metrics = Metrics::new(&settings.prometheus).map_err(io::Error::other)?;
    let connections = metrics.clone();
    let watch = Watch::start(&settings);
    let shared = web::Data::new(Shared {
        metrics,
        registry,
        pool: Pool::new(settings.pool_threads, settings.pool_queue_max),
        budget: Budget::new(settings.bodies_bytes_max),
        cors: Cors::new(settings.cors.as_deref()),
        base,
        settings: Arc::new(settings),
    });
    let settings = Arc::clone(&shared.settings);
    let workers = settings.workers.max(1);
    let app_data = shared.clone();
    let mut server =
        HttpServer::new(move || App::new().app_data(app_data.clone()).default_service(web::to(serve)))
            .workers(workers)
            .keep_alive(KeepAlive::Timeout(Duration::from_secs(settings.keep_alive_s)))
            .client_request_timeout(Duration::from_millis(settings.head_ms_max))
            .client_disconnect_timeout(Duration::from_secs(5))
            .max_connections(settings.connections_max.div_ceil(workers))
            .shutdown_timeout(settings.shutdown_s)
            .on_connect(move |socket, connection| {
                connection.insert(connections.connected());
                if let Some(watched) = watch.connected(socket) {
                    connection.insert(watched);
                }
            })
            .tcp_nodelay(true)
            .disable_signals();
    for listener in listeners {
        server = server.listen(listener)?;
    }
    let server = server.run();
    let handle = server.handle();
    Ok((server, handle))
}
