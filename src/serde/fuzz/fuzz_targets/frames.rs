//! Any bytes as framed ones.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| assay_serde::properties::frame_properties(data));
