//! `assay check`, `lint` and `plan` on trees as people have them: files that are no text, names defined twice, a configuration
//! above the file, links, odd names. What is wrong with one file is said of that file, and the others are answered.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use crate::support::work_tree::{FORMATS, check, commit, git, outcomes, put, record, repository, run};
use crate::support::{Server, costly};
use serde_json::Value;
use std::os::unix::ffi::OsStrExt;

#[test]
fn a_file_that_is_no_text_fails_alone_in_every_format() {
    let order = record("Order", &[("id", "\"string\"")]);
    let dir = repository(&[("s/order.avsc", order.as_bytes()), ("s/old.avsc", b"\"\xff\"")]);
    let d = dir.path();
    put(d, "s/order.avsc", record("Order", &[("id", "\"string\""), ("qty", "\"int\"")]));
    put(d, "s/old.avsc", "\"int\"");
    put(d, "s/bad.json", b"{\"title\": \"\xe9\"}");
    let (code, out, _) = check(d, &["s", "--against", "git:main", "--format", "json"]);
    assert_eq!(code, 2);
    let wanted = [("bad", "could not check"), ("old", "could not check"), ("order", "incompatible")];
    assert_eq!(outcomes(&out), wanted.map(|(s, o)| (s.to_owned(), o.to_owned())), "{out}");
    assert!(out.contains("no UTF-8 (byte 11)") && out.contains("main:s/old.avsc"), "{out}");
    for format in FORMATS {
        let (code, out, err) = check(d, &["s", "--against", "git:main", "--format", format]);
        assert_eq!((code, err.as_str()), (2, ""), "{format}: {out}");
        for word in ["s/bad.json", "s/old.avsc", "READER_FIELD_MISSING_DEFAULT_VALUE"] {
            assert!(out.contains(word), "{format}: {word}: {out}");
        }
    }
    // Nobody's file: neither a subject nor referred to.
    put(d, "s/assay-check.toml", "[[schema]]\npath = \"order.avsc\"\n");
    assert_eq!(check(d, &["s", "--against", "git:main"]).0, 1);
    let (code, out, _) = run(d, &["lint", "s"]);
    assert_eq!(code, 0, "{out}");
    std::fs::remove_file(d.join("s/assay-check.toml")).unwrap();
    let (code, out, _) = run(d, &["lint", "s"]);
    assert!(code == 2 && out.contains("s/bad.json: could not read: the file is no UTF-8"), "{out}");
    assert!(out.contains("3 looked at"), "{out}");
}

#[test]
fn a_run_that_cannot_begin_still_gives_a_report_that_can_be_read() {
    let dir = repository(&[("s/a.avsc", b"\"int\"")]);
    for format in FORMATS {
        let (code, out, err) = check(dir.path(), &["s", "--against", "git:gone", "--format", format]);
        assert!(code == 2 && err.contains("gone"), "{format}: {err}");
        assert_eq!(out.contains("gone"), format != "text", "{format}: {out}");
        if matches!(format, "json" | "sarif" | "gitlab") {
            serde_json::from_str::<Value>(&out).unwrap();
        }
    }
}

/// `use.avsc` refers to shop.Item, which two files define.
fn two_items(second: &str) -> tempfile::TempDir {
    let item = record("Item", &[("sku", "\"string\"")]);
    let user = record("Use", &[("i", "\"shop.Item\"")]);
    let files = [("s/a/item.avsc", item.as_str()), ("s/b/item.avsc", second), ("s/use.avsc", &user)];
    repository(&files.map(|(name, text)| (name, text.as_bytes())))
}

