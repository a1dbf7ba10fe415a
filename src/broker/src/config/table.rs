//! The configuration table: every name this broker knows, once.
//!
//! It feeds `BrokerConfig`, topic configurations, DescribeConfigs, and (through the binary) `assay.toml`,
//! `ASSAY_*` and flags. Names are Kafka's where Kafka has one; what Kafka has and we do not do is either absent
//! (refused as unknown) or a row of kind `Only`, which says why another value is refused.

use super::def::{Change, ConfigDef, Kind, Scope};
use super::validation::VALIDATION;

const MAX_I32: i32 = i32::MAX;
const MAX_I64: i64 = i64::MAX;
const CODECS: &[&str] = &["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"];

const fn row(
    name: &'static str,
    default: &'static str,
    kind: Kind,
    scope: Scope,
    change: Change,
    doc: &'static str,
) -> ConfigDef {
    ConfigDef { name, default, kind, scope, change, doc }
}

const fn topic(
    name: &'static str,
    broker: &'static str,
    default: &'static str,
    kind: Kind,
    doc: &'static str,
) -> ConfigDef {
    row(name, default, kind, Scope::Topic { broker }, Change::Live, doc)
}

pub(super) const fn topic_only(
    name: &'static str,
    default: &'static str,
    kind: Kind,
    doc: &'static str,
) -> ConfigDef {
    row(name, default, kind, Scope::TopicOnly, Change::Live, doc)
}

pub(super) const fn live(
    name: &'static str,
    default: &'static str,
    kind: Kind,
    doc: &'static str,
) -> ConfigDef {
    row(name, default, kind, Scope::Broker, Change::Live, doc)
}

const fn fixed(name: &'static str, default: &'static str, kind: Kind, doc: &'static str) -> ConfigDef {
    row(name, default, kind, Scope::Broker, Change::AtStart, doc)
}

/// Every row: those of validation, then the others.
pub const TABLE: &[ConfigDef] = &{
    let mut all = [OTHERS[0]; VALIDATION.len() + OTHERS.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < VALIDATION.len() { VALIDATION[at] } else { OTHERS[at - VALIDATION.len()] };
        at += 1;
    }
    all
};

