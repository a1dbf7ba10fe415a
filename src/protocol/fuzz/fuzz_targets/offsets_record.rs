//! Any bytes as a key or value of `__consumer_offsets`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| assay_protocol::properties::offsets_record(data));
