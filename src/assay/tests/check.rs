//! `assay check` as a CI job runs it: real files, real git repositories, every format and exit code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use crate::support;

use std::process::Command;

use crate::support::Server;
use crate::support::work_tree::{self, check as run, commit, git, put};
use serde_json::Value;

const OLD: &str = "{\"type\":\"record\",\"name\":\"Order\",\"namespace\":\"shop\",\"fields\":[\n  {\"name\":\"id\",\"type\":\"string\"}\n]}\n";
const BREAK: &str = "{\"type\":\"record\",\"name\":\"Order\",\"namespace\":\"shop\",\"fields\":[\n  {\"name\":\"id\",\"type\":\"string\"},\n  {\"name\":\"qty\",\"type\":\"int\"}\n]}\n";
const FINE: &str = "{\"type\":\"record\",\"name\":\"Order\",\"namespace\":\"shop\",\"fields\":[\n  {\"name\":\"id\",\"type\":\"string\"},\n  {\"name\":\"qty\",\"type\":\"int\",\"default\":1}\n]}\n";

/// A repository whose `main` has the old order in `schemas/`.
fn repository() -> tempfile::TempDir {
    work_tree::repository(&[("schemas/order.avsc", OLD.as_bytes())])
}

#[test]
fn a_file_moved_with_its_row_is_still_the_same_subject() {
    let dir = repository();
    let row = |path: &str| format!("[[schema]]\npath = \"{path}\"\nsubject = \"orders-value\"\n");
    put(dir.path(), "schemas/assay-check.toml", row("order.avsc"));
    commit(dir.path());
    std::fs::remove_file(dir.path().join("schemas/order.avsc")).unwrap();
    put(dir.path(), "schemas/sales/order.avsc", BREAK);
    put(dir.path(), "schemas/assay-check.toml", row("sales/order.avsc"));
    let (code, out, err) = run(dir.path(), &["schemas", "--against", "git:main"]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("READER_FIELD_MISSING_DEFAULT_VALUE"), "{out}");
    // without rows of its own, the older state is read by the new ones
    git(dir.path(), &["rm", "-q", "--cached", "schemas/assay-check.toml"]);
    git(dir.path(), &["commit", "-q", "-m", "no rows"]);
    put(dir.path(), "schemas/order.avsc", OLD);
    std::fs::remove_file(dir.path().join("schemas/sales/order.avsc")).unwrap();
    put(dir.path(), "schemas/assay-check.toml", row("*.avsc"));
    let (code, out, err) = run(dir.path(), &["schemas", "--against", "git:main"]);
    assert!(code == 0 && !out.contains("no baseline"), "{out}{err}");
}

#[test]
fn a_break_is_placed_in_every_format() {
    let dir = repository();
    put(dir.path(), "schemas/order.avsc", BREAK);
    let check = |format| {
        let (code, out, _) = run(dir.path(), &["schemas", "--against", "git:main", "--format", format]);
        assert_eq!(code, 1, "{format}: {out}");
        out
    };
    let text = check("text");
    assert!(
        text.contains("schemas/order.avsc:3:11: READER_FIELD_MISSING_DEFAULT_VALUE against git:main"),
        "{text}"
    );
    let json: Value = serde_json::from_str(&check("json")).unwrap();
    let finding = &json["subjects"][0]["findings"][0];
    assert_eq!(finding["place"]["line"], 3, "{finding}");
    assert_eq!(finding["rule"], "READER_FIELD_MISSING_DEFAULT_VALUE");
    let sarif: Value = serde_json::from_str(&check("sarif")).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 3);
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "schemas/order.avsc");
    assert_eq!(sarif["runs"][0]["tool"]["driver"]["rules"][0]["id"], result["ruleId"]);
    let junit = check("junit");
    assert!(junit.contains("tests=\"1\" failures=\"1\" errors=\"0\""), "{junit}");
    assert_eq!(junit.matches("<testcase ").count(), junit.matches("</testcase>").count());
    let github = check("github");
    assert!(github.starts_with("::error file=schemas/order.avsc,line=3,col=11,title=READER"), "{github}");
    let gitlab: Value = serde_json::from_str(&check("gitlab")).unwrap();
    assert_eq!(gitlab[0]["location"]["lines"]["begin"], 3);
    assert_eq!(gitlab[0]["fingerprint"].as_str().unwrap().len(), 36);
}

