//! Batches and records: the bytes of the format, the rules for clients, rebuilding.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test helpers")]

use assay_record::*;
use bytes::{Bytes, BytesMut};

const LIMITS: InflateLimits = InflateLimits { inflated_bytes_max: 1 << 20 };

/// One record `k` = `v` with a header, written field by field after the Kafka documentation.
fn by_hand() -> Vec<u8> {
    let record: &[u8] = &[
        0,    // attributes
        0x02, // timestamp delta 1
        0x00, // offset delta 0
        0x02, b'k', 0x02, b'v', // key, value
        0x02, 0x02, b'h', 0x01, // one header, "h", null
    ];
    let mut body = vec![record.len() as u8 * 2];
    body.extend_from_slice(record);
    let mut covered = Vec::new();
    covered.extend_from_slice(&0i16.to_be_bytes()); // attributes
    covered.extend_from_slice(&0i32.to_be_bytes()); // last offset delta
    covered.extend_from_slice(&1000i64.to_be_bytes()); // base timestamp
    covered.extend_from_slice(&1001i64.to_be_bytes()); // max timestamp
    covered.extend_from_slice(&(-1i64).to_be_bytes()); // producer id
    covered.extend_from_slice(&(-1i16).to_be_bytes()); // producer epoch
    covered.extend_from_slice(&(-1i32).to_be_bytes()); // base sequence
    covered.extend_from_slice(&1i32.to_be_bytes()); // count
    covered.extend_from_slice(&body);
    let mut out = 77i64.to_be_bytes().to_vec();
    out.extend_from_slice(&(covered.len() as i32 + 9).to_be_bytes());
    out.extend_from_slice(&5i32.to_be_bytes()); // leader epoch
    out.push(2);
    out.extend_from_slice(&crc32c_append(0, &covered).to_be_bytes());
    out.extend_from_slice(&covered);
    out
}

#[test]
fn crc_is_castagnoli() {
    assert_eq!(crc32c_append(0, b"123456789"), 0xE306_9283);
}

#[test]
fn reads_the_documented_bytes() {
    let batch = Batch::parse(Bytes::from(by_hand())).unwrap();
    batch.verify_crc().unwrap();
    let header = batch.header();
    assert_eq!((header.base_offset, header.partition_leader_epoch, header.last_offset()), (77, 5, 77));
    let records = batch.records(&LIMITS).unwrap();
    let record = records.iter().next().unwrap().unwrap();
    assert_eq!((record.key, record.value), (Some(&b"k"[..]), Some(&b"v"[..])));
    assert_eq!(record.timestamp(header), 1001);
    assert_eq!(record.headers().collect::<Vec<_>>(), [(&b"h"[..], None)]);
    let mut builder = BatchBuilder::like(header).unwrap();
    builder.push_record(&record, header);
    assert_eq!(builder.build().unwrap().raw()[..], by_hand()[..], "and the builder writes them");
}

/// A compressed stream of nothing makes librdkafka abort.
#[test]
fn a_batch_without_records_is_not_compressed() {
    for codec in [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd] {
        let full = three(codec).build().unwrap();
        let empty = BatchBuilder::like(full.header()).unwrap().build().unwrap();
        let header = empty.header();
        assert_eq!((header.compression().unwrap(), header.record_count), (Compression::None, 0));
        assert_eq!(header.last_offset(), full.header().last_offset(), "its offsets stay");
        assert_eq!(empty.raw().len(), 61, "{codec:?}");
    }
}

fn three(compression: Compression) -> BatchBuilder {
    let mut builder = BatchBuilder::new(compression);
    for i in 0..3 {
        builder.push(10 + i, Some(b"key"), Some(b"value"), &[(b"h", Some(b"x")), (b"", None)]);
    }
    builder
}

#[test]
fn every_codec_round_trips() {
    for codec in Compression::ALL {
        let batch = three(codec).build().unwrap();
        batch.verify_crc().unwrap();
        assert_eq!(batch.header().compression().unwrap(), codec);
        let found = batch.records(&LIMITS).unwrap().check(Deltas::Consecutive).unwrap();
        assert_eq!((found.count, found.min_timestamp, found.max_timestamp), (3, 10, 12), "{codec}");
        assert_eq!(found.max_timestamp_delta, 2);
    }
}

