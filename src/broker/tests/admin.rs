//! Administration over TCP: versions, metadata, topics, configurations, log ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::harness::*;
use assay_protocol::messages::api_versions::ApiVersionsResponse;
use assay_protocol::messages::create_partitions::CreatePartitionsTopic;
use assay_protocol::messages::create_topics::{CreatableReplicaAssignment, CreatableTopic};
use assay_protocol::messages::delete_records::{DeleteRecordsPartition, DeleteRecordsTopic};
use assay_protocol::messages::describe_configs::{DescribeConfigsResource, DescribeConfigsResourceResult};
use assay_protocol::messages::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use assay_protocol::messages::metadata::MetadataRequestTopic;
use assay_protocol::messages::{
    ApiVersionsRequest, CreatePartitionsRequest, CreateTopicsRequest, DeleteRecordsRequest,
    DescribeClusterRequest, DescribeConfigsRequest, DescribeLogDirsRequest, InitProducerIdRequest,
    ListOffsetsRequest, ListPartitionReassignmentsRequest, MetadataRequest,
};
use assay_protocol::{Message, Uuid};

#[test]
fn api_versions_and_unknown_versions() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    let known = client.ask(
        3,
        &ApiVersionsRequest { client_software_name: "t".into(), client_software_version: "1.0".into() },
    );
    assert_eq!(known.error_code, 0);
    let produce = known.api_keys.iter().find(|a| a.api_key == 0).unwrap();
    assert_eq!((produce.min_version, produce.max_version), (0, 9));
    // Version 99 of ApiVersions: header as the client sends it, any body.
    client.send_raw(&[0, 0, 0, 11, 0, 18, 0, 99, 0, 0, 0, 77, 255, 255, 0]);
    let mut frame = client.frame().unwrap();
    assert_eq!(&frame.split_to(4)[..], &[0, 0, 0, 77]);
    let answer = ApiVersionsResponse::decode_exact(0, frame).unwrap();
    assert_eq!((answer.error_code, answer.api_keys.len()), (35, known.api_keys.len()));
    let bad = client.ask(3, &ApiVersionsRequest::default());
    assert_eq!(bad.error_code, 42);
    // An unknown key, and a version this broker does not have, cost the connection.
    for header in [[3, 232, 0, 0], [0, 3, 0, 99]] {
        let mut other = broker.client();
        other.send_raw(&[&[0, 0, 0, 10], &header[..], &[0, 0, 0, 1, 255, 255]].concat());
        assert_eq!(other.frame(), None);
    }
    broker.shutdown();
}

fn metadata(client: &mut Client, version: i16, name: &str, create: bool) -> i16 {
    let request = MetadataRequest {
        topics: Some(vec![MetadataRequestTopic { name: Some(name.into()), ..Default::default() }]),
        allow_auto_topic_creation: create,
        ..Default::default()
    };
    client.ask(version, &request).topics[0].error_code
}

#[test]
fn metadata_in_all_its_forms() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[("num.partitions", "2")]);
    let mut client = broker.client();
    assert_eq!(metadata(&mut client, 12, "t", false), 3);
    assert_eq!(metadata(&mut client, 12, "t", true), 0);
    assert_eq!(metadata(&mut client, 1, "old", false), 0, "before version 4 the broker decides");
    assert_eq!(metadata(&mut client, 12, "no/good", true), 17);
    let all = client.ask_last(&MetadataRequest { topics: None, ..Default::default() });
    assert_eq!(all.topics.len(), 2);
    assert_eq!(all.topics[1].partitions.len(), 2);
    assert_eq!((&*all.brokers[0].host, all.brokers[0].port, all.controller_id), ("broker.test", 1234, 1));
    assert_eq!(all.cluster_id.as_deref(), Some(broker.broker.cluster_id()));
    let none = MetadataRequest { topics: Some(Vec::new()), ..Default::default() };
    assert!(client.ask_last(&none).topics.is_empty());
    assert_eq!(client.ask(0, &none).topics.len(), 2, "version 0 says all with an empty list");
    let by_id = |id| MetadataRequestTopic { name: None, topic_id: id };
    let ids = vec![by_id(all.topics[0].topic_id), by_id(Uuid::from_bytes([7; 16]))];
    let found = client.ask_last(&MetadataRequest { topics: Some(ids), ..Default::default() }).topics;
    assert_eq!((found[0].name.as_deref(), found[0].error_code), (all.topics[0].name.as_deref(), 0));
    assert_eq!(found[1].error_code, 100);
    let cluster = client.ask_last(&DescribeClusterRequest::default());
    assert_eq!((cluster.error_code, &*cluster.cluster_id), (0, broker.broker.cluster_id()));
    assert_eq!(client.ask_last(&ListPartitionReassignmentsRequest::default()).topics.len(), 0);
    broker.shutdown();
}

