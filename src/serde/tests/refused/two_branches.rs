//! A union whose branches nobody could tell apart.

use assay_serde::AssayAvro;

#[derive(AssayAvro)]
pub enum Id { //~ the union Id has two branches of the Avro type string
    Name(String),
    Code(Box<str>),
}
