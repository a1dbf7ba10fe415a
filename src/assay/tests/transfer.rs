//! `assay backup`, `restore` and `migrate` between real servers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use crate::support::{Server, assay};
use serde_json::{Value, json};

fn register(server: &Server, subject: &str, body: &Value) -> Value {
    let (status, answer) = server.post(&format!("/subjects/{subject}/versions"), &body.to_string());
    assert_eq!(status, 200, "{subject}: {answer}");
    answer
}

fn avro(fields: &[&str]) -> Value {
    let fields: Vec<Value> =
        fields.iter().map(|f| json!({"name": f, "type": "string", "default": ""})).collect();
    json!({ "schema": json!({"type": "record", "name": "R", "fields": fields}).to_string() })
}

fn call(server: &Server, method: &str, path: &str, body: &str) {
    let (status, answer) =
        server.request(method, path, &[("Content-Type", "application/json")], body.as_bytes());
    assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
}

/// Three formats, references, contexts, soft and hard deletions, configs, modes, metadata.
fn populate(server: &Server) {
    for fields in [&["a"][..], &["a", "b"], &["a", "b", "c"]] {
        register(server, "a-value", &avro(fields));
    }
    call(server, "DELETE", "/subjects/a-value/versions/2", "");
    register(server, "item", &json!({"schema": "{\"type\":\"record\",\"name\":\"Item\",\"fields\":[]}"}));
    let order = json!({
        "schema": "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"i\",\"type\":\"Item\"}]}",
        "references": [{"name": "Item", "subject": "item", "version": 1}],
    });
    register(server, "a-referrer", &order);
    register(server, "gone", &order);
    call(server, "DELETE", "/subjects/gone", "");
    register(server, "j", &json!({"schemaType": "JSON", "schema": "{ \"b\" : 1.0,\n \"a\" : true }"}));
    register(
        server,
        "p",
        &json!({"schemaType": "PROTOBUF", "schema": "syntax = \"proto3\"; message M { string a = 1; }"}),
    );
    let mut owned = avro(&["owned"]);
    owned["metadata"] = json!({"properties": {"owner": "x"}});
    register(server, "owned", &owned);
    register(server, ":.ctx:a%2Fb", &avro(&["in", "a", "context"]));
    call(server, "PUT", "/config/a-value", "{\"compatibility\":\"FULL\"}");
    call(server, "PUT", "/config", "{\"compatibility\":\"FORWARD\"}");
    call(server, "PUT", "/mode/j", "{\"mode\":\"READONLY\"}");
    // Settings where no version is.
    call(server, "PUT", "/config/nobody", "{\"compatibility\":\"NONE\",\"normalize\":true}");
    call(server, "PUT", "/mode/:.nowhere:", "{\"mode\":\"READONLY\"}");
    call(server, "PUT", "/config/:.__GLOBAL:", "{\"validateFields\":true}");
    call(server, "PUT", "/config/item", "{\"alias\":\"a-value\"}");
    let last = register(server, "last", &avro(&["last"]));
    call(server, "DELETE", "/subjects/last", "");
    call(server, "DELETE", "/subjects/last?permanent=true", "");
    assert!(last["id"].as_u64().unwrap() > 5);
}

fn run(args: &[&str]) -> (i32, String, String) {
    let out = assay(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap_or(-1), text(out.stdout), text(out.stderr))
}

fn url(server: &Server) -> String {
    format!("http://{}", server.http)
}

