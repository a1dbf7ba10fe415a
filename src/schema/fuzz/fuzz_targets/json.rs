//! Any text for the JSON reader and printer.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| assay_schema::testing::json_properties(text));
