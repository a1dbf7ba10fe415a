//! The metadata as a fold of records. Pure: no files, no clock.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One change, as written in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Record {
    /// A topic exists from now on.
    TopicCreated { topic: TopicMeta },
    /// Deletion has begun: the topic is gone for clients, its directories may still be there.
    TopicDeleting { topic: TopicMeta },
    /// The directories are gone too.
    TopicGone { id: uuid::Uuid },
    /// The topic has `partitions` partitions from now on.
    Partitions { id: uuid::Uuid, partitions: i32 },
    /// The topic's configuration overrides, all of them.
    TopicConfigs { id: uuid::Uuid, configs: BTreeMap<String, String> },
    /// Broker configurations altered at run time, all of them.
    BrokerConfigs { configs: BTreeMap<String, String> },
    /// Producer ids below `next` may have been handed out.
    ProducerIds { next: i64 },
    /// The node has come up `count` times without a clean shutdown before.
    UncleanStarts { count: i32 },
}

/// One topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TopicMeta {
    pub(crate) name: String,
    pub(crate) id: uuid::Uuid,
    pub(crate) partitions: i32,
    /// The count of unclean starts when it was created: its leader epoch is the count now less this.
    pub(crate) epoch_base: i32,
    pub(crate) configs: BTreeMap<String, String>,
}

/// The state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) topics: BTreeMap<String, TopicMeta>,
    pub(crate) deleting: BTreeMap<uuid::Uuid, TopicMeta>,
    pub(crate) broker_configs: BTreeMap<String, String>,
    pub(crate) next_producer_id: i64,
    pub(crate) unclean_starts: i32,
}

impl Image {
    /// Applies one record. A record about an unknown topic changes nothing.
    pub(crate) fn apply(&mut self, record: Record) {
        match record {
            Record::TopicCreated { topic } => {
                self.topics.insert(topic.name.clone(), topic);
            }
            Record::TopicDeleting { topic } => {
                if self.topics.get(&topic.name).is_some_and(|t| t.id == topic.id) {
                    self.topics.remove(&topic.name);
                }
                self.deleting.insert(topic.id, topic);
            }
            Record::TopicGone { id } => {
                self.deleting.remove(&id);
            }
            Record::Partitions { id, partitions } => {
                if let Some(topic) = self.by_id_mut(id) {
                    topic.partitions = partitions;
                }
            }
            Record::TopicConfigs { id, configs } => {
                if let Some(topic) = self.by_id_mut(id) {
                    topic.configs = configs;
                }
            }
            Record::BrokerConfigs { configs } => self.broker_configs = configs,
            Record::ProducerIds { next } => self.next_producer_id = self.next_producer_id.max(next),
            Record::UncleanStarts { count } => self.unclean_starts = count,
        }
    }

    /// The fewest records that make this state.
    pub(crate) fn records(&self) -> Vec<Record> {
        let mut out: Vec<Record> =
            self.topics.values().map(|t| Record::TopicCreated { topic: t.clone() }).collect();
        out.extend(self.deleting.values().map(|t| Record::TopicDeleting { topic: t.clone() }));
        if !self.broker_configs.is_empty() {
            out.push(Record::BrokerConfigs { configs: self.broker_configs.clone() });
        }
        out.push(Record::ProducerIds { next: self.next_producer_id });
        out.push(Record::UncleanStarts { count: self.unclean_starts });
        out
    }

    fn by_id_mut(&mut self, id: uuid::Uuid) -> Option<&mut TopicMeta> {
        self.topics.values_mut().find(|t| t.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(name: &str) -> TopicMeta {
        TopicMeta {
            name: name.to_owned(),
            id: uuid::Uuid::new_v4(),
            partitions: 1,
            epoch_base: 0,
            configs: BTreeMap::new(),
        }
    }

    #[test]
    fn a_name_can_be_used_again_while_the_old_topic_is_being_deleted() {
        let (old, new) = (topic("t"), topic("t"));
        let mut image = Image::default();
        image.apply(Record::TopicCreated { topic: old.clone() });
        image.apply(Record::Partitions { id: old.id, partitions: 3 });
        assert_eq!(image.topics["t"].partitions, 3);
        image.apply(Record::TopicDeleting { topic: old.clone() });
        image.apply(Record::TopicCreated { topic: new.clone() });
        image.apply(Record::ProducerIds { next: 1000 });
        image.apply(Record::UncleanStarts { count: 2 });
        image.apply(Record::BrokerConfigs { configs: BTreeMap::from([("a".into(), "b".into())]) });
        let mut again = Image::default();
        image.records().into_iter().for_each(|r| again.apply(r));
        assert_eq!(again, image);
        assert_eq!((again.topics["t"].id, again.deleting.len()), (new.id, 1));
        image.apply(Record::TopicGone { id: old.id });
        assert!(image.deleting.is_empty());
    }
}
