//! Any text as assay-check.toml: see `assay_check::properties::config_properties`.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: (String, String)| assay_check::properties::config_properties(&input.0, &input.1));
