//! Any payload in a good frame; the first byte chooses format and framing.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| assay_serde::properties::deserializer_properties(data));
