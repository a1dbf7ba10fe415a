//! `on.invalid=quarantine`: bad records go to `<topic>.quarantine`, once; the others keep their offsets and sequence numbers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::harness::*;
use assay_broker::headers;
use assay_protocol::messages::produce::{PartitionProduceData, ProduceRequest, TopicProduceData};
use assay_record::{Batch, BatchBuilder, Compression, split_batches};
use assay_validate::Action;
use bytes::Bytes;

const QUARANTINE: &[(&str, &str)] = &[("assay.value.on.invalid", "quarantine")];

/// A stored record: offset, value, headers.
type Stored = (i64, String, Vec<(String, String)>);

fn stored(client: &mut Client, topic: &str) -> Vec<Stored> {
    let mut out = Vec::new();
    let mut at = 0;
    loop {
        let data = client.fetch(topic, at);
        assert_eq!(data.error_code, 0, "{topic}");
        let before = at;
        for batch in split_batches(data.records.unwrap()).map_while(Result::ok) {
            batch.verify_crc().unwrap();
            at = batch.header().next_offset();
            for record in &batch.records(&Default::default()).unwrap() {
                let record = record.unwrap();
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let headers = record.headers().map(|(k, v)| (text(k), text(v.unwrap_or_default())));
                out.push((
                    record.offset(batch.header()),
                    text(record.value.unwrap_or_default()),
                    headers.collect(),
                ));
            }
        }
        if at == before {
            return out;
        }
    }
}

fn header<'a>(record: &'a Stored, name: &str) -> &'a str {
    record.2.iter().rev().find(|(n, _)| n == name).map_or("", |(_, v)| v)
}

fn values(records: &[Stored]) -> Vec<(i64, &str)> {
    records.iter().map(|(offset, value, _)| (*offset, value.as_str())).collect()
}

/// good, plain, good, unknown id, plain.
fn mixed(producer: Option<(i64, i16, i32)>) -> Bytes {
    let good = |text| framed(1, text);
    values_batch(&[good("a"), b"plain".to_vec(), good("b"), framed(9, "x"), b"more".to_vec()], producer)
}

const GOOD: [(i64, &str); 2] = [(0, "\0\0\0\0\u{1}\u{2}a"), (2, "\0\0\0\0\u{1}\u{2}b")];

#[test]
fn bad_records_are_set_aside_with_where_from_and_why() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    client.create("checked", 1, QUARANTINE);
    let answer = client.produce("checked", -1, mixed(None));
    assert_eq!((answer.error_code, answer.base_offset, answer.record_errors.len()), (0, 0, 0));
    assert_eq!(values(&stored(&mut client, "checked")), GOOD);
    let aside = stored(&mut client, "checked.quarantine");
    assert_eq!(aside.iter().map(|r| r.1.as_str()).collect::<Vec<_>>(), ["plain", "\0\0\0\0\t\u{2}x", "more"]);
    let first = &aside[0];
    for (name, want) in [
        (headers::TOPIC, "checked"),
        (headers::PARTITION, "0"),
        (headers::TIMESTAMP, "1700000000000"),
        (headers::CLIENT_ID, "tester"),
        (headers::PRINCIPAL, "User:ANONYMOUS"),
        (headers::PART, "value"),
        (headers::CLASS, "not_framed"),
        (headers::REASON, "not framed: magic byte is 0x70, expected 0x00"),
        (headers::SCHEMA_ID, ""),
    ] {
        assert_eq!(header(first, name), want, "{name}");
    }
    assert!(header(first, headers::TIME).parse::<i64>().unwrap() > 1_700_000_000_000);
    assert_eq!(
        (header(&aside[1], headers::CLASS), header(&aside[1], headers::SCHEMA_ID)),
        ("unknown_id", "9")
    );

    // The next batch goes on behind the gap; so does a broker that has been started anew.
    assert_eq!(client.produce("checked", -1, values_batch(&[framed(1, "c")], None)).base_offset, 5);
    let (told, _) = broker.broker.rejections(Some("checked"), 0, 10);
    assert_eq!((told.len(), told[0].action, told[0].records), (1, Action::Quarantine, 3));
    let stats = broker.broker.stats().refusals;
    assert_eq!((stats.batches, stats.quarantined_batches, stats.audited_batches), (0, 1, 0));
    drop(client);
    broker.crash();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    assert_eq!(stored(&mut client, "checked").len(), 3);
    assert_eq!(client.produce("checked", -1, values_batch(&[framed(1, "d")], None)).base_offset, 6);
    broker.shutdown();
}

