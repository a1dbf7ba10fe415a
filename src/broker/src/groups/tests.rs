//! The group state machine, with the clock in the test's hand.

use std::collections::HashMap;
use std::sync::Arc;

use assay_protocol::ErrorCode;
use bytes::Bytes;
use tokio::sync::oneshot::{self, Receiver};

use super::group::{Group, GroupLimits, GroupState};
use super::join::JoinCall;
use super::load::GroupLoader;
use super::member::{JoinAnswer, Protocol, SyncAnswer};
use super::offsets::{CommittedOffset, offset_key, offset_value};
use super::sync::SyncCall;

fn limits(delay: u64) -> GroupLimits {
    GroupLimits { members_max: 10, bytes_max: 10_000, initial_delay_ms: delay }
}

fn group(delay: u64) -> Group {
    Group::new(Arc::from("g"), limits(delay), 0)
}

fn call(id: &str, protocols: &[&str]) -> JoinCall {
    JoinCall {
        member_id: id.into(),
        instance: None,
        client_id: "c".into(),
        client_host: "/h".into(),
        session_timeout_ms: 100,
        rebalance_timeout_ms: 1000,
        protocol_type: "consumer".into(),
        protocols: protocols
            .iter()
            .map(|p| Protocol { name: (*p).into(), metadata: Bytes::from_static(b"m") })
            .collect(),
        id_required: false,
        may_skip_assignment: false,
    }
}

fn join(group: &mut Group, call: JoinCall, now: u64) -> Receiver<JoinAnswer> {
    let (answer, waiting) = oneshot::channel();
    group.join(call, now, answer);
    waiting
}

