//! `/mode` and `/mode/{subject}` (contract 1.8). A subject of the form `:.context:` is the context itself.

use assay_registry::{Force, Mode, ModeUpdate, Recursive, Scope};

use super::common::durable;
use crate::coerce;
use crate::dto::config::{ModeBody, ModeJson};
use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::reply::Reply;

fn json(mode: Option<Mode>) -> ModeJson {
    ModeJson { mode: mode.map(|mode| mode.as_str().into()) }
}

pub(crate) fn get_global(request: &Request) -> Result<Outcome, Refusal> {
    answer(request, Scope::Global)
}

pub(crate) fn get(request: &Request) -> Result<Outcome, Refusal> {
    answer(request, request.scope())
}

fn answer(request: &Request, scope: Scope) -> Result<Outcome, Refusal> {
    let mode = request.registry.mode(&scope, request.fallback())?;
    Reply::json(&json(Some(mode)))?.done()
}

pub(crate) fn put_global(request: &Request) -> Result<Outcome, Refusal> {
    change(request, Scope::Global)
}

pub(crate) fn put(request: &Request) -> Result<Outcome, Refusal> {
    change(request, request.scope())
}

/// The answer repeats the request.
fn change(request: &Request, scope: Scope) -> Result<Outcome, Refusal> {
    let body = coerce::body::<ModeBody>(&request.body)?;
    let sent = body.sent();
    let update = ModeUpdate::try_from(body)?;
    let force = if request.query.flag("force") { Force::Yes } else { Force::No };
    let pending = request.registry.put_mode(&request.caller, &scope, update, force)?;
    Ok(durable(pending, move |_| ModeJson { mode: sent.map(Into::into) }))
}

pub(crate) fn delete_global(request: &Request) -> Result<Outcome, Refusal> {
    remove(request, Scope::Global)
}

pub(crate) fn delete(request: &Request) -> Result<Outcome, Refusal> {
    remove(request, request.scope())
}

fn remove(request: &Request, scope: Scope) -> Result<Outcome, Refusal> {
    let recursive = if request.query.flag("recursive") { Recursive::Yes } else { Recursive::No };
    let pending = request.registry.delete_mode(&request.caller, &scope, recursive)?;
    Ok(durable(pending, json))
}
