//! Any text of any format: inline tags found, put and taken.
#![no_main]

use assay_schema::SchemaType;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for schema_type in SchemaType::ALL {
        assay_schema::testing::tag_properties(schema_type, text);
    }
});
