//! What has been replayed, so that no record is produced twice. It is kept in the quarantine's partition itself, as records with
//! neither key nor value and a single header, `assay.replay`, so that it lasts exactly as long as what it tells of.
//!
//! A mark is written before records are produced (`begun`, with the end of the topic's partition at that time) and after (`stored`,
//! `refused`). Where the second is missing, a replay was cut short: the next one looks through the topic from that end on, for
//! records that tell of their place in the quarantine.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use assay_broker::headers;
use assay_record::{BatchBuilder, Compression};
use serde::{Deserialize, Serialize};

use super::each;
use super::kafka::Kafka;
use super::record::{Place, Record};
use crate::error::Fatal;

/// After this long without its second mark a replay is taken to have ended early.
const STALE_MS: i64 = 120_000;

/// What a mark's header says: offsets in the quarantine, first and last of each run of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// Which replay.
    run: String,
    at_ms: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    begun: Vec<(i64, i64)>,
    /// With `begun`: where the topic's partition ended.
    #[serde(default)]
    end: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    stored: Vec<(i64, i64)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    refused: Vec<(i64, i64)>,
}

impl Mark {
    /// The mark that a record of the quarantine is; `None` for a quarantined record, which has headers of the broker.
    pub(super) fn of(record: &Record) -> Option<Mark> {
        match record.headers.as_slice() {
            [(name, Some(value))]
                if name == headers::REPLAY_MARK.as_bytes()
                    && record.key.is_none()
                    && record.value.is_none() =>
            {
                // One that cannot be read is still no quarantined record.
                Some(serde_json::from_slice(value).unwrap_or_default())
            }
            _ => None,
        }
    }
}

/// The marks of one partition of a quarantine.
#[derive(Debug, Default)]
pub(super) struct Marks {
    stored: BTreeSet<i64>,
    /// Begun and not ended: where the topic ended, and when that was.
    open: BTreeMap<i64, (i64, i64)>,
    /// The end of the partition when it was read.
    end: i64,
}

impl Marks {
    /// Reads the marks of a partition.
    pub(super) fn read(kafka: &mut Kafka, quarantine: &str, partition: i32) -> Result<Marks, Fatal> {
        let mut marks = Marks { end: kafka.offset(quarantine, partition, -1)?, ..Marks::default() };
        let first = kafka.offset(quarantine, partition, -2)?;
        each(kafka, quarantine, partition, first, &mut |_, record| {
            if let Some(mark) = Mark::of(&record) {
                marks.note(&mark);
            }
            Ok(true)
        })?;
        Ok(marks)
    }

    fn note(&mut self, mark: &Mark) {
        for offset in offsets(&mark.begun) {
            self.open.insert(offset, (mark.end, mark.at_ms));
        }
        for offset in offsets(&mark.stored) {
            self.stored.insert(offset);
            self.open.remove(&offset);
        }
        for offset in offsets(&mark.refused) {
            self.open.remove(&offset);
        }
    }

    /// Whether the record has been produced again.
    pub(super) fn is_stored(&self, offset: i64) -> bool {
        self.stored.contains(&offset)
    }

    /// Finds out what became of replays that were cut short. One that may still be under way is an error.
    pub(super) fn settle(&mut self, kafka: &mut Kafka, run: &Run<'_>, partition: i32) -> Result<(), Fatal> {
        let Some((end, at_ms)) = self.open.values().copied().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
        else {
            return Ok(());
        };
        let age_ms = now_ms().saturating_sub(at_ms);
        if (0..STALE_MS).contains(&age_ms) {
            let quarantine = run.quarantine;
            return Err(Fatal::Asked(format!(
                "another replay of {quarantine}-{partition} began {} s ago and has not ended; if it was cut short, try again in {} s",
                age_ms / 1000,
                (STALE_MS - age_ms) / 1000 + 1
            )));
        }
        let first = kafka.offset(run.topic, partition, -2)?;
        let places: BTreeMap<String, i64> = self
            .open
            .keys()
            .map(|offset| (format!("{}-{}", run.quarantine, Place { partition, offset: *offset }), *offset))
            .collect();
        let mut found = Vec::new();
        each(kafka, run.topic, partition, end.max(first), &mut |_, record| {
            found.extend(places.get(&record.told(headers::REPLAYED)).copied());
            Ok(true)
        })?;
        let lost: Vec<i64> = self.open.keys().filter(|o| !found.contains(o)).copied().collect();
        let mark = Mark { stored: runs(&found), refused: runs(&lost), ..run.mark() };
        run.write(kafka, partition, &mark)?;
        self.note(&mark);
        Ok(())
    }