#[test]
fn every_cut_and_every_flipped_bit_is_noticed() {
    let whole = three(Compression::None).build().unwrap().into_raw();
    for cut in 0..whole.len() {
        assert!(Batch::parse(whole.slice(..cut)).is_err(), "cut at {cut}");
    }
    for bit in 16 * 8..whole.len() * 8 {
        let mut damaged = whole.to_vec();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let noticed = Batch::parse(Bytes::from(damaged)).and_then(|b| b.verify_crc());
        assert!(noticed.is_err(), "bit {bit}");
    }
}

#[test]
fn moving_leaves_the_crc_alone() {
    let batch = three(Compression::Zstd).build().unwrap();
    let shared = batch.raw().clone();
    let moved = batch.at(1 << 40, 7);
    moved.verify_crc().unwrap();
    assert_eq!((moved.header().base_offset, moved.header().partition_leader_epoch), (1 << 40, 7));
    assert_eq!(BatchHeader::parse(moved.raw()).unwrap(), *moved.header(), "bytes and header agree");
    assert_eq!(BatchHeader::parse(&shared).unwrap().base_offset, 0, "the shared bytes are untouched");
    let mut raw = BytesMut::from(&shared[..]);
    patch_offset_epoch(&mut raw, 1 << 40, 7);
    assert_eq!(raw, *moved.raw());
    patch_offset_epoch(&mut BytesMut::from(&b"short"[..]), 1, 1);
}

#[test]
fn stamping_recomputes_the_crc() {
    let batch = three(Compression::Gzip).build().unwrap();
    let corrected = batch.clone().with_max_timestamp(99);
    corrected.verify_crc().unwrap();
    assert_eq!(corrected.header().max_timestamp, 99);
    let stamped = batch.with_log_append_time(5_000);
    stamped.verify_crc().unwrap();
    assert_eq!(stamped.header().timestamp_type(), TimestampType::LogAppendTime);
    assert_eq!(BatchHeader::parse(stamped.raw()).unwrap(), *stamped.header());
    let found = stamped.records(&LIMITS).unwrap().check(Deltas::Consecutive).unwrap();
    assert_eq!((found.min_timestamp, found.max_timestamp), (5_000, 5_000));
}

#[test]
fn dropping_records_keeps_offsets_and_sequence() {
    let mut builder = three(Compression::Lz4);
    builder.producer(9, 1, 40).base_offset(100);
    let batch = builder.build().unwrap();
    let records = batch.records(&LIMITS).unwrap();
    let mut rest = BatchBuilder::like(batch.header()).unwrap();
    for record in records.iter().map(Result::unwrap).filter(|r| r.offset_delta != 1 && r.offset_delta != 2) {
        rest.push_record(&record, batch.header());
    }
    let rest = rest.build().unwrap();
    let header = rest.header();
    assert_eq!((header.record_count, header.last_offset(), header.base_sequence), (1, 102, 40));
    assert_eq!(header.last_sequence(), 42);
    let found = rest.records(&LIMITS).unwrap();
    assert!(found.check(Deltas::Ascending).is_ok());
    assert!(matches!(found.check(Deltas::Consecutive), Err(BatchError::BadCount { .. })));
}

#[test]
fn sequences_wrap() {
    let mut builder = three(Compression::None);
    builder.producer(1, 0, i32::MAX - 1);
    assert_eq!(builder.build().unwrap().header().last_sequence(), 0);
}

#[test]
fn splitting_stops_at_the_first_fault() {
    let one = three(Compression::None).build().unwrap().into_raw();
    let run = Bytes::from([&one[..], &one[..], &one[..20]].concat());
    let cut: Vec<_> = split_batches(run).collect();
    assert!(matches!(&cut[..], [Ok(_), Ok(_), Err(BatchError::TooShort { have: 20, .. })]));
    assert_eq!(split_batches(Bytes::new()).count(), 0);
    let mut zeros = one.to_vec();
    zeros.extend_from_slice(&[0; 100]);
    assert!(matches!(split_batches(Bytes::from(zeros)).last(), Some(Err(BatchError::Magic(0)))));
}

/// A batch around hand-made record bytes, with a right CRC.
fn with_body(count: i32, last_offset_delta: i32, body: &[u8]) -> Batch {
    let mut raw = by_hand()[..HEADER_BYTES].to_vec();
    raw.extend_from_slice(body);
    let length = raw.len() as i32 - 12;
    raw[8..12].copy_from_slice(&length.to_be_bytes());
    raw[23..27].copy_from_slice(&last_offset_delta.to_be_bytes());
    raw[57..61].copy_from_slice(&count.to_be_bytes());
    let crc = crc32c_append(0, &raw[21..]);
    raw[17..21].copy_from_slice(&crc.to_be_bytes());
    Batch::parse(Bytes::from(raw)).unwrap()
}