#[test]
fn an_idempotent_producer_is_answered_as_if_all_were_stored() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    client.create("checked", 1, QUARANTINE);
    let id = client.producer_id();
    for _ in 0..3 {
        let answer = client.produce("checked", -1, mixed(Some((id, 0, 0))));
        assert_eq!((answer.error_code, answer.base_offset), (0, 0), "the same answer to a duplicate");
    }
    assert_eq!(client.produce("checked", -1, mixed(Some((id, 0, 6)))).error_code, 45, "5 is next");
    assert_eq!(client.produce("checked", -1, mixed(Some((id, 0, 5)))).base_offset, 5);
    assert_eq!(stored(&mut client, "checked").len(), 4);
    assert_eq!(stored(&mut client, "checked.quarantine").len(), 6);
    broker.shutdown();
}

#[test]
fn a_batch_of_bad_records_only_becomes_an_empty_one() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    client.create("checked", 1, QUARANTINE);
    let id = client.producer_id();
    let bad = |sequence| sequenced(id, 0, sequence, &["x", "y", "z"]);
    assert_eq!(client.produce("checked", -1, bad(0)).base_offset, 0);
    let raw = client.fetch("checked", 0).records.unwrap();
    let empty = Batch::parse(raw).unwrap();
    let header = empty.header();
    assert_eq!((header.record_count, header.last_offset_delta, header.base_sequence), (0, 2, 0));
    assert_eq!(client.produce("checked", -1, bad(3)).base_offset, 3);
    drop(client);
    broker.crash();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    assert_eq!(client.produce("checked", -1, bad(3)).base_offset, 3, "still known after a restart");
    assert_eq!(
        client.produce("checked", -1, values_batch(&[framed(1, "g")], Some((id, 0, 6)))).base_offset,
        6
    );
    assert_eq!(values(&stored(&mut client, "checked")), [(6, "\0\0\0\0\u{1}\u{2}g")]);
    assert_eq!(stored(&mut client, "checked.quarantine").len(), 6);
    broker.shutdown();
}

/// The topic's own write fails after the quarantine's (its segments are too small), the broker dies, the producer sends
/// again: nothing is lost and nothing is there twice.
#[test]
fn a_crash_between_the_two_writes() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    client.create("checked", 1, &[QUARANTINE[0], ("segment.bytes", "80")]);
    let id = client.producer_id();
    assert_eq!(client.produce("checked", -1, mixed(Some((id, 0, 0)))).error_code, 18);
    assert_eq!(stored(&mut client, "checked").len(), 0);
    assert_eq!(stored(&mut client, "checked.quarantine").len(), 3);
    drop(client);
    broker.crash();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    assert_eq!(alter(&mut client, 2, "checked", ("segment.bytes", 0, Some("1000000"))), 0);
    assert_eq!(client.produce("checked", -1, mixed(Some((id, 0, 0)))).error_code, 0);
    assert_eq!(values(&stored(&mut client, "checked")), GOOD);
    assert_eq!(stored(&mut client, "checked.quarantine").len(), 3);
    broker.shutdown();
}

/// In between the verdict has changed: a record that was to be stored is to be set aside now. It must not be taken for one
/// that is in the quarantine already.
#[test]
fn a_crash_between_the_two_writes_and_another_verdict() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    let only_plain = ("assay.value.on.invalid", "audit,not_framed:quarantine");
    client.create("checked", 1, &[only_plain, ("segment.bytes", "80")]);
    let id = client.producer_id();
    assert_eq!(client.produce("checked", -1, mixed(Some((id, 0, 0)))).error_code, 18);
    assert_eq!(stored(&mut client, "checked.quarantine").len(), 2);
    assert_eq!(alter(&mut client, 2, "checked", ("segment.bytes", 0, Some("1000000"))), 0);
    assert_eq!(alter(&mut client, 2, "checked", ("assay.value.on.invalid", 0, Some("quarantine"))), 0);
    assert_eq!(client.produce("checked", -1, mixed(Some((id, 0, 0)))).error_code, 0);
    assert_eq!(values(&stored(&mut client, "checked")), GOOD);
    let aside = stored(&mut client, "checked.quarantine");
    assert_eq!(aside.iter().map(|r| r.1.as_str()).collect::<Vec<_>>(), ["plain", "more", "\0\0\0\0\t\u{2}x"]);
    broker.shutdown();
}

