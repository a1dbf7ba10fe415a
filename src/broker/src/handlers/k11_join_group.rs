//! JoinGroup, key 11, v0-v9.
//! v1 rebalance timeout; v4 MEMBER_ID_REQUIRED (KIP-394); v5 static members; v7 protocol type; v9 skip assignment. Any
//! protocol type; metadata is opaque. Answered when the rebalance completes.

use std::collections::HashSet;

use assay_protocol::messages::JoinGroupRequest;
use assay_protocol::messages::join_group::{JoinGroupResponse, JoinGroupResponseMember};
use assay_protocol::{ApiKey, ErrorCode, Str};
use bytes::Bytes;

use crate::dispatch::{Api, Cx, Staged, staged};
use crate::groups::{JoinAnswer, JoinCall, Protocol};

pub(crate) const API: Api =
    Api { key: ApiKey::JoinGroup, min: 0, max: 9, run: |cx, body| staged(cx, body, handle) };

async fn handle(cx: Cx, request: JoinGroupRequest) -> Staged<JoinGroupResponse> {
    let version = cx.version;
    let member_id = request.member_id.detached();
    if let Err(error) = check(&cx, &request) {
        return Staged::Now(failed(version, error, member_id));
    }
    let rebalance = if version >= 1 { request.rebalance_timeout_ms } else { request.session_timeout_ms };
    let mut seen = HashSet::new();
    let call = JoinCall {
        member_id: member_id.to_string(),
        instance: request.group_instance_id.as_ref().map(|i| i.to_string()),
        client_id: cx.request.client_id.to_string(),
        client_host: format!("/{}", cx.request.peer.ip()),
        session_timeout_ms: request.session_timeout_ms,
        rebalance_timeout_ms: if rebalance > 0 { rebalance } else { request.session_timeout_ms },
        protocol_type: request.protocol_type.to_string(),
        protocols: request
            .protocols
            .iter()
            .filter(|p| seen.insert(p.name.clone()))
            .map(|p| Protocol { name: p.name.to_string(), metadata: Bytes::copy_from_slice(&p.metadata) })
            .collect(),
        id_required: version >= 4,
        may_skip_assignment: version >= 9,
    };
    let answer = cx.core.groups.join(&request.group_id, call);
    let core = cx.core.clone();
    Staged::Later(Box::pin(async move {
        tokio::select! {
            answer = answer => match answer {
                Ok(answer) => response(version, answer),
                Err(_) => failed(version, ErrorCode::UnknownMemberId, member_id),
            },
            () = core.drained() => failed(version, ErrorCode::NotCoordinator, member_id),
        }
    }))
}

fn check(cx: &Cx, request: &JoinGroupRequest) -> Result<(), ErrorCode> {
    if !super::is_group_id(&request.group_id) {
        return Err(ErrorCode::InvalidGroupId);
    }
    let config = cx.core.config.load();
    let allowed = config.int("group.min.session.timeout.ms")..=config.int("group.max.session.timeout.ms");
    if !allowed.contains(&request.session_timeout_ms) {
        return Err(ErrorCode::InvalidSessionTimeout);
    }
    // Kafka's rule for instance ids is the one for topic names.
    if let Some(instance) = &request.group_instance_id
        && crate::metadata::check_topic_name(instance).is_err()
    {
        return Err(ErrorCode::InvalidRequest);
    }
    Ok(())
}

/// The protocol name may be null from version 7; before, empty says the same.
fn name(version: i16, name: Option<String>) -> Option<Str> {
    match name {
        None if version < 7 => Some(Str::default()),
        other => other.map(Str::from),
    }
}

fn failed(version: i16, error: ErrorCode, member_id: Str) -> JoinGroupResponse {
    JoinGroupResponse {
        error_code: error.into(),
        protocol_name: name(version, None),
        member_id,
        ..Default::default()
    }
}

fn response(version: i16, answer: JoinAnswer) -> JoinGroupResponse {
    let members = answer.members.into_iter().map(|m| JoinGroupResponseMember {
        member_id: (&*m.id).into(),
        group_instance_id: m.instance.as_deref().map(Str::from),
        metadata: m.metadata,
    });
    JoinGroupResponse {
        throttle_time_ms: 0,
        error_code: answer.error.into(),
        generation_id: answer.generation,
        protocol_type: answer.protocol_type.map(Str::from),
        protocol_name: name(version, answer.protocol),
        leader: (&*answer.leader).into(),
        skip_assignment: answer.skip_assignment,
        member_id: (&*answer.member_id).into(),
        members: members.collect(),
    }
}
