//! What a derived codec costs, against `serde_avro_fast` in turns in one run: an order of about 300 bytes and a user of about 30.
//!
//!     cargo bench -p assay-serde --bench derive
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a bench")]

use std::hint::black_box;
use std::time::Duration;

use assay_serde::AssayAvro;
use assay_serde::derive::logical::TimestampMillis;
use assay_serde::derive::{AvroEncode, AvroSchemaOf, encode_into, from_datum, to_datum};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde::{Deserialize, Serialize};

/// The same fields, owned or borrowed, for both codecs.
macro_rules! types {
    ($text:ty $(, $life:lifetime, $borrow:ident)?) => {
        #[derive(Debug, PartialEq, AssayAvro, Serialize, Deserialize)]
        pub(crate) struct User$(<$life>)? {
            pub(crate) id: i64,
            $(#[serde($borrow)])?
            pub(crate) name: $text,
            pub(crate) score: f64,
            pub(crate) active: bool,
            $(#[serde($borrow)])?
            pub(crate) referrer: Option<$text>,
        }

        #[derive(Debug, PartialEq, AssayAvro, Serialize, Deserialize)]
        pub(crate) struct Line$(<$life>)? {
            $(#[serde($borrow)])?
            pub(crate) sku: $text,
            $(#[serde($borrow)])?
            pub(crate) title: $text,
            pub(crate) quantity: i32,
            pub(crate) price: f64,
        }

        #[derive(Debug, PartialEq, AssayAvro, Serialize, Deserialize)]
        pub(crate) struct Order$(<$life>)? {
            pub(crate) id: i64,
            $(#[serde($borrow)])?
            pub(crate) customer: $text,
            $(#[serde($borrow)])?
            pub(crate) email: Option<$text>,
            #[avro(logical = "timestamp-millis")]
            pub(crate) placed: i64,
            pub(crate) status: super::Status,
            $(#[serde($borrow)])?
            pub(crate) currency: $text,
            $(#[serde($borrow)])?
            pub(crate) lines: Vec<Line$(<$life>)?>,
            $(#[serde($borrow)])?
            pub(crate) tags: Vec<$text>,
            $(#[serde($borrow)])?
            pub(crate) street: $text,
            $(#[serde($borrow)])?
            pub(crate) city: $text,
            pub(crate) paid: bool,
            $(#[serde($borrow)])?
            pub(crate) note: Option<$text>,
        }
    };
}

#[derive(Debug, Clone, Copy, PartialEq, AssayAvro, Serialize, Deserialize)]
enum Status {
    Open,
    Paid,
    Sent,
}

mod owned {
    use super::{AssayAvro, Deserialize, Serialize};
    types!(String);
}

mod borrowed {
    use super::{AssayAvro, Deserialize, Serialize};
    types!(&'a str, 'a, borrow);
}

fn user() -> owned::User {
    owned::User {
        id: 48_151_623,
        name: "Grete Hermann".to_owned(),
        score: 0.75,
        active: true,
        referrer: Some("emmy".to_owned()),
    }
}

fn order() -> owned::Order {
    let line = |sku: &str, title: &str, quantity, price| owned::Line {
        sku: sku.to_owned(),
        title: title.to_owned(),
        quantity,
        price,
    };
    owned::Order {
        id: 7_215_330_017,
        customer: "Grete Hermann, Goettingen".to_owned(),
        email: Some("grete.hermann@example.org".to_owned()),
        placed: TimestampMillis(1_700_000_000_000).0,
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

fn text<T: AvroSchemaOf>() -> &'static str {
    T::schema().unwrap().text()
}

/// Encoding into a buffer that is used again, and into one of its own.
fn encode<T: AvroEncode + AvroSchemaOf + Serialize>(c: &mut Criterion, name: &str, value: &T) {
    let schema: serde_avro_fast::Schema = text::<T>().parse().unwrap();
    let mut config = serde_avro_fast::ser::SerializerConfig::new(&schema);
    let datum = to_datum(value).unwrap();
    assert_eq!(serde_avro_fast::to_datum_vec(value, &mut config).unwrap(), datum);
    println!("{name}: {} bytes", datum.len());
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Bytes(datum.len() as u64));
    let mut out = Vec::with_capacity(1024);
    group.bench_function("assay", |b| {
        b.iter(|| {
            out.clear();
            encode_into(black_box(value), &mut out).unwrap();
            black_box(out.len())
        });
    });
    let mut buffer = Vec::with_capacity(1024);
    group.bench_function("serde_avro_fast", |b| {
        b.iter(|| {
            buffer.clear();
            buffer = serde_avro_fast::to_datum(black_box(value), std::mem::take(&mut buffer), &mut config)
                .unwrap();
            black_box(buffer.len())
        });
    });
    group.bench_function("assay/own-buffer", |b| b.iter(|| to_datum(black_box(value)).unwrap()));
    group.bench_function("serde_avro_fast/own-buffer", |b| {
        b.iter(|| serde_avro_fast::to_datum_vec(black_box(value), &mut config).unwrap());
    });
    group.finish();
}

macro_rules! decode {
    ($c:expr, $name:literal, $type:ty, $datum:expr) => {{
        let schema: serde_avro_fast::Schema = text::<$type>().parse().unwrap();
        let datum: &[u8] = $datum;
        let same: $type = serde_avro_fast::from_datum_slice(datum, &schema).unwrap();
        assert_eq!(from_datum::<$type>(datum).unwrap(), same);
        let mut group = $c.benchmark_group($name);
        group.throughput(Throughput::Bytes(datum.len() as u64));
        group.bench_function("assay", |b| b.iter(|| from_datum::<$type>(black_box(datum)).unwrap()));
        group.bench_function("serde_avro_fast", |b| {
            b.iter(|| serde_avro_fast::from_datum_slice::<$type>(black_box(datum), &schema).unwrap());
        });
        group.finish();
    }};
}

fn all(c: &mut Criterion) {
    encode(c, "derive/encode/order", &order());
    encode(c, "derive/encode/user", &user());
    let (order, user) = (to_datum(&order()).unwrap(), to_datum(&user()).unwrap());
    decode!(c, "derive/decode/order", owned::Order, &order);
    decode!(c, "derive/decode/user", owned::User, &user);
    decode!(c, "derive/decode-borrowed/order", borrowed::Order<'_>, &order);
    decode!(c, "derive/decode-borrowed/user", borrowed::User<'_>, &user);
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(1));
    targets = all
}
criterion_main!(benches);
