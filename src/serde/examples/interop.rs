//! Writes or reads the orders of `schemas/examples` in one of the three formats; the other side is another language's
//! serializer (`tests/clients/python/interop.py`).
//! `cargo run -p assay-serde --example interop -- write|read avro|protobuf|json TOPIC COUNT`, with `ASSAY_KAFKA` and `ASSAY_HTTP` set.

use std::error::Error;
use std::time::Duration;

use assay_serde::client::Client;
use assay_serde::prost::Message as _;
use assay_serde::{
    AvroDeserializer, AvroSchema, AvroSerializer, JsonDeserializer, JsonSchema, JsonSerializer, Part,
    ProtobufDeserializer, ProtobufSchema, ProtobufSerializer,
};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order<T> {
    id: String,
    customer: String,
    items: Vec<Item>,
    created: T,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    sku: String,
    qty: i32,
    price: f64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ProtoOrder {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    customer: String,
    #[prost(message, repeated, tag = "3")]
    items: Vec<ProtoItem>,
    #[prost(message, optional, tag = "4")]
    created: Option<prost_types::Timestamp>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ProtoItem {
    #[prost(string, tag = "1")]
    sku: String,
    #[prost(int32, tag = "2")]
    qty: i32,
    #[prost(double, tag = "3")]
    price: f64,
}

/// The n-th order; the other side makes the same one.
fn order<T>(n: i32, created: T) -> Order<T> {
    let items =
        (0..n % 4).map(|i| Item { sku: format!("sku-{i}"), qty: i + 1, price: 0.5 * f64::from(i) }).collect();
    Order { id: format!("order-{n}"), customer: format!("customer-{}", n % 97), items, created }
}

fn millis(n: i32) -> i64 {
    1_700_000_000_000 + i64::from(n)
}

fn date(n: i32) -> String {
    format!("2026-01-01T{:02}:{:02}:{:02}Z", n / 3600, n / 60 % 60, n % 60)
}

fn proto(n: i32) -> ProtoOrder {
    let Order { id, customer, items, .. } = order(n, ());
    let items = items.into_iter().map(|i| ProtoItem { sku: i.sku, qty: i.qty, price: i.price }).collect();
    let created =
        prost_types::Timestamp { seconds: millis(n) / 1000, nanos: (millis(n) % 1000) as i32 * 1_000_000 };
    ProtoOrder { id, customer, items, created: Some(created) }
}

/// The serializers and deserializers of the three formats.
struct Formats {
    client: Client,
    avro: AvroSchema,
    protobuf: ProtobufSchema,
    json: JsonSchema,
}

impl Formats {
    async fn write(&self, format: &str, topic: &str, n: i32) -> Result<Option<Vec<u8>>, Box<dyn Error>> {
        let client = self.client.clone();
        Ok(match format {
            "avro" => {
                let value = order(n, millis(n));
                AvroSerializer::new(client).serialize(topic, Part::Value, &self.avro, Some(&value)).await?
            }
            "protobuf" => {
                let serializer = ProtobufSerializer::new(client);
                serializer
                    .serialize_as(topic, Part::Value, &self.protobuf, "shop.Order", Some(&proto(n)))
                    .await?
            }
            _ => {
                let value = order(n, date(n));
                JsonSerializer::new(client).serialize(topic, Part::Value, &self.json, Some(&value)).await?
            }
        })
    }

    async fn same(&self, format: &str, bytes: Option<&[u8]>, n: i32) -> Result<bool, Box<dyn Error>> {
        let client = self.client.clone();
        Ok(match format {
            "avro" => AvroDeserializer::new(client).deserialize(bytes).await? == Some(order(n, millis(n))),
            "protobuf" => {
                let deserializer = ProtobufDeserializer::new(client);
                let dynamic = deserializer.deserialize_dynamic(bytes).await?.map(|m| m.encode_to_vec());
                deserializer.deserialize(bytes).await? == Some(proto(n))
                    && dynamic == Some(proto(n).encode_to_vec())
            }
            _ => JsonDeserializer::new(client).deserialize(bytes).await? == Some(order(n, date(n))),
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [what, format, topic, count] = args.as_slice() else {
        return Err("write|read avro|protobuf|json TOPIC COUNT".into());
    };
    let count: i32 = count.parse()?;
    let bootstrap = std::env::var("ASSAY_KAFKA")?;
    let formats = Formats {
        client: Client::connect(&std::env::var("ASSAY_HTTP")?)?,
        avro: AvroSchema::parse(include_str!("../../../schemas/examples/orders.avsc"))?,
        protobuf: ProtobufSchema::parse(include_str!("../../../schemas/examples/orders.proto"))?,
        json: JsonSchema::parse(include_str!("../../../schemas/examples/orders.schema.json"))?,
    };
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &bootstrap).set("group.id", "interop");
    if what == "write" {
        let producer: FutureProducer = config.create()?;
        for n in 0..count {
            let value = formats.write(format, topic, n).await?.unwrap_or_default();
            let record = FutureRecord::<str, _>::to(topic).payload(&value).partition(0);
            producer.send(record, Duration::from_secs(10)).await.map_err(|(error, _)| error)?;
        }
        return Ok(());
    }
    let consumer: BaseConsumer = config.create()?;
    let mut from = TopicPartitionList::new();
    from.add_partition_offset(topic, 0, Offset::Beginning)?;
    consumer.assign(&from)?;
    for n in 0..count {
        let message = consumer.poll(Duration::from_secs(20)).ok_or("no record within 20 s")??;
        if !formats.same(format, message.payload(), n).await? {
            return Err(format!("record {n} is not the one that was written").into());
        }
    }
    println!("{count} records read");
    Ok(())
}
