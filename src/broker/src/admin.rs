//! Changing topics and configurations. Everything here blocks for an fsync and runs on blocking threads, one change at a
//! time; the journal is written first, then memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use arc_swap::ArcSwap;
use assay_protocol::{ErrorCode, Uuid};

use crate::config::{BrokerConfig, ConfigError, TopicSettings, check_overrides};
use crate::core::{Core, Refused};
use crate::metadata::{MetadataError, Record, TopicMeta, check_topic_name, collides};
use crate::partition::{Partition, PartitionPlace};
use crate::topics::{CONSUMER_OFFSETS, NewTopic, Topic};

impl From<ConfigError> for Refused {
    fn from(error: ConfigError) -> Self {
        Self::new(ErrorCode::InvalidConfig, error.to_string())
    }
}

impl From<MetadataError> for Refused {
    fn from(error: MetadataError) -> Self {
        tracing::error!(%error, "the metadata could not be written");
        Self::new(ErrorCode::KafkaStorageError, "the broker's metadata could not be written; see its log")
    }
}

/// A checked plan for a new topic.
pub(crate) struct TopicPlan {
    pub(crate) partitions: i32,
    pub(crate) configs: BTreeMap<String, String>,
}

impl Core {
    /// Checks a new topic without creating it.
    pub(crate) fn plan_topic(&self, new: &NewTopic) -> Result<TopicPlan, Refused> {
        check_topic_name(&new.name)
            .map_err(|e| Refused::new(ErrorCode::InvalidTopicException, e.to_string()))?;
        if self.topics.get(&new.name).is_some() {
            return Err(Refused::new(
                ErrorCode::TopicAlreadyExists,
                format!("Topic '{}' already exists.", new.name),
            ));
        }
        if let Some(other) = self.topics.list().iter().find(|t| collides(&t.name, &new.name)) {
            let text = format!("Topic '{}' collides with existing topic: {}", new.name, other.name);
            return Err(Refused::new(ErrorCode::InvalidTopicException, text));
        }
        let config = self.config.load();
        if new.name == CONSUMER_OFFSETS {
            return Ok(TopicPlan {
                partitions: config.int("offsets.topic.num.partitions"),
                configs: BTreeMap::from([
                    ("cleanup.policy".into(), "compact".into()),
                    ("segment.bytes".into(), config.string("offsets.topic.segment.bytes")),
                ]),
            });
        }
        let partitions = if new.assignments.is_empty() {
            self.check_counts(new, &config)?
        } else {
            self.check_assignments(new, &config)?
        };
        self.check_room(partitions, partitions, &config)?;
        Ok(TopicPlan { partitions, configs: check_overrides(&new.configs)? })
    }

    fn check_counts(&self, new: &NewTopic, config: &BrokerConfig) -> Result<i32, Refused> {
        let partitions = match new.partitions {
            -1 => config.int("num.partitions"),
            n if n > 0 => n,
            _ => {
                let text = "Number of partitions was set to an invalid non-positive value.";
                return Err(Refused::new(ErrorCode::InvalidPartitions, text));
            }
        };
        check_replication(i64::from(new.replication_factor), config)?;
        Ok(partitions)
    }

    fn check_assignments(&self, new: &NewTopic, config: &BrokerConfig) -> Result<i32, Refused> {
        if new.partitions != -1 || new.replication_factor != -1 {
            let text = "Both partitions and assignments were given; set the counts to -1 with assignments.";
            return Err(Refused::new(ErrorCode::InvalidRequest, text));
        }
        let invalid = |text: String| Refused::new(ErrorCode::InvalidReplicaAssignment, text);
        let indexes: BTreeSet<i32> = new.assignments.iter().map(|(p, _)| *p).collect();
        let consecutive = indexes.iter().copied().eq(0..i32::try_from(indexes.len()).unwrap_or(i32::MAX));
        if indexes.len() != new.assignments.len() || !consecutive {
            return Err(invalid("partitions should be a consecutive 0-based integer sequence".into()));
        }
        for (partition, replicas) in &new.assignments {
            check_replicas(*partition, replicas, self.node_id, config)?;
        }
        i32::try_from(new.assignments.len()).map_err(|_| invalid("too many partitions".into()))
    }

