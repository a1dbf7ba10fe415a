//! Any text as two schemas for `assay lint`: see `assay_check::properties::lint_properties`.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: (String, String)| assay_check::properties::lint_properties(&input.0, &input.1));
