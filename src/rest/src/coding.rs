//! Content codings both ways: request bodies are inflated under a cap, answers are compressed when it is worth it.

use std::io::{Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use flate2::write::GzEncoder;
use thiserror::Error;

/// A coding of a request body that is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Identity,
    Gzip,
    /// The zlib format, which is what HTTP calls `deflate` (RFC 9110 8.4.1.2).
    Deflate,
}

impl Coding {
    /// Reads `Content-Encoding`; `None` for a coding, or a stack of codings, that is not understood (415).
    pub(crate) fn of<'a>(values: impl Iterator<Item = &'a str>) -> Option<Coding> {
        let mut coding = Coding::Identity;
        for name in values.flat_map(|v| v.split(',')).map(str::trim).filter(|n| !n.is_empty()) {
            let next = match name.to_ascii_lowercase().as_str() {
                "identity" => continue,
                "gzip" | "x-gzip" => Coding::Gzip,
                "deflate" => Coding::Deflate,
                _ => return None,
            };
            if coding != Coding::Identity {
                return None;
            }
            coding = next;
        }
        Some(coding)
    }
}

/// Why a body was not inflated.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum InflateError {
    /// More than the cap came out.
    #[error("the decompressed body is larger than {0} bytes")]
    TooLarge(usize),
    /// Not what its coding says.
    #[error("the body is not valid {0}")]
    Damaged(&'static str),
}

/// Inflates `body`, stopping one byte past `bytes_max`.
///
/// # Errors
/// [`InflateError`].
pub(crate) fn inflate(coding: Coding, body: Bytes, bytes_max: usize) -> Result<Bytes, InflateError> {
    match coding {
        Coding::Identity => Ok(body),
        Coding::Gzip => capped(MultiGzDecoder::new(body.as_ref()), bytes_max, "gzip"),
        Coding::Deflate => capped(ZlibDecoder::new(body.as_ref()), bytes_max, "deflate"),
    }
}

fn capped(reader: impl Read, bytes_max: usize, name: &'static str) -> Result<Bytes, InflateError> {
    let mut out = Vec::new();
    reader.take(bytes_max as u64 + 1).read_to_end(&mut out).map_err(|_| InflateError::Damaged(name))?;
    if out.len() > bytes_max {
        return Err(InflateError::TooLarge(bytes_max));
    }
    Ok(out.into())
}

/// Compresses an answer; `None` when that does not make it smaller.
pub(crate) fn gzip(body: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4 + 64), Compression::fast());
    encoder.write_all(body).ok()?;
    let out = encoder.finish().ok()?;
    (out.len() < body.len()).then(|| out.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codings() {
        for (value, expected) in [
            ("", Some(Coding::Identity)),
            ("identity", Some(Coding::Identity)),
            ("gzip", Some(Coding::Gzip)),
            ("GZip", Some(Coding::Gzip)),
            ("x-gzip", Some(Coding::Gzip)),
            ("deflate", Some(Coding::Deflate)),
            ("identity, gzip", Some(Coding::Gzip)),
            ("gzip, gzip", None),
            ("br", None),
            ("zstd", None),
        ] {
            assert_eq!(Coding::of(std::iter::once(value)), expected, "{value}");
        }
    }

    #[test]
    fn gzip_round_trips_under_a_cap() {
        let body = vec![b'a'; 100_000];
        let packed = gzip(&body).unwrap();
        assert!(packed.len() < 1000);
        assert_eq!(inflate(Coding::Gzip, packed.clone(), 100_000).unwrap(), body);
        assert_eq!(inflate(Coding::Gzip, packed.clone(), 99_999), Err(InflateError::TooLarge(99_999)));
        assert_eq!(inflate(Coding::Gzip, packed.slice(..20), 100_000), Err(InflateError::Damaged("gzip")));
        assert_eq!(inflate(Coding::Gzip, Bytes::from_static(b"{}"), 10), Err(InflateError::Damaged("gzip")));
        assert_eq!(inflate(Coding::Deflate, packed, 10), Err(InflateError::Damaged("deflate")));
        assert_eq!(gzip(b"x"), None);
    }

    #[test]
    fn concatenated_members_are_one_body() {
        let mut two = gzip(&[b'a'; 500]).unwrap().to_vec();
        two.extend_from_slice(&gzip(&[b'b'; 500]).unwrap());
        assert_eq!(inflate(Coding::Gzip, two.into(), 1000).unwrap().len(), 1000);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_never_panic(data in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let _ = inflate(Coding::Gzip, data.clone().into(), 4096);
            let _ = inflate(Coding::Deflate, data.into(), 4096);
        }
    }
}