/// The lines of a backup, times of registration and all.
fn backup(server: &Server) -> Vec<String> {
    let (code, text, err) = run(&["backup", "--url", &url(server)]);
    assert_eq!(code, 0, "{err}");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_backup_restores_everything_and_ids_go_on_behind_the_highest() {
    let dir = tempfile::tempdir().unwrap();
    let one = Server::start(&dir.path().join("one"), &[]);
    populate(&one);
    let file = dir.path().join("registry.jsonl");
    let file = file.to_str().unwrap();
    assert_eq!(run(&["backup", "--url", &url(&one), "--output", file]).0, 0);
    let two = Server::start(&dir.path().join("two"), &[]);
    let (code, out, err) = run(&["restore", file, "--url", &url(&two), "--json"]);
    assert_eq!(code, 0, "{err}");
    let done: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&done["present"], &done["skipped"]), (&json!(0), &json!(0)));
    assert_eq!(backup(&two), backup(&one));
    // Again: everything is there already.
    let (code, out, err) = run(&["restore", file, "--url", &url(&two), "--json"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["registered"], 0);

    for server in [&one, &two] {
        call(server, "PUT", "/config", "{\"compatibility\":\"NONE\"}");
    }
    assert_eq!(
        register(&two, "next", &avro(&["next"]))["id"],
        register(&one, "next", &avro(&["next"]))["id"]
    );
}

#[test]
fn a_directory_is_backed_up_and_restored_without_a_server() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("one");
    let one = Server::start(&data, &[]);
    populate(&one);
    let online = backup(&one);
    let data = data.to_str().unwrap();
    let (code, _, err) = run(&["backup", "--data-dir", data]);
    assert_eq!(code, 1);
    assert!(err.contains("in use"), "{err}");
    assert_eq!(one.stop("TERM").code(), Some(0));
    let file = dir.path().join("registry.jsonl");
    assert_eq!(run(&["backup", "--data-dir", data, "--output", file.to_str().unwrap()]).0, 0);
    let other = dir.path().join("two");
    let (code, _, err) = run(&["restore", file.to_str().unwrap(), "--data-dir", other.to_str().unwrap()]);
    assert_eq!(code, 0, "{err}");
    let two = Server::start(&other, &[]);
    assert_eq!(backup(&two), online);
    let nowhere = dir.path().join("nowhere");
    let (code, _, err) = run(&["backup", "--data-dir", nowhere.to_str().unwrap()]);
    assert!(code == 1 && err.contains("no registry"), "{err}");
}

#[test]
fn conflicts_fail_before_anything_is_written_or_are_skipped_or_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let one = Server::start(&dir.path().join("one"), &[]);
    register(&one, "a", &avro(&["one"]));
    register(&one, "b", &avro(&["b"]));
    let two = Server::start(&dir.path().join("two"), &[]);
    register(&two, "a", &avro(&["two"]));
    let migrate =
        |how: &str| run(&["migrate", "--from", &url(&one), "--to", &url(&two), "--on-conflict", how]);
    let (code, _, err) = migrate("fail");
    assert!(code == 1 && err.contains("a version 1") && err.contains("nothing written"), "{err}");
    assert_eq!(two.get("/subjects").1, json!(["a"]));
    let (code, out, err) = migrate("skip");
    assert!(code == 0 && out.contains("1 skipped"), "{out}{err}");
    assert!(two.get("/subjects/a/versions/1").1["schema"].as_str().unwrap().contains("two"));
    let (code, out, err) = migrate("overwrite");
    assert!(code == 0 && out.contains("1 replaced"), "{out}{err}");
    assert_eq!(backup(&two), backup(&one));
}

#[test]
fn a_migration_that_is_killed_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let one = Server::start(&dir.path().join("one"), &[]);
    populate(&one);
    for n in 0..300 {
        register(&one, &format!("s{}", n % 30), &avro(&[&format!("f{n}")]));
    }
    let two = Server::start(&dir.path().join("two"), &[]);
    let args = ["migrate", "--from", &url(&one), "--to", &url(&two)];
    for ms in [30, 60, 90] {
        let mut child = assay(&args).stdout(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(ms));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    // As a run leaves it that is killed between a subject's last version and its mode.
    call(&two, "PUT", "/mode/s1?force=true", "{\"mode\":\"IMPORT\"}");
    let (code, out, err) = run(&args);
    assert!(code == 0 && out.contains("verified"), "{out}{err}");
    assert_eq!(backup(&two), backup(&one));
}

#[test]
fn a_file_that_is_not_a_backup_is_refused_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x");
    std::fs::write(&file, "{\"assay-backup\":1}\n{\"subject\":\"a\"}\n").unwrap();
    let (code, _, err) =
        run(&["restore", file.to_str().unwrap(), "--data-dir", dir.path().to_str().unwrap()]);
    assert!(code == 1 && err.contains("line 2"), "{err}");
}