    /// Bounds on partitions: `added` more, of a topic that then has `of_topic`.
    fn check_room(&self, of_topic: i32, added: i32, config: &BrokerConfig) -> Result<(), Refused> {
        let per_topic = config.size("assay.partitions.per.topic.max");
        let total = config.size("assay.partitions.max");
        let (of_topic, added) = (usize::try_from(of_topic).unwrap_or(0), usize::try_from(added).unwrap_or(0));
        if of_topic > per_topic {
            let text =
                format!("{of_topic} partitions are above assay.partitions.per.topic.max = {per_topic}");
            return Err(Refused::new(ErrorCode::InvalidPartitions, text));
        }
        if self.topics.partition_count() + added > total {
            let text = format!("{added} more partitions would pass assay.partitions.max = {total}");
            return Err(Refused::new(ErrorCode::InvalidPartitions, text));
        }
        Ok(())
    }

    /// Creates a topic. Durable on return. Blocks.
    pub(crate) fn create_topic(&self, new: &NewTopic) -> Result<Arc<Topic>, Refused> {
        let _turn = self.admin.lock().unwrap_or_else(PoisonError::into_inner);
        let plan = self.plan_topic(new)?;
        let meta = TopicMeta {
            name: new.name.clone(),
            id: uuid::Uuid::new_v4(),
            partitions: plan.partitions,
            epoch_base: self.unclean_starts,
            configs: plan.configs,
        };
        self.metadata.append(vec![Record::TopicCreated { topic: meta.clone() }])?;
        let topic = self.make_topic(&meta);
        self.topics.insert(topic.clone());
        tracing::info!(topic = %topic.name, partitions = meta.partitions, id = %topic.id, "topic created");
        Ok(topic)
    }

    /// The topic in memory, for metadata that is written.
    pub(crate) fn make_topic(&self, meta: &TopicMeta) -> Arc<Topic> {
        let settings = TopicSettings::resolve(&meta.name, meta.configs.clone(), &self.config.load());
        let settings = Arc::new(ArcSwap::from_pointee(settings));
        let name: Arc<str> = Arc::from(meta.name.as_str());
        let id = Uuid::from_bytes(*meta.id.as_bytes());
        let leader_epoch = self.unclean_starts.saturating_sub(meta.epoch_base).max(0);
        let partitions = (0..meta.partitions)
            .map(|i| self.make_partition(&name, id, i, leader_epoch, &settings))
            .collect();
        Arc::new(Topic::new(name, id, settings, partitions))
    }

    fn make_partition(
        &self,
        topic: &Arc<str>,
        topic_id: Uuid,
        index: i32,
        leader_epoch: i32,
        settings: &Arc<ArcSwap<TopicSettings>>,
    ) -> Arc<Partition> {
        Arc::new(Partition::new(PartitionPlace {
            topic: topic.clone(),
            topic_id,
            index,
            leader_epoch,
            dir: self.logs.join(format!("{topic}-{index}")),
            clean: self.clean_start,
            settings: settings.clone(),
            env: self.env.clone(),
        }))
    }

