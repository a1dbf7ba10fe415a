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
use std::time::Duration;

use assay_serde::client::Client;
use assay_serde::derive::{AvroDecodeOwned, AvroEncode, AvroSchemaOf};
use assay_serde::{AssayAvro, AvroDeserializer, AvroSerializer, Part};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
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
    let ours = |value| {
        runtime.block_on(writer.serialize("orders", Part::Value, schema, Some(value))).unwrap().unwrap()
    };
    let bytes: Vec<u8> = ours(value);
    let read = |bytes| runtime.block_on(reader.deserialize::<T>(Some(bytes))).unwrap().unwrap();
    let derived = |value| {
        runtime.block_on(writer.serialize_record("orders", Part::Value, Some(value))).unwrap().unwrap()
    };
    let read_derived =
        |bytes| runtime.block_on(reader.deserialize_record::<T>(Some(bytes))).unwrap().unwrap();

    let settings = SrSettings::new(url.clone());
    let (encoder, decoder) = (AvroEncoder::new(settings.clone()), AvroDecoder::new(settings));
    let strategy = SubjectNameStrategy::TopicNameStrategy("orders".to_owned(), false);
    let converter = |value: &T| runtime.block_on(encoder.encode_struct(value, &strategy)).unwrap();
    let read_converter = |bytes: &[u8]| {
        let decoded = runtime.block_on(decoder.decode(Some(bytes))).unwrap();
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
    let client = |value: &T| runtime.block_on(serializer.serialize_ser(&place, value)).unwrap();
    let read_client = |bytes: &[u8]| {
        let decoded = runtime.block_on(deserializer.deserialize(&place, bytes)).unwrap();
        apache_avro_21::from_value::<T>(&decoded.value).unwrap()
    };

    assert_eq!((&bytes, &bytes, &bytes), (&derived(value), &converter(value), &client(value)));
    for read in [read(&bytes), read_derived(&bytes), read_converter(&bytes), read_client(&bytes)] {
        assert_eq!(read, *value);
    }
    let mut group = c.benchmark_group(format!("end to end/{name}, {} bytes", bytes.len()));
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("serialize/assay-serde", |b| b.iter(|| ours(black_box(value))));
    group.bench_function("serialize/assay-serde, derived", |b| b.iter(|| derived(black_box(value))));
    group.bench_function("serialize/schema_registry_converter", |b| b.iter(|| converter(black_box(value))));
    group.bench_function("serialize/schema-registry-client", |b| b.iter(|| client(black_box(value))));
    group.bench_function("deserialize/assay-serde", |b| b.iter(|| read(black_box(&bytes))));
    group.bench_function("deserialize/assay-serde, derived", |b| b.iter(|| read_derived(black_box(&bytes))));
    group.bench_function("deserialize/schema_registry_converter", |b| {
        b.iter(|| read_converter(black_box(&bytes)))
    });
    group.bench_function("deserialize/schema-registry-client", |b| b.iter(|| read_client(black_box(&bytes))));
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
