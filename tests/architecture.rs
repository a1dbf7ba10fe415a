//! The allowed edges between our crates, as a table, read against every `Cargo.toml`.
//!
//! A new edge is a design change: its own commit, with `docs/ARCHITECTURE.md` told. Source: the crate table there.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// crate -> our crates it may depend on (`[dependencies]`; dev-dependencies obey the same table).
const EDGES: &[(&str, &[&str])] = &[
    ("assay-wire", &[]),
    ("assay-record", &[]),
    ("assay-schema", &["assay-wire"]),
    ("assay-compat", &["assay-schema"]),
    ("assay-validate", &["assay-wire", "assay-schema"]),
    ("assay-protocol", &["assay-record"]),
    ("assay-registry", &["assay-schema", "assay-compat"]),
    ("assay-store", &["assay-registry"]),
    ("assay-rest", &["assay-schema", "assay-registry"]),
    ("assay-net", &["assay-protocol"]),
    ("assay-log", &["assay-record"]),
    ("assay-broker", &["assay-net", "assay-protocol", "assay-record", "assay-log", "assay-validate"]),
    ("assay-client", &["assay-wire", "assay-schema"]),
    ("assay-serde", &["assay-wire", "assay-schema", "assay-compat", "assay-client", "assay-serde-derive"]),
    ("assay-serde-derive", &["assay-schema"]),
    ("assay-check", &["assay-schema", "assay-compat", "assay-client"]),
    ("assay", &["*"]),
    ("assay-tests", &["*"]),
];

/// Crates without I/O, and what no source line of theirs may name.
const PURE: &[&str] = &["wire", "record", "schema", "compat", "validate", "protocol"];
const IMPURE: &[&str] =
    &["std::fs", "std::net", "std::env", "tokio", "SystemTime", "Instant::now", "std::process"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent").to_path_buf()
}

fn manifests() -> BTreeMap<String, toml::Table> {
    let mut found = BTreeMap::new();
    let mut dirs: Vec<PathBuf> =
        std::fs::read_dir(root().join("src")).expect("src/").map(|d| d.expect("entry").path()).collect();
    dirs.push(root().join("tests"));
    for dir in dirs {
        let Ok(text) = std::fs::read_to_string(dir.join("Cargo.toml")) else { continue };
        let table: toml::Table = text.parse().expect("a manifest is TOML");
        let name = table["package"]["name"].as_str().expect("package.name").to_owned();
        found.insert(name, table);
    }
    found
}

fn ours(table: &toml::Table, section: &str) -> BTreeSet<String> {
    let deps = table.get(section).and_then(|d| d.as_table());
    deps.into_iter().flat_map(|d| d.keys()).filter(|k| k.starts_with("assay")).cloned().collect()
}

/// The crate table of `docs/ARCHITECTURE.md`: crate, what it is, the crates it depends on, what it alone touches.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("docs/ARCHITECTURE.md");
    let full = |name: &str| if name == "assay" { name.to_owned() } else { format!("assay-{name}") };
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(full).collect();
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.filter_map(|row| {
        let cells: Vec<&str> = row.split('|').collect();
        let name = cells.get(1)?.trim().trim_matches('`');
        Some((full(name), quoted(cells.get(3)?)))
    })
    .collect()
}

#[test]
fn the_documented_edges_are_the_allowed_ones() {
    let documented = documented();
    for (name, edges) in EDGES.iter().filter(|(_, edges)| *edges != ["*"]) {
        let edges: BTreeSet<String> = edges.iter().map(|edge| (*edge).to_owned()).collect();
        assert_eq!(documented.get(*name), Some(&edges), "{name} in docs/ARCHITECTURE.md and in EDGES");
    }
}

#[test]
fn edges_are_the_allowed_ones() {
    let allowed: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    let manifests = manifests();
    let known: BTreeSet<&str> = manifests.keys().map(String::as_str).collect();
    assert_eq!(known, allowed.keys().copied().collect(), "every crate has one row in EDGES");
    for (name, table) in &manifests {
        let row = allowed[name.as_str()];
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for dep in ours(table, section) {
                let fine = row.contains(&"*") || row.contains(&dep.as_str()) || dep == *name;
                assert!(
                    fine,
                    "{name} [{section}] depends on {dep}: not an allowed edge (tests/architecture.rs)"
                );
            }
        }
    }
}

#[test]
fn nothing_depends_on_the_binary_or_the_tests() {
    for (name, table) in manifests() {
        let deps = ours(&table, "dependencies");
        assert!(!deps.contains("assay") && !deps.contains("assay-tests"), "{name} depends on a top crate");
    }
}

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a source directory").map(|e| e.expect("entry").path()) {
        if entry.is_dir() {
            sources(&entry, out);
        } else if entry.extension().is_some_and(|e| e == "rs") {
            out.push(entry);
        }
    }
}

/// Code lines of a file up to its test module, without comments.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = text.find("#[cfg(test)]").unwrap_or(text.len());
    text[..end].lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//"))
}

#[test]
fn pure_crates_do_no_io() {
    for name in PURE {
        let mut files = Vec::new();
        sources(&root().join("src").join(name).join("src"), &mut files);
        for file in files {
            let text = std::fs::read_to_string(&file).expect("a source file");
            for (at, line) in code_lines(&text) {
                for word in IMPURE {
                    assert!(!line.contains(word), "{}:{}: `{word}` in a pure crate", file.display(), at + 1);
                }
            }
        }
    }
}

#[test]
fn every_crate_inherits_the_workspace_lints() {
    for (name, table) in manifests() {
        let lints = table.get("lints").and_then(|l| l.get("workspace")).and_then(|w| w.as_bool());
        assert_eq!(lints, Some(true), "{name}: [lints] workspace = true");
    }
}

/// A producer that writes one format compiles nothing of the others.
#[test]
fn a_serde_format_brings_no_other_formats_parsers() {
    let others =
        [("avro", &["protox", "prost", "jsonschema"][..]), ("json", &["protox", "prost", "apache-avro"])];
    for (format, parsers) in others {
        let tree = std::process::Command::new(env!("CARGO"))
            .args(["tree", "--offline", "-p", "assay-serde", "--no-default-features", "--features", format])
            .args(["-e", "normal", "--prefix", "none", "--format", "{p}"])
            .current_dir(root())
            .output()
            .expect("cargo tree");
        let text = String::from_utf8(tree.stdout).expect("names are UTF-8");
        assert!(text.contains("assay-serde"), "{}", String::from_utf8_lossy(&tree.stderr));
        for parser in parsers {
            let found = text.lines().any(|line| line.split(' ').next() == Some(*parser));
            assert!(!found, "assay-serde with {format} alone compiles {parser}");
        }
    }
}
