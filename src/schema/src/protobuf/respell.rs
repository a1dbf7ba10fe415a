//! Three things `protoc` reads and our parser does not, put into words it knows: a byte order mark, options after a
//! single extension number (`extensions 7 [..]` is `extensions 7 to 7 [..]`), and whole numbers beyond 64 bits, which
//! floating-point fields and options may have.

/// The text spelled differently; `None` when it has nothing of the kind.
pub(super) fn respelled(text: &str) -> Option<String> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut out = String::with_capacity(body.len() + 16);
    let mut tokens = Tokens { rest: body };
    let mut previous = ["", ""]; // the two tokens before, comments and white space left out
    let mut extensions = false;
    for (space, token) in tokens.by_ref() {
        if token == "[" && extensions && is_number(previous[1]) && matches!(previous[0], "extensions" | ",") {
            out.push_str(" to ");
            out.push_str(previous[1]);
        }
        out.push_str(space);
        out.push_str(token);
        let digits = token.trim_start_matches('0');
        if token.bytes().all(|b| b.is_ascii_digit()) && digits.len() >= 20 && digits.parse::<u64>().is_err() {
            out.push_str(".0");
        }
        match token {
            "extensions" if matches!(previous[1], ";" | "{" | "}") => extensions = true,
            ";" | "{" | "}" => extensions = false,
            _ => {}
        }
        previous = [previous[1], token];
    }
    out.push_str(tokens.rest);
    (out != text).then_some(out)
}

fn is_number(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_digit())
}

/// Tokens with the white space and comments before them. Knows strings, comments and words, and nothing else.
struct Tokens<'t> {
    rest: &'t str,
}

impl<'t> Iterator for Tokens<'t> {
    type Item = (&'t str, &'t str);

    fn next(&mut self) -> Option<(&'t str, &'t str)> {
        let space = space(self.rest);
        let (before, rest) = self.rest.split_at(space);
        let first = rest.chars().next()?;
        let length = match first {
            '"' | '\'' => string(rest, first),
            c if c.is_ascii_alphanumeric() || c == '_' || c == '.' => {
                let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
                rest.find(|c| !word(c)).unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        let (token, rest) = rest.split_at(length);
        self.rest = rest;
        Some((before, token))
    }
}

/// Bytes of white space and comments at the start.
fn space(text: &str) -> usize {
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start();
        let end = if trimmed.starts_with("//") {
            trimmed.find('\n')
        } else if let Some(comment) = trimmed.strip_prefix("/*") {
            comment.find("*/").map(|end| end + 4)
        } else {
            return text.len() - trimmed.len();
        };
        rest = end.and_then(|end| trimmed.get(end..)).unwrap_or("");
    }
}

/// Bytes of the string at the start, quotes included; to the end of the line or text when it is not closed.
fn string(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return at,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_parser_does_not_know_is_changed() {
        let rows = [
            ("\u{feff}message A {}", Some("message A {}")),
            ("message A { extensions 7 [a = 1]; }", Some("message A { extensions 7 to 7 [a = 1]; }")),
            (
                "message A { extensions 1, 0x7 /* [ */ [a = 1]; int32 b = 1 [x = 2]; }",
                Some("message A { extensions 1, 0x7 to 0x7 /* [ */ [a = 1]; int32 b = 1 [x = 2]; }"),
            ),
            ("message A { extensions 7 to 9 [a = 1]; extensions 5; }", None),
            ("message extensions { extensions a = 1 [b = 1]; }", None),
            (
                "[default = 123456789012345678901234567890]",
                Some("[default = 123456789012345678901234567890.0]"),
            ),
            ("[default = 18446744073709551615] \"123456789012345678901234567890\"", None),
            ("// 123456789012345678901234567890\n/* extensions 1 [", None),
            ("'open", None),
        ];
        for (text, expected) in rows {
            assert_eq!(respelled(text).as_deref(), expected, "{text}");
        }
    }
}
