//! Bad input on both ports: an error answer or a closed connection, never a crash, memory in proportion.
//!
//! The process under test is real; its resident memory is read from the system after each attack.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::support::{PATIENCE, Server, exchange};
use assay_record::{BatchBuilder, Compression};

const MIB: u64 = 1 << 20;
/// How long each port is fed random bytes.
const NOISE: Duration = Duration::from_secs(30);

fn json(text: &str) -> String {
    serde_json::json!({ "schema": text }).to_string()
}

fn register(server: &Server, body: &str) -> (u16, i64) {
    let (status, answer) = server.post("/subjects/h-value/versions", body);
    (status, answer["error_code"].as_i64().unwrap_or(0))
}

/// Still answering on both ports, and no larger than `resident_max`.
fn unharmed(server: &mut Server, resident_max: u64, after: &str) {
    assert!(server.alive(), "the process ended after {after}");
    assert_eq!(server.get("/subjects").0, 200, "the registry answers after {after}");
    let answer =
        kafka(server.kafka, &frame(18, 0, &[])).unwrap_or_else(|| panic!("ApiVersions after {after}"));
    assert_eq!(answer[4..6], [0, 0], "ApiVersions without error after {after}");
    let resident = server.resident();
    assert!(resident < resident_max, "{} MiB resident after {after}", resident / MIB);
}

/// A request frame with header v1 and no client id.
fn frame(key: i16, version: i16, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(i32::try_from(10 + body.len()).unwrap().to_be_bytes());
    out.extend(key.to_be_bytes());
    out.extend(version.to_be_bytes());
    out.extend(1i32.to_be_bytes());
    out.extend((-1i16).to_be_bytes());
    out.extend(body);
    out
}

/// The answer without its length, or nothing when the connection was closed instead.
fn kafka(address: SocketAddr, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let _ = stream.write_all(bytes);
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let mut answer = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
    stream.read_exact(&mut answer).ok()?;
    Some(answer)
}

/// Produce v3 with `acks=1` of one batch to partition 0.
fn produce(topic: &str, records: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend((-1i16).to_be_bytes());
    body.extend(1i16.to_be_bytes());
    body.extend(10_000i32.to_be_bytes());
    body.extend(1i32.to_be_bytes());
    body.extend(i16::try_from(topic.len()).unwrap().to_be_bytes());
    body.extend(topic.as_bytes());
    body.extend(1i32.to_be_bytes());
    body.extend(0i32.to_be_bytes());
    body.extend(i32::try_from(records.len()).unwrap().to_be_bytes());
    body.extend(records);
    frame(0, 3, &body)
}

/// Creates the topic by asking for its metadata (v1, auto-creation by default).
fn create(server: &Server, topic: &str) {
    let mut body = 1i32.to_be_bytes().to_vec();
    body.extend(i16::try_from(topic.len()).unwrap().to_be_bytes());
    body.extend(topic.as_bytes());
    let deadline = Instant::now() + PATIENCE;
    loop {
        kafka(server.kafka, &frame(3, 1, &body)).expect("a Metadata answer");
        let nothing = produce_error(&kafka(server.kafka, &produce(topic, b"")).expect("an answer"), topic);
        if nothing != 3 {
            return;
        }
        assert!(Instant::now() < deadline, "{topic} was not created");
    }
}

/// The error code of a v3 answer with one topic and one partition.
fn produce_error(answer: &[u8], topic: &str) -> i16 {
    let at = 4 + 4 + 2 + topic.len() + 4 + 4;
    i16::from_be_bytes([answer[at], answer[at + 1]])
}

#[test]
fn http_bodies_and_schemas_out_of_bounds() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path(), &[]);
    for (body, expected) in
        [("{", (400, 400)), ("[1,2", (400, 400)), ("{\"schema\":7", (400, 400)), ("", (422, 422))]
    {
        assert_eq!(register(&server, body), expected, "{body:?}");
    }
    let wide = format!("{{\"type\":\"string\",\"doc\":\"{}\"}}", "x".repeat(2 << 20));
    assert_eq!(register(&server, &json(&wide)), (422, 42209), "a schema of 2 MiB");

    let deep = format!("{}\"int\"{}", "{\"type\":\"array\",\"items\":".repeat(10_000), "}".repeat(10_000));
    assert_eq!(register(&server, &json(&deep)), (422, 42201), "an Avro schema nested 10,000 deep");
    let deep = serde_json::json!({ "schema": format!("{}{}", "{\"not\":".repeat(10_000), "{}".to_owned() + &"}".repeat(10_000)), "schemaType": "JSON" });
    assert_eq!(register(&server, &deep.to_string()), (422, 42201), "a JSON schema nested 10,000 deep");
    let proto = format!("syntax = \"proto3\";\n{}{}", "message M {".repeat(10_000), "}".repeat(10_000));
    let deep = serde_json::json!({ "schema": proto, "schemaType": "PROTOBUF" });
    assert_eq!(register(&server, &deep.to_string()), (422, 42201), "a Protobuf file nested 10,000 deep");
    let raw_deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(register(&server, &raw_deep), (400, 400), "a body nested 100,000 deep");

    let huge = vec![b' '; 20 << 20];
    let (status, answer) =
        server.request("POST", "/subjects/h-value/versions", &[("Content-Type", "application/json")], &huge);
    assert_eq!((status, answer["error_code"].as_i64()), (413, Some(413)), "a body of 20 MiB");
    unharmed(&mut server, 160 * MIB, "bodies out of bounds");
}

