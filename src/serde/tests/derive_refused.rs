//! Definitions that must not compile, one a file in `refused/`; `//~` stands behind the line that the compiler must point at, with
//! a part of what it must say.
//!
//! The crate `trybuild` would build every dependency again, a C library among them. Here the compiler is called with what this test
//! itself was built with.
#![cfg(feature = "derive")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles a file against a build of this crate: whether it does, and what the compiler said.
fn compile(file: &Path, crate_file: &Path, deps: &Path) -> (bool, String) {
    let out = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "--error-format=short", "--out-dir"])
        .arg(env!("CARGO_TARGET_TMPDIR"))
        .arg(format!("-Ldependency={}", deps.display()))
        .arg(format!("--extern=assay_serde={}", crate_file.display()))
        .arg(file)
        .env("CARGO_MANIFEST_DIR", env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("a compiler");
    (out.status.success(), String::from_utf8_lossy(&out.stderr).into_owned())
}

/// Builds of this crate beside this test, the newest first.
fn builds(deps: &Path) -> Vec<PathBuf> {
    let is_build = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("libassay_serde-") && name.ends_with(".rlib")
    };
    let files = std::fs::read_dir(deps).unwrap().map(|entry| entry.unwrap().path());
    let mut builds: Vec<PathBuf> = files.filter(is_build).collect();
    builds.sort_by_key(|path| std::cmp::Reverse(path.metadata().unwrap().modified().unwrap()));
    builds
}

#[test]
fn what_must_not_compile_does_not_and_says_why() {
    let exe = std::env::current_exe().unwrap();
    let deps = exe.parent().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refused");
    let fine = folder.join("fine.rs");
    let mut said = String::from("no build of assay-serde");
    let build = builds(deps).into_iter().find(|build| {
        let (compiles, text) = compile(&fine, build, deps);
        said = text;
        compiles
    });
    let build = build.unwrap_or_else(|| panic!("fine.rs must compile: {said}"));
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| *file != fine);
    assert!(files.len() >= 7);
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let (compiles, said) = compile(&file, &build, deps);
        assert!(!compiles, "{name} compiles");
        let source = std::fs::read_to_string(&file).unwrap();
        let mut expectations = 0;
        for (line, text) in
            source.lines().zip(1..).filter_map(|(text, line)| Some((line, text.split_once("//~")?.1.trim())))
        {
            let place = format!("{name}:{line}:");
            let found = said.lines().any(|message| message.contains(&place) && message.contains(text));
            assert!(found, "{place} {text}\nThe compiler said:\n{said}");
            expectations += 1;
        }
        assert!(expectations > 0, "{name} expects nothing");
    }
}
