//! A record inside that has no file of its own: it is compared field by field.

use std::collections::HashMap;

use assay_serde::AssayAvro;
use assay_serde::derive::logical::{Decimal, TimestampMillis};

#[derive(AssayAvro)]
#[avro(schema = "tests/schemas/order.avsc")]
pub struct Order {
    pub id: i64,
    pub currency: Option<String>,
    pub placed: TimestampMillis,
    pub state: State,
    pub lines: Vec<Line>, //~ field "lines.[].sku": the schema has string, the definition bytes
    pub parent: Option<Box<Order>>,
    pub digest: [u8; 8], //~ field "digest": the schema has fixed of 16 bytes, the definition fixed of 8 bytes
    pub notes: HashMap<String, String>,
}

#[derive(AssayAvro)]
#[avro(namespace = "shop")]
pub struct Line {
    pub sku: Vec<u8>,
    pub quantity: i32,
    pub price: Decimal<9, 2>,
}

#[derive(AssayAvro)]
#[avro(namespace = "shop", rename_all = "UPPERCASE")]
pub enum State {
    Open,
    Paid,
    Sent,
}
