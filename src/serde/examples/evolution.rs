//! A writer of version 1 and a reader of version 2: a wider type, a field with a default, a field left out.
//! `cargo run -p assay-serde --features rdkafka --example evolution -- TOPIC`, with `ASSAY_KAFKA` and `ASSAY_HTTP` set.

use std::error::Error;
use std::time::Duration;

use assay_serde::kafka::{Consumer, Producer, Raw, Received, With};
use assay_serde::{AvroDeserializer, AvroSchema, AvroSerializer, client::Client};
use rdkafka::ClientConfig;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::producer::FutureProducer;
use serde::{Deserialize, Serialize};

const V1: &str = r#"{"type": "record", "name": "Price", "fields": [
    {"name": "id", "type": "int"}, {"name": "shelf", "type": "string"}]}"#;
const V2: &str = r#"{"type": "record", "name": "Price", "fields": [
    {"name": "id", "type": "long"}, {"name": "currency", "type": "string", "default": "EUR"}]}"#;

#[derive(Serialize)]
struct PriceV1 {
    id: i32,
    shelf: String,
}

#[derive(Serialize, Deserialize)]
struct PriceV2 {
    id: i64,
    currency: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let topic = std::env::args().nth(1).ok_or("TOPIC")?;
    let client = Client::connect(&std::env::var("ASSAY_HTTP")?)?;
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", std::env::var("ASSAY_KAFKA")?);
    let kafka: FutureProducer = config.create()?;

    let old = With(AvroSerializer::new(client.clone()), AvroSchema::parse(V1)?);
    let price = PriceV1 { id: 1, shelf: "A7".to_owned() };
    Producer::new(kafka.clone(), Raw, old).send(&topic, Some("v1"), Some(&price)).await?;
    let new = With(AvroSerializer::new(client.clone()), AvroSchema::parse(V2)?);
    let price = PriceV2 { id: i64::from(i32::MAX) + 1, currency: "CHF".to_owned() };
    Producer::new(kafka, Raw, new).send(&topic, Some("v2"), Some(&price)).await?;

    config.set("group.id", format!("{topic}-example")).set("auto.offset.reset", "earliest");
    let kafka: StreamConsumer = config.create()?;
    kafka.subscribe(&[&topic])?;
    let reader = AvroDeserializer::new(client).with_reader(AvroSchema::parse(V2)?);
    let consumer = Consumer::new(kafka, Raw, reader);
    for _ in 0..2 {
        let received = tokio::time::timeout(Duration::from_secs(30), consumer.recv::<Vec<u8>, PriceV2>());
        let Received::Record { key, value, .. } = received.await?? else {
            return Err("no record of a price".into());
        };
        let key = String::from_utf8_lossy(key.as_deref().unwrap_or_default()).into_owned();
        println!("{key}: id {}, currency {}", value.id, value.currency);
    }
    Ok(())
}