#[test]
fn http_requests_that_are_not_http() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path(), &[]);
    let heads: [&[u8]; 7] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /subjects HTTP/9.9\r\n\r\n",
        b"GET /subjects\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"GET /%zz%00%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ];
    for head in heads {
        let mut stream = TcpStream::connect(server.http).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let _ = stream.write_all(head);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || text.starts_with("HTTP/1.1 4"), "{head:?} gave {text:?}");
    }
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "a".repeat(1 << 20));
    let (status, _) = exchange(server.http, long.as_bytes(), b"");
    assert!(status == 0 || (400..500).contains(&status), "a 1 MiB request line gave {status}");
    unharmed(&mut server, 120 * MIB, "broken HTTP");
}

#[test]
fn kafka_frames_that_lie_about_their_size() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path(), &[]);
    for length in [i32::MAX, i32::MIN, -1, 0, 1, 7] {
        let mut bytes = length.to_be_bytes().to_vec();
        bytes.extend([0; 8]);
        let mut stream = TcpStream::connect(server.kafka).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(&bytes).unwrap();
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
    }
    unharmed(&mut server, 120 * MIB, "frames with false lengths");
    // An array count of 2^31-1 in an 8-byte body, for every API and version there is.
    let mut count = i32::MAX.to_be_bytes().to_vec();
    count.extend([0; 4]);
    let compact = [0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0];
    for key in 0..=80 {
        for version in 0..=13 {
            for body in [&count[..], &compact[..]] {
                let mut stream = TcpStream::connect(server.kafka).unwrap();
                let _ = stream.write_all(&frame(key, version, body));
            }
        }
    }
    unharmed(&mut server, 160 * MIB, "counts of 2^31-1");
}

#[test]
fn a_decompression_bomb_is_refused_for_its_inflated_size() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path(), &[]);
    create(&server, "bomb");
    let zeros = vec![0u8; 600 << 20];
    for codec in [Compression::Gzip, Compression::Lz4, Compression::Zstd] {
        let mut builder = BatchBuilder::new(codec);
        builder.push(1_700_000_000_000, None, Some(&zeros), &[]);
        let batch = builder.build().unwrap();
        let answer = kafka(server.kafka, &produce("bomb", batch.raw())).expect("an answer to a bomb");
        let error = produce_error(&answer, "bomb");
        assert!(error != 0, "{codec:?}: a bomb of {} bytes was accepted", batch.raw().len());
    }
    drop(zeros);
    unharmed(&mut server, 512 * MIB, "decompression bombs");
}

/// A small generator of pseudo-random bytes; the seed is in the failure message.
struct Noise(u64);

impl Noise {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            *byte = (self.0 >> 24) as u8;
        }
    }
}

fn make_noise(address: SocketAddr, seed: u64, framed: bool) {
    let mut noise = Noise(seed);
    let deadline = Instant::now() + NOISE;
    let mut bytes = [0u8; 512];
    while Instant::now() < deadline {
        noise.fill(&mut bytes);
        if framed {
            // A plausible header in front, so that the noise reaches the decoders.
            let key = i16::from(bytes[9] % 62);
            let version = i16::from(bytes[10] % 14);
            let length = 16 + usize::from(bytes[11]);
            let head = frame(key, version, &bytes[12..12 + length]);
            bytes[..head.len()].copy_from_slice(&head);
        }
        if let Ok(mut stream) = TcpStream::connect(address) {
            let _ = stream.write_all(&bytes);
        }
        // The kernel keeps closed loopback ports for a minute; this rate leaves enough of them.
        std::thread::sleep(Duration::from_millis(4));
    }
}

#[test]
fn random_bytes_on_both_ports() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path(), &[]);
    let seed = u64::from(std::process::id()).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    println!("seed {seed}");
    let (http, kafka) = (server.http, server.kafka);
    std::thread::scope(|scope| {
        scope.spawn(|| make_noise(http, seed, false));
        scope.spawn(|| make_noise(kafka, seed ^ 2, false));
        scope.spawn(|| make_noise(kafka, seed ^ 4, true));
    });
    unharmed(&mut server, 256 * MIB, &format!("30 s of random bytes, seed {seed}"));
    assert_eq!(server.stop("TERM").code(), Some(0));
}

#[test]
fn a_thousand_idle_connections_on_each_port() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path(), &[]);
    let before = server.resident();
    let mut idle = Vec::new();
    for _ in 0..1000 {
        idle.push(TcpStream::connect(server.http).unwrap());
        idle.push(TcpStream::connect(server.kafka).unwrap());
    }
    unharmed(&mut server, before + 64 * MIB, "1,000 idle connections a port");
    drop(idle);
    assert_eq!(server.stop("TERM").code(), Some(0));
}
