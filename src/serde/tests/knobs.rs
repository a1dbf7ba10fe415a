//! Every setting against the registry in memory: which schema is written with, under which subject, named where.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::support;

use std::collections::BTreeMap;
use std::time::Duration;

use assay_schema::{Context, Metadata, Rule, RuleSet, SchemaType, Subject};
use assay_serde::client::{Client, Normalize, Schema};
use assay_serde::wire::{SchemaId, SchemaKey};
use assay_serde::{
    Associated, Attempt, AvroDeserializer, AvroSchema, AvroSerializer, Check, Framed, Framing, JsonSchema,
    JsonSerializer, Part, RecordName, SerdeConfig, SerdeError, WriterSchema,
};
use serde_json::{Value, json};

const V1: &str =
    r#"{"type":"record","name":"Item","namespace":"shop","fields":[{"name":"sku","type":"string"}]}"#;
const V2: &str = r#"{"type":"record","name":"Item","namespace":"shop","fields":[{"name":"sku","type":"string"},{"name":"qty","type":"int","default":1}]}"#;
/// Cannot read what `V1` writes.
const V3: &str = r#"{"type":"record","name":"Item","namespace":"shop","fields":[{"name":"sku","type":"string"},{"name":"must","type":"int"}]}"#;

fn avro(text: &str) -> AvroSchema {
    AvroSchema::parse(text).unwrap()
}

fn item() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([("sku", "a")])
}

async fn registered(client: &Client, subject: &str, text: &str) -> u32 {
    let schema = Schema::new(SchemaType::Avro, text);
    client.register(&Subject::parse(subject), &schema, Normalize::Default).await.unwrap().id.get()
}

fn rules(rule_type: &str, mode: &str, disabled: bool) -> RuleSet {
    let rule = Rule {
        name: "secret".into(),
        rule_type: Some(rule_type.into()),
        mode: Some(mode.into()),
        kind: Some("TRANSFORM".into()),
        disabled,
        ..Rule::default()
    };
    RuleSet { domain_rules: vec![rule], ..RuleSet::default() }
}

#[tokio::test]
async fn the_writers_schema_is_the_one_asked_for() {
    let client = Client::in_memory();
    let one = registered(&client, "t-value", V1).await;
    let two = registered(&client, "t-value", V2).await;
    assert_ne!(one, two);
    let with = |writer: WriterSchema| AvroSerializer::new(client.clone()).with_writer(writer);
    let id = SchemaId::new(two).unwrap();
    let guid = client.guid_by_id(&Context::default(), id).await.unwrap().unwrap();
    for (writer, expected) in [
        (WriterSchema::Register(Normalize::Default), one),
        (WriterSchema::Lookup(Normalize::Default), one),
        (WriterSchema::Id(id, Check::Strict), two),
        (WriterSchema::Guid(guid, Check::Strict), two),
        (WriterSchema::latest(), two),
        (WriterSchema::Latest(Duration::ZERO, Check::Off), two),
    ] {
        let prepared = with(writer.clone()).prepare("t", Part::Value, &avro(V1)).await.unwrap();
        assert_eq!(prepared.id().get(), expected, "{writer:?}");
        assert_eq!(prepared.prefix(), [&[0][..], &expected.to_be_bytes()].concat(), "{writer:?}");
    }
    let missing = with(WriterSchema::Lookup(Normalize::Default)).prepare("u", Part::Value, &avro(V1)).await;
    assert!(matches!(missing, Err(SerdeError::Registry { transient: false, .. })), "{missing:?}");
    let nowhere = SchemaId::new(999).unwrap();
    let missing = with(WriterSchema::Id(nowhere, Check::Strict)).prepare("t", Part::Value, &avro(V1)).await;
    assert!(matches!(missing, Err(SerdeError::UnknownSchema(_))), "{missing:?}");
}

#[tokio::test]
async fn what_cannot_read_the_callers_data_is_refused_when_strict() {
    let client = Client::in_memory();
    registered(&client, "t-value", V1).await;
    let three = SchemaId::new(registered(&client, "t-value", V3).await).unwrap();
    let with = |writer: WriterSchema| AvroSerializer::new(client.clone()).with_writer(writer);
    for writer in [WriterSchema::latest(), WriterSchema::Id(three, Check::Strict)] {
        let error = with(writer).prepare("t", Part::Value, &avro(V1)).await.unwrap_err();
        assert!(
            matches!(error, SerdeError::Incompatible { .. }) && error.to_string().contains("must"),
            "{error}"
        );
    }
    let loose = with(WriterSchema::Latest(Duration::MAX, Check::Off));
    let prepared = loose.prepare("t", Part::Value, &avro(V1)).await.unwrap();
    // Not strict: values that do not fit are refused one by one, and leave nothing behind.
    let mut out = b"kept".to_vec();
    assert!(matches!(prepared.serialize_into(&item(), &mut out), Err(SerdeError::Payload { .. })));
    assert_eq!(out, b"kept");
}

