//! A struct to framed bytes and back, the registry's answers remembered, by three crates in one run: an order of about 300 bytes and
//! a user of about 30. Each is used as its documentation shows it; the bytes of all three are the same.
//!
//! `cargo bench --manifest-path src/serde/peers/Cargo.toml`
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench fails by panicking; criterion's macro writes a function"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use assay_serde::client::Client;
use assay_serde::derive::{AvroDecodeOwned, AvroEncode, AvroSchemaOf};
use assay_serde::{AssayAvro, AvroDeserializer, AvroSerializer, Part};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use schema_registry_client::rest::client_config::ClientConfig;
use schema_registry_client::rest::models::Schema as PeerSchema;
use schema_registry_client::rest::schema_registry_client::{Client as _, SchemaRegistryClient};
use schema_registry_client::serdes::avro as peer;
use schema_registry_client::serdes::config::{DeserializerConfig, SchemaSelector, SerializerConfig};
use schema_registry_client::serdes::serde::{
    SerdeFormat, SerdeType, SerializationContext, SubjectNameStrategyType,
};
use schema_registry_converter::async_impl::avro::{AvroDecoder, AvroEncoder};
use schema_registry_converter::async_impl::schema_registry::SrSettings;
use schema_registry_converter::schema_registry_common::SubjectNameStrategy;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::runtime::Runtime;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, AssayAvro)]
struct User {
    id: i64,
    name: String,
    email: Option<String>,
    age: i32,
    active: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, AssayAvro)]
struct Line {
    sku: String,
    title: String,
    quantity: i32,
    price: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, AssayAvro)]
struct Order {
    id: i64,
    customer: String,
    email: Option<String>,
    placed: i64,
    status: Status,
    currency: String,
    lines: Vec<Line>,
    tags: Vec<String>,
    street: String,
    city: String,
    paid: bool,
    note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, AssayAvro)]
enum Status {
    Open,
    Paid,
    Sent,
}

fn user() -> User {
    User { id: 123_456, name: "Johanna".into(), email: Some("jo@example.com".into()), age: 41, active: true }
}

fn order() -> Order {
    let line = |sku: &str, title: &str, quantity, price| Line {
        sku: sku.to_owned(),
        title: title.to_owned(),
        quantity,
        price,
    };
    Order {
        id: 7_215_330_017,
        customer: "Grete Hermann, Goettingen".to_owned(),
        email: Some("grete.hermann@example.org".to_owned()),
        placed: 1_700_000_000_000,
        status: Status::Paid,
        currency: "EUR".to_owned(),
        lines: vec![
            line("bk-20931-a", "Die naturphilosophischen Grundlagen", 1, 24.5),
            line("pn-00017-c", "Fountain pen, fine nib, blue", 2, 18.0),
            line("pp-11802-b", "Writing paper, 120 g, 100 sheets", 4, 7.25),
        ],
        tags: ["gift", "express", "returning-customer"].map(str::to_owned).to_vec(),
        street: "Wilhelm-Weber-Strasse 21".to_owned(),
        city: "37073 Goettingen".to_owned(),
        paid: true,
        note: None,
    }
}

struct Rows<'a, 'c> {
    group: &'a mut BenchmarkGroup<'c, WallTime>,
    runtime: &'a Runtime,
}

impl Rows<'_, '_> {
    /// A program has entered its runtime once, not for every record: so all records of a sample are made within one `block_on`.
    fn of<R>(&mut self, name: &str, make: impl AsyncFn() -> R) {
        let all = async |count: u64| {
            let began = Instant::now();
            for _ in 0..count {
                black_box(make().await);
            }
            began.elapsed()
        };
        self.group.bench_function(name, |b| b.iter_custom(|count| self.runtime.block_on(all(count))));
    }
}

