//! What `/metrics` shows of this API: requests by endpoint, their latency, open connections, and what is stored.
//!
//! The names beginning with `kafka_schema_registry_` are those that dashboards made for the JMX exporter of the reference
//! ask for; where the reference has a JMX rate, Prometheus has a counter.

use std::time::Duration;

use assay_registry::{Registry as Service, TypeCount};
use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

/// Upper bounds of latency buckets, in seconds.
const SECONDS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The counters of one listener.
#[derive(Clone)]
pub(crate) struct Metrics {
    requests: IntCounterVec,
    errors: IntCounterVec,
    latency: HistogramVec,
    success: IntCounter,
    failure: IntCounter,
    connections: IntGauge,
}

/// One open connection; counted for as long as it lives.
pub(crate) struct Connection(IntGauge);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// Makes the counters and adds them to `registry`.
    ///
    /// # Errors
    /// A name that is there already: two listeners on one registry.
    pub(crate) fn new(registry: &Registry) -> prometheus::Result<Metrics> {
        let by_endpoint =
            |name: &str, help: &str| IntCounterVec::new(Opts::new(name, help), &["endpoint", "status"]);
        let latency = HistogramOpts::new(
            "kafka_schema_registry_jersey_metrics_request_latency_seconds",
            "Time from the last header byte to the answer, by operation of openapi.yaml",
        );
        let metrics = Metrics {
            requests: by_endpoint(
                "kafka_schema_registry_jersey_metrics_request_total",
                "Requests answered, by operation of openapi.yaml and HTTP status",
            )?,
            errors: by_endpoint(
                "kafka_schema_registry_jersey_metrics_request_error_total",
                "Requests answered with a status of 400 or more",
            )?,
            latency: HistogramVec::new(latency.buckets(SECONDS.to_vec()), &["endpoint"])?,
            success: IntCounter::new(
                "kafka_schema_registry_api_success_count",
                "Requests answered below 400",
            )?,
            failure: IntCounter::new(
                "kafka_schema_registry_api_failure_count",
                "Requests answered with 400 or more",
            )?,
            connections: IntGauge::new(
                "kafka_schema_registry_jetty_metrics_connections_active",
                "Open HTTP connections",
            )?,
        };
        registry.register(Box::new(metrics.requests.clone()))?;
        registry.register(Box::new(metrics.errors.clone()))?;
        registry.register(Box::new(metrics.latency.clone()))?;
        registry.register(Box::new(metrics.success.clone()))?;
        registry.register(Box::new(metrics.failure.clone()))?;
        registry.register(Box::new(metrics.connections.clone()))?;
        Ok(metrics)
    }

    /// Counts one answered request.
    pub(crate) fn answered(&self, endpoint: &str, status: u16, took: Duration) {
        let status_text = &status.to_string();
        self.requests.with_label_values(&[endpoint, status_text]).inc();
        self.latency.with_label_values(&[endpoint]).observe(took.as_secs_f64());
        if status < 400 {
            self.success.inc();
        } else {
            self.failure.inc();
            self.errors.with_label_values(&[endpoint, status_text]).inc();
        }
    }

    /// Counts a connection until the returned value is dropped.
    pub(crate) fn connected(&self) -> Connection {
        self.connections.inc();
        Connection(self.connections.clone())
    }
}

/// Everything of `registry` and of the stored schemas, in Prometheus' text format 0.0.4.
///
/// # Errors
/// A metric that cannot be written as text.
pub(crate) fn text(registry: &Registry, service: &Service) -> prometheus::Result<Vec<u8>> {
    let mut families = registry.gather();
    families.extend(stored(service)?.gather());
    families.sort_by(|a, b| a.name().cmp(b.name()));
    let mut out = Vec::new();
    TextEncoder::new().encode(&families, &mut out)?;
    Ok(out)
}

/// What is stored now, counted at every scrape, so that it is right after a restart too.
fn stored(service: &Service) -> prometheus::Result<Registry> {
    let registry = Registry::new();
    let gauge = |name: &str, help: &str, value: usize| {
        let gauge = IntGauge::new(name, help)?;
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        registry.register(Box::new(gauge))
    };
    let counts = service.snapshot().counts();
    let by_type = |name: &str, help: &str| {
        let gauges = IntGaugeVec::new(Opts::new(name, help), &["schema_type"])?;
        registry.register(Box::new(gauges.clone()))?;
        Ok::<_, prometheus::Error>(gauges)
    };
    let created = by_type(
        "kafka_schema_registry_schemas_created",
        "Versions stored, soft-deleted ones included, by schema type",
    )?;
    let deleted = by_type("kafka_schema_registry_schemas_deleted", "Soft-deleted versions, by schema type")?;
    for (schema_type, row) in TypeCount::ALL.iter().zip(&counts.by_type) {
        let label = [schema_type.as_str().to_ascii_lowercase()];
        created.with_label_values(&label).set(i64::try_from(row.versions).unwrap_or(i64::MAX));
        deleted.with_label_values(&label).set(i64::try_from(row.deleted).unwrap_or(i64::MAX));
    }
    let (versions, gone) =
        counts.by_type.iter().fold((0, 0), |(v, d), row| (v + row.versions, d + row.deleted));
    gauge("kafka_schema_registry_registered_count", "Versions stored, soft-deleted ones included", versions)?;
    gauge("kafka_schema_registry_deleted_count", "Soft-deleted versions", gone)?;
    gauge("kafka_schema_registry_subject_count", "Subjects with an active version", counts.subjects)?;
    gauge(
        "assay_registry_damaged_entries",
        "Entries of the store that cannot be read",
        service.damaged_now(),
    )?;
    let read_only = usize::from(service.failure().is_some());
    gauge(
        "assay_registry_read_only",
        "1: a write has failed, and nothing is written until the next start",
        read_only,
    )?;
    gauge("kafka_schema_registry_master_slave_role", "1: this node writes", 1)?;
    gauge("kafka_schema_registry_node_count", "Nodes of this registry", 1)?;
    Ok(registry)
}
