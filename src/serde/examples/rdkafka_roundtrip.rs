//! Registers a schema, produces records through a broker with librdkafka, and reads them back:
//! `cargo run -p assay-serde --example rdkafka_roundtrip -- --bootstrap 127.0.0.1:9092 --registry http://127.0.0.1:8081`

use std::{error::Error, time::Duration};

use assay_serde::{AvroDeserializer, AvroSchema, AvroSerializer, Part, client::Client};
use rdkafka::{
    ClientConfig, Message,
    consumer::{Consumer, StreamConsumer},
    producer::{FutureProducer, FutureRecord},
};
use serde::{Deserialize, Serialize};

const SCHEMA: &str = r#"{"type": "record", "name": "Order", "namespace": "shop", "fields": [
    {"name": "id", "type": "long"},
    {"name": "note", "type": ["null", "string"], "default": null},
    {"name": "quantities", "type": {"type": "array", "items": "int"}}]}"#;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: i64,
    note: Option<String>,
    quantities: Vec<i32>,
}

/// The value behind an option of the command line, or a default.
fn option(name: &str, default: &str) -> String {
    let mut args = std::env::args();
    args.find(|arg| arg == name).and_then(|_| args.next()).unwrap_or_else(|| default.to_owned())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let bootstrap = option("--bootstrap", "127.0.0.1:9092");
    let topic = option("--topic", "serde-roundtrip");
    let client = Client::connect(&option("--registry", "http://127.0.0.1:8081"))?;
    let schema = AvroSchema::parse(SCHEMA)?;
    let (serializer, deserializer) = (AvroSerializer::new(client.clone()), AvroDeserializer::new(client));

    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &bootstrap);
    let producer: FutureProducer = config.clone().set("enable.idempotence", "true").create()?;
    let orders: Vec<Order> = (0..100)
        .map(|id| Order { id, note: (id % 2 == 0).then(|| format!("order {id}")), quantities: vec![1, 2, 3] })
        .collect();
    let mut places = Vec::new();
    for order in &orders {
        let value =
            serializer.serialize(&topic, Part::Value, &schema, Some(order)).await?.unwrap_or_default();
        let record = FutureRecord::<str, _>::to(&topic).payload(&value);
        let delivery = producer.send(record, Duration::from_secs(10)).await.map_err(|(error, _)| error)?;
        places.push((delivery.partition, delivery.offset));
    }
    println!("produced {} orders to {topic}", places.len());

    let group = format!("serde-roundtrip-{}", std::process::id());
    let consumer: StreamConsumer =
        config.set("group.id", &group).set("auto.offset.reset", "earliest").create()?;
    consumer.subscribe(&[&topic])?;
    let mut read = 0;
    while read < places.len() {
        let message = tokio::time::timeout(Duration::from_secs(30), consumer.recv()).await??;
        let Some(at) = places.iter().position(|place| *place == (message.partition(), message.offset()))
        else {
            continue; // of an earlier run
        };
        let order: Option<Order> = deserializer.deserialize(message.payload()).await?;
        if order.as_ref() != orders.get(at) {
            return Err(
                format!("offset {}: read {order:?}, wrote {:?}", message.offset(), orders.get(at)).into()
            );
        }
        read += 1;
    }
    println!("consumed {read} orders, each equal to what was produced");
    Ok(())
}
