//! `GET /v1/assay/settings`: ours, for backups. Every stored config and mode, also of subjects without versions, and the
//! highest id of every context, neither of which the contract's endpoints can list.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::dto::config::{ConfigJson, LevelName};
use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::reply::Reply;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Settings<'a> {
    configs: BTreeMap<String, ConfigJson<'a>>,
    modes: BTreeMap<String, &'static str>,
    max_ids: BTreeMap<String, u32>,
}

/// The key of the global setting is empty, that of a context's `:.context:`.
pub(crate) fn handle(request: &Request) -> Result<Outcome, Refusal> {
    let state = request.registry.snapshot();
    let configs = state.configs();
    let modes = state.modes();
    let settings = Settings {
        configs: configs
            .map(|(scope, config)| (scope.subject().to_string(), ConfigJson::new(config, LevelName::Get)))
            .collect(),
        modes: modes.map(|(scope, mode)| (scope.subject().to_string(), mode.as_str())).collect(),
        max_ids: (state.contexts("").iter())
            .filter_map(|context| Some((context.to_string(), state.max_id(context)?.get())))
            .collect(),
    };
    Reply::json(&settings)?.done()
}
