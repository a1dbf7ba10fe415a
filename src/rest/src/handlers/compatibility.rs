//! `POST /compatibility/subjects/{subject}/versions[/{version}]` (contract 1.6): would this schema be accepted?

use assay_registry::RegistryError;
use assay_schema::VersionSpec;

use crate::coerce;
use crate::dto::schema::{CompatibilityJson, SchemaBody};
use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::reply::Reply;

/// Against everything that registering would check.
pub(crate) fn all(request: &Request) -> Result<Outcome, Refusal> {
    check(request, None)
}

/// Against one version.
pub(crate) fn one(request: &Request) -> Result<Outcome, Refusal> {
    check(request, Some(request.version()?))
}

fn check(request: &Request, version: Option<VersionSpec>) -> Result<Outcome, Refusal> {
    let wanted = coerce::body::<SchemaBody>(&request.body)?.into_request()?;
    let verbose = request.query.flag("verbose");
    let verdict =
        request.registry.check_compatibility(&request.subject(), version, &wanted, request.normalize());
    let (is_compatible, messages) = match verdict {
        Ok(report) => (report.is_compatible(), report.messages().to_vec()),
        // a schema that does not parse is a message too, for those who want messages
        Err(error @ RegistryError::InvalidSchema { .. }) if verbose => (false, vec![error.to_string()]),
        Err(error) => return Err(error.into()),
    };
    Reply::json(&CompatibilityJson { is_compatible, messages: verbose.then_some(messages) })?.done()
}
