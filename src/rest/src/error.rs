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

    /// 42205 for what the contract has and this server has not: no retry will help, and no failure of the server is meant.
    pub(crate) fn not_supported(what: &str) -> ApiError {
        ApiError::coded(42205, format!("{what} is not supported by this server"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use assay_registry::StoreError;
    use assay_schema::{Context, InvalidSubject, Subject, Version, VersionSpec};

    /// The codes of contract 1.13 that a registry without associations and a leader can give, with their HTTP status.
    const CONTRACT: &[(u32, u16)] = &[
        (40401, 404),
        (40402, 404),
        (40403, 404),
        (40404, 404),
        (40405, 404),
        (40406, 404),
        (40407, 404),
        (40408, 404),
        (40409, 404),
        (40901, 409),
        (42201, 422),
        (42202, 422),
        (42203, 422),
        (42204, 422),
        (42205, 422),
        (42206, 422),
        (42208, 422),
        (42209, 422),
        (42210, 422),
        (42211, 422),
        (50001, 500),
    ];

    /// One of each; `row` has no `_` arm, so a new cause does not compile until it has a code.
    fn causes() -> Vec<RegistryError> {
        let subject = Subject::parse("s");
        let version = Version::FIRST;
        vec![
            RegistryError::SubjectNotFound(subject.clone()),
            RegistryError::VersionNotFound { version: -1 },
            RegistryError::SchemaNotFound(None),
            RegistryError::SubjectSoftDeleted(subject.clone()),
            RegistryError::SubjectNotSoftDeleted(subject.clone()),
            RegistryError::VersionSoftDeleted { subject: subject.clone(), version },
            RegistryError::VersionNotSoftDeleted { subject: subject.clone(), version },
            RegistryError::ConfigNotFound(subject.clone()),
            RegistryError::ModeNotFound(subject.clone()),
            RegistryError::Incompatible { subject: subject.clone(), messages: vec!["m".to_owned()] },
            RegistryError::InvalidSchema { schema: "s".to_owned(), reason: "r".to_owned() },
            RegistryError::InvalidVersion("x".parse::<VersionSpec>().unwrap_err()),
            RegistryError::InvalidCompatibilityLevel("x".to_owned()),
            RegistryError::InvalidMode("x".to_owned()),
            RegistryError::OperationNotPermitted("r".to_owned()),
            RegistryError::ReferenceExists { subject, version },
            RegistryError::InvalidSubject(InvalidSubject { subject: "s".to_owned(), reason: "r" }),
            RegistryError::SchemaTooLarge { bytes: 2, limit: 1 },
            RegistryError::InvalidRuleSet("r".to_owned()),
            RegistryError::ContextNotEmpty(Context::default()),
            RegistryError::Store(StoreError::Closed),
        ]
    }

    #[test]
    fn the_table_is_that_of_the_contract() {
        let table: Vec<(u32, u16)> = (causes().iter())
            .map(|cause| row(cause, IncompatibleCode::FiveDigits))
            .map(|(status, code)| (code, status))
            .collect();
        assert_eq!(table, CONTRACT);
    }

    #[test]
    fn a_five_digit_code_begins_with_its_status() {
        for (code, status) in CONTRACT {
            assert_eq!(code / 100, u32::from(*status));
            assert_eq!(ApiError::coded(*code, "").status(), *status);
        }
        assert_eq!(ApiError::generic(404, "").code(), 404);
    }

    #[test]
    fn incompatible_is_409_unless_switched() {
        let cause = RegistryError::Incompatible { subject: Subject::parse("s"), messages: Vec::new() };
        assert_eq!(row(&cause, IncompatibleCode::Plain), (409, 409));
        assert_eq!(row(&cause, IncompatibleCode::FiveDigits), (409, 40901));
    }

    #[test]
    fn openapi_lists_every_code() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.yaml");
        let text = std::fs::read_to_string(path).unwrap();
        for (code, _) in CONTRACT {
            assert!(text.contains(&format!("            - {code}\n")), "{code}");
        }
    }
}
