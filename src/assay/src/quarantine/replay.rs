//! `assay quarantine replay`: records are produced again, some at a time, to the topic and partition they were meant for; the
//! broker checks them as any others. Those it refuses are told, the others of their batch are sent without them. What has been
//! stored is marked (`marks`) and passed over from then on.

use std::collections::BTreeSet;

use assay_protocol::ErrorCode;
use assay_record::{BatchBuilder, Compression};
use serde_json::json;

use super::kafka::Kafka;
use super::marks::{Mark, Marks, Run};
use super::record::{Place, Record};
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
    run: Run<'a>,
    partition: i32,
    marks: Marks,
    waiting: Vec<Record>,
    bytes: usize,
    told: Told,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    stored: u64,
    refused: u64,
    before: u64,
}

/// `assay quarantine replay`.
pub(super) fn replay(args: &ReplayArgs) -> Result<(), Fatal> {
    let mut kafka = Kafka::connect(&args.broker.bootstrap)?;
    let quarantine = quarantine_of(&mut kafka, &args.topic)?;
    let name = quarantine.name.clone();
    let places: BTreeSet<Place> = args.records.iter().copied().collect();
    let mut told = Told::default();
    let missing = places.iter().find(|p| !quarantine.partitions.contains(&p.partition));
    if let Some(place) = missing {
        return Err(Fatal::Asked(format!("{name} has no record {place}; `list` names them")));
    }
    for partition in quarantine.partitions {
        let here: Vec<Place> = places.iter().filter(|p| p.partition == partition).copied().collect();
        if !args.all && here.is_empty() {
            continue;
        }
        let mut replay = Replay::new(&mut kafka, args, &name, partition, told)?;
        if args.all {
            let first = kafka.offset(&name, partition, -2)?;
            each(&mut kafka, &name, partition, first, &mut |kafka, record| {
                replay.take(kafka, record).map(|()| true)
            })?;
        }
        for place in here {
            let record = show::find(&mut kafka, &name, place)?;
            replay.take(&mut kafka, record)?;
        }
        replay.send(&mut kafka)?;
        told = replay.told;
    }
    let Told { stored, refused, before } = told;
    let would = if args.dry_run { "would be produced" } else { "stored" };
    if args.broker.json {
        let dry_run = args.dry_run;
        let shown =
            json!({ "stored": stored, "refused": refused, "replayed_before": before, "dry_run": dry_run });
        say(&shown.to_string());
    } else {
        let before = if before > 0 { format!(", {before} replayed before") } else { String::new() };
        say(&format!("{stored} {would}, {refused} refused{before}"));
    }
    if refused > 0 {
        return Err(Fatal::Asked(format!("{refused} records still fail; they stay in {name}")));
    }
    Ok(())
}