#[tokio::test]
async fn the_version_with_metadata() {
    let client = Client::in_memory();
    let of = |major: &str| Metadata {
        properties: BTreeMap::from([("major".to_owned(), major.to_owned())]),
        ..Metadata::default()
    };
    let subject = Subject::parse("t-value");
    for (text, major) in [(V1, "1"), (V2, "2")] {
        let schema = Schema::new(SchemaType::Avro, text).with_metadata(of(major));
        client.register(&subject, &schema, Normalize::Default).await.unwrap();
    }
    let config = SerdeConfig::from_properties([
        ("auto.register.schemas", "false"),
        ("use.latest.with.metadata", "major=1"),
        ("use.latest.version", "true"),
    ]);
    let serializer = AvroSerializer::with_config(client, config.unwrap());
    let prepared = serializer.prepare("t", Part::Value, &avro(V2)).await.unwrap();
    assert_eq!(prepared.id().get(), 1);
}

#[tokio::test]
async fn a_header_in_place_of_a_prefix_and_both_are_read() {
    let client = Client::in_memory();
    let config = SerdeConfig::default().with_framing_of(Part::Value, Framing::Header);
    let serializer = AvroSerializer::with_config(client.clone(), config);
    let deserializer = AvroDeserializer::new(client);
    let encoded =
        serializer.serialize_framed("t", Part::Value, &avro(V1), Some(&item())).await.unwrap().unwrap();
    let (name, header) = encoded.header.clone().unwrap();
    assert_eq!(
        (name, header.len(), header[0], encoded.bytes.as_slice()),
        ("__value_schema_id", 17, 1, &b"\x02a"[..])
    );
    let refused = serializer.serialize("t", Part::Value, &avro(V1), Some(&item())).await;
    assert!(matches!(refused, Err(SerdeError::HeaderNeeded("__value_schema_id"))));
    let key = serializer.serialize("t", Part::Key, &avro(V1), Some(&item())).await.unwrap().unwrap();
    let in_front = [&header[..], &encoded.bytes].concat();
    let headers = [("other", Some(&b"x"[..])), (name, Some(&header[..]))];
    for framed in [
        Framed::from_headers(Part::Value, Some(&encoded.bytes), headers),
        Framed::from(&in_front[..]),
        Framed::from(&key[..]),
    ] {
        let read: Option<BTreeMap<String, String>> = deserializer.deserialize_framed(framed).await.unwrap();
        assert_eq!(read.unwrap()["sku"], "a");
    }
    let tombstone = Framed { bytes: None, header: Some(b"nonsense") };
    assert_eq!(deserializer.try_deserialize::<String>(tombstone).unwrap(), Attempt::Ready(None));
}

#[tokio::test]
async fn a_header_without_a_value_names_no_schema() {
    let client = Client::in_memory();
    let bytes =
        AvroSerializer::new(client.clone()).serialize("t", Part::Value, &avro(V1), Some(&item())).await;
    let bytes = bytes.unwrap().unwrap();
    let framed = Framed::from_headers(Part::Value, Some(&bytes), [("__value_schema_id", None)]);
    let read = AvroDeserializer::new(client).deserialize_framed::<BTreeMap<String, String>>(framed).await;
    assert!(matches!(read, Err(SerdeError::TooShort { .. })), "{read:?}");
}

#[tokio::test]
async fn an_id_is_another_schema_in_another_context() {
    let client = Client::in_memory();
    let context = |name: &str| Context::parse(name).unwrap();
    let config = |name: &str| SerdeConfig::default().with_context(context(name));
    let a = AvroSerializer::with_config(client.clone(), config(".a"));
    let b = AvroSerializer::with_config(client.clone(), config(".b"));
    let in_a = a.serialize("t", Part::Value, &avro(V1), Some(&item())).await.unwrap().unwrap();
    let in_b = b.serialize("t", Part::Value, &avro(r#""string""#), Some("x")).await.unwrap().unwrap();
    assert_eq!(in_a[..5], in_b[..5], "the same id");
    let deserializer = AvroDeserializer::new(client).with_context(context(".a"));
    deserializer.deserialize::<BTreeMap<String, String>>(Some(&in_a)).await.unwrap();
    let deserializer = deserializer.with_context(context(".b"));
    assert_eq!(deserializer.deserialize::<String>(Some(&in_b)).await.unwrap().unwrap(), "x");
}

#[tokio::test]
async fn without_a_runtime_once_the_schema_is_known() {
    let client = Client::in_memory();
    let prepared = AvroSerializer::new(client.clone()).prepare("t", Part::Value, &avro(V1)).await.unwrap();
    let deserializer = AvroDeserializer::new(client);
    let key = SchemaKey::Id(prepared.id());
    let bytes = std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let mut out = Vec::new();
            prepared.serialize_into(&item(), &mut out).map(|()| out)
        });
        thread.join().unwrap().unwrap()
    });
    let attempt = deserializer.try_deserialize::<BTreeMap<String, String>>(&bytes[..]).unwrap();
    assert_eq!(attempt, Attempt::NeedsSchema(key));
    deserializer.fetch(key).await.unwrap();
    let attempt = deserializer.try_deserialize::<BTreeMap<String, String>>(&bytes[..]).unwrap();
    assert!(matches!(attempt, Attempt::Ready(Some(read)) if read["sku"] == "a"));
}

