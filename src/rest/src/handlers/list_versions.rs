//! `GET /subjects/{subject}/versions` (contract 1.4): numbers, ascending; `deletedAsNegative` wins over all else.

use assay_registry::Deleted;

use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::query::PageBounds;
use crate::reply::Reply;

pub(crate) fn handle(request: &Request) -> Result<Outcome, Refusal> {
    let wanted = request.deleted_or_only();
    // whether the subject is known counts soft-deleted versions only with `deleted` or `deletedOnly`
    let known = if wanted == Deleted::Hide { Deleted::Hide } else { Deleted::Include };
    let negative = request.query.flag("deletedAsNegative");
    let shown = if negative { Deleted::Include } else { wanted };
    let versions = request.registry.snapshot().versions(&request.subject(), shown, known)?;
    let numbers = versions
        .into_iter()
        .map(|(version, deleted)| if negative && deleted { -version.as_i32() } else { version.as_i32() });
    let numbers: Vec<i32> = request.query.page(PageBounds::UNLIMITED).of(numbers).collect();
    Reply::json(&numbers)?.done()
}
