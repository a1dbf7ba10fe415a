//! `assay plan`, `apply` and `pull` against a real server: all formats, references, contexts, configs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::Path;

use crate::support::{Server, assay, costly};
use serde_json::{Value, json};

fn put(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn read(dir: &Path, name: &str) -> String {
    std::fs::read_to_string(dir.join(name)).unwrap()
}

fn call(server: &Server, method: &str, path: &str, body: &Value) -> Value {
    let headers = [("Content-Type", "application/json")];
    let (status, answer) = server.request(method, path, &headers, body.to_string().as_bytes());
    assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
    answer
}

fn register(server: &Server, subject: &str, body: &Value) -> Value {
    call(server, "POST", &format!("/subjects/{subject}/versions"), body)
}

fn url(server: &Server) -> String {
    format!("http://{}", server.http)
}

/// Exit code, stdout, stderr of a command about a directory.
fn run(server: &Server, command: &str, dir: &Path, more: &[&str]) -> (i32, String, String) {
    let url = url(server);
    let out = assay(&[command]).arg(dir).args(["--url", &url]).args(more).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap_or(-1), text(out.stdout), text(out.stderr))
}

fn apply_saved(server: &Server, file: &Path) -> (i32, String, String) {
    let url = url(server);
    let out = assay(&["apply", "--url", &url, "--plan"]).arg(file).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap_or(-1), text(out.stdout), text(out.stderr))
}

#[track_caller]
fn settled(server: &Server, dir: &Path) {
    let (code, out, said) = run(server, "plan", dir, &["--detailed-exitcode"]);
    assert_eq!((code, out.contains("nothing to do")), (0, true), "{out}{said}");
}

fn record(name: &str, fields: &[(&str, &str)]) -> String {
    let field = |(name, ty): &(&str, &str)| json!({ "name": name, "type": ty });
    json!({ "type": "record", "name": name, "fields": fields.iter().map(field).collect::<Vec<_>>() })
        .to_string()
}

const ITEM: &str = "syntax = \"proto3\";\npackage shop;\nmessage Item { string sku = 1; }\n";
const ORDER: &str = "syntax = \"proto3\";\npackage shop;\nimport \"shop/item.proto\";\nmessage Order { repeated Item items = 1; }\n";
const ROWS: &str = r#"
level = "BACKWARD"
[registry]
owned = ["t-", ":.shop:"]
[[schema]]
path = "avro/*.avsc"
subject = "t-{name}"
[[schema]]
path = "shop/order.proto"
subject = ":.shop:order-value"
level = "FULL"
config = { normalize = true }
[[schema]]
path = "shop/*"
subject = ":.shop:{name}"
[[schema]]
path = "json/**"
subject = "t-json-{name}"
metadata = { properties = { owner = "us" }, sensitive = ["x"] }
"#;

