//! Records for a person's eyes, or as JSON.

use std::io::Write;

use assay_broker::headers;
use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use super::kafka::Kafka;
use super::marks::Mark;
use super::record::Record;
use super::{each, quarantine_of, say};
use crate::cli::ShowArgs;
use crate::error::Fatal;
use crate::tail::printable;

/// One line about a record, without its bytes.
pub(super) fn line(record: &Record, replayed: bool, json: bool) -> String {
    if json {
        let mut shown = summary(record);
        if let Some(members) = shown.as_object_mut() {
            members.insert("replayed".into(), replayed.into());
        }
        return shown.to_string();
    }
    let time = record.told(headers::TIME).parse().ok().and_then(DateTime::from_timestamp_millis);
    let time = time.map(|t| t.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default();
    let told = |name| printable(&record.told(name));
    format!(
        "{:<10} {time}  {:<14} {}client {}: {}",
        record.place.to_string(),
        told(headers::CLASS),
        if replayed { "replayed  " } else { "" },
        told(headers::CLIENT_ID),
        told(headers::REASON)
    )
}

fn summary(record: &Record) -> Value {
    let mut shown = json!({ "partition": record.place.partition, "offset": record.place.offset, "timestamp": record.timestamp });
    if let Some(members) = shown.as_object_mut() {
        for name in headers::ALL {
            let short = name.trim_start_matches("assay.").replace('.', "_");
            let told = record.told(name);
            if !told.is_empty() {
                members.insert(short, told.into());
            }
        }
    }
    shown
}

/// `assay quarantine show`.
pub(super) fn show(args: &ShowArgs) -> Result<(), Fatal> {
    let mut kafka = Kafka::connect(&args.broker.bootstrap)?;
    let quarantine = quarantine_of(&mut kafka, &args.topic)?;
    let record = find(&mut kafka, &quarantine.name, args.record)?;
    if args.raw {
        let value = record.value.as_deref().unwrap_or_default();
        let written = std::io::stdout().lock().write_all(value);
        return written.map_err(|source| Fatal::Io { what: "standard output", source });
    }
    if args.broker.json {
        let mut shown = summary(&record);
        let hex = |bytes: &Option<Vec<u8>>| bytes.as_deref().map_or(Value::Null, |b| hex(b).into());
        let headers = record
            .headers
            .iter()
            .map(|(name, value)| json!({ "name_hex": self::hex(name), "value_hex": hex(value) }));
        if let Some(members) = shown.as_object_mut() {
            members.insert("key_hex".into(), hex(&record.key));
            members.insert("value_hex".into(), hex(&record.value));
            members.insert("headers".into(), headers.collect());
        }
        say(&shown.to_string());
        return Ok(());
    }
    say(&format!("{}  {}", printable(&quarantine.name), record.place));
    for (name, value) in &record.headers {
        let value = value.as_deref().map_or_else(|| "null".to_owned(), text);
        say(&format!("  {:<28} {value}", text(name)));
    }
    say(&format!("  timestamp {}", record.timestamp));
    dump("key", record.key.as_deref());
    dump("value", record.value.as_deref());
    Ok(())
}

/// One record of a quarantine.
pub(super) fn find(kafka: &mut Kafka, quarantine: &str, place: super::Place) -> Result<Record, Fatal> {
    let mut found = None;
    let visit = &mut |_: &mut Kafka, record: Record| {
        if record.place == place && Mark::of(&record).is_none() {
            found = Some(record);
        }
        Ok(false)
    };
    each(kafka, quarantine, place.partition, place.offset, visit)?;
    found.ok_or_else(|| Fatal::Asked(format!("{quarantine} has no record {place}; `list` names them")))
}

fn text(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| format!("0x{}", hex(bytes)), printable)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Sixteen bytes a line, as numbers and as letters.
fn dump(name: &str, bytes: Option<&[u8]>) {
    let Some(bytes) = bytes else {
        say(&format!("{name}: null"));
        return;
    };
    say(&format!("{name}: {} bytes", bytes.len()));
    for (row, chunk) in bytes.chunks(16).enumerate() {
        let numbers: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
        let letters: String = chunk
            .iter()
            .map(|b| if b.is_ascii_graphic() || *b == b' ' { char::from(*b) } else { '.' })
            .collect();
        if !say(&format!("  {:08x}  {:<47}  {letters}", row * 16, numbers.join(" "))) {
            return;
        }
    }
}
