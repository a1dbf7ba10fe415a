//! What a partition remembers about idempotent producers: their epoch, their next sequence number and their last five
//! batches. Pure; rebuilt from batch headers, or from a snapshot and the headers behind it.
//!
//! As Kafka (`ProducerAppendInfo`, KIP-98, KIP-360): a producer not known here may begin at any sequence number; a new
//! epoch begins at 0. Beyond Kafka: after a *refused* first batch the next expected sequence is that batch's own, so
//! that its in-flight successors are answered OUT_OF_ORDER_SEQUENCE_NUMBER instead of being stored around the hole.

use std::collections::{HashMap, VecDeque};

/// How many batches per producer can be recognised as duplicates (Kafka's number; clients keep at most so many in
/// flight).
const BATCHES_KEPT: usize = 5;

/// The producer fields of a batch header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sequenced {
    pub(crate) producer_id: i64,
    pub(crate) epoch: i16,
    /// Sequence number of the first record.
    pub(crate) first: i32,
    /// Number of records, at least one.
    pub(crate) count: i32,
}

impl Sequenced {
    /// Sequence number of the last record; after 2^31-1 comes 0.
    pub(crate) fn last(self) -> i32 {
        advance(self.first, self.count.saturating_sub(1))
    }
}

/// `sequence + by` in the circle 0..=2^31-1.
pub(crate) fn advance(sequence: i32, by: i32) -> i32 {
    let sum = i64::from(sequence) + i64::from(by);
    i32::try_from(sum & 0x7fff_ffff).unwrap_or(0)
}

/// A stored batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoredBatch {
    pub(crate) first: i32,
    pub(crate) last: i32,
    pub(crate) base_offset: i64,
    /// Timestamp of the batch: its log append time where the topic uses that, else -1.
    pub(crate) append_time_ms: i64,
}

/// What to do with a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is next.
    Append,
    /// It is stored already; answer with what was answered then.
    Duplicate(StoredBatch),
    /// A sequence number is missing before it (error 45).
    OutOfOrder { expected: i32 },
    /// A newer instance of the producer has written (error 47).
    OldEpoch { current: i16 },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Producer {
    epoch: i16,
    next: i32,
    batches: VecDeque<StoredBatch>,
    last_used_ms: i64,
}

/// The producers of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Producers {
    known: HashMap<i64, Producer>,
    max: usize,
}

impl Producers {
    /// `max` bounds the number of producers; the one idle longest is forgotten first.
    pub(crate) fn new(max: usize) -> Self {
        Self { known: HashMap::new(), max: max.max(1) }
    }

    pub(crate) fn check(&self, batch: Sequenced) -> Verdict {
        let Some(producer) = self.known.get(&batch.producer_id) else { return Verdict::Append };
        if batch.epoch < producer.epoch {
            return Verdict::OldEpoch { current: producer.epoch };
        }
        if batch.epoch > producer.epoch {
            return if batch.first == 0 { Verdict::Append } else { Verdict::OutOfOrder { expected: 0 } };
        }
        let last = batch.last();
        if let Some(stored) = producer.batches.iter().find(|b| b.first == batch.first && b.last == last) {
            return Verdict::Duplicate(*stored);
        }
        if batch.first == producer.next {
            Verdict::Append
        } else {
            Verdict::OutOfOrder { expected: producer.next }
        }
    }

    /// Records a stored batch. Also used while rebuilding, where whatever the log says is right.
    pub(crate) fn stored(&mut self, batch: Sequenced, base_offset: i64, append_time_ms: i64, now_ms: i64) {
        if !self.known.contains_key(&batch.producer_id) {
            self.make_room();
        }
        let fresh =
            || Producer { epoch: batch.epoch, next: 0, batches: VecDeque::new(), last_used_ms: now_ms };
        let producer = self.known.entry(batch.producer_id).or_insert_with(fresh);
        if producer.epoch != batch.epoch {
            *producer = fresh();
        }
        let last = batch.last();
        producer.next = advance(last, 1);
        producer.last_used_ms = now_ms;
        if producer.batches.len() == BATCHES_KEPT {
            producer.batches.pop_front();
        }
        producer.batches.push_back(StoredBatch { first: batch.first, last, base_offset, append_time_ms });
    }

