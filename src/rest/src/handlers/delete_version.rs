//! `DELETE /subjects/{subject}/versions/{version}` (contract 1.4): answers the bare version number.

use assay_schema::Version;

use super::common::durable;
use crate::error::Refusal;
use crate::outcome::{Outcome, Request};

pub(crate) fn handle(request: &Request) -> Result<Outcome, Refusal> {
    let version = request.version()?;
    let pending = request.registry.delete_version(
        &request.caller,
        &request.subject(),
        version,
        request.permanence(),
    )?;
    Ok(durable(pending, Version::get))
}
