//! Whole frames: the 4-byte length, the header and the body, for both sides of a connection.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::api_key::ApiKey;
use crate::error::{DecodeCause, DecodeError};
use crate::header::RequestHeader;
use crate::reader::Reader;
use crate::string::Str;
use crate::table::{Message, Request};
use crate::writer::Tagged;

/// The response header's version: 1 (tagged fields) when the response is flexible, else 0. ApiVersions always has 0,
/// so that a client can read the answer to a version the broker does not know (KIP-511).
#[must_use]
pub fn response_header_version(api: ApiKey, version: i16) -> i16 {
    if api != ApiKey::ApiVersions && api.is_flexible(version) { 1 } else { 0 }
}

/// A response frame, length included, ready to be written to the socket.
#[must_use]
pub fn encode_response<M: Message>(api: ApiKey, version: i16, correlation_id: i32, response: &M) -> Bytes {
    debug_assert_eq!(M::SPEC.kind, crate::MessageKind::Response(api));
    framed(|out| {
        out.put_i32(correlation_id);
        if response_header_version(api, version) == 1 {
            Tagged::default().finish(out);
        }
        response.encode(version, out);
    })
}

/// A request frame, length included.
#[must_use]
pub fn encode_request<M: Request>(
    version: i16,
    correlation_id: i32,
    client_id: Option<&str>,
    request: &M,
) -> Bytes {
    let api_key = M::SPEC.api_key().map_or(-1, ApiKey::as_i16);
    let client_id = client_id.map(Str::from);
    framed(|out| {
        RequestHeader { api_key, api_version: version, correlation_id, client_id }.encode(out);
        request.encode(version, out);
    })
}

/// Reads the response to a request of type `M` from a frame without its length.
///
/// # Errors
/// The frame is malformed, has bytes left over, or answers another request.
pub fn decode_response<M: Request>(
    version: i16,
    correlation_id: i32,
    frame: Bytes,
) -> Result<M::Response, DecodeError> {
    let mut r = Reader::new(frame);
    let got = i32::from_be_bytes(r.array().map_err(|e| e.in_field("correlation_id"))?);
    if got != correlation_id {
        return Err(r.error(DecodeCause::CorrelationId { expected: correlation_id, got }));
    }
    let api = <M::Response as Message>::SPEC.api_key();
    if api.is_some_and(|api| response_header_version(api, version) == 1) {
        r.tagged(|_, _| Ok(false))?;
    }
    M::Response::decode_exact(version, r.rest())
}

/// Writes what `fill` writes, behind its length.
fn framed(fill: impl FnOnce(&mut BytesMut)) -> Bytes {
    let mut out = BytesMut::with_capacity(256);
    out.put_i32(0);
    fill(&mut out);
    let length = out.len() - 4;
    debug_assert!(i32::try_from(length).is_ok(), "a frame over 2 GiB");
    (&mut out[..4]).put_i32(i32::try_from(length).unwrap_or(i32::MAX));
    debug_assert_eq!((&out[..4]).get_i32() as usize + 4, out.len());
    out.freeze()
}
