//! The broker's and the listener's counters, for `/metrics`: read when Prometheus asks, so the produce path pays nothing.

use std::sync::{Arc, Weak};

use assay_broker::Broker;
use assay_net::NetStats;
use assay_validate::FailureClass;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{CounterVec, IntCounterVec, IntGauge, Opts, Registry};

/// A registry with the collector in it; the HTTP side adds its own.
///
/// # Errors
/// A name that is there twice.
pub(crate) fn registry(broker: &Arc<Broker>, net: &Arc<NetStats>) -> prometheus::Result<Registry> {
    let registry = Registry::new();
    registry.register(Box::new(Kafka { broker: Arc::downgrade(broker), net: Arc::clone(net) }))?;
    Ok(registry)
}

struct Kafka {
    broker: Weak<Broker>,
    net: Arc<NetStats>,
}

impl Collector for Kafka {
    /// The metrics are made at each scrape; there is nothing to describe before.
    fn desc(&self) -> Vec<&Desc> {
        Vec::new()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut families = Vec::new();
        self.listener(&mut families);
        if let Some(broker) = self.broker.upgrade() {
            of_broker(&broker, &mut families);
        }
        families
    }
}

impl Kafka {
    fn listener(&self, out: &mut Vec<MetricFamily>) {
        let net = &self.net;
        let rows = [
            ("assay_kafka_connections", "Open Kafka connections", &net.connections),
            ("assay_kafka_connections_accepted_total", "Kafka connections accepted", &net.accepted),
            (
                "assay_kafka_connections_refused_total",
                "Connections closed because there were too many",
                &net.refused,
            ),
            (
                "assay_kafka_connections_malformed_total",
                "Connections closed for what the peer sent",
                &net.malformed,
            ),
            (
                "assay_kafka_connections_timed_out_total",
                "Connections closed for a time limit",
                &net.timed_out,
            ),
            ("assay_kafka_requests_total", "Kafka requests", &net.requests),
            ("assay_kafka_bytes_in_total", "Bytes of Kafka requests", &net.bytes_in),
            ("assay_kafka_bytes_out_total", "Bytes of Kafka answers", &net.bytes_out),
        ];
        for (name, help, counter) in rows {
            out.extend(value(name, help, NetStats::get(counter)));
        }
    }
}

fn of_broker(broker: &Broker, out: &mut Vec<MetricFamily>) {
    let stats = broker.stats();
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let rows = [
        ("assay_topics", "Topics", count(stats.topics)),
        ("assay_partitions", "Partitions", count(stats.partitions)),
        ("assay_consumer_groups", "Consumer groups", count(stats.groups)),
        ("assay_fetches_waiting", "Fetch requests waiting for data", count(stats.waiting_fetches)),
        ("assay_log_flushes_total", "Fsyncs made for appends", stats.flushes),
        (
            "assay_log_offline",
            "1 when a failed fsync has taken the log directory offline",
            u64::from(stats.offline),
        ),
        ("assay_refused_batches_total", "Batches refused by validation", stats.refusals.batches),
        (
            "assay_refused_batches_unanswered_total",
            "Of them, with acks=0",
            stats.refusals.batches_without_answer,
        ),
        (
            "assay_quarantined_batches_total",
            "Batches stored without records that failed validation",
            stats.refusals.quarantined_batches,
        ),
        (
            "assay_audited_batches_total",
            "Batches stored with records that failed validation",
            stats.refusals.audited_batches,
        ),
        ("assay_malformed_batches_total", "Batches refused for their form", stats.refusals.malformed),
    ];
    for (name, help, n) in rows {
        out.extend(value(name, help, n));
    }
    out.extend(validation(broker));
}

/// What was checked by topic, and what failed by topic, class and action.
fn validation(broker: &Broker) -> Vec<MetricFamily> {
    let mut out = Vec::new();
    let name = "assay_checked_records_total";
    let records = IntCounterVec::new(Opts::new(name, "Records checked against schemas"), &["topic"]);
    let name = "assay_validation_seconds_total";
    let seconds = CounterVec::new(Opts::new(name, "Time spent checking records"), &["topic"]);
    if let (Ok(records), Ok(seconds)) = (records, seconds) {
        for checks in broker.checks() {
            records.with_label_values(&[checks.topic.as_str()]).inc_by(checks.records);
            seconds.with_label_values(&[checks.topic.as_str()]).inc_by(checks.time.as_secs_f64());
        }
        out.extend(records.collect());
        out.extend(seconds.collect());
    }
    let name = "assay_invalid_records_total";
    let labels = ["topic", "class", "action"];
    if let Ok(invalid) = IntCounterVec::new(Opts::new(name, "Records that failed validation"), &labels) {
        for (key, row) in broker.report() {
            let class = key.class.map_or("missing_key", FailureClass::as_str);
            invalid.with_label_values(&[key.topic.as_str(), class, key.action.as_str()]).inc_by(row.records);
        }
        out.extend(invalid.collect());
    }
    out
}

fn value(name: &str, help: &str, n: u64) -> Vec<MetricFamily> {
    IntGauge::new(name, help).map_or_else(
        |_| Vec::new(),
        |gauge| {
            gauge.set(i64::try_from(n).unwrap_or(i64::MAX));
            gauge.collect()
        },
    )
}
