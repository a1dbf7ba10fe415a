//! Real producers: they serialize every record and hand it to librdkafka, idempotent, `acks=all`. Throughput, and latency at a fixed load.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};

use crate::orders::{Format, Orders};

/// Notes when a record was acknowledged, and counts what was refused.
struct Deliveries {
    begun: Instant,
    failed: AtomicU64,
    /// Microseconds from the time a record was due to its acknowledgement.
    latencies: Mutex<Vec<u32>>,
}

/// What is not to be timed.
const UNTIMED: usize = usize::MAX;

impl rdkafka::ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    /// When the record was due, in microseconds since the beginning.
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, due: usize) {
        if result.is_err() {
            self.failed.fetch_add(1, Ordering::Relaxed);
        } else if due != UNTIMED {
            let took = (self.begun.elapsed().as_micros() as usize).saturating_sub(due);
            self.latencies.lock().unwrap().push(took as u32);
        }
    }
}

/// A producer and what it sends where.
pub(crate) struct Load<'a> {
    pub(crate) bootstrap: &'a str,
    pub(crate) orders: &'a Orders,
    pub(crate) format: Format,
    pub(crate) codec: &'a str,
    /// `batch.size`. With small ones its five requests in flight are soon too few, and librdkafka polls without pause for an
    /// answer: on the one core that the load has, that is time taken from the serializer.
    pub(crate) batch_bytes: usize,
}

impl Load<'_> {
    fn producer(&self, linger_ms: &str) -> BaseProducer<Deliveries> {
        let deliveries =
            Deliveries { begun: Instant::now(), failed: AtomicU64::new(0), latencies: Mutex::default() };
        ClientConfig::new()
            .set("bootstrap.servers", self.bootstrap)
            .set("enable.idempotence", "true")
            .set("compression.type", self.codec)
            .set("linger.ms", linger_ms)
            .set("batch.size", self.batch_bytes.to_string())
            .set("queue.buffering.max.messages", "100000")
            .create_with_context(deliveries)
            .unwrap()
    }

    fn send(&self, producer: &BaseProducer<Deliveries>, topic: &str, n: usize, due: usize) {
        let value = self.orders.serialize(self.format, topic, n);
        let mut record = BaseRecord::<(), [u8], usize>::with_opaque_to(topic, due).payload(&value);
        loop {
            match producer.send(record) {
                Ok(()) => return,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    producer.poll(Duration::from_millis(1));
                    record = back;
                }
                Err((error, _)) => panic!("{error}"),
            }
        }
    }

    fn finish(&self, producer: &BaseProducer<Deliveries>) {
        producer.flush(Duration::from_secs(60)).unwrap();
        assert_eq!(producer.context().failed.load(Ordering::Relaxed), 0, "every record is accepted");
    }

    /// Records a second, first send to last acknowledgement.
    pub(crate) fn throughput(&self, topic: &str, records: usize) -> f64 {
        let producer = self.producer("5");
        self.send(&producer, topic, 0, UNTIMED); // connected, and the schema is known
        self.finish(&producer);
        let begun = Instant::now();
        for n in 0..records {
            self.send(&producer, topic, n, UNTIMED);
            if n % 1024 == 0 {
                producer.poll(Duration::ZERO);
            }
        }
        self.finish(&producer);
        records as f64 / begun.elapsed().as_secs_f64()
    }

    /// The 99th percentile, in milliseconds, of the time from when a record is due to its acknowledgement, at a fixed rate.
    pub(crate) fn latency_p99(&self, topic: &str, records_per_s: f64, records: usize) -> f64 {
        let producer = self.producer("1");
        self.send(&producer, topic, 0, UNTIMED);
        self.finish(&producer);
        let begun = Instant::now();
        let offset = producer.context().begun.elapsed().as_micros() as usize;
        let due = |n: usize| (n as f64 * 1e6 / records_per_s) as usize;
        let mut sent = 0;
        while sent < records {
            let now = begun.elapsed().as_micros() as usize;
            while sent < records && due(sent) <= now {
                self.send(&producer, topic, sent, offset + due(sent));
                sent += 1;
            }
            producer.poll(Duration::from_millis(1));
        }
        self.finish(&producer);
        let mut latencies = std::mem::take(&mut *producer.context().latencies.lock().unwrap());
        latencies.sort_unstable();
        assert_eq!(latencies.len(), records);
        f64::from(latencies[latencies.len() * 99 / 100]) / 1e3
    }
}
