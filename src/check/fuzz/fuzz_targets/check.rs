//! Any text where `assay check` reads one: see `assay_check::properties::check_properties`.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: (String, String)| assay_check::properties::check_properties(&input.0, &input.1));
