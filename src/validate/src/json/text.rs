//! Pieces of JSON text, by the grammar that `serde_json` reads: white space, strings, numbers, values that nothing is asked of. The bytes
//! are known to be UTF-8.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Numbers of no more digits are below the range of a double, and of a 64-bit integer, respectively.
const FINITE_DIGITS_MAX: usize = 300;
const INTEGER_DIGITS_MAX: usize = 18;

/// Of numbers with a fraction and no more digits the double is on the same side of every integer as the number: it is the nearest one, as
/// both the digits and their power of ten are exact.
const EXACT_DIGITS_MAX: usize = 15;

/// What follows white space.
#[inline]
pub(super) fn blank(mut rest: &[u8]) -> &[u8] {
    while let [b' ' | b'\n' | b'\t' | b'\r', behind @ ..] = rest {
        rest = behind;
    }
    rest
}

/// A string whose first quote has been read: its bytes as written, and what follows the last quote.
#[inline]
pub(super) fn string(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    loop {
        at += special(rest.get(at..)?)?;
        match rest.get(at)? {
            b'"' => return Some((rest.get(..at)?, rest.get(at + 1..)?)),
            b'\\' => at += escape(rest.get(at..)?)?,
            _ => return None, // a control character
        }
    }
}

/// Where the next quote, backslash or control character stands.
#[inline]
fn special(rest: &[u8]) -> Option<usize> {
    let (words, end) = rest.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The lowest marked byte is right; those above it may be marked by a borrow.
        let quote = (word ^ (ONES * 0x22)).wrapping_sub(ONES) & !(word ^ (ONES * 0x22));
        let backslash = (word ^ (ONES * 0x5c)).wrapping_sub(ONES) & !(word ^ (ONES * 0x5c));
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let marked = (quote | backslash | control) & HIGHS;
        if marked != 0 {
            return Some(at * 8 + marked.trailing_zeros() as usize / 8);
        }
    }
    let here = end.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
    Some(words.len() * 8 + here)
}

/// The length of an escape.
fn escape(rest: &[u8]) -> Option<usize> {
    match rest {
        [_, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => Some(2),
        [_, b'u', ..] => match hex(rest)? {
            0xd800..0xdc00 => {
                let low = hex(rest.get(6..)?)?; // a surrogate needs its other half
                (0xdc00..0xe000).contains(&low).then_some(12)
            }
            0xdc00..0xe000 => None,
            _ => Some(6),
        },
        _ => None,
    }
}

/// The code of `\uXXXX`.
fn hex(rest: &[u8]) -> Option<u32> {
    let [b'\\', b'u', digits @ ..] = rest else { return None };
    let digit = |code: u32, byte: &u8| Some(code << 4 | char::from(*byte).to_digit(16)?);
    digits.first_chunk::<4>()?.iter().try_fold(0, digit)
}

/// Adds what a string says, as it is written, to `out`; its escapes are known to be well-formed.
pub(super) fn unescape(mut raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    while let Some(at) = raw.iter().position(|byte| *byte == b'\\') {
        let (plain, rest) = raw.split_at_checked(at)?;
        out.extend_from_slice(plain);
        let length = escape(rest)?;
        let meant = match rest.get(1)? {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => match (hex(rest)?, length) {
                (high, 12) => {
                    let low = hex(rest.get(6..)?)?;
                    char::from_u32(0x10000 + ((high & 0x3ff) << 10 | low & 0x3ff))?
                }
                (code, _) => char::from_u32(code)?,
            },
            itself => char::from(*itself),
        };
        out.extend_from_slice(meant.encode_utf8(&mut [0; 4]).as_bytes());
        raw = rest.get(length..)?;
    }
    out.extend_from_slice(raw);
    Some(())
}

/// The number of characters of a text, which is UTF-8.
pub(super) fn characters(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// An integer of few digits and what follows it; `None` for any other number, and for what is none.
#[inline]
pub(super) fn short_integer(rest: &[u8]) -> Option<(i64, &[u8])> {
    let (negative, mut digits) = match rest {
        [b'-', digits @ ..] => (true, digits),
        _ => (false, rest),
    };
    let (first, before) = (*digits.first()?, digits.len());
    let mut value = 0i64;
    while let [byte @ b'0'..=b'9', behind @ ..] = digits {
        value = value.wrapping_mul(10).wrapping_add(i64::from(byte - b'0'));
        digits = behind;
    }
    let count = before - digits.len();
    let plain = !matches!(digits, [b'.' | b'e' | b'E', ..]);
    let short = count == 1 || first != b'0' && (1..=INTEGER_DIGITS_MAX).contains(&count);
    // -0 is no integer to the slow way.
    (plain && short && !(negative && value == 0))
        .then_some((if negative { value.wrapping_neg() } else { value }, digits))
}

/// A number.
pub(super) struct Number<'d> {
    pub(super) text: &'d [u8],
    pub(super) behind: &'d [u8],
    /// The integers it lies between, or twice itself; `None` for numbers that this cannot be told of at a glance.
    pub(super) range: Option<(i64, i64)>,
}

impl Number<'_> {
    /// Whether it is a 64-bit integer, and written as one.
    pub(super) fn is_integer(&self) -> bool {
        self.range.is_some_and(|(low, high)| low == high)
    }
}

