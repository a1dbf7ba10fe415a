//! `GET /schemas/types` (contract 1.5).

use assay_schema::SchemaType;

use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::reply::Reply;

pub(crate) fn handle(_: &Request) -> Result<Outcome, Refusal> {
    Reply::json(&SchemaType::ALL.map(SchemaType::as_str))?.done()
}
