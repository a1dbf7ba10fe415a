//! An in-process broker behind real TCP, a blocking client that speaks `assay-protocol`, and schemas to check against.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test harness fails by panicking"
)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use assay_broker::{Broker, BrokerConfig};
use assay_net::{Listener, NetConfig};
use assay_protocol::messages::create_topics::{CreatableTopic, CreatableTopicConfig, CreatableTopicResult};
use assay_protocol::messages::fetch::{FetchPartition, FetchRequest, FetchTopic, PartitionData};
use assay_protocol::messages::incremental_alter_configs::{AlterConfigsResource, AlterableConfig};
use assay_protocol::messages::produce::{
    PartitionProduceData, PartitionProduceResponse, ProduceRequest, TopicProduceData,
};
use assay_protocol::messages::{CreateTopicsRequest, IncrementalAlterConfigsRequest, InitProducerIdRequest};
use assay_protocol::{Request, decode_response, encode_request};
use assay_record::{BatchBuilder, Compression, split_batches};
use assay_validate::schema::{Context, Guid, Limits, SchemaId, SchemaType, Strictness, Subject, Version};
use assay_validate::{Compiled, Fact, RecordNames, Resolution, SchemaSource, compile};
use bytes::Bytes;

/// Schema 1 is the Avro type `string`, registered under the value subject of every topic whose name begins with `checked`.
/// Schema 7 never arrives; whether a subject with `late` in its name exists is never said; for `down` there is no registry.
pub struct Schemas;

impl SchemaSource for Schemas {
    fn by_id(&self, context: &Context, id: SchemaId) -> Resolution {
        if id.get() == 7 {
            return Resolution::Pending(Box::pin(std::future::pending()));
        }
        if id.get() != 1 && id.get() != 2 {
            return Resolution::Unknown;
        }
        let parsed = assay_validate::schema::parse(
            SchemaType::Avro,
            "\"string\"",
            &[],
            Strictness::New,
            &Limits::default(),
        )
        .unwrap();
        Resolution::Ready(Arc::new(Compiled {
            context: context.clone(),
            id,
            schema_type: SchemaType::Avro,
            record_names: RecordNames::of(&parsed),
            validator: compile(&parsed).map(Arc::new),
        }))
    }
    fn by_guid(&self, _: &Guid) -> Resolution {
        Resolution::Unknown
    }
    fn subject_exists(&self, subject: &Subject) -> Fact<bool> {
        match subject.name() {
            name if name.contains("late") => Fact::Pending(Box::pin(std::future::pending())),
            name if name.contains("down") => Fact::Unavailable("down".into()),
            _ => Fact::Known(is_checked(subject)),
        }
    }
    fn version_in(&self, _: &Context, id: SchemaId, subject: &Subject) -> Fact<Option<Version>> {
        Fact::Known((id.get() == 1 && is_checked(subject)).then(|| Version::new(1)).flatten())
    }
    fn latest_version(&self, subject: &Subject) -> Fact<Option<Version>> {
        Fact::Known(is_checked(subject).then(|| Version::new(1)).flatten())
    }
}

fn is_checked(subject: &Subject) -> bool {
    subject.name().starts_with("checked") && subject.name().ends_with("-value")
}

/// A framed Avro string under schema `id`.
pub fn framed(id: u32, text: &str) -> Vec<u8> {
    let mut out = vec![0];
    out.extend(id.to_be_bytes());
    out.push(u8::try_from(text.len() * 2).unwrap());
    out.extend(text.as_bytes());
    out
}

/// A broker on a directory, with its own runtime.
pub struct TestBroker {
    runtime: Option<tokio::runtime::Runtime>,
    pub broker: Arc<Broker>,
    stop: tokio::sync::watch::Sender<bool>,
    serving: Option<tokio::task::JoinHandle<std::io::Result<()>>>,
    pub port: u16,
}

impl TestBroker {
    pub fn start(dir: &Path, pairs: &[(&str, &str)]) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let socket = assay_net::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let port = socket.local_addr().unwrap().port();
        let listener =
            Arc::new(Listener { name: "PLAINTEXT".into(), advertised: ("broker.test".into(), 1234) });
        let mut all = vec![("group.min.session.timeout.ms", "1"), ("offsets.topic.num.partitions", "3")];
        all.extend(pairs);
        let config = BrokerConfig::from_pairs(all).unwrap();
        let guard = runtime.enter();
        let broker = Broker::open(dir, config, std::slice::from_ref(&listener), Arc::new(Schemas)).unwrap();
        drop(guard);
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let serving = runtime.spawn(assay_net::serve(
            vec![(socket, listener)],
            broker.clone(),
            NetConfig::default(),
            stopped,
        ));
        Self { runtime: Some(runtime), broker, stop, serving: Some(serving), port }
    }

    pub fn client(&self) -> Client {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.set_nodelay(true).unwrap();
        Client { stream, correlation_id: 0 }
    }

    /// Drains, closes, leaves the marker.
    pub fn shutdown(mut self) {
        let runtime = self.runtime.take().unwrap();
        self.stop.send(true).unwrap();
        self.broker.drain();
        runtime.block_on(self.serving.take().unwrap()).unwrap().unwrap();
        runtime.block_on(self.broker.shutdown()).unwrap();
        runtime.shutdown_timeout(Duration::from_secs(5));
    }

    /// Gone without a word, as far as that goes inside a process.
    pub fn crash(mut self) {
        self.runtime.take().unwrap().shutdown_timeout(Duration::from_secs(5));
    }
}

/// A blocking connection.
pub struct Client {
    stream: TcpStream,
    correlation_id: i32,
}

