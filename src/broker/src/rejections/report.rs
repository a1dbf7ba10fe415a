//! What has failed validation since the start, summed up by topic, class, action and client. Bounded: when it is full,
//! further clients, then topics, are summed up under one name.

use std::collections::BTreeMap;

use assay_validate::{Action, FailureClass};

use super::Refusal;

/// Rows kept.
const ROWS_MAX: usize = 10_000;
/// Rows kept for what no longer has a row of its own.
const OTHERS_MAX: usize = 1_000;
/// The name of what has no row of its own.
const OTHERS: &str = "(others)";
/// Characters of a client id in a row.
const CLIENT_CHARS_MAX: usize = 200;

/// What a row is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReportKey {
    /// The topic.
    pub topic: String,
    /// Kind of failure; `None` for a missing key in a compacted topic.
    pub class: Option<FailureClass>,
    /// What was done.
    pub action: Action,
    /// What the producer calls itself.
    pub client_id: String,
}

/// One row of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// Records that failed.
    pub records: u64,
    /// Batches with such records.
    pub batches: u64,
    /// When the first one failed, in Unix milliseconds.
    pub first_ms: i64,
    /// When the last one failed.
    pub last_ms: i64,
    /// The words for one of the last batch's records.
    pub example: String,
}

#[derive(Debug, Default)]
pub(super) struct Report(BTreeMap<ReportKey, ReportRow>);

impl Report {
    pub(super) fn add(&mut self, refusal: &Refusal) {
        for (class, records) in &refusal.classes {
            let key = self.place(ReportKey {
                topic: refusal.topic.clone(),
                class: *class,
                action: refusal.action,
                client_id: refusal.client_id.chars().take(CLIENT_CHARS_MAX).collect(),
            });
            let row = self.0.entry(key).or_insert_with(|| ReportRow {
                records: 0,
                batches: 0,
                first_ms: refusal.time_ms,
                last_ms: refusal.time_ms,
                example: String::new(),
            });
            row.records = row.records.saturating_add(*records);
            row.batches = row.batches.saturating_add(1);
            row.last_ms = refusal.time_ms;
            if let Some(example) = refusal.first.iter().find(|r| r.class == *class) {
                row.example.clone_from(&example.text);
            }
        }
    }

    /// The key itself while there is room, or that of a row for others.
    fn place(&self, key: ReportKey) -> ReportKey {
        if self.0.len() < ROWS_MAX || self.0.contains_key(&key) {
            return key;
        }
        let clients = ReportKey { client_id: OTHERS.into(), ..key };
        if self.0.len() < ROWS_MAX + OTHERS_MAX || self.0.contains_key(&clients) {
            return clients;
        }
        ReportKey { topic: OTHERS.into(), ..clients }
    }

    pub(super) fn rows(&self) -> Vec<(ReportKey, ReportRow)> {
        self.0.iter().map(|(key, row)| (key.clone(), row.clone())).collect()
    }

    pub(super) fn forget(&mut self, topic: &str) {
        self.0.retain(|key, _| key.topic != topic);
    }
}

#[cfg(test)]
mod tests {
    use super::super::RefusedRecord;
    use super::*;

    fn refusal(topic: &str, client: &str, time_ms: i64) -> Refusal {
        let class = Some(FailureClass::Undecodable);
        Refusal {
            id: 0,
            time_ms,
            action: Action::Audit,
            topic: topic.into(),
            partition: 0,
            client_id: client.into(),
            principal: "p".into(),
            records: 2,
            classes: vec![(class, 2)],
            first: vec![RefusedRecord {
                index: 0,
                class,
                schema_id: None,
                text: format!("at {time_ms}"),
                logged: String::new(),
            }],
        }
    }

    #[test]
    fn sums_by_topic_class_action_and_client() {
        let mut report = Report::default();
        report.add(&refusal("a", "c", 1));
        report.add(&refusal("a", "c", 5));
        report.add(&refusal("a", "d", 6));
        let rows = report.rows();
        assert_eq!(rows.len(), 2);
        let (key, row) = &rows[0];
        assert_eq!((key.client_id.as_str(), row.records, row.batches), ("c", 4, 2));
        assert_eq!((row.first_ms, row.last_ms, row.example.as_str()), (1, 5, "at 5"));
        report.forget("a");
        assert!(report.rows().is_empty());
    }

    #[test]
    fn bounded_whatever_clients_call_themselves() {
        let mut report = Report::default();
        for n in 0..ROWS_MAX + 500 {
            report.add(&refusal("a", &format!("client {n}"), 1));
        }
        for n in 0..OTHERS_MAX + 500 {
            report.add(&refusal(&format!("topic {n}"), &"x".repeat(100_000), 1));
        }
        let rows = report.rows();
        assert!(rows.len() <= ROWS_MAX + OTHERS_MAX + 21, "{}", rows.len());
        let records: u64 = rows.iter().map(|(_, row)| row.records).sum();
        assert_eq!(records, 2 * u64::try_from(ROWS_MAX + OTHERS_MAX + 1000).unwrap(), "nothing is lost");
        assert!(rows.iter().all(|(key, _)| key.client_id.chars().count() <= CLIENT_CHARS_MAX));
    }
}
