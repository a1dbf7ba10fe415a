//! AlterConfigs, key 33, v0-v2.
//! Replaces all overrides of a resource by those given. Clients should prefer IncrementalAlterConfigs (KIP-339).

use assay_protocol::messages::AlterConfigsRequest;
use assay_protocol::messages::alter_configs::{
    AlterConfigsResource, AlterConfigsResourceResponse, AlterConfigsResponse,
};
use assay_protocol::{ApiKey, ErrorCode};

use super::configs::{Change, From, Resource, alter};
use crate::core::Refused;
use crate::dispatch::{Api, Cx, answer};

pub(crate) const API: Api =
    Api { key: ApiKey::AlterConfigs, min: 0, max: 2, run: |cx, body| answer(cx, body, handle) };

async fn handle(cx: Cx, request: AlterConfigsRequest) -> AlterConfigsResponse {
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
    AlterConfigsResponse { throttle_time_ms: 0, responses }
}

async fn one(cx: &Cx, resource: &AlterConfigsResource, validate_only: bool) -> Result<(), Refused> {
    let target = Resource::from_wire(&cx.core, resource.resource_type, &resource.resource_name)?;
    let set = |c: &assay_protocol::messages::alter_configs::AlterableConfig| {
        Change::from_wire(&c.name, 0, c.value.as_deref())
    };
    let changes: Vec<Change> = resource.configs.iter().map(set).collect::<Result<_, _>>()?;
    alter(&cx.core, target, changes, From::Nothing, validate_only).await
}
