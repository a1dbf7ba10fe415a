//! One audit event per command: who asked, for what, and what came of it. No schema text, no secrets.

use std::fmt::Display;

use crate::caller::Caller;
use crate::error::RegistryError;
use crate::pending::Pending;

/// Runs a command and records it under the target `audit`. The event tells the decision; whether the answer then
/// became durable is the store's to log.
pub(crate) fn audited<T>(
    operation: &'static str,
    caller: &Caller,
    resource: &dyn Display,
    command: impl FnOnce() -> Result<Pending<T>, RegistryError>,
) -> Result<Pending<T>, RegistryError> {
    let result = command();
    let Caller { principal, request_id, peer } = caller;
    let peer = peer.map(|peer| peer.to_string()).unwrap_or_default();
    match &result {
        Ok(_) => {
            tracing::info!(target: "audit", operation, %principal, %request_id, peer, %resource, "accepted");
        }
        Err(error) => {
            let cause = error.cause();
            tracing::info!(target: "audit", operation, %principal, %request_id, peer, %resource, cause, "refused");
        }
    }
    result
}
