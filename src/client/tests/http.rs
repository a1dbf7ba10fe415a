//! The client against a small HTTP server of the test's own: what it sends, and what it makes of answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

use assay_client::{Client, ClientConfig, ClientError, Deletion, Normalize, Schema, blocking};
use assay_schema::{Context, Reference, SchemaType, Subject, VersionSpec};
use assay_wire::{Guid, SchemaId};

/// A request as the server saw it: `POST /subjects/a/versions?normalize=true`, headers in lower case, body.
#[derive(Debug, Clone)]
struct Seen {
    line: String,
    headers: String,
    body: String,
}

/// Answers requests, one connection each, by a function; keeps what it saw.
struct Server {
    url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    fn start(answer: impl Fn(usize, &Seen) -> String + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read(&mut stream);
                let number = log.lock().unwrap().len();
                log.lock().unwrap().push(request.clone());
                let _ = stream.write_all(answer(number, &request).as_bytes());
            }
        });
        Server { url, seen }
    }

    fn lines(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|seen| seen.line.clone()).collect()
    }
}

fn read(stream: &mut TcpStream) -> Seen {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_owned();
            let length = head
                .lines()
                .find_map(|l| l.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
            if body.len() >= length.map_or(0, |l| l.trim().parse().unwrap()) {
                let (line, headers) = head.split_once("\r\n").unwrap();
                let line = line.trim_end_matches(" HTTP/1.1").to_owned();
                return Seen { line, headers: headers.to_lowercase(), body: body.to_owned() };
            }
        }
        let read = stream.read(&mut chunk).unwrap();
        assert!(read > 0, "the client closed inside a request: {text}");
        bytes.extend_from_slice(&chunk[..read]);
    }
}

