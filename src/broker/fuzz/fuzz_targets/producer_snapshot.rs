#![no_main]
//! See `assay_broker::properties::producer_snapshot`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| assay_broker::properties::producer_snapshot(data));
