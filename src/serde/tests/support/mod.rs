//! A registry in the test's own process: every request line has one answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::{
    io::{Read, Write},
    net::TcpListener,
    time::Duration,
};

use assay_serde::client::{Client, ClientConfig};

/// A client of a registry that answers what `body` says for `METHOD path`.
pub(crate) fn client(body: fn(&str) -> (u16, String)) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
            loop {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                if let Some((head, rest)) = text.split_once("\r\n\r\n") {
                    let length = head
                        .lines()
                        .find_map(|l| l.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
                    if rest.len() >= length.map_or(0, |l| l.trim().parse().unwrap()) {
                        break;
                    }
                }
                let read = stream.read(&mut chunk).unwrap();
                assert!(read > 0);
                bytes.extend_from_slice(&chunk[..read]);
            }
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let line = text.split([' ', '?']).take(2).collect::<Vec<_>>().join(" ");
            let (status, body) = body(&line);
            let length = body.len();
            let answer =
                format!("HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    let mut config = ClientConfig::new(&url);
    config.retry_wait = Duration::from_millis(1);
    Client::new(config).unwrap()
}