/// Topic rows first (each also a broker-wide default under its broker name), then the broker's own, by name.
const OTHERS: &[ConfigDef] = &[
    topic(
        "assay.flush.on.acks.all",
        "assay.flush.on.acks.all",
        "true",
        Kind::Bool,
        "Whether acks=all waits for fsync (group commit). False gives Kafka's own trade-off: written to the page cache.",
    ),
    topic(
        "cleanup.policy",
        "log.cleanup.policy",
        "delete",
        Kind::ListOf(&["delete", "compact"]),
        "Delete old segments by time and size, or keep the last value per key. Compaction itself is not implemented yet: a compacted topic keeps everything.",
    ),
    topic(
        "compression.type",
        "compression.type",
        "producer",
        Kind::Only(CODECS, "producer", "batches are stored as the producer sent them"),
        "Codec of stored batches.",
    ),
    topic(
        "delete.retention.ms",
        "log.cleaner.delete.retention.ms",
        "86400000",
        Kind::Long(0, MAX_I64),
        "How long tombstones of a compacted topic are kept, in ms.",
    ),
    topic(
        "file.delete.delay.ms",
        "log.segment.delete.delay.ms",
        "60000",
        Kind::Long(0, MAX_I64),
        "Accepted for compatibility; deleted files go at once.",
    ),
    topic(
        "flush.messages",
        "log.flush.interval.messages",
        "9223372036854775807",
        Kind::Long(1, MAX_I64),
        "Accepted for compatibility; see assay.flush.on.acks.all.",
    ),
    topic(
        "flush.ms",
        "log.flush.interval.ms",
        "9223372036854775807",
        Kind::Long(0, MAX_I64),
        "Accepted for compatibility; see assay.flush.on.acks.all.",
    ),
    topic_only(
        "follower.replication.throttled.replicas",
        "",
        Kind::Text,
        "Accepted for compatibility; there are no followers.",
    ),
    topic(
        "index.interval.bytes",
        "log.index.interval.bytes",
        "4096",
        Kind::Int(0, MAX_I32),
        "Bytes of log between two offset index entries.",
    ),
    topic_only(
        "leader.replication.throttled.replicas",
        "",
        Kind::Text,
        "Accepted for compatibility; there are no followers.",
    ),
    topic(
        "max.compaction.lag.ms",
        "log.cleaner.max.compaction.lag.ms",
        "9223372036854775807",
        Kind::Long(1, MAX_I64),
        "Longest time a record of a compacted topic stays uncompacted, in ms.",
    ),
    topic(
        "max.message.bytes",
        "message.max.bytes",
        "1048588",
        Kind::Int(0, MAX_I32),
        "Largest record batch, as sent (after compression), in bytes.",
    ),
    topic_only(
        "message.downconversion.enable",
        "true",
        Kind::Bool,
        "Accepted for compatibility; old formats are never served.",
    ),
    topic(
        "message.timestamp.after.max.ms",
        "log.message.timestamp.after.max.ms",
        "9223372036854775807",
        Kind::Long(0, MAX_I64),
        "How far a record timestamp may be ahead of the broker's clock, in ms.",
    ),
    topic(
        "message.timestamp.before.max.ms",
        "log.message.timestamp.before.max.ms",
        "9223372036854775807",
        Kind::Long(0, MAX_I64),
        "How far a record timestamp may be behind the broker's clock, in ms.",
    ),
    topic(
        "message.timestamp.type",
        "log.message.timestamp.type",
        "CreateTime",
        Kind::OneOf(&["CreateTime", "LogAppendTime"]),
        "Whose clock the record timestamps come from.",
    ),
    topic(
        "min.cleanable.dirty.ratio",
        "log.cleaner.min.cleanable.ratio",
        "0.5",
        Kind::Double(0.0, 1.0),
        "Share of dirty log at which compaction starts.",
    ),
    topic(
        "min.compaction.lag.ms",
        "log.cleaner.min.compaction.lag.ms",
        "0",
        Kind::Long(0, MAX_I64),
        "Shortest time a record of a compacted topic stays uncompacted, in ms.",
    ),
    topic(
        "min.insync.replicas",
        "min.insync.replicas",
        "1",
        Kind::Int(1, MAX_I32),
        "Accepted for compatibility; there is one replica.",
    ),
    topic(
        "preallocate",
        "log.preallocate",
        "false",
        Kind::Bool,
        "Accepted for compatibility; segment files are not preallocated.",
    ),
    topic_only(
        "remote.storage.enable",
        "false",
        Kind::Only(&["true", "false"], "false", "there is no tiered storage"),
        "Tiered storage.",
    ),
    topic(
        "retention.bytes",
        "log.retention.bytes",
        "-1",
        Kind::Long(-1, MAX_I64),
        "Size above which the oldest segments of a partition are deleted; -1 means no limit.",
    ),
    topic(
        "retention.ms",
        "log.retention.ms",
        "604800000",
        Kind::Long(-1, MAX_I64),
        "Age after which a segment is deleted, in ms; -1 means never.",
    ),
    topic(
        "segment.bytes",
        "log.segment.bytes",
        "1073741824",
        Kind::Int(14, MAX_I32),
        "Size at which a segment file is closed and a new one begun.",
    ),
    topic(
        "segment.index.bytes",
        "log.index.size.max.bytes",
        "10485760",
        Kind::Int(4, MAX_I32),
        "Largest offset index file of a segment.",
    ),
    topic(
        "segment.jitter.ms",
        "log.roll.jitter.ms",
        "0",
        Kind::Long(0, MAX_I64),
        "Accepted for compatibility; segments roll without jitter.",
    ),
    topic(
        "segment.ms",
        "log.roll.ms",
        "604800000",
        Kind::Long(1, MAX_I64),
        "Age at which a segment file is closed even if not full, in ms.",
    ),
    topic(
        "unclean.leader.election.enable",
        "unclean.leader.election.enable",
        "false",
        Kind::Bool,
        "Accepted for compatibility; there is one replica.",
    ),
    live(
        "assay.accept.any.replication.factor",
        "false",
        Kind::Bool,
        "Whether CreateTopics with a replication factor above 1 is accepted (and kept on this one node).",
    ),
    fixed(
        "assay.fetch.waiting.max",
        "10000",
        Kind::Int(1, MAX_I32),
        "Fetch requests that may wait for data at the same time; more are answered at once.",
    ),
    fixed(
        "assay.group.bytes.max",
        "16777216",
        Kind::Int(1024, MAX_I32),
        "Bytes of subscriptions and assignments one consumer group may hold.",
    ),
    fixed("assay.groups.max", "10000", Kind::Int(1, MAX_I32), "Consumer groups known at the same time."),
    live(
        "assay.inflated.bytes.max",
        "134217728",
        Kind::Int(1024, MAX_I32),
        "Bytes a record batch may have after decompression.",
    ),
    fixed(
        "assay.offsets.per.group.max",
        "100000",
        Kind::Int(1, MAX_I32),
        "Partitions for which one consumer group may have committed offsets.",
    ),
    fixed("assay.partitions.max", "10000", Kind::Int(1, MAX_I32), "Partitions of all topics together."),
    fixed("assay.partitions.per.topic.max", "10000", Kind::Int(1, MAX_I32), "Partitions of one topic."),
    fixed(
        "assay.producer.ids.per.partition.max",
        "10000",
        Kind::Int(1, MAX_I32),
        "Idempotent producers remembered per partition; the one idle longest is forgotten first.",
    ),
    fixed("advertised.listeners", "", Kind::Text, "What clients are told to connect to."),
    live(
        "auto.create.topics.enable",
        "true",
        Kind::Bool,
        "Whether a client that asks for an unknown topic's metadata creates it.",
    ),
    fixed("broker.id", "1", Kind::Int(0, MAX_I32), "Id of this node."),
    live(
        "connections.max.idle.ms",
        "600000",
        Kind::Long(1, MAX_I64),
        "A connection silent for so long is closed.",
    ),
    live(
        "default.replication.factor",
        "1",
        Kind::Int(1, 1),
        "Replication factor of topics that ask for the default.",
    ),
    live("delete.topic.enable", "true", Kind::Bool, "Whether DeleteTopics is allowed."),
    live(
        "fetch.max.bytes",
        "57671680",
        Kind::Int(1024, MAX_I32),
        "Upper bound for the bytes of one Fetch answer.",
    ),
    live(
        "group.initial.rebalance.delay.ms",
        "0",
        Kind::Int(0, MAX_I32),
        "How long the first rebalance of an empty group waits for more members. Kafka's default is 3000, its shipped server.properties says 0.",
    ),
    live(
        "group.max.session.timeout.ms",
        "1800000",
        Kind::Int(1, MAX_I32),
        "Longest session timeout a group member may ask for.",
    ),
    live("group.max.size", "2147483647", Kind::Int(1, MAX_I32), "Most members of one group."),
    live(
        "group.min.session.timeout.ms",
        "6000",
        Kind::Int(1, MAX_I32),
        "Shortest session timeout a group member may ask for.",
    ),
    fixed(
        "inter.broker.protocol.version",
        "3.9",
        Kind::Text,
        "The release whose wire behaviour this broker follows; informational.",
    ),
    fixed("listeners", "", Kind::Text, "Where the Kafka listener listens."),
    fixed("log.dirs", "", Kind::Text, "Where the partition logs are."),
    live(
        "log.retention.check.interval.ms",
        "300000",
        Kind::Long(1, MAX_I64),
        "How often old segments are looked for, in ms.",
    ),
    fixed("max.connections", "2147483647", Kind::Int(0, MAX_I32), "Most connections at the same time."),
    fixed("node.id", "1", Kind::Int(0, MAX_I32), "Id of this node."),
    live("num.partitions", "1", Kind::Int(1, MAX_I32), "Partitions of topics that ask for the default."),
    live(
        "offset.metadata.max.bytes",
        "4096",
        Kind::Int(0, MAX_I32),
        "Largest metadata text of a committed offset.",
    ),
    live(
        "offsets.retention.check.interval.ms",
        "600000",
        Kind::Long(1, MAX_I64),
        "How often expired offsets are looked for, in ms.",
    ),
    live(
        "offsets.retention.minutes",
        "10080",
        Kind::Int(1, MAX_I32),
        "How long offsets of an empty group are kept, in minutes.",
    ),
    fixed(
        "offsets.topic.num.partitions",
        "50",
        Kind::Int(1, 10_000),
        "Partitions of __consumer_offsets; only read when that topic is created.",
    ),
    fixed(
        "offsets.topic.replication.factor",
        "1",
        Kind::Int(1, 1),
        "Replication factor of __consumer_offsets.",
    ),
    live(
        "offsets.topic.segment.bytes",
        "104857600",
        Kind::Int(14, MAX_I32),
        "segment.bytes of __consumer_offsets; only read when that topic is created.",
    ),
    live(
        "producer.id.expiration.ms",
        "86400000",
        Kind::Int(1, MAX_I32),
        "An idempotent producer silent on a partition for so long is forgotten there.",
    ),
    fixed("socket.request.max.bytes", "104857600", Kind::Int(1, MAX_I32), "Largest request frame."),
];

