//! Any bytes as request target, headers and body; the property is in `assay-rest`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| assay_rest::edge_properties(data));
