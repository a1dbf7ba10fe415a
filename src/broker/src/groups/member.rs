//! One member of a group, and the answers it may be waiting for.

use std::sync::Arc;

use assay_protocol::ErrorCode;
use bytes::Bytes;
use tokio::sync::oneshot;

use super::Millis;

/// A member id, chosen by the coordinator: `<client id or instance id>-<uuid>`.
pub(crate) type MemberId = Arc<str>;

/// A protocol a member supports, with what it wants the leader to know (opaque bytes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Protocol {
    pub(crate) name: String,
    pub(crate) metadata: Bytes,
}

/// The answer to JoinGroup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JoinAnswer {
    pub(crate) error: ErrorCode,
    pub(crate) generation: i32,
    pub(crate) protocol_type: Option<String>,
    pub(crate) protocol: Option<String>,
    pub(crate) leader: MemberId,
    pub(crate) member_id: MemberId,
    /// Version 9: the new instance of a static leader must keep the assignment that is in force.
    pub(crate) skip_assignment: bool,
    /// Filled for the leader only.
    pub(crate) members: Vec<JoinedMember>,
}

/// What the leader learns about a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JoinedMember {
    pub(crate) id: MemberId,
    pub(crate) instance: Option<Arc<str>>,
    pub(crate) metadata: Bytes,
}

impl JoinAnswer {
    pub(crate) fn error(error: ErrorCode, member_id: MemberId) -> Self {
        Self {
            error,
            generation: -1,
            protocol_type: None,
            protocol: None,
            leader: Arc::from(""),
            member_id,
            skip_assignment: false,
            members: Vec::new(),
        }
    }
}

/// The answer to SyncGroup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyncAnswer {
    pub(crate) error: ErrorCode,
    pub(crate) protocol_type: Option<String>,
    pub(crate) protocol: Option<String>,
    pub(crate) assignment: Bytes,
}

impl SyncAnswer {
    pub(crate) fn error(error: ErrorCode) -> Self {
        Self { error, protocol_type: None, protocol: None, assignment: Bytes::new() }
    }
}

/// A member. Its request futures hold the receivers of `joining` and `syncing`; a dropped sender answers nothing, so
/// every path that drops one answers first.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) id: MemberId,
    pub(crate) instance: Option<Arc<str>>,
    pub(crate) client_id: String,
    pub(crate) client_host: String,
    pub(crate) session_timeout_ms: i32,
    pub(crate) rebalance_timeout_ms: i32,
    pub(crate) protocols: Vec<Protocol>,
    pub(crate) assignment: Bytes,
    /// When its session ends unless it is heard of; ignored while it waits for an answer (it cannot send heartbeats
    /// before its first join is answered).
    pub(crate) session_ends: Millis,
    /// Set until its first join is answered.
    pub(crate) is_new: bool,
    pub(crate) joining: Option<oneshot::Sender<JoinAnswer>>,
    pub(crate) syncing: Option<oneshot::Sender<SyncAnswer>>,
}

impl Member {
    pub(crate) fn supports(&self, protocol: &str) -> bool {
        self.protocols.iter().any(|p| p.name == protocol)
    }

    pub(crate) fn metadata_for(&self, protocol: &str) -> Bytes {
        self.protocols.iter().find(|p| p.name == protocol).map_or_else(Bytes::new, |p| p.metadata.clone())
    }

    pub(crate) fn heard(&mut self, now: Millis) {
        self.session_ends = now + Millis::try_from(self.session_timeout_ms).unwrap_or(0);
    }

    /// Whether its session can end: not while we owe it an answer, except that a new member is not kept forever.
    pub(crate) fn session_runs(&self) -> bool {
        self.is_new || (self.joining.is_none() && self.syncing.is_none())
    }

    pub(crate) fn answer_join(&mut self, answer: JoinAnswer) {
        if let Some(waiting) = self.joining.take() {
            let _ = waiting.send(answer); // the connection may be gone
        }
    }

    pub(crate) fn answer_sync(&mut self, answer: SyncAnswer) {
        if let Some(waiting) = self.syncing.take() {
            let _ = waiting.send(answer); // the connection may be gone
        }
    }

    /// Bytes kept for this member, for the group's bound.
    pub(crate) fn bytes(&self) -> usize {
        let protocols: usize = self.protocols.iter().map(|p| p.name.len() + p.metadata.len()).sum();
        protocols + self.assignment.len() + self.client_id.len() + self.id.len()
    }
}
