//! The registry under load: reads against a bare actix handler, one writer against 64, and a subject with many versions.
//!
//! `cargo bench -p assay --bench registry` builds the release binary and runs everything; things that are compared run in
//! turns within one run, and medians of the rounds and of their ratios are printed, because these machines are shared.
//! `-- --quick` is a short run. Numbers and their command are kept in `docs/PERFORMANCE.md`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a load program")]

#[path = "report/mod.rs"]
mod report;
#[path = "../tests/support/mod.rs"]
mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use report::report;
use support::Server;

/// How much of everything.
struct Size {
    rounds: usize,
    milliseconds: u64,
    versions: u32,
    stored: u64,
    restarts: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|a| a == "--bare") {
        return bare(&arguments[at + 1]);
    }
    let size = if arguments.iter().any(|a| a == "--quick") {
        Size { rounds: 3, milliseconds: 500, versions: 100, stored: 5_000, restarts: 2 }
    } else {
        Size { rounds: 21, milliseconds: 1000, versions: 1000, stored: 100_000, restarts: 7 }
    };
    println!("binary: {}", support::binary());
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&dir.path().join("data"), &[]);
    reads(&server, &size);
    writes(&server, &size);
    many_versions(&server, &size);
    drop(server);
    big_registry(&size);
}

/// Headers of an answer, and its body.
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// One keep-alive connection.
struct Http {
    out: TcpStream,
    input: BufReader<TcpStream>,
    line: String,
}

impl Http {
    fn connect(address: SocketAddr) -> Http {
        let out = TcpStream::connect(address).unwrap();
        out.set_nodelay(true).unwrap();
        let input = BufReader::new(out.try_clone().unwrap());
        Http { out, input, line: String::new() }
    }

    fn call(&mut self, request: &[u8]) -> Answer {
        self.out.write_all(request).unwrap();
        let mut answer = Answer { status: 0, headers: Vec::new(), body: Vec::new() };
        loop {
            self.line.clear();
            self.input.read_line(&mut self.line).unwrap();
            let line = self.line.trim_end();
            if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
                answer.status = rest[..3].parse().unwrap();
            } else if let Some((name, value)) = line.split_once(": ") {
                answer.headers.push((name.to_owned(), value.to_owned()));
            } else {
                break;
            }
        }
        let length = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        answer.body = vec![0; length.map_or(0, |(_, value)| value.parse().unwrap())];
        self.input.read_exact(&mut answer.body).unwrap();
        answer
    }
}

fn post(path: &str, body: &str) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nHost: b\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// A record of `fields` fields, no two numbers alike.
fn schema(n: u64, fields: u64) -> String {
    let fields: Vec<_> =
        (0..fields).map(|i| format!("{{\"name\":\"f{i}\",\"type\":\"string\",\"default\":\"\"}}")).collect();
    let text = format!("{{\"type\":\"record\",\"name\":\"R{n}\",\"fields\":[{}]}}", fields.join(","));
    serde_json::json!({ "schema": text }).to_string()
}

/// Requests per second of `connections` closed loops.
fn closed_loops(
    address: SocketAddr,
    connections: u64,
    milliseconds: u64,
    request: impl Fn(u64) -> Vec<u8> + Sync,
) -> f64 {
    let (stop, total, next) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                let mut http = Http::connect(address);
                while !stop.load(Ordering::Relaxed) {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    assert_eq!(http.call(&request(n)).status, 200);
                    total.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        std::thread::sleep(Duration::from_millis(milliseconds));
        stop.store(true, Ordering::Relaxed);
    });
    total.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64()
}

/// The other side of the comparison, in a process of its own: an actix handler that knows one answer.
///
/// `answer` is JSON: `[[name, value]..., body]`. Prints its port.
fn bare(answer: &str) {
    let (headers, body): (Vec<(String, String)>, String) = serde_json::from_str(answer).unwrap();
    let body = bytes_of(&body);
    let system = actix_web::rt::System::new();
    system.block_on(async move {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        println!("{}", listener.local_addr().unwrap());
        let server = HttpServer::new(move || {
            let (headers, body) = (headers.clone(), body.clone());
            App::new().default_service(web::to(move || {
                let mut response = HttpResponse::Ok();
                for (name, value) in &headers {
                    response.insert_header((name.as_str(), value.as_str()));
                }
                let response = response.body(body.clone());
                async move { response }
            }))
        });
        server.workers(2).tcp_nodelay(true).listen(listener).unwrap().run().await.unwrap();
    });
}

fn bytes_of(text: &str) -> web::Bytes {
    web::Bytes::copy_from_slice(text.as_bytes())
}

/// The bare server's process; gone when dropped.
struct Bare {
    child: Child,
    address: SocketAddr,
}

