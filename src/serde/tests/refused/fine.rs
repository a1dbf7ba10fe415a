//! Compiles: the others are refused for what they say, and not for how they are compiled.

use assay_serde::AssayAvro;

#[derive(AssayAvro)]
#[avro(schema = "tests/schemas/order.avsc", name = "shop.Line")]
pub struct Line {
    pub sku: String,
    pub quantity: i32,
    pub price: Vec<u8>,
}