#[test]
fn exit_codes() {
    let dir = repository();
    let d = dir.path();
    let against = ["schemas", "--against", "git:main"];
    put(d, "schemas/order.avsc", FINE);
    assert_eq!(run(d, &against).0, 0);
    put(d, "schemas/new.avsc", "{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}");
    let (code, out, _) = run(d, &against);
    assert_eq!((code, out.contains("no baseline")), (0, true), "{out}");
    put(d, "schemas/new.avsc", "{\"type\":");
    assert_eq!(run(d, &against).0, 2);
    let (code, _, said) = run(d, &["schemas", "--against", "git:nowhere"]);
    assert_eq!((code, said.contains("nowhere")), (2, true), "{said}");
    assert_eq!(run(d, &["schemas", "--against", "git:--help"]).0, 2);
    assert_eq!(run(d, &["schemas", "--against", "http://127.0.0.1:1"]).0, 2);
    assert_eq!(run(d, &["gone", "--against", "git:main"]).0, 2);
    assert_eq!(run(d, &["schemas"]).0, 2);
}

#[test]
fn files_and_transitive_levels() {
    let dir = tempfile::tempdir().unwrap();
    let d = dir.path();
    put(d, "1.avsc", OLD);
    put(d, "2.avsc", FINE);
    put(d, "3.avsc", BREAK);
    assert_eq!(run(d, &["3.avsc", "--against", "2.avsc"]).0, 0);
    let both = ["3.avsc", "--against", "1.avsc", "--against", "2.avsc", "--level"];
    assert_eq!(run(d, &[&both[..], &["BACKWARD"]].concat()).0, 0);
    let (code, out, _) = run(d, &[&both[..], &["BACKWARD_TRANSITIVE"]].concat());
    assert_eq!((code, out.contains("against 1.avsc")), (1, true), "{out}");
    let (_, out, _) = run(d, &["3.avsc", "--against", "2.avsc", "--level", "full_transitive"]);
    assert!(out.contains("only one was given (2.avsc)"), "{out}");
}

#[test]
fn what_is_gone_points_to_its_parent_and_to_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "old.avsc", BREAK);
    put(dir.path(), "new.avsc", OLD);
    let (code, out, _) = run(dir.path(), &["new.avsc", "--against", "old.avsc", "--level", "FORWARD"]);
    assert_eq!(code, 1);
    assert!(out.contains("  new.avsc:1:25: READER_FIELD_MISSING_DEFAULT_VALUE"), "{out}");
    assert!(out.contains("(old.avsc:3:11)"), "{out}");
}

#[test]
fn a_shallow_clone_is_named() {
    let dir = repository();
    put(dir.path(), "schemas/order.avsc", FINE);
    commit(dir.path());
    let clone = tempfile::tempdir().unwrap();
    let url = format!("file://{}", dir.path().display());
    git(clone.path(), &["clone", "-q", "--depth", "1", &url, "c"]);
    let (code, _, said) = run(&clone.path().join("c"), &["schemas", "--against", "git:HEAD~1"]);
    assert_eq!((code, said.contains("fetch-depth: 0")), (2, true), "{said}");
}

