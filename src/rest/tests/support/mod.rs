//! A server on a free port over an in-memory registry, and a client that sends raw bytes.
#![allow(dead_code, unreachable_pub, reason = "shared by suites, of which not every one uses every helper")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use assay_registry::{MemoryStore, Registry, RegistryConfig};
use assay_rest::{RestConfig, ServerHandle, start};

/// A running server; stopped when dropped.
pub struct Api {
    pub addr: SocketAddr,
    runtime: Option<tokio::runtime::Runtime>,
    handle: ServerHandle,
}

impl Api {
    pub fn new() -> Api {
        Api::with(RestConfig::default())
    }

    pub fn with(settings: RestConfig) -> Api {
        Api::over(RegistryConfig::default(), settings)
    }

    pub fn over(registry: RegistryConfig, settings: RestConfig) -> Api {
        let clock = AtomicI64::new(1_700_000_000_000);
        let clock = move || clock.fetch_add(1, Ordering::Relaxed);
        let registry = Registry::open(Arc::new(MemoryStore::default()), registry, Arc::new(clock)).unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let guard = runtime.enter();
        let (server, handle) = start(vec![listener], Arc::new(registry), settings).unwrap();
        drop(guard);
        runtime.spawn(server);
        Api { addr, runtime: Some(runtime), handle }
    }

    pub fn connect(&self) -> Wire {
        let stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Wire { stream, rest: Vec::new() }
    }

    /// One request on its own connection. `headers` are whole lines without line ends.
    pub fn call(&self, method: &str, target: &str, headers: &[&str], body: &[u8]) -> Answer {
        let mut wire = self.connect();
        wire.request(method, target, headers, body);
        wire.answer(method == "HEAD")
    }

    pub fn get(&self, target: &str) -> Answer {
        self.call("GET", target, &[], b"")
    }

    pub fn post(&self, target: &str, body: &str) -> Answer {
        self.call("POST", target, &["Content-Type: application/json"], body.as_bytes())
    }

    /// Stops gracefully, waiting for requests under way.
    pub fn stop(&self) {
        self.runtime.as_ref().unwrap().block_on(self.handle.stop(true));
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.block_on(self.handle.stop(false));
            runtime.shutdown_background();
        }
    }
}

/// A connection.
pub struct Wire {
    pub stream: TcpStream,
    rest: Vec<u8>,
}

impl Wire {
    pub fn send(&mut self, bytes: &[u8]) {
        // the server may have answered and closed already, as for a body over the limit
        let _ = self.stream.write_all(bytes);
    }

    pub fn request(&mut self, method: &str, target: &str, headers: &[&str], body: &[u8]) {
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: t\r\n");
        for line in headers {
            head.push_str(line);
            head.push_str("\r\n");
        }
        let framed = headers.iter().any(|h| h.to_ascii_lowercase().starts_with("transfer-encoding"));
        if !framed && (!body.is_empty() || matches!(method, "POST" | "PUT")) {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        self.send(&bytes);
    }

    fn fill(&mut self) -> bool {
        let mut buffer = [0; 65536];
        match self.stream.read(&mut buffer) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("the server neither answers nor hangs up")
            }
            Ok(0) | Err(_) => false,
            Ok(n) => {
                self.rest.extend_from_slice(&buffer[..n]);
                true
            }
        }
    }

    /// The next answer; interim ones (100) count as answers.
    pub fn answer(&mut self, bodiless: bool) -> Answer {
        let end = loop {
            if let Some(at) = self.rest.windows(4).position(|w| w == b"\r\n\r\n") {
                break at;
            }
            assert!(
                self.fill(),
                "the connection ended inside a head: {:?}",
                String::from_utf8_lossy(&self.rest)
            );
        };
        let head = String::from_utf8(self.rest.drain(..end + 4).collect()).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(':').unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut answer = Answer { status, headers, body: Vec::new() };
        if bodiless || status == 204 || status < 200 {
            return answer;
        }
        let length: usize = answer.header("content-length").expect("answers have a length").parse().unwrap();
        while self.rest.len() < length {
            assert!(self.fill(), "the connection ended inside a body");
        }
        answer.body = self.rest.drain(..length).collect();
        answer
    }

    /// Whether the server closes the connection next, without another byte.
    pub fn ends(&mut self) -> bool {
        self.rest.is_empty() && !self.fill()
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("answers are UTF-8")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", self.text()))
    }

    /// The `error_code`; 0 when the answer is no error. Errors are held to the contract's shape.
    pub fn code(&self) -> u64 {
        if self.status < 400 {
            return 0;
        }
        let json = self.json();
        let members: Vec<&String> = json.as_object().expect("an error is an object").keys().collect();
        assert_eq!(members, ["error_code", "message"]);
        assert!(!json["message"].as_str().unwrap().is_empty());
        let code = json["error_code"].as_u64().unwrap();
        assert!(code == u64::from(self.status) || code / 100 == u64::from(self.status), "{json}");
        code
    }
}
