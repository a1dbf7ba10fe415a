//! `assay quarantine list | show | replay`: the records that validation has set aside, over the Kafka protocol.

mod kafka;
mod marks;
mod record;
mod replay;
mod show;

use assay_validate::QUARANTINE_SUFFIX;

use crate::cli::{ListArgs, QuarantineArgs, QuarantineCommand};
use crate::error::Fatal;
use kafka::{Kafka, Topic};
use marks::{Mark, Marks};
pub(crate) use record::Place;
use record::Record;

/// Does what is asked.
///
/// # Errors
/// One line: the broker does not answer, there is no such record, or records were refused again.
pub(crate) fn run(args: &QuarantineArgs) -> Result<(), Fatal> {
    match &args.command {
        QuarantineCommand::List(args) => list(args),
        QuarantineCommand::Show(args) => show::show(args),
        QuarantineCommand::Replay(args) => replay::replay(args),
    }
}

/// Prints a line; false when nobody reads any more.
fn say(line: &str) -> bool {
    use std::io::Write;
    writeln!(std::io::stdout().lock(), "{line}").is_ok()
}

/// The quarantine of a topic.
fn quarantine_of(kafka: &mut Kafka, topic: &str) -> Result<Topic, Fatal> {
    let name = format!("{topic}{QUARANTINE_SUFFIX}");
    let found = kafka.topics(Some(&[&name]))?.into_iter().next();
    found.ok_or_else(|| Fatal::Asked(format!("there is no topic {name}: nothing of {topic} was set aside")))
}

/// Goes through the records of a partition from an offset on, until `visit` says that it has enough.
fn each(
    kafka: &mut Kafka,
    topic: &str,
    partition: i32,
    from: i64,
    visit: &mut dyn FnMut(&mut Kafka, Record) -> Result<bool, Fatal>,
) -> Result<(), Fatal> {
    let end = kafka.offset(topic, partition, -1)?;
    let mut at = from;
    while at < end {
        let batches = kafka.fetch(topic, partition, at)?;
        let Some(last) = batches.last() else { return Ok(()) };
        let next = last.header().next_offset();
        for batch in &batches {
            let unreadable =
                |e| Fatal::Asked(format!("{topic}-{partition}@{}: {e}", batch.header().base_offset));
            for record in Record::of(batch, partition, at).map_err(unreadable)? {
                if !visit(kafka, record)? {
                    return Ok(());
                }
            }
        }
        if next <= at {
            return Ok(());
        }
        at = next;
    }
    Ok(())
}

fn list(args: &ListArgs) -> Result<(), Fatal> {
    let mut kafka = Kafka::connect(&args.broker.bootstrap)?;
    let Some(topic) = &args.topic else { return list_topics(&mut kafka, args.broker.json) };
    let quarantine = quarantine_of(&mut kafka, topic)?;
    let mut left = args.limit;
    for partition in quarantine.partitions {
        let first = kafka.offset(&quarantine.name, partition, -2)?;
        let marks = Marks::read(&mut kafka, &quarantine.name, partition)?;
        let visit = &mut |_: &mut Kafka, record: Record| {
            if left == 0 {
                return Ok(false);
            }
            let replayed = marks.is_stored(record.place.offset);
            let class = record.told(assay_broker::headers::CLASS);
            let asked_for = args.class.as_ref().is_none_or(|c| *c == class) && (args.replayed || !replayed);
            if asked_for && Mark::of(&record).is_none() {
                left -= 1;
                return Ok(say(&show::line(&record, replayed, args.broker.json)));
            }
            Ok(true)
        };
        each(&mut kafka, &quarantine.name, partition, first, visit)?;
    }
    Ok(())
}

fn list_topics(kafka: &mut Kafka, json: bool) -> Result<(), Fatal> {
    for quarantine in kafka.topics(None)? {
        let Some(topic) = quarantine.name.strip_suffix(QUARANTINE_SUFFIX) else { continue };
        let mut offsets = 0;
        for partition in &quarantine.partitions {
            let end = kafka.offset(&quarantine.name, *partition, -1)?;
            offsets += end - kafka.offset(&quarantine.name, *partition, -2)?;
        }
        let partitions = quarantine.partitions.len();
        let line = if json {
            serde_json::json!({ "topic": topic, "partitions": partitions, "offsets": offsets }).to_string()
        } else {
            let topic = crate::tail::printable(topic);
            format!(
                "{topic}  {partitions} partition{}, up to {offsets} records",
                if partitions == 1 { "" } else { "s" }
            )
        };
        if !say(&line) {
            break;
        }
    }
    Ok(())
}
