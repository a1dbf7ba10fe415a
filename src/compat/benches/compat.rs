//! What a verdict costs, on schemas that are parsed already: 50 fields per format, then by number of fields and of
//! versions. Every second field changes in a way that is allowed, so that all of them are looked at.
//!
//!     cargo bench -p assay-compat
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench")]

use std::hint::black_box;

use assay_compat::{Level, Old, check};
use assay_schema::{Limits, ParsedSchema, SchemaType, Strictness, Version, parse};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn schema(ty: SchemaType, text: &str) -> ParsedSchema {
    parse(ty, text, &[], Strictness::New, &Limits::default()).unwrap()
}

fn avro(fields: usize, version: usize) -> ParsedSchema {
    let field = |i: usize| {
        let ty = if (i + version).is_multiple_of(2) { "int" } else { ["int", "long"][version.min(1)] };
        format!(r#"{{"name":"f{i}","type":["null","{ty}"],"default":null}}"#)
    };
    let fields: Vec<String> = (0..fields).map(field).collect();
    schema(SchemaType::Avro, &format!(r#"{{"type":"record","name":"R","fields":[{}]}}"#, fields.join(",")))
}

fn protobuf(fields: usize, version: usize) -> ParsedSchema {
    let field = |i: usize| {
        let ty = if (i + version).is_multiple_of(2) { "int32" } else { ["int32", "int64"][version.min(1)] };
        format!("  {ty} f{i} = {};\n", i + 1)
    };
    let fields: String = (0..fields).map(field).collect();
    schema(SchemaType::Protobuf, &format!("syntax = \"proto3\";\nmessage R {{\n{fields}}}\n"))
}

/// Closed, as most are that grow by optional properties.
fn json(fields: usize, version: usize) -> ParsedSchema {
    let field = |i: usize| {
        let ty =
            if (i + version).is_multiple_of(2) { "integer" } else { ["integer", "number"][version.min(1)] };
        format!(r#""f{i}":{{"type":["null","{ty}"]}}"#)
    };
    let fields: Vec<String> = (0..fields).map(field).collect();
    let fields = fields.join(",");
    schema(
        SchemaType::Json,
        &format!(r#"{{"type":"object","properties":{{{fields}}},"additionalProperties":false}}"#),
    )
}

type Make = fn(usize, usize) -> ParsedSchema;
const FORMATS: [(&str, Make); 3] = [("avro", avro), ("protobuf", protobuf), ("json", json)];

fn verdict(level: Level, new: &ParsedSchema, olds: &[Old<'_>]) -> bool {
    let report = check(level, black_box(new), black_box(olds));
    assert!(report.is_compatible(), "{:?}", report.messages());
    report.is_compatible()
}

fn benches(c: &mut Criterion) {
    for (format, make) in FORMATS {
        let mut group = c.benchmark_group(format!("compat/{format}/backward/fields"));
        for fields in [50, 100, 500, 1_000, 5_000] {
            let (old, new) = (make(fields, 0), make(fields, 1));
            let olds = [Old { version: Version::FIRST, schema: &old }];
            group.throughput(Throughput::Elements(fields as u64));
            group.bench_function(BenchmarkId::from_parameter(fields), |b| {
                b.iter(|| verdict(Level::Backward, &new, &olds))
            });
        }
        group.finish();
        let mut group =
            c.benchmark_group(format!("compat/{format}/backward_transitive/versions-of-50-fields"));
        for versions in [1, 10, 100] {
            let (old, new) = (make(50, 0), make(50, 1));
            let olds = vec![Old { version: Version::FIRST, schema: &old }; versions];
            group.throughput(Throughput::Elements(versions as u64));
            group.bench_function(BenchmarkId::from_parameter(versions), |b| {
                b.iter(|| verdict(Level::BackwardTransitive, &new, &olds))
            });
        }
        group.finish();
    }
}

criterion_group!(compat, benches);
criterion_main!(compat);
