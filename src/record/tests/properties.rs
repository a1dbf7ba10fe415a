//! The properties of `assay_record::properties`, on random bytes, on damaged batches, and on round trips.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test helpers")]

use assay_record::properties::{batch_properties, codec_properties};
use assay_record::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

type Field = Option<Vec<u8>>;
type Rec = (i64, Field, Field, Vec<(String, Field)>);

fn field() -> impl Strategy<Value = Field> {
    option::of(vec(any::<u8>(), 0..200))
}

fn records() -> impl Strategy<Value = Vec<Rec>> {
    let headers = vec((".{0,8}", option::of(vec(any::<u8>(), 0..20))), 0..3);
    vec((any::<i64>(), field(), field(), headers), 1..30)
}

fn codec() -> impl Strategy<Value = Compression> {
    proptest::sample::select(&Compression::ALL[..])
}

fn build(codec: Compression, framing: SnappyFraming, records: &[Rec]) -> Batch {
    let mut builder = BatchBuilder::new(codec);
    builder.snappy_framing(framing);
    for (time, key, value, headers) in records {
        let headers: Vec<_> = headers.iter().map(|(k, v)| (k.as_bytes(), v.as_deref())).collect();
        builder.push(*time, key.as_deref(), value.as_deref(), &headers);
    }
    builder.build().unwrap()
}

proptest! {
    #[test]
    fn round_trip(codec in codec(), raw in any::<bool>(), records in records()) {
        let framing = if raw { SnappyFraming::Raw } else { SnappyFraming::Xerial };
        let batch = check_client_batch(build(codec, framing, &records).into_raw()).unwrap();
        let inflated = batch.records(&InflateLimits::default()).unwrap();
        let summary = inflated.check(Deltas::Consecutive).unwrap();
        prop_assert_eq!(summary.count as usize, records.len());
        for (found, (time, key, value, headers)) in inflated.iter().zip(&records) {
            let found = found.unwrap();
            prop_assert_eq!(found.timestamp(batch.header()), *time);
            prop_assert_eq!(found.key, key.as_deref());
            prop_assert_eq!(found.value, value.as_deref());
            let expected: Vec<_> = headers.iter().map(|(k, v)| (k.as_bytes(), v.as_deref())).collect();
            prop_assert_eq!(found.headers().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn any_bytes(data in vec(any::<u8>(), 0..2000)) {
        batch_properties(&data);
        codec_properties(&data);
    }

    #[test]
    fn any_bytes_behind_a_codec_header(which in 0usize..4, data in vec(any::<u8>(), 0..400)) {
        let front: &[&[u8]] = &[
            b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
            b"\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01",
            b"\x04\x22\x4d\x18\x60\x40\x82",
            b"\x28\xb5\x2f\xfd",
        ];
        codec_properties(&[front[which], &data].concat());
    }

    #[test]
    fn damaged_batches(codec in codec(), records in records(), damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut raw = build(codec, SnappyFraming::Xerial, &records).into_raw().to_vec();
        for (at, byte) in damage {
            let at = at.index(raw.len());
            raw[at] = byte;
        }
        batch_properties(&raw);
        codec_properties(&raw[HEADER_BYTES..]);
    }

    #[test]
    fn damaged_records_under_a_right_crc(records in records(), damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut raw = build(Compression::None, SnappyFraming::Raw, &records).into_raw().to_vec();
        for (at, byte) in damage {
            let at = HEADER_BYTES + at.index(raw.len() - HEADER_BYTES);
            raw[at] = byte;
        }
        let crc = crc32c_append(0, &raw[21..]);
        raw[17..21].copy_from_slice(&crc.to_be_bytes());
        let batch = check_client_batch(raw.clone().into()).unwrap();
        let all = batch.records(&InflateLimits::default()).unwrap();
        let errors = all.iter().filter(Result::is_err).count();
        prop_assert!(errors <= 1 && all.iter().count() <= batch.header().record_count as usize + 1);
        batch_properties(&raw);
    }
}
