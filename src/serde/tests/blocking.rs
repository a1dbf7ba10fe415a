//! The serializers and deserializers without `await`, from a plain thread and from inside a runtime.
#![cfg(feature = "blocking")]

use std::time::Duration;

use assay_serde::blocking::Blocking;
use assay_serde::client::{ClientConfig, blocking::Client};
use assay_serde::{
    AvroDeserializer, AvroSchema, AvroSerializer, Framed, Framing, JsonDeserializer, JsonSchema,
    JsonSerializer, Part, ProtobufDeserializer, ProtobufSchema, ProtobufSerializer, SerdeConfig, SerdeError,
    WriterSchema,
};
use serde_json::{Value, json};

#[derive(Clone, PartialEq, prost::Message)]
struct Money {
    #[prost(int64, tag = "1")]
    cents: i64,
}

#[test]
fn each_format_both_ways() {
    let client = Client::in_memory().unwrap();
    let schema = AvroSchema::parse(r#""string""#).unwrap();
    let writer = Blocking::new(&client, AvroSerializer::new);
    let bytes = writer.serialize::<str>("names", Part::Value, &schema, Some("Ada")).unwrap().unwrap();
    assert_eq!(bytes, b"\0\0\0\0\x01\x06Ada");
    let reader = Blocking::new(&client, AvroDeserializer::new);
    for _ in 0..2 {
        assert_eq!(reader.deserialize(&bytes[..]).unwrap(), Some("Ada".to_owned()));
    }
    assert_eq!(writer.serialize::<str>("names", Part::Value, &schema, None).unwrap(), None);
    assert_eq!(reader.deserialize::<String>(None).unwrap(), None);
    let mut out = Vec::new();
    writer.prepare("names", Part::Value, &schema).unwrap().serialize_into("Ada", &mut out).unwrap();
    assert_eq!(out, bytes);

    let schema = JsonSchema::parse(r#"{"type":"object","required":["id"]}"#).unwrap();
    let writer = Blocking::new(&client, JsonSerializer::new);
    let bytes = writer.serialize("events", Part::Value, &schema, Some(&json!({"id": 1}))).unwrap();
    let reader = Blocking::new(&client, JsonDeserializer::new);
    assert_eq!(reader.deserialize::<Value>(bytes.as_deref()).unwrap(), Some(json!({"id": 1})));

    let text = r#"syntax = "proto3"; message Other {} message Money { int64 cents = 1; }"#;
    let schema = ProtobufSchema::parse(text).unwrap();
    let writer = Blocking::new(&client, ProtobufSerializer::new);
    let money = Money { cents: 250 };
    let made =
        writer.serialize_framed("bills", Part::Value, &schema, "Money", Some(&money)).unwrap().unwrap();
    let reader = Blocking::new(&client, ProtobufDeserializer::new);
    assert_eq!(reader.deserialize(&made.bytes[..]).unwrap(), Some(money));
    assert!(writer.prepare("bills", Part::Value, &schema, "Nobody").is_err());
}

#[test]
fn the_guid_goes_into_a_header() {
    let client = Client::in_memory().unwrap();
    let config = SerdeConfig::default().with_framing(Framing::Header);
    let writer = Blocking::new(&client, |client| AvroSerializer::with_config(client, config));
    let schema = AvroSchema::parse(r#""string""#).unwrap();
    let refused = writer.serialize::<str>("names", Part::Key, &schema, Some("Ada"));
    assert!(matches!(refused, Err(SerdeError::HeaderNeeded("__key_schema_id"))), "{refused:?}");
    let made = writer.serialize_framed::<str>("names", Part::Key, &schema, Some("Ada")).unwrap().unwrap();
    let (_, header) = made.header.unwrap();
    let framed = Framed { bytes: Some(&made.bytes), header: Some(&header) };
    let reader = Blocking::new(&client, AvroDeserializer::new);
    assert_eq!(reader.deserialize(framed).unwrap(), Some("Ada".to_owned()));
}

#[test]
fn nothing_is_registered_for_a_value_that_does_not_fit() {
    let client = Client::in_memory().unwrap();
    let writer = Blocking::new(&client, AvroSerializer::new);
    let made = writer.serialize("t", Part::Value, &AvroSchema::parse(r#""int""#).unwrap(), Some("no number"));
    assert!(matches!(made, Err(SerdeError::Payload { key: None, .. })), "{made:?}");
    assert_eq!(client.subjects().unwrap(), []);
}

#[test]
fn errors_are_those_of_the_registry() {
    let schema = AvroSchema::parse(r#""string""#).unwrap();
    let lookup = WriterSchema::Lookup(assay_serde::client::Normalize::Default);
    let client = Client::in_memory().unwrap();
    let writer = Blocking::new(&client, |client| AvroSerializer::new(client).with_writer(lookup));
    let missing = writer.prepare("t", Part::Value, &schema);
    assert!(matches!(missing, Err(SerdeError::Registry { transient: false, .. })), "{missing:?}");
    let reader = Blocking::new(&client, AvroDeserializer::new);
    let unknown = reader.deserialize::<String>(&b"\0\0\0\0\x07\x02a"[..]);
    assert!(matches!(unknown, Err(SerdeError::UnknownSchema(_))), "{unknown:?}");
    assert!(matches!(reader.deserialize::<String>(&b"\0\0"[..]), Err(SerdeError::TooShort { .. })));
    let mut nobody = ClientConfig::new("http://127.0.0.1:1");
    nobody.retry_wait = Duration::from_millis(1);
    let reader = Blocking::new(&Client::new(nobody).unwrap(), AvroDeserializer::new);
    assert!(reader.deserialize::<String>(&b"\0\0\0\0\x07\x02a"[..]).unwrap_err().is_transient());
}

#[tokio::test]
async fn inside_a_runtime_and_cloned_into_threads() {
    let client = Client::in_memory().unwrap();
    let writer = Blocking::new(&client, AvroSerializer::new);
    let schema = AvroSchema::parse(r#""string""#).unwrap();
    let bytes = writer.serialize::<str>("names", Part::Value, &schema, Some("Ada")).unwrap().unwrap();
    let reader = Blocking::new(&client, AvroDeserializer::new);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (reader, bytes) = (reader.clone(), bytes.clone());
            std::thread::spawn(move || reader.deserialize::<String>(&bytes[..]).unwrap())
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap().as_deref(), Some("Ada"));
    }
}
