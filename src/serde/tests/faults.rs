//! Faults that other clients have had: each is an error of its own here, never a panic, a flood of requests or a wrong value.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::support;

use std::sync::atomic::{AtomicUsize, Ordering};

use assay_schema::{Subject, VersionSpec};
use assay_serde::client::Client;
use assay_serde::prost::Message as _;
use assay_serde::{
    AvroDeserializer, AvroSchema, AvroSerializer, JsonDeserializer, KnownTypes, Part, ProtobufDeserializer,
    ProtobufSchema, ProtobufSerializer, ReferenceSubject, SerdeConfig, SerdeError,
};
use serde_json::{Value, json};

const NUMBERS: &str =
    r#"{"type":"record","name":"N","fields":[{"name":"i","type":"int"},{"name":"s","type":"string"}]}"#;

async fn made(schema: &str, value: Value) -> Result<Option<Vec<u8>>, SerdeError> {
    let schema = AvroSchema::parse(schema).unwrap();
    AvroSerializer::new(Client::in_memory()).serialize("t", Part::Value, &schema, Some(&value)).await
}

#[tokio::test]
async fn numbers_are_never_cut() {
    for (i, fits) in [
        (json!(2_147_483_647), true),
        (json!(2_147_483_648_i64), false),
        (json!(-2_147_483_649_i64), false),
        (json!(1.5), false),
        (json!(1e300), false),
    ] {
        let bytes = made(NUMBERS, json!({"i": i, "s": ""})).await;
        assert_eq!(bytes.is_ok(), fits, "{i}: {bytes:?}");
        if let Err(error) = bytes {
            assert!(matches!(&error, SerdeError::Payload { path, .. } if path == "i"), "{error:?}");
        }
    }
}

#[tokio::test]
async fn bytes_that_are_no_datum() {
    let client = Client::in_memory();
    let schema = AvroSchema::parse(NUMBERS).unwrap();
    AvroSerializer::new(client.clone()).prepare("t", Part::Value, &schema).await.unwrap();
    let deserializer = AvroDeserializer::new(client);
    for payload in [
        &b""[..],
        b"\x02",
        b"\x02\x01",                                     // a negative length
        b"\x02\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", // a huge one
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", // an int beyond 32 bits
        b"\x02\x04\xff\xfe",                             // text that is not UTF-8
        b"\x02\x00\x00",                                 // a byte too many
    ] {
        let frame = [&b"\0\0\0\0\x01"[..], payload].concat();
        let error = deserializer.deserialize::<Value>(Some(&frame)).await.unwrap_err();
        assert!(matches!(error, SerdeError::Payload { key: Some(_), .. }), "{payload:?}: {error:?}");
    }
}

static ASKED: AtomicUsize = AtomicUsize::new(0);

