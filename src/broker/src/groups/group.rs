//! The state of one group, and what can be asked about it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use assay_protocol::ErrorCode;

use super::Millis;
use super::member::{JoinAnswer, JoinedMember, Member, MemberId, Protocol};
use super::offsets::CommittedOffset;

/// Where a group stands. Names as DescribeGroups gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupState {
    /// No members; perhaps offsets.
    Empty,
    /// Waiting for members to (re)join.
    PreparingRebalance,
    /// Members have joined; the leader's assignment is awaited.
    CompletingRebalance,
    /// Everyone has an assignment.
    Stable,
    /// Removed; whoever still holds it must look again.
    Dead,
}

impl GroupState {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::PreparingRebalance => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Stable => "Stable",
            Self::Dead => "Dead",
        }
    }
}

/// Bounds and delays of every group, from the broker's configuration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroupLimits {
    pub(crate) members_max: usize,
    pub(crate) bytes_max: usize,
    pub(crate) initial_delay_ms: Millis,
}

/// When and how the rebalance being prepared ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rebalance {
    pub(crate) ends: Millis,
    /// The first rebalance of an empty group waits on while members keep coming: until this time at most.
    pub(crate) initial_until: Option<Millis>,
    /// A member has come since the initial delay was last extended.
    pub(crate) newcomer: bool,
}

/// One consumer group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) id: Arc<str>,
    pub(crate) state: GroupState,
    /// Unix ms at which the state was entered.
    pub(crate) state_since_ms: i64,
    pub(crate) protocol_type: Option<String>,
    pub(crate) protocol: Option<String>,
    pub(crate) generation: i32,
    pub(crate) leader: Option<MemberId>,
    pub(crate) members: BTreeMap<MemberId, Member>,
    pub(crate) static_members: HashMap<Arc<str>, MemberId>,
    /// Ids given out by MEMBER_ID_REQUIRED and not used yet, with when they lapse.
    pub(crate) pending: HashMap<MemberId, Millis>,
    pub(crate) rebalance: Option<Rebalance>,
    /// When members that joined but did not sync are removed.
    pub(crate) sync_ends: Option<Millis>,
    pub(crate) offsets: BTreeMap<(Arc<str>, i32), CommittedOffset>,
    pub(crate) limits: GroupLimits,
}

/// What ListGroups says.
#[derive(Debug, Clone)]
pub(crate) struct GroupSummary {
    pub(crate) id: Arc<str>,
    pub(crate) protocol_type: String,
    pub(crate) state: GroupState,
}

impl Group {
    pub(crate) fn new(id: Arc<str>, limits: GroupLimits, wall_ms: i64) -> Self {
        Self {
            id,
            state: GroupState::Empty,
            state_since_ms: wall_ms,
            protocol_type: None,
            protocol: None,
            generation: 0,
            leader: None,
            members: BTreeMap::new(),
            static_members: HashMap::new(),
            pending: HashMap::new(),
            rebalance: None,
            sync_ends: None,
            offsets: BTreeMap::new(),
            limits,
        }
    }

    pub(crate) fn enter(&mut self, state: GroupState) {
        self.state = state;
        self.state_since_ms = crate::clock::wall_ms();
    }

    pub(crate) fn summary(&self) -> GroupSummary {
        GroupSummary {
            id: self.id.clone(),
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            state: self.state,
        }
    }

    /// Whether nothing is lost if the group is forgotten.
    pub(crate) fn is_vacant(&self) -> bool {
        self.members.is_empty() && self.pending.is_empty() && self.offsets.is_empty()
    }

    pub(crate) fn is_leader(&self, id: &str) -> bool {
        self.leader.as_deref() == Some(id)
    }

    /// A joining member must share the type, and one protocol with everyone.
    pub(crate) fn supports(&self, protocol_type: &str, protocols: &[Protocol]) -> bool {
        if self.members.is_empty() {
            return !protocol_type.is_empty() && !protocols.is_empty();
        }
        self.protocol_type.as_deref() == Some(protocol_type)
            && protocols.iter().any(|p| self.members.values().all(|m| m.supports(&p.name)))
    }

