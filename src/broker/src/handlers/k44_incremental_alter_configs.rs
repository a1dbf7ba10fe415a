//! IncrementalAlterConfigs, key 44, v0-v1.
//! SET, DELETE, and for lists APPEND and SUBTRACT (KIP-339), on topics and this broker.

use std::collections::HashSet;

use assay_protocol::messages::IncrementalAlterConfigsRequest;
use assay_protocol::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterConfigsResourceResponse, IncrementalAlterConfigsResponse,
};
use assay_protocol::{ApiKey, ErrorCode};

use super::configs::{Change, From, Resource, alter};
use crate::core::Refused;
use crate::dispatch::{Api, Cx, answer};

pub(crate) const API: Api =
    Api { key: ApiKey::IncrementalAlterConfigs, min: 0, max: 1, run: |cx, body| answer(cx, body, handle) };

async fn handle(cx: Cx, request: IncrementalAlterConfigsRequest) -> IncrementalAlterConfigsResponse {
    let mut responses = Vec::new();
    for resource in request.resources {
        let outcome = one(&cx, &resource, request.validate_only).await;
        let (code, text) = match outcome {
            Ok(()) => (ErrorCode::None, None),
            Err(refused) => (refused.code, Some(refused.text.into())),
        };
        responses.push(AlterConfigsResourceResponse {
            error_code: code.into(),
            error_message: text,
            resource_type: resource.resource_type,
            resource_name: resource.resource_name,
        });
    }
    IncrementalAlterConfigsResponse { throttle_time_ms: 0, responses }
}

async fn one(cx: &Cx, resource: &AlterConfigsResource, validate_only: bool) -> Result<(), Refused> {
    let target = Resource::from_wire(&cx.core, resource.resource_type, &resource.resource_name)?;
    let mut names = HashSet::new();
    if let Some(twice) = resource.configs.iter().find(|c| !names.insert(c.name.clone())) {
        let text = format!("Error due to duplicate config keys: {}", twice.name);
        return Err(Refused::new(ErrorCode::InvalidRequest, text));
    }
    let change = |c: &assay_protocol::messages::incremental_alter_configs::AlterableConfig| {
        Change::from_wire(&c.name, c.config_operation, c.value.as_deref())
    };
    let changes: Vec<Change> = resource.configs.iter().map(change).collect::<Result<_, _>>()?;
    alter(&cx.core, target, changes, From::Present, validate_only).await
}
