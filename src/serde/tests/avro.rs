//! The serializer and deserializer against a registry of the test's own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::support;

use std::time::Duration;

use assay_serde::{
    AvroDeserializer, AvroSchema, AvroSerializer, Check, Part, RecordName, SerdeError, TopicRecordName,
    WriterSchema, apache_avro::types::Value, client::Normalize,
};
use serde::{Deserialize, Serialize};

const ITEM: &str = r#"{"type":"record","name":"Item","namespace":"shop","fields":[{"name":"sku","type":"string"},{"name":"qty","type":"int"}]}"#;
const ITEM_2: &str = r#"{"type":"record","name":"Item","namespace":"shop","fields":[{"name":"sku","type":"string"},{"name":"qty","type":"long"},{"name":"note","type":["null","string"],"default":null}]}"#;
const LIST: &str = r#"{"type":"record","name":"L","fields":[{"name":"next","type":["null","L"]}]}"#;
const ORDER: &str =
    r#"{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"item","type":"shop.Item"}]}"#;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    sku: String,
    qty: i32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Item2 {
    sku: String,
    qty: i64,
    note: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    item: Item,
}

fn body(line: &str) -> (u16, String) {
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let schema = |text: &str| format!(r#"{{"subject":"s","version":1,"id":4,"schema":{}}}"#, quoted(text));
    let references = r#","references":[{"name":"shop.Item","subject":"item","version":1}]}"#;
    match line {
        "POST /subjects/t-value/versions" => (200, r#"{"id":1}"#.into()),
        "POST /subjects/shop.Item" | "POST /subjects/t-shop.Item" => (200, r#"{"id":2,"version":1}"#.into()),
        "GET /schemas/ids/1" | "GET /schemas/ids/2" => (200, schema(ITEM)),
        "GET /schemas/ids/3" => (200, r#"{"schema":"syntax","schemaType":"PROTOBUF"}"#.into()),
        "GET /schemas/ids/5" => (200, schema("\"bytes\"")),
        "GET /schemas/ids/6" => (200, schema(ORDER).trim_end_matches('}').to_owned() + references),
        "GET /schemas/ids/7" => (503, "{}".into()),
        "GET /schemas/ids/8" => (200, schema(LIST)),
        "GET /schemas/guids/07070707-0707-0707-0707-070707070707" => (200, schema(ITEM)),
        "GET /subjects/item/versions/1" => (200, schema(ITEM)),
        "GET /subjects/t-value/versions/latest" => (200, schema(ITEM_2)),
        _ => (404, r#"{"error_code":40403,"message":"not found"}"#.into()),
    }
}

fn item() -> Item {
    Item { sku: "a".into(), qty: 3 }
}

#[tokio::test]
async fn there_and_back() {
    let client = support::client(body);
    let serializer = AvroSerializer::new(client.clone());
    let schema = AvroSchema::parse(ITEM).unwrap();
    let bytes = serializer.serialize("t", Part::Value, &schema, Some(&item())).await.unwrap().unwrap();
    assert_eq!(bytes, b"\0\0\0\0\x01\x02a\x06");
    let deserializer = AvroDeserializer::new(client.clone());
    assert_eq!(deserializer.deserialize(Some(&bytes)).await.unwrap(), Some(item()));
    let header = [&[1][..], &[7; 16]].concat();
    assert_eq!(
        deserializer.deserialize_with_header(&header, Some(b"\x02a\x06")).await.unwrap(),
        Some(item())
    );
    // Tombstones have no bytes.
    assert_eq!(serializer.serialize("t", Part::Value, &schema, None::<&Item>).await.unwrap(), None);
    assert_eq!(deserializer.deserialize::<Item>(None).await.unwrap(), None);
    assert_eq!(deserializer.deserialize_value(None).await.unwrap(), None);
    // A reader's schema: qty promoted, note by default.
    let reader = AvroDeserializer::new(client).with_reader(AvroSchema::parse(ITEM_2).unwrap());
    let read: Option<Item2> = reader.deserialize(Some(&bytes)).await.unwrap();
    assert_eq!(read, Some(Item2 { sku: "a".into(), qty: 3, note: None }));
}

#[tokio::test]
async fn strategies_and_sources() {
    let client = support::client(body);
    let schema = AvroSchema::parse(ITEM).unwrap();
    let lookup = WriterSchema::Lookup(Normalize::Default);
    let by_record = AvroSerializer::new(client.clone()).with_writer(lookup.clone()).with_strategy(RecordName);
    let bytes = by_record.serialize("t", Part::Key, &schema, Some(&item())).await.unwrap().unwrap();
    assert_eq!(bytes[..5], *b"\0\0\0\0\x02");
    let both = AvroSerializer::new(client.clone()).with_writer(lookup).with_strategy(TopicRecordName);
    assert!(both.serialize("t", Part::Key, &schema, Some(&item())).await.is_ok());
    let unnamed = AvroSchema::parse("\"int\"").unwrap();
    let error = both.serialize("t", Part::Key, &unnamed, Some(&1)).await.unwrap_err();
    assert!(matches!(error, SerdeError::NoRecordName));
    // The latest version decides how the value is written.
    let latest =
        AvroSerializer::new(client).with_writer(WriterSchema::Latest(Duration::from_secs(60), Check::Off));
    let bytes = latest.serialize("t", Part::Value, &schema, Some(&item())).await.unwrap().unwrap();
    assert_eq!(bytes, b"\0\0\0\0\x04\x02a\x06\0");
}

#[tokio::test]
async fn top_level_bytes_are_bare() {
    let client = support::client(body);
    let deserializer = AvroDeserializer::new(client.clone());
    assert_eq!(
        deserializer.deserialize::<Vec<u8>>(Some(b"\0\0\0\0\x05ab")).await.unwrap(),
        Some(b"ab".to_vec())
    );
    let schema = AvroSchema::parse("\"bytes\"").unwrap();
    let serializer = AvroSerializer::new(client);
    let value = Value::Bytes(b"ab".to_vec());
    assert_eq!(
        serializer.serialize_value("t", Part::Value, &schema, value).await.unwrap(),
        b"\0\0\0\0\x01ab"
    );
}

#[tokio::test]
async fn references_are_fetched() {
    let deserializer = AvroDeserializer::new(support::client(body));
    let order: Option<Order> = deserializer.deserialize(Some(b"\0\0\0\0\x06\x02a\x06")).await.unwrap();
    assert_eq!(order, Some(Order { item: item() }));
}

#[tokio::test]
async fn errors_say_what_is_wrong() {
    let client = support::client(body);
    let deserializer = AvroDeserializer::new(client.clone());
    for (bytes, want) in [
        (&b""[..], "0 bytes are too short for a frame, its header takes 5"),
        (b"{\"a\":1}", "unknown magic byte 0x7b: the bytes were not written by a schema registry serializer"),
        (b"\0\0\0\0\0", "the registry has no schema 0"),
        (b"\0\0\0\0\x63", "the registry has no schema 99"),
        (b"\0\0\0\0\x03", "schema 3 is PROTOBUF, expected AVRO"),
        (b"\0\0\0\0\x01\x02a\x06\x00", "schema 1: 1 bytes left over behind the value"),
    ] {
        let error = deserializer.deserialize::<Item>(Some(bytes)).await.unwrap_err();
        assert_eq!((error.to_string().as_str(), error.is_transient()), (want, false), "{bytes:?}");
    }
    for bytes in [
        &b"\0\0\0\0\x01"[..],
        b"\0\0\0\0\x01\x02",
        b"\0\0\0\0\x01\x01a",
        b"\0\0\0\0\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ] {
        let error = deserializer.deserialize::<Item>(Some(bytes)).await.unwrap_err();
        assert!(matches!(error, SerdeError::Payload { .. }), "{error}");
    }
    let error = deserializer.deserialize::<Item>(Some(b"\0\0\0\0\x07")).await.unwrap_err();
    assert!(error.is_transient() && matches!(error, SerdeError::Registry { .. }), "{error}");
    let schema = AvroSchema::parse(ITEM).unwrap();
    let error =
        AvroSerializer::new(client).serialize("t", Part::Value, &schema, Some(&"text")).await.unwrap_err();
    assert!(matches!(error, SerdeError::Payload { .. }), "{error}");
    assert!(matches!(AvroSchema::parse("{"), Err(SerdeError::Schema(_))));
}

#[tokio::test]
async fn hostile_depth_is_an_error() {
    let deserializer = AvroDeserializer::new(support::client(body));
    let list = |links: usize| [&b"\0\0\0\0\x08"[..], &vec![2; links], &[0]].concat();
    assert!(deserializer.deserialize_value(Some(&list(60))).await.is_ok());
    let error = deserializer.deserialize_value(Some(&list(1_000_000))).await.unwrap_err();
    let error = error.to_string();
    assert!(error.starts_with("schema 8: next.next"), "{error}");
    assert!(error.ends_with("values nest more than 200 deep") && error.len() < 300, "{error}");
}