impl Client {
    /// Sends a request without waiting for the answer.
    pub fn send<M: Request>(&mut self, version: i16, request: &M) -> i32 {
        self.correlation_id += 1;
        let frame = encode_request(version, self.correlation_id, Some("tester"), request);
        self.stream.write_all(&frame).unwrap();
        self.correlation_id
    }

    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// The next frame; `None` when the broker has closed the connection.
    pub fn frame(&mut self) -> Option<Bytes> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).ok()?;
        let mut frame = vec![0; u32::from_be_bytes(length) as usize];
        self.stream.read_exact(&mut frame).ok()?;
        Some(frame.into())
    }

    pub fn receive<M: Request>(&mut self, version: i16, correlation_id: i32) -> M::Response {
        let frame = self.frame().expect("the connection was closed");
        decode_response::<M>(version, correlation_id, frame).unwrap()
    }

    pub fn ask<M: Request>(&mut self, version: i16, request: &M) -> M::Response {
        let id = self.send(version, request);
        self.receive::<M>(version, id)
    }

    /// The last version of the table.
    pub fn ask_last<M: Request>(&mut self, request: &M) -> M::Response {
        self.ask(M::SPEC.versions.max, request)
    }

    pub fn create(&mut self, name: &str, partitions: i32, configs: &[(&str, &str)]) -> CreatableTopicResult {
        let configs = configs
            .iter()
            .map(|(n, v)| CreatableTopicConfig { name: (*n).into(), value: Some((*v).into()) })
            .collect();
        let topic = CreatableTopic {
            name: name.into(),
            num_partitions: partitions,
            replication_factor: -1,
            configs,
            ..Default::default()
        };
        let request = CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        self.ask_last(&request).topics.remove(0)
    }

    pub fn produce(&mut self, topic: &str, acks: i16, records: Bytes) -> PartitionProduceResponse {
        self.ask(9, &produce_request(topic, acks, records)).responses.remove(0).partition_responses.remove(0)
    }

    pub fn producer_id(&mut self) -> i64 {
        let request = InitProducerIdRequest { transactional_id: None, ..Default::default() };
        let answer = self.ask_last(&request);
        assert_eq!((answer.error_code, answer.producer_epoch), (0, 0));
        answer.producer_id
    }

    pub fn fetch(&mut self, topic: &str, offset: i64) -> PartitionData {
        let id = self.send(12, &fetch_request(topic, offset, 0, 0));
        let mut answer = self.receive::<FetchRequest>(12, id);
        assert_eq!(answer.error_code, 0);
        answer.responses.remove(0).partitions.remove(0)
    }

    /// All values of partition 0 with their offsets.
    pub fn values(&mut self, topic: &str) -> Vec<(i64, String)> {
        let mut out = Vec::new();
        let mut at = 0;
        loop {
            let data = self.fetch(topic, at);
            assert_eq!(data.error_code, 0);
            let before = at;
            for batch in split_batches(data.records.unwrap()).map_while(Result::ok) {
                batch.verify_crc().unwrap();
                at = batch.header().next_offset();
                let records = batch.records(&Default::default()).unwrap();
                for record in &records {
                    let record = record.unwrap();
                    let value = String::from_utf8_lossy(record.value.unwrap_or_default()).into_owned();
                    out.push((record.offset(batch.header()), value));
                }
            }
            if at == before {
                return out;
            }
        }
    }
}

pub fn produce_request(topic: &str, acks: i16, records: Bytes) -> ProduceRequest {
    ProduceRequest {
        transactional_id: None,
        acks,
        timeout_ms: 30_000,
        topic_data: vec![TopicProduceData {
            name: topic.into(),
            partition_data: vec![PartitionProduceData { index: 0, records: Some(records) }],
        }],
    }
}

pub fn fetch_request(topic: &str, offset: i64, min_bytes: i32, max_wait_ms: i32) -> FetchRequest {
    FetchRequest {
        max_wait_ms,
        min_bytes,
        topics: vec![FetchTopic {
            topic: topic.into(),
            partitions: vec![FetchPartition {
                fetch_offset: offset,
                partition_max_bytes: 1 << 20,
                ..Default::default()
            }],
        }],
        ..Default::default()
    }
}

/// A batch of these values.
pub fn batch(values: &[&str]) -> Bytes {
    values_batch(&values.iter().map(|v| v.as_bytes().to_vec()).collect::<Vec<_>>(), None)
}

/// A batch of these values, with producer id, epoch and base sequence.
pub fn values_batch(values: &[Vec<u8>], producer: Option<(i64, i16, i32)>) -> Bytes {
    let mut builder = BatchBuilder::new(Compression::None);
    if let Some((id, epoch, sequence)) = producer {
        builder.producer(id, epoch, sequence);
    }
    for value in values {
        builder.push(1_700_000_000_000, None, Some(value), &[]);
    }
    builder.build().unwrap().into_raw()
}

/// An idempotent batch of plain values.
pub fn sequenced(id: i64, epoch: i16, sequence: i32, values: &[&str]) -> Bytes {
    values_batch(
        &values.iter().map(|v| v.as_bytes().to_vec()).collect::<Vec<_>>(),
        Some((id, epoch, sequence)),
    )
}

/// Waits for a condition, at most ten seconds.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{what} did not come true");
}

/// One IncrementalAlterConfigs change, `(name, operation, value)`, on a topic (2) or the broker (4); its error code.
pub fn alter(client: &mut Client, kind: i8, name: &str, change: (&str, i8, Option<&str>)) -> i16 {
    let config = AlterableConfig {
        name: change.0.into(),
        config_operation: change.1,
        value: change.2.map(Into::into),
    };
    let resource =
        AlterConfigsResource { resource_type: kind, resource_name: name.into(), configs: vec![config] };
    let request = IncrementalAlterConfigsRequest { resources: vec![resource], ..Default::default() };
    client.ask_last(&request).responses[0].error_code
}
