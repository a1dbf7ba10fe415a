//! Any bytes as an Avro datum; the first one chooses the writer's and the reader's schema.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| assay_serde::properties::avro_properties(data));
