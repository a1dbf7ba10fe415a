//! ApiVersions, key 18, v0-v4.
//! An unknown version gets the v0 answer with UNSUPPORTED_VERSION and the list (KIP-511). Not done: features.

use assay_protocol::messages::ApiVersionsRequest;
use assay_protocol::messages::api_versions::{ApiVersion, ApiVersionsResponse};
use assay_protocol::{ApiKey, ErrorCode, encode_response};
use bytes::Bytes;

use super::APIS;
use crate::dispatch::{Api, Cx, answer};

pub(crate) const API: Api =
    Api { key: ApiKey::ApiVersions, min: 0, max: 4, run: |cx, body| answer(cx, body, handle) };

async fn handle(cx: Cx, request: ApiVersionsRequest) -> ApiVersionsResponse {
    if cx.version >= 3 {
        // KIP-511: names a metric or log can carry; anything else is a malformed request.
        let name =
            |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        let legal = |s: &str| {
            name(s)
                && s.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
                && s.bytes().last().is_some_and(|b| b.is_ascii_alphanumeric())
        };
        if !legal(&request.client_software_name) || !legal(&request.client_software_version) {
            return response(ErrorCode::InvalidRequest);
        }
    }
    response(ErrorCode::None)
}

fn response(error: ErrorCode) -> ApiVersionsResponse {
    let api_keys = if matches!(error, ErrorCode::InvalidRequest) {
        Vec::new()
    } else {
        APIS.iter()
            .map(|a| ApiVersion { api_key: a.key.as_i16(), min_version: a.min, max_version: a.max })
            .collect()
    };
    ApiVersionsResponse { error_code: error.into(), api_keys, ..Default::default() }
}

/// The answer to a version this broker does not have.
pub(crate) fn unsupported(correlation_id: i32) -> Bytes {
    encode_response(ApiKey::ApiVersions, 0, correlation_id, &response(ErrorCode::UnsupportedVersion))
}
