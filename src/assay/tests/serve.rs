//! `assay serve` as a person meets it: what it prints, how it ends, and what it refuses to start with.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use crate::support;

use std::process::Output;

use crate::support::{Server, assay};

fn fails(args: &[&str]) -> String {
    let Output { status, stderr, .. } = assay(args).output().unwrap();
    let text = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{text}");
    assert_eq!(text.trim_end().lines().count(), 1, "one clear line, got:\n{text}");
    text
}

#[test]
fn it_stops_with_0_on_sigterm_and_ctrl_c_and_keeps_its_state() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let body = r#"{"schema":"\"string\""}"#;
    assert_eq!(server.post("/subjects/a-value/versions", body).0, 200);
    let cluster = server.ready["cluster_id"].clone();
    assert_eq!(server.stop("TERM").code(), Some(0));

    let server = Server::start(dir.path(), &[]);
    assert_eq!(server.ready["cluster_id"], cluster, "the cluster id survives a restart");
    let (status, got) = server.get("/subjects/a-value/versions/1");
    assert_eq!((status, got["schema"].as_str()), (200, Some("\"string\"")));
    assert_eq!(server.stop("INT").code(), Some(0));
}

#[test]
fn it_prints_where_it_listens_where_the_data_is_and_what_is_validated() {
    use std::io::{BufRead, BufReader};
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut child = assay(&["serve", "--http-listen", "127.0.0.1:0", "--kafka-listen", "127.0.0.1:0"])
        .args(["--data-dir", data.to_str().unwrap(), "--validate", "payload"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut text = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    while !text.contains("ready in") {
        assert!(out.read_line(&mut text).unwrap() > 0, "ended after:\n{text}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for expected in ["http://127.0.0.1:", "127.0.0.1:", data.to_str().unwrap(), "payload"] {
        assert!(text.contains(expected), "{expected:?} in:\n{text}");
    }
}

#[test]
fn a_second_process_on_the_directory_is_told_who_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let listen = ["--http-listen", "127.0.0.1:0", "--kafka-listen", "127.0.0.1:0"];
    let mut args = vec!["serve", "--data-dir", dir.path().to_str().unwrap()];
    args.extend(listen);
    let text = fails(&args);
    assert!(text.contains(&format!("pid {}", server.child.id())) && text.contains("--data-dir"), "{text}");
}

#[test]
fn a_taken_port_names_the_address_and_the_flag() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = dir.path().to_str().unwrap();
    let text =
        fails(&["serve", "--data-dir", data, "--http-listen", &address, "--kafka-listen", "127.0.0.1:0"]);
    assert!(text.contains(&address) && text.contains("--http-listen"), "{text}");
    let text =
        fails(&["serve", "--data-dir", data, "--http-listen", "127.0.0.1:0", "--kafka-listen", &address]);
    assert!(text.contains(&address) && text.contains("--kafka-listen"), "{text}");
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let text = fails(&["serve", "--data-dir", "/dev/null/data", "--http-listen", "127.0.0.1:0"]);
    assert!(text.contains("/dev/null/data") && text.contains("--data-dir"), "{text}");
}

#[test]
fn a_wildcard_listener_needs_an_advertised_address() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["serve", "--data-dir", dir.path().to_str().unwrap(), "--http-listen", "127.0.0.1:0"];
    let with = |more: &[&str]| fails(&[&args[..], more].concat());
    let text = with(&["--kafka-listen", "0.0.0.0:0"]);
    assert!(text.contains("--kafka-advertised"), "{text}");
    let text = with(&["--kafka-listen", "0.0.0.0:0", "--kafka-advertised", "0.0.0.0:9092"]);
    assert!(text.contains("clients can reach"), "{text}");
}

#[test]
fn a_setting_that_does_not_exist_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    let text = fails(&["serve", "--data-dir", data, "--set", "log.retention.hourz=1"]);
    assert!(text.contains("log.retention.hourz"), "{text}");
    let text = fails(&["serve", "--data-dir", data, "--validate", "maybe"]);
    assert!(text.contains("auto, off, id or payload"), "{text}");
}

#[test]
fn answers_can_look_like_generation_7_and_the_registry_can_live_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let server =
        Server::start(dir.path(), &["--api-generation", "7", "--incompatible-code", "40901", "--memory"]);
    assert_eq!(server.ready["registry_in_memory"], true);
    let register = |schema: &str| {
        server.post("/subjects/a/versions", &serde_json::json!({ "schema": schema }).to_string())
    };
    assert_eq!(register("\"string\""), (200, serde_json::json!({ "id": 1 })));
    let (status, refused) = register("\"int\"");
    assert_eq!((status, refused["error_code"].as_u64()), (409, Some(40901)));
    assert_eq!(server.stop("TERM").code(), Some(0));
    let server = Server::start(dir.path(), &["--memory"]);
    assert_eq!(server.get("/subjects"), (200, serde_json::json!([])));
    assert_eq!(server.stop("TERM").code(), Some(0));

    let data = dir.path().to_str().unwrap();
    assert!(fails(&["serve", "--data-dir", data, "--api-generation", "6"]).contains("7 or 8"));
    assert!(fails(&["serve", "--data-dir", data, "--incompatible-code", "410"]).contains("409 or 40901"));
}

#[test]
fn metrics_of_both_halves_are_on_the_registry_port() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let head = "GET /metrics HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n";
    let (status, body) = support::exchange(server.http, head.as_bytes(), b"");
    let text = String::from_utf8(body).unwrap();
    assert_eq!(status, 200);
    for name in ["kafka_schema_registry_registered_count 0", "assay_topics 0", "assay_kafka_connections 0"] {
        assert!(text.lines().any(|l| l == name), "{name} in\n{text}");
    }
}
