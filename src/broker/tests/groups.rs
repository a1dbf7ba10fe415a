//! Consumer groups over TCP: joining, rebalancing, timeouts, static members, commits, administration.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::harness::*;
use assay_protocol::messages::join_group::{JoinGroupRequestProtocol, JoinGroupResponse};
use assay_protocol::messages::leave_group::MemberIdentity;
use assay_protocol::messages::offset_commit::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use assay_protocol::messages::offset_delete::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use assay_protocol::messages::sync_group::{SyncGroupRequestAssignment, SyncGroupResponse};
use assay_protocol::messages::{
    DeleteGroupsRequest, DescribeGroupsRequest, FindCoordinatorRequest, HeartbeatRequest, JoinGroupRequest,
    LeaveGroupRequest, ListGroupsRequest, OffsetCommitRequest, OffsetDeleteRequest, OffsetFetchRequest,
    SyncGroupRequest,
};
use bytes::Bytes;

const V: i16 = 9;

fn join_request(
    member: &str,
    instance: Option<&str>,
    session_ms: i32,
    protocols: &[&str],
) -> JoinGroupRequest {
    let protocol = |name: &&str| JoinGroupRequestProtocol {
        name: (*name).into(),
        metadata: Bytes::from_static(b"meta"),
    };
    JoinGroupRequest {
        group_id: "g".into(),
        session_timeout_ms: session_ms,
        rebalance_timeout_ms: 60_000,
        member_id: member.into(),
        group_instance_id: instance.map(Into::into),
        protocol_type: "connect".into(),
        protocols: protocols.iter().map(protocol).collect(),
        ..Default::default()
    }
}

/// The two steps of a dynamic newcomer; returns its id and the correlation id of the second.
fn begin_join(client: &mut Client, session_ms: i32, protocols: &[&str]) -> (String, i32) {
    let answer = client.ask(V, &join_request("", None, session_ms, protocols));
    assert_eq!(answer.error_code, 79);
    let id = answer.member_id.to_string();
    assert!(id.starts_with("tester-"));
    let sent = client.send(V, &join_request(&id, None, session_ms, protocols));
    (id, sent)
}

fn joined(client: &mut Client, sent: i32) -> JoinGroupResponse {
    client.receive::<JoinGroupRequest>(V, sent)
}

fn sync_request(answer: &JoinGroupResponse, assignments: &[(&str, &str)]) -> SyncGroupRequest {
    let assignment = |(member, bytes): &(&str, &str)| SyncGroupRequestAssignment {
        member_id: (*member).into(),
        assignment: Bytes::copy_from_slice(bytes.as_bytes()),
    };
    SyncGroupRequest {
        group_id: "g".into(),
        generation_id: answer.generation_id,
        member_id: answer.member_id.clone(),
        protocol_type: Some("connect".into()),
        protocol_name: answer.protocol_name.clone(),
        assignments: assignments.iter().map(assignment).collect(),
        ..Default::default()
    }
}

fn synced(
    client: &mut Client,
    answer: &JoinGroupResponse,
    assignments: &[(&str, &str)],
) -> SyncGroupResponse {
    client.ask(5, &sync_request(answer, assignments))
}

fn heartbeat(client: &mut Client, member: &str, generation: i32) -> i16 {
    let request = HeartbeatRequest {
        group_id: "g".into(),
        generation_id: generation,
        member_id: member.into(),
        ..Default::default()
    };
    client.ask(4, &request).error_code
}

fn state(client: &mut Client) -> String {
    let request = DescribeGroupsRequest { groups: vec!["g".into()], ..Default::default() };
    client.ask_last(&request).groups[0].group_state.to_string()
}

fn leave(client: &mut Client, member: &str, instance: Option<&str>) -> i16 {
    let member = MemberIdentity {
        member_id: member.into(),
        group_instance_id: instance.map(Into::into),
        reason: None,
    };
    let request = LeaveGroupRequest { group_id: "g".into(), members: vec![member], ..Default::default() };
    client.ask_last(&request).members[0].error_code
}

fn commit(client: &mut Client, member: &str, generation: i32) -> i16 {
    let partition = OffsetCommitRequestPartition { committed_offset: 7, ..Default::default() };
    let request = OffsetCommitRequest {
        group_id: "g".into(),
        generation_id_or_member_epoch: generation,
        member_id: member.into(),
        topics: vec![OffsetCommitRequestTopic { name: "t".into(), partitions: vec![partition] }],
        ..Default::default()
    };
    client.ask_last(&request).topics[0].partitions[0].error_code
}