#[test]
fn a_name_that_two_files_define_is_refused_where_it_is_looked_up() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &["--memory"]);
    let url = format!("http://{}", server.http);
    let both = |said: &str| said.contains("a/item.avsc") && said.contains("b/item.avsc");
    let whole = record("Item", &[("sku", "\"int\"")]);
    let inside = record("Box", &[("i", &record("Item", &[("sku", "\"int\"")]))]);
    for second in [whole, inside] {
        let dir = two_items(&second);
        let (code, out, _) = check(dir.path(), &["s", "--against", "git:main", "--format", "json"]);
        assert_eq!(code, 2, "{out}");
        assert!(both(&out) && out.contains("\\\"shop.Item\\\" is defined in"), "{out}");
        let failed: Vec<_> = outcomes(&out).into_iter().filter(|(_, o)| o == "could not check").collect();
        assert_eq!(
            failed,
            [("use".to_owned(), "could not check".to_owned())],
            "only who refers to it: {out}"
        );
        let json: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(json["subjects"][2]["place"]["line"], 2, "{json}");
        let (code, out, _) = run(dir.path(), &["lint", "s"]);
        assert!(code == 2 && both(&out), "{out}");
        let (code, out, said) = run(dir.path(), &["plan", "s", "--url", &url]);
        assert!(code == 2 && both(&said), "{out}{said}");
        // A row says which one.
        let rows = "[[schema]]\npath = \"use.avsc\"\nreferences = [{ name = \"shop.Item\", subject = \"b/item\" }]\n[[schema]]\npath = \"**\"\n";
        put(dir.path(), "s/assay-check.toml", rows);
        let (code, out, said) = check(dir.path(), &["s", "--against", "git:main"]);
        assert_eq!(code, 0, "{out}{said}");
    }
    // The same said twice is no question; nor is an older version of a subject.
    for second in [
        record("Item", &[("sku", "\"string\"")]),
        record("Box", &[("i", &record("Item", &[("sku", "\"string\"")]))]),
    ] {
        let dir = two_items(&second);
        let (code, out, said) = check(dir.path(), &["s", "--against", "git:main"]);
        assert_eq!(code, 0, "{out}{said}");
    }
    let dir = two_items(&record("Item", &[("sku", "\"int\"")]));
    let rows = "[[schema]]\npath = \"a/item.avsc\"\nsubject = \"item\"\nversion = 1\n[[schema]]\npath = \"b/item.avsc\"\nsubject = \"item\"\n[[schema]]\npath = \"use.avsc\"\n";
    put(dir.path(), "s/assay-check.toml", rows);
    let (code, out, said) = check(dir.path(), &["s", "--against", "git:main"]);
    assert_eq!(code, 0, "{out}{said}");
    put(dir.path(), "s/b/item.avsc", record("Item", &[("sku", "\"string\"")]));
    let (code, out, _) = check(dir.path(), &["s", "--against", "git:main"]);
    assert!(code == 1 && out.contains("s/use.avsc: incompatible"), "the current version counts: {out}");
}

