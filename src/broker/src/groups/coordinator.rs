//! All groups: finding them, their timers, and the way to `__consumer_offsets`.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use assay_protocol::ErrorCode;
use futures::future::BoxFuture;
use tokio::sync::{Notify, oneshot};

use super::Millis;
use super::group::{Group, GroupLimits, GroupState, GroupSummary};
use super::join::JoinCall;
use super::load::GroupLoader;
use super::member::{JoinAnswer, SyncAnswer};
use super::offsets::{CommittedOffset, OffsetCommitCall, OffsetsRecord, offset_key, offset_value};
use super::sync::SyncCall;
use crate::clock;

/// Resolves once the appended records are as durable as `acks=all` asks.
pub(crate) type Durable = BoxFuture<'static, Result<(), ErrorCode>>;

/// Where groups are written: `__consumer_offsets`, or a test's memory.
pub(crate) trait OffsetsLog: Send + Sync {
    /// Appends the records to the group's partition. They are written on return; the future is for durability.
    fn append(&self, group: &str, records: Vec<OffsetsRecord>) -> Result<Durable, ErrorCode>;
}

/// Bounds of all groups.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CoordinatorLimits {
    pub(crate) group: GroupLimits,
    pub(crate) groups_max: usize,
    pub(crate) offsets_per_group_max: usize,
}

/// A group with the time for which its timer is set.
#[derive(Debug)]
struct Slot {
    group: Group,
    timer: Option<Millis>,
}

type Shared = Arc<Mutex<Slot>>;

/// When a group's timer fires; the earliest on top of the heap.
type Timer = Reverse<(Millis, Arc<str>)>;

