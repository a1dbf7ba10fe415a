#![no_main]
//! See `assay_broker::properties::metadata_journal`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| assay_broker::properties::metadata_journal(data));
