//! Hostile bytes: `assay_serde::properties` over generated ones, and over data with a few bytes changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::data;

use assay_schema::testing::Rng;
use assay_serde::{
    AvroSchema,
    properties::{AVRO, avro_properties},
};
use proptest::prelude::*;

/// Bytes that lean towards what means something: small numbers, continuation bits, the ends of the range.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![3 => 0u8..8, 2 => any::<u8>(), 1 => Just(0x80), 1 => Just(0xff)];
    proptest::collection::vec(byte, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_bytes(data in bytes()) {
        avro_properties(&data);
    }

    #[test]
    fn nearly_data(choice in any::<u8>(), seed in any::<u64>()) {
        let schema = AvroSchema::parse(AVRO[usize::from(choice) % AVRO.len()]).unwrap();
        let mut rng = Rng::new(seed);
        let mut datum = data::datum(schema.model(), &mut rng);
        if rng.chance(80) {
            data::mutate(&mut datum, &mut rng);
        }
        avro_properties(&[&[choice][..], &datum].concat());
    }
}
