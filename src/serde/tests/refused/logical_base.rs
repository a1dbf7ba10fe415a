//! A logical type on what it is not for.

use assay_serde::AssayAvro;

#[derive(AssayAvro)]
pub struct Event {
    #[avro(logical = "timestamp-millis")]
    pub at: i32, //~ this logical type is for another Avro type
}
