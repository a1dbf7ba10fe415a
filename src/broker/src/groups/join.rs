//! JoinGroup: who may enter, and what that sets off. Follows Kafka's `GroupCoordinator` / `GroupMetadataManager`.

use std::sync::Arc;

use assay_protocol::ErrorCode;
use tokio::sync::oneshot;

use super::Millis;
use super::group::{Group, GroupState};
use super::member::{JoinAnswer, Member, MemberId, Protocol, SyncAnswer};

/// A new member that is not heard of again is dropped after so long, even while it waits (Kafka: 5 minutes).
const NEW_MEMBER_TIMEOUT_MS: Millis = 300_000;

/// A JoinGroup request that passed the checks which need no group.
#[derive(Debug, Clone)]
pub(crate) struct JoinCall {
    /// Empty for a newcomer.
    pub(crate) member_id: String,
    pub(crate) instance: Option<String>,
    pub(crate) client_id: String,
    pub(crate) client_host: String,
    pub(crate) session_timeout_ms: i32,
    pub(crate) rebalance_timeout_ms: i32,
    pub(crate) protocol_type: String,
    pub(crate) protocols: Vec<Protocol>,
    /// From version 4 a dynamic newcomer first gets its id, and joins with it (KIP-394).
    pub(crate) id_required: bool,
    /// From version 9 a static leader that comes back may be told to skip the assignment.
    pub(crate) may_skip_assignment: bool,
}

type Answer = oneshot::Sender<JoinAnswer>;

impl Group {
    /// Handles a join; the answer may come later, when the rebalance completes.
    pub(crate) fn join(&mut self, call: JoinCall, now: Millis, answer: Answer) {
        match self.admit(&call) {
            Err(error) => refuse(answer, error, &call.member_id),
            Ok(()) if call.member_id.is_empty() => self.newcomer(call, now, answer),
            Ok(()) => self.known(call, now, answer),
        }
    }

