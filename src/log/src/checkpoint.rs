//! Two small text files of a partition: which leader epoch began where, and the log start offset.
//!
//! ```text
//! leader-epoch-checkpoint   "0\n<count>\n(<epoch> <start offset>\n)*"     Kafka's, KIP-101
//! log-start-offset-checkpoint   "0\n1\n<offset>\n"                        ours, in the same manner
//! ```

/// Most epochs kept: one is added per unclean start, so this is never met; it bounds a hostile file.
const EPOCHS_MAX: usize = 1 << 16;
/// The largest checkpoint file read, bytes.
pub(crate) const FILE_BYTES_MAX: u64 = 4 << 20;

/// Where a leader epoch ended: the answer of OffsetForLeaderEpoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochEnd {
    /// The largest epoch not above the one asked for.
    pub epoch: i32,
    /// The offset after its last record.
    pub end_offset: i64,
}

/// Leader epochs and their first offsets, both ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LeaderEpochs(Vec<(i32, i64)>);

impl LeaderEpochs {
    pub(crate) fn latest(&self) -> Option<i32> {
        self.0.last().map(|(epoch, _)| *epoch)
    }

    /// Notes that `epoch` wrote at `offset`; true if that is news.
    pub(crate) fn observe(&mut self, epoch: i32, offset: i64) -> bool {
        let news = epoch >= 0 && self.latest().is_none_or(|latest| epoch > latest);
        if news {
            if self.0.len() >= EPOCHS_MAX {
                self.0.remove(0);
            }
            self.0.push((epoch, offset));
        }
        news
    }

    /// Forgets epochs that begin at or after the end of the log.
    pub(crate) fn cut_at(&mut self, log_end: i64) {
        self.0.retain(|(_, start)| *start < log_end);
    }

    /// Forgets epochs that ended before the start of the log; the one it begins in now begins there.
    pub(crate) fn begin_at(&mut self, log_start: i64) {
        let passed = self.0.partition_point(|(_, start)| *start <= log_start);
        if let Some(first) = passed.checked_sub(1) {
            self.0.drain(..first);
            if let Some(entry) = self.0.first_mut() {
                entry.1 = log_start;
            }
        }
    }

    /// Kafka's `LeaderEpochFileCache.endOffsetFor`.
    pub(crate) fn end_of(&self, epoch: i32, log_end: i64) -> Option<EpochEnd> {
        let latest = self.latest()?;
        if epoch < 0 || epoch > latest {
            return None;
        }
        if epoch == latest {
            return Some(EpochEnd { epoch, end_offset: log_end });
        }
        let above = self.0.partition_point(|(e, _)| *e <= epoch);
        let end_offset = self.0.get(above).map_or(log_end, |(_, start)| *start);
        let epoch = above.checked_sub(1).and_then(|i| self.0.get(i)).map_or(epoch, |(e, _)| *e);
        Some(EpochEnd { epoch, end_offset })
    }

    pub(crate) fn to_text(&self) -> String {
        let mut text = format!("0\n{}\n", self.0.len());
        for (epoch, start) in &self.0 {
            text.push_str(&format!("{epoch} {start}\n"));
        }
        text
    }

    /// `None` for anything but a whole, ascending file.
    pub(crate) fn parse(text: &str) -> Option<LeaderEpochs> {
        let mut lines = text.lines();
        let count = header(&mut lines)?;
        let mut epochs: Vec<(i32, i64)> = Vec::new();
        for line in lines {
            let (epoch, start) = line.split_once(' ')?;
            let entry: (i32, i64) = (epoch.parse().ok()?, start.parse().ok()?);
            let ascends = epochs.last().is_none_or(|last| entry.0 > last.0 && entry.1 >= last.1);
            if !ascends || entry.0 < 0 || entry.1 < 0 || epochs.len() >= EPOCHS_MAX {
                return None;
            }
            epochs.push(entry);
        }
        (epochs.len() == count).then_some(LeaderEpochs(epochs))
    }
}

fn header<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Option<usize> {
    if lines.next()? != "0" {
        return None;
    }
    lines.next()?.parse().ok()
}

pub(crate) fn log_start_text(offset: i64) -> String {
    format!("0\n1\n{offset}\n")
}

pub(crate) fn parse_log_start(text: &str) -> Option<i64> {
    let mut lines = text.lines();
    if header(&mut lines)? != 1 {
        return None;
    }
    let offset: i64 = lines.next()?.parse().ok()?;
    (offset >= 0 && lines.next().is_none()).then_some(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_end_where_the_next_begins() {
        let mut epochs = LeaderEpochs::default();
        assert_eq!(epochs.end_of(0, 10), None);
        for (epoch, offset, news) in
            [(1, 0, true), (1, 5, false), (3, 10, true), (2, 12, false), (-1, 13, false)]
        {
            assert_eq!(epochs.observe(epoch, offset), news, "{epoch}");
        }
        for (asked, expected) in [
            (-1, None),
            (0, Some((0, 0))),
            (1, Some((1, 10))),
            (2, Some((1, 10))),
            (3, Some((3, 99))),
            (4, None),
        ] {
            let found = epochs.end_of(asked, 99).map(|e| (e.epoch, e.end_offset));
            assert_eq!(found, expected, "epoch {asked}");
        }
        epochs.begin_at(7);
        assert_eq!(epochs.to_text(), "0\n2\n1 7\n3 10\n");
        epochs.cut_at(10);
        assert_eq!(epochs.to_text(), "0\n1\n1 7\n");
    }

    #[test]
    fn text_round_trip_and_refusals() {
        let text = "0\n2\n0 0\n4 17\n";
        assert_eq!(LeaderEpochs::parse(text).map(|e| e.to_text()).as_deref(), Some(text));
        for bad in
            ["", "0", "1\n0\n", "0\n1\n", "0\n2\n1 1\n", "0\n2\n1 1\n1 2\n", "0\n1\nx y\n", "0\n1\n-1 0\n"]
        {
            assert_eq!(LeaderEpochs::parse(bad), None, "{bad:?}");
        }
        assert_eq!(parse_log_start(&log_start_text(12)), Some(12));
        for bad in ["", "0\n1\n-3\n", "0\n2\n1\n2\n", "0\n1\n1\n1\n"] {
            assert_eq!(parse_log_start(bad), None, "{bad:?}");
        }
    }
}