/// The group coordinator of this node; it coordinates every group.
pub(crate) struct Coordinator {
    groups: Mutex<HashMap<Arc<str>, Shared>>,
    limits: Mutex<CoordinatorLimits>,
    log: Box<dyn OffsetsLog>,
    timers: Mutex<BinaryHeap<Timer>>,
    earlier: Notify,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Coordinator {
    pub(crate) fn new(limits: CoordinatorLimits, log: Box<dyn OffsetsLog>) -> Self {
        Self {
            groups: Mutex::new(HashMap::new()),
            limits: Mutex::new(limits),
            log,
            timers: Mutex::new(BinaryHeap::new()),
            earlier: Notify::new(),
        }
    }

    /// Takes over what was read from `__consumer_offsets`.
    pub(crate) fn load(&self, loader: GroupLoader) {
        if loader.skipped > 0 {
            tracing::warn!(
                records = loader.skipped,
                "records of __consumer_offsets not understood and skipped"
            );
        }
        for (id, group) in loader.finish() {
            let slot = Arc::new(Mutex::new(Slot { group, timer: None }));
            locked(&self.groups).insert(id.clone(), slot.clone());
            self.set_timer(&id, &mut locked(&slot));
        }
    }

    /// New bounds, for what happens from now on.
    pub(crate) fn set_limits(&self, limits: CoordinatorLimits) {
        *locked(&self.limits) = limits;
        let all: Vec<Shared> = locked(&self.groups).values().cloned().collect();
        for slot in all {
            locked(&slot).group.limits = limits.group;
        }
    }

    pub(crate) fn loader(&self) -> GroupLoader {
        GroupLoader::new(locked(&self.limits).group, clock::now_ms())
    }

    fn find(&self, id: &str) -> Option<Shared> {
        locked(&self.groups).get(id).cloned()
    }

    fn find_or_create(&self, id: &str) -> Result<Shared, ErrorCode> {
        let limits = *locked(&self.limits);
        let mut groups = locked(&self.groups);
        if let Some(slot) = groups.get(id) {
            return Ok(slot.clone());
        }
        if groups.len() >= limits.groups_max {
            tracing::warn!(group = %id, limit = limits.groups_max, "assay.groups.max reached, group refused");
            return Err(ErrorCode::GroupMaxSizeReached);
        }
        let id: Arc<str> = Arc::from(id);
        let group = Group::new(id.clone(), limits.group, clock::wall_ms());
        let slot = Arc::new(Mutex::new(Slot { group, timer: None }));
        groups.insert(id, slot.clone());
        Ok(slot)
    }

    /// Runs `act` on the group under its lock, then does what follows from any change: writes an emptied group, sets
    /// the timer, forgets a group that holds nothing.
    fn with<T>(&self, id: &str, slot: &Shared, act: impl FnOnce(&mut Group) -> T) -> T {
        let mut guard = locked(slot);
        let before = guard.group.generation;
        let result = act(&mut guard.group);
        if guard.group.state == GroupState::Empty && guard.group.generation != before {
            let record = guard.group.record();
            if let Err(error) = self.log.append(id, vec![record]) {
                tracing::warn!(group = %id, ?error, "the emptied group could not be written");
            }
        }
        let vacant = guard.group.is_vacant() && guard.group.state == GroupState::Empty;
        self.set_timer(id, &mut guard);
        drop(guard);
        if vacant {
            self.forget_if_vacant(id);
        }
        result
    }

    fn forget_if_vacant(&self, id: &str) {
        let mut groups = locked(&self.groups);
        let Some(slot) = groups.get(id).cloned() else { return };
        let mut guard = locked(&slot);
        if guard.group.is_vacant() && guard.group.state == GroupState::Empty {
            if guard.group.generation > 0
                && let Err(error) = self.log.append(id, guard.group.tombstones())
            {
                tracing::warn!(group = %id, ?error, "the end of a group could not be written");
            }
            guard.group.state = GroupState::Dead;
            groups.remove(id);
        }
    }

    fn set_timer(&self, id: &str, slot: &mut Slot) {
        let Some(due) = slot.group.next_deadline() else { return };
        if slot.timer.is_some_and(|set| set <= due) {
            return; // it fires early, and is set again then
        }
        slot.timer = Some(due);
        locked(&self.timers).push(Reverse((due, Arc::from(id))));
        self.earlier.notify_one();
    }

    /// Runs the timers until the coordinator is dropped.
    pub(crate) async fn run_timers(coordinator: Weak<Self>) {
        loop {
            let Some(this) = coordinator.upgrade() else { return };
            this.fire_due(clock::now_ms());
            let next = locked(&this.timers).peek().map(|Reverse((due, _))| *due);
            // At most a second, so that a dropped coordinator is noticed.
            let longest = clock::now_ms() + 1000;
            let wake = clock::instant_of(next.unwrap_or(longest).min(longest));
            let earlier = this.earlier.notified();
            tokio::select! {
                () = tokio::time::sleep_until(wake.into()) => {}
                () = earlier => {}
            }
        }
    }

    /// Each due group gets one tick per call, so that a timer set in the past cannot spin here.
    fn fire_due(&self, now: Millis) {
        let mut due = Vec::new();
        {
            let mut timers = locked(&self.timers);
            while timers.peek().is_some_and(|Reverse((at, _))| *at <= now) {
                due.extend(timers.pop().map(|Reverse((_, id))| id));
            }
        }
        for id in due {
            if let Some(slot) = self.find(&id) {
                locked(&slot).timer = None;
                self.with(&id, &slot, |group| group.tick(now));
            }
        }
    }

    /// JoinGroup.
    pub(crate) fn join(&self, group: &str, call: JoinCall) -> oneshot::Receiver<JoinAnswer> {
        let (answer, receiver) = oneshot::channel();
        let found = if call.member_id.is_empty() {
            self.find_or_create(group)
        } else {
            self.find(group).ok_or(ErrorCode::UnknownMemberId)
        };
        match found {
            Ok(slot) => self.with(group, &slot, |g| g.join(call, clock::now_ms(), answer)),
            Err(error) => {
                let _ = answer.send(JoinAnswer::error(error, Arc::from(call.member_id.as_str())));
            }
        }
        receiver
    }

    /// SyncGroup.
    pub(crate) fn sync(&self, group: &str, call: SyncCall) -> oneshot::Receiver<SyncAnswer> {
        let (answer, receiver) = oneshot::channel();
        match self.find(group) {
            Some(slot) => self.with(group, &slot, |g| {
                g.sync(call, clock::now_ms(), answer, &|g| {
                    self.log.append(&g.id, vec![g.record()]).map(drop)
                });
            }),
            None => {
                let _ = answer.send(SyncAnswer::error(ErrorCode::UnknownMemberId));
            }
        }
        receiver
    }

    /// Heartbeat.
    pub(crate) fn heartbeat(
        &self,
        group: &str,
        id: &str,
        instance: Option<&str>,
        generation: i32,
    ) -> ErrorCode {
        let Some(slot) = self.find(group) else { return ErrorCode::UnknownMemberId };
        self.with(group, &slot, |g| g.heartbeat(id, instance, generation, clock::now_ms()))
    }

    /// LeaveGroup, one member.
    pub(crate) fn leave(&self, group: &str, id: &str, instance: Option<&str>) -> ErrorCode {
        let Some(slot) = self.find(group) else { return ErrorCode::UnknownMemberId };
        self.with(group, &slot, |g| g.leave(id, instance, clock::now_ms()))
    }

    /// OffsetCommit. The offsets are visible on return, and durable when the future resolves.
    pub(crate) fn commit(&self, group: &str, call: OffsetCommitCall) -> Result<Durable, ErrorCode> {
        let slot = match self.find(group) {
            Some(slot) => slot,
            None if call.generation < 0 => self.find_or_create(group)?,
            None => return Err(ErrorCode::IllegalGeneration),
        };
        let max = locked(&self.limits).offsets_per_group_max;
        self.with(group, &slot, |g| {
            g.check_commit(&call, clock::now_ms())?;
            let added = call.offsets.iter().filter(|(at, _)| !g.offsets.contains_key(at)).count();
            if g.offsets.len() + added > max {
                tracing::warn!(group = %g.id, limit = max, "assay.offsets.per.group.max reached, commit refused");
                return Err(ErrorCode::InvalidCommitOffsetSize);
            }
            let records = call
                .offsets
                .iter()
                .map(|((topic, p), o)| (offset_key(&g.id, topic, *p), Some(offset_value(o))))
                .collect();
            let durable = self.log.append(&g.id, records)?;
            g.offsets.extend(call.offsets);
            Ok(durable)
        })
    }

    /// Reads a group's state; `None` if there is no such group.
    pub(crate) fn read<T>(&self, group: &str, look: impl FnOnce(&Group) -> T) -> Option<T> {
        let slot = self.find(group)?;
        let guard = locked(&slot);
        (guard.group.state != GroupState::Dead).then(|| look(&guard.group))
    }

    /// One committed offset.
    pub(crate) fn committed(&self, group: &str, topic: &str, partition: i32) -> Option<CommittedOffset> {
        self.read(group, |g| g.offsets.get(&(Arc::from(topic), partition)).cloned()).flatten()
    }

    /// All groups, by id.
    pub(crate) fn list(&self) -> Vec<GroupSummary> {
        let all: Vec<Shared> = locked(&self.groups).values().cloned().collect();
        let mut out: Vec<GroupSummary> = all.iter().map(|s| locked(s).group.summary()).collect();
        out.retain(|g| g.state != GroupState::Dead);
        out.sort_by(|a, b| a.id.cmp(&b.id));
        out
    }

    /// DeleteGroups, one group.
    pub(crate) fn delete(&self, group: &str) -> Result<Durable, ErrorCode> {
        let mut groups = locked(&self.groups);
        let Some(slot) = groups.get(group).cloned() else { return Err(ErrorCode::GroupIdNotFound) };
        let mut guard = locked(&slot);
        match guard.group.state {
            GroupState::Dead => Err(ErrorCode::GroupIdNotFound),
            GroupState::Empty => {
                let durable = self.log.append(group, guard.group.tombstones())?;
                guard.group.state = GroupState::Dead;
                groups.remove(group);
                Ok(durable)
            }
            GroupState::PreparingRebalance | GroupState::CompletingRebalance | GroupState::Stable => {
                Err(ErrorCode::NonEmptyGroup)
            }
        }
    }

    /// OffsetDelete: per partition an error, or the offset is gone.
    pub(crate) fn delete_offsets(
        &self,
        group: &str,
        partitions: &[(Arc<str>, i32)],
    ) -> Result<(Vec<ErrorCode>, Option<Durable>), ErrorCode> {
        let slot = self.find(group).ok_or(ErrorCode::GroupIdNotFound)?;
        self.with(group, &slot, |g| {
            let consumer = g.protocol_type.as_deref() == Some("consumer");
            if g.state == GroupState::Dead {
                return Err(ErrorCode::GroupIdNotFound);
            }
            if g.state != GroupState::Empty && !consumer {
                return Err(ErrorCode::NonEmptyGroup);
            }
            let busy = |topic: &str| g.state != GroupState::Empty && g.is_subscribed(topic);
            let errors: Vec<ErrorCode> = partitions
                .iter()
                .map(
                    |(topic, _)| {
                        if busy(topic) { ErrorCode::GroupSubscribedToTopic } else { ErrorCode::None }
                    },
                )
                .collect();
            let gone: Vec<(Arc<str>, i32)> = partitions
                .iter()
                .zip(&errors)
                .filter(|(at, e)| **e == ErrorCode::None && g.offsets.contains_key(*at))
                .map(|(at, _)| at.clone())
                .collect();
            let durable = self.remove_offsets(g, &gone)?;
            Ok((errors, durable))
        })
    }

    fn remove_offsets(
        &self,
        group: &mut Group,
        gone: &[(Arc<str>, i32)],
    ) -> Result<Option<Durable>, ErrorCode> {
        if gone.is_empty() {
            return Ok(None);
        }
        let records = gone.iter().map(|(topic, p)| (offset_key(&group.id, topic, *p), None)).collect();
        let durable = self.log.append(&group.id, records)?;
        for at in gone {
            group.offsets.remove(at);
        }
        Ok(Some(durable))
    }

    /// Removes the offsets for which `expired` says so, in every group. For deleted topics and for retention.
    pub(crate) fn expire(&self, expired: impl Fn(&Group, &str, &CommittedOffset) -> bool) {
        let all: Vec<(Arc<str>, Shared)> =
            locked(&self.groups).iter().map(|(id, s)| (id.clone(), s.clone())).collect();
        for (id, slot) in all {
            self.with(&id, &slot, |g| {
                let gone: Vec<(Arc<str>, i32)> = g
                    .offsets
                    .iter()
                    .filter(|((topic, _), o)| expired(g, topic, o))
                    .map(|(at, _)| at.clone())
                    .collect();
                if let Err(error) = self.remove_offsets(g, &gone) {
                    tracing::warn!(group = %g.id, ?error, "expired offsets could not be removed");
                }
            });
        }
    }
}