#[test]
fn two_members_rebalance_commit_and_leave() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let (mut a, mut b, mut admin) = (broker.client(), broker.client(), broker.client());
    admin.create("t", 1, &[]);
    let (ida, sent) = begin_join(&mut a, 30_000, &["x", "y"]);
    let first = joined(&mut a, sent);
    assert_eq!((first.error_code, first.generation_id, &*first.leader), (0, 1, &*ida));
    assert_eq!(
        (first.protocol_type.as_deref(), first.protocol_name.as_deref()),
        (Some("connect"), Some("x"))
    );
    assert_eq!(first.members.len(), 1);
    assert_eq!(&synced(&mut a, &first, &[(&ida, "all")]).assignment[..], b"all");
    assert_eq!(heartbeat(&mut a, &ida, 1), 0);
    // The second shares only "y".
    let (idb, sent_b) = begin_join(&mut b, 30_000, &["y"]);
    eventually("the first is told", || heartbeat(&mut a, &ida, 1) == 27);
    let sent_a = a.send(V, &join_request(&ida, None, 30_000, &["x", "y"]));
    let (ja, jb) = (joined(&mut a, sent_a), joined(&mut b, sent_b));
    assert_eq!((ja.generation_id, jb.generation_id), (2, 2));
    assert_eq!((ja.protocol_name.as_deref(), ja.members.len(), jb.members.len()), (Some("y"), 2, 0));
    assert_eq!(commit(&mut a, &ida, 2), 27, "not while the assignment is awaited");
    // The follower syncs first, and is answered with the leader.
    let follower = b.send(5, &sync_request(&jb, &[]));
    assert_eq!(&synced(&mut a, &ja, &[(&ida, "A"), (&idb, "B")]).assignment[..], b"A");
    let answer = b.receive::<SyncGroupRequest>(5, follower);
    assert_eq!((answer.error_code, &answer.assignment[..]), (0, &b"B"[..]));
    assert_eq!(state(&mut admin), "Stable");
    assert_eq!(heartbeat(&mut a, &ida, 1), 22);
    assert_eq!(heartbeat(&mut a, "nobody", 2), 25);
    assert_eq!(commit(&mut a, &ida, 2), 0);
    assert_eq!(commit(&mut a, &ida, 1), 22);
    assert_eq!(commit(&mut a, "", -1), 25, "a group with members takes no commits from outside");
    let other = join_request("", None, 30_000, &["z"]);
    assert_eq!(admin.ask(V, &other).error_code, 23);
    assert_eq!(leave(&mut b, &idb, None), 0);
    eventually("a rebalance follows", || heartbeat(&mut a, &ida, 2) == 27);
    assert_eq!(leave(&mut a, &ida, None), 0);
    assert_eq!(state(&mut admin), "Empty");
    let listed = admin.ask_last(&ListGroupsRequest::default());
    assert_eq!((listed.groups.len(), &*listed.groups[0].group_type), (1, "classic"));
    broker.shutdown();
}

#[test]
fn a_silent_member_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let (mut a, mut b, mut admin) = (broker.client(), broker.client(), broker.client());
    let (ida, sent) = begin_join(&mut a, 30_000, &["x"]);
    let first = joined(&mut a, sent);
    synced(&mut a, &first, &[]);
    let (idb, sent_b) = begin_join(&mut b, 300, &["x"]);
    eventually("rebalance", || heartbeat(&mut a, &ida, 1) == 27);
    let sent_a = a.send(V, &join_request(&ida, None, 30_000, &["x"]));
    let (ja, jb) = (joined(&mut a, sent_a), joined(&mut b, sent_b));
    synced(&mut a, &ja, &[]);
    assert_eq!(synced(&mut b, &jb, &[]).error_code, 0);
    // The second says nothing more.
    eventually("the second is missed", || heartbeat(&mut a, &ida, 2) == 27);
    assert_eq!(heartbeat(&mut b, &idb, 2), 25);
    let sent_a = a.send(V, &join_request(&ida, None, 300, &["x"]));
    let ja = joined(&mut a, sent_a);
    assert_eq!((ja.generation_id, ja.members.len()), (3, 1));
    // And the first neither: without offsets nothing is left of the group.
    eventually("the group is gone", || state(&mut admin) == "Dead");
    broker.shutdown();
}

