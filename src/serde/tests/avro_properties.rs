//! Hostile bytes: `assay_serde::properties` over generated ones, and over data with a few bytes changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::data;

use assay_schema::testing::Rng;
#[cfg(feature = "derive")]
use assay_serde::properties::derived_properties;
#[cfg(all(feature = "protobuf", feature = "json", feature = "blocking"))]
use assay_serde::properties::{deserializer_properties, frame_properties};
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

    #[cfg(feature = "derive")]
    #[test]
    fn bytes_of_a_derived_type(
        data in bytes(),
        levels in prop_oneof![3 => 0usize..4, 1 => 195usize..205],
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        derived_properties(&data);
        // A node in a node in a node: all zeros and nothing, but for a decimal and the node inside.
        let head = |next: u8| [&[0u8; 9][..], &[2, 5, 0, 0, 0, next]].concat();
        let mut datum = [head(2).repeat(levels), head(0), [0u8; 3].repeat(levels + 1)].concat();
        derived_properties(&datum);
        for (at, byte) in edits {
            let at = at.index(datum.len());
            datum[at] = byte;
        }
        derived_properties(&datum);
    }

    #[cfg(all(feature = "protobuf", feature = "json", feature = "blocking"))]
    #[test]
    fn any_frame(id in prop_oneof![Just(vec![]), Just(vec![0, 0, 0, 0]), Just(vec![1; 17])], data in bytes()) {
        frame_properties(&[&id[..], &data].concat());
        deserializer_properties(&data);
    }

    #[cfg(all(feature = "protobuf", feature = "json", feature = "blocking"))]
    #[test]
    fn any_json(choice in 0u8..2, id in any::<i64>(), note in ".{0,9}", more in "[\\[\\]{}:,\"0-9e.-]{0,9}") {
        let text = serde_json::json!({"id": id, "note": note}).to_string();
        let choice = 2 + choice;
        deserializer_properties(&[&[choice][..], text.as_bytes()].concat());
        deserializer_properties(&[&[choice][..], text.as_bytes(), more.as_bytes()].concat());
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
