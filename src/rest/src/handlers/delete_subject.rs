//! `DELETE /subjects/{subject}` (contract 1.3): answers the versions this call deleted.

use assay_schema::Version;

use super::common::durable;
use crate::error::Refusal;
use crate::outcome::{Outcome, Request};

pub(crate) fn handle(request: &Request) -> Result<Outcome, Refusal> {
    let pending =
        request.registry.delete_subject(&request.caller, &request.subject(), request.permanence())?;
    Ok(durable(pending, |versions| versions.into_iter().map(Version::get).collect::<Vec<_>>()))
}
