//! Protobuf: a nested message that is not the first, with an import. JSON: a schema that refers to another one.

use assay_schema::{Reference, SchemaType, Subject};
use assay_serde::client::{Client, Normalize, Schema};
use assay_serde::prost_reflect::ReflectMessage as _;
use assay_serde::{
    JsonDeserializer, JsonSchema, JsonSerializer, Part, ProtobufDeserializer, ProtobufSchema,
    ProtobufSerializer, SerdeConfig,
};
use serde::{Deserialize, Serialize};

use crate::{Record, Result, same};

const ALL: &str = include_str!("../../../../tests/clients/types/proto/types/all.proto");
const MONEY: &str = include_str!("../../../../tests/clients/types/proto/types/money.proto");
const BASKET: &str = include_str!("../../../../tests/clients/types/basket.schema.json");
const ITEM: &str = include_str!("../../../../tests/clients/types/item.schema.json");

#[derive(Clone, PartialEq, prost::Message)]
struct Body {
    #[prost(sint64, tag = "1")]
    zigzag: i64,
    #[prost(int32, repeated, tag = "2")]
    packed: Vec<i32>,
    #[prost(message, optional, tag = "3")]
    price: Option<Money>,
    #[prost(oneof = "Which", tags = "4, 5")]
    which: Option<Which>,
    #[prost(bool, optional, tag = "6")]
    flag: Option<bool>,
    #[prost(fixed64, tag = "7")]
    fixed: u64,
    #[prost(double, tag = "8")]
    ratio: f64,
    #[prost(float, tag = "9")]
    single: f32,
    #[prost(uint64, tag = "10")]
    big: u64,
    #[prost(string, repeated, tag = "11")]
    names: Vec<String>,
    #[prost(message, optional, boxed, tag = "12")]
    inner: Option<Box<Body>>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Which {
    #[prost(string, tag = "4")]
    Text(String),
    #[prost(bytes, tag = "5")]
    Raw(Vec<u8>),
}

#[derive(Clone, PartialEq, prost::Message)]
struct Money {
    #[prost(int64, tag = "1")]
    cents: i64,
    #[prost(int32, tag = "2")]
    currency: i32,
}

fn body(n: usize) -> Body {
    Body {
        zigzag: [0, -1, i64::MAX, i64::MIN][n % 4],
        packed: (0..n % 4).map(|i| -(i as i32)).collect(),
        price: (n % 2 == 1).then_some(Money { cents: n as i64, currency: (n % 3) as i32 }),
        which: match n % 3 {
            0 => None,
            1 => Some(Which::Text(format!("grüße-{n}"))),
            _ => Some(Which::Raw(vec![n as u8, 0, 255])),
        },
        flag: [None, Some(false), Some(true)][n % 3],
        fixed: n as u64,
        ratio: 0.25 * n as f64,
        single: 0.5 - n as f32,
        big: if n.is_multiple_of(2) { u64::MAX } else { 0 },
        names: (0..n % 3).map(|i| format!("name-{i}")).collect(),
        inner: (n > 8).then(|| Box::new(body(n - 8))),
    }
}

/// The reference to a schema that is registered under the name it is imported by.
async fn refer(client: &Client, name: &str, schema: Schema) -> Result<Reference> {
    let registered = client.register(&Subject::parse(name), &schema, Normalize::Default).await?;
    let version = registered.version.ok_or("no version")?.as_i32();
    Ok(Reference { name: name.into(), subject: name.into(), version })
}

pub(crate) async fn write_protobuf(
    client: &Client,
    topic: &str,
    config: &SerdeConfig,
    n: usize,
) -> Result<Record> {
    let money = Schema::new(SchemaType::Protobuf, MONEY);
    let import = refer(client, "types/money.proto", money).await?;
    let schema = ProtobufSchema::with_references(client, ALL, &[import]).await?;
    let serializer = ProtobufSerializer::with_config(client.clone(), config.clone());
    let name = "types.Envelope.Body";
    let made = serializer.serialize_framed(topic, Part::Value, &schema, name, Some(&body(n))).await?;
    Ok(made.ok_or("no bytes")?.into())
}

pub(crate) async fn read_protobuf(client: &Client, record: &Record, n: usize) -> Result<()> {
    let deserializer = ProtobufDeserializer::new(client.clone());
    let got = match &record.header {
        Some(header) => deserializer.deserialize_with_header(header, Some(&record.value)).await?,
        None => {
            let dynamic = deserializer.deserialize_dynamic(Some(&record.value)).await?.ok_or("no message")?;
            same(&dynamic.descriptor().full_name(), &"types.Envelope.Body")?;
            same(&dynamic.transcode_to::<Body>()?, &body(n))?;
            deserializer.deserialize(Some(&record.value)).await?
        }
    };
    same(&got, &Some(body(n)))
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Basket {
    owner: String,
    ratio: f64,
    flag: Option<bool>,
    items: Vec<Item>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    sku: String,
    qty: i64,
}

fn basket(n: usize) -> Basket {
    let item = |i: usize| Item { sku: format!("grüße-{i}"), qty: i as i64 };
    Basket {
        owner: format!("owner-{n}"),
        ratio: 0.25 * n as f64,
        flag: [None, Some(false), Some(true)][n % 3],
        items: (0..n % 4).map(item).collect(),
    }
}

pub(crate) async fn write_json(
    client: &Client,
    topic: &str,
    config: &SerdeConfig,
    n: usize,
) -> Result<Record> {
    let item = refer(client, "item.schema.json", Schema::new(SchemaType::Json, ITEM)).await?;
    let schema = JsonSchema::with_references(client, BASKET, &[item]).await?;
    let serializer = JsonSerializer::with_config(client.clone(), config.clone());
    let made = serializer.serialize_framed(topic, Part::Value, &schema, Some(&basket(n))).await?;
    Ok(made.ok_or("no bytes")?.into())
}

pub(crate) async fn read_json(client: &Client, record: &Record, n: usize) -> Result<()> {
    let deserializer = JsonDeserializer::new(client.clone());
    let got = match &record.header {
        Some(header) => deserializer.deserialize_with_header(header, Some(&record.value)).await?,
        None => deserializer.deserialize(Some(&record.value)).await?,
    };
    same(&got, &Some(basket(n)))
}
