//! What holds for derived codecs on any bytes.

use std::collections::BTreeMap;

use crate::bytes::BytesError;
use crate::derive::logical::{Decimal, TimestampMillis, Uuid};
use crate::derive::{AssayAvro, AvroSchemaOf, from_datum, to_datum};

#[derive(Debug, Clone, PartialEq, AssayAvro)]
enum Suit {
    Spades,
    Hearts,
}

#[derive(Debug, Clone, PartialEq, AssayAvro)]
enum Choice {
    Nothing,
    Number(i32),
    Text(String),
    Nodes(Vec<Node>),
}

/// A type of every kind, and in itself in every way.
#[derive(Debug, Clone, PartialEq, AssayAvro)]
struct Node {
    flag: bool,
    int: i32,
    long: i64,
    suit: Suit,
    choice: Choice,
    hash: [u8; 3],
    raw: Vec<u8>,
    price: Decimal<6, 2>,
    at: TimestampMillis,
    id: Option<Uuid>,
    small: i8,
    next: Option<Box<Node>>,
    others: Vec<Node>,
    named: BTreeMap<String, Node>,
    empty: Vec<()>,
}

/// What is read can be written and is the same again, in no more bytes; the codec that is driven by the schema reads it, too.
pub fn derived_properties(data: &[u8]) {
    let Ok(read) = from_datum::<Node>(data) else { return };
    let written = to_datum(&read);
    assert!(written.is_ok(), "{read:?}");
    let Ok(written) = written else { return };
    assert!(written.len() <= data.len(), "{read:?}");
    assert_eq!(from_datum::<Node>(&written).ok(), Some(read));
    let schema = Node::schema();
    assert!(schema.is_ok());
    let Ok(schema) = schema else { return };
    if let Err(error) = schema.decode::<serde::de::IgnoredAny>(&written) {
        // Records count as levels there, and boxes here.
        assert_eq!(error.reason, BytesError::TooDeep.to_string());
    }
}