/// A number that `serde_json` reads: JSON, and within the range of a double.
#[inline]
pub(super) fn number(rest: &[u8]) -> Option<Number<'_>> {
    let negative = rest.first() == Some(&b'-');
    let first = usize::from(negative);
    let (whole, mut at) = digits(rest, first)?;
    if at - first > 1 && rest.get(first) == Some(&b'0') {
        return None;
    }
    let mut count = at - first;
    let integer = rest.get(at) != Some(&b'.');
    if !integer {
        let from = at + 1;
        (_, at) = digits(rest, from)?;
        count += at - from;
    }
    let exponent = matches!(rest.get(at), Some(b'e' | b'E'));
    if exponent {
        let sign = usize::from(matches!(rest.get(at + 1), Some(b'+' | b'-')));
        (_, at) = digits(rest, at + 1 + sign)?;
    }
    let (text, behind) = rest.split_at_checked(at)?;
    if (exponent || count > FINITE_DIGITS_MAX) && serde_json::from_slice::<serde_json::Number>(text).is_err()
    {
        return None;
    }
    let range = match (exponent, integer) {
        (false, true) if count <= INTEGER_DIGITS_MAX && !(negative && whole == 0) => {
            let value = if negative { -whole } else { whole };
            Some((value, value))
        }
        (false, false) if count <= EXACT_DIGITS_MAX => {
            Some(if negative { (-whole - 1, -whole) } else { (whole, whole + 1) })
        }
        _ => None,
    };
    Some(Number { text, behind, range })
}

/// Digits from `at` on, one at least: what they say, unless there are too many, and where they end.
#[inline]
fn digits(rest: &[u8], at: usize) -> Option<(i64, usize)> {
    let mut value = 0i64;
    let mut end = at;
    for byte in rest.get(at..)? {
        if !byte.is_ascii_digit() {
            break;
        }
        value = value.wrapping_mul(10).wrapping_add(i64::from(byte - b'0'));
        end += 1;
    }
    (end > at).then_some((value, end))
}

/// Passes over a value that nothing is asked of; arrays and objects may nest `depth` deep in it.
pub(super) fn skip(rest: &[u8], depth: usize) -> Option<&[u8]> {
    match rest {
        [b'"', behind @ ..] => string(behind).map(|(_, behind)| behind),
        [b'{', behind @ ..] => skip_object(blank(behind), depth.checked_sub(1)?),
        [b'[', behind @ ..] => skip_array(blank(behind), depth.checked_sub(1)?),
        [b't', b'r', b'u', b'e', behind @ ..] => Some(behind),
        [b'f', b'a', b'l', b's', b'e', behind @ ..] => Some(behind),
        [b'n', b'u', b'l', b'l', behind @ ..] => Some(behind),
        _ => number(rest).map(|number| number.behind),
    }
}

fn skip_array(mut rest: &[u8], depth: usize) -> Option<&[u8]> {
    if let [b']', behind @ ..] = rest {
        return Some(behind);
    }
    loop {
        match blank(skip(rest, depth)?) {
            [b',', behind @ ..] => rest = blank(behind),
            [b']', behind @ ..] => return Some(behind),
            _ => return None,
        }
    }
}

fn skip_object(mut rest: &[u8], depth: usize) -> Option<&[u8]> {
    if let [b'}', behind @ ..] = rest {
        return Some(behind);
    }
    loop {
        let [b'"', name @ ..] = rest else { return None };
        let [b':', value @ ..] = blank(string(name)?.1) else { return None };
        match blank(skip(blank(value), depth)?) {
            [b',', behind @ ..] => rest = blank(behind),
            [b'}', behind @ ..] => return Some(behind),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    /// What `serde_json` makes of it decides.
    fn agrees(text: &str) {
        let theirs = serde_json::from_str::<serde_json::Value>(text).is_ok();
        let ours = skip(blank(text.as_bytes()), 127).is_some_and(|rest| blank(rest).is_empty());
        assert_eq!(ours, theirs, "{text:?}");
    }

    proptest! {
        #[test]
        fn reads_what_serde_json_reads(
            numbers in "-?(0|[0-9]{1,4}|[1-9][0-9]{15,330})(\\.[0-9]{0,4})?([eE][+-]?[0-9]{0,3})?",
            nearly in r#"[\[\]{}":, a0-9.eE\\u-]{0,30}"#,
            strings in r#"[ -~]{0,12}(\\(u[0-9a-fA-F]{3,5}|u[dD][89abAB][0-9a-f]{2}\\u[dD][c-f][0-9a-f]{2}|u[dD][89a-f][0-9]{2}|["\\/bfnrtx]))*[ -~é\t]{0,12}"#,
        ) {
            if let Some((value, behind)) = short_integer(numbers.as_bytes()) {
                prop_assert!(behind.is_empty() && numbers.parse() == Ok(value), "{numbers}");
            }
            let quoted = format!("\"{strings}\"");
            if let Some((raw, [])) = string(&quoted.as_bytes()[1..]) {
                let mut said = Vec::new();
                prop_assert!(unescape(raw, &mut said).is_some());
                let theirs: String = serde_json::from_str(&quoted).unwrap();
                prop_assert_eq!(said, theirs.into_bytes());
            }
            agrees(&numbers);
            agrees(&nearly);
            agrees(&format!("\"{strings}\""));
            agrees(&format!("[1, {{\"{strings}\" : {numbers} }}]"));
        }
    }

    #[test]
    fn rows() {
        for text in [
            "",
            " ",
            "-",
            "-0",
            "01",
            "1.",
            ".5",
            "1e",
            "1e5",
            "1e400",
            "0e400",
            "-1e-400",
            "tru",
            "nul",
            "[1,]",
            "{\"a\":1,}",
            "\u{feff}1",
        ] {
            agrees(text);
        }
        for depth in [126, 127, 128] {
            agrees(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
            agrees(&format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth)));
        }
    }
}
