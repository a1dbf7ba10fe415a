//! Bytes nobody sane would send: every API gets random and mutilated bodies. The broker answers or closes, and goes on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::harness::*;
use assay_protocol::messages::{ALL, ApiVersionsRequest, FetchRequest};
use assay_protocol::{ApiKey, MessageKind, encode_request};

/// A small generator, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }
}

fn frame(key: i16, version: i16, body: &[u8]) -> Vec<u8> {
    let flexible = ApiKey::from_i16(key).is_some_and(|k| k.is_flexible(version));
    let mut out = Vec::new();
    out.extend(key.to_be_bytes());
    out.extend(version.to_be_bytes());
    out.extend(7i32.to_be_bytes());
    out.extend((-1i16).to_be_bytes());
    if flexible {
        out.push(0);
    }
    out.extend(body);
    let mut whole = u32::try_from(out.len()).unwrap().to_be_bytes().to_vec();
    whole.extend(out);
    whole
}

fn still_there(broker: &TestBroker) {
    let answer = broker.client().ask(0, &ApiVersionsRequest::default());
    assert_eq!(answer.error_code, 0);
}

#[test]
fn random_bodies_for_every_api_and_version() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[("assay.partitions.max", "20")]);
    let mut random = Random(0x5eed);
    for message in ALL {
        let MessageKind::Request(key) = message.spec.kind else { continue };
        for version in message.spec.versions.min..=message.spec.versions.max {
            for _ in 0..4 {
                let small = random.next().is_multiple_of(2);
                let body: Vec<u8> = (0..random.below(120))
                    .map(|_| if small { u8::try_from(random.below(4)).unwrap() } else { random.next() as u8 })
                    .collect();
                broker.client().send_raw(&frame(key.as_i16(), version, &body));
            }
        }
        still_there(&broker);
    }
    assert!(!broker.broker.stats().offline);
    broker.shutdown();
}

#[test]
fn mutilated_batches() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    client.create("t", 1, &[]);
    client.create("checked", 1, &[]);
    let good = values_batch(&[framed(1, "a"), framed(1, "b")], Some((5, 0, 0)));
    let mut random = Random(77);
    for n in 0..400 {
        let mut bytes = good.to_vec();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len());
            bytes[at] = random.next() as u8;
        }
        if n % 2 == 0 {
            // A right checksum over wrong content gets further.
            let sum = crc32c::crc32c(&bytes[21..]);
            bytes[17..21].copy_from_slice(&sum.to_be_bytes());
        }
        client.produce(if n % 3 == 0 { "checked" } else { "t" }, 1, bytes.into());
    }
    for topic in ["t", "checked"] {
        client.values(topic); // checks the CRC of whatever got in
    }
    broker.shutdown();
}

#[test]
fn one_partition_named_a_hundred_thousand_times() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    client.create("t", 1, &[]);
    client.produce("t", 1, batch(&["a"]));
    let mut request = fetch_request("t", 1, 1, 50);
    let partition = request.topics[0].partitions[0].clone();
    request.topics[0].partitions = vec![partition; 100_000];
    let id = client.send(12, &request);
    let answer = client.receive::<FetchRequest>(12, id);
    assert_eq!(answer.responses[0].partitions.len(), 100_000);
    // A count that the body cannot hold.
    let mut frame = encode_request(4, 1, None, &fetch_request("t", 0, 0, 0)).to_vec();
    let at = frame.len() - 4 - 4 - 8 - 4 - 4; // the partition count in front of one partition
    frame[at..at + 4].copy_from_slice(&i32::MAX.to_be_bytes());
    client.send_raw(&frame);
    assert_eq!(client.frame(), None);
    still_there(&broker);
    broker.shutdown();
}
