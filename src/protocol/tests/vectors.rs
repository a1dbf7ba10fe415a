//! One body of every message in every version, in `vectors.txt`: name, version, hexadecimal bytes. Each was read by
//! kafka-clients and kafka-group-coordinator 4.1.0 and written by them to the same bytes (Produce below v3, which 4.1
//! no longer has, excepted; so are the keys of `__consumer_offsets`, whose version is part of them there).

use assay_protocol::messages;
use bytes::Bytes;

#[test]
fn bodies_that_kafka_reads_and_writes_are_read_and_written_here() {
    let mut seen = 0;
    for line in include_str!("vectors.txt").lines() {
        let mut words = line.split(' ');
        let (name, version, hex) = (words.next(), words.next(), words.next().unwrap_or_default());
        let version: i16 = version.and_then(|v| v.parse().ok()).expect("a version");
        let message = messages::ALL.iter().find(|m| Some(m.spec.name) == name).expect("a message");
        let digits = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
        let body: Bytes = (0..hex.len()).step_by(2).map(digits).collect();
        assert_eq!((message.recode)(version, body.clone()), Ok(body), "{} v{version}", message.spec.name);
        seen += 1;
    }
    let versions = |m: &assay_protocol::AnyMessage| i32::from(m.spec.versions.max - m.spec.versions.min) + 1;
    assert_eq!(seen, messages::ALL.iter().map(versions).sum::<i32>());
}
