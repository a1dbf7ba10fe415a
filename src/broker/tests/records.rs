//! Produce and Fetch over TCP: form, sequence, content, limits, waiting.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::harness::*;
use assay_protocol::messages::{FetchRequest, ProduceRequest};
use assay_record::{BatchBuilder, Compression};
use bytes::{Bytes, BytesMut};

#[test]
fn every_acks_and_codec_is_stored_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    assert_eq!(client.create("t", 1, &[]).error_code, 0);
    let mut expected = Vec::new();
    let codecs =
        [Compression::None, Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];
    for (n, codec) in codecs.into_iter().enumerate() {
        for acks in [1, -1] {
            let mut builder = BatchBuilder::new(codec);
            let value = format!("{codec:?}-{acks}");
            builder.push(1_700_000_000_000, Some(b"k"), Some(value.as_bytes()), &[(b"h", None)]);
            let answer = client.produce("t", acks, builder.build().unwrap().into_raw());
            assert_eq!((answer.error_code, answer.base_offset), (0, expected.len() as i64), "{n}");
            assert_eq!(answer.log_append_time_ms, -1);
            expected.push((answer.base_offset, value));
        }
    }
    assert_eq!(client.values("t"), expected);
    assert!(broker.broker.stats().flushes >= 1);
    broker.shutdown();
}

#[test]
fn what_is_refused_and_with_which_code() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    client.create("t", 1, &[("max.message.bytes", "200")]);
    client.create("keyed", 1, &[("cleanup.policy", "compact")]);
    client.create("timed", 1, &[("message.timestamp.before.max.ms", "1000")]);
    let good = batch(&["a"]);
    let mut corrupt = BytesMut::from(&good[..]);
    *corrupt.last_mut().unwrap() ^= 1;
    let twice: Bytes = [&good[..], &good[..]].concat().into();
    let mut old = BytesMut::from(&good[..]);
    old[16] = 1;
    let control = BatchBuilder::new(Compression::None)
        .control()
        .push(0, Some(b"k"), None, &[])
        .build()
        .unwrap()
        .into_raw();
    let rows: [(&str, Bytes, i16); 10] = [
        ("t", corrupt.freeze(), 2),
        ("t", twice, 87),
        ("t", old.freeze(), 43),
        ("t", control, 87),
        ("t", Bytes::new(), 87),
        ("t", good.slice(..good.len() - 3), 2),
        ("t", batch(&[&"x".repeat(300)]), 10),
        ("keyed", good.clone(), 87),
        ("timed", good.clone(), 32),
        ("nosuch", good.clone(), 3),
    ];
    for (n, (topic, records, code)) in rows.into_iter().enumerate() {
        let answer = client.produce(topic, 1, records);
        assert_eq!(
            (answer.error_code, answer.base_offset),
            (code, -1),
            "row {n}: {:?}",
            answer.error_message
        );
    }
    assert_eq!(client.produce("t", 7, good.clone()).error_code, 21);
    let mut transactional = produce_request("t", 1, good.clone());
    transactional.transactional_id = Some("x".into());
    let answer = client.ask(9, &transactional);
    assert_eq!(answer.responses[0].partition_responses[0].error_code, 48);
    // Versions below 3 are advertised, and refused in their own form.
    let answer = client.ask(2, &produce_request("t", 1, good.clone()));
    assert_eq!(answer.responses[0].partition_responses[0].error_code, 35);
    assert_eq!(client.produce("t", 1, good).error_code, 0, "the connection lives on");
    broker.shutdown();
}

#[test]
fn acks_zero_has_no_answer_and_a_refusal_closes() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    client.create("t", 1, &[]);
    client.send(9, &produce_request("t", 0, batch(&["a"])));
    assert_eq!(client.values("t").len(), 1, "the next answer is the fetch's");
    client.send(9, &produce_request("nosuch", 0, batch(&["a"])));
    assert_eq!(client.frame(), None);
    broker.shutdown();
}

#[test]
fn validation_names_records_in_ascending_order() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    let mut refusals = broker.broker.refusals();
    client.create("checked", 1, &[]);
    let mut values = vec![framed(1, "good"), b"plain".to_vec(), framed(9, "x"), framed(2, "x")];
    values.push(framed(1, "cut")[..7].to_vec());
    values.extend((0..40).map(|_| b"plain".to_vec()));
    let answer = client.produce("checked", -1, values_batch(&values, None));
    assert_eq!(answer.error_code, 87);
    let indexes: Vec<i32> = answer.record_errors.iter().map(|e| e.batch_index).collect();
    assert_eq!(indexes, (1..45).collect::<Vec<_>>());
    let texts: Vec<&str> =
        answer.record_errors.iter().filter_map(|e| e.batch_index_error_message.as_deref()).collect();
    assert_eq!(texts.len(), 20);
    assert!(texts[0].starts_with("record 1: "), "{}", texts[0]);
    assert!(texts[1].contains("schema 9: no schema with this id"), "{}", texts[1]);
    assert!(texts[2].contains("schema 2: not registered under subject checked-value"), "{}", texts[2]);
    assert!(texts[3].starts_with("record 4: schema 1 (checked-value v1): "), "{}", texts[3]);
    assert!(answer.error_message.unwrap().starts_with("44 of 45 records refused; record 1: "));
    let refusal = refusals.try_recv().unwrap();
    assert_eq!(
        (refusal.topic.as_str(), refusal.client_id.as_str(), refusal.records),
        ("checked", "tester", 44)
    );
    assert!(client.values("checked").is_empty());
    let answer = client.produce("checked", -1, values_batch(&[framed(1, "good")], None));
    assert_eq!((answer.error_code, answer.base_offset), (0, 0));
    // A tombstone passes unless values are required.
    let mut tombstone = BatchBuilder::new(Compression::None);
    tombstone.push(0, Some(b"k"), None, &[]);
    let tombstone = tombstone.build().unwrap().into_raw();
    assert_eq!(client.produce("checked", 1, tombstone.clone()).error_code, 0);
    client.create("checked2", 1, &[("assay.value.required", "true")]);
    assert_eq!(client.produce("checked2", 1, tombstone).error_code, 87);
    // Off by topic.
    client.create("checked3", 1, &[("assay.value.validation", "off")]);
    assert_eq!(client.produce("checked3", 1, batch(&["plain"])).error_code, 0);
    assert_eq!(broker.broker.stats().refusals.batches, 2);
    broker.shutdown();
}

