//! A field of another type than the file has.

use assay_serde::AssayAvro;

#[derive(AssayAvro)]
#[avro(schema = "tests/schemas/order.avsc", name = "shop.Line")]
pub struct Line {
    pub sku: String,
    pub quantity: i64, //~ tests/schemas/order.avsc: field "quantity": the schema has int, the definition long
    pub price: assay_serde::derive::logical::Decimal<9, 2>,
}
