//! Any bytes as record batches: see `assay_record::properties::batch_properties`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| assay_record::properties::batch_properties(data));
