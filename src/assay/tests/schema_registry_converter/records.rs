//! Records of `assay-serde` read by the `schema_registry_converter` crate, and the other way round: Avro and Protobuf, framed by prefix
//! and by header GUID, against one server. Bytes are equal, values are equal.

use assay_serde::client::Client;
use assay_serde::{
    AvroDeserializer, AvroSchema, AvroSerializer, Encoded, Framed, Framing, Part, ProtobufDeserializer,
    ProtobufSchema, ProtobufSerializer, SerdeConfig,
};
use prost::Message;
use schema_registry_converter::async_impl::avro::{AvroDecoder, AvroEncoder};
use schema_registry_converter::async_impl::proto_raw::{ProtoRawDecoder, ProtoRawEncoder};
use schema_registry_converter::async_impl::schema_registry::SrSettings;
use schema_registry_converter::schema_registry_common::{SchemaIdHeader, SubjectNameStrategy};
use serde::{Deserialize, Serialize};

use crate::support::Server;

const ORDER: &str = r#"{"type":"record","name":"Order","namespace":"shop","fields":[
    {"name":"id","type":"long"},
    {"name":"status","type":{"type":"enum","name":"Status","symbols":["Open","Paid","Sent"]}},
    {"name":"customer","type":{"type":"record","name":"Customer","fields":[
        {"name":"name","type":"string"},{"name":"email","type":["null","string"],"default":null}]}},
    {"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[
        {"name":"sku","type":"string"},{"name":"quantity","type":"int"},{"name":"price","type":"double"}]}}},
    {"name":"tags","type":{"type":"map","values":"string"}},
    {"name":"weight","type":"float"},
    {"name":"gift","type":"boolean"},
    {"name":"placed_at","type":{"type":"long","logicalType":"timestamp-millis"}}]}"#;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Status {
    Open,
    Paid,
    Sent,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Customer {
    name: String,
    email: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    sku: String,
    quantity: i32,
    price: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    id: i64,
    status: Status,
    customer: Customer,
    lines: Vec<Line>,
    tags: std::collections::BTreeMap<String, String>,
    weight: f32,
    gift: bool,
    placed_at: i64,
}

/// The n-th order: every branch, the ends of the ranges, empty and full collections. One tag at most: the order of a map is nobody's.
fn order(n: usize) -> Order {
    let line =
        |at: usize| Line { sku: format!("grüße-{at}"), quantity: -(at as i32), price: 0.25 * at as f64 };
    Order {
        id: [0, -1, i64::MAX, i64::MIN][n % 4],
        status: [Status::Open, Status::Paid, Status::Sent][n % 3].clone(),
        customer: Customer {
            name: format!("日本-{n}"),
            email: (n % 2 == 1).then(|| format!("{n}@example.org")),
        },
        lines: (0..n % 4).map(line).collect(),
        tags: (0..n % 2).map(|at| (format!("k{at}"), format!("v{n}"))).collect(),
        weight: 0.5 - n as f32,
        gift: n.is_multiple_of(2),
        placed_at: 1_700_000_000_000 + n as i64,
    }
}

/// A server, a client of ours, and the settings of theirs.
fn registry(dir: &std::path::Path) -> (Server, Client, SrSettings) {
    // This build's reqwest has rustls without a provider (our client brings its own); other users of reqwest need a default.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = Server::start(dir, &[]);
    let url = format!("http://{}", server.http);
    (server, Client::connect(&url).unwrap(), SrSettings::new(url))
}

fn framing(framing: Framing) -> SerdeConfig {
    SerdeConfig::default().with_framing(framing)
}