    /// A batch that was next has been refused: it uses up no sequence number, and its successors must wait.
    pub(crate) fn refused(&mut self, batch: Sequenced, now_ms: i64) {
        if self.known.contains_key(&batch.producer_id) {
            return; // the expected sequence stays what it was
        }
        self.make_room();
        let producer = Producer {
            epoch: batch.epoch,
            next: batch.first,
            batches: VecDeque::new(),
            last_used_ms: now_ms,
        };
        self.known.insert(batch.producer_id, producer);
    }

    fn make_room(&mut self) {
        if self.known.len() < self.max {
            return;
        }
        // Rare (a bound, not a cache), so a scan will do; an eighth goes at once to keep it rare.
        let mut ages: Vec<(i64, i64)> = self.known.iter().map(|(id, p)| (p.last_used_ms, *id)).collect();
        ages.sort_unstable();
        for (_, id) in ages.iter().take((self.max / 8).max(1)) {
            self.known.remove(id);
        }
    }

    /// Forgets producers last used before `before_ms`.
    pub(crate) fn expire(&mut self, before_ms: i64) {
        self.known.retain(|_, p| p.last_used_ms >= before_ms);
    }

    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// The state as bytes, valid for a log that ends at `log_end`:
    /// `log_end, count, (id, epoch, next, last used, n, (first, last, base, time)*)*`, big-endian, then CRC-32C.
    pub(crate) fn snapshot(&self, log_end: i64) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(SNAPSHOT_VERSION.to_be_bytes());
        out.extend(log_end.to_be_bytes());
        out.extend(u32::try_from(self.known.len()).unwrap_or(u32::MAX).to_be_bytes());
        for (id, producer) in &self.known {
            out.extend(id.to_be_bytes());
            out.extend(producer.epoch.to_be_bytes());
            out.extend(producer.next.to_be_bytes());
            out.extend(producer.last_used_ms.to_be_bytes());
            out.push(u8::try_from(producer.batches.len()).unwrap_or(u8::MAX));
            for batch in &producer.batches {
                out.extend(batch.first.to_be_bytes());
                out.extend(batch.last.to_be_bytes());
                out.extend(batch.base_offset.to_be_bytes());
                out.extend(batch.append_time_ms.to_be_bytes());
            }
        }
        out.extend(crc32c::crc32c(&out).to_be_bytes());
        out
    }

    /// Reads a snapshot: the producers and the log end it is valid for. `None` if it is not whole.
    pub(crate) fn from_snapshot(bytes: &[u8], max: usize) -> Option<(Self, i64)> {
        let (body, sum) = bytes.split_last_chunk::<4>()?;
        if crc32c::crc32c(body) != u32::from_be_bytes(*sum) {
            return None;
        }
        let mut at = body;
        if i16::from_be_bytes(take(&mut at)?) != SNAPSHOT_VERSION {
            return None;
        }
        let log_end = i64::from_be_bytes(take(&mut at)?);
        let mut producers = Self::new(max);
        for _ in 0..u32::from_be_bytes(take(&mut at)?) {
            let id = i64::from_be_bytes(take(&mut at)?);
            let epoch = i16::from_be_bytes(take(&mut at)?);
            let next = i32::from_be_bytes(take(&mut at)?);
            let last_used_ms = i64::from_be_bytes(take(&mut at)?);
            let mut batches = VecDeque::new();
            for _ in 0..take::<1>(&mut at)?[0] {
                batches.push_back(StoredBatch {
                    first: i32::from_be_bytes(take(&mut at)?),
                    last: i32::from_be_bytes(take(&mut at)?),
                    base_offset: i64::from_be_bytes(take(&mut at)?),
                    append_time_ms: i64::from_be_bytes(take(&mut at)?),
                });
            }
            batches.truncate(BATCHES_KEPT);
            producers.known.insert(id, Producer { epoch, next, batches, last_used_ms });
        }
        at.is_empty().then_some((producers, log_end))
    }
}

