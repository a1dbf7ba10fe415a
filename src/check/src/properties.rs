//! What must hold for any bytes; run by proptest on stable and by cargo-fuzz (`src/check/fuzz`).

use std::sync::Arc;

use assay_schema::{SchemaType, Strictness};

use crate::config::Config;
use crate::transfer::{OnConflict, Snapshot, parse, plan, print};

/// Any bytes as a backup file: never panics; what is read prints to something that reads as the same; planning it ends.
pub fn backup_properties(bytes: &[u8]) {
    let Ok(snapshot) = parse(bytes) else { return };
    let mut out = Vec::new();
    let printed = print(&snapshot, &mut out);
    assert!(printed.is_ok());
    assert!(parse(&*out).is_ok_and(|again| again == snapshot), "what is printed reads as the same");
    for on_conflict in [OnConflict::Fail, OnConflict::Skip, OnConflict::Overwrite] {
        let Ok(plan) = plan(&snapshot, &Snapshot::default(), on_conflict) else { continue };
        assert!(plan.conflicts.is_empty() && plan.register.len() == snapshot.schemas.len());
    }
}

/// Any text as `assay-check.toml`, as a schema in which a place is looked for, and as globs: never panics; a position
/// is inside the text.
pub fn check_properties(text: &str, place: &str) {
    if let Ok(config) = crate::config::Config::parse(text) {
        let _ = config.settings(place);
    }
    let _ = crate::glob::matches(place, text);
    for ty in assay_schema::SchemaType::ALL {
        if let Some(at) = crate::locate::position(ty, text, place) {
            let lines = text.bytes().filter(|b| *b == b'\n').count() + 1;
            assert!(at.line >= 1 && at.column >= 1 && at.line as usize <= lines, "{at}");
        }
    }
}

/// Any text as `assay-check.toml`: never panics; what is refused is refused in words that name the file; what is read gives
/// every path at most one row, and a file that is named always a subject.
pub fn config_properties(text: &str, path: &str) {
    match Config::parse(text) {
        Err(reason) => assert!(reason.starts_with(crate::config::FILE), "{reason}"),
        Ok(config) => {
            let settings = config.settings_of(path);
            assert!(config.settings(path).is_none_or(|same| same == settings));
            assert!(config.allow.iter().all(|row| row.expires.len() == 10 && !row.reason.trim().is_empty()));
            let mut tree =
                crate::tree::Tree::new(std::iter::once((path.to_owned(), Arc::from(text))).collect());
            let _ = config.bind(&mut tree, crate::config::Missing::Ignored);
        }
    }
}

/// Any two texts as an old and a new schema of any format, for `assay diff`: never panics; a schema has no differences from
/// itself; every format of the report is written, the JSON can be read.
pub fn diff_properties(old: &str, new: &str) {
    use crate::diff::{Side, diff, report};
    let tree =
        |text: &str| crate::tree::Tree::new(std::iter::once(("a".to_owned(), Arc::from(text))).collect());
    let (was, is) = (tree(old), tree(new));
    for schema_type in SchemaType::ALL {
        let side = |label: &str, tree| Side { label: label.to_owned(), tree, path: "a", schema_type };
        if let Ok(none) = diff(&side("old", &was), &side("new", &was)) {
            assert!(none.is_empty(), "{schema_type}: {none:?}");
        }
        let Ok(found) = diff(&side("old", &was), &side("new", &is)) else { continue };
        for format in [report::Format::Text, report::Format::Markdown] {
            assert!(!report::write(format, &found).is_empty());
        }
        let json = report::write(report::Format::Json, &found);
        assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
    }
}

/// Any two texts as an old and a new schema of any format, for `assay lint`: never panics; findings are inside the text; every
/// format of the report is written, those of JSON can be read.
pub fn lint_properties(old: &str, new: &str) {
    use crate::check::{Baseline, Shown};
    use crate::lint::{Request, lint, report};
    let tree = |text: &str| {
        let files = ["a.avsc", "a.proto", "a.json"].map(|path| (path.to_owned(), Arc::from(text)));
        crate::tree::Tree::new(files.into_iter().collect())
    };
    let (label, shown) = ("old".to_owned(), Shown::default());
    let (config, own) = (Config::default(), None);
    let old =
        Baseline { label, tree: tree(old), only: None, config: config.clone(), own, shown: shown.clone() };
    let (root, below) = (std::path::PathBuf::from("."), String::new());
    let request =
        Request { root, shown, tree: tree(new), only: None, below, config, old: Some(old), slow: None };
    let Ok(linted) = lint(&request) else { return };
    let lines = new.bytes().filter(|b| *b == b'\n').count() + 1;
    for finding in linted.iter().flat_map(|one| &one.findings) {
        let at = finding.position;
        assert!(at.line >= 1 && at.column >= 1 && at.line as usize <= lines, "{finding:?}");
    }
    let write = |format| report::write(format, &linted);
    let _ = (write(report::Format::Text), write(report::Format::Github));
    for format in [report::Format::Json, report::Format::Sarif] {
        assert!(serde_json::from_str::<serde_json::Value>(&write(format)).is_ok());
    }
}

/// Any text as the file of a plan, as a schema file that another one refers to, and as a name in a pulled config: never
/// panics; a plan prints to something that reads as the same; a name reads as it was.
pub fn wanted_properties(text: &str) {
    if let Ok(plan) = crate::wanted::Plan::parse(text) {
        assert!(crate::wanted::Plan::parse(&plan.print()).is_ok_and(|again| again == plan));
        let _ = crate::wanted::show(&plan);
    }
    let files = [
        ("a.json", text),
        ("b.json", r#"{"$ref":"a.json","not":{"$ref":"d/c.json"}}"#),
        ("d/c.json", r#"{"$ref":"../a.json#/a"}"#),
        ("a.proto", text),
        ("b.proto", "import \"a.proto\"; message B { M m = 1; }"),
        ("a.avsc", text),
        ("b.avsc", r#"{"type":"record","name":"B","fields":[{"name":"r","type":"R"}]}"#),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), Arc::from(text)));
    let tree = crate::tree::Tree::new(files.into_iter().collect());
    for path in ["a.json", "b.json", "d/c.json", "a.proto", "b.proto", "a.avsc", "b.avsc"] {
        let ty = crate::tree::type_of(path).unwrap_or(SchemaType::Json);
        if let (Ok(needs), Ok(loaded)) = (tree.needs(path, ty), tree.load(path, Strictness::Stored)) {
            assert!(needs.own.iter().all(|(_, file)| loaded.closure.contains(file)), "{path}: {needs:?}");
        }
    }
    let subject = crate::wanted::quoted(&text.replace('{', "{{"));
    let row = format!("[[schema]]\npath = \"a.avsc\"\nsubject = {subject}\n");
    let read = Config::parse(&row).map(|config| config.settings("a.avsc").map(|settings| settings.subject));
    assert_eq!(read, Ok(Some(text.to_owned())), "{row}");
}
