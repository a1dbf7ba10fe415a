//! `GET /metrics`: ours, not the contract's. Prometheus text format 0.0.4, whatever `Accept` says.

use crate::error::{ApiError, Refusal};
use crate::metrics;
use crate::outcome::{Outcome, Request};
use crate::reply::Reply;

pub(crate) fn handle(request: &Request) -> Result<Outcome, Refusal> {
    let text = metrics::text(&request.settings.prometheus, &request.registry).map_err(|error| {
        tracing::error!(%error, "metrics could not be written");
        ApiError::internal()
    })?;
    Reply::text(200, "text/plain; version=0.0.4; charset=utf-8", text).done()
}