impl Bare {
    fn start(answer: &Answer) -> Bare {
        let own = ["content-length", "date", "connection"];
        let headers: Vec<_> = answer
            .headers
            .iter()
            .filter(|(name, _)| !own.contains(&name.to_ascii_lowercase().as_str()))
            .collect();
        let said = serde_json::json!([headers, String::from_utf8_lossy(&answer.body)]).to_string();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--bare", &said])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Bare { child, address: line.trim().parse().unwrap() }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn reads(server: &Server, size: &Size) {
    let get = b"GET /schemas/ids/1 HTTP/1.1\r\nHost: b\r\n\r\n".to_vec();
    let mut http = Http::connect(server.http);
    assert_eq!(http.call(&post("/subjects/first/versions", &schema(0, 8))).status, 200);
    let answer = http.call(&get);
    let bare = Bare::start(&answer);
    let other = Http::connect(bare.address).call(&get);
    assert_eq!((other.status, other.body.as_slice()), (200, answer.body.as_slice()));
    assert_eq!(other.headers.len(), answer.headers.len(), "the same headers");
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..size.rounds {
        let run = |address| closed_loops(address, 64, size.milliseconds, |_| get.clone());
        let (a, b) = if round % 2 == 0 {
            let a = run(server.http);
            (a, run(bare.address))
        } else {
            let b = run(bare.address);
            (run(server.http), b)
        };
        ours.push(a);
        theirs.push(b);
        ratios.push(a / b);
    }
    report("get-schema-by-id/64-connections", "req/s", ours);
    report("the-same-bytes-from-a-bare-actix-handler", "req/s", theirs);
    report("get-schema-by-id/over-bare", "x", ratios);
}

fn writes(server: &Server, size: &Size) {
    let (mut one, mut many, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..size.rounds as u64 {
        for (writers, rates) in [(1, &mut one), (64, &mut many)] {
            let base = (round * 2 + u64::from(writers == 64)) * 10_000_000 + 1;
            rates.push(closed_loops(server.http, writers, size.milliseconds, |n| {
                post(&format!("/subjects/s{}/versions", base + n), &schema(base + n, 8))
            }));
        }
        ratios.push(many[many.len() - 1] / one[one.len() - 1]);
    }
    report("register-new-subject/1-writer", "req/s", one);
    report("register-new-subject/64-writers", "req/s", many);
    report("register-new-subject/64-writers-over-1-writer", "x", ratios);
}

/// One more version of a subject with many, checked against all of them both ways.
fn many_versions(server: &Server, size: &Size) {
    let mut http = Http::connect(server.http);
    let level = "{\"compatibility\":\"FULL_TRANSITIVE\"}";
    let put = format!(
        "PUT /config/many HTTP/1.1\r\nHost: b\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{level}",
        level.len()
    );
    assert_eq!(http.call(put.as_bytes()).status, 200);
    let version = |n: u32| {
        let fields: Vec<_> = (0..10)
            .map(|i| format!("{{\"name\":\"f{i}\",\"type\":\"string\",\"default\":\"{n}\"}}"))
            .collect();
        let text = format!("{{\"type\":\"record\",\"name\":\"Many\",\"fields\":[{}]}}", fields.join(","));
        post("/subjects/many/versions", &serde_json::json!({ "schema": text }).to_string())
    };
    for n in 0..size.versions {
        assert_eq!(http.call(&version(n)).status, 200);
    }
    let mut took = Vec::new();
    for n in 0..20 {
        let request = version(size.versions + n);
        let begun = Instant::now();
        assert_eq!(http.call(&request).status, 200);
        took.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    report(&format!("register/full-transitive/{}-versions-of-10-fields", size.versions), "ms", took);
}

/// Five versions of about 1 KB under every subject: time to ready and memory after a restart, and reads as before.
fn big_registry(size: &Size) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let server = Server::start(&data, &[]);
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                let mut http = Http::connect(server.http);
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= size.stored {
                        break;
                    }
                    assert_eq!(http.call(&kilobyte(n)).status, 200);
                }
            });
        }
    });
    assert!(server.stop("TERM").success());
    let (mut ready, mut resident, mut few, mut many) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let empty = tempfile::tempdir().unwrap();
    for _ in 0..size.restarts {
        let begun = Instant::now();
        let server = Server::start(&data, &[]);
        ready.push(begun.elapsed().as_secs_f64() * 1e3);
        resident.push(server.resident() as f64 / (1 << 20) as f64);
        let get = |id: u64| format!("GET /schemas/ids/{id} HTTP/1.1\r\nHost: b\r\n\r\n").into_bytes();
        let stored = size.stored;
        many.push(closed_loops(server.http, 64, size.milliseconds, |n| {
            get(n.wrapping_mul(7919) % stored + 1)
        }));
        assert!(server.stop("TERM").success());
        let server = Server::start(&empty.path().join("data"), &[]);
        assert_eq!(Http::connect(server.http).call(&kilobyte(0)).status, 200);
        few.push(closed_loops(server.http, 64, size.milliseconds, |_| get(1)));
        assert!(server.stop("TERM").success());
    }
    let name = format!("{}-versions-of-1-KB-under-{}-subjects", size.stored, size.stored / 5);
    report(&format!("{name}/spawn-to-ready"), "ms", ready);
    report(&format!("{name}/resident-when-ready"), "MiB", resident);
    let ratios = many.iter().zip(&few).map(|(many, few)| many / few).collect();
    report(&format!("{name}/get-any-id"), "req/s", many);
    report("one-version-of-1-KB/get-its-id", "req/s", few);
    report("get-any-id-over-get-one-id", "x", ratios);
}

/// Registers a version of about 1 KB; five in a row belong to one subject.
fn kilobyte(n: u64) -> Vec<u8> {
    let doc = format!("{n:0>900}");
    let text = format!(
        "{{\"type\":\"record\",\"name\":\"Big\",\"doc\":\"{doc}\",\"fields\":[{{\"name\":\"f\",\"type\":\"string\"}}]}}"
    );
    post(&format!("/subjects/big{}/versions", n / 5), &serde_json::json!({ "schema": text }).to_string())
}