#[tokio::test]
async fn a_rule_that_applies_is_refused_and_nothing_is_written() {
    for (rules, refused) in [
        (rules("ENCRYPT", "WRITEREAD", false), true),
        (rules("CEL", "WRITE", false), true),
        (rules("ENCRYPT", "WRITEREAD", true), false),
        (rules("CEL", "READ", false), false),
    ] {
        let client = Client::in_memory();
        let schema = Schema::new(SchemaType::Avro, V1).with_rule_set(rules.clone());
        let subject = Subject::parse("t-value");
        client.register(&subject, &schema, Normalize::Default).await.unwrap();
        let own = AvroSchema::with_references(schema, &[]).unwrap();
        for writer in [
            WriterSchema::Register(Normalize::Default),
            WriterSchema::Lookup(Normalize::Default),
            WriterSchema::Latest(Duration::MAX, Check::Off),
            WriterSchema::Id(SchemaId::new(1).unwrap(), Check::Off),
        ] {
            let serializer = AvroSerializer::new(client.clone()).with_writer(writer);
            let made = serializer.serialize("t", Part::Value, &own, Some(&item())).await;
            assert_eq!(
                matches!(made, Err(SerdeError::UnsupportedRule { .. })),
                refused,
                "{rules:?}: {made:?}"
            );
        }
    }
    let client = Client::in_memory();
    let schema = Schema::new(SchemaType::Avro, V1).with_rule_set(rules("ENCRYPT", "READ", false));
    client.register(&Subject::parse("t-value"), &schema, Normalize::Default).await.unwrap();
    let read = AvroDeserializer::new(client).deserialize::<Value>(Some(b"\0\0\0\0\x01\x02a")).await;
    assert!(matches!(read, Err(SerdeError::UnsupportedRule { .. })), "{read:?}");
}

#[tokio::test]
async fn subjects_by_strategy_closure_and_context() {
    let client = Client::in_memory();
    let prepare = |config: SerdeConfig| {
        let serializer = AvroSerializer::with_config(client.clone(), config);
        async move { serializer.prepare("t", Part::Key, &avro(V1)).await.map(|_| ()) }
    };
    let own = |topic: &str, part: Part, _: Option<&str>| {
        Ok(Subject::parse(&format!("team.{topic}.{}", part.as_str())))
    };
    prepare(SerdeConfig::default().with_strategy(own)).await.unwrap();
    prepare(SerdeConfig::default().with_strategy_of(Part::Key, RecordName)).await.unwrap();
    prepare(SerdeConfig::default().with_context(Context::parse(".eu").unwrap())).await.unwrap();
    let subjects: Vec<String> = client.subjects().await.unwrap().iter().map(Subject::to_string).collect();
    for subject in ["team.t.key", "shop.Item", ":.eu:t-key"] {
        assert!(subjects.iter().any(|found| found == subject), "{subject} in {subjects:?}");
    }
}