fn counting(line: &str) -> (u16, String) {
    match line {
        "GET /schemas/ids/1" => {
            ASKED.fetch_add(1, Ordering::SeqCst);
            (200, json!({"schema": "\"string\""}).to_string())
        }
        _ => (404, r#"{"error_code":40403,"message":"Schema not found"}"#.into()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_one_unknown_id_is_one_request() {
    let deserializer = std::sync::Arc::new(AvroDeserializer::new(support::client(counting)));
    let readers: Vec<_> = (0..1000)
        .map(|_| {
            let deserializer = std::sync::Arc::clone(&deserializer);
            tokio::spawn(async move { deserializer.deserialize::<String>(Some(b"\0\0\0\0\x01\x02a")).await })
        })
        .collect();
    for reader in readers {
        assert_eq!(reader.await.unwrap().unwrap(), Some("a".into()));
    }
    assert_eq!(ASKED.load(Ordering::SeqCst), 1);
}

static FAILS: AtomicUsize = AtomicUsize::new(0);

/// Answers 503 to every attempt of the first call, and then well.
fn recovering(line: &str) -> (u16, String) {
    if line == "GET /schemas/ids/1" && FAILS.fetch_add(1, Ordering::SeqCst) >= 4 {
        return (200, json!({"schema": "\"string\""}).to_string());
    }
    (503, "{}".into())
}

#[tokio::test]
async fn a_failed_fetch_is_not_remembered() {
    let deserializer = AvroDeserializer::new(support::client(recovering));
    let frame: Option<&[u8]> = Some(b"\0\0\0\0\x01\x02a");
    let error = deserializer.deserialize::<String>(frame).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert_eq!(deserializer.deserialize::<String>(frame).await.unwrap(), Some("a".into()));
}

const MONEY: &str = "syntax = \"proto3\"; package shop; message Money { int64 cents = 1; }";
const ITEM: &str =
    "syntax = \"proto3\"; package shop; import \"shop/money.proto\"; message Item { Money price = 1; }";
const ORDER: &str = "syntax = \"proto3\"; package shop; import \"shop/item.proto\"; import \"google/protobuf/timestamp.proto\"; message Order { repeated Item items = 1; google.protobuf.Timestamp at = 2; }";

#[derive(Clone, PartialEq, prost::Message)]
struct Order {
    #[prost(message, optional, tag = "2")]
    at: Option<prost_types::Timestamp>,
}

#[tokio::test]
async fn imports_are_registered_before_what_imports_them() {
    let files = [("shop/item.proto", ITEM), ("shop/money.proto", MONEY)];
    for (rule, known, subjects) in [
        (
            ReferenceSubject::AsImported,
            KnownTypes::Skip,
            &["shop/item.proto", "shop/money.proto", "t-value"][..],
        ),
        (ReferenceSubject::Qualified, KnownTypes::Skip, &["shop.item", "shop.money", "t-value"]),
        (
            ReferenceSubject::Qualified,
            KnownTypes::Register,
            &["google.protobuf.timestamp", "shop.item", "shop.money", "t-value"],
        ),
    ] {
        let client = Client::in_memory();
        let config = SerdeConfig::default().with_reference_subject(rule).with_known_types(known);
        let serializer = ProtobufSerializer::with_config(client.clone(), config);
        let schema = ProtobufSchema::with_imports(ORDER, &files).unwrap();
        let order = Order { at: Some(prost_types::Timestamp { seconds: 5, nanos: 0 }) };
        let bytes =
            serializer.serialize_as("t", Part::Value, &schema, "shop.Order", Some(&order)).await.unwrap();
        let mut found: Vec<String> =
            client.subjects().await.unwrap().iter().map(Subject::to_string).collect();
        found.sort();
        assert_eq!(found, subjects);
        let stored = client.version(&Subject::parse("t-value"), VersionSpec::Latest).await.unwrap();
        assert!(stored.schema.references.iter().any(|r| r.name == "shop/item.proto"));
        let deserializer = ProtobufDeserializer::new(client);
        assert_eq!(deserializer.deserialize(bytes.as_deref()).await.unwrap(), Some(order.clone()));
        let dynamic = deserializer.deserialize_dynamic(bytes.as_deref()).await.unwrap().unwrap();
        assert_eq!(dynamic.encode_to_vec(), order.encode_to_vec());
        // The same from a compiled descriptor.
        let compiled = ProtobufSchema::from_descriptor(&schema.message("shop.Order").unwrap()).unwrap();
        assert!(compiled.message("shop.Order").is_some());
    }
}

#[tokio::test]
async fn json_text_that_is_none() {
    let deserializer = JsonDeserializer::new(Client::in_memory());
    for bytes in [&b""[..], b"\0", b"\0\0\0\0", b"\x01\0\0\0\0", b"\0\x80\0\0\0{}"] {
        let error = deserializer.deserialize::<Value>(Some(bytes)).await.unwrap_err();
        assert!(matches!(error, SerdeError::TooShort { .. } | SerdeError::UnknownSchema(_)), "{error:?}");
    }
}