/// Names Kafka accepts in another unit: (name, the name it sets, factor).
pub(super) const OTHER_UNITS: &[(&str, &str, i64)] = &[
    ("log.retention.minutes", "log.retention.ms", 60_000),
    ("log.retention.hours", "log.retention.ms", 3_600_000),
    ("log.roll.hours", "log.roll.ms", 3_600_000),
];

/// The row of a topic configuration.
#[must_use]
pub(crate) fn topic_def(name: &str) -> Option<&'static ConfigDef> {
    TABLE.iter().find(|d| d.is_topic() && d.name == name)
}

/// The row of a broker configuration, by its broker-wide name.
#[must_use]
pub(crate) fn broker_def(name: &str) -> Option<&'static ConfigDef> {
    TABLE.iter().find(|d| d.broker_name() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_passes_its_own_check_and_names_are_unique() {
        let mut topics = std::collections::BTreeSet::new();
        let mut brokers = std::collections::BTreeSet::new();
        for def in TABLE {
            assert_eq!(def.check(def.default).as_deref(), Ok(def.default), "{}", def.name);
            assert!(!def.doc.is_empty());
            if def.is_topic() {
                assert!(topics.insert(def.name), "{}", def.name);
            }
            if let Some(name) = def.broker_name() {
                assert!(brokers.insert(name), "{name}");
            }
        }
        for (_, target, _) in OTHER_UNITS {
            assert!(broker_def(target).is_some());
        }
    }
}
