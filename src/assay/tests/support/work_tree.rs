//! Work trees of git with schema files, and commands run in them.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::assay;

/// The formats of `assay check`.
pub const FORMATS: [&str; 6] = ["text", "json", "junit", "sarif", "github", "gitlab"];

pub fn git(dir: &Path, args: &[&str]) -> String {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
    let out = Command::new("git").arg("-C").arg(dir).args(identity).args(args).output().unwrap();
    assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

pub fn commit(dir: &Path) {
    git(dir, &["add", "-A"]);
    git(dir, &["commit", "-q", "-m", "m"]);
}

pub fn put(dir: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A work tree with these files on `main`.
pub fn repository(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q", "-b", "main"]);
    files.iter().for_each(|(name, text)| put(dir.path(), name, text));
    commit(dir.path());
    dir
}

/// Exit code, stdout, stderr.
pub fn run(dir: &Path, args: &[&str]) -> (i32, String, String) {
    let out = assay(args).current_dir(dir).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

pub fn check(dir: &Path, args: &[&str]) -> (i32, String, String) {
    run(dir, &[&["check"], args].concat())
}

pub fn record(name: &str, fields: &[(&str, &str)]) -> String {
    let field = |(name, ty): &(&str, &str)| format!("\n  {{\"name\":\"{name}\",\"type\":{ty}}}");
    let fields: Vec<String> = fields.iter().map(field).collect();
    format!(
        "{{\"type\":\"record\",\"name\":\"{name}\",\"namespace\":\"shop\",\"fields\":[{}]}}\n",
        fields.join(",")
    )
}

/// The subjects of a JSON report, with their outcomes.
pub fn outcomes(report: &str) -> Vec<(String, String)> {
    let json: Value = serde_json::from_str(report).unwrap();
    let text = |one: &Value, member: &str| one[member].as_str().unwrap().to_owned();
    json["subjects"].as_array().unwrap().iter().map(|s| (text(s, "subject"), text(s, "outcome"))).collect()
}
