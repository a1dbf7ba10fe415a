//! The schema's GUID in a record header, for key and value: the bytes are the payload alone. The deserializers are not told.
//! `cargo run -p assay-serde --features rdkafka --example header_guid -- TOPIC`, with `ASSAY_KAFKA` and `ASSAY_HTTP` set.

use std::error::Error;
use std::time::Duration;

use assay_serde::kafka::{Consumer, Producer, Received, With};
use assay_serde::{
    AvroDeserializer, AvroSchema, AvroSerializer, Framing, JsonDeserializer, JsonSchema, JsonSerializer,
    SerdeConfig, client::Client,
};
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::message::Headers;
use rdkafka::producer::FutureProducer;
use rdkafka::{ClientConfig, Message};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let topic = std::env::args().nth(1).ok_or("TOPIC")?;
    let client = Client::connect(&std::env::var("ASSAY_HTTP")?)?;
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", std::env::var("ASSAY_KAFKA")?);
    let kafka: FutureProducer = config.create()?;

    let framing = SerdeConfig::default().with_framing(Framing::Header);
    let keys = AvroSerializer::with_config(client.clone(), framing.clone());
    let values = JsonSerializer::with_config(client.clone(), framing);
    let events = Producer::new(
        kafka,
        With(keys, AvroSchema::parse(r#""string""#)?),
        With(values, JsonSchema::parse(r#"{"type": "object", "required": ["id"]}"#)?),
    );
    events.send(&topic, Some("event-1"), Some(&json!({"id": 1}))).await?;

    config.set("group.id", format!("{topic}-example")).set("auto.offset.reset", "earliest");
    let kafka: StreamConsumer = config.create()?;
    kafka.subscribe(&[&topic])?;
    let consumer = Consumer::new(kafka, AvroDeserializer::new(client.clone()), JsonDeserializer::new(client));
    let received = tokio::time::timeout(Duration::from_secs(30), consumer.recv::<String, Value>());
    let Received::Record { key, value, message } = received.await?? else {
        return Err("not the event".into());
    };
    println!("key {key:?}, value {value}");
    println!("bytes {}", String::from_utf8_lossy(message.payload().unwrap_or_default()));
    for header in message.headers().into_iter().flat_map(Headers::iter) {
        println!("header {} of {} bytes", header.key, header.value.unwrap_or_default().len());
    }
    Ok(())
}
