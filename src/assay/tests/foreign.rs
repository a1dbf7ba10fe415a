//! `assay migrate` with a registry that speaks the contract and nothing else: ours behind a proxy that takes away what is our own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use crate::support::{Server, assay, exchange};
use serde_json::{Value, json};

/// Forwards requests to `server`, without our own endpoint and without our own parameters.
fn contract_only(server: SocketAddr) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || forward(stream.unwrap(), server));
        }
    });
    url
}

fn forward(client: TcpStream, server: SocketAddr) {
    let mut reader = BufReader::new(client.try_clone().unwrap());
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
            if !lower.starts_with("connection:") {
                head.push_str(&line);
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let (status, answer) = if head.contains(" /v1/assay/") {
            (404, br#"{"error_code":404,"message":"HTTP 404 Not Found"}"#.to_vec())
        } else {
            let head = head.replace("restore=true", "x=y").replace("format=original", "format=x");
            exchange(server, format!("{head}Connection: close\r\n\r\n").as_bytes(), &body)
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            answer.len()
        );
        let mut client = &client;
        if client.write_all(head.as_bytes()).and_then(|()| client.write_all(&answer)).is_err() {
            return;
        }
    }
}

fn put(server: &Server, path: &str, body: &Value) {
    let body = body.to_string();
    let (status, answer) =
        server.request("PUT", path, &[("Content-Type", "application/json")], body.as_bytes());
    assert_eq!(status, 200, "{path}: {answer}");
}

fn register(server: &Server, subject: &str, body: &Value) {
    let (status, answer) = server.post(&format!("/subjects/{subject}/versions"), &body.to_string());
    assert_eq!(status, 200, "{subject}: {answer}");
}

/// Versions, deletions, references, a context, settings at every scope that has something in it.
fn populate(server: &Server) {
    register(server, "a", &json!({"schema": "{\"type\": \"record\",\"name\":\"A\",\"fields\":[]}"}));
    let refers = json!([{"name": "A", "subject": "a", "version": 1}]);
    register(server, "b", &json!({"schema": "{\"type\":\"array\",\"items\":\"A\"}", "references": refers}));
    let text = "syntax = \"proto3\"; message M { map<string, int32> m = 1; }";
    register(server, ":.c:p", &json!({"schemaType": "PROTOBUF", "schema": text}));
    for n in 0..3 {
        let schema = json!({"type": "fixed", "name": "F", "size": n}).to_string();
        put(server, "/config/f", &json!({"compatibility": "NONE"}));
        register(server, "f", &json!({"schema": schema, "metadata": {"properties": {"n": n.to_string()}}}));
    }
    for path in ["/subjects/f/versions/2", "/subjects/f/versions/3", "/subjects/f/versions/3?permanent=true"]
    {
        assert_eq!(server.request("DELETE", path, &[], b"").0, 200, "{path}");
    }
    put(server, "/config", &json!({"compatibility": "FULL"}));
    put(server, "/config/:.c:", &json!({"normalize": true, "compatibility": "NONE"}));
    put(server, "/config/:.__GLOBAL:", &json!({"compatibility": "FORWARD"}));
    put(server, "/mode/b", &json!({"mode": "READONLY"}));
}

fn run(args: &[&str]) -> (i32, String, String) {
    let out = assay(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap_or(-1), text(out.stdout), text(out.stderr))
}

/// A backup, without what only an Assay keeps.
fn backup(url: &str) -> Vec<Value> {
    let (code, out, err) = run(&["backup", "--url", url]);
    assert_eq!(code, 0, "{err}");
    let mut lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &mut lines {
        for own in ["ts", "original"] {
            line.as_object_mut().unwrap().remove(own);
        }
    }
    lines
}

#[test]
fn a_registry_that_knows_the_contract_only_is_migrated_from_and_to() {
    let dir = tempfile::tempdir().unwrap();
    let theirs = Server::start(&dir.path().join("theirs"), &[]);
    populate(&theirs);
    let from = contract_only(theirs.http);
    let ours = Server::start(&dir.path().join("ours"), &[]);
    let url = format!("http://{}", ours.http);
    let (code, out, err) = run(&["migrate", "--from", &from, "--to", &url]);
    assert!(code == 0 && out.contains("5 versions registered") && out.contains("verified"), "{out}{err}");
    assert_eq!(backup(&url), backup(&from));
    assert_eq!(ours.get("/config/:.__GLOBAL:").1, json!({"compatibilityLevel": "FORWARD"}));

    let back = Server::start(&dir.path().join("back"), &[]);
    let to = contract_only(back.http);
    let (code, out, err) = run(&["migrate", "--from", &url, "--to", &to]);
    assert!(code == 0 && out.contains("verified"), "{out}{err}");
    assert_eq!(backup(&to), backup(&url));
    let (code, out, _) = run(&["migrate", "--from", &url, "--to", &to]);
    assert!(code == 0 && out.contains("0 versions registered"), "{out}");
}

#[test]
fn a_foreign_alias_is_in_the_way_of_its_subject() {
    let dir = tempfile::tempdir().unwrap();
    let ours = Server::start(&dir.path().join("ours"), &[]);
    register(&ours, "a", &json!({"schema": "\"int\""}));
    let url = format!("http://{}", ours.http);
    let theirs = Server::start(&dir.path().join("theirs"), &[]);
    register(&theirs, "a", &json!({"schema": "\"long\""}));
    put(&theirs, "/config/a", &json!({"alias": "b"}));
    let to = contract_only(theirs.http);
    let (code, _, err) = run(&["migrate", "--from", &url, "--to", &to, "--on-conflict", "overwrite"]);
    assert!(code == 1 && err.contains("alias leads to b") && err.contains("nothing written"), "{err}");
    assert_eq!(theirs.get("/schemas/ids/1").1["schema"], "\"long\"");
}
