//! Any bytes as the files of a partition: see `assay_log::properties::recovery_properties`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| assay_log::properties::recovery_properties(data));
