//! What can be set about the HTTP API. Every limit is named, has a unit and a default; nothing here is read from
//! files or the environment (the binary does that).

use std::sync::Arc;

use crate::query::Query;
use crate::reply::Reply;
use crate::routes::{Operation, Resource, Verb};

/// Which generation of the reference the answers look like (contract 1.12; DESIGN.md, "Contract").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Generation {
    /// As 7.x: register answers `{"id"}` only; no `guid`, `ts`, `deleted`; `schemaType` left out for Avro.
    Seven,
    /// As 8.x: every member the contract names.
    #[default]
    Eight,
}

/// The `error_code` of an incompatible schema; the HTTP status is 409 either way (contract 1.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IncompatibleCode {
    /// 409, as releases up to 7.9.9, 8.0.3 and 8.1.1.
    #[default]
    Plain,
    /// 40901, as later releases.
    FiveDigits,
}

/// A route that is not the registry's: the binary hands in `/metrics` and its like.
#[derive(Clone)]
pub struct ExtraRoute {
    /// Path as in the route table: literal segments, no parameters.
    pub path: &'static str,
    /// The method it answers; a GET answers HEAD too.
    pub verb: Verb,
    /// Its name in logs and for the authorizer.
    pub id: &'static str,
    /// What it does, for the authorizer.
    pub operation: Operation,
    /// What it does it to, for the authorizer.
    pub resource: Resource,
    /// Makes the answer. Runs on the blocking pool; a panic becomes a 500.
    pub handler: Arc<dyn Fn(&ExtraRequest) -> Reply + Send + Sync>,
}

/// What such a route is asked.
#[derive(Debug, Clone, Default)]
pub struct ExtraRequest(pub(crate) Query);

impl ExtraRequest {
    /// The first value of a query parameter.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.0.get(name)
    }
}

impl std::fmt::Debug for ExtraRoute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExtraRoute")
            .field("path", &self.path)
            .field("verb", &self.verb)
            .finish_non_exhaustive()
    }
}

/// Settings of the HTTP API. `Default` is what `assay serve` uses without any configuration.
#[derive(Debug, Clone)]
pub struct RestConfig {
    /// Largest request body in bytes, before and after decompression; above it 413.
    pub body_bytes_max: usize,
    /// Bytes that all request bodies being held may take together, beyond the first 32 KiB of each; above it 429.
    pub bodies_bytes_max: usize,
    /// Origins allowed to read answers from a browser page; `*` allows any; empty or absent switches CORS off.
    pub cors: Option<Vec<String>>,
    /// Prefix below which the API lives, such as `/registry`.
    pub base_path: Option<String>,
    /// Seconds an idle connection is kept open.
    pub keep_alive_s: u64,
    /// Open connections over all workers; above it the kernel's backlog holds them.
    pub connections_max: usize,
    /// Threads that read and write sockets.
    pub workers: usize,
    /// Threads that do registry work that takes more than a look-up.
    pub pool_threads: usize,
    /// Requests that may wait for such a thread; above it 429.
    pub pool_queue_max: usize,
    /// Milliseconds a request may take from its last header byte to its answer; above it 504.
    pub request_ms_max: u64,
    /// Milliseconds a client may take to send a request body; above it 408.
    pub body_ms_max: u64,
    /// Milliseconds a client may take to send the request head; above it 408.
    pub head_ms_max: u64,
    /// Milliseconds a client may let an answer wait without taking any of it; then the connection is closed.
    pub answer_stall_ms_max: u64,
    /// Seconds a graceful stop waits for requests under way.
    pub shutdown_s: u64,
    /// Smallest answer in bytes that is compressed for clients that accept it.
    pub compress_bytes_min: usize,
    /// Default row limit of `GET /schemas`.
    pub schemas_default_limit: usize,
    /// Largest row limit of `GET /schemas`; a larger one falls back to the default (contract 1.1, Paging).
    pub schemas_max_limit: usize,
    /// Shape of answers.
    pub generation: Generation,
    /// The code of an incompatible schema.
    pub incompatible_code: IncompatibleCode,
    /// The Kafka cluster id, for `/v1/metadata/id`.
    pub kafka_cluster_id: String,
    /// The registry group id, for `/v1/metadata/id`.
    pub registry_cluster_id: String,
    /// Names of the deployment, for `/v1/metadata/deployment`.
    pub deployment: Vec<String>,
    /// The version this server tells, for `/v1/metadata/version`.
    pub version: String,
    /// The commit this server tells, for `/v1/metadata/version`.
    pub commit: String,
    /// Where this API's metrics go and `/metrics` reads; collectors of others may be in it.
    pub prometheus: prometheus::Registry,
    /// Routes of others under the same listener.
    pub extra: Vec<ExtraRoute>,
}

impl Default for RestConfig {
    fn default() -> RestConfig {
        RestConfig {
            body_bytes_max: 16 << 20,
            bodies_bytes_max: 512 << 20,
            cors: None,
            base_path: None,
            keep_alive_s: 75,
            connections_max: 10_000,
            workers: 2,
            pool_threads: 4,
            pool_queue_max: 1024,
            request_ms_max: 600_000,
            body_ms_max: 60_000,
            head_ms_max: 30_000,
            answer_stall_ms_max: 60_000,
            shutdown_s: 10,
            compress_bytes_min: 1024,
            schemas_default_limit: 1000,
            schemas_max_limit: 1000,
            generation: Generation::Eight,
            incompatible_code: IncompatibleCode::Plain,
            kafka_cluster_id: String::new(),
            registry_cluster_id: "schema-registry".to_owned(),
            deployment: Vec::new(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: String::new(),
            prometheus: prometheus::Registry::new(),
            extra: Vec::new(),
        }
    }
}
