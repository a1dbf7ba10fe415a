//! A cheap look at `.proto` text before the real parser: nesting depth and the `edition` keyword. The parsers behind
//! us recurse; this bounds how deep. It knows comments and strings and nothing else of the grammar.

use crate::error::{Position, SchemaError};

/// What the scan found out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scan {
    /// Whether the first statement is `edition = ...`.
    pub(super) edition: bool,
}

/// Checks that brackets of any kind nest at most `limit` deep.
///
/// # Errors
/// `TooDeep` with the place of the bracket that passes the limit.
pub(super) fn scan(text: &str, limit: usize) -> Result<Scan, SchemaError> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut open = [0usize; 4]; // per kind of bracket, so that a stray `>` cannot hide a `{`
    let mut first_word = None;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'/' if bytes.get(at + 1) == Some(&b'/') => at = line_end(bytes, at),
            b'#' => at = line_end(bytes, at), // a comment inside message literals, an error elsewhere
            b'/' if bytes.get(at + 1) == Some(&b'*') => at = comment_end(bytes, at + 2),
            b'"' | b'\'' => at = string_end(bytes, at + 1, byte),
            b'{' | b'[' | b'<' | b'(' => {
                open[kind(byte)] += 1;
                if open.iter().sum::<usize>() > limit {
                    return Err(SchemaError::TooDeep { limit, position: Some(position(text, at)) });
                }
                at += 1;
            }
            b'}' | b']' | b'>' | b')' => {
                let count = &mut open[kind(byte)];
                *count = count.saturating_sub(1);
                at += 1;
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let end = word_end(bytes, at);
                first_word.get_or_insert(&bytes[at..end]);
                at = end;
            }
            _ => at += 1,
        }
    }
    Ok(Scan { edition: first_word == Some(b"edition") })
}

/// Line and column (characters, from 1) of a byte offset; an offset past the end means the end.
pub(super) fn position(text: &str, offset: usize) -> Position {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
    let column = before[line_start..].chars().count() + 1;
    Position { line: clamp(line), column: clamp(column) }
}

fn kind(bracket: u8) -> usize {
    match bracket {
        b'{' | b'}' => 0,
        b'[' | b']' => 1,
        b'<' | b'>' => 2,
        _ => 3,
    }
}

fn clamp(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    bytes[from..].iter().position(|&b| b == b'\n').map_or(bytes.len(), |i| from + i + 1)
}

fn comment_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.windows(2).position(|w| w == b"*/").map_or(bytes.len(), |i| from + i + 2)
}

/// A string ends at its quote, or at the end of the line (an error the parser reports).
fn string_end(bytes: &[u8], from: usize, quote: u8) -> usize {
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\n' => return at,
            b'\\' if bytes.get(at + 1) != Some(&b'\n') => at += 2,
            _ if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn word_end(bytes: &[u8], from: usize) -> usize {
    let rest = &bytes[from..];
    rest.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'_').map_or(bytes.len(), |i| from + i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_comments_do_not_nest() {
        let text = "// {{{\n/* [[[ */ option a = \"{{{\\\"{\"; message A { }";
        assert_eq!(scan(text, 1), Ok(Scan { edition: false }));
    }

    #[test]
    fn the_bracket_past_the_limit_is_named() {
        let error = scan("message A {\n é {}}", 1).unwrap_err();
        assert_eq!(error, SchemaError::TooDeep { limit: 1, position: Some(Position { line: 2, column: 4 }) });
    }

    #[test]
    fn editions_are_seen_behind_comments() {
        assert!(scan("// x\n edition = \"2023\";", 9).unwrap().edition);
        assert!(!scan("message edition {}", 9).unwrap().edition);
    }
}
