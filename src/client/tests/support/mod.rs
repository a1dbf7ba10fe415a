//! A small HTTP server whose answers are raw bytes, so that they can be as wrong as a test wants.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// A request: `GET /subjects`, headers in lower case, body.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: String,
    pub(crate) body: String,
}

/// Answers requests by a function, one connection each in a thread of its own; keeps what it saw.
pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

pub(crate) trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

impl Server {
    /// `answer` gets the number of the request, from 0, the request, and the connection to write to.
    pub(crate) fn start(answer: impl Fn(usize, &Seen, &mut dyn Stream) + Send + Sync + 'static) -> Server {
        Server::over("http", |stream| Some(Box::new(stream)), answer)
    }

    /// With whole answers.
    pub(crate) fn answering(answer: impl Fn(usize, &Seen) -> String + Send + Sync + 'static) -> Server {
        Server::start(move |number, seen, stream| {
            let _ = stream.write_all(answer(number, seen).as_bytes());
        })
    }

    /// Over connections that are made into something else first; `None` ends one.
    pub(crate) fn over(
        scheme: &str,
        accept: impl Fn(TcpStream) -> Option<Box<dyn Stream>> + Send + Sync + 'static,
        answer: impl Fn(usize, &Seen, &mut dyn Stream) + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, accept, answer) = (Arc::clone(&seen), Arc::new(accept), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (log, accept, answer) = (Arc::clone(&log), Arc::clone(&accept), Arc::clone(&answer));
                let stream = stream.unwrap();
                std::thread::spawn(move || {
                    let Some(mut stream) = accept(stream) else { return };
                    let Some(request) = read(&mut *stream) else { return };
                    let number = {
                        let mut log = log.lock().unwrap();
                        log.push(request.clone());
                        log.len() - 1
                    };
                    answer(number, &request, &mut *stream);
                });
            }
        });
        Server { url, seen }
    }

    pub(crate) fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn read(stream: &mut dyn Stream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
            if body.len() >= length.unwrap_or(0) {
                let line = text.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
                return Some(Seen { line, headers: head, body: body.to_owned() });
            }
        }
        let read = stream.read(&mut chunk).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
    }
}

/// An answer with a status such as `200 OK`, more header lines, and a body.
pub(crate) fn answer(status: &str, headers: &[&str], body: &str) -> String {
    let mut head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    format!("{head}\r\n{body}")
}

pub(crate) fn ok(body: &str) -> String {
    answer("200 OK", &[], body)
}
