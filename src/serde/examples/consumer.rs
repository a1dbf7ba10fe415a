//! A typed consumer: record, tombstone and poison record are one `match`.
//! `cargo run -p assay-serde --features rdkafka --example consumer -- TOPIC COUNT`, with `ASSAY_KAFKA` and `ASSAY_HTTP` set.

use std::error::Error;
use std::time::Duration;

use assay_serde::kafka::{ConsumeError, Consumer, Raw, Received};
use assay_serde::{AvroDeserializer, client::Client};
use futures_util::StreamExt as _;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::{ClientConfig, Message};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Order {
    id: i64,
    note: Option<String>,
}

/// A key as it is printed.
fn text(key: Option<&[u8]>) -> String {
    String::from_utf8_lossy(key.unwrap_or_default()).into_owned()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let topic = std::env::args().nth(1).ok_or("TOPIC COUNT")?;
    let count: usize = std::env::args().nth(2).ok_or("TOPIC COUNT")?.parse()?;
    let client = Client::connect(&std::env::var("ASSAY_HTTP")?)?;
    let kafka: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", std::env::var("ASSAY_KAFKA")?)
        .set("group.id", format!("{topic}-example"))
        .set("auto.offset.reset", "earliest")
        .create()?;
    kafka.subscribe(&[&topic])?;

    let consumer = Consumer::new(kafka, Raw, AvroDeserializer::new(client));
    let mut records = std::pin::pin!(consumer.stream::<Vec<u8>, Order>());
    let mut seen = 0;
    while seen < count {
        let next = tokio::time::timeout(Duration::from_secs(30), records.next());
        match next.await?.ok_or("the stream ended")? {
            Ok(Received::Record { key, value: Order { id, note }, .. }) => {
                println!("record {}: id {id}, note {note:?}", text(key.as_deref()));
            }
            Ok(Received::Tombstone { key, .. }) => println!("tombstone {}", text(key.as_deref())),
            // Put it aside, with all its bytes, and go on.
            Ok(Received::Poison { part, error, message }) => {
                println!("poison {}: {part:?}: {error}", text(message.key()));
            }
            // Not the record's fault: the stream gives it again.
            Err(error @ ConsumeError::Registry { .. }) => {
                eprintln!("{error}; tried again in a second");
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        seen += 1;
    }
    Ok(())
}
