//! The rows about validation: topic configurations, Confluent's and Redpanda's names for them, and the broker's defaults.

use assay_validate::Strategy;

use super::def::{ConfigDef, Kind};
use super::table::{live, topic_only};

const CHECKS: &[&str] = &["auto", "off", "id", "payload"];

/// The topic rows by name, then the broker's.
pub(super) const VALIDATION: &[ConfigDef] = &[
    topic_only(
        "assay.key.on.invalid",
        "reject",
        Kind::Actions,
        "What happens to a record whose key fails validation: reject (its batch is refused), quarantine (it goes to <topic>.quarantine, the others are stored) or audit (it is stored, counted and logged), then exceptions by failure class, such as reject,registry_unavailable:audit.",
    ),
    topic_only("assay.key.required", "false", Kind::Bool, "Whether a null key is refused."),
    topic_only(
        "assay.key.schema.versions",
        "any",
        Kind::Versions,
        "Which versions of its subject the schema of a key may be: any, latest, a version, or a range such as 2..5, 2.. or ..5.",
    ),
    topic_only(
        "assay.key.subject.name.strategy",
        "",
        Kind::OneOf(&Strategy::NAMES),
        "Subject that the schema of a key must be registered under: by topic (the default), by record name, or by both. With the strategies by record, auto checks nothing: set assay.key.validation.",
    ),
    topic_only(
        "assay.key.subjects",
        "",
        Kind::Subjects,
        "Subjects that the schema of a key may be registered under, separated by commas; wins over the strategy. Subjects of another context are written :.context:name.",
    ),
    topic_only(
        "assay.key.validation",
        "",
        Kind::OneOf(CHECKS),
        "Validation of record keys: off, id (the schema id is registered under the subject), payload (and the bytes are what it says) or auto (payload where the subject exists). Not set: off.",
    ),
    topic_only(
        "assay.value.on.invalid",
        "reject",
        Kind::Actions,
        "What happens to a record whose value fails validation: reject (its batch is refused), quarantine (it goes to <topic>.quarantine, the others are stored) or audit (it is stored, counted and logged), then exceptions by failure class, such as reject,registry_unavailable:audit.",
    ),
    topic_only("assay.value.required", "false", Kind::Bool, "Whether a null value is refused."),
    topic_only(
        "assay.value.schema.versions",
        "any",
        Kind::Versions,
        "Which versions of its subject the schema of a value may be: any, latest, a version, or a range such as 2..5, 2.. or ..5.",
    ),
    topic_only(
        "assay.value.subject.name.strategy",
        "",
        Kind::OneOf(&Strategy::NAMES),
        "Subject that the schema of a value must be registered under: by topic (the default), by record name, or by both. With the strategies by record, auto checks nothing: set assay.value.validation.",
    ),
    topic_only(
        "assay.value.subjects",
        "",
        Kind::Subjects,
        "Subjects that the schema of a value may be registered under, separated by commas; wins over the strategy. Subjects of another context are written :.context:name.",
    ),
    topic_only(
        "assay.value.validation",
        "",
        Kind::OneOf(CHECKS),
        "Validation of record values: off, id, payload or auto. Not set: the broker's assay.validation.default.",
    ),
    topic_only(
        "assay.audit.percent",
        "100",
        Kind::Int(0, 100),
        "Share of the batches that is checked where a failure keeps nothing out of the topic (audit), in percent.",
    ),
    topic_only(
        "assay.enforced.client.ids",
        "*",
        Kind::Text,
        "Client ids, as patterns with * and ? separated by commas, whose records are refused or quarantined; those of other clients are only audited.",
    ),
    topic_only(
        "confluent.key.schema.validation",
        "",
        Kind::Bool,
        "Understood as assay.key.validation=id when true; assay.key.validation wins.",
    ),
    topic_only(
        "confluent.key.subject.name.strategy",
        "",
        Kind::OneOf(&Strategy::NAMES),
        "As assay.key.subject.name.strategy, which wins.",
    ),
    topic_only(
        "confluent.value.schema.validation",
        "",
        Kind::Bool,
        "Understood as assay.value.validation=id when true; assay.value.validation wins.",
    ),
    topic_only(
        "confluent.value.subject.name.strategy",
        "",
        Kind::OneOf(&Strategy::NAMES),
        "As assay.value.subject.name.strategy, which wins.",
    ),
    topic_only(
        "redpanda.key.schema.id.validation",
        "",
        Kind::Bool,
        "Understood as assay.key.validation=id when true; assay.key.validation wins.",
    ),
    topic_only(
        "redpanda.key.subject.name.strategy",
        "",
        Kind::OneOf(&Strategy::NAMES),
        "As assay.key.subject.name.strategy, which wins.",
    ),
    topic_only(
        "redpanda.value.schema.id.validation",
        "",
        Kind::Bool,
        "Understood as assay.value.validation=id when true; assay.value.validation wins.",
    ),
    topic_only(
        "redpanda.value.subject.name.strategy",
        "",
        Kind::OneOf(&Strategy::NAMES),
        "As assay.value.subject.name.strategy, which wins.",
    ),
    live(
        "assay.registry.unavailable",
        "fail_closed",
        Kind::OneOf(&["fail_closed", "fail_open"]),
        "What happens to records when the schema registry cannot be asked, where on.invalid has no exception for registry_unavailable: fail_closed (as for any failure; a refusal is REQUEST_TIMED_OUT, so that producers try again) or fail_open (they are stored and audited).",
    ),
    live(
        "assay.rejections.per.topic.max",
        "100",
        Kind::Int(0, 10_000),
        "How many of the last batches with failed records are kept per topic for GET /v1/validation/rejections.",
    ),
    live(
        "assay.schema.wait.ms",
        "25000",
        Kind::Int(1, 300_000),
        "How long a batch waits for schemas that are being fetched; less than a producer's request.timeout.ms. What has not arrived then is refused with REQUEST_TIMED_OUT, so that producers try again, under fail_open too unless the registry has been silent all the time; where everything is only audited it is stored.",
    ),
    live(
        "assay.validation.default",
        "auto",
        Kind::OneOf(CHECKS),
        "Validation of values of topics that do not say: auto checks the payload where the topic's subject exists.",
    ),
    live(
        "assay.validation.topics",
        "",
        Kind::TopicPatterns,
        "Validation by topic name, as PATTERN[,PATTERN]: NAME=VALUE NAME=VALUE; PATTERN: ... with the names of the topic configurations; the first row that fits counts, and what a topic sets itself wins.",
    ),
];
