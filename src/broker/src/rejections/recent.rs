//! The last batches with failed records, per topic.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::Refusal;

/// Topics remembered; the one that was quiet longest is forgotten first.
const TOPICS_MAX: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct Recent(BTreeMap<String, Topic>);

#[derive(Debug, Default)]
struct Topic {
    kept: VecDeque<Arc<Refusal>>,
    /// How many there have been, and the id of the last.
    total: u64,
    last_id: u64,
}

impl Recent {
    /// Remembers, and keeps `per_topic` of the topic.
    pub(super) fn add(&mut self, refusal: &Arc<Refusal>, per_topic: usize) {
        if !self.0.contains_key(&refusal.topic) && self.0.len() >= TOPICS_MAX {
            let quiet = self.0.iter().min_by_key(|(_, topic)| topic.last_id);
            if let Some(topic) = quiet.map(|(topic, _)| topic.clone()) {
                self.0.remove(&topic);
            }
        }
        let topic = self.0.entry(refusal.topic.clone()).or_default();
        topic.total = topic.total.saturating_add(1);
        topic.last_id = refusal.id;
        topic.kept.push_back(Arc::clone(refusal));
        while topic.kept.len() > per_topic {
            topic.kept.pop_front();
        }
    }

    /// Those with an id above `after`, of one topic or all, oldest first; of more than `limit` the last.
    pub(super) fn list(&self, topic: Option<&str>, after: u64, limit: usize) -> Vec<Arc<Refusal>> {
        let later = |topic: &Topic| topic.kept.iter().filter(|r| r.id > after).cloned().collect::<Vec<_>>();
        let mut found: Vec<Arc<Refusal>> = match topic {
            Some(topic) => self.0.get(topic).map(later).unwrap_or_default(),
            None => self.0.values().flat_map(later).collect(),
        };
        found.sort_unstable_by_key(|r| r.id);
        let skip = found.len().saturating_sub(limit);
        found.split_off(skip)
    }

    /// How many there have been of the topic.
    pub(super) fn total(&self, topic: &str) -> u64 {
        self.0.get(topic).map_or(0, |topic| topic.total)
    }

    pub(super) fn forget(&mut self, topic: &str) {
        self.0.remove(topic);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_validate::Action;

    fn refusal(id: u64, topic: &str) -> Arc<Refusal> {
        Arc::new(Refusal {
            id,
            time_ms: 0,
            action: Action::Reject,
            topic: topic.into(),
            partition: 0,
            client_id: String::new(),
            principal: String::new(),
            records: 1,
            classes: Vec::new(),
            first: Vec::new(),
        })
    }

    #[test]
    fn the_last_of_each_topic() {
        let mut recent = Recent::default();
        for id in 1..=10 {
            recent.add(&refusal(id, if id % 2 == 0 { "even" } else { "odd" }), 3);
        }
        let ids = |topic, after, limit| -> Vec<u64> {
            recent.list(topic, after, limit).iter().map(|r| r.id).collect()
        };
        assert_eq!(ids(Some("even"), 0, 100), [6, 8, 10]);
        assert_eq!(ids(None, 0, 100), [5, 6, 7, 8, 9, 10]);
        assert_eq!(ids(None, 7, 2), [9, 10]);
        assert_eq!(ids(Some("none"), 0, 100), [0u64; 0]);
        assert_eq!([recent.total("even"), recent.total("none")], [5, 0]);
    }

    #[test]
    fn bounded_topics() {
        let mut recent = Recent::default();
        for id in 1..=2_000 {
            recent.add(&refusal(id, &format!("t{id}")), 3);
        }
        assert_eq!(recent.list(None, 0, usize::MAX).len(), TOPICS_MAX);
        assert_eq!(recent.list(None, 0, 1)[0].id, 2_000);
        recent.add(&refusal(3_000, "t2000"), 0);
        assert!(recent.list(Some("t2000"), 0, 9).is_empty());
    }
}
