//! Types that derive `AssayAvro` through the serializer pair: framed, headers, other versions of a schema.
#![cfg(feature = "derive")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use assay_serde::client::{Client, Normalize};
use assay_serde::derive::{AvroSchemaOf, to_datum};
use assay_serde::{AssayAvro, AvroDeserializer, AvroSerializer, Check, Part, SerdeError, WriterSchema};

mod v1 {
    #[derive(Debug, PartialEq, super::AssayAvro)]
    #[avro(namespace = "shop")]
    pub(crate) struct Item {
        pub(crate) sku: String,
        pub(crate) quantity: i32,
        pub(crate) colour: Colour,
        pub(crate) old: bool,
    }

    #[derive(Debug, Clone, Copy, PartialEq, super::AssayAvro)]
    #[avro(namespace = "shop")]
    pub(crate) enum Colour {
        Red,
        Mauve,
    }
}

/// A field more, one less, one wider, one with another name, a symbol less.
mod v2 {
    #[derive(Debug, PartialEq, super::AssayAvro)]
    #[avro(namespace = "shop")]
    pub(crate) struct Item {
        pub(crate) note: Option<String>,
        pub(crate) colour: Colour,
        #[avro(alias = "quantity")]
        pub(crate) count: i64,
        pub(crate) sku: String,
    }

    #[derive(Debug, Clone, Copy, PartialEq, super::AssayAvro)]
    #[avro(namespace = "shop")]
    pub(crate) enum Colour {
        #[avro(default)]
        Other,
        Red,
    }
}

/// The same as `v1`, borrowing, documented and with other defaults: the same bytes.
#[derive(Debug, PartialEq, AssayAvro)]
#[avro(name = "shop.Item", doc = "Borrowed.")]
struct Slim<'a> {
    sku: &'a str,
    #[avro(default = 7)]
    quantity: i32,
    colour: v1::Colour,
    old: bool,
}

/// `v2` by borrowing.
#[derive(Debug, PartialEq, AssayAvro)]
#[avro(name = "shop.Item")]
struct SlimSku<'a> {
    sku: &'a str,
}

fn item() -> v1::Item {
    v1::Item { sku: "a".into(), quantity: 3, colour: v1::Colour::Mauve, old: true }
}

#[tokio::test]
async fn records_and_tombstones() {
    let client = Client::in_memory();
    let (writer, reader) = (AvroSerializer::new(client.clone()), AvroDeserializer::new(client));
    let bytes = writer.serialize_record("t", Part::Value, Some(&item())).await.unwrap().unwrap();
    assert_eq!(bytes[5..], to_datum(&item()).unwrap());
    assert_eq!(reader.deserialize_record(Some(&bytes)).await.unwrap(), Some(item()));
    assert_eq!(writer.serialize_record::<v1::Item>("t", Part::Value, None).await.unwrap(), None);
    assert_eq!(reader.deserialize_record::<v1::Item>(None).await.unwrap(), None);
    for short in 0..bytes.len() {
        assert!(reader.deserialize_record::<v1::Item>(Some(&bytes[..short])).await.is_err());
    }
    let error = reader.deserialize_record::<v1::Item>(Some(&bytes[..8])).await.unwrap_err();
    assert!(matches!(&error, SerdeError::Payload { key: Some(_), .. }), "{error:?}");
    assert!(error.to_string().contains("colour"), "{error}");
}

#[tokio::test]
async fn a_reader_of_the_next_version() {
    let client = Client::in_memory();
    let (writer, reader) = (AvroSerializer::new(client.clone()), AvroDeserializer::new(client));
    let bytes = writer.serialize_record("t", Part::Value, Some(&item())).await.unwrap().unwrap();
    let expected = v2::Item { note: None, colour: v2::Colour::Other, count: 3, sku: "a".into() };
    for _ in 0..2 {
        assert_eq!(reader.deserialize_record(Some(&bytes)).await.unwrap().as_ref(), Some(&expected));
    }
    let back = writer.serialize_record("u", Part::Value, Some(&expected)).await.unwrap().unwrap();
    let error = reader.deserialize_record::<v1::Item>(Some(&back)).await.unwrap_err();
    assert!(matches!(error, SerdeError::Payload { .. }), "v1 has no default for what v2 left out: {error:?}");
}

#[tokio::test]
async fn borrowed_from_the_bytes_or_from_what_they_were_resolved_to() {
    let client = Client::in_memory();
    let (writer, reader) = (AvroSerializer::new(client.clone()), AvroDeserializer::new(client));
    let bytes = writer.serialize_record("t", Part::Value, Some(&item())).await.unwrap().unwrap();
    let mut scratch = Vec::new();
    let read =
        reader.deserialize_record_borrowed::<Slim<'_>>(Some(&bytes), &mut scratch).await.unwrap().unwrap();
    assert_eq!(read, Slim { sku: "a", quantity: 3, colour: v1::Colour::Mauve, old: true });
    assert!(
        bytes.as_ptr_range().contains(&read.sku.as_ptr()),
        "documentation and defaults do not change the bytes"
    );
    let mut scratch = Vec::new();
    let read =
        reader.deserialize_record_borrowed::<SlimSku<'_>>(Some(&bytes), &mut scratch).await.unwrap().unwrap();
    assert_eq!(read, SlimSku { sku: "a" });
    assert!(!bytes.as_ptr_range().contains(&read.sku.as_ptr()));
}

#[tokio::test]
async fn the_latest_schema_is_written() {
    let client = Client::in_memory();
    let subject = "t-value".parse().unwrap();
    let latest =
        assay_serde::client::Schema::new(assay_schema::SchemaType::Avro, v2::Item::schema().unwrap().text());
    client.register(&subject, &latest, Normalize::Default).await.unwrap();
    let latest = WriterSchema::Latest(Duration::from_secs(60), Check::Off);
    let writer = AvroSerializer::new(client.clone()).with_writer(latest);
    let bytes = writer.serialize_record("t", Part::Value, Some(&item())).await.unwrap().unwrap();
    let resolved = v2::Item { note: None, colour: v2::Colour::Other, count: 3, sku: "a".into() };
    assert_eq!(bytes[5..], to_datum(&resolved).unwrap());
}
