//! `/config` and `/config/{subject}` (contract 1.7). A subject of the form `:.context:` is the context itself.

use assay_registry::{Config, ConfigUpdate, Fallback, Pending, Scope};

use crate::coerce;
use crate::dto::config::{ConfigBody, ConfigJson, LevelName};
use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::reply::Reply;

impl Request {
    /// The scope that the path names.
    pub(crate) fn scope(&self) -> Scope {
        Scope::of(self.subject())
    }

    /// `defaultToGlobal`.
    pub(crate) fn fallback(&self) -> Fallback {
        if self.query.flag("defaultToGlobal") { Fallback::ToGlobal } else { Fallback::None }
    }
}

pub(crate) fn get_global(request: &Request) -> Result<Outcome, Refusal> {
    answer(request, Scope::Global)
}

pub(crate) fn get(request: &Request) -> Result<Outcome, Refusal> {
    answer(request, request.scope())
}

fn answer(request: &Request, scope: Scope) -> Result<Outcome, Refusal> {
    let config = request.registry.config(&scope, request.fallback())?;
    Reply::json(&ConfigJson::new(&config, LevelName::Get))?.done()
}

pub(crate) fn put_global(request: &Request) -> Result<Outcome, Refusal> {
    change(request, Scope::Global)
}

pub(crate) fn put(request: &Request) -> Result<Outcome, Refusal> {
    change(request, request.scope())
}

fn change(request: &Request, scope: Scope) -> Result<Outcome, Refusal> {
    let update = ConfigUpdate::try_from(coerce::body::<ConfigBody>(&request.body)?)?;
    let pending = request.registry.put_config(&request.caller, &scope, &update)?;
    Ok(shown(pending, LevelName::Put))
}

pub(crate) fn delete_global(request: &Request) -> Result<Outcome, Refusal> {
    remove(request, Scope::Global)
}

pub(crate) fn delete(request: &Request) -> Result<Outcome, Refusal> {
    remove(request, request.scope())
}

fn remove(request: &Request, scope: Scope) -> Result<Outcome, Refusal> {
    let pending = request.registry.delete_config(&request.caller, &scope)?;
    Ok(shown(pending, LevelName::Get))
}

fn shown(pending: Pending<Config>, name: LevelName) -> Outcome {
    Outcome::Later(Box::pin(async move {
        let config = pending.durable().await?;
        Ok(Reply::json(&ConfigJson::new(&config, name))?)
    }))
}