    /// Deletes a topic: gone for clients on return, its files soon after. Blocks.
    ///
    /// A crash leaves either the topic, or a deletion that the next start finishes.
    pub(crate) fn delete_topic(&self, topic: &Topic) -> Result<(), Refused> {
        let _turn = self.admin.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.config.load().flag("delete.topic.enable") {
            return Err(Refused::new(ErrorCode::TopicDeletionDisabled, "delete.topic.enable is false"));
        }
        if topic.is_internal() {
            return Err(Refused::new(ErrorCode::InvalidRequest, "an internal topic cannot be deleted"));
        }
        let image = self.metadata.image();
        let Some(meta) = image.topics.get(&*topic.name).filter(|m| *m.id.as_bytes() == *topic.id.as_bytes())
        else {
            return Err(Refused::new(ErrorCode::UnknownTopicOrPartition, "the topic has been deleted"));
        };
        self.metadata.append(vec![Record::TopicDeleting { topic: meta.clone() }])?;
        self.topics.remove(topic);
        self.refusals.forget(&topic.name);
        let mut leftovers = Vec::new();
        let mut complete = true;
        for partition in topic.partitions().iter() {
            match partition.retire() {
                Ok(dir) => leftovers.extend(dir),
                Err(error) => {
                    complete = false;
                    tracing::error!(topic = %topic.name, ?error, "a deleted partition's directory stays until the next start");
                }
            }
        }
        if let Err(error) = std::fs::File::open(&self.logs).and_then(|d| d.sync_all()) {
            complete = false;
            tracing::error!(%error, "the log directory could not be synced");
        }
        let id = meta.id;
        let name = topic.name.clone();
        self.groups.expire(|_, committed_topic, _| *committed_topic == *name);
        if complete {
            self.metadata.append(vec![Record::TopicGone { id }])?;
        }
        tracing::info!(topic = %topic.name, id = %topic.id, "topic deleted");
        self.env.runtime.spawn_blocking(move || leftovers.iter().for_each(|dir| remove_dir(dir)));
        Ok(())
    }

    /// Adds partitions to a topic up to `count`. Blocks.
    pub(crate) fn create_partitions(
        &self,
        name: &str,
        count: i32,
        assignments: Option<&[Vec<i32>]>,
        validate_only: bool,
    ) -> Result<(), Refused> {
        let _turn = self.admin.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(topic) = self.topics.get(name) else {
            let text = format!("The topic '{name}' does not exist.");
            return Err(Refused::new(ErrorCode::UnknownTopicOrPartition, text));
        };
        let present = i32::try_from(topic.partitions().len()).unwrap_or(i32::MAX);
        let invalid = |text: String| Refused::new(ErrorCode::InvalidPartitions, text);
        if topic.is_internal() {
            return Err(invalid("the partition count of an internal topic is fixed".into()));
        }
        if count == present {
            return Err(invalid(format!("Topic already has {present} partition(s).")));
        }
        if count < present {
            let text = format!(
                "The topic {name} currently has {present} partition(s); {count} would not be an increase."
            );
            return Err(invalid(text));
        }
        let config = self.config.load();
        let added = count - present;
        if let Some(assignments) = assignments {
            if i32::try_from(assignments.len()) != Ok(added) {
                let text = format!(
                    "{added} partition(s) are added, but {} assignments were given",
                    assignments.len()
                );
                return Err(Refused::new(ErrorCode::InvalidReplicaAssignment, text));
            }
            for (partition, replicas) in (present..).zip(assignments) {
                check_replicas(partition, replicas, self.node_id, &config)?;
            }
        }
        self.check_room(count, added, &config)?;
        if validate_only {
            return Ok(());
        }
        let id = uuid::Uuid::from_bytes(*topic.id.as_bytes());
        self.metadata.append(vec![Record::Partitions { id, partitions: count }])?;
        let epoch = topic.partitions().first().map_or(0, |p| p.leader_epoch);
        let more = (present..count)
            .map(|i| self.make_partition(&topic.name, topic.id, i, epoch, &topic.settings))
            .collect();
        topic.extend(more);
        Ok(())
    }

