//! Protobuf with an import: the imported file is registered first, as a reference.
//! `cargo run -p assay-serde --features rdkafka --example protobuf_imports -- TOPIC`, with `ASSAY_KAFKA` and `ASSAY_HTTP` set.

use std::error::Error;
use std::time::Duration;

use assay_schema::{Reference, Subject, VersionSpec};
use assay_serde::kafka::{Consumer, Producer, Raw, Received, With};
use assay_serde::{ProtobufDeserializer, ProtobufSchema, ProtobufSerializer, client::Client, prost};
use rdkafka::ClientConfig;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::producer::FutureProducer;

const MONEY: &str = r#"syntax = "proto3"; package shop; message Money { int64 cents = 1; }"#;
const BILL: &str = r#"syntax = "proto3"; package shop; import "shop/money.proto";
message Other { string text = 1; }
message Bill { Money total = 1; }"#;

#[derive(Clone, PartialEq, prost::Message)]
struct Money {
    #[prost(int64, tag = "1")]
    cents: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Bill {
    #[prost(message, optional, tag = "1")]
    total: Option<Money>,
}

/// What `prost-build` makes with `enable_type_names`.
impl prost::Name for Bill {
    const NAME: &'static str = "Bill";
    const PACKAGE: &'static str = "shop";
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let topic = std::env::args().nth(1).ok_or("TOPIC")?;
    let client = Client::connect(&std::env::var("ASSAY_HTTP")?)?;
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", std::env::var("ASSAY_KAFKA")?);
    let kafka: FutureProducer = config.create()?;

    let schema = ProtobufSchema::with_imports(BILL, &[("shop/money.proto", MONEY)])?;
    let bills = Producer::new(kafka, Raw, With(ProtobufSerializer::new(client.clone()), schema));
    let bill = Bill { total: Some(Money { cents: 250 }) };
    bills.send(&topic, Some("bill-1"), Some(&bill)).await?;

    // Under its own subject, and named by what imports it.
    let latest = async |subject: &str| client.version(&Subject::parse(subject), VersionSpec::Latest).await;
    let money = latest("shop/money.proto").await?;
    let stored = latest(&format!("{topic}-value")).await?;
    for reference in stored.schema.references.iter() {
        println!("{} is version {} of {}", reference.name, reference.version, reference.subject);
    }
    let expected = Reference {
        name: "shop/money.proto".into(),
        subject: "shop/money.proto".into(),
        version: money.version.as_i32(),
    };
    if *stored.schema.references != [expected] {
        return Err("not the reference to the imported file".into());
    }

    config.set("group.id", format!("{topic}-example")).set("auto.offset.reset", "earliest");
    let kafka: StreamConsumer = config.create()?;
    kafka.subscribe(&[&topic])?;
    let consumer = Consumer::new(kafka, Raw, ProtobufDeserializer::new(client));
    let received = tokio::time::timeout(Duration::from_secs(30), consumer.recv::<Vec<u8>, Bill>());
    match received.await?? {
        Received::Record { value: Bill { total: Some(Money { cents }) }, .. } => println!("{cents} cents"),
        other => return Err(format!("not the bill: {other:?}").into()),
    }
    Ok(())
}
