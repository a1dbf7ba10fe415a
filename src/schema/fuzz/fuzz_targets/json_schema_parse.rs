//! Any text as a schema: see the property.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| assay_schema::testing::json_schema_properties(text));
