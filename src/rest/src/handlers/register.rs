//! `POST /subjects/{subject}/versions` (contract 1.4, 2.3): registers, or answers what is there already.
//!
//! Ours: `restore=true`, in IMPORT mode, keeps the text byte for byte, and `ts` and `original` of the body with it, so that a
//! registry can be given back as it was. Elsewhere they are ignored.

use assay_registry::{Force, RegisterOptions, SchemaRequest};

use crate::coerce;
use crate::dto::schema::{SchemaBody, SchemaJson, Shape};
use crate::error::{ApiError, Refusal};
use crate::outcome::{Outcome, Request};
use crate::reply::Reply;

pub(crate) fn handle(request: &Request) -> Result<Outcome, Refusal> {
    let body = coerce::body::<SchemaBody>(&request.body)?;
    if request.query.get("format").is_some_and(|format| format.eq_ignore_ascii_case("logical")) {
        return Err(
            ApiError::not_supported("registering a schema written as logical DDL (format=logical)").into()
        );
    }
    let restored = request.query.flag("restore").then(|| body.restored());
    let wanted = SchemaRequest { restored, ..body.into_request()? };
    let force = if request.query.flag("force") { Force::Yes } else { Force::No };
    let options = RegisterOptions { normalize: request.normalize(), force };
    let pending = request.registry.register(&request.caller, &request.subject(), &wanted, options)?;
    let text = request.rendered_like(&wanted, &pending.value);
    let generation = request.settings.generation;
    Ok(Outcome::Later(Box::pin(async move {
        let stored = pending.durable().await?;
        Ok(Reply::json(&SchemaJson::new(&stored, Shape::Registered, generation).with_text(text.as_deref()))?)
    })))
}
