//! `X-Request-ID` (contract 1.1, Headers): echoed when the request carries exactly one usable value, else made.

use std::sync::Arc;

/// Longest id that is echoed, in bytes.
const LENGTH_MAX: usize = 256;

/// The request's id: its own when there is exactly one non-blank printable value, else a random UUID (version 4).
pub(crate) fn of<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> Arc<str> {
    if let (Some(value), None) = (values.next(), values.next())
        && let Some(text) = usable(value)
    {
        return text.into();
    }
    (&*uuid::Uuid::new_v4().as_hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer())).into()
}

fn usable(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok()?.trim();
    (!text.is_empty() && text.len() <= LENGTH_MAX && !text.chars().any(char::is_control)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn echo_rules() {
        let long = "x".repeat(257);
        for (values, expected) in [
            (&["abc"][..], Some("abc")),
            (&[" abc "], Some("abc")),
            (&["a b"], Some("a b")),
            (&[], None),
            (&[""], None),
            (&["  "], None),
            (&["a", "b"], None),
            (&["a", "a"], None),
            (&["a\tb"], None),
            (&[long.as_str()], None),
        ] {
            let got = of(values.iter().map(|v| v.as_bytes()));
            match expected {
                Some(text) => assert_eq!(&*got, text),
                None => assert_eq!(uuid::Uuid::parse_str(&got).unwrap().get_version_num(), 4, "{values:?}"),
            }
        }
        assert_eq!(of([&b"\xff"[..]].into_iter()).len(), 36);
    }
}
