//! Any text as a plan, as a file that others refer to, as a name: see `assay_check::properties::wanted_properties`.
#![no_main]
libfuzzer_sys::fuzz_target!(|text: String| assay_check::properties::wanted_properties(&text));