fn directory() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let d = dir.path();
    put(d, "assay-check.toml", ROWS);
    put(d, "avro/order.avsc", &record("Order", &[("i", "Item"), ("c", "Customer")]));
    put(d, "avro/item.avsc", &record("Item", &[("c", "Customer")]));
    put(d, "avro/customer.avsc", &record("Customer", &[("name", "string")]));
    put(d, "shop/item.proto", ITEM);
    put(d, "shop/order.proto", ORDER);
    put(d, "json/top.json", r#"{"type":"object","properties":{"i":{"$ref":"part.json"}}}"#);
    put(d, "json/part.json", r#"{"type":"string"}"#);
    dir
}

#[test]
fn a_directory_becomes_a_registry_and_back() {
    let (data, again) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (server, dir) = (Server::start(data.path(), &["--memory"]), directory());
    let (code, out, said) = run(&server, "plan", dir.path(), &["--detailed-exitcode"]);
    assert_eq!(code, 3, "{out}{said}");
    assert!(out.contains("7 to register, 1 to configure, 0 to delete, 0 unchanged, 0 refused"), "{out}");
    let at = |text: &str| out.find(text).unwrap_or_else(|| panic!("{text} in {out}"));
    assert!(
        at("t-customer: register") < at("t-item: register")
            && at("t-item: register") < at("t-order: register")
    );
    assert!(at(":.shop:item: register") < at(":.shop:order-value: register"));
    assert!(out.contains("~ :.shop:order-value: compatibility BACKWARD -> FULL"), "{out}");
    assert_eq!(server.get("/subjects").1, json!([]), "a plan writes nothing");
    let (code, out, said) = run(&server, "apply", dir.path(), &["--json"]);
    assert_eq!((code, out.trim()), (0, r#"{"configured":1,"deleted":0,"registered":7}"#), "{said}");
    let order = server.get("/subjects/t-order/versions/1").1;
    let expected = json!([
        {"name": "Item", "subject": "t-item", "version": 1}, {"name": "Customer", "subject": "t-customer", "version": 1}
    ]);
    assert_eq!(order["references"], expected, "{order}");
    let proto = server.get("/subjects/:.shop:order-value/versions/1").1;
    assert_eq!(proto["references"], json!([{"name": "shop/item.proto", "subject": "item", "version": 1}]));
    assert_eq!(server.get("/config/:.shop:order-value").1["normalize"], true);
    assert_eq!(server.get("/subjects/t-json-top/versions/1").1["metadata"]["properties"]["owner"], "us");
    settled(&server, dir.path());

    // Pulled, it is the same; and from what was pulled an empty registry becomes the same.
    let pulled = again.path().join("pulled");
    let (code, out, said) = run(&server, "pull", &pulled, &[]);
    assert_eq!((code, out.starts_with("7 subjects written to")), (0, true), "{out}{said}");
    settled(&server, &pulled);
    let (code, _, said) = run(&server, "pull", &pulled, &[]);
    assert_eq!((code, said.contains("not empty")), (2, true), "{said}");
    let (other_data, third) = (tempfile::tempdir().unwrap(), again.path().join("third"));
    let other = Server::start(other_data.path(), &["--memory"]);
    let (code, out, said) = run(&other, "apply", &pulled, &[]);
    assert_eq!(code, 0, "{out}{said}");
    settled(&other, &pulled);
    assert_eq!(run(&other, "pull", &third, &[]).0, 0);
    for file in ["assay-check.toml", "t-order.avsc", "shop/order-value.proto", "t-json-top.json"] {
        assert_eq!(read(&pulled, file), read(&third, file), "{file}");
    }
    let guid = |server: &Server| server.get("/subjects/t-order/versions/1").1["guid"].clone();
    assert_eq!(guid(&server), guid(&other));
    // What was pulled can be checked without a server, references and all.
    let out = assay(&["check"]).arg(&pulled).arg("--against").arg(&third).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success() && text.contains("7 compatible"), "{text}");
}

#[test]
fn changes_are_planned_and_a_break_stops_everything() {
    let data = tempfile::tempdir().unwrap();
    let (server, dir) = (Server::start(data.path(), &["--memory"]), directory());
    let d = dir.path();
    assert_eq!(run(&server, "apply", d, &[]).0, 0);
    // A change of what others refer to changes those too; nobody can ask the registry about them before.
    put(d, "avro/customer.avsc", &record("Customer", &[("name", "bytes")]));
    let (code, out, said) = run(&server, "plan", d, &[]);
    assert_eq!(code, 0, "{out}{said}");
    for line in [
        "+ t-customer: register version 2 (avro/customer.avsc)",
        "+ t-item: register version 2 (avro/item.avsc, checked here",
        "+ t-order: register version 2 (avro/order.avsc, checked here",
    ] {
        assert!(out.contains(line), "{line} in {out}");
    }
    // A break: refused, and what refers to it; nothing is written, not even what would fit.
    put(d, "avro/customer.avsc", &record("Customer", &[("name", "int")]));
    put(d, "shop/item.proto", &ITEM.replace("}", "int32 n = 2; }"));
    let (code, out, _) = run(&server, "plan", d, &[]);
    assert_eq!((code, out.contains("TYPE_MISMATCH")), (1, true), "{out}");
    assert!(out.contains("avro/customer.avsc, which it refers to, is refused"), "{out}");
    let (code, _, said) = run(&server, "apply", d, &[]);
    assert_eq!((code, said.contains("nothing was written")), (1, true), "{said}");
    assert_eq!(server.get("/subjects/:.shop:item/versions").1, json!([1]));
    // The level of the plan counts, not that of the registry.
    put(d, "assay-check.toml", &ROWS.replace("level = \"BACKWARD\"", "level = \"NONE\""));
    let (code, out, said) = run(&server, "apply", d, &[]);
    assert_eq!(code, 0, "{out}{said}");
    assert_eq!(server.get("/subjects/t-customer/versions").1, json!([1, 2]));
    assert_eq!(server.get("/config/t-customer").1["compatibilityLevel"], "NONE");
    settled(&server, d);
    // An older text is no change: the registry knows it, and keeps the latest.
    put(d, "avro/customer.avsc", &record("Customer", &[("name", "string")]));
    let (code, out, _) = run(&server, "plan", d, &[]);
    assert_eq!((code, out.contains("is version 1 already; the latest is 2")), (0, true), "{out}");
    // A subject that is read-only.
    call(&server, "PUT", "/mode/t-json-part", &json!({ "mode": "READONLY" }));
    put(d, "json/part.json", r#"{"type":["string","null"]}"#);
    let (code, out, _) = run(&server, "plan", d, &[]);
    assert_eq!((code, out.contains("mode is READONLY")), (1, true), "{out}");
}

#[test]
fn a_saved_plan_is_done_exactly_or_not_at_all() {
    let data = tempfile::tempdir().unwrap();
    let (server, dir) = (Server::start(data.path(), &["--memory"]), directory());
    let (d, saved) = (dir.path(), dir.path().join("plan.out"));
    let save = || run(&server, "plan", d, &["--out", saved.to_str().unwrap()]);
    assert_eq!(save().0, 0);
    // Not the directory: the plan.
    put(d, "avro/customer.avsc", "no schema");
    let (code, out, said) = apply_saved(&server, &saved);
    assert_eq!((code, out.trim()), (0, "done: 7 registered, 1 configured, 0 deleted"), "{said}");
    let (code, _, said) = apply_saved(&server, &saved);
    assert_eq!(
        (code, said.contains("moved on") && said.contains("t-order (its versions)")),
        (2, true),
        "{said}"
    );
    put(d, "avro/customer.avsc", &record("Customer", &[("name", "bytes")]));
    assert_eq!(save().0, 0);
    call(&server, "PUT", "/config/t-item", &json!({ "compatibility": "FULL" }));
    let (code, _, said) = apply_saved(&server, &saved);
    assert_eq!((code, said.contains("t-item (its config)")), (2, true), "{said}");
    assert_eq!(server.get("/subjects/t-customer/versions").1, json!([1]), "nothing was written");
    // Another registry, a broken file, a plan with a refusal in it.
    let text = std::fs::read_to_string(&saved).unwrap();
    for (old, new, words, wanted) in [
        (url(&server), "http://elsewhere".to_owned(), "was made for http://elsewhere", 2),
        ("\"assay-plan\": 1".to_owned(), "\"assay-plan\": 2".to_owned(), "format 2", 2),
        ("\"steps\"".to_owned(), "\"stops\"".to_owned(), "no plan", 2),
        ("\"state\": {".to_owned(), "\"state\": {}, \"was\": {".to_owned(), "no plan", 2),
        (
            "\"refused\": []".to_owned(),
            "\"refused\": [{\"subject\":\"s\",\"file\":null,\"reasons\":[\"why\"]}]".to_owned(),
            "nothing was written",
            1,
        ),
    ] {
        assert!(text.contains(&old), "{old}");
        std::fs::write(&saved, text.replacen(&old, &new, 1)).unwrap();
        let (code, _, said) = apply_saved(&server, &saved);
        assert_eq!((code, said.contains(words)), (wanted, true), "{words}: {said}");
    }
}

#[test]
fn deletes_only_what_is_owned_and_free() {
    let data = tempfile::tempdir().unwrap();
    let (server, dir) = (Server::start(data.path(), &["--memory"]), directory());
    let d = dir.path();
    assert_eq!(run(&server, "apply", d, &[]).0, 0);
    register(&server, "foreign", &json!({ "schema": "\"string\"" }));
    for gone in ["avro/order.avsc", "avro/item.avsc", "avro/customer.avsc"] {
        std::fs::remove_file(d.join(gone)).unwrap();
    }
    let (code, out, _) = run(&server, "plan", d, &[]);
    assert_eq!(
        (code, out.contains("no file for t-customer, t-item, t-order; --delete would")),
        (0, true),
        "{out}"
    );
    let blocker = json!({
        "schema": record("B", &[("c", "Customer")]),
        "references": [{"name": "Customer", "subject": "t-customer", "version": 1}],
    });
    register(&server, "blocker", &blocker);
    let (code, out, _) = run(&server, "plan", d, &["--delete"]);
    assert_eq!((code, out.contains("blocker version 1 refers to it and stays")), (1, true), "{out}");
    call(&server, "DELETE", "/subjects/blocker", &Value::Null);
    let (code, out, said) = run(&server, "apply", d, &["--delete"]);
    assert_eq!((code, out.contains("0 registered, 0 configured, 3 deleted")), (0, true), "{out}{said}");
    let left = server.get("/subjects").1;
    assert_eq!(
        left,
        json!([":.shop:item", ":.shop:order-value", "foreign", "t-json-part", "t-json-top"]),
        "{left}"
    );
    let owned = ROWS.replace("owned = [\"t-\", \":.shop:\"]", "owned = []");
    put(d, "assay-check.toml", &owned);
    let (code, _, said) = run(&server, "plan", d, &["--delete"]);
    assert_eq!((code, said.contains("owns no prefix")), (2, true), "{said}");
}

#[test]
fn pulled_references_keep_their_versions() {
    let (data, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start(data.path(), &["--memory"]);
    call(&server, "PUT", "/config", &json!({ "compatibility": "FORWARD" }));
    call(&server, "PUT", "/config/item", &json!({ "compatibility": "NONE", "normalize": true }));
    register(&server, "item", &json!({ "schema": record("Item", &[("a", "int")]) }));
    let refers = |version: i32| {
        json!({ "schema": record("Order", &[("i", "Item")]),
            "references": [{"name": "Item", "subject": "item", "version": version}] })
    };
    register(&server, "order", &refers(1));
    register(&server, "item", &json!({ "schema": record("Item", &[("a", "string")]) }));
    register(&server, "late", &refers(2));
    // Written in another order than a tree would find them, subjects spelled out.
    let two = json!({ "schema": "{\"type\":\"record\",\"name\":\"Two\",\"fields\":[{\"name\":\"l\",\"type\":\"Order\"},{\"name\":\"i\",\"type\":\"Item\"}]}",
        "references": [{"name": "Item", "subject": ":.:item", "version": 1}, {"name": "Order", "subject": "order", "version": 1}] });
    register(&server, "two", &two);
    register(&server, ":.shop:UPPER", &json!({ "schema": "\"string\"" }));
    register(&server, ":.shop:upper", &json!({ "schemaType": "JSON", "schema": "{ \"b\":1.50,\"a\":[ ] }" }));
    register(&server, "a%2F..%2Fb%20%3F*", &json!({ "schemaType": "PROTOBUF", "schema": "message M {}" }));
    register(&server, "gone", &json!({ "schema": "\"long\"" }));
    call(&server, "DELETE", "/subjects/gone", &Value::Null);
    let pulled = files.path().join("p");
    let (code, out, said) = run(&server, "pull", &pulled, &[]);
    assert_eq!((code, out.starts_with("7 subjects, 1 older versions")), (0, true), "{out}{said}");
    let config = read(&pulled, "assay-check.toml");
    assert!(config.contains("path = \"item@1.avsc\"\nsubject = \"item\"\nversion = 1"), "{config}");
    settled(&server, &pulled);
    // The new version of what is referred to leaves alone who refers to an older one.
    put(&pulled, "item.avsc", &record("Item", &[("a", "bytes")]));
    let (code, out, said) = run(&server, "plan", &pulled, &[]);
    assert_eq!(code, 0, "{out}{said}");
    assert!(
        out.contains("+ item: register version 3") && out.contains("+ late: register version 2"),
        "{out}"
    );
    assert!(!out.contains("order: register") && !out.contains("two: register"), "{out}");
    // An older file that is not what the registry has.
    put(&pulled, "item@1.avsc", &record("Item", &[("a", "long")]));
    let (code, out, _) = run(&server, "plan", &pulled, &[]);
    assert_eq!((code, out.contains("has another schema there")), (1, true), "{out}");
    // A part: what it refers to outside comes as an older version; what people wrote stays.
    put(files.path(), "q/assay-check.toml", "[registry]\nowned = [\"two\"]\n");
    let part = files.path().join("q");
    let (code, out, said) = run(&server, "pull", &part, &["--prefix", "two", "--force"]);
    assert_eq!((code, out.starts_with("1 subjects, 2 older versions")), (0, true), "{out}{said}");
    assert!(read(&part, "assay-check.toml").contains("owned = [\"two\"]"));
    settled(&server, &part);
}

#[test]
fn exit_codes() {
    let data = tempfile::tempdir().unwrap();
    let (server, dir) = (Server::start(data.path(), &["--memory"]), directory());
    let at = |args: &[&str]| assay(args).output().unwrap().status.code().unwrap();
    let d = dir.path().to_str().unwrap();
    assert_eq!(at(&["plan", d, "--url", "http://127.0.0.1:1"]), 2);
    assert_eq!(at(&["plan", d, "--url", "https://127.0.0.1:1"]), 2);
    assert_eq!(at(&["plan", "/nowhere", "--url", &url(&server)]), 2);
    assert_eq!(at(&["plan", d]), 2);
    assert_eq!(at(&["apply", "--url", &url(&server)]), 2);
    assert_eq!(at(&["apply", "--plan", "/nowhere", "--url", &url(&server)]), 2);
    assert_eq!(at(&["pull", d, "--url", &url(&server)]), 2);
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(run(&server, "plan", empty.path(), &[]).0, 2);
    put(empty.path(), "a.avsc", "{\"type\":");
    assert_eq!(run(&server, "plan", empty.path(), &[]).0, 2);
    put(empty.path(), "a.avsc", "\"int\"");
    let inside = empty.path().join("plan.json");
    let (code, _, said) = run(&server, "plan", empty.path(), &["--out", inside.to_str().unwrap()]);
    assert_eq!((code, said.contains("taken for a schema"), inside.exists()), (2, true, false), "{said}");
    let (code, out, _) = run(&server, "plan", empty.path(), &["--json"]);
    let plan: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (code, &plan["steps"][0]["action"], &plan["steps"][0]["decided"]),
        (0, &json!("register"), &json!("registry"))
    );
}

#[test]
fn a_registry_that_answers_with_the_id_alone() {
    let data = tempfile::tempdir().unwrap();
    let (server, dir) = (Server::start(data.path(), &["--memory", "--api-generation=7"]), directory());
    let (code, out, said) = run(&server, "apply", dir.path(), &[]);
    assert_eq!((code, out.contains("done: 7 registered")), (0, true), "{out}{said}");
    settled(&server, dir.path());
    let pulled = dir.path().join("pulled");
    assert_eq!(run(&server, "pull", &pulled, &[]).0, 0);
    settled(&server, &pulled);
}

#[test]
fn a_name_with_two_meanings_is_told() {
    let (data, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (server, d) = (Server::start(data.path(), &["--memory"]), dir.path());
    for (at, ty) in [("a", "string"), ("b", "integer")] {
        put(d, &format!("{at}/id.json"), &json!({ "type": ty }).to_string());
        put(d, &format!("{at}/x.json"), &json!({ "properties": { "i": { "$ref": "id.json" } } }).to_string());
    }
    let top = json!({ "properties": { "a": { "$ref": "a/x.json" }, "b": { "$ref": "b/x.json" } } });
    put(d, "top.json", &top.to_string());
    let (code, out, said) = run(&server, "plan", d, &[]);
    assert_eq!((code, out.contains("top.json: \"id.json\" means")), (0, true), "{out}{said}");
    let out = assay(&["check", ".", "--against", "."]).current_dir(d).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
}

#[test]
fn what_cannot_be_checked_is_not_applied() {
    let (data, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (server, d) = (Server::start(data.path(), &["--memory"]), dir.path());
    register(&server, "a", &json!({ "schemaType": "JSON", "schema": costly(0) }));
    put(d, "a.json", &costly(10));
    put(d, "b.avsc", "\"int\"");
    // The registry is asked; and, for another level than it has, the same rules are applied here.
    for config in ["", "level = \"FULL\"\n"] {
        put(d, "assay-check.toml", config);
        let saved = d.join("plan.txt");
        let (code, out, said) = run(&server, "plan", d, &["--out", saved.to_str().unwrap()]);
        assert_eq!(code, 2, "{out}{said}");
        assert!(
            out.contains("  ! a: could not be checked (a.json)\n") && out.contains("TOO_COMPLEX"),
            "{out}"
        );
        assert!(out.contains("0 refused, 1 could not be checked\n"), "{out}");
        for (code, _, said) in [run(&server, "apply", d, &[]), apply_saved(&server, &saved)] {
            assert!(
                code == 2 && said.contains("could not check a: ") && said.contains("nothing was written"),
                "{said}"
            );
        }
        let all = call(&server, "GET", "/subjects", &Value::Null);
        assert_eq!(all, json!(["a"]));
        assert_eq!(call(&server, "GET", "/subjects/a/versions", &Value::Null), json!([1]));
    }
}