#[test]
fn an_identifier_that_two_files_have_is_refused_where_it_is_looked_up() {
    let id = |ty: &str| format!("{{\"$id\":\"https://h/id.json\",\"type\":\"{ty}\"}}");
    let (one, two) = (id("string"), id("integer"));
    let user = b"{\"properties\":{\"i\":{\"$ref\":\"https://h/id.json\"}}}";
    let dir = repository(&[("s/a.json", one.as_bytes()), ("s/b.json", two.as_bytes()), ("s/use.json", user)]);
    let (code, out, _) = check(dir.path(), &["s", "--against", "git:main"]);
    assert!(code == 2 && out.contains("is defined in a.json and, differently, in b.json"), "{out}");
    put(dir.path(), "s/b.json", &one);
    commit(dir.path());
    let (code, out, _) = check(dir.path(), &["s", "--against", "git:main"]);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn one_file_belongs_to_the_root_above_it() {
    let item = record("Item", &[("sku", "\"string\"")]);
    let order = record("Order", &[("i", "\"shop.Item\"")]);
    let rows =
        "level = \"NONE\"\n[[schema]]\npath = \"**/*.avsc\"\nsubject = \"{name}-value\"\nlevel = \"FULL\"\n";
    let dir = repository(&[
        ("s/assay-check.toml", rows.as_bytes()),
        ("s/common/item.avsc", item.as_bytes()),
        ("s/orders/order.avsc", order.as_bytes()),
        ("loose/order.avsc", order.as_bytes()),
    ]);
    let d = dir.path();
    put(d, "s/common/item.avsc", record("Item", &[("sku", "\"int\"")]));
    let args = ["s/orders/order.avsc", "--against", "git:main"];
    let (code, out, said) = check(d, &args);
    assert_eq!(code, 1, "{out}{said}");
    assert!(out.starts_with("root: s (with its assay-check.toml)\n"), "{out}");
    assert!(out.contains("s/orders/order.avsc: incompatible (order-value, FULL)"), "{out}");
    // Where it was, as `git show` takes it.
    let at = out.split_once("(main:").unwrap().1.split_once(')').unwrap().0;
    let (path, line) = at.split_once(':').unwrap();
    assert_eq!((path, line), ("s/common/item.avsc", "2:11"), "{out}");
    assert_eq!(git(d, &["show", &format!("main:{path}")]), item);
    // The same from elsewhere: paths are shown from where one is.
    let (code, out, said) =
        check(&d.join("s/orders"), &["order.avsc", "--against", "git:main", "--format", "json"]);
    assert_eq!(code, 1, "{out}{said}");
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&json["root"], &json["config"]), (&"..".into(), &"../assay-check.toml".into()));
    assert_eq!(
        (&json["subjects"][0]["file"], &json["subjects"][0]["subject"]),
        (&"order.avsc".into(), &"order-value".into())
    );
    let finding = &json["subjects"][0]["findings"][0];
    assert_eq!(
        (&finding["place"]["file"], &finding["old_place"]["file"]),
        (&"../common/item.avsc".into(), &"main:s/common/item.avsc".into())
    );
    // A directory below the root: its files only, with the references of all.
    let (code, out, _) = check(d, &["s/orders", "--against", "git:main"]);
    assert!(code == 1 && out.ends_with("\n1 checked: 1 incompatible\n"), "{out}");
    let (code, out, _) = run(d, &["lint", "s/orders", "--format", "json"]);
    assert!(code == 0 && out.contains("s/orders/order.avsc"), "{out}");
    // Not above the work tree, nor without one; --root says it.
    let (code, out, _) = check(d, &["loose/order.avsc", "--against", "git:main"]);
    assert!(code == 2 && out.contains("\"shop.Item\" is not defined") && out.contains("--root"), "{out}");
    let (code, out, said) = check(d, &["loose/order.avsc", "--against", "git:main", "--root", "."]);
    assert_eq!(code, 1, "{out}{said}");
    assert!(
        out.starts_with("root: . (no assay-check.toml there)\n") && out.contains("(loose/order, BACKWARD)"),
        "{out}"
    );
    let (code, _, said) = check(d, &["loose/order.avsc", "--against", "git:main", "--root", "s"]);
    assert!(code == 2 && said.contains("loose is not inside --root s"), "{said}");
    let (code, _, said) = run(d, &["plan", "s/orders", "--url", "http://127.0.0.1:1"]);
    assert!(code == 2 && said.contains("but s has: name that directory"), "{said}");
}

