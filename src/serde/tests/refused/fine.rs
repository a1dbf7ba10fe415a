//! Compiles: the others are refused for what they say, and not for how they are compiled.

use assay_serde::AssayAvro;

#[derive(AssayAvro)]
#[avro(schema = "tests/schemas/order.avsc", name = "shop.Line")]
pub struct Line {
    pub sku: String,
    pub quantity: i32,
    pub price: Vec<u8>,
}

pub mod other {
    #[derive(assay_serde::AssayAvro)]
    #[avro(namespace = "other")]
    pub struct Line {
        pub sku: String,
    }
}

/// Defaults of every kind; the same type twice, and another one of its simple name.
#[derive(AssayAvro)]
pub struct Order {
    #[avro(default = -3)]
    pub count: i32,
    #[avro(default = 1)]
    pub ratio: f64,
    #[avro(default = "\"\\u00ff\"")]
    pub raw: Vec<u8>,
    #[avro(default = "\"abcd\"")]
    pub code: [u8; 4],
    #[avro(default = "[[1], []]")]
    pub groups: Vec<Vec<i64>>,
    #[avro(default = "{\"sku\": \"x\"}")]
    pub first: other::Line,
    #[avro(default = "\"EUR\"")]
    pub currency: Option<String>,
    #[avro(default = "null")]
    pub note: Option<String>,
    pub lines: Vec<Line>,
    pub more: Option<Vec<Line>>,
}