fn answer(status: &str, body: &str) -> String {
    let head = "Content-Type: application/vnd.schemaregistry.v1+json\r\nConnection: close";
    format!("HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn ok(body: &str) -> String {
    answer("200 OK", body)
}

fn config(urls: &[&str]) -> ClientConfig {
    ClientConfig { retry_wait: Duration::from_millis(1), ..ClientConfig::new(&urls.join(",")) }
}

fn id(number: u32) -> SchemaId {
    SchemaId::new(number).unwrap()
}

#[tokio::test]
async fn registers_once_and_remembers() {
    let server = Server::start(|_, _| {
        ok(r#"{"id": 7, "version": 2, "guid": "00000000-0000-0000-0000-000000000007", "x": 1}"#)
    });
    let client = Client::connect(&server.url.replace("http://", "http://us%3Aer:p%20w@")).unwrap();
    let reference = Reference { name: "R".into(), subject: "r-value".into(), version: 3 };
    let schema = Schema::new(SchemaType::Avro, "\"string\"").with_references([reference]);
    let subject = Subject::parse("a/b value");
    for _ in 0..3 {
        let registered = client.register(&subject, &schema, Normalize::Yes).await.unwrap();
        assert_eq!((registered.id, registered.version.unwrap().get()), (id(7), 2));
        assert_eq!(registered.guid.unwrap().to_string(), "00000000-0000-0000-0000-000000000007");
    }
    assert_eq!(server.lines(), ["POST /subjects/a%2Fb%20value/versions?normalize=true"]);
    let seen = server.seen.lock().unwrap()[0].clone();
    assert_eq!(
        seen.body,
        r#"{"schema":"\"string\"","schemaType":"AVRO","references":[{"name":"R","subject":"r-value","version":3}]}"#
    );
    assert!(seen.headers.contains("authorization: basic dxm6zxi6ccb3"), "{}", seen.headers);
    assert!(
        seen.headers.contains("content-type: application/vnd.schemaregistry.v1+json"),
        "{}",
        seen.headers
    );
    assert!(seen.headers.contains("accept: application/vnd.schemaregistry.v1+json, "), "{}", seen.headers);
}

#[tokio::test]
async fn an_old_registry_answers_with_the_id_alone() {
    let server = Server::start(|_, _| ok(r#"{"id":1}"#));
    let client = Client::connect(&server.url).unwrap();
    let schema = Schema::new(SchemaType::Json, "{}");
    let registered = client.register(&Subject::parse("s"), &schema, Normalize::Default).await.unwrap();
    assert_eq!((registered.id, registered.version, registered.guid), (id(1), None, None));
}

#[tokio::test]
async fn schemas_by_id_are_per_context() {
    let server = Server::start(|_, seen| {
        let text = if seen.line.contains("subject=") { "int" } else { "string" };
        ok(&format!(r#"{{"schema":"\"{text}\""}}"#))
    });
    let client = Client::connect(&server.url).unwrap();
    let other = Context::parse(".other").unwrap();
    for _ in 0..2 {
        let schema = client.schema_by_id(&Context::default(), id(5)).await.unwrap();
        assert_eq!((schema.schema_type, &*schema.text), (SchemaType::Avro, "\"string\""));
        assert_eq!(&*client.schema_by_id(&other, id(5)).await.unwrap().text, "\"int\"");
    }
    assert_eq!(
        server.lines(),
        ["GET /schemas/ids/5?fetchMaxId=false", "GET /schemas/ids/5?fetchMaxId=false&subject=%3A.other%3A"]
    );
}

#[tokio::test]
async fn a_missing_id_is_not_asked_for_again_at_once() {
    let server = Server::start(|_, _| {
        answer("404 Not Found", r#"{"error_code":40403,"message":"Schema 5 not found"}"#)
    });
    let client = Client::connect(&server.url).unwrap();
    for _ in 0..2 {
        let error = client.schema_by_id(&Context::default(), id(5)).await.unwrap_err();
        assert_eq!(
            (error.error_code(), error.is_not_found(), error.is_transient()),
            (Some(40403), true, false)
        );
    }
    assert_eq!(server.lines().len(), 1);
    let forgetful = ClientConfig { missing_ttl: Duration::ZERO, ..config(&[&server.url]) };
    let client = Client::new(forgetful).unwrap();
    for _ in 0..2 {
        client.schema_by_id(&Context::default(), id(5)).await.unwrap_err();
    }
    assert_eq!(server.lines().len(), 3);
}

#[tokio::test]
async fn transient_answers_are_retried_a_bounded_number_of_times() {
    for (status, tries) in [
        ("503 Unavailable", 4),
        ("429 Too Many", 4),
        ("500 Oops", 4),
        ("422 No", 1),
        ("409 No", 1),
        ("501 No", 1),
    ] {
        let server = Server::start(move |_, _| answer(status, r#"{"error_code":50001,"message":"store"}"#));
        let client = Client::new(config(&[&server.url])).unwrap();
        let error = client.subjects().await.unwrap_err();
        assert_eq!(error.error_code(), Some(50001));
        assert_eq!((error.is_transient(), server.lines().len()), (tries > 1, tries), "{status}");
    }
    let server = Server::start(|number, _| {
        if number < 2 { answer("503 Unavailable", "not JSON") } else { ok(r#"["b", ":.c:a"]"#) }
    });
    let subjects = Client::new(config(&[&server.url])).unwrap().subjects().await.unwrap();
    assert_eq!(subjects, [Subject::parse("b"), Subject::parse(":.c:a")]);
}

#[tokio::test]
async fn the_next_url_takes_over_and_is_preferred() {
    let dead = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let broken = Server::start(|_, _| answer("500 Oops", "{}"));
    let good = Server::start(|_, _| ok("[1, 2]"));
    let client = Client::new(config(&[&dead, &broken.url, &good.url])).unwrap();
    for _ in 0..3 {
        assert_eq!(client.versions(&Subject::parse("s")).await.unwrap().len(), 2);
    }
    assert_eq!((broken.lines().len(), good.lines().len()), (1, 3));
    let error = Client::new(config(&[&dead])).unwrap().subjects().await.unwrap_err();
    assert!(matches!(&error, ClientError::Transport { unsent: true, .. }), "{error}");
    assert!(error.is_transient() && error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn deletions_are_asked_for_once() {
    let server = Server::start(|_, seen| {
        if seen.line.starts_with("POST") { ok(r#"{"id":1}"#) } else { answer("503 Unavailable", "{}") }
    });
    let client = Client::new(config(&[&server.url])).unwrap();
    let (subject, schema) = (Subject::parse("s"), Schema::new(SchemaType::Avro, "\"int\""));
    client.register(&subject, &schema, Normalize::Default).await.unwrap();
    client.delete_subject(&subject, Deletion::Permanent).await.unwrap_err();
    client.delete_version(&subject, VersionSpec::Latest, Deletion::Soft).await.unwrap_err();
    client.register(&subject, &schema, Normalize::Default).await.unwrap();
    assert_eq!(
        server.lines(),
        [
            "POST /subjects/s/versions",
            "DELETE /subjects/s?permanent=true",
            "DELETE /subjects/s/versions/latest",
            "POST /subjects/s/versions", // what was remembered is forgotten
        ]
    );
}

#[tokio::test]
async fn odd_answers_are_errors_that_say_so() {
    let client =
        |body: &'static str| Client::new(config(&[&Server::start(move |_, _| ok(body)).url])).unwrap();
    let subject = Subject::parse("s");
    for (body, reason) in [
        ("<html>", "expected value"),
        ("", "invalid type: null"),
        ("{}", "no \"subject\""),
        (r#"{"id":0,"subject":"s","version":1,"schema":"x"}"#, "no valid \"id\""),
        (r#"{"id":1,"subject":"s","version":-1,"schema":"x"}"#, "no valid \"version\""),
        (r#"{"id":1,"subject":"s","version":1}"#, "no \"schema\""),
        (r#"{"id":1,"subject":"s","version":1,"schema":"x","schemaType":"XML"}"#, "unknown schema type"),
    ] {
        let error = client(body).version(&subject, VersionSpec::Latest).await.unwrap_err();
        let found =
            error.to_string().contains(reason) || (body == "{}" && error.to_string().contains("no valid"));
        assert!(found && matches!(error, ClientError::Answer { .. }), "{body}: {error}");
    }
    let server = Server::start(|_, _| ok(&format!("[\"{}\"]", "x".repeat(2000))));
    let small = ClientConfig { answer_bytes_max: 1000, ..config(&[&server.url]) };
    let error = Client::new(small).unwrap().subjects().await.unwrap_err();
    assert!(error.to_string().contains("longer than 1000 bytes"), "{error}");
}

#[tokio::test]
async fn the_other_calls() {
    let server = Server::start(|_, seen| match seen.line.split('?').next().unwrap() {
        "GET /subjects/s/versions/latest" => ok(
            r#"{"subject":"s","version":3,"id":9,"schemaType":"PROTOBUF","schema":"p","references":[{"name":"n","subject":"x","version":1}]}"#,
        ),
        "POST /subjects/s" => ok(r#"{"subject":"s","version":3,"id":9,"schema":"p"}"#),
        "POST /compatibility/subjects/s/versions" => ok(r#"{"is_compatible":false,"messages":["no"]}"#),
        "GET /config" => ok(r#"{"compatibilityLevel":"FULL"}"#),
        "PUT /config/s" => ok(r#"{"compatibility":"NONE"}"#),
        "GET /mode/s" | "PUT /mode" => ok(r#"{"mode":"READWRITE"}"#),
        "GET /schemas/guids/00000000-0000-0000-0000-000000000007" => ok(r#"{"schema":"g"}"#),
        "DELETE /subjects/s" => ok("[1,2]"),
        "DELETE /subjects/s/versions/2" => ok("2"),
        other => answer("404 Not Found", &format!(r#"{{"error_code":404,"message":"{other}"}}"#)),
    });
    let client = Client::connect(&server.url).unwrap();
    let (s, schema) = (Subject::parse("s"), Schema::new(SchemaType::Protobuf, "p"));
    let latest = client.version(&s, VersionSpec::Latest).await.unwrap();
    assert_eq!(
        (latest.id, latest.version.get(), latest.schema.schema_type),
        (id(9), 3, SchemaType::Protobuf)
    );
    assert_eq!(latest.schema.references[0].subject, "x");
    assert_eq!(client.lookup(&s, &schema, Normalize::Default).await.unwrap().id, id(9));
    let compatibility = client.check_compatibility(&s, &schema).await.unwrap();
    assert_eq!((compatibility.is_compatible, compatibility.messages), (false, vec!["no".to_owned()]));
    assert_eq!(client.compatibility_level(None).await.unwrap(), "FULL");
    client.set_compatibility_level(Some(&s), "NONE").await.unwrap();
    assert_eq!(client.mode(Some(&s)).await.unwrap(), "READWRITE");
    client.set_mode(None, "READWRITE").await.unwrap();
    let guid = "00000000000000000000000000000007".parse::<Guid>().unwrap();
    assert_eq!(&*client.schema_by_guid(&guid).await.unwrap().text, "g");
    assert_eq!(client.delete_version(&s, "2".parse().unwrap(), Deletion::Soft).await.unwrap().get(), 2);
    assert_eq!(client.delete_subject(&s, Deletion::Soft).await.unwrap().len(), 2);
}

#[test]
fn blocking_works_without_and_inside_a_runtime() {
    let server = Server::start(|_, _| ok(r#"["s"]"#));
    let client = blocking::Client::connect(&server.url).unwrap();
    assert_eq!(client.subjects().unwrap(), [Subject::parse("s")]);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async move {
        assert_eq!(client.subjects().unwrap().len(), 1);
        drop(client); // a runtime dropped inside another one must not panic
    });
}

#[test]
fn bad_settings_are_refused() {
    assert_eq!(Client::connect("").unwrap_err(), ClientError::NoUrl);
    #[cfg(not(feature = "tls"))]
    assert!(matches!(Client::connect("https://h:1"), Err(ClientError::TlsUnsupported { .. })));
    assert!(matches!(Client::connect("http://a,ftp://b"), Err(ClientError::InvalidUrl { .. })));
}