fn create(client: &mut Client, topic: CreatableTopic, validate_only: bool) -> (i16, String) {
    let request = CreateTopicsRequest { topics: vec![topic], validate_only, ..Default::default() };
    let result = client.ask_last(&request).topics.remove(0);
    (result.error_code, result.error_message.map(String::from).unwrap_or_default())
}

fn topic(name: &str, partitions: i32, replication: i16) -> CreatableTopic {
    CreatableTopic {
        name: name.into(),
        num_partitions: partitions,
        replication_factor: replication,
        ..Default::default()
    }
}

#[test]
fn topics_are_created_by_the_rules() {
    let dir = tempfile::tempdir().unwrap();
    let pairs = [("assay.partitions.per.topic.max", "10"), ("assay.partitions.max", "12")];
    let broker = TestBroker::start(dir.path(), &pairs);
    let mut client = broker.client();
    let assigned = |partitions: &[(i32, i32)]| CreatableTopic {
        assignments: partitions
            .iter()
            .map(|(p, b)| CreatableReplicaAssignment { partition_index: *p, broker_ids: vec![*b] })
            .collect(),
        ..topic("assigned", -1, -1)
    };
    let rows = [
        (topic("plan", 3, 1), true, 0),
        (topic("a.b", 1, -1), false, 0),
        (topic("a_b", 1, 1), false, 17),
        (topic("a.b", 1, 1), false, 36),
        (topic("", 1, 1), false, 17),
        (topic("x", 0, 1), false, 37),
        (topic("x", 1, 0), false, 38),
        (topic("x", 1, 3), false, 38),
        (topic("x", 11, 1), false, 37),
        (assigned(&[(0, 1), (1, 1)]), false, 0),
        (assigned(&[(0, 1)]), false, 36),
        (CreatableTopic { name: "y".into(), ..assigned(&[(1, 1)]) }, false, 39),
        (CreatableTopic { name: "y".into(), ..assigned(&[(0, 9)]) }, false, 39),
        (topic("y", 10, 1), false, 37),
    ];
    for (topic, validate_only, code) in rows {
        let shown = format!("{topic:?}");
        let (got, text) = create(&mut client, topic, validate_only);
        assert_eq!(got, code, "{shown}: {text}");
    }
    assert!(create(&mut client, topic("x", 1, 3), false).1.contains("assay.accept.any.replication.factor"));
    let bad = client.create("z", 1, &[("retention.ms", "soon")]);
    assert_eq!(bad.error_code, 40);
    let made = client.create("z", 1, &[("retention.ms", "5")]);
    let configs = made.configs.unwrap();
    let retention = configs.iter().find(|c| &*c.name == "retention.ms").unwrap();
    assert_eq!((retention.value.as_deref(), retention.config_source), (Some("5"), 1));
    assert!(!made.topic_id.is_zero());
    let more = |count| CreatePartitionsRequest {
        topics: vec![CreatePartitionsTopic { name: "z".into(), count, assignments: None }],
        ..Default::default()
    };
    let mut grow = |n| client.ask_last(&more(n)).results[0].error_code;
    assert_eq!((grow(1), grow(0), grow(3), grow(99)), (37, 37, 0, 37));
    broker.shutdown();
}

fn describe(
    client: &mut Client,
    kind: i8,
    name: &str,
    key: &str,
) -> Result<DescribeConfigsResourceResult, i16> {
    let resource = DescribeConfigsResource {
        resource_type: kind,
        resource_name: name.into(),
        configuration_keys: Some(vec![key.into()]),
    };
    let request = DescribeConfigsRequest {
        resources: vec![resource],
        include_synonyms: true,
        include_documentation: true,
    };
    let mut result = client.ask_last(&request).results.remove(0);
    if result.error_code == 0 { Ok(result.configs.remove(0)) } else { Err(result.error_code) }
}

