//! `assay serve` as a person meets it: what it prints, how it ends, and what it refuses to start with.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod support;

use std::process::Output;

use support::{Server, assay};

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
    let data = dir.path().to_str().unwrap();
    let text =
        fails(&["serve", "--data-dir", data, "--http-listen", "127.0.0.1:0", "--kafka-listen", "0.0.0.0:0"]);
    assert!(text.contains("--kafka-advertised"), "{text}");
    let text = fails(&[
        "serve",
        "--data-dir",
        data,
        "--kafka-listen",
        "0.0.0.0:0",
        "--kafka-advertised",
        "0.0.0.0:9092",
    ]);
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
