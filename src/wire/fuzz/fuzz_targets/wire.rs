//! Any bytes as a frame, a record header, message indexes and a GUID text.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| assay_wire::properties::wire_properties(data));