    fn admit(&self, call: &JoinCall) -> Result<(), ErrorCode> {
        if self.state == GroupState::Dead {
            return Err(ErrorCode::CoordinatorNotAvailable);
        }
        let member = self.members.get(call.member_id.as_str());
        let full = match self.state {
            GroupState::Empty | GroupState::Dead => false,
            GroupState::PreparingRebalance => {
                let waiting = self.members.values().filter(|m| m.joining.is_some()).count();
                member.is_none_or(|m| m.joining.is_none()) && waiting >= self.limits.members_max
            }
            GroupState::CompletingRebalance | GroupState::Stable => {
                let replaces = call.instance.as_deref().is_some_and(|i| self.static_members.contains_key(i));
                member.is_none() && !replaces && self.members.len() >= self.limits.members_max
            }
        };
        let added: usize = call.protocols.iter().map(|p| p.name.len() + p.metadata.len()).sum();
        let room = self.limits.bytes_max.saturating_sub(self.bytes() - member.map_or(0, Member::bytes));
        // Pending ids are bounded like members: they are what a flood of newcomers would leave behind.
        let flood = call.member_id.is_empty() && self.pending.len() >= self.limits.members_max.min(100_000);
        if full || added > room || flood {
            return Err(ErrorCode::GroupMaxSizeReached);
        }
        if !self.supports(&call.protocol_type, &call.protocols) {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        Ok(())
    }

    fn newcomer(&mut self, call: JoinCall, now: Millis, answer: Answer) {
        let prefix = call.instance.as_deref().unwrap_or(&call.client_id);
        let id: MemberId = Arc::from(format!("{prefix}-{}", uuid::Uuid::new_v4()));
        if let Some(instance) = &call.instance {
            match self.static_members.get(instance.as_str()).cloned() {
                Some(old) => self.replace_static(&old, id, call, now, answer),
                None => self.add(id, call, now, answer),
            }
        } else if call.id_required {
            self.pending.insert(id.clone(), now + Millis::try_from(call.session_timeout_ms).unwrap_or(0));
            let _ = answer.send(JoinAnswer::error(ErrorCode::MemberIdRequired, id));
        } else {
            self.add(id, call, now, answer);
        }
    }

    fn known(&mut self, call: JoinCall, now: Millis, answer: Answer) {
        if self.pending.contains_key(call.member_id.as_str()) {
            if call.instance.is_some() {
                return refuse(answer, ErrorCode::UnknownMemberId, &call.member_id);
            }
            let id: MemberId = Arc::from(call.member_id.as_str());
            self.pending.remove(&id);
            return self.add(id, call, now, answer);
        }
        if let Err(error) = self.check_member(&call.member_id, call.instance.as_deref()) {
            return refuse(answer, error, &call.member_id);
        }
        let same = self.members.get(call.member_id.as_str()).is_some_and(|m| m.protocols == call.protocols);
        match self.state {
            GroupState::PreparingRebalance => self.rejoin(call, now, answer),
            // The answer got lost: say it again.
            GroupState::CompletingRebalance if same => {
                let _ = answer.send(self.join_answer(&call.member_id));
            }
            GroupState::Stable if same && !self.is_leader(&call.member_id) => {
                let _ = answer.send(self.join_answer(&call.member_id));
            }
            // A leader joins again to have the group assigned anew; a follower because its subscription changed.
            GroupState::CompletingRebalance | GroupState::Stable => self.rejoin(call, now, answer),
            GroupState::Empty | GroupState::Dead => {
                refuse(answer, ErrorCode::UnknownMemberId, &call.member_id)
            }
        }
    }

    fn add(&mut self, id: MemberId, call: JoinCall, now: Millis, answer: Answer) {
        if self.members.is_empty() {
            self.protocol_type = Some(call.protocol_type.clone());
        }
        if self.leader.is_none() {
            self.leader = Some(id.clone());
        }
        let instance: Option<Arc<str>> = call.instance.as_deref().map(Arc::from);
        if let Some(instance) = &instance {
            self.static_members.insert(instance.clone(), id.clone());
        }
        let member = Member {
            id: id.clone(),
            instance,
            client_id: call.client_id,
            client_host: call.client_host,
            session_timeout_ms: call.session_timeout_ms,
            rebalance_timeout_ms: call.rebalance_timeout_ms,
            protocols: call.protocols,
            assignment: bytes::Bytes::new(),
            session_ends: now + NEW_MEMBER_TIMEOUT_MS,
            is_new: true,
            joining: Some(answer),
            syncing: None,
        };
        self.members.insert(id, member);
        if let Some(rebalance) = &mut self.rebalance {
            rebalance.newcomer = true;
        }
        self.prepare_rebalance(now);
    }

    fn rejoin(&mut self, call: JoinCall, now: Millis, answer: Answer) {
        if let Some(member) = self.members.get_mut(call.member_id.as_str()) {
            update(member, call, now, answer);
        }
        self.prepare_rebalance(now);
    }

    /// A static member has been started anew: its new id takes over the old one's place (KIP-345).
    fn replace_static(&mut self, old: &MemberId, id: MemberId, call: JoinCall, now: Millis, answer: Answer) {
        let Some(mut member) = self.members.remove(old) else {
            return refuse(answer, ErrorCode::UnknownMemberId, old);
        };
        member.answer_join(JoinAnswer::error(ErrorCode::FencedInstanceId, old.clone()));
        member.answer_sync(SyncAnswer::error(ErrorCode::FencedInstanceId));
        member.id = id.clone();
        if let Some(instance) = &member.instance {
            self.static_members.insert(instance.clone(), id.clone());
        }
        let old_leader = self.leader.clone();
        if self.is_leader(old) {
            self.leader = Some(id.clone());
        }
        let may_skip = call.may_skip_assignment;
        update(&mut member, call, now, answer);
        self.members.insert(id.clone(), member);
        match self.state {
            GroupState::Stable if self.vote() == self.protocol => {
                // Nothing changes for the group: the new instance gets the generation and assignment in force. Below
                // version 9 it is told the old leader's id, so that it does not take itself for the leader.
                let mut reply = self.join_answer(&id);
                reply.skip_assignment = may_skip && self.is_leader(&id);
                if !reply.skip_assignment {
                    reply.members = Vec::new();
                    reply.leader = old_leader.unwrap_or_else(|| Arc::from(""));
                }
                if let Some(member) = self.members.get_mut(&id) {
                    member.answer_join(reply);
                    member.heard(now);
                }
            }
            GroupState::Stable | GroupState::CompletingRebalance | GroupState::PreparingRebalance => {
                self.prepare_rebalance(now);
            }
            GroupState::Empty | GroupState::Dead => debug_assert!(false, "a member in an empty group"),
        }
    }
}

fn update(member: &mut Member, call: JoinCall, now: Millis, answer: Answer) {
    // An earlier join of the same member is still waiting: its connection has given it up.
    member.answer_join(JoinAnswer::error(ErrorCode::UnknownMemberId, member.id.clone()));
    member.protocols = call.protocols;
    member.session_timeout_ms = call.session_timeout_ms;
    member.rebalance_timeout_ms = call.rebalance_timeout_ms;
    member.client_id = call.client_id;
    member.client_host = call.client_host;
    member.joining = Some(answer);
    member.heard(now);
}

fn refuse(answer: Answer, error: ErrorCode, member_id: &str) {
    let _ = answer.send(JoinAnswer::error(error, Arc::from(member_id)));
}
