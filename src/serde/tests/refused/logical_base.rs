//! A logical type on what it is not for.

use assay_serde::AssayAvro;

#[derive(AssayAvro)] //~ this logical type is for another Avro type
pub struct Event {
    #[avro(logical = "timestamp-millis")]
    pub at: i32,
}
