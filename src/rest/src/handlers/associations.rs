//! `/associations…` (contract 1.10): none can be made, so every read is empty, which clients take as "use the
//! topic-name strategy" (contract 5.6). Everything that would make one is refused.

use crate::coerce;
use crate::dto::associations::Batch;
use crate::error::{ApiError, Refusal};
use crate::outcome::{Outcome, Request};
use crate::reply::Reply;

/// Reads.
pub(crate) fn none(_: &Request) -> Result<Outcome, Refusal> {
    Reply::json::<[u8; 0]>(&[])?.done()
}

/// Deletes: there is nothing to delete.
pub(crate) fn delete(request: &Request) -> Result<Outcome, Refusal> {
    let resource = request.params.get("resourceId");
    Err(ApiError::coded(40410, format!("no association found for resource '{resource}'")).into())
}

/// One empty result for each request of the batch.
pub(crate) fn batch_get(request: &Request) -> Result<Outcome, Refusal> {
    let asked: Batch = coerce::body(&request.body)?;
    Reply::json_with(207, &asked.none())?.done()
}

/// Writes.
pub(crate) fn unsupported(_: &Request) -> Result<Outcome, Refusal> {
    Err(ApiError::not_supported("associating subjects with resources").into())
}