#[test]
fn a_static_member_comes_back_without_a_rebalance() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let (mut a, mut again) = (broker.client(), broker.client());
    let sent = a.send(V, &join_request("", Some("i1"), 30_000, &["x"]));
    let first = joined(&mut a, sent);
    assert_eq!(first.error_code, 0, "no MEMBER_ID_REQUIRED for static members");
    assert!(first.member_id.starts_with("i1-"));
    synced(&mut a, &first, &[(&first.member_id, "mine")]);
    let sent = again.send(V, &join_request("", Some("i1"), 30_000, &["x"]));
    let second = joined(&mut again, sent);
    assert_eq!((second.error_code, second.generation_id, second.skip_assignment), (0, 1, true));
    assert_ne!(second.member_id, first.member_id);
    assert_eq!(&synced(&mut again, &second, &[]).assignment[..], b"mine");
    let mut old = sync_request(&first, &[]);
    old.group_instance_id = Some("i1".into());
    assert_eq!(a.ask(5, &old).error_code, 82, "the old instance is fenced");
    assert_eq!(leave(&mut a, "", Some("i1")), 0);
    broker.shutdown();
}

#[test]
fn members_and_offsets_survive_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut a = broker.client();
    a.create("t", 1, &[]);
    let (id, sent) = begin_join(&mut a, 30_000, &["x"]);
    let first = joined(&mut a, sent);
    synced(&mut a, &first, &[(&id, "all")]);
    assert_eq!(commit(&mut a, &id, 1), 0);
    drop(a);
    broker.crash();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut a = broker.client();
    assert_eq!(heartbeat(&mut a, &id, 1), 0, "the member goes on as if nothing had happened");
    assert_eq!(&synced(&mut a, &first, &[]).assignment[..], b"all");
    assert_eq!(commit(&mut a, &id, 1), 0);
    let all = OffsetFetchRequest { group_id: "g".into(), topics: None, ..Default::default() };
    assert_eq!(a.ask(7, &all).topics[0].partitions[0].committed_offset, 7);
    broker.shutdown();
}

#[test]
fn administration() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[("group.max.size", "1")]);
    let (mut a, mut admin) = (broker.client(), broker.client());
    admin.create("t", 1, &[]);
    let find = FindCoordinatorRequest { coordinator_keys: vec!["g".into()], ..Default::default() };
    let found = admin.ask_last(&find).coordinators.remove(0);
    assert_eq!((found.error_code, &*found.host, found.port), (0, "broker.test", 1234));
    let find =
        FindCoordinatorRequest { key_type: 1, coordinator_keys: vec!["x".into()], ..Default::default() };
    let refused = admin.ask_last(&find).coordinators.remove(0);
    assert!(refused.error_code != 0 && refused.error_message.unwrap().contains("transactions"));
    let mut short = join_request("", None, 0, &["x"]);
    assert_eq!(admin.ask(V, &short).error_code, 26);
    (short.session_timeout_ms, short.group_id) = (10_000, "".into());
    assert_eq!(admin.ask(V, &short).error_code, 24);
    assert_eq!(admin.ask(V, &join_request("made-up", None, 10_000, &["x"])).error_code, 25);
    let (id, sent) = begin_join(&mut a, 30_000, &["x"]);
    let first = joined(&mut a, sent);
    synced(&mut a, &first, &[]);
    assert_eq!(admin.ask(3, &join_request("", None, 10_000, &["x"])).error_code, 81);
    assert_eq!(commit(&mut a, &id, 1), 0);
    let delete = DeleteGroupsRequest { groups_names: vec!["g".into(), "none".into()] };
    let codes: Vec<i16> = admin.ask_last(&delete).results.iter().map(|r| r.error_code).collect();
    assert_eq!(codes, [68, 69]);
    assert_eq!(leave(&mut a, &id, None), 0);
    let offsets = OffsetDeleteRequest {
        group_id: "g".into(),
        topics: vec![OffsetDeleteRequestTopic {
            name: "t".into(),
            partitions: vec![OffsetDeleteRequestPartition { partition_index: 0 }],
        }],
    };
    assert_eq!(admin.ask_last(&offsets).topics[0].partitions[0].error_code, 0);
    let codes: Vec<i16> = admin.ask_last(&delete).results.iter().map(|r| r.error_code).collect();
    assert_eq!(codes, [69, 69], "nothing was left of it");
    assert_eq!(state(&mut admin), "Dead");
    broker.shutdown();
}
