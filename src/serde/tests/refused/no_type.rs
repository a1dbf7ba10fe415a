//! A type that Avro does not have.

use assay_serde::AssayAvro;

#[derive(AssayAvro)]
pub struct Counter {
    pub count: u64, //~ `u64` has no Avro type
}
