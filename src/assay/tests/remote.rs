//! `assay serve --registry URL`: records are checked against the schemas of another registry, here another `assay`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use crate::support;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::Server;
use futures::executor::block_on;
use futures::future::join_all;
use rdkafka::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::types::RDKafkaErrorCode;
use serde_json::json;

fn register(registry: &Server, subject: &str, body: serde_json::Value) -> u8 {
    let (status, answer) = registry.post(&format!("/subjects/{subject}/versions"), &body.to_string());
    assert_eq!(status, 200, "{answer}");
    u8::try_from(answer["id"].as_u64().unwrap()).unwrap()
}

fn framed(id: u8, payload: &[u8]) -> Vec<u8> {
    [&[0, 0, 0, 0, id], payload].concat()
}

/// Produces a record; a refusal that is tried again counts as one after three seconds.
fn produce(broker: &Server, topic: &str, value: &[u8]) -> Result<i64, String> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker.kafka.to_string()).set("message.timeout.ms", "3000");
    let producer: FutureProducer = config.create().unwrap();
    let record = FutureRecord::<[u8], [u8]>::to(topic).payload(value);
    let sent = block_on(producer.send(record, Duration::from_secs(30)));
    sent.map(|at| at.offset).map_err(|(error, _)| error.to_string())
}

fn start(dir: &std::path::Path, registry: &Server, more: &[&str]) -> Server {
    let url = format!("http://{}", registry.http);
    Server::start(dir, &[&["--memory", "--registry", &url], more].concat())
}

#[test]
fn schemas_of_another_registry_count() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let registry = Server::start(dirs[0].path(), &["--memory"]);
    let broker = start(dirs[1].path(), &registry, &[]);
    assert_eq!(broker.ready["schemas_from"], format!("http://{}", registry.http));
    assert_eq!(produce(&broker, "orders", b"anything"), Ok(0), "no subject yet");

    // A schema with a reference; from now on the topic is checked, at the latest a second later.
    register(
        &registry,
        "item",
        json!({ "schema": r#"{"type":"record","name":"Item","fields":[{"name":"n","type":"int"}]}"# }),
    );
    let order = r#"{"type":"record","name":"Order","fields":[{"name":"item","type":"Item"}]}"#;
    let references = json!([{ "name": "Item", "subject": "item", "version": 1 }]);
    let id = register(&registry, "orders-value", json!({ "schema": order, "references": references }));
    let mut stored = 1;
    while produce(&broker, "orders", b"anything").is_ok() {
        stored += 1;
    }
    assert_eq!(produce(&broker, "orders", &framed(id, b"\x06")), Ok(stored));
    assert!(produce(&broker, "orders", &framed(id, b"")).is_err(), "cut short");
    assert!(produce(&broker, "orders", &framed(1, b"\x06")).is_err(), "of another subject");
    // An id nobody knew is asked for again at once.
    assert!(produce(&broker, "orders", &framed(id + 1, b"\x06")).is_err());
    let level = br#"{"compatibility":"NONE"}"#;
    registry.request("PUT", "/config", &[("Content-Type", "application/json")], level);
    assert_eq!(register(&registry, "orders-value", json!({ "schema": "\"int\"" })), id + 1);
    assert_eq!(produce(&broker, "orders", &framed(id + 1, b"\x06")), Ok(stored + 1));

    // What is known goes on to count when the registry is gone; what is not is refused, to be tried again.
    drop(registry);
    assert_eq!(produce(&broker, "orders", &framed(id, b"\x06")), Ok(stored + 2));
    assert!(produce(&broker, "orders", &framed(id, b"")).is_err());
    let refused = produce(&broker, "orders", &framed(id + 2, b"\x06")).unwrap_err();
    assert!(!refused.contains("InvalidRecord"), "{refused}");
    let (_, report) = broker.get("/v1/validation/report?topic=orders");
    assert!(report.to_string().contains("registry_unavailable"), "{report}");
}

#[test]
fn fail_open_stores_what_cannot_be_checked() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let registry = Server::start(dirs[0].path(), &["--memory"]);
    let broker = start(
        dirs[1].path(),
        &registry,
        &["--validate", "payload", "--set", "assay.registry.unavailable=fail_open"],
    );
    drop(registry);
    assert_eq!(produce(&broker, "t", &framed(1, b"")), Ok(0));
    assert!(produce(&broker, "t", b"not framed").is_err(), "this needs no registry to be seen");
    let (_, report) = broker.get("/v1/validation/report?topic=t");
    let audited = report["topics"][0]["failures"].as_array().unwrap().iter().find(|f| f["action"] == "audit");
    assert_eq!(audited.unwrap()["class"], "registry_unavailable", "{report}");
}

/// A registry by hand: what it has by path, and what it was asked for.
#[derive(Default)]
struct Shelf {
    has: Mutex<HashMap<String, String>>,
    asked: Mutex<Vec<String>>,
}