#[test]
fn references_meet_in_diamonds() {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q", "-b", "main"]);
    let d = dir.path();
    let record = |name: &str, a: &str, b: &str| {
        format!(
            "{{\"type\":\"record\",\"name\":\"{name}\",\"namespace\":\"n\",\"fields\":[{{\"name\":\"a\",\"type\":{a}}},{{\"name\":\"b\",\"type\":{b}}}]}}"
        )
    };
    put(d, "s/base.avsc", record("Base", "\"int\"", "\"int\""));
    put(d, "s/left.avsc", record("Left", "\"Base\"", "\"int\""));
    put(d, "s/right.avsc", record("Right", "\"Base\"", "\"int\""));
    put(d, "s/x/top.avsc", record("Top", "\"Left\"", "\"Right\""));
    put(d, "s/base.proto", "syntax = \"proto3\";\npackage n;\nmessage Base { int32 a = 1; }\n");
    put(
        d,
        "s/p/use.proto",
        "syntax = \"proto3\";\npackage n;\nimport \"base.proto\";\nmessage Use { Base b = 1; }\n",
    );
    put(d, "s/j/id.json", "{\"type\":\"string\"}");
    put(d, "s/j/a.json", "{\"type\":\"object\",\"properties\":{\"i\":{\"$ref\":\"id.json\"}}}");
    put(
        d,
        "s/assay-check.toml",
        "[[schema]]\npath = \"x/*.avsc\"\nsubject = \"{name}-value\"\n[[schema]]\npath = \"p/*\"\n[[schema]]\npath = \"j/a.json\"\n",
    );
    commit(d);
    let (code, out, said) = run(d, &["s", "--against", "git:main"]);
    assert_eq!(code, 0, "{out}{said}");
    assert!(out.contains("3 compatible") && out.contains("top-value"), "{out}");
    put(d, "s/base.avsc", record("Base", "\"string\"", "\"int\""));
    let (code, out, _) = run(d, &["s", "--against", "git:main"]);
    assert_eq!((code, out.contains("s/base.avsc:1:")), (1, true), "{out}");
}

#[test]
fn json_breaks_point_into_the_right_file_and_heed_the_policy() {
    let dir = repository();
    let d = dir.path();
    let money =
        |ty: &str| format!("{{\n \"definitions\": {{\n  \"Money\": {{\"type\": \"{ty}\"}}\n }}\n}}\n");
    let order = |more: &str| {
        let price = "\"price\": {\"$ref\": \"types/money.json#/definitions/Money\"}";
        format!("{{\"type\": \"object\", \"properties\": {{\n  {price}{more}\n}}}}\n")
    };
    put(d, "s/types/money.json", money("number"));
    put(d, "s/order.json", order(""));
    let config = |policy: &str| {
        put(d, "s/assay-check.toml", format!("policy = \"{policy}\"\n[[schema]]\npath = \"*.json\"\n"));
    };
    config("STRICT");
    commit(d);
    put(d, "s/types/money.json", money("string"));
    let (code, out, said) = run(d, &["s", "--against", "git:main"]);
    assert_eq!(code, 1, "{out}{said}");
    assert!(out.contains("s/types/money.json:3:3: TYPE_CHANGED against git:main"), "{out}");
    put(d, "s/types/money.json", money("number"));

    put(d, "s/order.json", order(",\n  \"note\": {\"type\": \"string\"}"));
    let (code, out, said) = run(d, &["s", "--against", "git:main"]);
    assert_eq!(code, 1, "{out}{said}");
    assert!(out.contains("s/order.json:3:3: OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL"), "{out}");
    config("LENIENT");
    let (code, out, said) = run(d, &["s", "--against", "git:main"]);
    assert_eq!(code, 0, "{out}{said}");
}

#[test]
fn a_known_break_is_accepted_until_its_day() {
    let dir = repository();
    put(dir.path(), "schemas/order.avsc", BREAK);
    let allow = |expires: &str| {
        let row = format!(
            "[[allow]]\nsubject = \"ord*\"\nrule = \"READER_FIELD_MISSING_DEFAULT_VALUE\"\nreason = \"agreed\"\nexpires = \"{expires}\"\n"
        );
        put(dir.path(), "schemas/assay-check.toml", &row);
        run(dir.path(), &["schemas", "--against", "git:main"])
    };
    let (code, out, _) = allow("9999-12-31");
    assert_eq!((code, out.contains("accepted until 9999-12-31: agreed")), (0, true), "{out}");
    let (code, out, _) = allow("2020-01-01");
    assert_eq!((code, out.contains("expired on 2020-01-01")), (1, true), "{out}");
    assert_eq!(allow("tomorrow").0, 2);
}

#[test]
fn hostile_names_are_only_names() {
    let dir = repository();
    for name in ["schemas/-rf $(touch pwned);\"'.avsc", "schemas/a\nb\tc.avsc", "schemas/é :x.avsc"] {
        put(dir.path(), name, OLD);
    }
    commit(dir.path());
    for name in ["text", "json", "junit", "sarif", "github", "gitlab"] {
        let (code, out, said) = run(dir.path(), &["schemas", "--against", "git:main", "--format", name]);
        assert_eq!(code, 0, "{out}{said}");
    }
    let (_, out, _) = run(dir.path(), &["schemas", "--against", "git:main"]);
    assert!(out.contains("4 compatible"), "{out}");
    assert!(!dir.path().join("pwned").exists() && !dir.path().join("schemas/pwned").exists());
}