    /// Writes that these are about to be produced; an error if another replay has said so since the marks were read.
    pub(super) fn begin(
        &mut self,
        kafka: &mut Kafka,
        run: &Run<'_>,
        partition: i32,
        offsets: &[i64],
    ) -> Result<(), Fatal> {
        let end = kafka.offset(run.topic, partition, -1)?;
        let mark = Mark { begun: runs(offsets), end, ..run.mark() };
        let at = run.write(kafka, partition, &mark)?;
        let mut other = false;
        each(kafka, run.quarantine, partition, self.end, &mut |_, record| {
            let before = record.place.offset < at;
            other |= before && Mark::of(&record).is_some_and(|mark| mark.run != run.id);
            Ok(before)
        })?;
        self.end = at.saturating_add(1);
        if other {
            run.write(kafka, partition, &Mark { refused: runs(offsets), ..run.mark() })?;
            let quarantine = run.quarantine;
            return Err(Fatal::Asked(format!(
                "another replay of {quarantine}-{partition} began meanwhile; try again"
            )));
        }
        Ok(())
    }

    /// Writes what became of them.
    pub(super) fn end(
        &mut self,
        kafka: &mut Kafka,
        run: &Run<'_>,
        partition: i32,
        stored: &[i64],
        refused: &[i64],
    ) -> Result<(), Fatal> {
        let mark = Mark { stored: runs(stored), refused: runs(refused), ..run.mark() };
        run.write(kafka, partition, &mark)?;
        self.note(&mark);
        Ok(())
    }
}

/// One call of `assay quarantine replay`.
pub(super) struct Run<'a> {
    id: String,
    pub(super) topic: &'a str,
    pub(super) quarantine: &'a str,
}

impl<'a> Run<'a> {
    pub(super) fn new(topic: &'a str, quarantine: &'a str) -> Run<'a> {
        Run { id: format!("{}-{}", std::process::id(), now_ms()), topic, quarantine }
    }

    fn mark(&self) -> Mark {
        Mark { run: self.id.clone(), at_ms: now_ms(), ..Mark::default() }
    }

    /// Appends a mark to the quarantine; the offset it got.
    fn write(&self, kafka: &mut Kafka, partition: i32, mark: &Mark) -> Result<i64, Fatal> {
        let failed = |what: &dyn std::fmt::Display| {
            Fatal::Asked(format!("{}-{partition}: a mark cannot be written: {what}", self.quarantine))
        };
        let value = serde_json::to_vec(mark).map_err(|e| failed(&e))?;
        let mut builder = BatchBuilder::new(Compression::None);
        builder.push(now_ms(), None, None, &[(headers::REPLAY_MARK.as_bytes(), Some(&value))]);
        let batch = builder.build().map_err(|e| failed(&e))?;
        let answer = kafka.produce(self.quarantine, partition, batch.into_raw())?;
        match answer.error_code {
            0 => Ok(answer.base_offset),
            code => Err(failed(&format!("error {code}"))),
        }
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Offsets as runs, each first and last.
fn runs(offsets: &[i64]) -> Vec<(i64, i64)> {
    let sorted: BTreeSet<i64> = offsets.iter().copied().collect();
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for offset in sorted {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(offset) => *last = offset,
            _ => runs.push((offset, offset)),
        }
    }
    runs
}

/// Offsets that a mark may speak of at most; a replay writes one for far fewer.
const OFFSETS_MAX: usize = 100_000;

/// The offsets in runs. Bounded, whatever a forged mark says.
fn offsets(runs: &[(i64, i64)]) -> impl Iterator<Item = i64> {
    runs.iter().flat_map(|(first, last)| *first..=*last).take(OFFSETS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_as_runs_and_back() {
        let some = [3, 1, 2, 7, 9, 8];
        assert_eq!(runs(&some), [(1, 3), (7, 9)]);
        assert_eq!(offsets(&runs(&some)).collect::<Vec<_>>(), [1, 2, 3, 7, 8, 9]);
        assert_eq!(runs(&[i64::MAX]), [(i64::MAX, i64::MAX)]);
        assert_eq!(offsets(&[(5, 4), (0, i64::MAX)]).count(), OFFSETS_MAX);
    }

    #[test]
    fn what_is_stored_and_what_is_open() {
        let mut marks = Marks::default();
        let mark = |json: &str| serde_json::from_str::<Mark>(json).unwrap();
        marks.note(&mark(r#"{"run":"a","at_ms":1,"begun":[[0,4]],"end":10}"#));
        assert_eq!(marks.open.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        marks.note(&mark(r#"{"run":"a","at_ms":2,"stored":[[0,1]],"refused":[[3,3]]}"#));
        assert_eq!(marks.open.keys().copied().collect::<Vec<_>>(), [2, 4]);
        assert!(marks.is_stored(1) && !marks.is_stored(2) && !marks.is_stored(3));
    }

    /// A producer's own header of that name does not hide its record.
    #[test]
    fn a_quarantined_record_is_no_mark() {
        let header = |name: &str| (name.as_bytes().to_vec(), Some(b"{}".to_vec()));
        let place = Place { partition: 0, offset: 0 };
        let headers = vec![header(headers::REPLAY_MARK)];
        let mut record = Record { place, timestamp: 0, key: None, value: None, headers };
        assert!(Mark::of(&record).is_some());
        record.headers.push(header(assay_broker::headers::CLASS));
        assert_eq!(Mark::of(&record), None);
        record.headers.pop();
        record.value = Some(Vec::new());
        assert_eq!(Mark::of(&record), None);
    }
}
