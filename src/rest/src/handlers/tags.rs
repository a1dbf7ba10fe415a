//! `POST /subjects/{subject}/versions/{version}/tags` (contract 1.4, deprecated there): refused. Inline tags in schema
//! texts are stored and returned as they are; editing them is not done here.

use crate::error::{ApiError, Refusal};
use crate::outcome::{Outcome, Request};

pub(crate) fn handle(_: &Request) -> Result<Outcome, Refusal> {
    Err(ApiError::not_supported("editing the tags of a version").into())
}