#[test]
fn a_pre_commit_hook_stops_the_commit() {
    let dir = repository();
    let hook = dir.path().join(".git/hooks/pre-commit");
    let line = format!("#!/bin/sh\nexec '{}' check schemas --against git:HEAD\n", support::binary());
    std::fs::write(&hook, line).unwrap();
    let status = Command::new("chmod").arg("+x").arg(&hook).status().unwrap();
    assert!(status.success());
    put(dir.path(), "schemas/order.avsc", BREAK);
    git(dir.path(), &["add", "-A"]);
    let attempt = Command::new("git")
        .arg("-C")
        .arg(dir.path())
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "m"])
        .output()
        .unwrap();
    assert!(!attempt.status.success());
    put(dir.path(), "schemas/order.avsc", FINE);
    commit(dir.path());
}

#[test]
fn the_verdict_is_the_servers() {
    let data = tempfile::tempdir().unwrap();
    let files = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &["--memory"]);
    let avro = [
        "\"int\"",
        "\"long\"",
        "\"string\"",
        "\"bytes\"",
        "[\"null\",\"int\"]",
        "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}",
    ];
    let json = [
        "{\"type\":\"string\"}",
        "{\"type\":[\"string\",\"null\"]}",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\"}}}",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\"}},\"additionalProperties\":false}",
    ];
    let proto = ["int32 a = 1;", "int64 a = 1;", "string a = 1;", "int32 a = 2;", ""]
        .map(|f| format!("syntax = \"proto3\"; message M {{ {f} }}"));
    let groups: [(&str, &str, Vec<String>); 3] = [
        ("avsc", "AVRO", avro.iter().map(|s| (*s).to_owned()).collect()),
        ("json", "JSON", json.iter().map(|s| (*s).to_owned()).collect()),
        ("proto", "PROTOBUF", proto.to_vec()),
    ];
    let mut verdicts = [0, 0];
    for (extension, ty, texts) in groups {
        for (i, old) in texts.iter().enumerate() {
            let body = |text: &str| serde_json::json!({ "schema": text, "schemaType": ty }).to_string();
            let subject = format!("{extension}{i}");
            let (status, answer) = server.post(&format!("/subjects/{subject}/versions"), &body(old));
            assert_eq!(status, 200, "{answer}");
            put(files.path(), &format!("old.{extension}"), old);
            for new in &texts {
                let path = format!("/compatibility/subjects/{subject}/versions/latest");
                let fits = server.post(&path, &body(new)).1["is_compatible"].as_bool().unwrap();
                put(files.path(), &format!("new.{extension}"), new);
                let (new_name, old_name) = (format!("new.{extension}"), format!("old.{extension}"));
                let (code, out, said) = run(files.path(), &[&new_name, "--against", &old_name]);
                assert_eq!(code, i32::from(!fits), "{old} -> {new}: {out}{said}");
                verdicts[usize::from(fits)] += 1;
            }
        }
    }
    assert!(verdicts.iter().all(|n| *n > 10), "{verdicts:?}");
}

fn registered(server: &Server, subject: &str, body: &Value) {
    let (status, answer) = server.post(&format!("/subjects/{subject}/versions"), &body.to_string());
    assert_eq!(status, 200, "{subject}: {answer}");
}

