//! The one error table: causes to (HTTP status, `error_code`), and the error answer every refusal ends as.
//!
//! Texts come from the cause; internals go to the log, never to the client. Source: contract 1.1 and 1.13.

use assay_registry::RegistryError;
use serde::Serialize;

use crate::config::IncompatibleCode;

/// A refusal on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    status: u16,
    code: u32,
    message: String,
    /// `Allow`, for 405.
    pub(crate) allow: Option<String>,
}

/// The error body.
#[derive(Serialize)]
pub(crate) struct ErrorJson<'a> {
    pub(crate) error_code: u32,
    pub(crate) message: &'a str,
}

/// Why a handler refuses: by itself, or because the registry does.
#[derive(Debug)]
pub(crate) enum Refusal {
    Api(ApiError),
    Registry(RegistryError),
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Refusal {
        Refusal::Api(error)
    }
}

impl From<RegistryError> for Refusal {
    fn from(error: RegistryError) -> Refusal {
        Refusal::Registry(error)
    }
}

impl Refusal {
    /// The error answer.
    pub(crate) fn into_api(self, incompatible: IncompatibleCode) -> ApiError {
        match self {
            Refusal::Api(error) => error,
            Refusal::Registry(error) => ApiError::from_registry(&error, incompatible),
        }
    }
}

/// A refusal of the registry has a row of the table; which of the two codes incompatibility gets is a setting.
pub(crate) const fn row(error: &RegistryError, incompatible: IncompatibleCode) -> (u16, u32) {
    match error {
        RegistryError::SubjectNotFound(_) => (404, 40401),
        RegistryError::VersionNotFound { .. } => (404, 40402),
        RegistryError::SchemaNotFound(_) => (404, 40403),
        RegistryError::SubjectSoftDeleted(_) => (404, 40404),
        RegistryError::SubjectNotSoftDeleted(_) => (404, 40405),
        RegistryError::VersionSoftDeleted { .. } => (404, 40406),
        RegistryError::VersionNotSoftDeleted { .. } => (404, 40407),
        RegistryError::ConfigNotFound(_) => (404, 40408),
        RegistryError::ModeNotFound(_) => (404, 40409),
        RegistryError::Incompatible { .. } => match incompatible {
            IncompatibleCode::Plain => (409, 409),
            IncompatibleCode::FiveDigits => (409, 40901),
        },
        RegistryError::InvalidSchema { .. } => (422, 42201),
        RegistryError::InvalidVersion(_) => (422, 42202),
        RegistryError::InvalidCompatibilityLevel(_) => (422, 42203),
        RegistryError::InvalidMode(_) => (422, 42204),
        RegistryError::OperationNotPermitted(_) => (422, 42205),
        RegistryError::ReferenceExists { .. } => (422, 42206),
        RegistryError::InvalidSubject(_) => (422, 42208),
        RegistryError::SchemaTooLarge { .. } => (422, 42209),
        RegistryError::InvalidRuleSet(_) => (422, 42210),
        RegistryError::ContextNotEmpty(_) => (422, 42211),
        RegistryError::Store(_) => (500, 50001),
    }
}

impl ApiError {
    /// A refusal with the code that is the status (contract 1.1).
    pub(crate) fn generic(status: u16, message: impl Into<String>) -> ApiError {
        ApiError { status, code: u32::from(status), message: message.into(), allow: None }
    }

    /// A code of five digits; the status is its first three.
    pub(crate) fn coded(code: u32, message: impl Into<String>) -> ApiError {
        let status = u16::try_from(code / 100).unwrap_or(500);
        ApiError { status, code, message: message.into(), allow: None }
    }

    /// 500 without any detail.
    pub(crate) fn internal() -> ApiError {
        ApiError::generic(500, "internal server error; the server's log has the request id")
    }

    /// 501 for what the contract has and this server has not.
    pub(crate) fn not_supported(what: &str) -> ApiError {
        ApiError::generic(501, format!("{what} is not supported by this server"))
    }

    /// 405 with the methods that are.
    pub(crate) fn method(method: &str, allow: String) -> ApiError {
        ApiError {
            allow: Some(allow),
            ..ApiError::generic(405, format!("method {method} is not allowed here"))
        }
    }

    /// A refusal of the registry.
    pub(crate) fn from_registry(error: &RegistryError, incompatible: IncompatibleCode) -> ApiError {
        let (status, code) = row(error, incompatible);
        if status >= 500 {
            tracing::error!(%error, "the registry failed");
        }
        ApiError { status, code, message: error.to_string(), allow: None }
    }

    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The `error_code`.
    pub const fn code(&self) -> u32 {
        self.code
    }

    /// The text.
    pub fn message(&self) -> &str {
        &self.message
    }
}
