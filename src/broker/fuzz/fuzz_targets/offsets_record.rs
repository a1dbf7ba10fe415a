#![no_main]
//! See `assay_broker::properties::offsets_record`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| assay_broker::properties::offsets_record(data));
