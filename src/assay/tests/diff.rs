//! `assay diff` and `assay lint` on files and git repositories: exit codes and formats.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use crate::support::work_tree::{put, run};
use crate::support::{costly, work_tree};
use serde_json::Value;

/// A repository with imports: `schemas/shop/order.proto` uses `shop/item.proto`.
fn repository() -> tempfile::TempDir {
    work_tree::repository(&[
        (
            "schemas/shop/item.proto",
            b"syntax = \"proto3\"; package shop; message Item { int64 sku = 1; string note = 2; }",
        ),
        (
            "schemas/shop/order.proto",
            b"syntax = \"proto3\"; package shop; import \"shop/item.proto\"; message Order { Item item = 1; }",
        ),
        ("schemas/a.avsc", b"{\"type\":\"record\",\"name\":\"A\",\"fields\":[]}"),
    ])
}

#[test]
fn diff_of_files_and_revisions() {
    let dir = repository();
    put(
        dir.path(),
        "schemas/a.avsc",
        "{\"type\":\"record\",\"name\":\"A\",\"fields\":[{\"name\":\"x\",\"type\":\"int\"}]}",
    );
    for old in ["main:schemas/a.avsc", "git:main:schemas/a.avsc", "git:HEAD:./schemas/a.avsc"] {
        let (code, out, err) = run(dir.path(), &["diff", old, "schemas/a.avsc"]);
        assert_eq!(code, 1, "{err}");
        let want = format!(
            "{old} -> schemas/a.avsc (AVRO)\n  + field x of record A added: int, no default\n      breaks BACKWARD: \
             READER_FIELD_MISSING_DEFAULT_VALUE\n1 change; FORWARD compatible, not BACKWARD\n"
        );
        assert_eq!(out, want);
    }
    let (code, out, _) = run(dir.path(), &["diff", "schemas/a.avsc", "schemas/a.avsc"]);
    assert_eq!((code, out.lines().last()), (0, Some("no changes; BACKWARD and FORWARD compatible (FULL)")));
    let (_, out, _) = run(dir.path(), &["diff", "main:schemas/a.avsc", "schemas/a.avsc", "--format", "json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["files"][0]["changes"][0]["breaks"][0]["direction"], "BACKWARD");
    let (_, out, _) =
        run(dir.path(), &["diff", "main:schemas/a.avsc", "schemas/a.avsc", "--format", "markdown"]);
    assert!(
        out.contains("- **added**: field `x` of record `A` added: `int`, no default - breaks BACKWARD"),
        "{out}"
    );
}

#[test]
fn diff_looks_into_imports() {
    let dir = repository();
    put(
        dir.path(),
        "schemas/shop/item.proto",
        "syntax = \"proto3\"; package shop; message Item { string sku = 1; string note = 2; }",
    );
    let args = ["diff", "main:schemas/shop/order.proto", "schemas/shop/order.proto", "--root", "schemas"];
    let (code, out, err) = run(dir.path(), &args);
    assert_eq!(code, 1, "{err}");
    assert!(out.contains("in shop/item.proto:\n  ~ field sku of message shop.Item changed from int64 to string\n      breaks BACKWARD: FIELD_SCALAR_KIND_CHANGED\n"), "{out}");
    assert!(out.contains("shop.Item item = 1 is not changed itself, but does not fit"), "{out}");
    // Without the root the import is not found beside the file.
    let (code, _, err) = run(dir.path(), &args[..3]);
    assert_eq!(code, 2);
    assert!(err.contains("shop/item.proto"), "{err}");
}

#[test]
fn diff_that_cannot_compare_says_why() {
    let dir = repository();
    put(dir.path(), "broken.avsc", "{");
    put(dir.path(), "plain", "{}");
    for (args, word) in [
        (["none.avsc", "schemas/a.avsc"], "none.avsc"),
        (["schemas", "schemas/a.avsc"], "is a directory"),
        (["broken.avsc", "schemas/a.avsc"], "broken.avsc"),
        (["plain", "schemas/a.avsc"], "--type"),
        (["nope:schemas/a.avsc", "schemas/a.avsc"], "no revision"),
        (["main:schemas/b.avsc", "schemas/a.avsc"], "no schema file"),
        (["git:main", "schemas/a.avsc"], "git:REVISION:PATH"),
        (["main:../a.avsc", "schemas/a.avsc"], "leaves"),
    ] {
        let (code, out, err) = run(dir.path(), &["diff", args[0], args[1]]);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
        assert!(err.starts_with("assay: could not compare: ") && err.contains(word), "{args:?}: {err}");
    }
}

#[test]
fn lint_of_directories_files_and_revisions() {
    let dir = repository();
    let (code, out, err) = run(dir.path(), &["lint", "schemas"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("schemas/a.avsc:1:25: info: A has no namespace (avro-no-namespace)\n"), "{out}");
    assert!(out.ends_with("3 looked at: 1 info\n"), "{out}");
    assert_eq!(run(dir.path(), &["lint", "schemas", "--fail-on", "info"]).0, 1);
    put(
        dir.path(),
        "schemas/shop/item.proto",
        "syntax = \"proto3\"; package shop; message Item { int32 sku = 1; }",
    );
    let (code, out, _) = run(dir.path(), &["lint", "schemas", "--against", "git:main", "--format", "github"]);
    assert_eq!(code, 1, "{out}");
    for id in ["narrowed-but-allowed", "proto-removed-without-reserved"] {
        assert!(
            out.contains("::warning file=schemas/shop/item.proto,line=1,col=") && out.contains(id),
            "{out}"
        );
    }
    put(
        dir.path(),
        "schemas/assay-check.toml",
        "[[lint]]\nrule = \"*\"\npath = \"shop/**\"\nlevel = \"allow\"\n",
    );
    let (code, out, _) = run(dir.path(), &["lint", "schemas", "--against", "git:main", "--format", "json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, json["files"].as_array().unwrap().len()), (0, 3));
    let (code, out, _) =
        run(dir.path(), &["lint", "schemas/a.avsc", "schemas/shop/item.proto", "--format", "sarif"]);
    let sarif: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, sarif["runs"][0]["results"].as_array().unwrap().len()), (0, 1));
    let (code, out, _) = run(dir.path(), &["lint", "--list"]);
    assert!(code == 0 && out.contains("avro-enum-without-default (warning)\n    why: "), "{out}");
    put(dir.path(), "schemas/broken.avsc", "{");
    let (code, out, _) = run(dir.path(), &["lint", "schemas"]);
    assert!(code == 2 && out.contains("schemas/broken.avsc:1:2: could not read: "), "{out}");
    for (args, word) in [
        (vec!["lint", "none"], "none"),
        (vec!["lint", "schemas", "--against", "git:nope"], "no revision"),
        (vec!["lint", "schemas", "--against", "http://localhost:1"], "lint reads files"),
    ] {
        let (code, _, err) = run(dir.path(), &args);
        assert!(
            code == 2 && err.starts_with("assay: could not lint: ") && err.contains(word),
            "{args:?}: {err}"
        );
    }
}

#[test]
fn a_limit_is_no_verdict_for_diff_and_lint() {
    let dir = tempfile::tempdir().unwrap();
    let d = dir.path();
    put(d, "old.json", costly(0));
    put(d, "new.json", costly(10));
    let (code, out, err) = run(d, &["diff", "old.json", "new.json"]);
    assert_eq!(code, 2, "{out}{err}");
    assert!(out.contains("  + property a0 ") && out.contains("; compatibility could not be told: "), "{out}");
    assert!(!out.contains("breaks") && !out.contains("neither"), "{out}");
    assert!(err.starts_with("assay: compatibility could not be told: "), "{err}");
    let (_, out, _) = run(d, &["diff", "old.json", "new.json", "--format", "json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert!(json["backward"].is_null() && json["forward"].is_null() && json["untold"].is_string(), "{out}");
    // Nothing is known to be allowed, so nothing is warned of, and that is said.
    let (_, out, _) = run(d, &["lint", "new.json", "--against", "old.json", "--format", "json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert!(json["files"][0]["notes"][0].as_str().unwrap().contains("could not be looked at: "), "{out}");
    assert!(!out.contains("narrowed-but-allowed"), "{out}");
}

#[test]
fn diff_refuses_what_check_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let fields = |default: &str| {
        format!(
            "{{\"type\":\"record\",\"name\":\"R\",\"fields\":[{{\"name\":\"a\",\"type\":\"int\",\"default\":{default}}}]}}"
        )
    };
    put(dir.path(), "good.avsc", fields("1"));
    put(dir.path(), "stored.avsc", fields("\"x\""));
    assert_eq!(run(dir.path(), &["check", "stored.avsc", "--against", "good.avsc"]).0, 2);
    let (code, out, err) = run(dir.path(), &["diff", "good.avsc", "stored.avsc"]);
    assert!(
        code == 2 && out.is_empty() && err.contains("stored.avsc") && err.contains("default"),
        "{out}{err}"
    );
    // What is stored already may be old.
    let (code, out, err) = run(dir.path(), &["diff", "stored.avsc", "good.avsc"]);
    assert!(code == 1 && out.contains("default"), "{out}{err}");
}

#[test]
fn a_path_in_a_revision_is_what_it_is_for_git() {
    let dir = repository();
    let d = dir.path();
    put(
        d,
        "schemas/a.avsc",
        "{\"type\":\"record\",\"name\":\"A\",\"fields\":[{\"name\":\"x\",\"type\":\"int\"}]}",
    );
    let below = d.join("schemas");
    for old in ["main:schemas/a.avsc", "main:./a.avsc", "git:main:../schemas/a.avsc"] {
        let (code, out, err) = run(&below, &["diff", old, "a.avsc"]);
        assert!(code == 1 && out.contains("+ field x of record A"), "{old}: {out}{err}");
    }
    let (code, _, err) = run(&below, &["diff", "main:a.avsc", "a.avsc"]);
    assert!(
        code == 2 && err.contains("no schema file a.avsc in revision main") && err.contains("main:./a.avsc"),
        "{err}"
    );
    let (code, _, err) = run(&below, &["diff", "main:../../a.avsc", "a.avsc"]);
    assert!(code == 2 && err.contains("leaves the repository"), "{err}");
    // What is above the current directory is found too, with what lies beside it.
    let shop = below.join("shop");
    let (code, out, err) = run(&shop, &["diff", "main:schemas/a.avsc", "../a.avsc"]);
    assert!(code == 1 && out.contains("+ field x of record A"), "{out}{err}");
    let args = ["diff", "main:schemas/shop/order.proto", "main:./order.proto", "--root", ".."];
    let (code, out, err) = run(&shop, &args);
    assert!(code == 0 && out.contains("no changes"), "{out}{err}");
}

#[test]
fn an_import_that_cannot_be_read_is_told_once_and_by_whom() {
    let dir = repository();
    let d = dir.path();
    put(d, "schemas/shop/item.proto", "syntax = \"proto3\";\nmessage Item {");
    put(d, "schemas/shop/box.proto", "syntax = \"proto3\"; import \"shop/item.proto\"; message Box {}");
    let (code, out, err) = run(d, &["lint", "schemas"]);
    assert_eq!(code, 2, "{out}{err}");
    assert_eq!(out.matches("schemas/shop/item.proto:2:").count(), 1, "{out}");
    for file in ["order", "box"] {
        let said = format!(
            "schemas/shop/{file}.proto: could not read: it refers to schemas/shop/item.proto, which cannot be read\n"
        );
        assert!(out.contains(&said), "{out}");
    }
    let (code, out, err) = run(d, &["lint", "schemas/shop/order.proto", "--root", "schemas"]);
    assert_eq!(code, 2, "{out}{err}");
    let line = out.lines().next().unwrap();
    assert!(
        line.starts_with("schemas/shop/item.proto:2:")
            && line.ends_with(" (schemas/shop/order.proto refers to it)"),
        "{out}"
    );
}

#[test]
fn many_findings_on_one_long_line() {
    let dir = tempfile::tempdir().unwrap();
    let field = |i: usize| format!("{{\"name\":\"é{i}\",\"type\":[\"null\",\"int\"]}}").replace('é', "e");
    let fields: Vec<String> = (0..15_000).map(field).collect();
    let text = format!(
        "{{\"type\":\"record\",\"namespace\":\"n\",\"doc\":\"éé\",\"name\":\"R\",\"fields\":[{}]}}",
        fields.join(",")
    );
    put(dir.path(), "a.avsc", &text);
    let (code, out, err) = run(dir.path(), &["lint", "a.avsc", "--format", "json"]);
    assert_eq!(code, 1, "{err}");
    let json: Value = serde_json::from_str(&out).unwrap();
    let findings = json["files"][0]["findings"].as_array().unwrap();
    assert_eq!(
        (findings.len(), &json["files"][0]["notes"][0]),
        (1_000, &"14000 findings more are not shown".into())
    );
    for (i, finding) in findings.iter().enumerate() {
        let at = text.find(&format!("\"e{i}\"")).unwrap();
        let column = text[..at].chars().count() + 1;
        assert_eq!((&finding["line"], &finding["column"]), (&1.into(), &column.into()), "{finding}");
    }
}