fn level(server: &Server, subject: &str, level: &str) {
    let body = serde_json::json!({ "compatibility": level }).to_string();
    let headers = [("Content-Type", "application/json")];
    let (status, answer) = server.request("PUT", &format!("/config/{subject}"), &headers, body.as_bytes());
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn a_registry_as_the_older_state() {
    let (data, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (server, d) = (Server::start(data.path(), &["--memory"]), files.path());
    let url = format!("http://{}", server.http);
    let schema = |text: &str| serde_json::json!({ "schema": text });
    level(&server, "order", "NONE");
    registered(&server, "order", &schema(OLD));
    registered(&server, "order", &schema(FINE));
    put(d, "order.avsc", BREAK);
    put(d, "new.avsc", "{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}");
    // The registry's level, then a level of the file, then the flag.
    let (code, out, said) = run(d, &[".", "--against", &url]);
    assert_eq!((code, out.contains("(order, NONE)")), (0, true), "{out}{said}");
    assert!(out.contains("new.avsc: no baseline"), "{out}");
    level(&server, "order", "BACKWARD_TRANSITIVE");
    let (code, out, _) = run(d, &[".", "--against", &url]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains(&format!("against {url} version 1:")), "{out}");
    let (code, out, _) = run(d, &["order.avsc", "--against", &url, "--format", "json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["subjects"][0]["level"]), (1, &Value::from("BACKWARD_TRANSITIVE")), "{json}");
    assert_eq!(json["subjects"][0]["findings"][0]["place"]["line"], 3);
    put(d, "assay-check.toml", "level = \"BACKWARD\"\n");
    assert_eq!(run(d, &[".", "--against", &url]).0, 0);
    assert_eq!(run(d, &[".", "--against", &url, "--level", "FULL_TRANSITIVE"]).0, 1);
    // A file under another name; what is gone points to the version's URL.
    put(d, "other.avsc", OLD);
    let args = ["other.avsc", "--subject", "order", "--against", &url, "--level", "FORWARD"];
    let (code, out, _) = run(d, &args);
    assert_eq!(
        (code, out.as_str()),
        (0, "other.avsc: compatible (order, FORWARD)\n1 checked: 1 compatible\n")
    );
    put(d, "other.avsc", OLD.replace("\"string\"", "\"int\""));
    let (code, out, _) = run(d, &args);
    assert_eq!(code, 1);
    assert!(out.contains(&format!("({url}/subjects/order/versions/2:1:")), "{out}");
    // Refused, with words.
    let (code, _, said) = run(d, &[".", "--against", &url, "--against", "git:main"]);
    assert_eq!((code, said.contains("stands alone")), (2, true), "{said}");
    let (code, _, said) = run(d, &[".", "--against", "http://user:secret@127.0.0.1:1"]);
    assert_eq!((code, said.contains("secret")), (2, false), "{said}");
    let (code, _, said) = run(d, &[".", "--against", "https://user:secret@127.0.0.1:1"]);
    assert_eq!((code, said.contains("secret")), (2, false), "{said}");
}

#[test]
fn references_of_a_registry_are_read_at_their_pinned_versions() {
    let (data, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (server, d) = (Server::start(data.path(), &["--memory"]), files.path());
    let url = format!("http://{}", server.http);
    let item = |ty: &str| {
        format!("{{\"type\":\"record\",\"name\":\"Item\",\"fields\":[{{\"name\":\"a\",\"type\":\"{ty}\"}}]}}")
    };
    let order = "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"i\",\"type\":\"Item\"}]}";
    level(&server, ":.shop:item", "NONE");
    registered(&server, ":.shop:item", &serde_json::json!({ "schema": item("int") }));
    let refers = serde_json::json!({ "schema": order, "references": [{"name": "Item", "subject": "item", "version": 1}] });
    registered(&server, ":.shop:order", &refers);
    registered(&server, ":.shop:item", &serde_json::json!({ "schema": item("string") }));
    let (status, answer) = server.request("DELETE", "/subjects/:.shop:item/versions/2", &[], b"");
    assert_eq!(status, 200, "{answer}");
    registered(&server, ":.shop:item", &serde_json::json!({ "schema": item("string") }));
    put(d, "assay-check.toml", "[[schema]]\npath = \"order.avsc\"\nsubject = \":.shop:{name}\"\n");
    put(d, "order.avsc", order);
    put(d, "item.avsc", item("long"));
    let (code, out, said) = run(d, &[".", "--against", &url]);
    assert_eq!(code, 0, "long reads the int of version 1: {out}{said}");
    put(d, "item.avsc", item("string"));
    let (code, out, _) = run(d, &[".", "--against", &url]);
    assert_eq!((code, out.contains("item.avsc:1:")), (1, true), "{out}");
    assert!(out.contains(&format!("({url}/subjects/:.shop:item/versions/1:1:")), "{out}");
    // The same registry by the path of the context.
    let (code, _, said) =
        run(d, &["order.avsc", "--subject", "order", "--against", &format!("{url}/contexts/.shop")]);
    assert_eq!(code, 1, "{said}");
}
