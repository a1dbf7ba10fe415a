//! Facts that stand in two places agree, and habits that no lint knows hold.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::{Path, PathBuf};

/// Longest source file, in lines; a ratchet, only to be lowered.
const FILE_LINES_MAX: usize = 600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent").to_path_buf()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn crates() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root().join("src"))
        .expect("src/")
        .map(|d| d.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn tracked() -> Vec<PathBuf> {
    let out = std::process::Command::new("git")
        .args(["ls-files"])
        .current_dir(root())
        .output()
        .expect("git ls-files");
    let text = String::from_utf8(out.stdout).expect("file names are UTF-8");
    text.lines().map(|l| root().join(l)).filter(|p| p.is_file()).collect()
}

#[test]
fn every_crate_is_in_the_crate_maps_and_has_a_readme() {
    let (architecture, readme) = (read("docs/ARCHITECTURE.md"), read("README.md"));
    for name in crates() {
        assert!(
            architecture.contains(&format!("| `{name}` |")),
            "docs/ARCHITECTURE.md has no row for `{name}`"
        );
        assert!(readme.contains(&format!("`{name}`")), "README.md does not name `{name}`");
        assert!(
            root().join("src").join(&name).join("README.md").is_file(),
            "src/{name}/README.md is missing"
        );
    }
}

#[test]
fn source_files_fit_in_one_reading() {
    for file in tracked() {
        if file.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&file).expect("a source file");
            let code = text.find("#[cfg(test)]").map_or(text.as_str(), |at| &text[..at]);
            let lines = code.lines().count();
            assert!(lines <= FILE_LINES_MAX, "{}: {lines} lines; split it by idea", file.display());
        }
    }
}

#[test]
fn every_module_says_what_it_is() {
    for file in tracked() {
        let in_src = file.strip_prefix(root()).is_ok_and(|p| p.starts_with("src"));
        if in_src && file.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&file).expect("a source file");
            let first = text.lines().find(|l| !l.trim().is_empty() && !l.starts_with("#!["));
            assert!(first.is_some_and(|l| l.starts_with("//!")), "{}: no `//!` at the top", file.display());
        }
    }
}

#[test]
fn nothing_is_left_for_later_in_the_source() {
    // Spelt in two halves, so that this list does not find itself.
    let words = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("FIX", "ME"),
        concat!("#[ig", "nore"),
    ];
    for file in tracked() {
        if file.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&file).expect("a source file");
            for word in words {
                assert!(!text.contains(word), "{}: {word}", file.display());
            }
        }
    }
}

/// With `autotests = false` a file that nobody names is compiled by nobody: its tests would pass by not running.
#[test]
fn every_test_file_is_a_module_of_its_crates_test_binary_or_a_binary_of_its_own() {
    for name in crates() {
        let Ok(main) = std::fs::read_to_string(root().join(format!("src/{name}/tests/main.rs"))) else {
            continue;
        };
        let manifest = read(&format!("src/{name}/Cargo.toml"));
        for entry in std::fs::read_dir(root().join(format!("src/{name}/tests"))).expect("tests/") {
            let path = entry.expect("entry").path();
            let file = path.file_name().expect("a name").to_string_lossy().into_owned();
            let Some(module) = file.strip_suffix(".rs") else { continue };
            let known = main.lines().any(|l| l == format!("mod {module};"))
                || manifest.contains(&format!("path = \"tests/{file}\""));
            assert!(known, "src/{name}/tests/{file} runs nowhere: write `mod {module};` into tests/main.rs");
        }
    }
}