impl Shelf {
    /// Serves each answer after the pause; what it does not have is a 404.
    fn serve(self: &Arc<Shelf>, pause: Duration) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shelf = Arc::clone(self);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (shelf, mut stream) = (Arc::clone(&shelf), stream.unwrap());
                std::thread::spawn(move || while shelf.answer(&mut stream, pause).is_some() {});
            }
        });
        url
    }

    fn answer(&self, stream: &mut TcpStream, pause: Duration) -> Option<()> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).ok()?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let path = head.split(' ').nth(1).unwrap().split('?').next().unwrap().to_owned();
        std::thread::sleep(pause);
        let found = self.has.lock().unwrap().get(&path).cloned();
        let (status, body) = match found {
            Some(body) => ("200 OK", body),
            None => ("404 Not Found", json!({ "error_code": 40403, "message": "not found" }).to_string()),
        };
        self.asked.lock().unwrap().push(path);
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).ok()
    }

    fn times(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == path).count()
    }
}

/// Produces records as one batch.
fn produce_batch(broker: &Server, topic: &str, values: &[Vec<u8>]) -> Vec<Result<i64, RDKafkaErrorCode>> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker.kafka.to_string()).set("message.timeout.ms", "20000");
    config.set("linger.ms", "500").set("batch.num.messages", values.len().to_string());
    let producer: FutureProducer = config.create().unwrap();
    let send =
        |value| producer.send(FutureRecord::<[u8], [u8]>::to(topic).payload(value), Duration::from_secs(30));
    let sent = block_on(join_all(values.iter().map(Vec::as_slice).map(send)));
    let code = |(error, _): (rdkafka::error::KafkaError, _)| error.rdkafka_error_code().unwrap();
    sent.into_iter().map(|sent| sent.map(|at| at.offset).map_err(code)).collect()
}

#[test]
fn several_slow_answers_make_one_verdict() {
    let shelf = Arc::new(Shelf::default());
    let dir = tempfile::tempdir().unwrap();
    let args = ["--memory", "--validate", "payload", "--registry", &shelf.serve(Duration::from_millis(150))];
    let broker = Server::start(dir.path(), &args);
    let unknown: Vec<Vec<u8>> = (91..=96).map(|id| framed(id, b"\x02a")).collect();
    assert_eq!(produce_batch(&broker, "t", &unknown), vec![Err(RDKafkaErrorCode::InvalidRecord); 6]);
    let (_, told) = broker.get("/v1/validation/rejections?topic=t");
    assert_eq!(told["rejections"][0]["classes"], json!({ "unknown_id": 6 }), "{told}");
    for id in 91..=96 {
        assert_eq!(shelf.times(&format!("/schemas/ids/{id}")), 1, "{id}");
    }
    // Registered a moment later, it counts for the next batch, however slow the answers.
    let mut has = shelf.has.lock().unwrap();
    has.insert("/schemas/ids/91".into(), json!({ "schema": "\"string\"" }).to_string());
    has.insert("/schemas/ids/91/versions".into(), r#"[{"subject":"t-value","version":1}]"#.into());
    drop(has);
    assert_eq!(produce_batch(&broker, "t", &unknown[..1]), [Ok(0)]);
}

#[test]
fn fail_open_stores_what_a_silent_registry_says_nothing_about() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap(); // connects, and never answers
    let url = format!("http://{}", silent.local_addr().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let args = ["--memory", "--validate", "payload", "--registry", &url];
    let sets = ["--set", "assay.registry.unavailable=fail_open", "--set", "assay.schema.wait.ms=300"];
    let broker = Server::start(dir.path(), &[&args[..], &sets].concat());
    let two = [framed(1, b""), framed(2, b"")];
    assert_eq!(produce_batch(&broker, "t", &two), [Ok(0), Ok(1)]);
    assert_eq!(
        produce_batch(&broker, "t", &[framed(1, b""), b"plain".to_vec()]),
        vec![Err(RDKafkaErrorCode::InvalidRecord); 2],
        "this needs no registry to be seen"
    );
    let (_, report) = broker.get("/v1/validation/report?topic=t");
    let audited = report["topics"][0]["failures"].as_array().unwrap().iter().find(|f| f["action"] == "audit");
    assert_eq!(
        (&audited.unwrap()["class"], &audited.unwrap()["records"]),
        (&json!("registry_unavailable"), &json!(2))
    );
}

#[test]
fn a_url_that_cannot_be_used_is_refused_at_start() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    let args = ["serve", "--data-dir", data, "--http-listen", "127.0.0.1:0", "--kafka-listen", "127.0.0.1:0"];
    let out = support::assay(&args).args(["--registry", "ftp://user:secret@host"]).output().unwrap();
    let text = String::from_utf8(out.stderr).unwrap();
    assert!(
        out.status.code() == Some(1) && text.contains("registry: ") && !text.contains("secret"),
        "{text}"
    );
}
