//! Message literals in options (text format), read from the token text `protox-parse` hands over. Only the shape is
//! read; whether the fields exist is the descriptor pool's business.

use super::model::{Entry, Value};

/// Deepest nesting read; the text was already held to the schema depth limit.
const DEPTH_MAX: usize = 200;

/// Reads the inside of a message literal, without the outer braces. `None` when it is not text format.
pub(super) fn parse(text: &str) -> Option<Vec<Entry>> {
    let mut reader = Reader { rest: text, depth: 0 };
    let entries = reader.entries(None)?;
    reader.rest.is_empty().then_some(entries)
}

/// Undoes C escapes. An unknown escape keeps its backslash.
pub(super) fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes();
    while let [first, rest @ ..] = bytes {
        bytes = rest;
        if *first != b'\\' {
            out.push(*first);
            continue;
        }
        let [code, rest @ ..] = bytes else {
            out.push(b'\\');
            break;
        };
        bytes = rest;
        match code {
            b'a' => out.push(0x07),
            b'b' => out.push(0x08),
            b'f' => out.push(0x0c),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(0x0b),
            b'x' | b'X' => out.push(number(&mut bytes, 0, 2, 16)),
            b'u' => code_point(&mut bytes, *code, 4, &mut out),
            b'U' => code_point(&mut bytes, *code, 8, &mut out),
            b'0'..=b'7' => out.push(number(&mut bytes, u32::from(code - b'0'), 2, 8)),
            b'?' | b'\\' | b'\'' | b'"' => out.push(*code),
            other => out.extend([b'\\', *other]),
        }
    }
    out
}

/// `\u` with exactly so many hexadecimal digits; as it stands when they are no code point.
fn code_point(bytes: &mut &[u8], code: u8, digits: usize, out: &mut Vec<u8>) {
    let hex = bytes.get(..digits).and_then(|hex| std::str::from_utf8(hex).ok());
    let found = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
    match found {
        Some(c) => {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            *bytes = bytes.get(digits..).unwrap_or_default();
        }
        None => out.extend([b'\\', code]),
    }
}

fn number(bytes: &mut &[u8], mut value: u32, digits_max: usize, radix: u32) -> u8 {
    for _ in 0..digits_max {
        let Some(digit) = bytes.first().and_then(|b| char::from(*b).to_digit(radix)) else { break };
        value = value * radix + digit;
        *bytes = &bytes[1..];
    }
    value.to_le_bytes()[0]
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn entries(&mut self, close: Option<char>) -> Option<Vec<Entry>> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return None;
        }
        let mut entries = Vec::new();
        loop {
            self.skip();
            match (self.rest.chars().next(), close) {
                (None, None) => break,
                (Some(c), Some(end)) if c == end => {
                    self.bump();
                    break;
                }
                (None, Some(_)) => return None,
                _ => entries.push(self.entry()?),
            }
            if self.next_is(',') || self.next_is(';') {
                self.bump();
            }
        }
        self.depth -= 1;
        Some(entries)
    }

    fn entry(&mut self) -> Option<Entry> {
        let name = if self.next_is('[') {
            let end = self.rest.find(']')?;
            let inner: String = self.rest[1..end].split_whitespace().collect();
            self.rest = &self.rest[end + 1..];
            format!("[{inner}]")
        } else {
            self.word()?.to_owned()
        };
        if self.next_is(':') {
            self.bump();
        } else if !['{', '<', '['].into_iter().any(|open| self.next_is(open)) {
            return None;
        }
        Some(Entry { name, value: self.value()? })
    }

    fn value(&mut self) -> Option<Value> {
        self.skip();
        match self.rest.chars().next()? {
            '{' => {
                self.bump();
                Some(Value::Message(self.entries(Some('}'))?))
            }
            '<' => {
                self.bump();
                Some(Value::Message(self.entries(Some('>'))?))
            }
            '[' => self.list(),
            '"' | '\'' => self.strings(),
            '-' => {
                self.bump();
                self.skip();
                match self.scalar()? {
                    Value::Number(text) => Some(Value::Number(format!("-{text}"))),
                    Value::Ident(text) => Some(Value::Ident(format!("-{text}"))),
                    _ => None,
                }
            }
            _ => self.scalar(),
        }
    }

    fn list(&mut self) -> Option<Value> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return None;
        }
        self.bump();
        let mut values = Vec::new();
        while !self.next_is(']') {
            values.push(self.value()?);
            let comma = self.next_is(',');
            if comma {
                self.bump();
            }
            if comma == self.next_is(']') {
                return None; // neither a comma nor the end, or a comma before the end
            }
        }
        self.bump();
        self.depth -= 1;
        Some(Value::List(values))
    }

    fn strings(&mut self) -> Option<Value> {
        let mut bytes = Vec::new();
        while let Some(quote) = self.rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            let body = &self.rest[1..];
            let mut escaped = false;
            let end = body.find(|c| {
                let found = c == quote && !escaped;
                escaped = c == '\\' && !escaped;
                found
            })?;
            bytes.extend(unescape(&body[..end]));
            self.rest = &body[end + 1..];
            self.skip();
        }
        Some(Value::Text(bytes))
    }

    fn scalar(&mut self) -> Option<Value> {
        let word = self.word()?;
        let number = word.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        Some(if number { Value::Number(word.to_owned()) } else { Value::Ident(word.to_owned()) })
    }

    /// A run of letters, digits, dots and underscores; a sign counts inside an exponent only.
    fn word(&mut self) -> Option<&'a str> {
        self.skip();
        let mut previous = ' ';
        let numeric = self.rest.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        let end = self.rest.find(|c: char| {
            let sign = numeric && matches!(c, '+' | '-') && matches!(previous, 'e' | 'E');
            previous = c;
            !(c.is_ascii_alphanumeric() || c == '_' || c == '.' || sign)
        });
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }

    fn next_is(&mut self, c: char) -> bool {
        self.skip();
        self.rest.starts_with(c)
    }

    fn bump(&mut self) {
        let mut chars = self.rest.chars();
        chars.next();
        self.rest = chars.as_str();
    }

    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        let entries =
            parse("a : 1 , b { c : - 2.5 ; } l [ { } , < > ] d < e : \"x\" 'y' > [p.q / r] : [ T , - inf ]")
                .unwrap();
        let entry = |name: &str, value| Entry { name: name.to_owned(), value };
        let number = |text: &str| Value::Number(text.to_owned());
        let ident = |text: &str| Value::Ident(text.to_owned());
        let expected = vec![
            entry("a", number("1")),
            entry("b", Value::Message(vec![entry("c", number("-2.5"))])),
            entry("l", Value::List(vec![Value::Message(vec![]), Value::Message(vec![])])),
            entry("d", Value::Message(vec![entry("e", Value::Text(b"xy".to_vec()))])),
            entry("[p.q/r]", Value::List(vec![ident("T"), ident("-inf")])),
        ];
        assert_eq!(entries, expected);
    }

    #[test]
    fn not_text_format() {
        for text in ["a", "a: {", "a: [1 2]", "a: [1,]", "a: \"x", ": 1", "a: 1 }", "[a: 1"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"a{".repeat(100_000)), None);
        assert_eq!(parse(&"a:[".repeat(100_000)), None);
    }

    #[test]
    fn escapes() {
        assert_eq!(unescape(r"\u00e9\U0001f600\ud800\u1"), "é😀\\ud800\\u1".as_bytes());
        assert_eq!(unescape(r#"\n\x41\101\"\'\\\q\xe4"#), b"\nAA\"'\\\\q\xe4");
    }
}
