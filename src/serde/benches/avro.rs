//! Avro against `serde_avro_fast` (serde straight to bytes, as ours) and `apache-avro` (through its `Value`): an order of about 300
//! bytes with a nested customer, lines and tags, and a user of about 30 bytes. Buffers are reused on all sides where the
//! library allows it.
//!
//! `cargo bench -p assay-serde --bench avro`
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench fails by panicking; criterion's macro writes a function"
)]

use std::{collections::BTreeMap, hint::black_box, time::Duration};

use assay_serde::{AvroSchema, apache_avro};
use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

const ORDER: &str = r#"{"type":"record","name":"Order","fields":[
    {"name":"id","type":"long"},
    {"name":"placed_at","type":{"type":"long","logicalType":"timestamp-millis"}},
    {"name":"status","type":{"type":"enum","name":"Status","symbols":["New","Paid","Sent"]}},
    {"name":"customer","type":{"type":"record","name":"Customer","fields":[
        {"name":"id","type":"long"},{"name":"name","type":"string"},{"name":"email","type":["null","string"]},
        {"name":"city","type":"string"},{"name":"street","type":"string"},{"name":"country","type":"string"}]}},
    {"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[
        {"name":"sku","type":"string"},{"name":"name","type":"string"},{"name":"quantity","type":"int"},
        {"name":"price","type":"double"}]}}},
    {"name":"total","type":"double"},{"name":"currency","type":"string"},
    {"name":"note","type":["null","string"]},
    {"name":"tags","type":{"type":"map","values":"string"}},
    {"name":"gift","type":"boolean"}]}"#;

/// The order as it was two versions ago: fewer fields, narrower ones, another order.
const ORDER_OLD: &str = r#"{"type":"record","name":"Order","fields":[
    {"name":"channel","type":"string"},
    {"name":"id","type":"int"},
    {"name":"placed_at","type":"long"},
    {"name":"status","type":{"type":"enum","name":"Status","symbols":["New","Paid"]}},
    {"name":"total","type":"float"}]}"#;

/// Reads the old order: defaults for the rest.
const ORDER_READER: &str = r#"{"type":"record","name":"Order","fields":[
    {"name":"id","type":"long"},{"name":"placed_at","type":"long"},
    {"name":"status","type":{"type":"enum","name":"Status","symbols":["New","Paid","Sent"]}},
    {"name":"total","type":"double"},{"name":"currency","type":"string","default":"EUR"},
    {"name":"note","type":["null","string"],"default":null}]}"#;

const USER: &str = r#"{"type":"record","name":"User","fields":[
    {"name":"id","type":"long"},{"name":"name","type":"string"},{"name":"email","type":["null","string"]},
    {"name":"age","type":"int"},{"name":"active","type":"boolean"}]}"#;

#[derive(Serialize, Deserialize)]
enum Status {
    New,
    Paid,
    Sent,
}

#[derive(Serialize, Deserialize)]
struct Customer {
    id: i64,
    name: String,
    email: Option<String>,
    city: String,
    street: String,
    country: String,
}

#[derive(Serialize, Deserialize)]
struct Line {
    sku: String,
    name: String,
    quantity: i32,
    price: f64,
}

#[derive(Serialize, Deserialize)]
struct Order {
    id: i64,
    placed_at: i64,
    status: Status,
    customer: Customer,
    lines: Vec<Line>,
    total: f64,
    currency: String,
    note: Option<String>,
    tags: BTreeMap<String, String>,
    gift: bool,
}

#[derive(Serialize, Deserialize)]
struct User {
    id: i64,
    name: String,
    email: Option<String>,
    age: i32,
    active: bool,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "read, and that is all")]
struct BorrowedUser<'a> {
    id: i64,
    name: &'a str,
    email: Option<&'a str>,
    age: i32,
    active: bool,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "read, and that is all")]
struct BorrowedCustomer<'a> {
    id: i64,
    name: &'a str,
    email: Option<&'a str>,
    city: &'a str,
    street: &'a str,
    country: &'a str,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "read, and that is all")]
struct BorrowedLine<'a> {
    sku: &'a str,
    name: &'a str,
    quantity: i32,
    price: f64,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "read, and that is all")]
struct BorrowedOrder<'a> {
    id: i64,
    placed_at: i64,
    status: Status,
    #[serde(borrow)]
    customer: BorrowedCustomer<'a>,
    lines: Vec<BorrowedLine<'a>>,
    total: f64,
    currency: &'a str,
    note: Option<&'a str>,
    tags: BTreeMap<&'a str, &'a str>,
    gift: bool,
}

fn order() -> Order {
    let line = |at: i32, name: &str| Line {
        sku: format!("SKU-{at:05}"),
        name: name.into(),
        quantity: at,
        price: 19.99 * f64::from(at),
    };
    Order {
        id: 4_711_000_815,
        placed_at: 1_700_000_000_000,
        status: Status::Paid,
        customer: Customer {
            id: 99_123,
            name: "Johanna Mueller-Schmidt".into(),
            email: Some("johanna@example.com".into()),
            city: "Frankfurt am Main".into(),
            street: "Grosse Bockenheimer Strasse 12".into(),
            country: "DE".into(),
        },
        lines: vec![line(1, "espresso machine"), line(2, "coffee beans, dark"), line(3, "descaler")],
        total: 119.94,
        currency: "EUR".into(),
        note: Some("please leave it with the neighbour".into()),
        tags: BTreeMap::from([("channel".into(), "web".into()), ("campaign".into(), "autumn".into())]),
        gift: false,
    }
}

fn user() -> User {
    User { id: 123_456, name: "Johanna".into(), email: Some("jo@example.com".into()), age: 41, active: true }
}

