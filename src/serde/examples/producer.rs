//! A typed producer: orders in Avro, a tombstone, and a record that is no Avro at all.
//! `cargo run -p assay-serde --features rdkafka --example producer -- TOPIC`, with `ASSAY_KAFKA` and `ASSAY_HTTP` set.
//! The example `consumer` reads them.

use std::error::Error;

use assay_serde::kafka::{Producer, Raw, With};
use assay_serde::{AvroSchema, AvroSerializer, client::Client};
use rdkafka::ClientConfig;
use rdkafka::producer::FutureProducer;
use serde::Serialize;

const SCHEMA: &str = r#"{"type": "record", "name": "Order", "namespace": "shop", "fields": [
    {"name": "id", "type": "long"},
    {"name": "note", "type": ["null", "string"], "default": null}]}"#;

#[derive(Serialize)]
struct Order {
    id: i64,
    note: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let topic = std::env::args().nth(1).ok_or("TOPIC")?;
    let client = Client::connect(&std::env::var("ASSAY_HTTP")?)?;
    let kafka: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", std::env::var("ASSAY_KAFKA")?)
        .set("enable.idempotence", "true")
        .create()?;

    // Keys are bytes, values are orders.
    let values = With(AvroSerializer::new(client), AvroSchema::parse(SCHEMA)?);
    let orders = Producer::new(kafka.clone(), Raw, values);
    for id in 1..=3 {
        let order = Order { id, note: (id == 2).then(|| "with a bow".to_owned()) };
        orders.send(&topic, Some(&format!("order-{id}")), Some(&order)).await?;
    }
    orders.send(&topic, Some("order-1"), None::<&Order>).await?; // a tombstone

    // What a program without a serializer would write. A broker that validates refuses it.
    Producer::new(kafka, Raw, Raw).send(&topic, Some("order-4"), Some("no Avro")).await?;
    println!("3 orders, 1 tombstone, 1 poison record");
    Ok(())
}
