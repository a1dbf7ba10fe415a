//! What `assay check` says beside verdicts: `[[allow]]` rows that fit nothing, subjects that are gone or have several files,
//! an older state that cannot be read; and what it takes as the server does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::Path;

use crate::support::Server;
use crate::support::work_tree::{FORMATS, check, commit, git, outcomes, put, record, repository, run};
use serde_json::{Value, json};

const MISSING: &str = "READER_FIELD_MISSING_DEFAULT_VALUE";

/// An `[[allow]]` row.
fn row(subject: &str, rule: &str, expires: &str) -> String {
    format!(
        "[[allow]]\nsubject = \"{subject}\"\nrule = \"{rule}\"\nreason = \"agreed\"\nexpires = {expires}\n\n"
    )
}

fn against(dir: &Path, more: &[&str]) -> (i32, String, String) {
    check(dir, &[&["s", "--against", "git:main"], more].concat())
}

#[test]
fn a_row_that_fits_no_finding_is_told_in_every_format() {
    let order = record("Order", &[("id", "\"string\"")]);
    let dir = repository(&[("s/order.avsc", order.as_bytes()), ("s/other.avsc", b"\"int\"")]);
    let d = dir.path();
    put(d, "s/order.avsc", record("Order", &[("id", "\"string\""), ("qty", "\"int\"")]));
    let rows = [
        row("order", MISSING, "9999-12-31"),
        row("ord*", "TYPE_MISMATCH", "9999-12-31"),
        row("nobody", MISSING, "2020-01-01"),
    ];
    put(d, "s/assay-check.toml", format!("level = \"BACKWARD\"\n\n{}", rows.concat()));
    let (code, out, said) = against(d, &[]);
    assert_eq!(code, 0, "{out}{said}");
    let told = |line: u32, subject: &str, rule: &str| {
        format!(
            "s/assay-check.toml:{line}: warning: the allow row for \"{subject}\" and {rule} fits no finding"
        )
    };
    assert!(
        out.contains(&told(9, "ord*", "TYPE_MISMATCH")) && out.contains(&told(15, "nobody", MISSING)),
        "{out}"
    );
    assert_eq!(out.matches("warning").count(), 2, "{out}");
    for format in FORMATS {
        let (code, out, said) = against(d, &["--format", format]);
        assert!(code == 0 && out.contains("nobody"), "{format}: {out}{said}");
    }
    let (_, out, _) = against(d, &["--format", "json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["unused_allow"].as_array().unwrap().len(), 2);
    assert_eq!(json["unused_allow"][0]["rule"], "TYPE_MISMATCH");
    assert_eq!(json["unused_allow"][1]["line"], 15);
    let (_, out, _) = against(d, &["--format", "github"]);
    assert!(out.contains("::warning file=s/assay-check.toml,line=9,"), "{out}");
    // Not where only a part was looked at, or where there is no whole answer.
    let (_, out, _) = check(d, &["s/other.avsc", "--against", "old.avsc"]);
    assert!(!out.contains("fits no finding"), "{out}");
    put(d, "s/order.avsc", "{");
    let (code, out, _) = against(d, &[]);
    assert!(code == 2 && !out.contains("\"ord*\"") && out.contains("\"nobody\""), "{out}");
}

#[test]
fn a_subject_without_a_file_is_told_and_is_no_failure() {
    let dir =
        repository(&[("s/a.avsc", b"\"int\""), ("s/gone.avsc", b"\"int\""), ("s/p/b.avsc", b"\"int\"")]);
    let d = dir.path();
    std::fs::remove_file(d.join("s/gone.avsc")).unwrap();
    for format in FORMATS {
        let (code, out, said) = against(d, &["--format", format]);
        assert_eq!(code, 0, "{format}: {out}{said}");
        assert!(out.contains("gone") && out.to_lowercase().contains("removed"), "{format}: {out}");
    }
    let (_, out, _) = against(d, &[]);
    assert!(out.contains("s/gone.avsc: removed, not checked (gone, "), "{out}");
    assert!(out.contains("in git:main it is main:s/gone.avsc\n"), "{out}");
    assert!(out.ends_with("2 checked: 2 compatible; 1 removed, not checked\n"), "{out}");
    let (_, out, _) = against(d, &["--format", "json"]);
    let wanted = [("a", "compatible"), ("p/b", "compatible"), ("gone", "removed, not checked")];
    assert_eq!(outcomes(&out), wanted.map(|(a, b)| (a.to_owned(), b.to_owned())));
    let (_, out, _) = against(d, &["--format", "junit"]);
    assert!(out.contains("tests=\"3\" failures=\"0\" errors=\"0\" skipped=\"1\""), "{out}");
    // A file that is another subject by a new row is not gone.
    put(d, "s/assay-check.toml", "[[schema]]\npath = \"**\"\nsubject = \"{name}-value\"\n");
    git(d, &["stash", "-q", "--", "s/gone.avsc"]);
    let (code, out, _) = against(d, &[]);
    assert!(code == 0 && out.ends_with("3 checked: 3 compatible\n"), "{out}");
    std::fs::remove_file(d.join("s/assay-check.toml")).unwrap();
    std::fs::remove_file(d.join("s/gone.avsc")).unwrap();
    // What lies outside of the directory that was named is none of its business.
    let (code, out, _) = check(d, &["s/p", "--root", "s", "--against", "git:main"]);
    assert!(code == 0 && !out.contains("gone"), "{out}");
    let (code, out, _) = check(d, &["s/a.avsc", "--against", "git:main"]);
    assert!(code == 0 && !out.contains("gone"), "{out}");
}

#[test]
fn two_files_of_one_subject_fail_alone() {
    let dir = repository(&[("s/a.avsc", b"\"int\""), ("s/b.avsc", b"\"int\"")]);
    let d = dir.path();
    put(d, "s/a.proto", "syntax = \"proto3\"; message A {}");
    put(d, "s/b.avsc", "\"string\"");
    let (code, out, said) = against(d, &["--format", "json"]);
    assert_eq!(code, 2, "{out}{said}");
    let wanted = [("a", "could not check"), ("b", "incompatible")];
    assert_eq!(outcomes(&out), wanted.map(|(a, b)| (a.to_owned(), b.to_owned())));
    for format in FORMATS {
        let (code, out, said) = against(d, &["--format", format]);
        assert!(
            code == 2 && out.contains("s/a.avsc and s/a.proto are both subject"),
            "{format}: {out}{said}"
        );
        assert!(out.contains("TYPE_MISMATCH"), "{format}: {out}");
    }
    put(d, "s/a.json", "{}");
    let (code, out, _) = against(d, &[]);
    assert!(code == 2 && out.contains("s/a.avsc and s/a.json and s/a.proto are all subject \"a\""), "{out}");
}

#[test]
fn a_base_that_cannot_be_read_can_be_accepted_for_a_while() {
    let dir = repository(&[("s/a.avsc", b"{"), ("s/b.avsc", b"\"int\"")]);
    let d = dir.path();
    put(d, "s/a.avsc", "\"int\"");
    let (code, out, _) = against(d, &[]);
    assert!(code == 2 && out.contains("(git:main) cannot be read: main:s/a.avsc: "), "{out}");
    assert!(out.contains("[[allow]] row of rule BASE_UNREADABLE"), "{out}");
    put(d, "s/assay-check.toml", row("a", "BASE_UNREADABLE", "9999-12-31"));
    for format in FORMATS {
        let (code, out, said) = against(d, &["--format", format]);
        assert_eq!(code, 0, "{format}: {out}{said}");
        assert!(out.contains("accepted until 9999-12-31: agreed; the older state"), "{format}: {out}");
    }
    let (_, out, _) = against(d, &[]);
    assert!(out.contains("s/a.avsc: base unreadable, accepted (a, BACKWARD)\n"), "{out}");
    assert!(!out.contains("fits no finding") && !out.contains("is new"), "{out}");
    // It accepts nothing else: the new file must be a schema.
    put(d, "s/a.avsc", "[");
    assert_eq!(against(d, &[]).0, 2);
    put(d, "s/a.avsc", "\"int\"");
    put(d, "s/assay-check.toml", row("*", "BASE_UNREADABLE", "2020-01-01"));
    let (code, out, _) = against(d, &[]);
    assert!(code == 2 && out.contains("expired on 2020-01-01"), "{out}");
    put(d, "s/assay-check.toml", row("a", "BASE_UNREADABLE\"\npath = \"/", "9999-12-31"));
    let (code, _, said) = against(d, &[]);
    assert!(code == 2 && said.contains("about the whole subject"), "{said}");
    // Of several older states the others count.
    commit(d);
    put(d, "s/assay-check.toml", row("a", "BASE_UNREADABLE", "9999-12-31"));
    put(d, "s/a.avsc", "\"string\"");
    let (code, out, _) = check(
        d,
        &["s", "--against", "git:main~1", "--against", "git:main", "--level", "BACKWARD_TRANSITIVE"],
    );
    assert!(code == 1 && out.contains("s/a.avsc: incompatible") && out.contains("TYPE_MISMATCH"), "{out}");
}

#[test]
fn a_key_written_twice_is_taken_as_the_server_takes_it_and_warned_of() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &["--memory"]);
    let avro = "{\"type\":\"record\",\"name\":\"R\",\"fields\":[],\n \"fields\":[{\"name\":\"a\",\"type\":\"int\",\"type\":\"long\"}]}";
    let json = "{\"type\":\"string\",\n \"type\":\"integer\"}";
    let files = [("a.avsc", "AVRO", avro), ("b.json", "JSON", json)];
    let dir = repository(&files.map(|(file, _, text)| (file, text.as_bytes())));
    let d = dir.path();
    let headers = [("Content-Type", "application/json")];
    for (file, ty, text) in files {
        let body = json!({ "schemaType": ty, "schema": text }).to_string();
        let path = format!("/subjects/{}/versions", &file[..1]);
        let (status, answer) = server.request("POST", &path, &headers, body.as_bytes());
        assert_eq!(status, 200, "{answer}");
        let stored = server.request("GET", &format!("{path}/1"), &[], b"").1;
        let stored = stored["schema"].as_str().unwrap().to_owned();
        assert!(
            stored.contains("long") != stored.contains("integer") && !stored.contains("string\"}"),
            "{stored}"
        );
    }
    // The last one counts on both sides.
    let url = format!("http://{}", server.http);
    for against in ["git:main", &url] {
        let (code, out, said) = check(d, &[".", "--against", against]);
        assert_eq!((code, out.contains("2 compatible")), (0, true), "{out}{said}");
    }
    put(d, "a.avsc", avro.replace(",\"type\":\"long\"", ""));
    let (code, out, _) = check(d, &["a.avsc", "--against", "git:main"]);
    assert!(code == 1 && out.contains("TYPE_MISMATCH") && out.contains("old: long"), "{out}");
    put(d, "a.avsc", avro);
    let (code, out, said) = run(d, &["lint", "."]);
    assert_eq!(code, 1, "{out}{said}");
    for (place, key) in [("a.avsc:2:2", "fields"), ("a.avsc:2:37", "type"), ("b.json:2:2", "type")] {
        let line = format!(
            "{place}: warning: the key \"{key}\" is there already; the last one counts (repeated-key)\n"
        );
        assert!(out.contains(&line), "{line}{out}");
    }
}

#[test]
fn comments_of_avro_hide_nothing() {
    let item =
        "/* what is sold */ {\"type\":\"record\",\"name\":\"Item\",\"namespace\":\"shop\",\"fields\":[]}";
    let dir = repository(&[("s/item.avsc", item.as_bytes()), ("s/use.avsc", record("Use", &[]).as_bytes())]);
    let user = record("Use", &[("i", "\"shop.Item\"")]).replacen('{', "// refers to an item\n{", 1);
    put(dir.path(), "s/use.avsc", user);
    let (code, out, said) = against(dir.path(), &[]);
    assert!(code == 1 && out.contains("s/use.avsc:3:11: READER_FIELD_MISSING_DEFAULT_VALUE"), "{out}{said}");
}
