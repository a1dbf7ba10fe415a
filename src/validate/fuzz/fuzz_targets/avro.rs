//! Any bytes as a payload; the first one chooses the schema.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| assay_validate::properties::avro_properties(data));
