//! `GET /v1/metadata/…`: who this server is (contract 1.2).

use serde::Serialize;

use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::reply::Reply;

#[derive(Serialize)]
struct Id<'a> {
    id: &'static str,
    scope: Scope<'a>,
}

#[derive(Serialize)]
struct Scope<'a> {
    path: [&'static str; 0],
    clusters: Clusters<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Clusters<'a> {
    kafka_cluster: &'a str,
    schema_registry_cluster: &'a str,
}

/// `GET /v1/metadata/id`.
pub(crate) fn id(request: &Request) -> Result<Outcome, Refusal> {
    let clusters = Clusters {
        kafka_cluster: &request.settings.kafka_cluster_id,
        schema_registry_cluster: &request.settings.registry_cluster_id,
    };
    Reply::json(&Id { id: "", scope: Scope { path: [], clusters } })?.done()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Version<'a> {
    version: &'a str,
    commit_id: &'a str,
}

/// `GET /v1/metadata/version`.
pub(crate) fn version(request: &Request) -> Result<Outcome, Refusal> {
    Reply::json(&Version { version: &request.settings.version, commit_id: &request.settings.commit })?.done()
}

#[derive(Serialize)]
struct Deployment<'a> {
    attributes: &'a [String],
}

/// `GET /v1/metadata/deployment`.
pub(crate) fn deployment(request: &Request) -> Result<Outcome, Refusal> {
    Reply::json(&Deployment { attributes: &request.settings.deployment })?.done()
}
