//! What survives: clean restarts, crashes, deletions, groups.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::harness::*;
use assay_protocol::messages::delete_topics::DeleteTopicState;
use assay_protocol::messages::metadata::MetadataRequestTopic;
use assay_protocol::messages::offset_commit::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use assay_protocol::messages::offset_fetch::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use assay_protocol::messages::offset_for_leader_epoch::{OffsetForLeaderPartition, OffsetForLeaderTopic};
use assay_protocol::messages::{
    DeleteTopicsRequest, MetadataRequest, OffsetCommitRequest, OffsetFetchRequest,
    OffsetForLeaderEpochRequest,
};

fn commit(client: &mut Client, group: &str, topic: &str, offset: i64) -> i16 {
    let partition = OffsetCommitRequestPartition {
        committed_offset: offset,
        committed_metadata: Some("m".into()),
        ..Default::default()
    };
    let request = OffsetCommitRequest {
        group_id: group.into(),
        topics: vec![OffsetCommitRequestTopic { name: topic.into(), partitions: vec![partition] }],
        ..Default::default()
    };
    client.ask_last(&request).topics[0].partitions[0].error_code
}

fn committed(client: &mut Client, group: &str, topic: &str) -> i64 {
    let topics = vec![OffsetFetchRequestTopics { name: topic.into(), partition_indexes: vec![0] }];
    let group = OffsetFetchRequestGroup { group_id: group.into(), topics: Some(topics) };
    let request = OffsetFetchRequest { groups: vec![group], ..Default::default() };
    client.ask_last(&request).groups[0].topics[0].partitions[0].committed_offset
}

fn metadata(client: &mut Client, topic: &str) -> assay_protocol::messages::metadata::MetadataResponse {
    let wanted = MetadataRequestTopic { name: Some(topic.into()), ..Default::default() };
    let request = MetadataRequest { topics: Some(vec![wanted]), ..Default::default() };
    client.ask_last(&request)
}

#[test]
fn everything_survives_clean_restarts_and_crashes() {
    let dir = tempfile::tempdir().unwrap();
    let mut cluster = String::new();
    let mut topic_id = None;
    let mut expected = Vec::new();
    let mut last_id = -1;
    let mut producer = -1;
    for round in 0..6 {
        let broker = TestBroker::start(dir.path(), &[]);
        let mut client = broker.client();
        if round == 0 {
            cluster = broker.broker.cluster_id().to_owned();
            topic_id = Some(client.create("t", 1, &[("retention.ms", "-1")]).topic_id);
            producer = client.producer_id();
        }
        assert_eq!(broker.broker.cluster_id(), cluster);
        let seen = metadata(&mut client, "t");
        assert_eq!((seen.topics[0].error_code, Some(seen.topics[0].topic_id)), (0, topic_id));
        // Rounds 1, 3, 5 begin after a crash.
        assert_eq!(seen.topics[0].partitions[0].leader_epoch, (round + 1) / 2);
        let id = client.producer_id();
        assert!(id > last_id, "producer ids are not repeated");
        last_id = id;
        let sequence = round * 2;
        if round > 0 {
            // The last batch before the restart is still known.
            let again = sequenced(producer, 0, sequence - 2, &["a", "b"]);
            let answer = client.produce("t", -1, again);
            assert_eq!((answer.error_code, answer.base_offset), (0, i64::from(sequence - 2)));
            let gap = sequenced(producer, 0, sequence + 5, &["z"]);
            assert_eq!(client.produce("t", -1, gap).error_code, 45);
        }
        let answer = client.produce("t", -1, sequenced(producer, 0, sequence, &["a", "b"]));
        assert_eq!((answer.error_code, answer.base_offset), (0, i64::from(sequence)));
        expected.extend([(i64::from(sequence), "a".to_owned()), (i64::from(sequence) + 1, "b".to_owned())]);
        assert_eq!(client.values("t"), expected);
        assert_eq!(committed(&mut client, "g", "t"), if round == 0 { -1 } else { i64::from(round) });
        assert_eq!(commit(&mut client, "g", "t", i64::from(round) + 1), 0);
        drop(client);
        if round % 2 == 0 { broker.crash() } else { broker.shutdown() }
    }
    // Epoch 0 ended where the first crash was answered by epoch 1.
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    let partition = OffsetForLeaderPartition { leader_epoch: 0, ..Default::default() };
    let topics = vec![OffsetForLeaderTopic { topic: "t".into(), partitions: vec![partition] }];
    let answer = client.ask_last(&OffsetForLeaderEpochRequest { topics, ..Default::default() });
    let end = &answer.topics[0].partitions[0];
    assert_eq!((end.error_code, end.leader_epoch, end.end_offset), (0, 0, 2));
    broker.shutdown();
}

#[test]
fn a_torn_tail_is_cut_and_whole_batches_stay() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    client.create("t", 1, &[]);
    client.produce("t", -1, batch(&["a"]));
    client.produce("t", -1, batch(&["b"]));
    drop(client);
    broker.crash();
    let log = dir.path().join("kafka/t-0/00000000000000000000.log");
    let whole = std::fs::read(&log).unwrap();
    std::fs::write(&log, [&whole[..], &whole[..40]].concat()).unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    assert_eq!(client.values("t"), [(0, "a".to_owned()), (1, "b".to_owned())]);
    assert_eq!(client.produce("t", -1, batch(&["c"])).base_offset, 2);
    broker.shutdown();
}

#[test]
fn a_deleted_topic_stays_deleted_and_its_name_starts_afresh() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    let first = client.create("t", 2, &[]).topic_id;
    client.produce("t", -1, batch(&["a"]));
    commit(&mut client, "g", "t", 1);
    let by_id = DeleteTopicState { name: None, topic_id: first };
    let answer = client.ask_last(&DeleteTopicsRequest { topics: vec![by_id.clone()], ..Default::default() });
    assert_eq!((answer.responses[0].error_code, answer.responses[0].name.as_deref()), (0, Some("t")));
    let answer = client.ask_last(&DeleteTopicsRequest { topics: vec![by_id], ..Default::default() });
    assert_eq!(answer.responses[0].error_code, 100);
    let again = client.create("t", 1, &[]);
    assert_ne!(again.topic_id, first);
    assert!(client.values("t").is_empty());
    assert_eq!(committed(&mut client, "g", "t"), -1, "offsets go with their topic");
    client.produce("t", -1, batch(&["new"]));
    drop(client);
    broker.crash();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    assert_eq!(client.values("t"), [(0, "new".to_owned())]);
    eventually("the old directories are removed", || {
        std::fs::read_dir(dir.path().join("kafka"))
            .unwrap()
            .filter_map(Result::ok)
            .all(|e| !e.file_name().to_string_lossy().ends_with("-delete"))
    });
    broker.shutdown();
}

#[test]
fn another_node_does_not_get_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    TestBroker::start(dir.path(), &[]).shutdown();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _guard = runtime.enter();
    let config = assay_broker::BrokerConfig::from_pairs([("node.id", "2")]).unwrap();
    let error = assay_broker::Broker::open(dir.path(), config, &[], std::sync::Arc::new(Schemas));
    assert!(error.err().unwrap().to_string().contains("node.id=1"));
}