/// Both directions of a value by the three crates. What each makes is read by all before anything is measured.
fn three<T>(c: &mut Criterion, name: &str, value: &T)
where
    T: std::fmt::Debug + PartialEq + Serialize + DeserializeOwned + Sync,
    T: AvroSchemaOf + AvroEncode + AvroDecodeOwned,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let schema = T::schema().unwrap();
    let url = assay_serde_peers::registry(schema.text()).unwrap();

    let client = Client::connect(&url).unwrap();
    let (writer, reader) = (AvroSerializer::new(client.clone()), AvroDeserializer::new(client));
    let ours = async || {
        writer.serialize("orders", Part::Value, schema, Some(black_box(value))).await.unwrap().unwrap()
    };
    let bytes: Vec<u8> = runtime.block_on(ours());
    let read = async || reader.deserialize::<T>(Some(black_box(&bytes))).await.unwrap().unwrap();
    let derived = async || {
        writer.serialize_record("orders", Part::Value, Some(black_box(value))).await.unwrap().unwrap()
    };
    let read_derived =
        async || reader.deserialize_record::<T>(Some(black_box(&bytes))).await.unwrap().unwrap();

    let settings = SrSettings::new(url.clone());
    let (encoder, decoder) = (AvroEncoder::new(settings.clone()), AvroDecoder::new(settings));
    let strategy = SubjectNameStrategy::TopicNameStrategy("orders".to_owned(), false);
    let converter = async || encoder.encode_struct(black_box(value), &strategy).await.unwrap();
    let read_converter = async || {
        let decoded = decoder.decode(Some(black_box(&bytes))).await.unwrap();
        apache_avro_22::from_value::<T>(&decoded.value).unwrap()
    };

    let registry = SchemaRegistryClient::new(ClientConfig::new(vec![url]));
    let theirs = PeerSchema::new(Some("AVRO".to_owned()), schema.text().to_owned());
    let by_topic = SubjectNameStrategyType::Topic; // the other one asks the registry for associations
    // Registering, its default, makes 0.4.2 send a request for every record: what it remembers it does not find again.
    let config = SerializerConfig {
        auto_register_schemas: false,
        use_schema: Some(SchemaSelector::LatestVersion),
        subject_name_strategy_type: by_topic,
        ..Default::default()
    };
    let serializer = peer::AvroSerializer::new(&registry, Some(&theirs), None, config).unwrap();
    let config = DeserializerConfig { subject_name_strategy_type: by_topic, ..Default::default() };
    let deserializer = peer::AvroDeserializer::new(&registry, None, config).unwrap();
    let place = SerializationContext {
        topic: "orders".to_owned(),
        serde_type: SerdeType::Value,
        serde_format: SerdeFormat::Avro,
        headers: None,
    };
    let client = async || serializer.serialize_ser(&place, black_box(value)).await.unwrap();
    let read_client = async || {
        let decoded = deserializer.deserialize(&place, black_box(&bytes)).await.unwrap();
        apache_avro_21::from_value::<T>(&decoded.value).unwrap()
    };

    for made in [runtime.block_on(derived()), runtime.block_on(converter()), runtime.block_on(client())] {
        assert_eq!(made, bytes);
    }
    for made in [
        runtime.block_on(read()),
        runtime.block_on(read_derived()),
        runtime.block_on(read_converter()),
        runtime.block_on(read_client()),
    ] {
        assert_eq!(made, *value);
    }
    let mut group = c.benchmark_group(format!("end to end/{name}, {} bytes", bytes.len()));
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    let mut row = Rows { group: &mut group, runtime: &runtime };
    row.of("serialize/assay-serde", ours);
    row.of("serialize/assay-serde, derived", derived);
    row.of("serialize/schema_registry_converter", converter);
    row.of("serialize/schema-registry-client", client);
    row.of("deserialize/assay-serde", read);
    row.of("deserialize/assay-serde, derived", read_derived);
    row.of("deserialize/schema_registry_converter", read_converter);
    row.of("deserialize/schema-registry-client", read_client);
    group.finish();
}

fn both(c: &mut Criterion) {
    three(c, "order", &order());
    three(c, "user", &user());
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(1));
    targets = both
}
criterion_main!(benches);
