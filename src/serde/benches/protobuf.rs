//! What a frame costs on top of Protobuf: an order of about 300 bytes and a user of about 30, by a prepared schema or a deserializer that
//! knows the schema, against bare `prost` on the same message.
//!
//! `cargo bench -p assay-serde --bench protobuf`
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench fails by panicking; criterion's macro writes a function"
)]

use std::hint::black_box;
use std::time::Duration;

use assay_serde::client::Client;
use assay_serde::{Attempt, Part, ProtobufDeserializer, ProtobufSchema, ProtobufSerializer};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use prost::Message;

const FILE: &str = r#"syntax = "proto3"; package shop;
message Order {
  int64 id = 1; string customer = 2; string email = 3; int64 placed = 4; Status status = 5; string currency = 6;
  repeated Line lines = 7; repeated string tags = 8; string street = 9; string city = 10; bool paid = 11;
}
message Line { string sku = 1; string title = 2; int32 quantity = 3; double price = 4; }
message User { int64 id = 1; string name = 2; string email = 3; int32 age = 4; bool active = 5; }
enum Status { OPEN = 0; PAID = 1; SENT = 2; }"#;

#[derive(Clone, PartialEq, Message)]
struct Order {
    #[prost(int64, tag = "1")]
    id: i64,
    #[prost(string, tag = "2")]
    customer: String,
    #[prost(string, tag = "3")]
    email: String,
    #[prost(int64, tag = "4")]
    placed: i64,
    #[prost(int32, tag = "5")]
    status: i32,
    #[prost(string, tag = "6")]
    currency: String,
    #[prost(message, repeated, tag = "7")]
    lines: Vec<Line>,
    #[prost(string, repeated, tag = "8")]
    tags: Vec<String>,
    #[prost(string, tag = "9")]
    street: String,
    #[prost(string, tag = "10")]
    city: String,
    #[prost(bool, tag = "11")]
    paid: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Line {
    #[prost(string, tag = "1")]
    sku: String,
    #[prost(string, tag = "2")]
    title: String,
    #[prost(int32, tag = "3")]
    quantity: i32,
    #[prost(double, tag = "4")]
    price: f64,
}

#[derive(Clone, PartialEq, Message)]
struct User {
    #[prost(int64, tag = "1")]
    id: i64,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, tag = "3")]
    email: String,
    #[prost(int32, tag = "4")]
    age: i32,
    #[prost(bool, tag = "5")]
    active: bool,
}

fn user() -> User {
    User { id: 123_456, name: "Johanna".into(), email: "jo@example.com".into(), age: 41, active: true }
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
        email: "grete.hermann@example.org".to_owned(),
        placed: 1_700_000_000_000,
        status: 1,
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
    }
}

fn both<M: Message + Default + PartialEq>(c: &mut Criterion, name: &str, full_name: &str, message: &M) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = Client::in_memory();
    let schema = ProtobufSchema::parse(FILE).unwrap();
    let serializer = ProtobufSerializer::new(client.clone());
    let prepared = runtime.block_on(serializer.prepare("orders", Part::Value, &schema, full_name)).unwrap();
    let mut framed = Vec::new();
    prepared.serialize_into(message, &mut framed);
    let deserializer = ProtobufDeserializer::new(client);
    assert!(
        runtime.block_on(deserializer.deserialize::<M>(Some(&framed))).unwrap().as_ref() == Some(message)
    );
    let bare = message.encode_to_vec();

    let mut group = c.benchmark_group(format!("protobuf/{name}, {} bytes", bare.len()));
    group.throughput(Throughput::Bytes(bare.len() as u64));
    let mut out = Vec::with_capacity(1024);
    group.bench_function("serialize/assay-serde", |b| {
        b.iter(|| {
            out.clear();
            prepared.serialize_into(black_box(message), &mut out);
            out.len()
        });
    });
    group.bench_function("serialize/prost", |b| {
        b.iter(|| {
            out.clear();
            black_box(message).encode(&mut out).unwrap();
            out.len()
        });
    });
    group.bench_function("deserialize/assay-serde", |b| {
        b.iter(|| match deserializer.try_deserialize::<M>(black_box(&framed[..])).unwrap() {
            Attempt::Ready(message) => message.unwrap(),
            Attempt::NeedsSchema(key) => unreachable!("{key} was fetched before"),
        });
    });
    group.bench_function("deserialize/prost", |b| b.iter(|| M::decode(black_box(&bare[..])).unwrap()));
    group.finish();
}

fn all(c: &mut Criterion) {
    both(c, "order", "shop.Order", &order());
    both(c, "user", "shop.User", &user());
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(1));
    targets = all
}
criterion_main!(benches);