const SNAPSHOT_VERSION: i16 = 1;

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(epoch: i16, first: i32, count: i32) -> Sequenced {
        Sequenced { producer_id: 7, epoch, first, count }
    }

    /// Stores a batch that must be accepted, at the offset of its number.
    fn store(p: &mut Producers, b: Sequenced, offset: i64) {
        assert_eq!(p.check(b), Verdict::Append, "{b:?}");
        p.stored(b, offset, -1, 0);
    }

    #[test]
    fn in_sequence_duplicates_and_gaps() {
        let mut p = Producers::new(10);
        store(&mut p, batch(0, 0, 3), 0);
        store(&mut p, batch(0, 3, 1), 3);
        assert!(matches!(p.check(batch(0, 0, 3)), Verdict::Duplicate(b) if b.base_offset == 0));
        assert!(matches!(p.check(batch(0, 3, 1)), Verdict::Duplicate(b) if b.base_offset == 3));
        assert_eq!(p.check(batch(0, 5, 1)), Verdict::OutOfOrder { expected: 4 });
        assert_eq!(p.check(batch(0, 0, 2)), Verdict::OutOfOrder { expected: 4 });
        for n in 4..9 {
            store(&mut p, batch(0, n, 1), i64::from(n));
        }
        assert_eq!(p.check(batch(0, 3, 1)), Verdict::OutOfOrder { expected: 9 }, "older than the last five");
    }

    #[test]
    fn epochs() {
        let mut p = Producers::new(10);
        store(&mut p, batch(1, 17, 1), 0); // unknown producer: any sequence
        assert_eq!(p.check(batch(0, 18, 1)), Verdict::OldEpoch { current: 1 });
        assert_eq!(p.check(batch(2, 18, 1)), Verdict::OutOfOrder { expected: 0 });
        store(&mut p, batch(2, 0, 1), 1);
        assert_eq!(p.check(batch(1, 18, 1)), Verdict::OldEpoch { current: 2 });
    }

    #[test]
    fn sequence_numbers_wrap_at_the_last_positive() {
        let mut p = Producers::new(10);
        store(&mut p, batch(0, i32::MAX - 1, 1), 0);
        store(&mut p, batch(0, i32::MAX, 3), 1); // MAX, 0, 1
        assert_eq!(batch(0, i32::MAX, 3).last(), 1);
        store(&mut p, batch(0, 2, 1), 4);
        let mut p = Producers::new(10);
        store(&mut p, batch(0, i32::MAX, 1), 0);
        store(&mut p, batch(0, 0, 1), 1);
    }

    #[test]
    fn a_refused_first_batch_holds_its_successors_back() {
        let mut p = Producers::new(10);
        p.refused(batch(0, 0, 2), 0);
        assert_eq!(p.check(batch(0, 2, 2)), Verdict::OutOfOrder { expected: 0 });
        store(&mut p, batch(1, 0, 2), 0); // the producer bumps its epoch by itself
        p.refused(batch(1, 2, 1), 0);
        assert_eq!(p.check(batch(1, 3, 1)), Verdict::OutOfOrder { expected: 2 });
        store(&mut p, batch(1, 2, 1), 2); // or sends other records under the same number
    }

    #[test]
    fn bounded_and_expired() {
        let mut p = Producers::new(8);
        for id in 0..100 {
            p.stored(Sequenced { producer_id: id, epoch: 0, first: 0, count: 1 }, id, -1, id);
            assert!(p.len() <= 8);
        }
        p.expire(99);
        assert_eq!(p.len(), 1);
    }

    #[test]
    fn snapshots_survive_and_damage_is_seen() {
        let mut p = Producers::new(10);
        store(&mut p, batch(3, 0, 5), 0);
        p.refused(Sequenced { producer_id: 9, epoch: 0, first: 4, count: 1 }, 5);
        let bytes = p.snapshot(5);
        assert_eq!(Producers::from_snapshot(&bytes, 10), Some((p, 5)));
        for n in 0..bytes.len() {
            assert_eq!(Producers::from_snapshot(&bytes[..n], 10), None);
            let mut flipped = bytes.clone();
            flipped[n] ^= 0x40;
            assert_eq!(Producers::from_snapshot(&flipped, 10), None);
        }
    }
}
