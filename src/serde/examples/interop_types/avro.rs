//! Avro: a record with a field of every type, and one that refers to a schema of another subject.

use assay_schema::{Reference, SchemaType, Subject};
use assay_serde::apache_avro::{Decimal, Uuid, types::Value};
use assay_serde::client::{Client, Normalize, Schema};
use assay_serde::{AvroDeserializer, AvroSchema, AvroSerializer, Part, SerdeConfig};
use serde::{Deserialize, Serialize};

use crate::{Record, Result, same};

const ALL: &str = include_str!("../../../../tests/clients/types/all.avsc");
const BASKET: &str = include_str!("../../../../tests/clients/types/basket.avsc");
const ITEM: &str = include_str!("../../../../tests/clients/types/item.avsc");

/// Which longs there are: `avsc` takes those up to 2^53 in JavaScript, and writes the wrong sign for the lowest of them.
#[derive(Clone, Copy)]
pub(crate) enum Longs {
    All,
    Exact,
}

fn record(fields: Vec<(&str, Value)>) -> Value {
    Value::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn union(branch: u32, value: Value) -> Value {
    Value::Union(branch, Box::new(value))
}

fn inner(n: usize) -> Value {
    record(vec![("a", Value::Int(n as i32)), ("b", Value::String(format!("b{n}")))])
}

fn chain(depth: usize) -> Value {
    if depth == 0 {
        return union(0, Value::Null);
    }
    union(1, record(vec![("n", Value::Long(depth as i64)), ("next", chain(depth - 1))]))
}

/// Two's complement in as few bytes as it takes.
fn minimal(number: i64) -> Vec<u8> {
    let mut bytes = number.to_be_bytes().to_vec();
    while let [first, second, ..] = bytes[..]
        && ((first == 0 && second < 0x80) || (first == 0xff && second >= 0x80))
    {
        bytes.remove(0);
    }
    bytes
}

/// The n-th record; the other side makes the same one.
fn value(n: usize, longs: Longs) -> Value {
    let (int, long) = (n as i32, n as i64);
    let big = match longs {
        Longs::All => [0, -1, i64::MAX, i64::MIN][n % 4],
        Longs::Exact => [0, -1, 1 << 51, -(1 << 51)][n % 4],
    };
    let sign = if n.is_multiple_of(2) { 1 } else { -1 };
    let odd = |value: Value, other: Value| if n % 2 == 1 { value } else { other };
    let suit = ["SPADES", "HEARTS", "CLUBS"][n % 3];
    let entries = |value: Value| if n % 2 == 1 { vec![("k".to_owned(), value)] } else { Vec::new() };
    let inners = Value::Array((0..n % 3).map(inner).collect());
    record(vec![
        ("nothing", Value::Null),
        ("flag", Value::Boolean(n.is_multiple_of(2))),
        ("small", Value::Int([0, -1, i32::MAX, i32::MIN][n % 4])),
        ("big", Value::Long(big)),
        ("single", Value::Float(0.5 * n as f32)),
        ("double", Value::Double(-0.25 * n as f64)),
        ("raw", Value::Bytes((0..n).map(|i| (i * 37) as u8).collect())),
        ("text", Value::String(format!("grüße-日本-{n}"))),
        ("suit", Value::Enum((n % 3) as u32, suit.into())),
        ("hash", Value::Fixed(4, vec![n as u8, 1, 2, 255])),
        ("list", Value::Array((0..n % 4).map(|i| Value::Int(i as i32)).collect())),
        ("counts", Value::Map(entries(Value::Long(long)).into_iter().collect())),
        ("maybe", odd(union(1, Value::String(format!("x{n}"))), union(0, Value::Null))),
        ("turned", odd(union(1, Value::Null), union(0, Value::String(format!("y{n}"))))),
        (
            "choice",
            match n % 4 {
                0 => union(0, Value::Int(int)),
                1 => union(1, Value::String("s".into())),
                2 => union(2, inner(n)),
                _ => union(3, Value::Array(vec![Value::String("p".into()), Value::String("q".into())])),
            },
        ),
        ("price", Value::Decimal(Decimal::from(minimal(sign * (long * 100 + 5))))),
        ("fee", Value::Decimal(Decimal::from((sign * (long * 1000 + 7)).to_be_bytes()))),
        ("key", Value::Uuid(Uuid::from_u128(0x4000_8000_0000_0000_0000 + n as u128))),
        ("day", Value::Date(19_000 + int)),
        ("time_ms", Value::TimeMillis(1000 * int + 1)),
        ("time_us", Value::TimeMicros(1_000_000 * long + 1)),
        ("at_ms", Value::TimestampMillis(1_700_000_000_000 + long)),
        ("at_us", Value::TimestampMicros(1_700_000_000_000_000 + long)),
        ("local_ms", Value::LocalTimestampMillis(1_600_000_000_000 + long)),
        ("local_us", Value::LocalTimestampMicros(1_600_000_000_000_000 + long)),
        ("inner", inner(n)),
        ("inners", inners.clone()),
        ("groups", Value::Map(entries(inners).into_iter().collect())),
        ("chain", chain(n % 5)),
    ])
}

/// Generic values have no way into a header but by the prepared schema.
pub(crate) async fn write(
    client: &Client,
    topic: &str,
    config: &SerdeConfig,
    longs: Longs,
    n: usize,
) -> Result<Record> {
    let serializer = AvroSerializer::with_config(client.clone(), config.clone());
    let prepared = serializer.prepare(topic, Part::Value, &AvroSchema::parse(ALL)?).await?;
    let mut bytes = Vec::new();
    prepared.serialize_value_into(&value(n, longs), &mut bytes)?;
    Ok(Record { header: prepared.header().map(|(_, header)| header.to_vec()), value: bytes })
}

pub(crate) async fn read(client: &Client, record: &Record, longs: Longs, n: usize) -> Result<()> {
    // A GUID in front of the payload means the same as one in a header (contract 5.2).
    let framed = [record.header.as_deref().unwrap_or_default(), &record.value].concat();
    let got = AvroDeserializer::new(client.clone()).deserialize_value(Some(&framed)).await?;
    same(&got, &Some(value(n, longs)))
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Basket {
    owner: String,
    first: Item,
    more: Vec<Item>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    sku: String,
    qty: i32,
}

fn basket(n: usize) -> Basket {
    let item = |i: usize| Item { sku: format!("sku-{i}"), qty: i as i32 };
    Basket { owner: format!("owner-{n}"), first: item(n), more: (0..n % 3).map(item).collect() }
}

pub(crate) async fn write_basket(
    client: &Client,
    topic: &str,
    config: &SerdeConfig,
    n: usize,
) -> Result<Record> {
    let item = Schema::new(SchemaType::Avro, ITEM);
    let registered = client.register(&Subject::parse("types-item"), &item, Normalize::Default).await?;
    let version = registered.version.ok_or("no version")?.as_i32();
    let reference = Reference { name: "types.ref.Item".into(), subject: "types-item".into(), version };
    let schema = Schema::new(SchemaType::Avro, BASKET).with_references([reference]);
    let schema = AvroSchema::with_references(schema, &[ITEM.to_owned()])?;
    let serializer = AvroSerializer::with_config(client.clone(), config.clone());
    let made = serializer.serialize_framed(topic, Part::Value, &schema, Some(&basket(n))).await?;
    Ok(made.ok_or("no bytes")?.into())
}

pub(crate) async fn read_basket(client: &Client, record: &Record, n: usize) -> Result<()> {
    let deserializer = AvroDeserializer::new(client.clone());
    let got = match &record.header {
        Some(header) => deserializer.deserialize_with_header(header, Some(&record.value)).await?,
        None => deserializer.deserialize(Some(&record.value)).await?,
    };
    same(&got, &Some(basket(n)))
}