#[test]
fn faults_in_records_are_named() {
    use RecordFault::*;
    let ok = |delta: u8| [14, 0, 0, delta * 2, 1, 1, 0]; // 7 bytes with the length byte wrong on purpose below
    let good = |delta: u8| {
        let mut r = ok(delta);
        r[0] = 12;
        r
    };
    let first = |body: &[u8]| match with_body(1, 0, body).records(&LIMITS).unwrap().iter().last() {
        Some(Err(BatchError::Record { index: 0, fault })) => Some(fault),
        _ => None,
    };
    assert_eq!(first(&good(0)), None);
    for (name, body, fault) in [
        ("nothing", &[][..], CutShort),
        ("length above what is there", &ok(0), Length(7)),
        ("negative length", &[1], Length(-1)),
        ("endless varint", &[0xff; 12], Varint),
        ("shorter than its fields", &[10, 0, 0, 0, 1, 1, 0], CutShort),
        ("longer than its fields", &[14, 0, 0, 0, 1, 1, 0, 9], LeftOver(1)),
        ("key runs past the record", &[12, 0, 0, 0, 6, 1, 0], FieldLength { what: "key", length: 3 }),
        ("value length -2", &[12, 0, 0, 0, 1, 3, 0], FieldLength { what: "value", length: -2 }),
        ("header count -1", &[12, 0, 0, 0, 1, 1, 1], FieldLength { what: "header count", length: -1 }),
        (
            "two billion headers",
            &[20, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f],
            FieldLength { what: "header count", length: i32::MAX },
        ),
        ("null header key", &[16, 0, 0, 0, 1, 1, 2, 1, 1], FieldLength { what: "header key", length: -1 }),
        ("header key not UTF-8", &[18, 0, 0, 0, 1, 1, 2, 2, 0xff, 1], HeaderKey),
        ("offset delta beyond the batch", &good(1), OffsetDelta { expected: 0, found: 1 }),
    ] {
        assert_eq!(first(body), Some(fault), "{name}");
    }
    let left_over = with_body(1, 0, &[&good(0)[..], b"xx"].concat()).records(&LIMITS).unwrap();
    assert_eq!(left_over.iter().last().unwrap(), Err(BatchError::BytesAfterRecords { bytes: 2, count: 1 }));
    let twice = with_body(2, 1, &[good(0), good(0)].concat()).records(&LIMITS).unwrap();
    let fault = OffsetDelta { expected: 1, found: 0 };
    assert_eq!(twice.iter().last().unwrap(), Err(BatchError::Record { index: 1, fault }));
    for (count, last) in [(-1, 0), (2, 0), (1, -1), (i32::MAX, 5)] {
        let refused = with_body(count, last, &good(0)).records(&LIMITS).map(|_| ());
        assert_eq!(refused, Err(BatchError::BadCount { count, last_offset_delta: last }));
    }
}