#[test]
fn sequences_duplicates_and_refusals() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    client.create("checked", 1, &[]);
    let id = client.producer_id();
    assert_eq!(client.producer_id(), id + 1);
    let good = |epoch, seq, n: usize| values_batch(&vec![framed(1, "v"); n], Some((id, epoch, seq)));
    let bad = |epoch, seq| values_batch(&[b"bad".to_vec()], Some((id, epoch, seq)));
    let mut send = |records| {
        let answer = client.produce("checked", -1, records);
        (answer.error_code, answer.base_offset)
    };
    // The bad batch first: its successors wait for the next epoch.
    assert_eq!(send(bad(0, 0)), (87, -1));
    assert_eq!(send(good(0, 1, 1)), (45, -1));
    assert_eq!(send(good(1, 0, 2)), (0, 0), "a new epoch begins without InitProducerId");
    assert_eq!(send(good(1, 2, 1)), (0, 2));
    assert_eq!(send(good(1, 0, 2)), (0, 0), "a duplicate has its first answer");
    // In the middle: the number is used again for good records.
    assert_eq!(send(bad(1, 3)), (87, -1));
    assert_eq!(send(good(1, 4, 1)), (45, -1));
    assert_eq!(send(good(1, 3, 1)), (0, 3));
    assert_eq!(send(good(0, 9, 1)), (47, -1));
    assert_eq!(send(good(2, 7, 1)), (45, -1));
    assert_eq!(send(good(2, 0, 1)), (0, 4));
    assert_eq!(client.values("checked").len(), 5);
    broker.shutdown();
}

#[test]
fn pipelined_batches_around_a_bad_one() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    client.create("checked", 1, &[]);
    let id = client.producer_id();
    let part =
        |seq: i32, value: Vec<u8>| produce_request("checked", -1, values_batch(&[value], Some((id, 0, seq))));
    let values = [framed(1, "a"), b"bad".to_vec(), framed(1, "b"), framed(1, "c"), framed(1, "d")];
    let sent: Vec<i32> = values.into_iter().zip(0..).map(|(v, seq)| client.send(9, &part(seq, v))).collect();
    let codes: Vec<i16> = sent
        .into_iter()
        .map(|c| client.receive::<ProduceRequest>(9, c).responses[0].partition_responses[0].error_code)
        .collect();
    assert_eq!(codes, [0, 87, 45, 45, 45]);
    broker.shutdown();
}

#[test]
fn log_append_time_and_a_wrong_largest_timestamp() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    client.create("la", 1, &[("message.timestamp.type", "LogAppendTime")]);
    let answer = client.produce("la", 1, batch(&["a"]));
    assert!(answer.log_append_time_ms > 1_700_000_000_000);
    assert_eq!(client.values("la").len(), 1); // the CRC was checked
    client.create("mt", 1, &[]);
    let wrong = assay_record::Batch::parse(batch(&["a"])).unwrap().with_max_timestamp(5);
    assert_eq!(client.produce("mt", 1, wrong.into_raw()).error_code, 0);
    let stored = client.fetch("mt", 0).records.unwrap();
    let stored = assay_record::Batch::parse(stored).unwrap();
    stored.verify_crc().unwrap();
    assert_eq!(stored.header().max_timestamp, 1_700_000_000_000);
    broker.shutdown();
}

#[test]
fn a_fetch_waits_for_data_and_gives_one_batch_above_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut producer = broker.client();
    let mut consumer = broker.client();
    producer.create("t", 1, &[]);
    let id = consumer.send(12, &fetch_request("t", 0, 1, 60_000));
    eventually("the fetch waits", || broker.broker.stats().waiting_fetches == 1);
    producer.produce("t", 1, batch(&[&"x".repeat(5000)]));
    let answer = consumer.receive::<FetchRequest>(12, id);
    let data = &answer.responses[0].partitions[0];
    assert_eq!((answer.session_id, data.high_watermark, data.last_stable_offset), (0, 1, 1));
    eventually("the place is free", || broker.broker.stats().waiting_fetches == 0);
    let mut small = fetch_request("t", 0, 1, 0);
    (small.max_bytes, small.topics[0].partitions[0].partition_max_bytes) = (10, 10);
    let answer = consumer.ask(12, &small);
    assert!(answer.responses[0].partitions[0].records.as_ref().unwrap().len() > 5000);
    let beyond = consumer.fetch("t", 2);
    assert_eq!((beyond.error_code, beyond.high_watermark), (1, 1));
    assert_eq!(consumer.fetch("nosuch", 0).error_code, 3);
    let mut session = fetch_request("t", 0, 1, 0);
    (session.session_id, session.session_epoch) = (7, 1);
    assert_eq!(consumer.ask(12, &session).error_code, 70);
    let mut epoch = fetch_request("t", 0, 1, 0);
    epoch.topics[0].partitions[0].current_leader_epoch = 5;
    assert_eq!(consumer.ask(12, &epoch).responses[0].partitions[0].error_code, 75);
    broker.shutdown();
}