fn associations(line: &str) -> (u16, String) {
    let one = |subject: &str| json!({"subject": subject, "guid": "g", "resourceName": "t", "resourceNamespace": "c", "resourceId": "r", "resourceType": "topic", "associationType": "value", "lifecycle": "WEAK"});
    match line {
        "GET /associations/resources/-/one" => (200, json!([one("told")]).to_string()),
        "GET /associations/resources/-/two" => (200, json!([one("a"), one("b")]).to_string()),
        "GET /associations/resources/-/none" => (200, "[]".into()),
        "POST /subjects/told/versions" => (200, r#"{"id":1}"#.into()),
        "POST /subjects/none-value/versions" => (200, r#"{"id":2}"#.into()),
        "GET /schemas/ids/1" | "GET /schemas/ids/2" => (200, json!({ "schema": V1 }).to_string()),
        _ => (404, r#"{"error_code":40401,"message":"not found"}"#.into()),
    }
}

#[tokio::test]
async fn the_associated_subject_or_the_fallback() {
    let client = support::client(associations);
    let id = |topic: &'static str, strategy: Associated| {
        let serializer = AvroSerializer::new(client.clone()).with_strategy(strategy);
        async move { serializer.prepare(topic, Part::Value, &avro(V1)).await.map(|prepared| prepared.id().get()) }
    };
    assert_eq!(id("one", Associated::default()).await.unwrap(), 1);
    assert_eq!(id("none", Associated::default()).await.unwrap(), 2);
    assert!(matches!(
        id("two", Associated::default()).await,
        Err(SerdeError::NotAssociated { found: 2, .. })
    ));
    let strict = Associated { fallback: None, ..Associated::default() };
    assert!(matches!(id("none", strict).await, Err(SerdeError::NotAssociated { found: 0, .. })));
}

#[tokio::test]
async fn nothing_is_registered_for_a_value_that_does_not_fit() {
    let client = Client::in_memory();
    let schema = JsonSchema::parse(r#"{"type":"object","required":["a"]}"#).unwrap();
    let made =
        JsonSerializer::new(client.clone()).serialize("t", Part::Value, &schema, Some(&json!({}))).await;
    assert!(matches!(made, Err(SerdeError::Payload { .. })));
    let made =
        AvroSerializer::new(client.clone()).serialize("t", Part::Value, &avro(V3), Some(&item())).await;
    assert!(matches!(made, Err(SerdeError::Payload { .. })));
    assert_eq!(client.subjects().await.unwrap(), []);
}

fn refused(name: &str, value: &str, says: &str) {
    let error = SerdeConfig::from_properties([(name, value)]).unwrap_err().to_string();
    assert!(error.contains(says) && error.contains(name), "{error}");
}

#[test]
fn properties_are_read_or_refused_with_the_right_name() {
    refused("auto.register.schema", "true", "\"auto.register.schemas\"");
    refused("use.latest.versions", "true", "\"use.latest.version\"");
    refused("schema.registry.url", "http://h", "ClientConfig");
    refused("auto.register.schemas", "yes", "expected true or false");
    refused("use.schema.id", "x", "whole number");
    refused("value.subject.name.strategy", "Own", "TopicNameStrategy");
    refused("schema.id.deserializer", "prefix", "DualSchemaIdDeserializer");
    refused("use.schema.guid", "x", "GUID");
    let all = SerdeConfig::from_properties([
        ("normalize.schemas", "TRUE"),
        ("value.subject.name.strategy", "io.confluent.kafka.serializers.subject.TopicRecordNameStrategy"),
        ("key.schema.id.serializer", "io.confluent.kafka.serializers.schema.id.HeaderSchemaIdSerializer"),
        ("schema.id.deserializer", "DualSchemaIdDeserializer"),
        ("subject.name.strategy.type", "ASSOCIATED"),
        ("subject.name.strategy.fallback.type", "TOPIC_RECORD"),
        ("reference.subject.name.strategy", "QualifiedReferenceSubjectNameStrategy"),
        ("skip.known.types", "false"),
        ("json.fail.invalid.schema", "false"),
        ("context.name", "eu"),
    ]);
    let shown = format!("{:?}", all.unwrap());
    for part in [
        "Register(Yes)",
        "Named",
        "Associated",
        "[Header, Prefix]",
        "Qualified",
        "known_types: Register",
        "Off",
        ".eu",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[tokio::test]
async fn the_latest_version_as_the_readers_schema() {
    let client = Client::in_memory();
    let bytes = AvroSerializer::new(client.clone())
        .serialize("t", Part::Value, &avro(V1), Some(&item()))
        .await
        .unwrap()
        .unwrap();
    registered(&client, "t-value", V2).await;
    let subject = Subject::parse("t-value");
    let reader = || AvroDeserializer::new(client.clone()).with_latest_reader(&subject);
    let read: Option<Value> = reader().await.unwrap().deserialize(Some(&bytes)).await.unwrap();
    assert_eq!(read, Some(json!({"sku": "a", "qty": 1})));
    let missing = AvroDeserializer::new(client.clone()).with_latest_reader(&Subject::parse("u-value")).await;
    assert!(matches!(missing, Err(SerdeError::Registry { transient: false, .. })), "{missing:?}");
    // Data of older versions would have to be migrated.
    let rule = Rule {
        name: "up".into(),
        kind: Some("TRANSFORM".into()),
        mode: Some("UPGRADE".into()),
        ..Rule::default()
    };
    let rules = RuleSet { migration_rules: vec![rule], ..RuleSet::default() };
    let migrating = Schema::new(SchemaType::Avro, V3).with_rule_set(rules);
    client.register(&subject, &migrating, Normalize::Default).await.unwrap();
    let refused = reader().await;
    assert!(matches!(&refused, Err(SerdeError::UnsupportedRule { stage: "migration", .. })), "{refused:?}");
}
