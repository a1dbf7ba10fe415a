//! `assay tail --rejections`: asks a running server what validation refused, quarantined or audited, and goes on asking.

use std::io::Write;
use std::time::Duration;

use assay_client::Client;
use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

use crate::cli::TailArgs;
use crate::error::Fatal;

/// How often it asks.
const PAUSE: Duration = Duration::from_millis(500);
/// Rejections asked for at a time.
const PAGE: &str = "1000";

/// Prints until it is interrupted, or once.
///
/// # Errors
/// One line: the server does not answer.
pub(crate) fn run(args: &TailArgs) -> Result<(), Fatal> {
    let failed = |error: assay_client::ClientError| Fatal::Asked(format!("{}: {error}", args.url));
    let client = Client::connect(&args.url).map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Fatal::Io { what: "starting the runtime", source })?;
    runtime.block_on(async {
        let (mut after, mut started, mut total) = (0u64, None, 0u64);
        loop {
            let from = after.to_string();
            let mut query = vec![("after", from.as_str()), ("limit", PAGE)];
            query.extend(args.topic.as_deref().map(|topic| ("topic", topic)));
            let answer = client.get(&["v1", "validation", "rejections"], &query).await.map_err(failed)?;
            let first = started.is_none();
            if !first && started != answer["started_ms"].as_u64() {
                // The server was started anew: its ids count from 1 again.
                (after, started, total) = (0, answer["started_ms"].as_u64(), 0);
                continue;
            }
            started = answer["started_ms"].as_u64().or(Some(0));
            let mut found = answer["rejections"].as_array().cloned().unwrap_or_default();
            let missed = if first { 0 } else { missed(&answer, total, found.len()) };
            total = answer["total"].as_u64().unwrap_or(0);
            after = found.last().and_then(|r| r["id"].as_u64()).unwrap_or(after);
            if first {
                found.drain(..found.len().saturating_sub(args.last));
            }
            if !print(missed, &found, args.json) || args.no_follow {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    })
}

/// How many there were since the answer before, of which this one has no more: the server keeps so many per topic.
fn missed(answer: &Value, total_before: u64, found: usize) -> u64 {
    let total = answer["total"].as_u64().unwrap_or(0);
    // Less than before: a topic has been deleted and made anew, or forgotten for others.
    let new = total.checked_sub(total_before).unwrap_or(total);
    new.saturating_sub(u64::try_from(found).unwrap_or(u64::MAX))
}

/// False when nobody reads any more (`assay tail | head`).
fn print(missed: u64, rejections: &[Value], json: bool) -> bool {
    let mut out = std::io::stdout().lock();
    let mut text = match (missed, json) {
        (0, _) => String::new(),
        (_, true) => format!("{}\n", serde_json::json!({ "missed": missed })),
        (_, false) => {
            format!("({missed} missed: more than the server keeps, assay.rejections.per.topic.max)\n")
        }
    };
    for rejection in rejections {
        text.push_str(&if json { format!("{rejection}\n") } else { line(rejection) });
    }
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok()
}

/// A line for the batch, and one for each record that is described.
fn line(rejection: &Value) -> String {
    let word = |name: &str| printable(rejection[name].as_str().unwrap_or_default());
    let time = rejection["time_ms"].as_i64().and_then(DateTime::from_timestamp_millis);
    let time = time.map(|t| t.to_rfc3339_opts(SecondsFormat::Millis, true)).unwrap_or_default();
    let described = rejection["first"].as_array().cloned().unwrap_or_default();
    let records = rejection["records"].as_u64().unwrap_or(0);
    let mut text = format!(
        "{time} {:<10} {}-{} client {} {}: {records} record{}\n",
        word("action"),
        word("topic"),
        rejection["partition"],
        word("client_id"),
        word("principal"),
        if records == 1 { "" } else { "s" },
    );
    for record in &described {
        let class = record["class"].as_str().unwrap_or_default();
        text.push_str(&format!(
            "  {class:<20} {}\n",
            printable(record["reason"].as_str().unwrap_or_default())
        ));
    }
    let more = usize::try_from(records).unwrap_or(usize::MAX).saturating_sub(described.len());
    if more > 0 {
        text.push_str(&format!("  and {more} more\n"));
    }
    text
}

/// Without characters that move the cursor: names come from clients.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|c| if c.is_control() { c.escape_debug().collect::<Vec<_>>() } else { vec![c] })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_no_longer_has() {
        for (before, total, found, want) in
            [(0, 0, 0, 0), (5, 7, 2, 0), (5, 205, 100, 100), (9, 3, 2, 1), (9, 9, 0, 0)]
        {
            let answer = serde_json::json!({ "total": total });
            assert_eq!(missed(&answer, before, found), want, "{before} {total} {found}");
        }
        assert_eq!(missed(&serde_json::json!({}), 5, 3), 0, "an older server does not say");
    }

    #[test]
    fn lines() {
        let rejection = serde_json::json!({
            "id": 1, "time_ms": 1_700_000_000_123i64, "action": "audit", "topic": "orders", "partition": 2,
            "client_id": "a\u{1b}[2J", "principal": "User:ANONYMOUS", "records": 3,
            "first": [{"index": 0, "class": "undecodable", "reason": "record 0: schema 1: x"}]
        });
        assert_eq!(
            line(&rejection),
            "2023-11-14T22:13:20.123Z audit      orders-2 client a\\u{1b}[2J User:ANONYMOUS: 3 records\n  \
             undecodable          record 0: schema 1: x\n  and 2 more\n"
        );
    }
}