#[test]
fn refused_records_keep_the_whole_batch_out() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    client.create("checked", 1, &[("assay.value.on.invalid", "quarantine,unknown_id:reject")]);
    let answer = client.produce("checked", -1, mixed(None));
    assert_eq!(answer.error_code, 87);
    assert_eq!(answer.record_errors.iter().map(|e| e.batch_index).collect::<Vec<_>>(), [3]);
    assert_eq!(stored(&mut client, "checked").len(), 0);
    assert_eq!(client.fetch("checked.quarantine", 0).error_code, 3, "it has not been made");
    broker.shutdown();
}

#[test]
fn a_replayed_record_is_refused_and_not_set_aside_again() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    client.create("checked", 1, QUARANTINE);
    let replayed = |value: &[u8]| {
        let mut builder = BatchBuilder::new(Compression::None);
        let from = b"checked.quarantine-0@7".as_slice();
        builder.push(0, None, Some(value), &[(headers::REPLAYED.as_bytes(), Some(from))]);
        builder.build().unwrap().into_raw()
    };
    assert_eq!(client.produce("checked", -1, replayed(b"plain")).error_code, 87);
    assert_eq!(client.produce("checked", -1, replayed(&framed(1, "mended"))).error_code, 0);
    broker.shutdown();
}

fn produce_to(client: &mut Client, topic: &str, index: i32, records: Bytes) -> i16 {
    let partition_data = vec![PartitionProduceData { index, records: Some(records) }];
    let topic_data = vec![TopicProduceData { name: topic.into(), partition_data }];
    let request = ProduceRequest { transactional_id: None, acks: -1, timeout_ms: 30_000, topic_data };
    client.ask(9, &request).responses[0].partition_responses[0].error_code
}

/// A name that leaves no room for `.quarantine`: as if it said reject.
#[test]
fn a_topic_whose_quarantine_has_no_legal_name_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    for (length, error) in [(238, 0), (239, 87)] {
        let name = format!("checked{}", "x".repeat(length - "checked".len()));
        client.create(&name, 1, QUARANTINE);
        let answer = client.produce(&name, -1, values_batch(&[framed(1, "good"), b"bad".to_vec()], None));
        assert_eq!(answer.error_code, error, "{:?}", answer.error_message);
        let text = "record 1: not framed: 3 bytes is too short: a frame starts with 5 bytes, a magic byte and the schema's id or GUID";
        assert_eq!(answer.error_message.as_deref(), (error != 0).then_some(text));
        assert_eq!(client.produce(&name, -1, values_batch(&[framed(1, "good")], None)).error_code, 0);
    }
    broker.shutdown();
}

/// Every partition has its own in the quarantine, since sequence numbers are counted per partition.
#[test]
fn partitions_match_even_where_the_quarantine_had_fewer() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    client.create("checked", 3, QUARANTINE);
    client.create("checked.quarantine", 1, &[]);
    let id = client.producer_id();
    for index in 0..3 {
        assert_eq!(produce_to(&mut client, "checked", index, mixed(Some((id, 0, 0)))), 0);
    }
    assert_eq!(stored(&mut client, "checked.quarantine").len(), 3, "partition 0 has its own only");
    broker.shutdown();
}

#[test]
fn many_records_in_every_codec_and_again() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    let codecs =
        [Compression::None, Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];
    for (n, codec) in codecs.into_iter().enumerate() {
        let topic = format!("checked{n}");
        client.create(&topic, 1, QUARANTINE);
        let id = client.producer_id();
        let mut builder = BatchBuilder::new(codec);
        builder.producer(id, 0, i32::MAX - 100); // and past the end of the numbers
        for n in 0..6_000 {
            let value = if n % 3 == 0 { framed(1, "good") } else { format!("plain {n}").into_bytes() };
            builder.push(1_700_000_000_000, None, Some(&value), &[]);
        }
        let batch = builder.build().unwrap().into_raw();
        for _ in 0..2 {
            assert_eq!(client.produce(&topic, -1, batch.clone()).base_offset, 0);
        }
        assert_eq!(stored(&mut client, &topic).len(), 2_000, "{codec:?}");
        let aside = stored(&mut client, &format!("{topic}.quarantine"));
        assert_eq!(aside.len(), 4_000, "{codec:?}");
        assert!(aside.iter().all(|r| header(r, headers::REASON).starts_with("not framed")));
        let raw = client.fetch(&topic, 0).records.unwrap();
        let first = split_batches(raw).next().unwrap().unwrap();
        assert_eq!(first.header().compression().unwrap(), codec);
    }
    broker.shutdown();
}
