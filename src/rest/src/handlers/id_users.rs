//! `GET /schemas/ids/{id}/subjects` and `…/versions` (contract 1.5): who uses an id.

use crate::dto::schema::SubjectVersionJson;
use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::query::PageBounds;
use crate::reply::Reply;

fn users(request: &Request) -> Result<impl Iterator<Item = SubjectVersionJson>, Refusal> {
    let subject = request.subject_of_id();
    let found =
        request.registry.snapshot().versions_by_id(request.id()?, subject.as_ref(), request.deleted())?;
    let page = request.query.page(PageBounds::UNLIMITED);
    Ok(page.of(found).map(|(subject, version)| SubjectVersionJson {
        subject: subject.to_string(),
        version: version.get(),
    }))
}

/// The subjects.
pub(crate) fn subjects(request: &Request) -> Result<Outcome, Refusal> {
    let names: Vec<String> = users(request)?.map(|user| user.subject).collect();
    Reply::json(&names)?.done()
}

/// The subjects with their versions.
pub(crate) fn versions(request: &Request) -> Result<Outcome, Refusal> {
    let users: Vec<SubjectVersionJson> = users(request)?.collect();
    Reply::json(&users)?.done()
}
