//! An answer before it becomes HTTP: status, bytes, and the type if it is not the negotiated one.

use bytes::Bytes;
use serde::Serialize;

use crate::error::{ApiError, Refusal};
use crate::outcome::Outcome;

/// An answer of a handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    pub(crate) content_type: Option<&'static str>,
}

impl Reply {
    /// An answer with a body of a given type, such as the metrics text.
    pub fn text(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
        Reply { status, body: body.into(), content_type: Some(content_type) }
    }

    /// An error of the shape every error has. `error_code` is the status.
    pub fn error(status: u16, message: &str) -> Reply {
        let body = serde_json::json!({ "error_code": status, "message": message });
        Reply { status, body: body.to_string().into(), content_type: None }
    }

    /// A JSON answer of the negotiated type.
    pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Result<Reply, ApiError> {
        Reply::json_with(200, value)
    }

    /// A JSON answer with a status of its own.
    pub(crate) fn json_with<T: Serialize + ?Sized>(status: u16, value: &T) -> Result<Reply, ApiError> {
        // most answers fit without growing
        let mut body = Vec::with_capacity(1024);
        serde_json::to_writer(&mut body, value).map_err(|error| {
            tracing::error!(%error, "an answer could not be written as JSON");
            ApiError::internal()
        })?;
        Ok(Reply { status, body: body.into(), content_type: None })
    }

    /// Schema text as it is: not wrapped in JSON quotes though the type is a JSON one (contract 1.1).
    pub(crate) fn raw(text: &str) -> Reply {
        Reply { status: 200, body: Bytes::copy_from_slice(text.as_bytes()), content_type: None }
    }

    /// 204 without a body.
    pub(crate) const fn empty() -> Reply {
        Reply { status: 204, body: Bytes::new(), content_type: None }
    }

    /// This answer, now.
    pub(crate) fn done(self) -> Result<Outcome, Refusal> {
        Ok(Outcome::Done(self))
    }
}