impl<'a> Replay<'a> {
    /// Reads what has been replayed of a partition before, and finds out about a replay that was cut short.
    fn new(
        kafka: &mut Kafka,
        args: &'a ReplayArgs,
        quarantine: &'a str,
        partition: i32,
        told: Told,
    ) -> Result<Replay<'a>, Fatal> {
        let run = Run::new(&args.topic, quarantine);
        let mut marks = Marks::read(kafka, quarantine, partition)?;
        if !args.dry_run {
            marks.settle(kafka, &run, partition)?;
        }
        Ok(Replay { args, run, partition, marks, waiting: Vec::new(), bytes: 0, told })
    }

    fn take(&mut self, kafka: &mut Kafka, record: Record) -> Result<(), Fatal> {
        let class = record.told(assay_broker::headers::CLASS);
        if self.args.class.as_ref().is_some_and(|c| *c != class) || Mark::of(&record).is_some() {
            return Ok(());
        }
        if self.marks.is_stored(record.place.offset) && !self.args.again {
            self.told.before += 1;
            return Ok(());
        }
        let size = record.key.as_ref().map_or(0, Vec::len) + record.value.as_ref().map_or(0, Vec::len);
        let full = self.waiting.len() >= RECORDS_MAX || self.bytes + size > BYTES_MAX;
        if full && !self.waiting.is_empty() {
            self.send(kafka)?;
        }
        self.bytes += size;
        self.waiting.push(record);
        Ok(())
    }

    /// Produces what waits, between two marks.
    fn send(&mut self, kafka: &mut Kafka) -> Result<(), Fatal> {
        let waiting = std::mem::take(&mut self.waiting);
        self.bytes = 0;
        if self.args.dry_run {
            for record in &waiting {
                self.told.stored += 1;
                let replayed = self.marks.is_stored(record.place.offset);
                say(&show::line(record, replayed, self.args.broker.json));
            }
            return Ok(());
        }
        if waiting.is_empty() {
            return Ok(());
        }
        let offsets: Vec<i64> = waiting.iter().map(|r| r.place.offset).collect();
        self.marks.begin(kafka, &self.run, self.partition, &offsets)?;
        let (mut stored, mut refused) = (Vec::new(), Vec::new());
        self.produce(kafka, waiting, &mut stored, &mut refused)?;
        self.marks.end(kafka, &self.run, self.partition, &stored, &refused)
    }

    /// Of a refused batch, what was not named is sent once more. Every round sends fewer, so that it ends. What is too large
    /// together is sent in halves; one record that is too large alone is sent compressed, and then told as refused.
    fn produce(
        &mut self,
        kafka: &mut Kafka,
        mut waiting: Vec<Record>,
        stored: &mut Vec<i64>,
        refused: &mut Vec<i64>,
    ) -> Result<(), Fatal> {
        let partition = self.partition;
        let mut compression = Compression::None;
        while !waiting.is_empty() {
            let mut builder = BatchBuilder::new(compression);
            waiting.iter().for_each(|record| record.push_to(&mut builder, self.run.quarantine));
            let batch = builder.build().map_err(|e| Fatal::Asked(e.to_string()))?;
            let answer = kafka.produce(&self.args.topic, partition, batch.into_raw())?;
            if answer.error_code == 0 {
                for (n, record) in (0i64..).zip(&waiting) {
                    self.tell(record, Ok(answer.base_offset.saturating_add(n)));
                    stored.push(record.place.offset);
                }
                return Ok(());
            }
            let words = answer.error_message.map(|m| m.to_string()).unwrap_or_default();
            let code = ErrorCode::from_i16(answer.error_code);
            if code == Some(ErrorCode::MessageTooLarge) {
                if waiting.len() > 1 {
                    let second = waiting.split_off(waiting.len() / 2);
                    self.produce(kafka, waiting, stored, refused)?;
                    waiting = second;
                } else if compression == Compression::None {
                    compression = Compression::Zstd; // it may have been sent so
                } else if let Some(record) = waiting.pop() {
                    self.tell(&record, Err(&words));
                    refused.push(record.place.offset);
                }
                continue;
            }
            if code != Some(ErrorCode::InvalidRecord) || answer.record_errors.is_empty() {
                // The mark stays open then: the next replay looks whether they are there.
                let perhaps_stored = matches!(
                    code,
                    None | Some(
                        ErrorCode::RequestTimedOut
                            | ErrorCode::KafkaStorageError
                            | ErrorCode::UnknownServerError
                    )
                );
                let code = code.map_or_else(|| answer.error_code.to_string(), |code| code.name().to_owned());
                if !perhaps_stored {
                    refused.extend(waiting.iter().map(|r| r.place.offset));
                    self.marks.end(kafka, &self.run, partition, stored, refused)?;
                }
                return Err(Fatal::Asked(format!(
                    "{}-{partition}: {code}: {words}; {} records were stored before",
                    self.args.topic, self.told.stored
                )));
            }
            let named = |n: i32| answer.record_errors.iter().find(|e| e.batch_index == n);
            let mut rest = Vec::new();
            for (n, record) in (0i32..).zip(waiting) {
                match named(n) {
                    Some(error) => {
                        let why = error.batch_index_error_message.as_deref().unwrap_or("refused");
                        self.tell(&record, Err(why.trim_start_matches(&format!("record {n}: "))));
                        refused.push(record.place.offset);
                    }
                    None => rest.push(record),
                }
            }
            waiting = rest;
        }
        Ok(())
    }

    fn tell(&mut self, record: &Record, outcome: Result<i64, &str>) {
        let (place, topic) = (record.place, printable(&self.args.topic));
        let partition = place.partition;
        let (line, shown) = match outcome {
            Ok(offset) => {
                self.told.stored += 1;
                (
                    format!("{place}  stored as {topic}-{partition}@{offset}"),
                    json!({ "partition": partition, "offset": place.offset, "stored_at": offset }),
                )
            }
            Err(why) => {
                self.told.refused += 1;
                (
                    format!("{place}  refused: {}", printable(why)),
                    json!({ "partition": partition, "offset": place.offset, "refused": why }),
                )
            }
        };
        say(&if self.args.broker.json { shown.to_string() } else { line });
    }
}
