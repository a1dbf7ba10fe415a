//! `assay quarantine replay`: records are produced again, some at a time, to the topic and partition they were meant for; the
//! broker checks them as any others. Those it refuses are told, the others of their batch are sent without them.

use std::collections::BTreeSet;

use assay_protocol::ErrorCode;
use assay_record::{BatchBuilder, Compression};
use serde_json::json;

use super::kafka::Kafka;
use super::record::Record;
use super::{each, quarantine_of, say, show};
use crate::cli::ReplayArgs;
use crate::error::Fatal;
use crate::tail::printable;

/// Records sent at a time.
const RECORDS_MAX: usize = 500;
/// Bytes of them, so that a batch stays under the usual `max.message.bytes`.
const BYTES_MAX: usize = 512 << 10;

/// Records of one partition on their way.
struct Replay<'a> {
    args: &'a ReplayArgs,
    quarantine: String,
    waiting: Vec<Record>,
    bytes: usize,
    stored: u64,
    refused: u64,
}

/// `assay quarantine replay`.
pub(super) fn replay(args: &ReplayArgs) -> Result<(), Fatal> {
    let mut kafka = Kafka::connect(&args.broker.bootstrap)?;
    let quarantine = quarantine_of(&mut kafka, &args.topic)?;
    let name = quarantine.name.clone();
    let mut replay =
        Replay { args, quarantine: quarantine.name, waiting: Vec::new(), bytes: 0, stored: 0, refused: 0 };
    if args.all {
        for partition in quarantine.partitions {
            let first = kafka.offset(&name, partition, -2)?;
            each(&mut kafka, &name, partition, first, &mut |kafka, record| {
                replay.take(kafka, record).map(|()| true)
            })?;
            replay.send(&mut kafka)?;
        }
    } else {
        let places: BTreeSet<_> = args.records.iter().copied().collect();
        for place in places {
            let record = show::find(&mut kafka, &name, place)?;
            replay.take(&mut kafka, record)?;
        }
        replay.send(&mut kafka)?;
    }
    let (stored, refused) = (replay.stored, replay.refused);
    let would = if args.dry_run { "would be produced" } else { "stored" };
    if args.broker.json {
        say(&json!({ "stored": stored, "refused": refused, "dry_run": args.dry_run }).to_string());
    } else {
        say(&format!("{stored} {would}, {refused} refused"));
    }
    if refused > 0 {
        return Err(Fatal::Asked(format!("{refused} records still fail; they stay in {name}")));
    }
    Ok(())
}

impl Replay<'_> {
    fn take(&mut self, kafka: &mut Kafka, record: Record) -> Result<(), Fatal> {
        let class = record.told(assay_broker::headers::CLASS);
        if self.args.class.as_ref().is_some_and(|c| *c != class) {
            return Ok(());
        }
        let other = self.waiting.first().is_some_and(|r| r.place.partition != record.place.partition);
        let size = record.key.as_ref().map_or(0, Vec::len) + record.value.as_ref().map_or(0, Vec::len);
        let full =
            self.waiting.len() >= RECORDS_MAX || (self.bytes + size > BYTES_MAX && !self.waiting.is_empty());
        if other || full {
            self.send(kafka)?;
        }
        self.bytes += size;
        self.waiting.push(record);
        Ok(())
    }

    /// Produces what waits; of a refused batch, what was not named. Every round sends fewer, so that it ends.
    fn send(&mut self, kafka: &mut Kafka) -> Result<(), Fatal> {
        let mut waiting = std::mem::take(&mut self.waiting);
        self.bytes = 0;
        while let Some(partition) = waiting.first().map(|r| r.place.partition) {
            if self.args.dry_run {
                for record in &waiting {
                    self.stored += 1;
                    say(&show::line(record, self.args.broker.json));
                }
                return Ok(());
            }
            let mut builder = BatchBuilder::new(Compression::None);
            waiting.iter().for_each(|record| record.push_to(&mut builder, &self.quarantine));
            let batch = builder.build().map_err(|e| Fatal::Asked(e.to_string()))?;
            let answer = kafka.produce(&self.args.topic, partition, batch.into_raw())?;
            if answer.error_code == 0 {
                for (n, record) in (0i64..).zip(&waiting) {
                    self.told(record, Ok(answer.base_offset.saturating_add(n)));
                }
                return Ok(());
            }
            let words = answer.error_message.map(|m| m.to_string()).unwrap_or_default();
            let code = ErrorCode::from_i16(answer.error_code);
            if code != Some(ErrorCode::InvalidRecord) || answer.record_errors.is_empty() {
                let code = code.map_or_else(|| answer.error_code.to_string(), |code| code.name().to_owned());
                return Err(Fatal::Asked(format!(
                    "{}-{partition}: {code}: {words}; {} records were stored before",
                    self.args.topic, self.stored
                )));
            }
            let named = |n: i32| answer.record_errors.iter().find(|e| e.batch_index == n);
            let mut rest = Vec::new();
            for (n, record) in (0i32..).zip(waiting) {
                match named(n) {
                    Some(error) => {
                        let why = error.batch_index_error_message.as_deref().unwrap_or("refused");
                        self.told(&record, Err(why.trim_start_matches(&format!("record {n}: "))));
                    }
                    None => rest.push(record),
                }
            }
            waiting = rest;
        }
        Ok(())
    }

    fn told(&mut self, record: &Record, outcome: Result<i64, &str>) {
        let (place, topic) = (record.place, printable(&self.args.topic));
        let partition = place.partition;
        let (line, shown) = match outcome {
            Ok(offset) => {
                self.stored += 1;
                (
                    format!("{place}  stored as {topic}-{partition}@{offset}"),
                    json!({ "partition": partition, "offset": place.offset, "stored_at": offset }),
                )
            }
            Err(why) => {
                self.refused += 1;
                (
                    format!("{place}  refused: {}", printable(why)),
                    json!({ "partition": partition, "offset": place.offset, "refused": why }),
                )
            }
        };
        say(&if self.args.broker.json { shown.to_string() } else { line });
    }
}
