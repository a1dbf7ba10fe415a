//! SyncGroup, Heartbeat and LeaveGroup.

use std::collections::HashMap;

use assay_protocol::ErrorCode;
use bytes::Bytes;
use tokio::sync::oneshot;

use super::Millis;
use super::group::{Group, GroupState};
use super::member::{MemberId, SyncAnswer};

/// A SyncGroup request.
#[derive(Debug, Clone)]
pub(crate) struct SyncCall {
    pub(crate) member_id: String,
    pub(crate) instance: Option<String>,
    pub(crate) generation: i32,
    /// From version 5; must agree with the group's when given.
    pub(crate) protocol_type: Option<String>,
    pub(crate) protocol: Option<String>,
    /// From the leader: member id and assignment.
    pub(crate) assignments: HashMap<String, Bytes>,
}

impl Group {
    /// Handles a sync; a follower's answer comes when the leader's has. `store` writes the new generation to
    /// `__consumer_offsets` before anyone learns of it.
    pub(crate) fn sync(
        &mut self,
        call: SyncCall,
        now: Millis,
        answer: oneshot::Sender<SyncAnswer>,
        store: &dyn Fn(&Group) -> Result<(), ErrorCode>,
    ) {
        if let Err(error) = self.check_sync(&call) {
            let _ = answer.send(SyncAnswer::error(error));
            return;
        }
        let id = call.member_id.as_str();
        if let Some(member) = self.members.get_mut(id) {
            member.heard(now);
        }
        if self.state == GroupState::Stable {
            let _ = answer.send(self.sync_answer(id));
            return;
        }
        if let Some(member) = self.members.get_mut(id) {
            member.answer_sync(SyncAnswer::error(ErrorCode::UnknownMemberId)); // a repeated sync replaces the first
            member.syncing = Some(answer);
        }
        if self.is_leader(id) {
            self.assign(call.assignments, now, store);
        }
    }

    fn check_sync(&self, call: &SyncCall) -> Result<(), ErrorCode> {
        self.check_present(&call.member_id, call.instance.as_deref(), call.generation)?;
        let differs = |given: &Option<String>, ours: &Option<String>| given.is_some() && given != ours;
        if differs(&call.protocol_type, &self.protocol_type) || differs(&call.protocol, &self.protocol) {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        match self.state {
            GroupState::PreparingRebalance => Err(ErrorCode::RebalanceInProgress),
            GroupState::CompletingRebalance | GroupState::Stable => Ok(()),
            GroupState::Empty | GroupState::Dead => Err(ErrorCode::UnknownMemberId),
        }
    }

    fn check_present(&self, id: &str, instance: Option<&str>, generation: i32) -> Result<(), ErrorCode> {
        if self.state == GroupState::Dead {
            return Err(ErrorCode::CoordinatorNotAvailable);
        }
        self.check_member(id, instance)?;
        if generation != self.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        Ok(())
    }

    fn assign(
        &mut self,
        mut assignments: HashMap<String, Bytes>,
        now: Millis,
        store: &dyn Fn(&Group) -> Result<(), ErrorCode>,
    ) {
        let bytes: usize = assignments.values().map(Bytes::len).sum();
        for member in self.members.values_mut() {
            member.assignment = assignments.remove(&*member.id).unwrap_or_default();
        }
        let stored = if bytes > self.limits.bytes_max { Err(ErrorCode::InvalidRequest) } else { store(self) };
        if let Err(error) = stored {
            self.fail_syncs(error);
            self.prepare_rebalance(now);
            return;
        }
        self.enter(GroupState::Stable);
        self.sync_ends = None;
        let ids: Vec<MemberId> = self.members.keys().cloned().collect();
        for id in ids {
            let answer = self.sync_answer(&id);
            if let Some(member) = self.members.get_mut(&id)
                && member.syncing.is_some()
            {
                member.answer_sync(answer);
                member.heard(now);
            }
        }
    }

    fn sync_answer(&self, id: &str) -> SyncAnswer {
        SyncAnswer {
            error: ErrorCode::None,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            assignment: self.members.get(id).map_or_else(Bytes::new, |m| m.assignment.clone()),
        }
    }

    /// Handles a heartbeat.
    pub(crate) fn heartbeat(
        &mut self,
        id: &str,
        instance: Option<&str>,
        generation: i32,
        now: Millis,
    ) -> ErrorCode {
        if let Err(error) = self.check_present(id, instance, generation) {
            return error;
        }
        if let Some(member) = self.members.get_mut(id) {
            member.heard(now);
        }
        match self.state {
            GroupState::PreparingRebalance => ErrorCode::RebalanceInProgress,
            GroupState::CompletingRebalance | GroupState::Stable => ErrorCode::None,
            GroupState::Empty | GroupState::Dead => ErrorCode::UnknownMemberId,
        }
    }

    /// Takes one member out. An empty id with an instance name is an administrator removing a static member.
    pub(crate) fn leave(&mut self, id: &str, instance: Option<&str>, now: Millis) -> ErrorCode {
        if self.state == GroupState::Dead {
            return ErrorCode::CoordinatorNotAvailable;
        }
        let id: String = match instance {
            Some(instance) if id.is_empty() => match self.static_members.get(instance) {
                Some(current) => current.to_string(),
                None => return ErrorCode::UnknownMemberId,
            },
            _ => id.to_owned(),
        };
        if instance.is_none() && self.pending.remove(id.as_str()).is_some() {
            self.try_complete(now);
            return ErrorCode::None;
        }
        if let Err(error) = self.check_member(&id, instance) {
            return error;
        }
        self.drop_member(&id, ErrorCode::UnknownMemberId);
        self.after_departure(now);
        ErrorCode::None
    }
}
