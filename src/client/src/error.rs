//! Why a call failed.

/// Why a call to the registry failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// A base URL cannot be used.
    #[error("\"{url}\" is not the base URL of a registry: {reason}")]
    InvalidUrl {
        /// The URL, without user and password.
        url: String,
        /// Why.
        reason: String,
    },
    /// No base URL was given.
    #[error("no base URL of a registry was given")]
    NoUrl,
    /// An `https` base URL, and the crate was built without TLS.
    #[error(
        "\"{url}\": https needs the feature \"tls\" of assay-client, which this program was built without"
    )]
    TlsUnsupported {
        /// The URL, without user and password.
        url: String,
    },
    /// No answer: no connection, a broken one, or too late.
    #[error("no answer from {url}: {reason}")]
    Transport {
        /// What was asked, without user and password.
        url: String,
        /// Why.
        reason: String,
        /// Whether no connection came about at all, so that nothing can have happened.
        unsent: bool,
    },
    /// The two sides do not trust each other: a certificate is wrong, unknown, too old, or missing. Trying again does not help.
    #[error("no trusted connection to {url}: {reason}")]
    Tls {
        /// What was asked, without user and password.
        url: String,
        /// Why.
        reason: String,
    },
    /// A setting cannot be used.
    #[error("the setting {setting} cannot be used: {reason}")]
    Setting {
        /// Which one, as [`ClientConfig`](crate::ClientConfig) names it.
        setting: &'static str,
        /// Why.
        reason: String,
    },
    /// The [`TokenSource`](crate::TokenSource) gave no token.
    #[error("no token for the registry: {reason}")]
    Token {
        /// What it says.
        reason: String,
        /// Whether it may have one later.
        transient: bool,
    },
    /// An answer that says no.
    #[error(
        "{url} answered {status}, error {error_code}: {message}{}",
        if transient_status(*.status) { " (may pass: worth another try later)" } else { "" }
    )]
    Api {
        /// What was asked, without user and password.
        url: String,
        /// HTTP status.
        status: u16,
        /// The contract's code: five digits, or the HTTP status again.
        error_code: u32,
        /// The registry's words.
        message: String,
    },
    /// An answer that is not what the contract says.
    #[error("the answer of {url} is not understood: {reason}")]
    Answer {
        /// What was asked, without user and password.
        url: String,
        /// Why.
        reason: String,
    },
    /// The blocking client's runtime cannot be started, or is gone.
    #[error("the client's runtime is not running: {0}")]
    Runtime(String),
}

impl ClientError {
    /// The contract's `error_code`, if the registry gave an answer.
    #[must_use]
    pub fn error_code(&self) -> Option<u32> {
        match self {
            ClientError::Api { error_code, .. } => Some(*error_code),
            _ => None,
        }
    }

    /// Whether the same call may succeed later: no answer, or one with the status 408, 429, 500, 502, 503 or 504
    /// (contract 1.13).
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            ClientError::Transport { .. } => true,
            ClientError::Token { transient, .. } => *transient,
            ClientError::Api { status, .. } => transient_status(*status),
            ClientError::InvalidUrl { .. }
            | ClientError::NoUrl
            | ClientError::TlsUnsupported { .. }
            | ClientError::Tls { .. }
            | ClientError::Setting { .. }
            | ClientError::Answer { .. }
            | ClientError::Runtime(_) => false,
        }
    }

    /// Whether the registry itself said no to this very question, so that it would say so again: most answers with a
    /// status from 400 to 499. Not those that hang on who asks (401, 403, 407) or on when (408, 425, 429).
    pub(crate) fn is_permanent_refusal(&self) -> bool {
        let ClientError::Api { status, .. } = self else { return false };
        matches!(status, 400..=499) && !matches!(status, 401 | 403 | 407 | 408 | 425 | 429)
    }

    /// Whether the registry says that the subject, version or schema does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, ClientError::Api { status: 404, .. })
    }
}

fn transient_status(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}
