//! What cannot be read: a key that is no Avro is a poison record; a registry that does not answer is no fault of the record's, which is kept.
//! `cargo run -p assay-serde --features rdkafka --example unreadable -- TOPIC`, with `ASSAY_KAFKA` and `ASSAY_HTTP` set.

use std::error::Error;
use std::time::Duration;

use assay_serde::client::{Client, ClientConfig};
use assay_serde::kafka::{ConsumeError, Consumer, Producer, Raw, Received, With};
use assay_serde::{AvroDeserializer, AvroSchema, AvroSerializer};
use rdkafka::consumer::{Consumer as _, DefaultConsumerContext, StreamConsumer};
use rdkafka::message::Message as _;
use rdkafka::producer::FutureProducer;
use rdkafka::util::TokioRuntime;

type AvroConsumer = Consumer<DefaultConsumerContext, TokioRuntime, AvroDeserializer, AvroDeserializer>;

/// Reads keys and values as Avro, from the beginning of the topic.
fn consumer(topic: &str, group: &str, registry: &Client) -> Result<AvroConsumer, Box<dyn Error>> {
    let kafka: StreamConsumer = rdkafka::ClientConfig::new()
        .set("bootstrap.servers", std::env::var("ASSAY_KAFKA")?)
        .set("group.id", format!("{topic}-{group}"))
        .set("auto.offset.reset", "earliest")
        .create()?;
    kafka.subscribe(&[topic])?;
    let avro = || AvroDeserializer::new(registry.clone());
    Ok(Consumer::new(kafka, avro(), avro()))
}

async fn next(
    consumer: &AvroConsumer,
) -> Result<Result<Received<String, String>, ConsumeError>, Box<dyn Error>> {
    Ok(tokio::time::timeout(Duration::from_secs(30), consumer.recv()).await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let topic = std::env::args().nth(1).ok_or("TOPIC")?;
    let registry = Client::connect(&std::env::var("ASSAY_HTTP")?)?;
    let mut config = rdkafka::ClientConfig::new();
    let kafka: FutureProducer = config.set("bootstrap.servers", std::env::var("ASSAY_KAFKA")?).create()?;
    let values = With(AvroSerializer::new(registry.clone()), AvroSchema::parse(r#""string""#)?);
    Producer::new(kafka, Raw, values).send(&topic, Some("no Avro"), Some("Ada")).await?;

    match next(&consumer(&topic, "poison", &registry)?).await?? {
        Received::Poison { part, error, message } => {
            println!("poison {:?} of offset {}: {error}", part, message.offset());
        }
        other => return Err(format!("not a poison record: {other:?}").into()),
    }

    let values = With(AvroSerializer::new(registry.clone()), AvroSchema::parse(r#""string""#)?);
    let keys = With(AvroSerializer::new(registry), AvroSchema::parse(r#""string""#)?);
    let kafka: FutureProducer = config.create()?;
    let other = format!("{topic}-good");
    Producer::new(kafka, keys, values).send(&other, Some("ada"), Some("Ada")).await?;
    let mut nobody = ClientConfig::new("http://127.0.0.1:1");
    nobody.retry_wait = Duration::from_millis(1);
    let waiting = consumer(&other, "waiting", &Client::new(nobody)?)?;
    for _ in 0..2 {
        match next(&waiting).await? {
            Err(ConsumeError::Registry { offset, error, .. }) if error.is_transient() => {
                println!("offset {offset} waits for the registry");
            }
            other => return Err(format!("not the registry's fault: {other:?}").into()),
        }
    }
    Ok(())
}