/// What their serializer made, as ours would have.
fn theirs((bytes, header): (Vec<u8>, SchemaIdHeader)) -> Encoded {
    Encoded { bytes, header: Some((header.name, header.value)) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn avro_both_ways() {
    let dir = tempfile::tempdir().unwrap();
    let (_server, client, settings) = registry(dir.path());
    let schema = AvroSchema::parse(ORDER).unwrap();
    let (prefix, header) = (
        AvroSerializer::new(client.clone()),
        AvroSerializer::with_config(client.clone(), framing(Framing::Header)),
    );
    let reader = AvroDeserializer::new(client);
    let (encoder, decoder) = (AvroEncoder::new(settings.clone()), AvroDecoder::new(settings));
    let subject = SubjectNameStrategy::TopicNameStrategy("orders".to_owned(), false);
    for n in 0..12 {
        let order = order(n);
        let expected = serde_json::to_value(&order).unwrap();

        let ours = prefix.serialize("orders", Part::Value, &schema, Some(&order)).await.unwrap().unwrap();
        let made = encoder.encode_struct(&order, &subject).await.unwrap();
        assert_eq!(made, ours, "{order:?}");
        let decoded = decoder.decode(Some(&ours)).await.unwrap();
        assert_eq!(serde_json::Value::try_from(decoded.value).unwrap(), expected);
        assert_eq!(reader.deserialize::<Order>(Some(&made)).await.unwrap().as_ref(), Some(&order));

        let ours =
            header.serialize_framed("orders", Part::Value, &schema, Some(&order)).await.unwrap().unwrap();
        let made = theirs(encoder.encode_struct_with_header_id(&order, &subject, false).await.unwrap());
        assert_eq!(made, ours);
        let (name, value) = made.header.as_ref().unwrap();
        let decoded = decoder.decode_with_header_id(Some(value), Some(&ours.bytes)).await.unwrap();
        assert_eq!(serde_json::Value::try_from(decoded.value).unwrap(), expected);
        let framed = Framed::from_headers(Part::Value, Some(&made.bytes), [(*name, Some(value.as_slice()))]);
        assert_eq!(reader.deserialize_framed::<Order>(framed).await.unwrap(), Some(order));
    }
}

const FILE: &str = r#"syntax = "proto3"; package shop;
message First { string text = 1; }
message Outer {
  message Skipped { int32 n = 1; }
  message Bill { sint64 cents = 1; repeated int32 packed = 2; string note = 3; First first = 4; }
}"#;

#[derive(Clone, PartialEq, Message)]
struct First {
    #[prost(string, tag = "1")]
    text: String,
}

#[derive(Clone, PartialEq, Message)]
struct Bill {
    #[prost(sint64, tag = "1")]
    cents: i64,
    #[prost(int32, repeated, tag = "2")]
    packed: Vec<i32>,
    #[prost(string, tag = "3")]
    note: String,
    #[prost(message, optional, tag = "4")]
    first: Option<First>,
}

/// A message, framed by both, read by both.
async fn protobuf<M: Message + Default + PartialEq>(topic: &str, name: &str, message: &M) {
    let dir = tempfile::tempdir().unwrap();
    let (_server, client, settings) = registry(dir.path());
    let schema = ProtobufSchema::parse(FILE).unwrap();
    let prefix = ProtobufSerializer::new(client.clone());
    let header = ProtobufSerializer::with_config(client.clone(), framing(Framing::Header));
    let reader = ProtobufDeserializer::new(client);
    let (encoder, decoder) = (ProtoRawEncoder::new(settings.clone()), ProtoRawDecoder::new(settings));
    let subject = || SubjectNameStrategy::TopicNameStrategy(topic.to_owned(), false);
    let bare = message.encode_to_vec();

    let ours = prefix.serialize_as(topic, Part::Value, &schema, name, Some(message)).await.unwrap().unwrap();
    let made = encoder.encode(&bare, name, subject()).await.unwrap();
    assert_eq!(made, ours, "{name}");
    let decoded = decoder.decode(Some(&ours)).await.unwrap().unwrap();
    assert_eq!((decoded.full_name.as_str(), decoded.bytes), (name, bare.clone()));
    assert!(reader.deserialize::<M>(Some(&made)).await.unwrap().as_ref() == Some(message));

    let ours =
        header.serialize_framed(topic, Part::Value, &schema, name, Some(message)).await.unwrap().unwrap();
    let made = theirs(encoder.encode_with_header_id(&bare, name, subject(), false).await.unwrap());
    assert_eq!(made, ours, "{name}");
    let (_, value) = ours.header.unwrap();
    let decoded = decoder.decode_with_header_id(Some(&value), Some(&made.bytes)).await.unwrap().unwrap();
    assert_eq!((decoded.full_name.as_str(), decoded.bytes), (name, bare));
    let read = reader.deserialize_with_header::<M>(&value, Some(&made.bytes)).await.unwrap();
    assert!(read.as_ref() == Some(message));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn protobuf_both_ways() {
    let first = First { text: "grüße".to_owned() };
    protobuf("firsts", "shop.First", &first).await; // the short form of [0]
    let bill = Bill { cents: i64::MIN, packed: vec![1, -1], note: String::new(), first: Some(first) };
    protobuf("bills", "shop.Outer.Bill", &bill).await;
}
