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
    /// An `https` base URL: this client has no TLS.
    #[error("\"{url}\": https is not supported by this client, use http or a local proxy")]
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
    /// An answer that says no.
    #[error("the registry answered {status}, error {error_code}: {message}")]
    Api {
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
            ClientError::Api { status, .. } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            ClientError::InvalidUrl { .. }
            | ClientError::NoUrl
            | ClientError::TlsUnsupported { .. }
            | ClientError::Answer { .. }
            | ClientError::Runtime(_) => false,
        }
    }

    /// Whether the registry says that the subject, version or schema does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, ClientError::Api { status: 404, .. })
    }
}
