//! What a record costs once its schema is known: the frame's header is read and the schema found.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench")]

use std::hint::black_box;
use std::time::Duration;

use assay_client::{Cache, Client, Normalize, Schema};
use assay_schema::{Context, SchemaType, Subject};
use assay_wire::Guid;
use criterion::{Criterion, criterion_group, criterion_main};

fn hits(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = Client::in_memory();
    let (subject, home) = (Subject::parse("orders-value"), Context::default());
    let field = |n: u32| format!(r#"{{"name":"field{n}","type":"string"}}"#);
    let fields: Vec<String> = (0..10).map(field).collect();
    let text = format!(r#"{{"type":"record","name":"Order","fields":[{}]}}"#, fields.join(","));
    let schema = Schema::new(SchemaType::Avro, &text);
    let registered = runtime.block_on(async {
        for n in 0..200 {
            let other = Schema::new(SchemaType::Avro, &text.replace("Order", &format!("Order{n}")));
            client.register(&subject, &other, Normalize::Default).await.unwrap();
        }
        let registered = client.register(&subject, &schema, Normalize::Default).await.unwrap();
        client.schema_by_id(&home, registered.id).await.unwrap();
        client.schema_by_guid(&registered.guid.unwrap()).await.unwrap();
        registered
    });
    let frame = [[0].as_slice(), &registered.id.get().to_be_bytes(), &[1; 30]].concat();
    let mut group = c.benchmark_group("client/hit");
    group.bench_function("frame and schema by id", |b| {
        b.iter(|| {
            let (id, payload) = assay_wire::split(black_box(&frame)).unwrap();
            black_box((client.cached_schema_by_id(&home, id).unwrap(), payload));
        });
    });
    group.bench_function("schema by id, async", |b| {
        b.iter(|| runtime.block_on(client.schema_by_id(&home, black_box(registered.id))).unwrap());
    });
    let guid: Guid = registered.guid.unwrap();
    group.bench_function("schema by guid", |b| {
        b.iter(|| client.cached_schema_by_guid(black_box(&guid)).unwrap())
    });
    group.bench_function("id of a schema of 450 bytes", |b| {
        b.iter(|| client.cached_register(&subject, black_box(&schema), Normalize::Default).unwrap());
    });
    let cache = Cache::new(1000);
    (0..200u32).for_each(|n| cache.insert(n, std::sync::Arc::new(n)));
    group.bench_function("Cache::get of a u32", |b| b.iter(|| cache.get(black_box(&77)).unwrap()));
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(1));
    targets = hits
}
criterion_main!(benches);
