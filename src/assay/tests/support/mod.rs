//! A real `assay serve` process on free loopback ports, and a raw HTTP client that hides nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]

pub mod work_tree;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The binary under test: `ASSAY_BIN`, or the one cargo built for this profile.
pub fn binary() -> String {
    std::env::var("ASSAY_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_assay").to_owned())
}

pub fn assay(args: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(args).env_remove("ASSAY_CONFIG");
    command
}

/// A running server; killed when dropped.
pub struct Server {
    pub child: Child,
    pub http: SocketAddr,
    pub kafka: SocketAddr,
    pub ready: serde_json::Value,
}

impl Server {
    pub fn start(data: &Path, more: &[&str]) -> Server {
        Server::launch(assay(&[]), data, more)
    }

    /// As `start`, by a command that runs the binary.
    pub fn launch(mut command: Command, data: &Path, more: &[&str]) -> Server {
        let data = data.to_str().unwrap();
        let mut args = vec!["serve", "--json", "--data-dir", data, "--http-listen", "127.0.0.1:0"];
        args.extend(["--kafka-listen", "127.0.0.1:0", "--log", "warn"]);
        args.extend(more);
        let mut child = command.args(&args).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: serde_json::Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("a ready line, got {line:?}"));
        let http = ready["http"][0].as_str().unwrap().trim_start_matches("http://").parse().unwrap();
        let kafka = ready["kafka"][0].as_str().unwrap().parse().unwrap();
        Server { child, http, kafka, ready }
    }

    /// Resident memory in bytes, from the system.
    pub fn resident(&self) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = text.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }

    pub fn alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(status.unwrap().success());
    }

    /// Sends the signal and waits for the end.
    pub fn stop(mut self, signal: &str) -> ExitStatus {
        self.signal(signal);
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "still running {PATIENCE:?} after SIG{signal}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn get(&self, path: &str) -> (u16, serde_json::Value) {
        self.request("GET", path, &[], b"")
    }

    pub fn post(&self, path: &str, body: &str) -> (u16, serde_json::Value) {
        self.request("POST", path, &[("Content-Type", "application/json")], body.as_bytes())
    }

    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> (u16, serde_json::Value) {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        let (status, body) = exchange(self.http, text.as_bytes(), body);
        (status, serde_json::from_slice(&body).unwrap_or(serde_json::Value::Null))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends raw bytes and reads to the end: status and body. Status 0 when the peer closed without an answer.
pub fn exchange(address: SocketAddr, head: &[u8], body: &[u8]) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    // A server that refuses a large body may close before it has read it all; what it answered still counts.
    let _ = stream.write_all(head).and_then(|()| stream.write_all(body));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer);
    let status = text.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    let at = text.find("\r\n\r\n").map_or(answer.len(), |at| at + 4);
    (status, answer.split_off(at.min(answer.len())))
}

/// A JSON schema of many patterns: comparing two with other `names` is given up at a limit.
pub fn costly(names: usize) -> String {
    let patterns: Vec<String> = (0..600).map(|i| format!("\"^x{i}\":{{\"type\":\"string\"}}")).collect();
    let names: Vec<String> = (0..names).map(|i| format!("\"a{i}\":{{\"type\":\"string\"}}")).collect();
    let (patterns, names) = (patterns.join(","), names.join(","));
    format!(
        "{{\"patternProperties\":{{{patterns}}},\"properties\":{{{names}}},\"additionalProperties\":false}}"
    )
}
