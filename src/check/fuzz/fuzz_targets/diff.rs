//! Any text as two schemas for `assay diff`: see `assay_check::properties::diff_properties`.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: (String, String)| assay_check::properties::diff_properties(&input.0, &input.1));
