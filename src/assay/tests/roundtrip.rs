//! Backup, restore, backup: the same file, byte for byte, whatever the registry went through; offline and over HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use crate::support::{Server, assay};
use serde_json::{Value, json};

/// A reproducible stream of numbers (splitmix64).
struct Rng(u64);

impl Rng {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const SUBJECTS: &[&str] = &["a", "b-value", "c%2Fd", ":.ctx:a", ":.ctx:%C3%A9", ":.other:x", "*"];
const SCOPES: &[&str] =
    &["", "/a", "/:.ctx:", "/:.ctx:a", "/:.__GLOBAL:", "/never", "/:.never:x", "/b-value"];

/// One request; refusals are as good as successes.
fn step(server: &Server, rng: &mut Rng, referred: &mut Vec<(String, i64)>) {
    let subject = rng.pick(SUBJECTS);
    let request = |method: &str, path: &str, body: &Value| {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        server.request(method, path, &[("Content-Type", "application/json")], body.as_bytes())
    };
    match rng.below(20) {
        0..=8 => {
            let mut body = schema(rng, referred);
            if rng.below(5) == 0 {
                body["metadata"] =
                    json!({"properties": {"owner": rng.below(3).to_string()}, "tags": {"p": ["T"]}});
            }
            if rng.below(7) == 0 {
                let rule =
                    json!({"name": "r", "kind": "CONDITION", "mode": "WRITE", "type": "CEL", "expr": "true"});
                body["ruleSet"] = json!({"domainRules": [rule]});
            }
            let normalize = if rng.below(6) == 0 { "?normalize=true" } else { "" };
            let (status, answer) =
                request("POST", &format!("/subjects/{subject}/versions{normalize}"), &body);
            if status == 200 && !subject.contains('%') && rng.below(3) == 0 {
                referred.push((subject.to_owned(), answer["version"].as_i64().unwrap()));
            }
        }
        9..=11 => {
            let version = 1 + rng.below(4);
            let permanent = if rng.below(3) == 0 { "?permanent=true" } else { "" };
            request("DELETE", &format!("/subjects/{subject}/versions/{version}{permanent}"), &Value::Null);
        }
        12..=13 => {
            let permanent = if rng.below(3) == 0 { "?permanent=true" } else { "" };
            request("DELETE", &format!("/subjects/{subject}{permanent}"), &Value::Null);
        }
        14..=16 => {
            let config = match rng.below(5) {
                0 => json!({"alias": rng.pick(&["a", "b-value", ":.ctx:a"])}),
                1 => json!({"normalize": true, "defaultMetadata": {"properties": {"team": "x"}}}),
                2 => json!({"compatibilityGroup": "g", "validateFields": false}),
                _ => json!({"compatibility": rng.pick(&["NONE", "FULL", "FORWARD_TRANSITIVE"])}),
            };
            request("PUT", &format!("/config{}", rng.pick(SCOPES)), &config);
        }
        17 => {
            let mode = rng.pick(&["READONLY", "READWRITE", "READWRITE", "IMPORT"]);
            request("PUT", &format!("/mode{}", rng.pick(SCOPES)), &json!({ "mode": mode }));
        }
        _ => {
            request("DELETE", &format!("/mode{}", rng.pick(SCOPES)), &Value::Null);
        }
    }
}

fn schema(rng: &mut Rng, referred: &[(String, i64)]) -> Value {
    let (n, spaces) = (rng.below(6), " ".repeat(rng.below(3)));
    match rng.below(7) {
        0 => {
            json!({"schemaType": "JSON", "schema": format!("{{{spaces}\"title\":{spaces}\"t{n}\", \"b\": 1.50}}")})
        }
        1 => {
            json!({"schemaType": "PROTOBUF", "schema": format!("syntax = \"proto3\";{spaces} message M{n} {{ string a = {}; }} // c", n + 1)})
        }
        2 if !referred.is_empty() => {
            let (subject, version) = &referred[rng.below(referred.len())];
            let subject = if subject.starts_with(':') { subject.clone() } else { format!(":.:{subject}") };
            let schema = format!("{{\"type\":\"array\",{spaces}\"items\":\"string\",\"n\":{n}}}");
            json!({"schema": schema, "references": [{"name": "r", "subject": subject, "version": version}]})
        }
        _ => {
            let fields: Vec<_> =
                (0..n).map(|i| json!({"name": format!("f{i}"), "type": "int", "default": 0})).collect();
            json!({"schema": format!("{spaces}{}", json!({"type": "record", "name": "R", "fields": fields}))})
        }
    }
}

fn run(args: &[&str]) -> Vec<u8> {
    let out = assay(args).output().unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

fn same(first: &[u8], second: &[u8], seed: u64, how: &str) {
    assert!(
        first == second,
        "seed {seed}, {how}:\n{}\n--\n{}",
        String::from_utf8_lossy(first),
        String::from_utf8_lossy(second)
    );
}

#[test]
fn a_backup_of_what_was_restored_is_the_backup() {
    let rounds = if std::env::var("ASSAY_TEST_MODE").is_ok_and(|mode| mode == "full") { 60 } else { 4 };
    for seed in 0..rounds {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let one = Server::start(&dir.path().join("one"), &[]);
        let (mut rng, mut referred) = (Rng(seed), Vec::new());
        for _ in 0..70 {
            step(&one, &mut rng, &mut referred);
        }
        let url = |server: &Server| format!("http://{}", server.http);
        let online = run(&["backup", "--url", &url(&one)]);
        assert_eq!(one.stop("TERM").code(), Some(0));
        let offline = run(&["backup", "--data-dir", &path("one")]);
        same(&online, &offline, seed, "online and offline");

        std::fs::write(path("file"), &online).unwrap();
        run(&["restore", &path("file"), "--data-dir", &path("two")]);
        same(&online, &run(&["backup", "--data-dir", &path("two")]), seed, "restored offline");
        let two = Server::start(&dir.path().join("two"), &[]);
        same(&online, &run(&["backup", "--url", &url(&two)]), seed, "restored offline, then served");

        let three = Server::start(&dir.path().join("three"), &[]);
        run(&["restore", &path("file"), "--url", &url(&three)]);
        same(&online, &run(&["backup", "--url", &url(&three)]), seed, "restored over HTTP");
        run(&["restore", &path("file"), "--url", &url(&three)]);
        same(&online, &run(&["backup", "--url", &url(&three)]), seed, "restored twice");
    }
}