#[test]
fn times_originals_and_settings_without_versions_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let one = Server::start(&dir.path().join("one"), &[]);
    populate(&one);
    let lines = backup(&one);
    let has = |part: &str| assert!(lines.iter().any(|line| line.contains(part)), "{part} in {lines:#?}");
    has("{\"config\":{\"compatibilityLevel\":\"NONE\",\"normalize\":true},\"subject\":\"nobody\"}");
    has("{\"mode\":\"READONLY\",\"subject\":\":.nowhere:\"}");
    has("\"subject\":\":.__GLOBAL:\"");
    has("\"original\":\"{ \\\"b\\\" : 1.0,\\n \\\"a\\\" : true }\"");
    let two = Server::start(&dir.path().join("two"), &[]);
    let (code, _, err) = run(&["migrate", "--from", &url(&one), "--to", &url(&two)]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(backup(&two), lines);
    let ts = |server: &Server| server.get("/subjects/owned/versions/1").1["ts"].clone();
    assert!(ts(&one).is_i64());
    assert_eq!(ts(&two), ts(&one));
    assert_eq!(two.get("/subjects/j/versions/1/schema?format=original").1, json!({"b": 1.0, "a": true}));
}

#[test]
fn overwriting_replaces_what_has_the_id_and_keeps_what_is_nobodys_business() {
    let dir = tempfile::tempdir().unwrap();
    let one = Server::start(&dir.path().join("one"), &[]);
    register(&one, "a", &avro(&["one"]));
    call(&one, "PUT", "/config/a", "{\"compatibility\":\"FULL\"}");
    let two = Server::start(&dir.path().join("two"), &[]);
    register(&two, "other", &avro(&["two"])); // has id 1 too
    register(&two, "theirs", &avro(&["theirs"]));
    call(&two, "PUT", "/config/other", "{\"compatibility\":\"NONE\"}");
    call(&two, "PUT", "/config/a", "{\"compatibility\":\"BACKWARD\"}");
    call(&two, "PUT", "/mode/a", "{\"mode\":\"READONLY\"}");
    let migrate =
        |how: &str| run(&["migrate", "--from", &url(&one), "--to", &url(&two), "--on-conflict", how]);
    let before = backup(&two);
    let (code, _, err) = migrate("fail");
    assert!(code == 1 && err.contains("id 1 is another schema") && err.contains("config of a"), "{err}");
    assert_eq!(backup(&two), before);
    let (code, out, err) = migrate("skip");
    assert!(code == 0 && out.contains("2 skipped"), "{out}{err}");
    assert_eq!(backup(&two), before);
    let (code, out, err) = migrate("overwrite");
    assert!(code == 0 && out.contains("1 replaced"), "{out}{err}");
    assert_eq!(two.get("/schemas/ids/1").1["schema"], one.get("/schemas/ids/1").1["schema"]);
    assert_eq!(two.get("/subjects").1, json!(["a", "theirs"]));
    assert_eq!(two.get("/config/a").1, json!({"compatibilityLevel": "FULL"}));
    assert_eq!(two.get("/config/other").1, json!({"compatibilityLevel": "NONE"}), "its config is nobody's");
    assert_eq!(two.get("/mode/a").1, json!({"mode": "READONLY"}));
}

#[test]
fn what_a_killed_run_left_of_the_highest_id_is_cleared_away() {
    let dir = tempfile::tempdir().unwrap();
    let one = Server::start(&dir.path().join("one"), &[]);
    populate(&one);
    let two = Server::start(&dir.path().join("two"), &[]);
    let junk = "assay-restore-highest-id";
    call(&two, "PUT", &format!("/mode/{junk}?force=true"), "{\"mode\":\"IMPORT\"}");
    let mut left = avro(&["x"]);
    left["id"] = json!(2); // an id that is wanted
    register(&two, junk, &left);
    let (code, _, err) = run(&["migrate", "--from", &url(&one), "--to", &url(&two)]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(backup(&two), backup(&one));
}
