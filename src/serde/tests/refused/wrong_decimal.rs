//! A decimal of another scale, which would be read a hundred times too big.

use assay_serde::AssayAvro;
use assay_serde::derive::logical::Decimal;

#[derive(AssayAvro)]
#[avro(schema = "tests/schemas/order.avsc", name = "shop.Line")]
pub struct Line {
    pub sku: String,
    pub quantity: i32,
    pub price: Decimal<9, 4>, //~ field "price": the schema has decimal(9,2), the definition decimal(9,4)
}
