//! Protobuf and JSON Schema against a registry of the test's own; any bytes are an error or a value, never a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::support;

use assay_serde::prost::Message as _;
use assay_serde::{
    JsonDeserializer, JsonSchema, JsonSerializer, Part, ProtobufDeserializer, ProtobufSchema,
    ProtobufSerializer, SerdeError, Validation,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

const PROTO: &str = "syntax = \"proto3\"; package p; message First { string a = 1; } message Outer { message Inner { int32 n = 1; } Inner i = 1; }";
const JSON: &str =
    r#"{"type":"object","properties":{"b":{"type":"integer"},"a":{"type":"string"}},"required":["a"]}"#;

#[derive(Clone, PartialEq, prost::Message)]
struct First {
    #[prost(string, tag = "1")]
    a: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Inner {
    #[prost(int32, tag = "1")]
    n: i32,
}

fn body(line: &str) -> (u16, String) {
    let schema = |text: &str, ty: &str| json!({"id": 1, "schema": text, "schemaType": ty}).to_string();
    match line {
        "POST /subjects/t-value/versions" => (200, r#"{"id":1}"#.into()),
        "GET /schemas/ids/1" | "GET /schemas/guids/07070707-0707-0707-0707-070707070707" => {
            (200, schema(PROTO, "PROTOBUF"))
        }
        "GET /schemas/ids/2" => (200, schema(JSON, "JSON")),
        _ => (404, r#"{"error_code":40403,"message":"not found"}"#.into()),
    }
}

#[tokio::test]
async fn protobuf_there_and_back() {
    let client = support::client(body);
    let (serializer, deserializer) =
        (ProtobufSerializer::new(client.clone()), ProtobufDeserializer::new(client));
    let schema = ProtobufSchema::parse(PROTO).unwrap();
    let first = First { a: "x".into() };
    let bytes =
        serializer.serialize_as("t", Part::Value, &schema, "p.First", Some(&first)).await.unwrap().unwrap();
    assert_eq!(bytes, b"\0\0\0\0\x01\0\x0a\x01x", "the first message of a file has the short form");
    assert_eq!(deserializer.deserialize(Some(&bytes)).await.unwrap(), Some(first));
    let inner = Inner { n: 5 };
    let bytes = serializer
        .serialize_as("t", Part::Value, &schema, "p.Outer.Inner", Some(&inner))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(bytes, b"\0\0\0\0\x01\x04\x02\0\x08\x05");
    let dynamic = deserializer.deserialize_dynamic(Some(&bytes)).await.unwrap().unwrap();
    assert_eq!(dynamic.encode_to_vec(), inner.encode_to_vec());
    assert_eq!(
        serializer.serialize_dynamic("t", Part::Value, &schema, Some(&dynamic)).await.unwrap().unwrap(),
        bytes
    );
    let header = [&[1][..], &[7; 16], &[4, 2, 0]].concat();
    assert_eq!(deserializer.deserialize_with_header(&header, Some(b"\x08\x05")).await.unwrap(), Some(inner));
    assert_eq!(deserializer.deserialize::<First>(None).await.unwrap(), None);
    assert_eq!(
        serializer.serialize_as("t", Part::Value, &schema, "p.First", None::<&First>).await.unwrap(),
        None
    );
    let missing = serializer.serialize_as("t", Part::Value, &schema, "p.No", Some(&First::default())).await;
    assert!(missing.unwrap_err().to_string().contains("p.No"));
}

#[tokio::test]
async fn json_there_and_back_validated_or_not() {
    let client = support::client(body);
    let schema = JsonSchema::parse(JSON).unwrap();
    let serializer = JsonSerializer::new(client.clone());
    let bytes = serializer
        .serialize("t", Part::Value, &schema, Some(&json!({"a": "x", "b": 1})))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(bytes, b"\0\0\0\0\x01{\"a\":\"x\",\"b\":1}");
    let error = serializer
        .serialize("t", Part::Value, &schema, Some(&json!({"a": "x", "b": "1"})))
        .await
        .unwrap_err();
    assert!(error.to_string().starts_with("schema 1: /b: "), "{error}");
    let off = JsonSerializer::new(client.clone()).with_validation(Validation::Off);
    assert!(off.serialize("t", Part::Value, &schema, Some(&json!({"b": "1"}))).await.is_ok());
    let good: Option<Value> =
        JsonDeserializer::new(client.clone()).deserialize(Some(b"\0\0\0\0\x02{\"a\":\"x\"}")).await.unwrap();
    assert_eq!(good, Some(json!({"a": "x"})));
    let bad = b"\0\0\0\0\x02{}";
    let error = JsonDeserializer::new(client.clone()).deserialize::<Value>(Some(bad)).await.unwrap_err();
    assert!(error.to_string().contains("schema 2") && error.to_string().contains("\"a\""), "{error}");
    let off = JsonDeserializer::new(client).with_validation(Validation::Off);
    assert_eq!(off.deserialize(Some(bad)).await.unwrap(), Some(json!({})));
}

#[tokio::test]
async fn faults_are_typed() {
    let client = support::client(body);
    let (protobuf, json) = (ProtobufDeserializer::new(client.clone()), JsonDeserializer::new(client));
    let error = protobuf.deserialize::<First>(Some(b"\0\0\0\0\x02\0")).await.unwrap_err();
    assert!(
        matches!(error, SerdeError::WrongType { .. }) && error.to_string().contains("expected PROTOBUF"),
        "{error}"
    );
    let error = json.deserialize::<Value>(Some(b"\0\0\0\0\x01{}")).await.unwrap_err();
    assert!(matches!(error, SerdeError::WrongType { .. }), "{error}");
    assert!(matches!(json.deserialize::<Value>(Some(b"\0\0")).await, Err(SerdeError::TooShort { .. })));
    assert!(matches!(json.deserialize::<Value>(Some(b"{}abcde")).await, Err(SerdeError::UnknownMagic(b'{'))));
    assert!(matches!(
        json.deserialize::<Value>(Some(b"\0\0\0\0\x09{}")).await,
        Err(SerdeError::UnknownSchema(_))
    ));
    for indexes in [&b"\x02"[..], b"\xff\xff\xff\xff\xff\xff", b"\x02\x7e", b"\x01", b""] {
        let frame = [&b"\0\0\0\0\x01"[..], indexes].concat();
        let error = protobuf.deserialize::<First>(Some(&frame)).await.unwrap_err();
        assert!(matches!(error, SerdeError::Payload { .. }), "{error}");
    }
    let deep = [&b"\0\0\0\0\x02"[..], "[".repeat(100_000).as_bytes()].concat();
    assert!(matches!(json.deserialize::<Value>(Some(&deep)).await, Err(SerdeError::Payload { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_bytes_are_an_error_or_a_value(bytes in vec(any::<u8>(), 0..60), id in 1..3u8) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let frame = [&[0, 0, 0, 0, id][..], &bytes].concat();
        runtime.block_on(async {
            let client = support::client(body);
            let protobuf = ProtobufDeserializer::new(client.clone());
            let _ = protobuf.deserialize::<First>(Some(&frame)).await;
            let _ = protobuf.deserialize_dynamic(Some(&frame)).await;
            let _ = JsonDeserializer::new(client).deserialize::<Value>(Some(&frame)).await;
        });
    }
}

#[test]
fn a_choice_that_doubles_with_every_level_is_refused_not_tried_for_years() {
    let mut chain = String::new();
    for at in 0..60 {
        let next = format!(r##"{{"items": {{"$ref": "#/definitions/x{}"}}}}"##, at + 1);
        chain.push_str(&format!(r#""x{at}": {{"anyOf": [{next}, {next}]}},"#));
    }
    let chain =
        format!(r##"{{"$ref": "#/definitions/x0", "definitions": {{{chain} "x60": {{"type": "null"}}}}}}"##);
    let again = r##"{"type": "array", "items": {"$ref": "#"}}"##;
    let circle = format!(r#"{{"anyOf": [{{"type": "null"}}, {again}, {again}]}}"#);
    for (text, told) in [(&chain, "nested too deep"), (&circle, "too many choices")] {
        let schema = JsonSchema::parse(text).unwrap();
        let refused = schema.check(&(0..60).fold(json!(1), |inner, _| json!([inner]))).unwrap_err();
        assert!(refused.reason.contains(told), "{refused:?}");
        assert!(
            schema.check(&(0..60).fold(json!(null), |inner, _| json!([inner]))).is_ok() || text == &chain
        );
    }
}

#[test]
fn a_value_deeper_than_the_stack_is_refused() {
    let schema = JsonSchema::parse(r##"{"items": {"$ref": "#"}}"##).unwrap();
    let nested = |depth| (0..depth).fold(json!(null), |inner, _| json!([inner]));
    assert!(schema.check(&nested(128)).is_ok());
    assert!(schema.check(&nested(129)).unwrap_err().reason.contains("deeper than 128"));
}
