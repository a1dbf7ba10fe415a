//! The header in front of every request.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::api_key::ApiKey;
use crate::error::DecodeError;
use crate::primitives::read_old_text;
use crate::reader::Reader;
use crate::string::Str;
use crate::writer::{Tagged, put_text};

/// What precedes the body of a request. `client_id` is a slice of the frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestHeader {
    /// The API; see [`ApiKey::from_i16`]. Unknown ones are kept, so that the answer can name them.
    pub api_key: i16,
    /// The version of the API; not checked here.
    pub api_version: i16,
    /// Returned in the response's header.
    pub correlation_id: i32,
    /// The client's name for itself.
    pub client_id: Option<Str>,
}

/// The header's version for a request: 2 (tagged fields) when the request is flexible, else 1. Version 0, without a
/// client id, belongs to ControlledShutdown version 0, which no client sends.
#[must_use]
pub fn request_header_version(api_key: i16, api_version: i16) -> i16 {
    let flexible = ApiKey::from_i16(api_key).is_some_and(|key| key.is_flexible(api_version));
    if flexible { 2 } else { 1 }
}

/// Splits a frame (without its length) into header and body. No copy. The client id has an old-style length in all
/// header versions, so that a broker can read the header of an ApiVersions request of any version.
///
/// # Errors
/// The frame is too short, or the client id is not UTF-8.
pub fn decode_request_header(frame: &Bytes) -> Result<(RequestHeader, Bytes), DecodeError> {
    let mut r = Reader::new(frame.clone());
    let field = |name| move |e: DecodeError| e.in_field(name);
    let api_key = i16::from_be_bytes(r.array().map_err(field("request_api_key"))?);
    let api_version = i16::from_be_bytes(r.array().map_err(field("request_api_version"))?);
    let correlation_id = i32::from_be_bytes(r.array().map_err(field("correlation_id"))?);
    let client_id = read_old_text(&mut r).map_err(field("client_id"))?;
    if request_header_version(api_key, api_version) == 2 {
        r.tagged(|_, _| Ok(false)).map_err(field("header tags"))?;
    }
    Ok((RequestHeader { api_key, api_version, correlation_id, client_id }, r.rest()))
}

impl RequestHeader {
    /// Appends the header in the version its request calls for.
    pub fn encode(&self, out: &mut BytesMut) {
        out.put_i16(self.api_key);
        out.put_i16(self.api_version);
        out.put_i32(self.correlation_id);
        put_text(out, false, self.client_id.as_deref());
        if request_header_version(self.api_key, self.api_version) == 2 {
            Tagged::default().finish(out);
        }
    }

    /// The correlation id of a frame whose header is otherwise unreadable, for a log line.
    #[must_use]
    pub fn correlation_id_of(frame: &[u8]) -> Option<i32> {
        frame.get(4..8).map(|mut id| id.get_i32())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::DecodeCause;

    fn round_trip(header: &RequestHeader, body: &[u8]) {
        let mut frame = BytesMut::new();
        header.encode(&mut frame);
        frame.put_slice(body);
        let (read, rest) = decode_request_header(&frame.freeze()).unwrap();
        assert_eq!((&read, &rest[..]), (header, body));
    }

    #[test]
    fn headers_round_trip_in_both_versions() {
        let named =
            RequestHeader { api_key: 0, api_version: 8, correlation_id: -7, client_id: Some("c".into()) };
        round_trip(&named, b"body");
        round_trip(&RequestHeader { api_version: 9, ..named.clone() }, b"body");
        round_trip(&RequestHeader { client_id: None, ..named.clone() }, b"");
        round_trip(&RequestHeader { api_key: 18, api_version: 99, ..named.clone() }, b"");
        round_trip(&RequestHeader { api_key: 999, ..named }, b"whatever");
    }

    #[test]
    fn short_and_bad_headers_are_errors() {
        for len in 0..10 {
            let frame = Bytes::from(vec![0; len]);
            let error = decode_request_header(&frame).unwrap_err();
            assert!(matches!(error.cause, DecodeCause::Truncated { .. }), "{error}");
        }
        let mut frame = vec![0; 8];
        frame.extend([0, 1, 0xff]);
        let error = decode_request_header(&Bytes::from(frame)).unwrap_err();
        assert_eq!(error.to_string(), "a string is not UTF-8 at byte 10 (field `client_id`)");
    }
}
