//! Any bytes through every codec: see `assay_record::properties::codec_properties`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| assay_record::properties::codec_properties(data));
