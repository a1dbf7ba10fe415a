//! Any bytes as the datum of a type that derives its codec.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| assay_serde::properties::derived_properties(data));
