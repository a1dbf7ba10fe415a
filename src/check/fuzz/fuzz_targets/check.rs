//! Any bytes as a backup file: see `assay_check::properties::backup_properties`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| assay_check::properties::backup_properties(data));
