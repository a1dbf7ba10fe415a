//! Any text as an Avro schema.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| assay_schema::testing::avro_properties(text));
