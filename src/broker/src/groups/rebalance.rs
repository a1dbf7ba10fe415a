//! How a rebalance begins and ends, and what time does to a group.

use assay_protocol::ErrorCode;

use super::Millis;
use super::group::{Group, GroupState, Rebalance};
use super::member::{JoinAnswer, Member, MemberId, SyncAnswer};

impl Group {
    /// Begins a rebalance unless one is being prepared, then sees whether it is complete already.
    pub(crate) fn prepare_rebalance(&mut self, now: Millis) {
        match self.state {
            GroupState::Dead => return,
            GroupState::PreparingRebalance => {}
            GroupState::Empty => {
                let delay = self.limits.initial_delay_ms;
                let longest = self.longest_rebalance_timeout().max(delay);
                self.rebalance = Some(Rebalance {
                    ends: now + delay,
                    initial_until: Some(now + longest),
                    newcomer: false,
                });
                self.enter(GroupState::PreparingRebalance);
            }
            GroupState::CompletingRebalance | GroupState::Stable => {
                self.fail_syncs(ErrorCode::RebalanceInProgress);
                let ends = now + self.longest_rebalance_timeout();
                self.rebalance = Some(Rebalance { ends, initial_until: None, newcomer: false });
                self.enter(GroupState::PreparingRebalance);
            }
        }
        self.sync_ends = None;
        self.try_complete(now);
    }

    fn longest_rebalance_timeout(&self) -> Millis {
        let longest = self.members.values().map(|m| m.rebalance_timeout_ms).max().unwrap_or(0);
        Millis::try_from(longest).unwrap_or(0)
    }

    /// Completes the rebalance if everyone is there, or its time is over.
    pub(crate) fn try_complete(&mut self, now: Millis) {
        if self.state != GroupState::PreparingRebalance {
            return;
        }
        let Some(rebalance) = self.rebalance else { return };
        if let Some(until) = rebalance.initial_until {
            if now < rebalance.ends {
                return;
            }
            if rebalance.newcomer && now < until && self.limits.initial_delay_ms > 0 {
                let ends = until.min(now + self.limits.initial_delay_ms);
                self.rebalance = Some(Rebalance { ends, newcomer: false, ..rebalance });
                return;
            }
        } else {
            let all_here = self.pending.is_empty() && self.members.values().all(|m| m.joining.is_some());
            if !all_here && now < rebalance.ends {
                return;
            }
        }
        self.complete(now);
    }

    fn complete(&mut self, now: Millis) {
        let absent: Vec<MemberId> = self
            .members
            .values()
            .filter(|m| m.joining.is_none() && m.instance.is_none())
            .map(|m| m.id.clone())
            .collect();
        for id in absent {
            self.drop_member(&id, ErrorCode::UnknownMemberId);
        }
        if !self.members.is_empty() && !self.elect_leader() {
            // Only static members that are away: keep waiting for them.
            let ends = now + self.longest_rebalance_timeout().max(1);
            self.rebalance = Some(Rebalance { ends, initial_until: None, newcomer: false });
            return;
        }
        self.rebalance = None;
        self.generation = self.generation.checked_add(1).unwrap_or(1);
        if self.members.is_empty() {
            self.protocol = None;
            self.leader = None;
            self.enter(GroupState::Empty);
            return;
        }
        self.protocol = self.vote();
        self.enter(GroupState::CompletingRebalance);
        self.sync_ends = Some(now + self.longest_rebalance_timeout().max(1));
        let ids: Vec<MemberId> = self.members.keys().cloned().collect();
        for id in ids {
            let answer = self.join_answer(&id);
            if let Some(member) = self.members.get_mut(&id) {
                member.answer_join(answer);
                member.heard(now);
                member.is_new = false;
            }
        }
    }

    /// Keeps a leader that has rejoined, else takes a member that has.
    fn elect_leader(&mut self) -> bool {
        let here = |m: &Member| m.joining.is_some();
        if self.leader.as_ref().and_then(|id| self.members.get(id)).is_some_and(here) {
            return true;
        }
        let Some(id) = self.members.values().find(|m| here(m)).map(|m| m.id.clone()) else { return false };
        self.leader = Some(id);
        true
    }

    /// Answers everyone who waits for an assignment with an error, and forgets the assignments.
    pub(crate) fn fail_syncs(&mut self, error: ErrorCode) {
        if self.state != GroupState::CompletingRebalance {
            return;
        }
        for member in self.members.values_mut() {
            member.assignment = bytes::Bytes::new();
            member.answer_sync(SyncAnswer::error(error));
        }
    }

    /// Takes a member out, answering what it waits for.
    pub(crate) fn drop_member(&mut self, id: &str, error: ErrorCode) {
        let Some(mut member) = self.members.remove(id) else { return };
        member.answer_join(JoinAnswer::error(error, member.id.clone()));
        member.answer_sync(SyncAnswer::error(error));
        if let Some(instance) = &member.instance
            && self.static_members.get(instance).is_some_and(|m| **m == *id)
        {
            self.static_members.remove(instance);
        }
        if self.is_leader(id) {
            self.leader = self.members.keys().next().cloned();
        }
    }

    /// What a member's departure means for the rest.
    pub(crate) fn after_departure(&mut self, now: Millis) {
        match self.state {
            GroupState::Dead | GroupState::Empty => {}
            GroupState::Stable | GroupState::CompletingRebalance => self.prepare_rebalance(now),
            GroupState::PreparingRebalance => self.try_complete(now),
        }
    }

    /// Does what is due: lapsed ids and sessions, the end of a rebalance, members that never synced.
    pub(crate) fn tick(&mut self, now: Millis) {
        self.pending.retain(|_, lapses| *lapses > now);
        let lapsed: Vec<MemberId> = self
            .members
            .values()
            .filter(|m| m.session_runs() && m.session_ends <= now)
            .map(|m| m.id.clone())
            .collect();
        for id in &lapsed {
            tracing::info!(group = %self.id, member = %id, "group member's session timed out");
            self.drop_member(id, ErrorCode::UnknownMemberId);
        }
        if !lapsed.is_empty() {
            self.after_departure(now);
        }
        if self.state == GroupState::CompletingRebalance && self.sync_ends.is_some_and(|ends| ends <= now) {
            self.sync_ends = None;
            let silent: Vec<MemberId> =
                self.members.values().filter(|m| m.syncing.is_none()).map(|m| m.id.clone()).collect();
            for id in &silent {
                tracing::info!(group = %self.id, member = %id, "group member did not sync in time");
                self.drop_member(id, ErrorCode::UnknownMemberId);
            }
            self.prepare_rebalance(now);
        }
        self.try_complete(now);
    }
}
