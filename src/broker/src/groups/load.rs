//! Groups from the records of `__consumer_offsets`, at start.

use std::collections::HashMap;
use std::sync::Arc;

use assay_protocol::offsets_topic::{self, GroupMetadataValue, Key, OffsetCommitValue};
use bytes::Bytes;

use super::Millis;
use super::group::{Group, GroupLimits, GroupState};
use super::member::{Member, Protocol};
use super::offsets::CommittedOffset;

/// The fold of the records read so far.
#[derive(Debug)]
pub(crate) struct GroupLoader {
    limits: GroupLimits,
    now: Millis,
    groups: HashMap<Arc<str>, Group>,
    /// Records that were not understood.
    pub(crate) skipped: usize,
}

impl GroupLoader {
    pub(crate) fn new(limits: GroupLimits, now: Millis) -> Self {
        Self { limits, now, groups: HashMap::new(), skipped: 0 }
    }

    /// Applies one record; what cannot be read is counted and skipped, as one damaged record must not hide the rest.
    pub(crate) fn record(&mut self, key: Option<&[u8]>, value: Option<&[u8]>) {
        let key = key.map(|k| Key::decode(Bytes::copy_from_slice(k)));
        let value = value.map(Bytes::copy_from_slice);
        let understood = match key {
            Some(Ok(Key::OffsetCommit(key))) => match value {
                None => {
                    self.group(&key.group).offsets.remove(&(Arc::from(&*key.topic), key.partition));
                    true
                }
                Some(value) => match offsets_topic::decode::<OffsetCommitValue>(value) {
                    Ok(value) => {
                        let committed = CommittedOffset {
                            offset: value.offset,
                            leader_epoch: value.leader_epoch,
                            metadata: value.metadata.to_string(),
                            committed_ms: value.commit_timestamp,
                        };
                        let at = (Arc::from(&*key.topic), key.partition);
                        self.group(&key.group).offsets.insert(at, committed);
                        true
                    }
                    Err(_) => false,
                },
            },
            Some(Ok(Key::GroupMetadata(key))) => match value {
                None => {
                    let offsets = std::mem::take(&mut self.group(&key.group).offsets);
                    let fresh = Group::new(Arc::from(&*key.group), self.limits, crate::clock::wall_ms());
                    *self.group(&key.group) = Group { offsets, ..fresh };
                    true
                }
                Some(value) => match offsets_topic::decode::<GroupMetadataValue>(value) {
                    Ok(value) => {
                        self.metadata(&key.group, &value);
                        true
                    }
                    Err(_) => false,
                },
            },
            Some(Ok(Key::Unknown(_)) | Err(_)) | None => false,
        };
        if !understood {
            self.skipped += 1;
        }
    }

    fn group(&mut self, id: &str) -> &mut Group {
        let limits = self.limits;
        let id: Arc<str> = Arc::from(id);
        self.groups.entry(id.clone()).or_insert_with(|| Group::new(id, limits, crate::clock::wall_ms()))
    }

    /// Members come back with their sessions begun anew: they may not know that the broker was away.
    fn metadata(&mut self, id: &str, value: &GroupMetadataValue) {
        let now = self.now;
        let group = self.group(id);
        group.protocol_type = Some(value.protocol_type.to_string()).filter(|t| !t.is_empty());
        group.protocol = value.protocol.as_ref().map(|p| p.to_string());
        group.generation = value.generation;
        group.leader = value.leader.as_deref().map(Arc::from);
        group.state_since_ms = value.current_state_timestamp;
        group.members.clear();
        group.static_members.clear();
        for m in &value.members {
            let id: Arc<str> = Arc::from(&*m.member_id);
            let instance: Option<Arc<str>> = m.group_instance_id.as_deref().map(Arc::from);
            if let Some(instance) = &instance {
                group.static_members.insert(instance.clone(), id.clone());
            }
            let protocol = Protocol {
                name: group.protocol.clone().unwrap_or_default(),
                metadata: Bytes::copy_from_slice(&m.subscription),
            };
            let mut member = Member {
                id: id.clone(),
                instance,
                client_id: m.client_id.to_string(),
                client_host: m.client_host.to_string(),
                session_timeout_ms: m.session_timeout,
                rebalance_timeout_ms: if m.rebalance_timeout < 0 {
                    m.session_timeout
                } else {
                    m.rebalance_timeout
                },
                protocols: vec![protocol],
                assignment: Bytes::copy_from_slice(&m.assignment),
                session_ends: 0,
                is_new: false,
                joining: None,
                syncing: None,
            };
            member.heard(now);
            group.members.insert(id, member);
        }
        group.state = if group.members.is_empty() { GroupState::Empty } else { GroupState::Stable };
    }

    /// The groups that hold anything.
    pub(crate) fn finish(self) -> HashMap<Arc<str>, Group> {
        self.groups.into_iter().filter(|(_, g)| !g.is_vacant()).collect()
    }
}
