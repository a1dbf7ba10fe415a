//! The text form: JSON lines, one fact a line, sorted, so that two backups can be compared with `diff` or in git.
//!
//! ```text
//! {"assay-backup":1}
//! {"max-id":7,"context":"."}
//! {"config":{"compatibilityLevel":"FULL"},"subject":""}
//! {"mode":"READONLY","subject":"orders-value"}
//! {"subject":"orders-value","version":1,"id":7,…,"schema":"…","deleted":false}
//! ```

use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::entry::{SchemaRow, Snapshot};

/// The format's number, in the first line.
const FORMAT: u32 = 1;
/// Longest line that is read, in bytes: a schema may have 1 MiB, its JSON string a few times that.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// Why a backup file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system says no.
    #[error("line {line}: {source}")]
    Io {
        /// Line, from 1.
        line: usize,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line that is not of the format.
    #[error("line {line}: {reason}")]
    Line {
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The first line is not a backup's.
    #[error("not a backup: the first line is {{\"assay-backup\":{FORMAT}}} in one")]
    NotABackup,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    #[serde(rename = "assay-backup")]
    format: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MaxId {
    #[serde(rename = "max-id")]
    max_id: u32,
    context: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    config: Value,
    subject: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mode {
    mode: String,
    subject: String,
}

/// Writes a snapshot.
///
/// # Errors
/// The writer's.
pub fn print(snapshot: &Snapshot, out: &mut impl Write) -> std::io::Result<()> {
    line(out, &Header { format: FORMAT })?;
    for (context, max_id) in &snapshot.max_ids {
        line(out, &MaxId { max_id: *max_id, context: context.clone() })?;
    }
    for (subject, config) in &snapshot.configs {
        line(out, &Config { config: config.clone(), subject: subject.clone() })?;
    }
    for (subject, mode) in &snapshot.modes {
        line(out, &Mode { mode: mode.clone(), subject: subject.clone() })?;
    }
    for row in snapshot.schemas.values() {
        line(out, row)?;
    }
    out.flush()
}

fn line(out: &mut impl Write, value: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// Reads what [`print()`] wrote; empty lines are passed over.
///
/// # Errors
/// [`FileError`], with the line. Never trusts a length and never panics.
pub fn parse(input: impl BufRead) -> Result<Snapshot, FileError> {
    let mut input = input;
    let (mut snapshot, mut number, mut begun) = (Snapshot::default(), 0, false);
    loop {
        number += 1;
        let mut bytes = Vec::new();
        let read = std::io::Read::take(&mut input, LINE_BYTES_MAX).read_until(b'\n', &mut bytes);
        if read.map_err(|source| FileError::Io { line: number, source })? == 0 {
            return if begun { Ok(snapshot) } else { Err(FileError::NotABackup) };
        }
        let wrong = |reason: String| FileError::Line { line: number, reason };
        if bytes.len() as u64 >= LINE_BYTES_MAX {
            return Err(wrong(format!("longer than {LINE_BYTES_MAX} bytes")));
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        if begun {
            add(&mut snapshot, &bytes).map_err(wrong)?;
        } else {
            let header: Header = serde_json::from_slice(&bytes).map_err(|_| FileError::NotABackup)?;
            if header.format != FORMAT {
                return Err(wrong(format!("format {}; this release reads {FORMAT}", header.format)));
            }
            begun = true;
        }
    }
}

/// Which kind a line is, its members tell.
fn add(snapshot: &mut Snapshot, bytes: &[u8]) -> Result<(), String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    let twice = |what: &str| format!("{what} is there twice");
    fn typed<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, String> {
        serde_json::from_value(value).map_err(|e| e.to_string())
    }
    if value.get("schema").is_some() {
        let row: SchemaRow = typed(value)?;
        if row.version < 1 || row.id < 1 {
            return Err(format!("{} version {} id {}: both begin at 1", row.subject, row.version, row.id));
        }
        let name = format!("{} version {}", row.subject, row.version);
        return snapshot.schemas.insert(row.key(), row).map_or(Ok(()), |_| Err(twice(&name)));
    }
    if value.get("config").is_some() {
        let row: Config = typed(value)?;
        let name = format!("the config of {:?}", row.subject);
        return snapshot.configs.insert(row.subject, row.config).map_or(Ok(()), |_| Err(twice(&name)));
    }
    if value.get("mode").is_some() {
        let row: Mode = typed(value)?;
        let name = format!("the mode of {:?}", row.subject);
        return snapshot.modes.insert(row.subject, row.mode).map_or(Ok(()), |_| Err(twice(&name)));
    }
    let row: MaxId = typed(value)?;
    let name = format!("the highest id of {}", row.context);
    snapshot.max_ids.insert(row.context, row.max_id).map_or(Ok(()), |_| Err(twice(&name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_back() {
        let text = "{\"assay-backup\":1}\n{\"max-id\":7,\"context\":\".\"}\n{\"config\":{\"compatibilityLevel\":\"FULL\"},\"subject\":\"\"}\n{\"mode\":\"READONLY\",\"subject\":\"a\"}\n{\"subject\":\"a\",\"version\":1,\"id\":7,\"schemaType\":\"AVRO\",\"schema\":\"\\\"int\\\"\",\"deleted\":true}\n";
        let snapshot = parse(text.as_bytes()).unwrap();
        assert_eq!((snapshot.max_ids["."], snapshot.schemas.len()), (7, 1));
        let mut out = Vec::new();
        print(&snapshot, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), text);
    }

    #[test]
    fn errors_name_the_line() {
        for (text, says) in [
            ("", "not a backup"),
            ("{}\n", "not a backup"),
            ("{\"assay-backup\":2}\n", "line 1: format 2"),
            ("{\"assay-backup\":1}\n\n{\"mode\":1,\"subject\":\"\"}\n", "line 3: "),
            (
                "{\"assay-backup\":1}\n{\"max-id\":1,\"context\":\".\"}\n{\"max-id\":1,\"context\":\".\"}\n",
                "line 3: the highest id of . is there twice",
            ),
            (
                "{\"assay-backup\":1}\n{\"subject\":\"a\",\"version\":0,\"id\":1,\"schema\":\"\"}\n",
                "begin at 1",
            ),
        ] {
            let error = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
