//! One client's slowness, size or number is not another one's trouble: heads and bodies that drip, idle connections,
//! pipelines nobody reads, bodies over every limit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod support;

use assay_rest::RestConfig;
use support::{Api, Wire};

const SMALL: &str = r#"{"schema":"\"int\""}"#;

/// Others are served: a look-up on the I/O thread, and one that needs the pool and a body.
fn others_are_served(api: &Api) {
    assert_eq!(api.get("/schemas/types").status, 200);
    assert_eq!(api.post("/subjects/other/versions", SMALL).status, 200);
}

fn half_a_head(api: &Api) -> Wire {
    let mut wire = api.connect();
    wire.send(b"GET /subjects HTTP/1.1\r\nHost: t\r\nX-Slow: ");
    wire
}

fn half_a_body(api: &Api, length: usize, bytes: &[u8]) -> Wire {
    let mut wire = api.connect();
    let head = format!(
        "POST /subjects/slow/versions HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    wire.send(head.as_bytes());
    wire.send(bytes);
    wire
}

/// What the server says before it hangs up: 408, or nothing.
fn is_sent_away(wire: &mut Wire) {
    while !wire.ends() {
        assert_eq!(wire.answer(false).status, 408);
    }
}

#[test]
fn heads_that_drip() {
    let api = Api::with(RestConfig { head_ms_max: 500, ..RestConfig::default() });
    let mut slow: Vec<Wire> = (0..100).map(|_| half_a_head(&api)).collect();
    slow.push(api.connect()); // not a byte
    others_are_served(&api);
    slow.iter_mut().for_each(is_sent_away);
}

#[test]
fn a_second_head_that_drips() {
    let api = Api::with(RestConfig { head_ms_max: 500, keep_alive_s: 1, ..RestConfig::default() });
    let mut wire = api.connect();
    wire.request("GET", "/schemas/types", &[], b"");
    assert_eq!(wire.answer(false).status, 200);
    wire.send(b"GET /subjects HTTP/1.1\r\nHost: t\r\nX-Slow: ");
    others_are_served(&api);
    is_sent_away(&mut wire);
}

#[test]
fn bodies_that_drip() {
    let api = Api::with(RestConfig {
        body_ms_max: 1500,
        pool_threads: 1,
        pool_queue_max: 1,
        ..RestConfig::default()
    });
    let mut slow: Vec<Wire> = (0..100).map(|_| half_a_body(&api, 1000, b"{\"schema\":")).collect();
    others_are_served(&api);
    assert!(slow.iter_mut().all(|wire| wire.answer(false).status == 408));
    others_are_served(&api);
}

#[test]
fn large_bodies_that_stall_leave_room_for_small_ones() {
    let api =
        Api::with(RestConfig { bodies_bytes_max: 1 << 20, body_ms_max: 20_000, ..RestConfig::default() });
    let large = vec![b' '; 600 << 10];
    let mut held: Vec<Wire> = (0..4).map(|_| half_a_body(&api, 700 << 10, &large)).collect();
    // wait until one of them is refused: then the budget is used up
    let refused = loop {
        let answer = half_a_body(&api, large.len(), &large).answer(false);
        if answer.status == 429 {
            break answer;
        }
    };
    assert_eq!(refused.header("retry-after"), Some("1"));
    others_are_served(&api);
    held.clear();
    // their share comes back when they are gone
    while half_a_body(&api, large.len(), &large).answer(false).status == 429 {}
}

#[test]
fn a_body_without_end() {
    let api = Api::with(RestConfig { body_bytes_max: 1 << 20, ..RestConfig::default() });
    let mut wire = api.connect();
    wire.send(b"POST /subjects/s/versions HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    for _ in 0..64 {
        wire.send(&chunk);
    }
    assert_eq!(wire.answer(false).status, 413);
    others_are_served(&api);
    // announced too large: refused before a byte of it is read
    let answer = half_a_body(&api, 5 << 30, b"").answer(false);
    assert_eq!((answer.status, answer.code()), (413, 413));
}

#[test]
fn idle_connections() {
    let api = Api::with(RestConfig { keep_alive_s: 5, ..RestConfig::default() });
    // a place in this process takes three files: the client's end, the server's, and the handle to hang up with
    let files = rlimit::increase_nofile_limit(rlimit::INFINITY).unwrap();
    let crowd = (files / 4).min(1000);
    let mut idle: Vec<Wire> = (0..crowd)
        .map(|_| {
            let mut wire = api.connect();
            wire.request("GET", "/schemas/types", &[], b"");
            assert_eq!(wire.answer(false).status, 200);
            wire
        })
        .collect();
    others_are_served(&api);
    assert!(connections(&api) >= crowd);
    assert!(idle.iter_mut().all(Wire::ends), "idle connections are closed");
}

#[test]
fn connections_over_the_limit_wait_for_a_place() {
    let settings = RestConfig { connections_max: 8, workers: 2, keep_alive_s: 1, ..RestConfig::default() };
    let api = Api::with(settings);
    let crowd: Vec<Wire> = (0..40)
        .map(|_| {
            let mut wire = api.connect();
            wire.request("GET", "/schemas/types", &[], b"");
            wire
        })
        .collect();
    // more than the limit are open; each is served in its turn, as idle ones before it are closed
    for mut wire in crowd {
        assert_eq!(wire.answer(false).status, 200);
    }
    others_are_served(&api);
}

#[test]
fn a_pipeline_nobody_reads() {
    const REQUESTS: usize = 4_000;
    let api = Api::with(RestConfig { answer_stall_ms_max: 20_000, ..RestConfig::default() });
    let schema = serde_json::json!({"type": "record", "name": "R", "doc": "x".repeat(20_000), "fields": []});
    let body = serde_json::json!({"schema": schema.to_string()}).to_string();
    assert_eq!(api.post("/subjects/s/versions", &body).status, 200);
    let mut wire = api.connect();
    let mut writer = wire.stream.try_clone().unwrap();
    // 24 MB, and 80 MB of answers: more than the kernel's buffers hold, so writing all of it needs a server that goes on
    // reading, or answering, while nobody takes an answer
    let request =
        format!("GET /schemas/ids/1 HTTP/1.1\r\nHost: t\r\nX-Padding: {}\r\n\r\n", "x".repeat(6000));
    let sending = std::thread::spawn(move || {
        for _ in 0..REQUESTS {
            std::io::Write::write_all(&mut writer, request.as_bytes()).unwrap();
        }
    });
    for _ in 0..20 {
        others_are_served(&api);
    }
    assert!(!sending.is_finished(), "the server stops reading while nobody takes its answers");
    for _ in 0..REQUESTS {
        assert_eq!(wire.answer(false).status, 200);
    }
    sending.join().unwrap();
}

#[test]
fn an_answer_nobody_takes() {
    let api = Api::with(RestConfig { answer_stall_ms_max: 500, ..RestConfig::default() });
    // 20 MB: more than the kernel's buffers hold
    let schema =
        serde_json::json!({"type": "record", "name": "R", "doc": "x".repeat(1_000_000), "fields": []});
    let body = serde_json::json!({"schema": schema.to_string()}).to_string();
    for name in 0..20 {
        assert_eq!(api.post(&format!("/subjects/big{name}/versions"), &body).status, 200);
    }
    let expected = api.get("/schemas").body.len();
    assert!(expected > 20_000_000, "a large answer arrives whole");
    let mut wire = api.connect();
    wire.request("GET", "/schemas", &[], b"");
    let mut start = [0];
    std::io::Read::read_exact(&mut wire.stream, &mut start).unwrap();
    others_are_served(&api);
    while connections(&api) > 1 {}
    let mut got = Vec::new();
    let _ = std::io::Read::read_to_end(&mut wire.stream, &mut got); // what was under way, then the end, or a reset
    assert!(got.len() < expected, "{} of {expected} bytes", got.len());
}

/// Open connections, with the one that asks.
fn connections(api: &Api) -> u64 {
    let metrics = api.get("/metrics");
    let line = metrics
        .text()
        .lines()
        .find(|line| line.starts_with("kafka_schema_registry_jetty_metrics_connections_active "))
        .unwrap();
    line.split(' ').nth(1).unwrap().parse().unwrap()
}