/// Both directions of a value by all three.
fn three<'g, T: Serialize + DeserializeOwned>(
    group: &mut BenchmarkGroup<'g, WallTime>,
    text: &str,
    value: &T,
    datum: &[u8],
) {
    let ours = AvroSchema::parse(text).unwrap();
    let fast: serde_avro_fast::Schema = text.parse().unwrap();
    let apache = apache_avro::Schema::parse_str(text).unwrap();
    group.bench_function("encode/assay-serde", |b| {
        let mut out = Vec::with_capacity(1024);
        b.iter(|| {
            out.clear();
            ours.encode(black_box(value), &mut out).unwrap();
            out.len()
        });
    });
    group.bench_function("encode/serde_avro_fast", |b| {
        let mut config = serde_avro_fast::ser::SerializerConfig::new(&fast);
        let mut out = Vec::with_capacity(1024);
        b.iter(|| {
            out.clear();
            serde_avro_fast::to_datum(black_box(value), &mut out, &mut config).unwrap();
            out.len()
        });
    });
    group.bench_function("encode/apache-avro", |b| {
        b.iter(|| {
            let value = apache_avro::to_value(black_box(value)).unwrap();
            apache_avro::to_avro_datum(&apache, value.resolve(&apache).unwrap()).unwrap()
        });
    });
    group.bench_function("decode/assay-serde", |b| b.iter(|| ours.decode::<T>(black_box(datum)).unwrap()));
    group.bench_function("decode/serde_avro_fast", |b| {
        b.iter(|| serde_avro_fast::from_datum_slice::<T>(black_box(datum), &fast).unwrap());
    });
    group.bench_function("decode/apache-avro", |b| {
        b.iter(|| {
            let value = apache_avro::from_avro_datum(&apache, &mut black_box(datum), None).unwrap();
            apache_avro::from_value::<T>(&value).unwrap()
        });
    });
    group.bench_function("decode Value/assay-serde", |b| {
        b.iter(|| ours.decode_value(black_box(datum)).unwrap());
    });
    group.bench_function("decode Value/apache-avro", |b| {
        b.iter(|| apache_avro::from_avro_datum(&apache, &mut black_box(datum), None).unwrap());
    });
}

macro_rules! borrowed {
    ($group:expr, $ty:ty, $text:expr, $datum:expr) => {
        let (ours, datum) = (AvroSchema::parse($text).unwrap(), $datum);
        let fast: serde_avro_fast::Schema = $text.parse().unwrap();
        $group.bench_function("decode borrowed/assay-serde", |b| {
            b.iter(|| black_box(ours.decode::<$ty>(black_box(datum)).unwrap()).id);
        });
        $group.bench_function("decode borrowed/serde_avro_fast", |b| {
            b.iter(|| {
                black_box(serde_avro_fast::from_datum_slice::<$ty>(black_box(datum), &fast).unwrap()).id
            });
        });
    };
}

fn group<'c>(c: &'c mut Criterion, name: &str, datum: &[u8]) -> BenchmarkGroup<'c, WallTime> {
    let mut group = c.benchmark_group(format!("avro/{name}, {} bytes", datum.len()));
    group.throughput(Throughput::Bytes(datum.len() as u64));
    group
}

fn encoded<T: Serialize>(text: &str, value: &T) -> Vec<u8> {
    let mut datum = Vec::new();
    AvroSchema::parse(text).unwrap().encode(value, &mut datum).unwrap();
    datum
}

fn codec(c: &mut Criterion) {
    let datum = encoded(ORDER, &order());
    let mut orders = group(c, "order", &datum);
    three(&mut orders, ORDER, &order(), &datum);
    borrowed!(orders, BorrowedOrder<'_>, ORDER, &datum);
    orders.finish();
    let datum = encoded(USER, &user());
    let mut users = group(c, "user", &datum);
    three(&mut users, USER, &user(), &datum);
    borrowed!(users, BorrowedUser<'_>, USER, &datum);
    users.finish();
}

fn resolution(c: &mut Criterion) {
    #[derive(Serialize, Deserialize)]
    struct Old {
        channel: String,
        id: i32,
        placed_at: i64,
        status: Status,
        total: f32,
    }
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "read, and that is all")]
    struct New {
        id: i64,
        placed_at: i64,
        status: Status,
        total: f64,
        currency: String,
        note: Option<String>,
    }
    let old = Old {
        channel: "web".into(),
        id: 4711,
        placed_at: 1_700_000_000_000,
        status: Status::New,
        total: 7.5,
    };
    let datum = encoded(ORDER_OLD, &old);
    let mut group = group(c, "resolve an old order", &datum);
    let (writer, reader) = (AvroSchema::parse(ORDER_OLD).unwrap(), AvroSchema::parse(ORDER_READER).unwrap());
    group.bench_function("assay-serde", |b| {
        b.iter(|| writer.resolution(&reader).decode::<New>(black_box(&datum)).unwrap().id);
    });
    group.bench_function("assay-serde, transcode", |b| {
        let mut out = Vec::with_capacity(1024);
        b.iter(|| {
            out.clear();
            writer.resolution(&reader).transcode(black_box(&datum), &mut out).unwrap();
            out.len()
        });
    });
    let theirs = |text: &str| apache_avro::Schema::parse_str(text).unwrap();
    let (writer, reader) = (theirs(ORDER_OLD), theirs(ORDER_READER));
    group.bench_function("apache-avro", |b| {
        b.iter(|| {
            let value =
                apache_avro::from_avro_datum(&writer, &mut black_box(&datum[..]), Some(&reader)).unwrap();
            apache_avro::from_value::<New>(&value).unwrap().id
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(1));
    targets = codec, resolution
}
criterion_main!(benches);