    /// Replaces a topic's overrides by what `change` makes of them. Blocks.
    pub(crate) fn alter_topic_configs(
        &self,
        name: &str,
        validate_only: bool,
        change: impl FnOnce(&mut BTreeMap<String, String>, &TopicSettings) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let _turn = self.admin.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(topic) = self.topics.get(name) else {
            let text = format!("The topic '{name}' does not exist.");
            return Err(Refused::new(ErrorCode::UnknownTopicOrPartition, text));
        };
        let settings = topic.settings.load_full();
        let mut overrides = settings.overrides.clone();
        change(&mut overrides, &settings)?;
        let overrides = check_overrides(&overrides)?;
        if validate_only || overrides == settings.overrides {
            return Ok(());
        }
        let id = uuid::Uuid::from_bytes(*topic.id.as_bytes());
        self.metadata.append(vec![Record::TopicConfigs { id, configs: overrides.clone() }])?;
        self.settle(&topic, overrides);
        Ok(())
    }

    /// Replaces the broker configurations altered at run time by what `change` makes of them. Blocks.
    pub(crate) fn alter_broker_configs(
        &self,
        validate_only: bool,
        change: impl FnOnce(&mut BTreeMap<String, String>, &BrokerConfig) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let _turn = self.admin.lock().unwrap_or_else(PoisonError::into_inner);
        let mut altered = self.metadata.image().broker_configs;
        let before = altered.clone();
        change(&mut altered, &self.config.load())?;
        BrokerConfig::check_altered(&altered)?;
        if validate_only || altered == before {
            return Ok(());
        }
        self.metadata.append(vec![Record::BrokerConfigs { configs: altered.clone() }])?;
        let config = self.config.load().with_altered(&altered);
        self.groups.set_limits(Self::group_limits(&config));
        self.config.store(Arc::new(config));
        for topic in self.topics.list() {
            let overrides = topic.settings.load().overrides.clone();
            self.settle(&topic, overrides);
        }
        Ok(())
    }

    fn settle(&self, topic: &Topic, overrides: BTreeMap<String, String>) {
        let config = self.config.load();
        let checks = topic.settings.load().checks.clone();
        let settings = TopicSettings::resolve(&topic.name, overrides, &config);
        topic.settings.store(Arc::new(TopicSettings { checks, ..settings }));
        let inflated = config.size("assay.inflated.bytes.max");
        topic.partitions().iter().for_each(|p| p.reconfigure(inflated));
    }
}

/// Removes a deleted partition's directory. What cannot be removed is tried again at the next start.
pub(crate) fn remove_dir(dir: &std::path::Path) {
    if let Err(error) = std::fs::remove_dir_all(dir) {
        tracing::warn!(dir = %dir.display(), %error, "a deleted partition's directory could not be removed");
    }
}

fn check_replication(factor: i64, config: &BrokerConfig) -> Result<(), Refused> {
    match factor {
        -1 | 1 => Ok(()),
        n if n > 1 && config.flag("assay.accept.any.replication.factor") => Ok(()),
        n if n > 1 => Err(Refused::new(
            ErrorCode::InvalidReplicationFactor,
            format!(
                "Replication factor {n} is larger than the 1 broker there is; set \
                 assay.accept.any.replication.factor=true on the broker to accept it and keep one copy."
            ),
        )),
        _ => Err(Refused::new(
            ErrorCode::InvalidReplicationFactor,
            "Replication factor was set to an invalid non-positive value.",
        )),
    }
}

fn check_replicas(partition: i32, replicas: &[i32], node: i32, config: &BrokerConfig) -> Result<(), Refused> {
    let invalid = |text: String| Err(Refused::new(ErrorCode::InvalidReplicaAssignment, text));
    let unique: BTreeSet<&i32> = replicas.iter().collect();
    if replicas.is_empty() || unique.len() != replicas.len() {
        return invalid(format!("partition {partition} needs a list of distinct replicas"));
    }
    if config.flag("assay.accept.any.replication.factor") && replicas.contains(&node) {
        return Ok(());
    }
    if let Some(other) = replicas.iter().find(|r| **r != node) {
        return invalid(format!(
            "partition {partition} is assigned to broker {other}, but there is only {node}"
        ));
    }
    Ok(())
}