#[test]
fn configurations_are_described_altered_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[("log.retention.hours", "1")]);
    let mut client = broker.client();
    client.create("t", 1, &[]);
    let seen = describe(&mut client, 2, "t", "retention.ms").unwrap();
    assert_eq!((seen.value.as_deref(), seen.config_source), (Some("3600000"), 4));
    assert_eq!((&*seen.synonyms[0].name, seen.synonyms.len(), seen.config_type), ("log.retention.ms", 2, 5));
    assert!(seen.documentation.is_some());
    assert_eq!(describe(&mut client, 2, "none", "retention.ms").unwrap_err(), 3);
    assert_eq!(alter(&mut client, 2, "t", ("retention.ms", 0, Some("7"))), 0);
    assert_eq!(alter(&mut client, 2, "t", ("cleanup.policy", 2, Some("compact"))), 0);
    assert_eq!(alter(&mut client, 2, "t", ("retention.ms", 2, Some("7"))), 40);
    assert_eq!(alter(&mut client, 2, "t", ("assay.value.on.invalid", 0, Some("drop"))), 40);
    assert_eq!(alter(&mut client, 2, "none", ("retention.ms", 0, Some("7"))), 3);
    assert_eq!(alter(&mut client, 4, "1", ("num.partitions", 0, Some("4"))), 0);
    assert_eq!(alter(&mut client, 4, "", ("node.id", 0, Some("4"))), 40);
    assert_eq!(alter(&mut client, 4, "2", ("num.partitions", 0, Some("4"))), 42);
    drop(client);
    broker.crash();
    let broker = TestBroker::start(dir.path(), &[("log.retention.hours", "1")]);
    let mut client = broker.client();
    let value = |c: DescribeConfigsResourceResult| c.value.map(String::from).unwrap_or_default();
    assert_eq!(value(describe(&mut client, 2, "t", "retention.ms").unwrap()), "7");
    assert_eq!(value(describe(&mut client, 2, "t", "cleanup.policy").unwrap()), "delete,compact");
    let partitions = describe(&mut client, 4, "1", "num.partitions").unwrap();
    assert_eq!((partitions.config_source, value(partitions)), (2, "4".to_owned()));
    assert_eq!(alter(&mut client, 2, "t", ("retention.ms", 1, None)), 0);
    assert_eq!(value(describe(&mut client, 2, "t", "retention.ms").unwrap()), "3600000");
    broker.shutdown();
}

#[test]
fn log_ends_times_and_deleted_records() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    client.create("t", 1, &[]);
    let list = |client: &mut Client, timestamp: i64| {
        let partition = ListOffsetsPartition { timestamp, ..Default::default() };
        let topics = vec![ListOffsetsTopic { name: "t".into(), partitions: vec![partition] }];
        let answer = client.ask_last(&ListOffsetsRequest { topics, ..Default::default() });
        let p = &answer.topics[0].partitions[0];
        (p.error_code, p.offset)
    };
    assert_eq!(
        (list(&mut client, -1), list(&mut client, -2), list(&mut client, 0)),
        ((0, 0), (0, 0), (0, -1))
    );
    for text in ["a", "b", "c"] {
        client.produce("t", 1, batch(&[text]));
    }
    assert_eq!((list(&mut client, -1), list(&mut client, -2)), ((0, 3), (0, 0)));
    assert_eq!(list(&mut client, 1_700_000_000_000), (0, 0));
    assert_eq!(list(&mut client, 1_700_000_000_001), (0, -1));
    assert_eq!(list(&mut client, -3).0, 0);
    assert_eq!(list(&mut client, -9).0, 42);
    let delete = |client: &mut Client, offset| {
        let partitions = vec![DeleteRecordsPartition { partition_index: 0, offset }];
        let topics = vec![DeleteRecordsTopic { name: "t".into(), partitions }];
        let answer = client.ask_last(&DeleteRecordsRequest { topics, ..Default::default() });
        let p = &answer.topics[0].partitions[0];
        (p.error_code, p.low_watermark)
    };
    assert_eq!(
        (delete(&mut client, 2), delete(&mut client, 9), delete(&mut client, -1)),
        ((0, 2), (1, -1), (0, 3))
    );
    assert_eq!(list(&mut client, -2), (0, 3));
    assert_eq!(client.fetch("t", 0).error_code, 1);
    let dirs = client.ask_last(&DescribeLogDirsRequest { topics: None });
    assert_eq!(dirs.results[0].topics.len(), 1);
    let refused = InitProducerIdRequest { transactional_id: Some("x".into()), ..Default::default() };
    assert_ne!(client.ask_last(&refused).error_code, 0);
    broker.shutdown();
}

