//! Request paths: split at the raw `/`, then every segment percent-decoded exactly once.
//!
//! The web framework's own routing decodes too early for names that hold `%2F` or `%25`, so none of it is used.
//! Dot segments are not special (`.` is the name of the default context).

use thiserror::Error;

/// Why a path or a query text cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Undecodable {
    /// `%` without two hexadecimal digits behind it.
    #[error("'%' is not followed by two hexadecimal digits")]
    BadPercent,
    /// The decoded bytes are not UTF-8.
    #[error("the decoded text is not UTF-8")]
    NotUtf8,
}

/// Whether `+` means a space, as in a query string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plus {
    Literal,
    Space,
}

/// Percent-decodes `raw` once.
///
/// # Errors
/// [`Undecodable`] for a broken escape and for bytes that are not UTF-8.
pub(crate) fn percent_decode(raw: &str, plus: Plus) -> Result<String, Undecodable> {
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let high = bytes.next().and_then(hex).ok_or(Undecodable::BadPercent)?;
                let low = bytes.next().and_then(hex).ok_or(Undecodable::BadPercent)?;
                out.push(high << 4 | low);
            }
            b'+' if plus == Plus::Space => out.push(b' '),
            other => out.push(other),
        }
    }
    String::from_utf8(out).map_err(|_| Undecodable::NotUtf8)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// The decoded segments of a path. `/` has none; `/subjects//versions` has an empty one in the middle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segments {
    /// The segments, without the one that a trailing slash makes.
    pub(crate) parts: Vec<String>,
    /// Whether one trailing slash was there: it is tolerated, and is also how an empty last name is written.
    pub(crate) trailing_slash: bool,
}

/// Splits and decodes a raw path.
///
/// # Errors
/// [`Undecodable`] when a segment is.
pub(crate) fn split(raw: &str) -> Result<Segments, Undecodable> {
    let rest = raw.strip_prefix('/').unwrap_or(raw);
    if rest.is_empty() {
        return Ok(Segments { parts: Vec::new(), trailing_slash: false });
    }
    let mut parts =
        rest.split('/').map(|s| percent_decode(s, Plus::Literal)).collect::<Result<Vec<_>, _>>()?;
    let trailing_slash = parts.len() > 1 && rest.ends_with('/');
    if trailing_slash {
        parts.pop();
    }
    Ok(Segments { parts, trailing_slash })
}

/// Takes the base path's segments off the front; `None` when the path is not below it.
pub(crate) fn below(base: &[String], mut segments: Segments) -> Option<Segments> {
    if segments.parts.len() < base.len() || segments.parts[..base.len()] != *base {
        return None;
    }
    segments.parts.drain(..base.len());
    if segments.parts.is_empty() {
        segments.trailing_slash = false;
    }
    Some(segments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_and_decodes_once() {
        for (raw, parts, slash) in [
            ("/", &[][..], false),
            ("", &[], false),
            ("/subjects", &["subjects"], false),
            ("/subjects/", &["subjects"], true),
            ("/subjects//", &["subjects", ""], true),
            ("/subjects//versions", &["subjects", "", "versions"], false),
            ("/subjects/a%2Fb", &["subjects", "a/b"], false),
            ("/subjects/a%252Fb", &["subjects", "a%2Fb"], false),
            ("/subjects/a%20b+c", &["subjects", "a b+c"], false),
            ("/subjects/%C3%BC", &["subjects", "ü"], false),
            ("/a/../b/.", &["a", "..", "b", "."], false),
        ] {
            let got = split(raw).unwrap();
            assert_eq!(
                (got.parts.as_slice(), got.trailing_slash),
                (&parts.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()[..], slash),
                "{raw}"
            );
        }
        for raw in ["/%", "/%4", "/%zz", "/%+1", "/a%"] {
            assert_eq!(split(raw), Err(Undecodable::BadPercent), "{raw}");
        }
        for raw in ["/%ff", "/%C3%28", "/%ED%A0%80"] {
            assert_eq!(split(raw), Err(Undecodable::NotUtf8), "{raw}");
        }
    }

    #[test]
    fn base_path_is_taken_off() {
        let base = vec!["reg".to_owned(), "v".to_owned()];
        for (raw, expected) in [
            ("/reg/v", Some(&[][..])),
            ("/reg/v/", Some(&[])),
            ("/reg/v/subjects", Some(&["subjects"])),
            ("/reg", None),
            ("/regv/subjects", None),
            ("/subjects", None),
        ] {
            let got = below(&base, split(raw).unwrap()).map(|s| s.parts);
            assert_eq!(got, expected.map(|e| e.iter().map(|s| (*s).to_owned()).collect()), "{raw}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_survives_encode_and_decode(text in ".*") {
            let encoded: String = text.bytes().map(|b| format!("%{b:02X}")).collect();
            proptest::prop_assert_eq!(percent_decode(&encoded, Plus::Space).unwrap(), text);
        }

        #[test]
        fn never_panics(raw in "[/%0-9a-zA-Z+:.]{0,60}") {
            let _ = split(&raw);
        }
    }
}
