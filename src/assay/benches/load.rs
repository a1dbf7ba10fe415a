//! The load program: time to ready, idle memory, and produce with validation off and on.
//!
//! `cargo bench -p assay --bench load` builds the release binary and runs everything; things that are compared run in turns
//! within one run, and medians and ratios are printed, because these machines are shared. `-- --quick` is a short run.
//! Numbers and their command are kept in `docs/PERFORMANCE.md`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a load program")]

#[path = "report/mod.rs"]
mod report;
#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use report::report;
use support::Server;

/// How much of everything.
struct Size {
    starts: usize,
    rounds: usize,
    records: usize,
}

fn main() {
    let quick = std::env::args().any(|a| a == "--quick");
    let size = if quick {
        Size { starts: 3, rounds: 2, records: 100_000 }
    } else {
        Size { starts: 15, rounds: 7, records: 1_000_000 }
    };
    println!("binary: {}", support::binary());
    starts(&size);
    produce(&size);
}

fn starts(size: &Size) {
    let (mut outside, mut inside, mut resident) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..size.starts {
        let dir = tempfile::tempdir().unwrap();
        let begun = Instant::now();
        let server = Server::start(&dir.path().join("data"), &[]);
        outside.push(begun.elapsed().as_secs_f64() * 1e3);
        inside.push(server.ready["ready_ms"].as_f64().unwrap());
        std::thread::sleep(Duration::from_millis(500));
        resident.push(server.resident() as f64 / (1 << 20) as f64);
        assert_eq!(server.stop("TERM").code(), Some(0));
    }
    report("start/empty-directory/spawn-to-ready", "ms", outside);
    report("start/empty-directory/as-printed", "ms", inside);
    report("start/idle-resident-memory", "MiB", resident);
}

/// Counts what was refused.
#[derive(Default)]
struct Count(AtomicU64);

impl rdkafka::ClientContext for Count {}

impl ProducerContext for Count {
    type DeliveryOpaque = ();
    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if result.is_err() {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn create_topic(bootstrap: &str, name: &str, validation: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", bootstrap).create().unwrap();
    let topic = NewTopic::new(name, 1, TopicReplication::Fixed(1)).set("assay.value.validation", validation);
    runtime.block_on(admin.create_topics(&[topic], &AdminOptions::new())).unwrap()[0].clone().unwrap();
}

/// An order of `schemas/examples/orders.avsc` in Avro binary with its frame: three items, about 100 bytes.
fn order(id: u32) -> Vec<u8> {
    let mut out = vec![0];
    out.extend(id.to_be_bytes());
    let string = |out: &mut Vec<u8>, text: &str| {
        out.push((text.len() * 2) as u8);
        out.extend(text.as_bytes());
    };
    string(&mut out, "order-000000001");
    string(&mut out, "a customer with a name");
    out.push(6);
    for qty in 1..=3u8 {
        string(&mut out, "sku-00001");
        out.push(qty * 2);
        out.extend(9.75f64.to_le_bytes());
    }
    out.push(0);
    let mut created = 1_700_000_000_000u64 << 1;
    while created >= 0x80 {
        out.push(created as u8 | 0x80);
        created >>= 7;
    }
    out.push(created as u8);
    out
}

fn produce_once(bootstrap: &str, topic: &str, value: &[u8], records: usize) -> f64 {
    let producer: BaseProducer<Count> = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("enable.idempotence", "true")
        .set("linger.ms", "5")
        .set("batch.size", "131072")
        .set("queue.buffering.max.messages", "500000")
        .create_with_context(Count::default())
        .unwrap();
    let begun = Instant::now();
    for n in 0..records {
        loop {
            match producer.send(BaseRecord::<(), [u8]>::to(topic).payload(value)) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                    producer.poll(Duration::from_millis(1));
                }
                Err((error, _)) => panic!("{error}"),
            }
        }
        if n % 1024 == 0 {
            producer.poll(Duration::ZERO);
        }
    }
    producer.flush(Duration::from_secs(60)).unwrap();
    assert_eq!(producer.context().0.load(Ordering::Relaxed), 0, "every record is accepted");
    records as f64 / begun.elapsed().as_secs_f64()
}

fn produce(size: &Size) {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&dir.path().join("data"), &[]);
    let text = include_str!("../../../schemas/examples/orders.avsc");
    let body = serde_json::json!({ "schema": text }).to_string();
    for topic in ["off", "id", "payload"] {
        assert_eq!(server.post(&format!("/subjects/{topic}-value/versions"), &body).0, 200);
        create_topic(&server.kafka.to_string(), topic, topic);
    }
    let value = order(1);
    let mut rates: [Vec<f64>; 3] = Default::default();
    for _ in 0..size.rounds {
        for (at, topic) in ["off", "id", "payload"].iter().enumerate() {
            rates[at].push(produce_once(&server.kafka.to_string(), topic, &value, size.records));
        }
    }
    let [off, id, payload] = rates;
    let size = value.len();
    let off = report(&format!("produce/avro-order-{size}-bytes/validation-off"), "records/s", off);
    let id = report(&format!("produce/avro-order-{size}-bytes/validation-id"), "records/s", id);
    let payload =
        report(&format!("produce/avro-order-{size}-bytes/validation-payload"), "records/s", payload);
    println!("{:<58} {:.2} (id {:.2})", "produce/payload-over-off", payload / off, id / off);
    println!(
        "{:<58} {:.1} MiB",
        "produce/resident-memory-after",
        server.resident() as f64 / (1 << 20) as f64
    );
}