#[test]
fn one_file_of_a_work_tree_without_a_configuration_sees_what_its_directory_sees() {
    let inner = r#"{"type":"record","name":"N","fields":[{"name":"a","type":"long"}]}"#;
    let (n, w, u) =
        (record("N", &[("a", r#""int""#)]), record("W", &[("n", inner)]), record("U", &[("n", r#""N""#)]));
    let files: [(&str, &[u8]); 3] =
        [("a/n.avsc", n.as_bytes()), ("w.avsc", w.as_bytes()), ("u.avsc", u.as_bytes())];
    let dir = repository(&files);
    for path in [".", "u.avsc"] {
        let (code, out, err) = check(dir.path(), &[path, "--against", "git:main"]);
        assert_eq!(code, 2, "{path}: {out}{err}");
        assert!(out.contains("a/n.avsc") && out.contains("w.avsc"), "{path}: {out}{err}");
    }
}

#[test]
fn a_baseline_on_disk_stands_for_the_named_directory() {
    let dir = tempfile::tempdir().unwrap();
    let d = dir.path();
    put(d, "new/assay-check.toml", "[[schema]]\npath = \"orders/*.avsc\"\nsubject = \"{name}-value\"\n");
    put(d, "new/orders/a.avsc", "\"string\"");
    put(d, "old/a.avsc", "\"int\"");
    let (code, out, said) = check(d, &["new/orders", "--against", "old"]);
    assert_eq!(code, 1, "{out}{said}");
    assert!(out.contains("(a-value, BACKWARD)") && out.contains("(old/a.avsc:1:1)"), "{out}");
}

#[test]
fn links_and_odd_names_are_told() {
    let dir = repository(&[("s/a.avsc", b"\"int\""), ("s/r\u{e9}sum\u{e9}.avsc", b"\"int\"")]);
    let d = dir.path();
    std::os::unix::fs::symlink("a.avsc", d.join("s/link.avsc")).unwrap();
    std::os::unix::fs::symlink("loop", d.join("s/loop")).unwrap();
    for name in [b"s/\xff.avsc".as_slice(), b"s/\xfe.txt"] {
        std::fs::write(d.join(std::ffi::OsStr::from_bytes(name)), "\"int\"").unwrap();
    }
    commit(d);
    let (code, out, said) = check(d, &["s", "--against", "git:main"]);
    assert_eq!(code, 2, "{out}{said}");
    assert!(out.contains("the file name is no UTF-8") && out.contains("2 compatible"), "{out}");
    assert!(said.contains("left out: s/link.avsc: a symbolic link"), "{said}");
    // A link that is named is followed.
    let (code, out, said) = check(d, &["s/link.avsc", "--against", "s/a.avsc"]);
    assert_eq!((code, said.as_str()), (0, ""), "{out}");
}

#[test]
fn a_file_too_large_for_a_schema_fails_alone() {
    let dir = repository(&[("s/a.avsc", b"\"int\"")]);
    put(dir.path(), "s/huge.json", vec![b' '; (1 << 20) + 1]);
    let (code, out, _) = check(dir.path(), &["s", "--against", "git:main"]);
    assert!(
        code == 2
            && out.contains("s/huge.json: the schema has 1048577 bytes")
            && out.contains("1 compatible"),
        "{out}"
    );
}

#[test]
fn lint_says_what_check_refuses() {
    let wrong = "{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"n\",\"fields\":[\n  {\"name\":\"a\",\"type\":\"int\",\"default\":\"x\"}\n]}";
    let dir = repository(&[("s/a.avsc", wrong.as_bytes())]);
    let (code, checked, _) = check(dir.path(), &["s", "--against", "git:main"]);
    assert_eq!(code, 2, "{checked}");
    let (code, linted, _) = run(dir.path(), &["lint", "s"]);
    assert_eq!(code, 2, "{linted}");
    let reason = checked.lines().nth(1).unwrap().trim_start().split_once(": ").unwrap().1;
    assert!(
        reason.contains("default") && linted.contains(&format!("could not read: {reason}")),
        "{checked}{linted}"
    );
}

#[test]
fn what_is_known_of_a_finding_is_in_every_format() {
    let order = record("Order", &[("id", "\"string\"")]);
    let dir = repository(&[("s/order.avsc", order.as_bytes())]);
    let d = dir.path();
    put(d, "s/order.avsc", record("Order", &[("id", "\"string\""), ("qty", "\"int\"")]));
    put(d, "s/new.avsc", "\"int\"");
    put(d, "s/broken.avsc", "{\n  \"type\": ");
    let allow = |date: &str| {
        put(
            d,
            "s/assay-check.toml",
            format!(
                "[[allow]]\nsubject = \"order\"\nrule = \"READER_FIELD_MISSING_DEFAULT_VALUE\"\nreason = \"agreed\"\nexpires = {date}\n"
            ),
        );
    };
    allow("9999-12-31");
    for format in FORMATS {
        let (code, out, said) = check(d, &["s", "--against", "git:main", "--format", format]);
        assert_eq!(code, 2, "{format}: {out}{said}");
        for word in ["agreed", "9999-12-31", "baseline"] {
            assert!(out.to_lowercase().contains(word), "{format}: {word}: {out}");
        }
    }
    let (_, out, _) = check(d, &["s", "--against", "git:main", "--format", "github"]);
    assert!(out.contains("::error file=s/broken.avsc,line=2,col="), "{out}");
    assert!(out.contains("::notice file=s/new.avsc,title=no baseline::"), "{out}");
    let (_, out, _) = check(d, &["s", "--against", "git:main", "--format", "gitlab"]);
    let issues: Value = serde_json::from_str(&out).unwrap();
    let broken = issues.as_array().unwrap().iter().find(|i| i["check_name"] == "COULD_NOT_CHECK").unwrap();
    assert_eq!(broken["location"]["lines"]["begin"], 2, "{issues}");
    allow("9999-12-31T10:00:00");
    let (code, _, said) = check(d, &["s", "--against", "git:main"]);
    assert!(code == 2 && said.contains("no date; write 2026-12-31"), "{said}");
}

#[test]
fn a_limit_is_no_verdict() {
    let dir = repository(&[("s/a.json", costly(0).as_bytes())]);
    put(dir.path(), "s/a.json", costly(10));
    let (code, out, said) = check(dir.path(), &["s", "--against", "git:main"]);
    assert!(
        code == 2 && out.contains("could not check") && out.contains("s/a.json: "),
        "{code} {said} {out}"
    );
}

#[test]
fn every_finding_points_to_its_own_line() {
    let dir = tempfile::tempdir().unwrap();
    let d = dir.path();
    let tuple = |rest: &str| {
        format!(
            "{{\n \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n \"type\": \"array\",\n \"prefixItems\": [{{}}],\n {rest}\n}}"
        )
    };
    let names = |keyword: &str, list: &str| {
        let draft = if keyword == "dependencies" {
            "http://json-schema.org/draft-07"
        } else {
            "https://json-schema.org/draft/2019-09"
        };
        format!(
            "{{\n \"$schema\": \"{draft}/schema#\",\n \"type\": \"object\",\n \"{keyword}\": {{\n  \"a\": [{list}]\n }}\n}}"
        )
    };
    let proto = |package: &str| format!("syntax = \"proto3\";\n\npackage {package};\nmessage M {{}}\n");
    for (file, old, new, rule, at, fragment) in [
        (
            "a.json",
            tuple("\"items\": true"),
            tuple("\"items\": false"),
            "ADDITIONAL_ITEMS_REMOVED",
            "5:2",
            "\"items\":false",
        ),
        (
            "b.json",
            names("dependencies", "\"x\""),
            names("dependencies", "\"x\", \"y\""),
            "DEPENDENCY_ARRAY_EXTENDED",
            "5:3",
            "\"a\":[\"x\",\"y\"]",
        ),
        (
            "c.json",
            names("dependentRequired", "\"x\""),
            names("dependentRequired", "\"y\""),
            "DEPENDENCY_ARRAY_CHANGED",
            "5:3",
            "\"a\":[\"y\"]",
        ),
        ("d.proto", proto("shop.v1"), proto("shop.v2"), "PACKAGE_CHANGED", "3:9", "package shop.v2"),
    ] {
        put(d, &format!("old/{file}"), &old);
        put(d, file, &new);
        let (code, out, said) = check(d, &[file, "--against", &format!("old/{file}")]);
        assert_eq!(code, 1, "{out}{said}");
        assert!(out.contains(&format!("  {file}:{at}: {rule} against")), "{out}");
        assert!(
            out.contains(&format!("new: {fragment}\n")) && out.contains(&format!("(old/{file}:{at})")),
            "{out}"
        );
    }
}

#[test]
fn bytes_before_and_between_lines_do_not_count() {
    let order = record("Order", &[("id", "\"string\"")]);
    let dir = repository(&[("s/order.avsc", order.as_bytes())]);
    let broken = record("Order", &[("id", "\"string\""), ("qty", "\"int\"")]);
    put(dir.path(), "s/order.avsc", broken.replace('\n', "\r\n"));
    let (code, out, _) = check(dir.path(), &["s", "--against", "git:main"]);
    assert!(code == 1 && out.contains("s/order.avsc:3:11: READER_FIELD"), "{out}");
    put(dir.path(), "s/order.avsc", format!("\u{feff}{order}"));
    let (code, out, _) = check(dir.path(), &["s", "--against", "git:main"]);
    assert!(code == 2 && out.contains("s/order.avsc: the file begins with a byte order mark"), "{out}");
}

#[test]
fn a_reference_may_be_percent_encoded() {
    let refers = |to: &str| format!("{{\"properties\":{{\"a\":{{\"$ref\":\"{to}\"}}}}}}");
    let dir = repository(&[
        ("s/a.json", refers("d%20e/p%20q.json#").as_bytes()),
        ("s/d e/p q.json", b"{\"type\":\"string\"}"),
        ("s/b.json", refers("d%20e/%C3%A9%25.json").as_bytes()),
        ("s/d e/\u{e9}%.json", refers("p%20q.json").as_bytes()),
        // A name as it is written comes first.
        ("s/c.json", refers("x%20y.json").as_bytes()),
        ("s/x%20y.json", b"{\"type\":\"string\"}"),
        ("s/x y.json", b"{\"type\":\"boolean\"}"),
    ]);
    let (code, out, said) = check(dir.path(), &["s", "--against", "git:main"]);
    assert!(code == 0 && out.ends_with("7 checked: 7 compatible\n"), "{out}{said}");
    put(dir.path(), "s/d e/p q.json", "{\"type\":\"integer\"}");
    put(dir.path(), "s/x y.json", "{}");
    let (code, out, said) = check(dir.path(), &["s", "--against", "git:main"]);
    assert!(code == 1 && out.ends_with("7 checked: 3 compatible, 4 incompatible\n"), "{out}{said}");
    assert!(
        out.contains("s/a.json: incompatible") && out.contains("s/d e/p q.json:1:1: TYPE_CHANGED"),
        "{out}"
    );
}

#[test]
fn another_package_hides_no_position() {
    let proto = |package: &str, more: &str| {
        format!(
            "syntax = \"proto3\";\n{package}\nimport \"part.proto\";\n\nmessage Outer {{\n  message Inner {{\n    oneof o {{ int32 b = 2;{more} }}\n  }}\n  part.Part p = 1;\n}}\n"
        )
    };
    let part = |more: &str| {
        format!(
            "syntax = \"proto3\";\npackage part;\nmessage Part {{\n  oneof o {{ int32 d = 2;{more} }}\n}}\n"
        )
    };
    let (gone, gone_too) = (" int32 c = 3;", " int32 e = 4;");
    let dir = tempfile::tempdir().unwrap();
    let d = dir.path();
    for (was, is) in [("package shop.v1;", "package shop.v2;"), ("", "package shop;"), ("package shop;", "")]
    {
        put(d, "old/a.proto", proto(was, gone));
        put(d, "old/part.proto", part(gone_too));
        put(d, "a.proto", proto(is, ""));
        put(d, "part.proto", part(""));
        let (code, out, said) = check(d, &["a.proto", "--against", "old/a.proto"]);
        assert_eq!(code, 1, "{out}{said}");
        assert!(
            out.contains("  a.proto:6:11: ONEOF_FIELD_REMOVED") && out.contains("(old/a.proto:7:34)"),
            "{out}"
        );
        assert!(
            out.contains("  part.proto:3:9: ONEOF_FIELD_REMOVED") && out.contains("(old/part.proto:4:32)"),
            "{out}"
        );
    }
}
