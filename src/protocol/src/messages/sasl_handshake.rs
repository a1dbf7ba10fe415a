//! SaslHandshake, key 17, v0-v1. Chooses a SASL mechanism. Never flexible.

use crate::Str;

table! {
    request SaslHandshake [0-1], flexible [none];

    /// The body of a SaslHandshake request.
    SaslHandshakeRequest {
        /// The SASL mechanism chosen by the client.
        mechanism: Str [0+];
    }
}

table! {
    response SaslHandshake [0-1], flexible [none];

    /// The body of a SaslHandshake response.
    SaslHandshakeResponse {
        /// The error code, or 0 if there was no error.
        error_code: i16 [0+];
        /// The mechanisms enabled in the server.
        mechanisms: Vec<Str> [0+];
    }
}

impl crate::Request for SaslHandshakeRequest {
    type Response = SaslHandshakeResponse;
}
