//! SaslAuthenticate, key 36, v0-v2. SASL bytes after a v1 handshake. v1 session lifetime; v2 flexible.

use bytes::Bytes;

use crate::Str;

table! {
    request SaslAuthenticate [0-2], flexible [2+];

    /// The body of a SaslAuthenticate request.
    SaslAuthenticateRequest {
        /// The SASL authentication bytes from the client, as defined by the SASL mechanism.
        auth_bytes: Bytes [0+];
    }
}

table! {
    response SaslAuthenticate [0-2], flexible [2+];

    /// The body of a SaslAuthenticate response.
    SaslAuthenticateResponse {
        /// The error code, or 0 if there was no error.
        error_code: i16 [0+];
        /// The error message, or null if there was no error.
        error_message: Option<Str> [0+] null [0+];
        /// The SASL authentication bytes from the server, as defined by the SASL mechanism.
        auth_bytes: Bytes [0+];
        /// Number of milliseconds after which only re-authentication over the existing connection to create a new
        /// session can occur.
        session_lifetime_ms: i64 [1+];
    }
}

impl crate::Request for SaslAuthenticateRequest {
    type Response = SaslAuthenticateResponse;
}
