//! A quarantined record: what the producer sent, and what the headers behind it tell.

use std::fmt;
use std::str::FromStr;

use assay_broker::headers;
use assay_record::{Batch, BatchBuilder, BatchError, InflateLimits};

/// Bytes a batch may inflate to.
const INFLATED_BYTES_MAX: usize = 256 << 20;

/// Where a record is in a quarantine: `PARTITION@OFFSET`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(super) partition: i32,
    pub(super) offset: i64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.partition, self.offset)
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Place, Self::Err> {
        let numbers = text.split_once('@').and_then(|(partition, offset)| {
            let (partition, offset) = (partition.parse().ok()?, offset.parse().ok()?);
            (partition >= 0 && offset >= 0).then_some(Place { partition, offset })
        });
        numbers.ok_or("expected PARTITION@OFFSET, such as 0@17")
    }
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) place: Place,
    pub(super) timestamp: i64,
    pub(super) key: Option<Vec<u8>>,
    pub(super) value: Option<Vec<u8>>,
    pub(super) headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

impl Record {
    /// The records of a fetched batch, from an offset on.
    pub(super) fn of(batch: &Batch, partition: i32, from: i64) -> Result<Vec<Record>, BatchError> {
        batch.verify_crc()?;
        let header = batch.header();
        let records = batch.records(&InflateLimits { inflated_bytes_max: INFLATED_BYTES_MAX })?;
        let mut found = Vec::new();
        for record in records.iter() {
            let record = record?;
            let offset = record.offset(header);
            if offset < from {
                continue;
            }
            let owned = |(name, value): (&[u8], Option<&[u8]>)| (name.to_vec(), value.map(<[u8]>::to_vec));
            found.push(Record {
                place: Place { partition, offset },
                timestamp: record.timestamp(header),
                key: record.key.map(<[u8]>::to_vec),
                value: record.value.map(<[u8]>::to_vec),
                headers: record.headers().map(owned).collect(),
            });
        }
        Ok(found)
    }

    /// What a header of the quarantine says. The last one counts: a producer may have sent one of the same name.
    pub(super) fn told(&self, name: &str) -> String {
        let found = self.headers.iter().rev().find(|(n, _)| n == name.as_bytes());
        let value = found.and_then(|(_, value)| value.as_deref()).unwrap_or_default();
        String::from_utf8_lossy(value).into_owned()
    }

    /// Appends the record as it was sent, with the place it was in.
    pub(super) fn push_to(&self, builder: &mut BatchBuilder, quarantine: &str) {
        let from = format!("{quarantine}-{}", self.place);
        let added = |name: &[u8]| headers::ALL.iter().any(|h| h.as_bytes() == name);
        let mut all: Vec<(&[u8], Option<&[u8]>)> = Vec::new();
        for (name, value) in &self.headers {
            // One that was replayed before is told of the last place only.
            if !added(name) && name != headers::REPLAYED.as_bytes() {
                all.push((name, value.as_deref()));
            }
        }
        all.push((headers::REPLAYED.as_bytes(), Some(from.as_bytes())));
        builder.push(self.timestamp, self.key.as_deref(), self.value.as_deref(), &all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_record::Compression;

    #[test]
    fn places() {
        assert_eq!("3@17".parse::<Place>().map(|p| p.to_string()), Ok("3@17".to_owned()));
        for text in ["", "3", "@", "3@", "-1@0", "0@-1", "0@1@2"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }

    /// Order, duplicates and nulls stay; what the quarantine added goes.
    #[test]
    fn a_replay_is_what_was_sent() {
        let sent: Vec<(&[u8], Option<&[u8]>)> =
            vec![(b"b", Some(b"1")), (b"a", None), (b"b", Some(b"\xff")), (b"c", Some(b""))];
        let mut all = sent.clone();
        all.push((headers::CLASS.as_bytes(), Some(b"undecodable")));
        let mut builder = BatchBuilder::new(Compression::Zstd);
        builder.push(5, Some(b"k"), None, &all);
        let records = Record::of(&builder.build().unwrap(), 2, 0).unwrap();
        assert_eq!(records[0].told(headers::CLASS), "undecodable");
        let mut again = BatchBuilder::new(Compression::None);
        records[0].push_to(&mut again, "orders.quarantine");
        let replayed = &Record::of(&again.build().unwrap(), 0, 0).unwrap()[0];
        let mut want: Vec<_> = sent.iter().map(|(n, v)| (n.to_vec(), v.map(<[u8]>::to_vec))).collect();
        want.push((headers::REPLAYED.as_bytes().to_vec(), Some(b"orders.quarantine-2@0".to_vec())));
        assert_eq!(
            (replayed.timestamp, replayed.key.as_deref(), replayed.value.as_deref()),
            (5, Some(&b"k"[..]), None)
        );
        assert_eq!(replayed.headers, want);
    }
}