#[test]
fn old_segments_go_when_retention_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[("log.retention.check.interval.ms", "1")]);
    let mut client = broker.client();
    client.create("t", 1, &[("segment.bytes", "300"), ("retention.bytes", "400"), ("retention.ms", "-1")]);
    client.create(
        "kept",
        1,
        &[("segment.bytes", "300"), ("retention.bytes", "400"), ("cleanup.policy", "compact")],
    );
    for topic in ["t", "kept"] {
        for _ in 0..10 {
            let mut keyed = assay_record::BatchBuilder::new(assay_record::Compression::None);
            keyed.push(1_700_000_000_000, Some(b"k"), Some(&[b'v'; 200]), &[]);
            assert_eq!(client.produce(topic, 1, keyed.build().unwrap().into_raw()).error_code, 0);
        }
    }
    eventually("old segments are deleted", || client.fetch("t", 10).log_start_offset > 5);
    assert_eq!(client.fetch("kept", 10).log_start_offset, 0, "compaction is not retention");
    assert_eq!(client.fetch("t", 0).error_code, 1);
    broker.shutdown();
}

/// Confluent's and Redpanda's names are taken and shown, wrong values are refused, and a pattern in the broker's
/// configuration counts for every topic it fits, at once.
#[test]
fn validation_is_configured_by_any_vendors_names_and_by_pattern() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    client.create("checked", 1, &[]);
    let class = "io.confluent.kafka.serializers.subject.TopicRecordNameStrategy";
    for (name, good, bad) in [
        ("confluent.value.schema.validation", "true", "yes"),
        ("confluent.value.subject.name.strategy", class, "com.example.Mine"),
        ("redpanda.key.schema.id.validation", "false", "on"),
        ("redpanda.key.subject.name.strategy", "RecordNameStrategy", "record"),
        ("assay.value.on.invalid", "quarantine,registry_unavailable:audit", "quarantine,down:audit"),
        ("assay.value.schema.versions", "2..5", "5..2"),
        ("assay.value.subjects", "a,b", "a,:.x:b"),
        ("assay.key.subject.name.strategy", "TopicNameStrategy", "TopicName"),
        ("assay.enforced.client.ids", "billing,shop-*", ""),
        ("assay.audit.percent", "5", "101"),
    ] {
        assert_eq!(alter(&mut client, 2, "checked", (name, 0, Some(good))), 0, "{name}");
        let seen = describe(&mut client, 2, "checked", name).unwrap();
        assert_eq!((seen.value.as_deref(), seen.config_source), (Some(good), 1), "{name}");
        if !bad.is_empty() {
            assert_eq!(alter(&mut client, 2, "checked", (name, 0, Some(bad))), 40, "{name}={bad}");
        }
        assert_eq!(alter(&mut client, 2, "checked", (name, 1, None)), 0, "{name}");
    }

    let plain = || batch(&["plain"]);
    assert_eq!(client.produce("checked", -1, plain()).error_code, 87);
    let rows = "checked*: assay.value.on.invalid=audit; *: assay.value.validation=off";
    assert_eq!(alter(&mut client, 4, "1", ("assay.validation.topics", 0, Some(rows))), 0);
    assert_eq!(client.produce("checked", -1, plain()).error_code, 0);
    let seen = describe(&mut client, 2, "checked", "assay.value.on.invalid").unwrap();
    assert_eq!((seen.value.as_deref(), seen.config_source), (Some("audit"), 2));
    assert_eq!(alter(&mut client, 2, "checked", ("assay.value.on.invalid", 0, Some("reject"))), 0);
    assert_eq!(client.produce("checked", -1, plain()).error_code, 87, "the topic's own word wins");
    assert_eq!(alter(&mut client, 4, "1", ("assay.validation.topics", 0, Some("checked*"))), 40);
    assert_eq!(alter(&mut client, 4, "1", ("assay.validation.topics", 1, None)), 0);
    broker.shutdown();
}
