//! Any two texts as schemas that follow each other: see the property.
#![no_main]

use assay_schema::SchemaType;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str)| {
    assay_compat::properties::compatibility_properties(SchemaType::Avro, texts.0, texts.1);
});