#[test]
fn what_a_client_may_not_send() {
    type Change = fn(&mut Vec<u8>);
    let reseal = |mut raw: Vec<u8>| {
        if raw.len() >= HEADER_BYTES {
            let crc = crc32c_append(0, &raw[21..]);
            raw[17..21].copy_from_slice(&crc.to_be_bytes());
        }
        Bytes::from(raw)
    };
    let rows: &[(&str, Change, &str)] = &[
        ("nothing at all", |r| r.clear(), "NoBatch"),
        ("format 1", |r| r[16] = 1, "Magic(1)"),
        (
            "format 0, short",
            |r| {
                r[16] = 0;
                r.truncate(30)
            },
            "Magic(0)",
        ),
        ("cut short", |r| r.truncate(70), "Corrupt(TooShort"),
        (
            "two batches",
            |r| {
                let b = r.clone();
                r.extend(b)
            },
            "SeveralBatches",
        ),
        ("length too small", |r| r[8..12].copy_from_slice(&48i32.to_be_bytes()), "Corrupt(BadLength(48))"),
        ("codec 5", |r| r[22] = 5, "UnknownCodec(5)"),
        ("append time", |r| r[22] |= 8, "AppendTime"),
        ("control", |r| r[22] |= 32, "Control"),
        ("delete horizon", |r| r[22] |= 64, "DeleteHorizon"),
        ("transactional, no producer", |r| r[22] |= 16, "TransactionalWithoutProducer"),
        ("empty", |r| r[57..61].fill(0), "Count"),
        ("count above offsets", |r| r[60] = 9, "Count"),
        ("count below offsets", |r| r[60] = 2, "Count"),
        ("negative last offset delta", |r| r[23] = 0x80, "Count"),
        ("producer without sequence", |r| r[43..51].fill(0), "Sequence"),
    ];
    for (name, change, expected) in rows {
        let mut raw = three(Compression::None).build().unwrap().into_raw().to_vec();
        change(&mut raw);
        let refused = check_client_batch(reseal(raw)).expect_err(name);
        assert!(format!("{refused:?}").starts_with(expected), "{name}: {refused:?}");
    }
    let mut wrong = three(Compression::None).build().unwrap().into_raw().to_vec();
    wrong[17] ^= 1;
    let refused = check_client_batch(Bytes::from(wrong));
    assert!(matches!(refused, Err(ClientBatchError::Corrupt(BatchError::Crc { .. }))));
    let good = check_client_batch(three(Compression::Snappy).build().unwrap().into_raw()).unwrap();
    let records = good.records(&LIMITS).unwrap();
    check_client_records(&records, &ClientRules::default()).unwrap();
    let late = ClientRules { timestamp_min_ms: Some(11), ..ClientRules::default() };
    assert!(matches!(
        check_client_records(&records, &late),
        Err(ClientBatchError::Timestamp { timestamp: 10, .. })
    ));
    let early = ClientRules { timestamp_max_ms: Some(11), ..ClientRules::default() };
    assert!(matches!(
        check_client_records(&records, &early),
        Err(ClientBatchError::Timestamp { timestamp: 12, .. })
    ));
}

/// Written by the Java client's own `MemoryRecordsBuilder` (kafka-clients 3.9.1), one batch per codec: offsets from 40, five
/// records 10 ms apart, producer 17, epoch 3, sequence 5, leader epoch 2, the fourth value null.
const BY_JAVA: [(Compression, &[u8]); 5] = [
    (Compression::None, include_bytes!("data/java-none.bin")),
    (Compression::Gzip, include_bytes!("data/java-gzip.bin")),
    (Compression::Snappy, include_bytes!("data/java-snappy.bin")),
    (Compression::Lz4, include_bytes!("data/java-lz4.bin")),
    (Compression::Zstd, include_bytes!("data/java-zstd.bin")),
];

#[test]
fn reads_what_java_writes() {
    for (codec, raw) in BY_JAVA {
        let batch = check_client_batch(Bytes::from_static(raw)).unwrap();
        let header = *batch.header();
        assert_eq!(header.compression().unwrap(), codec);
        assert_eq!((header.base_offset, header.partition_leader_epoch), (40, 2));
        assert_eq!((header.producer_id, header.producer_epoch, header.base_sequence), (17, 3, 5));
        let records = batch.records(&LIMITS).unwrap();
        let found = check_client_records(&records, &ClientRules::default()).unwrap();
        assert_eq!((found.count, found.max_timestamp), (5, header.max_timestamp), "{codec}");
        let mut again = BatchBuilder::like(&header).unwrap();
        for (i, record) in records.iter().map(Result::unwrap).enumerate() {
            assert_eq!(record.offset(&header), 40 + i as i64);
            assert_eq!(record.timestamp(&header), 1_700_000_000_000 + 10 * i as i64);
            assert_eq!(record.key.map(<[u8]>::to_vec), (i % 2 == 1).then(|| format!("key{i}").into_bytes()));
            let value = (i != 3).then(|| format!("value {i} ").repeat(40).into_bytes());
            assert_eq!(record.value.map(<[u8]>::to_vec), value);
            let name = format!("h{i}");
            let headers: Vec<_> = record.headers().collect();
            assert_eq!(headers, [(name.as_bytes(), Some(&[1u8, 2][..])), (&b""[..], None)]);
            again.push_record(&record, &header);
        }
        let again = again.build().unwrap();
        assert_eq!(again.records(&LIMITS).unwrap().data(), records.data(), "{codec}: the same record bytes");
        if codec == Compression::None {
            assert_eq!(again.raw()[..], raw[..], "and the same batch");
        }
    }
}
