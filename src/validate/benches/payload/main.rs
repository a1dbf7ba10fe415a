//! What a payload's check costs, against the decoders that a broker would use otherwise, in turns in one run: an order of about 300 bytes,
//! the same with text that is not ASCII, and a record of about 30 bytes, per format.
//!
//!     cargo bench -p assay-validate
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a bench")]

mod orders;

use std::hint::black_box;

use assay_schema::{Limits, ParsedSchema, SchemaType, Strictness, parse};
use assay_validate::{Validator, compile};
use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use prost_reflect::{DynamicMessage, prost::Message};
use serde::de::IgnoredAny;

fn schema(ty: SchemaType, text: &str) -> (ParsedSchema, Validator) {
    let schema = parse(ty, text, &[], Strictness::New, &Limits::default()).unwrap();
    let validator = compile(&schema).unwrap();
    (schema, validator)
}

/// A group for a payload, with the compiled validator in it as `assay`.
fn group<'c>(
    c: &'c mut Criterion,
    name: &str,
    validator: &Validator,
    payload: &[u8],
) -> BenchmarkGroup<'c, WallTime> {
    assert_eq!(validator.check(payload), Ok(()));
    println!("{name}: {} bytes", payload.len());
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Bytes(payload.len() as u64));
    group.bench_function("assay", |b| b.iter(|| validator.check(black_box(payload)).is_ok()));
    group
}

fn avro(c: &mut Criterion) {
    let rows = [
        ("avro/order", orders::AVRO_ORDER, orders::avro_order(&orders::ASCII)),
        ("avro/order-non-ascii", orders::AVRO_ORDER, orders::avro_order(&orders::NON_ASCII)),
        ("avro/small", orders::AVRO_SMALL, orders::avro_small()),
    ];
    for (name, text, value) in rows {
        let (_, validator) = schema(SchemaType::Avro, text);
        let generic = apache_avro::Schema::parse_str(text).unwrap();
        let fast: serde_avro_fast::Schema = text.parse().unwrap();
        let payload = apache_avro::to_avro_datum(&generic, value).unwrap();
        let mut group = group(c, name, &validator, &payload);
        group.bench_function("serde_avro_fast", |b| {
            b.iter(|| serde_avro_fast::from_datum_slice::<IgnoredAny>(black_box(&payload), &fast).unwrap());
        });
        group.bench_function("apache-avro", |b| {
            b.iter(|| apache_avro::from_avro_datum(&generic, &mut black_box(&payload[..]), None).unwrap());
        });
    }
}

fn protobuf(c: &mut Criterion) {
    let (parsed, validator) = schema(SchemaType::Protobuf, orders::PROTOBUF);
    let ParsedSchema::Protobuf(proto) = parsed else { panic!("a Protobuf schema") };
    let order = |texts| orders::protobuf_order(texts).encode_to_vec();
    let rows = [
        ("protobuf/order", 0, order(&orders::ASCII)),
        ("protobuf/order-non-ascii", 0, order(&orders::NON_ASCII)),
        ("protobuf/small", 1, orders::protobuf_small().encode_to_vec()),
    ];
    for (name, index, message) in rows {
        let header: &[u8] = if index == 0 { &[0] } else { &[2, 2] };
        let payload = [header, &message].concat();
        let descriptor = proto.message_by_indexes(&[index]).unwrap();
        let mut group = group(c, name, &validator, &payload);
        group.bench_function("prost", |b| {
            b.iter(|| match index {
                0 => orders::Order::decode(black_box(&message[..])).is_ok(),
                _ => orders::Reading::decode(black_box(&message[..])).is_ok(),
            });
        });
        group.bench_function("prost-reflect", |b| {
            b.iter(|| DynamicMessage::decode(descriptor.clone(), black_box(&message[..])).unwrap());
        });
    }
}

fn json(c: &mut Criterion) {
    let rows = [
        ("json/order", orders::JSON_ORDER, orders::json_order(&orders::ASCII)),
        ("json/order-non-ascii", orders::JSON_ORDER, orders::json_order(&orders::NON_ASCII)),
        ("json/small", orders::JSON_SMALL, orders::JSON_SMALL_PAYLOAD.to_owned()),
    ];
    for (name, text, payload) in rows {
        let (parsed, validator) = schema(SchemaType::Json, text);
        let ParsedSchema::Json(json) = parsed else { panic!("a JSON schema") };
        let jsonschema = json.validator().unwrap();
        let mut group = group(c, name, &validator, payload.as_bytes());
        group.bench_function("serde_json+jsonschema", |b| {
            b.iter(|| {
                let value: serde_json::Value = serde_json::from_slice(black_box(payload.as_bytes())).unwrap();
                assert!(jsonschema.is_valid(&value));
            });
        });
    }
}

criterion_group!(benches, avro, protobuf, json);
criterion_main!(benches);
