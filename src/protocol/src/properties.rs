//! What must hold for any bytes. The fuzz targets and the crate's tests call the same functions.

use bytes::Bytes;

use crate::api_key::ApiKey;
use crate::header::decode_request_header;
use crate::messages;
use crate::offsets_topic::Key;
use crate::spec::MessageKind;
use crate::table::AnyMessage;

/// Any bytes as a request frame, and its body as every version of that request and response.
///
/// # Panics
/// When a property fails: decoding panics, or what decodes does not survive encode-then-decode.
pub fn request_frame(frame: &[u8]) {
    let frame = Bytes::copy_from_slice(frame);
    let Ok((header, body)) = decode_request_header(&frame) else { return };
    let Some(key) = ApiKey::from_i16(header.api_key) else { return };
    for message in messages::ALL {
        if message.spec.api_key() == Some(key) {
            survives(message, header.api_version, &body);
        }
    }
}

/// Any bytes as the key and value of a record of `__consumer_offsets`.
///
/// # Panics
/// As [`request_frame`].
pub fn offsets_record(bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    if let Ok(key) = Key::decode(bytes.clone()) {
        assert_eq!(Key::decode(key.encode()), Ok(key));
    }
    for message in messages::ALL.iter().filter(|message| message.spec.kind == MessageKind::Data) {
        for version in message.spec.versions.min..=message.spec.versions.max {
            survives(message, version, &bytes);
        }
    }
}

/// What decodes is encoded to bytes that decode to the same again. The first bytes may differ: unknown tagged fields
/// and tagged defaults are dropped, varints may be longer than need be, any byte but 0 is true.
fn survives(message: &AnyMessage, version: i16, body: &Bytes) {
    if let Ok(encoded) = (message.recode)(version, body.clone()) {
        let again = (message.recode)(version, encoded.clone());
        assert_eq!(again.as_ref(), Ok(&encoded), "{} v{version}", message.spec.name);
    }
}
