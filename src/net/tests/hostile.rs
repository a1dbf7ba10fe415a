//! What a hostile or broken peer can do costs it its connection and nobody else anything.

use crate::toy;

use assay_net::{NetConfig, NetStats};
use tokio::io::AsyncWriteExt;

/// Sends bytes on a fresh connection and returns what came back before it was closed.
async fn closed_after(served: &toy::Served, bytes: &[u8]) -> Vec<u8> {
    let mut client = served.client().await;
    client.send_raw(bytes).await;
    client.rest().await
}

#[tokio::test]
async fn lengths_that_are_no_lengths_close_the_connection() {
    let served = toy::start(NetConfig::default());
    let malformed: [&[u8]; 6] = [
        b"\x7f\xff\xff\xff",                         // 2 GiB
        b"\x80\0\0\0",                               // negative
        b"\xff\xff\xff\xff rest",                    // -1
        b"\0\0\0\0",                                 // no header
        b"\0\0\0\x07\0\x12\0\0\0\0\0",               // half a header
        b"\0\0\0\x0b\0\x12\0\0\0\0\0\x01\0\x01\xff", // client id is not UTF-8
    ];
    for bytes in malformed {
        assert_eq!(closed_after(&served, bytes).await, b"", "{bytes:?}");
    }
    assert_eq!(NetStats::get(&served.stats.malformed), malformed.len() as u64);
    served.client().await.echo(1).await;
}

#[tokio::test]
async fn a_frame_over_the_limit_is_refused_and_one_at_the_limit_is_read() {
    let served = toy::start(NetConfig { frame_bytes_max: 100_000, ..NetConfig::default() });
    let mut client = served.client().await;
    let fits = toy::request(5, &vec![b'.'; 100_000 - 13]);
    client.send_raw(&fits).await;
    assert_eq!(client.receive().await.unwrap().0, 5);
    client.send_raw(&100_001u32.to_be_bytes()).await;
    assert_eq!(client.rest().await, b"");
}

#[tokio::test]
async fn an_http_client_is_told_where_it_is() {
    let served = toy::start(NetConfig::default());
    let answer = closed_after(&served, b"GET /subjects HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("an HTTP client speaks to the Kafka port"), "{answer}");
}

#[tokio::test]
async fn a_tls_client_is_closed() {
    let served = toy::start(NetConfig::default());
    assert_eq!(closed_after(&served, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await, b"");
    assert_eq!(NetStats::get(&served.stats.malformed), 1);
}

#[tokio::test]
async fn random_bytes_never_hurt_the_others() {
    let served = toy::start(NetConfig { frame_ms: 50, ..NetConfig::default() });
    let mut bystander = served.client().await;
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    for round in 0..200 {
        let mut bytes = Vec::new();
        for _ in 0..round * 7 % 256 + 1 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.push(state as u8);
        }
        let mut client = served.client().await;
        // The listener may have closed already.
        let _ = client.socket.write_all(&bytes).await;
        drop(client);
        bystander.echo(round).await;
    }
    served.until(|s| s.open() == 1).await;
}

#[tokio::test]
async fn a_frame_that_trickles_is_cut_off() {
    let served = toy::start(NetConfig { frame_ms: 40, ..NetConfig::default() });
    let mut client = served.client().await;
    client.send_raw(&toy::request(1, b"echo")[..9]).await;
    assert_eq!(client.rest().await, b"");
    assert_eq!(NetStats::get(&served.stats.timed_out), 1);
}

#[tokio::test]
async fn silence_ends_a_connection_but_a_waiting_request_does_not_count_as_silence() {
    let served = toy::start(NetConfig { idle_ms: 40, first_request_ms: 40, ..NetConfig::default() });
    let mut silent = served.client().await;
    assert_eq!(silent.rest().await, b"");
    let mut waiting = served.client().await;
    waiting.send(1, "later").await;
    let mut idle = served.client().await;
    idle.echo(1).await;
    // Begun after `waiting`, and over: by now `waiting` has been silent for longer than the limit.
    assert_eq!(idle.rest().await, b"");
    served.toy.gate.add_permits(1);
    assert_eq!(waiting.receive().await.unwrap().0, 1);
    assert_eq!(waiting.receive().await, None);
}

#[tokio::test]
async fn a_client_that_never_reads_is_closed() {
    let served = toy::start(NetConfig { idle_ms: 40, ..NetConfig::default() });
    let mut client = served.client().await;
    for id in 0..30 {
        client.send(id, "big").await;
    }
    served.until(|s| NetStats::get(&s.stats.timed_out) == 1 && s.open() == 0).await;
}

#[tokio::test]
async fn a_thousand_idle_connections_hold_up_nobody() {
    let served = toy::start(NetConfig { connections_max: 1001, ..NetConfig::default() });
    let mut idle = Vec::new();
    for _ in 0..1000 {
        match tokio::net::TcpStream::connect(served.address).await {
            Ok(socket) => idle.push(socket),
            // Both ends are in this process: the limit of open files may be near.
            Err(_) => break,
        }
        if idle.len() >= file_limit() {
            break;
        }
    }
    let open = idle.len() as u64;
    served.until(|s| s.open() == open).await;
    served.client().await.echo(1).await;
    drop(idle);
    served.until(|s| s.open() == 0).await;
}

/// Connections whose both ends fit under the limit of open files, with some room.
fn file_limit() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().nth(3)?.parse().ok());
    soft.unwrap_or(256usize) / 2 - 40
}

#[tokio::test]
async fn one_connection_too_many_is_closed_until_there_is_room() {
    let served = toy::start(NetConfig { connections_max: 2, ..NetConfig::default() });
    let mut first = served.client().await;
    let mut second = served.client().await;
    first.echo(1).await;
    second.echo(1).await;
    assert_eq!(served.client().await.rest().await, b"");
    assert_eq!(NetStats::get(&served.stats.refused), 1);
    first.echo(2).await;
    drop(second);
    served.until(|s| s.open() == 1).await;
    served.client().await.echo(1).await;
}

#[tokio::test]
async fn half_read_frames_share_a_budget() {
    let config = NetConfig {
        frame_bytes_max: 1 << 20,
        buffered_bytes_max: 1 << 20,
        frame_ms: 100,
        ..NetConfig::default()
    };
    let served = toy::start(config);
    let big = toy::request(1, &vec![b'.'; 900_000]);
    let mut hog = served.client().await;
    hog.send_raw(&big[..800_000]).await;
    // While the hog holds the budget a small request passes; a big one waits until the hog is cut off.
    served.client().await.echo(1).await;
    let mut other = served.client().await;
    other.socket.set_nodelay(true).unwrap();
    let sent = other.socket.write_all(&big).await;
    assert_eq!(hog.rest().await, b"");
    drop(sent);
    served.client().await.echo(2).await;
}
