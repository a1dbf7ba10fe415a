//! Committed offsets: who may commit, and how commits and groups look in `__consumer_offsets`.

use std::sync::Arc;

use assay_protocol::ErrorCode;
use assay_protocol::offsets_topic::{
    self, GroupMetadataKey, GroupMetadataValue, Key, MemberMetadata, OffsetCommitKey, OffsetCommitValue,
};
use bytes::Bytes;

use super::group::{Group, GroupState};

/// A committed position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommittedOffset {
    pub(crate) offset: i64,
    /// -1 when the client did not say.
    pub(crate) leader_epoch: i32,
    pub(crate) metadata: String,
    /// Unix ms.
    pub(crate) committed_ms: i64,
}

/// An OffsetCommit request for one group, with the partitions that passed the checks which need no group.
#[derive(Debug, Clone)]
pub(crate) struct OffsetCommitCall {
    pub(crate) member_id: String,
    pub(crate) instance: Option<String>,
    /// Negative from a consumer that only stores offsets here and is no member.
    pub(crate) generation: i32,
    pub(crate) offsets: Vec<((Arc<str>, i32), CommittedOffset)>,
}

/// A record for `__consumer_offsets`: key, and value or tombstone.
pub(crate) type OffsetsRecord = (Bytes, Option<Bytes>);

impl Group {
    /// Whether this commit is allowed now; a member's commit also counts as a sign of life.
    pub(crate) fn check_commit(
        &mut self,
        call: &OffsetCommitCall,
        now: super::Millis,
    ) -> Result<(), ErrorCode> {
        if self.state == GroupState::Dead {
            return Err(ErrorCode::CoordinatorNotAvailable);
        }
        if call.generation < 0 && self.state == GroupState::Empty {
            return Ok(());
        }
        if call.generation < 0 && call.member_id.is_empty() && call.instance.is_none() {
            return Err(ErrorCode::UnknownMemberId);
        }
        self.check_member(&call.member_id, call.instance.as_deref())?;
        if call.generation != self.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        if self.state == GroupState::CompletingRebalance {
            return Err(ErrorCode::RebalanceInProgress);
        }
        if let Some(member) = self.members.get_mut(call.member_id.as_str()) {
            member.heard(now);
        }
        Ok(())
    }

    /// The group itself as a record.
    pub(crate) fn record(&self) -> OffsetsRecord {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        let members = self.members.values().map(|m| MemberMetadata {
            member_id: (&*m.id).into(),
            group_instance_id: m.instance.as_deref().map(Into::into),
            client_id: m.client_id.as_str().into(),
            client_host: m.client_host.as_str().into(),
            rebalance_timeout: m.rebalance_timeout_ms,
            session_timeout: m.session_timeout_ms,
            subscription: m.metadata_for(protocol),
            assignment: m.assignment.clone(),
        });
        let value = GroupMetadataValue {
            protocol_type: self.protocol_type.as_deref().unwrap_or_default().into(),
            generation: self.generation,
            protocol: self.protocol.as_deref().map(Into::into),
            leader: self.leader.as_deref().map(Into::into),
            current_state_timestamp: self.state_since_ms,
            members: members.collect(),
        };
        (group_key(&self.id), Some(offsets_topic::encode(GroupMetadataValue::VERSION, &value)))
    }

    /// Tombstones for everything the group has there.
    pub(crate) fn tombstones(&self) -> Vec<OffsetsRecord> {
        let offsets = self.offsets.keys().map(|(topic, p)| (offset_key(&self.id, topic, *p), None));
        offsets.chain([(group_key(&self.id), None)]).collect()
    }
}

/// The key of a group's own record.
pub(crate) fn group_key(group: &str) -> Bytes {
    Key::GroupMetadata(GroupMetadataKey { group: group.into() }).encode()
}

/// The key of a committed offset.
pub(crate) fn offset_key(group: &str, topic: &str, partition: i32) -> Bytes {
    Key::OffsetCommit(OffsetCommitKey { group: group.into(), topic: topic.into(), partition }).encode()
}

/// The value of a committed offset.
pub(crate) fn offset_value(committed: &CommittedOffset) -> Bytes {
    let value = OffsetCommitValue {
        offset: committed.offset,
        leader_epoch: committed.leader_epoch,
        metadata: committed.metadata.as_str().into(),
        commit_timestamp: committed.committed_ms,
        ..OffsetCommitValue::default()
    };
    offsets_topic::encode(OffsetCommitValue::VERSION, &value)
}

/// The partition of `__consumer_offsets` that holds a group: Java's `String.hashCode` without the sign, modulo.
pub(crate) fn partition_of(group: &str, partitions: i32) -> i32 {
    let hash = group.encode_utf16().fold(0i32, |h, c| h.wrapping_mul(31).wrapping_add(i32::from(c)));
    (hash & i32::MAX) % partitions.max(1)
}

#[cfg(test)]
mod unit {
    use super::partition_of;

    #[test]
    fn partitions_are_where_kafka_puts_them() {
        // Values of Utils.abs("...".hashCode()) % 50 in Java.
        assert_eq!(partition_of("", 50), 0);
        assert_eq!(partition_of("a", 50), 97 % 50);
        assert_eq!(partition_of("ab", 50), (97 * 31 + 98) % 50);
        assert_eq!(partition_of("console-consumer-12345", 50), {
            let h = "console-consumer-12345"
                .bytes()
                .fold(0i32, |h, c| h.wrapping_mul(31).wrapping_add(i32::from(c)));
            (h & 0x7fff_ffff) % 50
        });
    }
}
