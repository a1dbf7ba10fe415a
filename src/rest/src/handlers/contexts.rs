//! `GET /contexts`, `DELETE /contexts/{context}` (contract 1.9).

use assay_schema::Context;

use crate::error::{ApiError, Refusal};
use crate::outcome::{Outcome, Request};
use crate::query::PageBounds;
use crate::reply::Reply;
use crate::rewrite;

/// Names, the default context first.
pub(crate) fn list(request: &Request) -> Result<Outcome, Refusal> {
    let prefix = request.query.get("contextPrefix").unwrap_or_default();
    let contexts = request.registry.snapshot().contexts(prefix);
    let page = request.query.page(PageBounds::UNLIMITED);
    let names: Vec<String> = page.of(contexts).map(|context| context.to_string()).collect();
    Reply::json(&names)?.done()
}

/// Removes an empty context; 204.
pub(crate) fn delete(request: &Request) -> Result<Outcome, Refusal> {
    let bad = |what: String| ApiError::generic(400, what);
    let name = rewrite::normal(request.params.get("context")).map_err(|e| bad(e.to_string()))?;
    let context = Context::parse(&name).map_err(|e| bad(e.to_string()))?;
    let pending = request.registry.delete_context(&request.caller, &context)?;
    Ok(Outcome::Later(Box::pin(async move {
        pending.durable().await?;
        Ok(Reply::empty())
    })))
}
