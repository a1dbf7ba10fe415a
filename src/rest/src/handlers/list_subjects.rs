//! `GET /subjects` (contract 1.3): names, sorted; all contexts unless `subjectPrefix` says otherwise.

use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::query::PageBounds;
use crate::reply::Reply;

pub(crate) fn handle(request: &Request) -> Result<Outcome, Refusal> {
    let prefix = request.query.get("subjectPrefix").unwrap_or(":*:");
    let subjects = request.registry.snapshot().subjects(prefix, request.deleted_or_only());
    let page = request.query.page(PageBounds::UNLIMITED);
    let names: Vec<String> = page.of(subjects).map(|subject| subject.to_string()).collect();
    Reply::json(&names)?.done()
}