    /// The protocol most members put first among those all support; ties go to the one named first.
    pub(crate) fn vote(&self) -> Option<String> {
        let mut votes: Vec<(&str, usize)> = Vec::new();
        for member in self.members.values() {
            let choice =
                member.protocols.iter().find(|p| self.members.values().all(|m| m.supports(&p.name)))?;
            match votes.iter_mut().find(|(name, _)| *name == choice.name) {
                Some((_, n)) => *n += 1,
                None => votes.push((&choice.name, 1)),
            }
        }
        let most = votes.iter().map(|(_, n)| *n).max()?;
        votes.into_iter().find(|(_, n)| *n == most).map(|(name, _)| name.to_owned())
    }

    /// Checks that a request comes from a member (of static ones: from the instance's present member id).
    pub(crate) fn check_member(&self, id: &str, instance: Option<&str>) -> Result<(), ErrorCode> {
        if let Some(instance) = instance {
            match self.static_members.get(instance) {
                None => return Err(ErrorCode::UnknownMemberId),
                Some(current) if **current != *id => return Err(ErrorCode::FencedInstanceId),
                Some(_) => {}
            }
        }
        if self.members.contains_key(id) { Ok(()) } else { Err(ErrorCode::UnknownMemberId) }
    }

    /// The members as the leader is told about them.
    pub(crate) fn roster(&self) -> Vec<JoinedMember> {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        let joined = |m: &Member| JoinedMember {
            id: m.id.clone(),
            instance: m.instance.clone(),
            metadata: m.metadata_for(protocol),
        };
        self.members.values().map(joined).collect()
    }

    /// The present generation as an answer to a join.
    pub(crate) fn join_answer(&self, member: &str) -> JoinAnswer {
        JoinAnswer {
            error: ErrorCode::None,
            generation: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            leader: self.leader.clone().unwrap_or_else(|| Arc::from("")),
            member_id: Arc::from(member),
            skip_assignment: false,
            members: if self.is_leader(member) { self.roster() } else { Vec::new() },
        }
    }

    /// Bytes its members make us keep.
    pub(crate) fn bytes(&self) -> usize {
        self.members.values().map(Member::bytes).sum()
    }

    /// The earliest time at which [`Group::tick`] has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Millis> {
        let sessions = self.members.values().filter(|m| m.session_runs()).map(|m| m.session_ends);
        let rest = self.rebalance.map(|r| r.ends).into_iter().chain(self.sync_ends);
        sessions.chain(self.pending.values().copied()).chain(rest).min()
    }

    /// Whether a live consumer of this group is subscribed to the topic. Unreadable subscriptions count as subscribed.
    pub(crate) fn is_subscribed(&self, topic: &str) -> bool {
        if self.protocol_type.as_deref() != Some("consumer") {
            return !self.members.is_empty();
        }
        let protocol = self.protocol.as_deref().unwrap_or_default();
        self.members.values().any(|m| {
            subscribed_topics(&m.metadata_for(protocol)).is_none_or(|t| t.iter().any(|n| n == topic))
        })
    }
}

/// The topics of a consumer's subscription (ConsumerProtocolSubscription: version, array of topic names, more).
fn subscribed_topics(metadata: &[u8]) -> Option<Vec<String>> {
    let (_, rest) = metadata.split_first_chunk::<2>()?;
    let (count, mut rest) = rest.split_first_chunk::<4>()?;
    let count = usize::try_from(i32::from_be_bytes(*count)).ok()?;
    let mut topics = Vec::new();
    for _ in 0..count {
        let (length, tail) = rest.split_first_chunk::<2>()?;
        let (name, tail) = tail.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        topics.push(String::from_utf8(name.to_vec()).ok()?);
        rest = tail;
    }
    Some(topics)
}
