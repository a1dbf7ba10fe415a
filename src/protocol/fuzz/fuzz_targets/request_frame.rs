//! Any bytes as a request frame.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| assay_protocol::properties::request_frame(data));
