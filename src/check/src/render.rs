//! Pieces of the formats that CI systems read, shared by the reports of `check` and `lint`.

use std::fmt::Write;

use assay_schema::Position;
use serde_json::{Value, json};

/// JSON for files: indented, with a newline at the end.
pub(crate) fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// A path as a relative URI reference; the URL of a registry's version stays one.
fn uri(path: &str) -> String {
    let mut out = String::new();
    if path.starts_with("http://") || path.starts_with("https://") {
        return path.to_owned();
    }
    for b in path.bytes() {
        if b.is_ascii_alphanumeric() || b"/-._~".contains(&b) {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
    }
    out
}

/// A place of SARIF.
pub(crate) fn location(file: &str, line: u32, column: u32) -> Value {
    json!({ "physicalLocation": { "artifactLocation": { "uri": uri(file) },
        "region": { "startLine": line, "startColumn": column } } })
}

/// A whole SARIF 2.1.0 log of one run.
pub(crate) fn sarif_log(rules: Vec<Value>, results: Vec<Value>) -> Value {
    json!({
        "version": "2.1.0", "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "runs": [{
            "tool": { "driver": { "name": "assay", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints", "results": results,
        }],
    })
}

/// A workflow command of GitHub: `kind` is error, warning or notice. What it could take for syntax is escaped.
pub(crate) fn github_command(
    kind: &str,
    file: &str,
    at: Option<Position>,
    title: Option<&str>,
    text: &str,
    out: &mut String,
) {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let _ = write!(out, "::{kind} file={}", property(file));
    if let Some(at) = at {
        let _ = write!(out, ",line={},col={}", at.line, at.column);
    }
    if let Some(title) = title {
        let _ = write!(out, ",title={}", property(title));
    }
    let _ = writeln!(out, "::{}", data(text));
}