fn sync(group: &mut Group, id: &str, assign: &[(&str, &'static str)], now: u64) -> Receiver<SyncAnswer> {
    let (answer, waiting) = oneshot::channel();
    let assignments: HashMap<String, Bytes> =
        assign.iter().map(|(m, a)| ((*m).to_owned(), Bytes::from_static(a.as_bytes()))).collect();
    let call = SyncCall {
        member_id: id.into(),
        instance: None,
        generation: group.generation,
        protocol_type: None,
        protocol: None,
        assignments,
    };
    group.sync(call, now, answer, &|_| Ok(()));
    waiting
}

/// A stable group of one member.
fn stable(now: u64) -> (Group, String) {
    let mut g = group(0);
    let answer = join(&mut g, call("", &["x"]), now).try_recv().unwrap();
    let id = answer.member_id.to_string();
    assert_eq!(sync(&mut g, &id, &[(&id, "a")], now).try_recv().unwrap().error, ErrorCode::None);
    assert_eq!(g.state, GroupState::Stable);
    (g, id)
}

#[test]
fn the_first_rebalance_waits_while_members_keep_coming() {
    let mut g = group(100);
    let mut first = join(&mut g, call("", &["x"]), 0);
    assert_eq!(g.next_deadline(), Some(100));
    let mut second = join(&mut g, call("", &["x"]), 50);
    g.tick(100);
    assert!(first.try_recv().is_err(), "extended, since someone came");
    g.tick(200);
    let (a, b) = (first.try_recv().unwrap(), second.try_recv().unwrap());
    assert_eq!((a.generation, b.generation, a.leader.clone()), (1, 1, a.member_id.clone()));
    assert_eq!((a.members.len(), b.members.len()), (2, 0));
}

#[test]
fn votes_pick_what_all_support() {
    let mut g = group(100);
    let mut waiting: Vec<_> = [&["a", "b"][..], &["b", "a"], &["b", "a"]]
        .into_iter()
        .map(|p| join(&mut g, call("", p), 0))
        .collect();
    assert_eq!(
        join(&mut g, call("", &["z"]), 1).try_recv().unwrap().error,
        ErrorCode::InconsistentGroupProtocol
    );
    g.tick(1000);
    let answers: Vec<_> = waiting.iter_mut().map(|w| w.try_recv().unwrap().protocol).collect();
    assert_eq!(answers, vec![Some("b".to_owned()); 3]);
}

#[test]
fn those_who_do_not_rejoin_in_time_are_left_behind() {
    let (mut g, old) = stable(0);
    let mut new = join(&mut g, call("", &["x"]), 10);
    assert_eq!(g.state, GroupState::PreparingRebalance);
    assert_eq!(g.heartbeat(&old, None, 1, 20), ErrorCode::RebalanceInProgress);
    for now in (50..1010).step_by(50) {
        g.heartbeat(&old, None, 1, now); // alive, but not joining
        g.tick(now);
    }
    assert!(new.try_recv().is_err());
    g.tick(1010);
    let answer = new.try_recv().unwrap();
    assert_eq!((answer.generation, answer.members.len()), (2, 1));
    assert_eq!(answer.leader, answer.member_id, "a new leader is found");
    assert_eq!(g.heartbeat(&old, None, 2, 1020), ErrorCode::UnknownMemberId);
}

#[test]
fn a_session_ends_unless_heard_and_the_group_empties() {
    let (mut g, id) = stable(0);
    assert_eq!(g.next_deadline(), Some(100));
    assert_eq!(g.heartbeat(&id, None, 1, 90), ErrorCode::None);
    g.tick(100);
    assert_eq!(g.state, GroupState::Stable);
    g.tick(190);
    assert_eq!((g.state, g.generation), (GroupState::Empty, 2));
    assert_eq!(g.next_deadline(), None);
}

#[test]
fn a_leader_that_never_assigns_is_dropped() {
    let mut g = group(0);
    let leader = join(&mut g, call("", &["x"]), 0).try_recv().unwrap().member_id;
    let mut other = join(&mut g, call("", &["x"]), 1);
    let mut again = join(&mut g, call(&leader, &["x"]), 2);
    assert_eq!(again.try_recv().unwrap().generation, 2);
    let other = other.try_recv().unwrap().member_id;
    let mut waiting = sync(&mut g, &other, &[], 3);
    for now in (50..1100).step_by(50) {
        g.heartbeat(&leader, None, 2, now);
        g.tick(now);
    }
    assert_eq!(waiting.try_recv().unwrap().error, ErrorCode::RebalanceInProgress);
    assert!(!g.members.contains_key(&leader));
}

#[test]
fn a_failed_write_of_the_assignment_is_told_and_the_group_rebalances() {
    let mut g = group(0);
    let id = join(&mut g, call("", &["x"]), 0).try_recv().unwrap().member_id;
    let (answer, mut waiting) = oneshot::channel();
    let call = SyncCall {
        member_id: id.to_string(),
        instance: None,
        generation: 1,
        protocol_type: None,
        protocol: None,
        assignments: HashMap::new(),
    };
    g.sync(call, 1, answer, &|_| Err(ErrorCode::CoordinatorNotAvailable));
    assert_eq!(waiting.try_recv().unwrap().error, ErrorCode::CoordinatorNotAvailable);
    assert_eq!(g.state, GroupState::PreparingRebalance);
}

#[test]
fn pending_ids_lapse_and_hold_up_a_rebalance_until_then() {
    let (mut g, id) = stable(0);
    let mut newcomer = call("", &["x"]);
    newcomer.id_required = true;
    let pending = join(&mut g, newcomer, 10).try_recv().unwrap();
    assert_eq!(pending.error, ErrorCode::MemberIdRequired);
    assert_eq!((g.members.len(), g.pending.len()), (1, 1));
    let mut changed = call(&id, &["x", "y"]);
    changed.session_timeout_ms = 1000;
    let mut again = join(&mut g, changed, 20);
    assert!(again.try_recv().is_err(), "the one with the new id may still come");
    g.tick(110);
    assert_eq!(again.try_recv().unwrap().generation, 2);
    let late = join(&mut g, call(&pending.member_id, &["x"]), 120).try_recv().unwrap();
    assert_eq!(late.error, ErrorCode::UnknownMemberId);
}

#[test]
fn bounds_are_kept() {
    let (mut g, _) = stable(0);
    g.limits.members_max = 1;
    assert_eq!(join(&mut g, call("", &["x"]), 1).try_recv().unwrap().error, ErrorCode::GroupMaxSizeReached);
    g.limits = GroupLimits { members_max: 10, bytes_max: 50, initial_delay_ms: 0 };
    let mut big = call("", &["x"]);
    big.protocols[0].metadata = Bytes::from(vec![0; 100]);
    assert_eq!(join(&mut g, big, 1).try_recv().unwrap().error, ErrorCode::GroupMaxSizeReached);
}

#[test]
fn what_is_written_is_read_back() {
    let (mut g, id) = stable(0);
    let committed = CommittedOffset { offset: 7, leader_epoch: 2, metadata: "m".into(), committed_ms: 9 };
    g.offsets.insert((Arc::from("t"), 3), committed.clone());
    let mut loader = GroupLoader::new(limits(0), 500);
    let (key, value) = g.record();
    loader.record(Some(&key), value.as_deref());
    loader.record(Some(&offset_key("g", "t", 3)), Some(&offset_value(&committed)));
    loader.record(Some(b"\0\x09"), None);
    loader.record(None, Some(b"x"));
    loader.record(Some(&offset_key("g", "t", 4)), Some(b"\0"));
    assert_eq!(loader.skipped, 3);
    let mut groups = loader.finish();
    let mut read = groups.remove("g").unwrap();
    assert_eq!((read.state, read.generation, &read.leader), (GroupState::Stable, 1, &g.leader));
    assert_eq!(read.offsets, g.offsets);
    assert_eq!(read.members[&*id].assignment, Bytes::from_static(b"a"));
    assert_eq!(read.heartbeat(&id, None, 1, 550), ErrorCode::None);
    let mut loader = GroupLoader::new(limits(0), 0);
    loader.record(Some(&key), value.as_deref());
    loader.record(Some(&offset_key("g", "t", 3)), Some(&offset_value(&committed)));
    for (key, value) in g.tombstones() {
        loader.record(Some(&key), value.as_deref());
    }
    assert!(loader.finish().is_empty());
}
