//! Text to tree: RFC 8259, strictly, plus comments where the caller allows them.

use super::node::{Node, Object, Value};
use super::position_at;
use crate::error::{Position, SchemaError};
use crate::limits::Limits;

/// Why a text cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JsonError {
    /// Not JSON.
    #[error("{reason} at {position}")]
    Syntax {
        /// Where.
        position: Position,
        /// What is wrong, in plain words.
        reason: String,
    },
    /// Nested deeper than the limit.
    #[error("nested more than {limit} levels deep at {position}")]
    TooDeep {
        /// The limit in force.
        limit: usize,
        /// Where it is passed.
        position: Position,
    },
    /// More bytes than the limit.
    #[error("{bytes} bytes; the limit is {limit}")]
    TooLarge {
        /// Size of the text.
        bytes: usize,
        /// The limit in force.
        limit: usize,
    },
}

impl From<JsonError> for SchemaError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Syntax { position, reason } => {
                SchemaError::Syntax { line: position.line, column: position.column, reason }
            }
            JsonError::TooDeep { limit, position } => {
                SchemaError::TooDeep { limit, position: Some(position) }
            }
            JsonError::TooLarge { bytes, limit } => SchemaError::TooLarge { bytes, limit },
        }
    }
}

/// Whether `/* .. */` and `// ..` count as white space. Avro's Java library allows them in schemas.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comments {
    /// A comment is a syntax error, as RFC 8259 has it.
    Refuse,
    /// A comment is white space, except after the root value.
    Allow,
}

/// Reads one JSON value that fills the whole text.
///
/// # Errors
/// [`JsonError`]: not JSON, too deep (`limits.depth`), or too large (`limits.schema_bytes`).
pub fn parse_json(text: &str, limits: &Limits) -> Result<Node, JsonError> {
    parse_json_with(text, limits, Comments::Refuse)
}

/// Like [`parse_json`], with a choice about comments.
///
/// # Errors
/// As [`parse_json`].
pub fn parse_json_with(text: &str, limits: &Limits, comments: Comments) -> Result<Node, JsonError> {
    read(text, limits, comments).map(|(root, _)| root)
}

/// The keys that an object of the text has twice, in the order of the text: each with the byte offset of its second, third
/// and later places. The last value is the one that counts.
///
/// # Errors
/// As [`parse_json`].
pub fn repeated_keys(text: &str, limits: &Limits, comments: Comments) -> Result<Vec<Repeated>, JsonError> {
    read(text, limits, comments).map(|(_, repeated)| repeated)
}

/// A key that its object has already, and the byte offset of its opening quote.
pub type Repeated = (Box<str>, usize);

fn read(text: &str, limits: &Limits, comments: Comments) -> Result<(Node, Vec<Repeated>), JsonError> {
    if text.len() > limits.schema_bytes {
        return Err(JsonError::TooLarge { bytes: text.len(), limit: limits.schema_bytes });
    }
    let mut reader = Reader { text, at: 0, comments, repeated: Vec::new() };
    let root = reader.document(limits.depth)?;
    while reader.peek().is_some_and(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')) {
        reader.at += 1;
    }
    match reader.peek() {
        None => Ok((root, reader.repeated)),
        Some(_) => Err(reader.wrong("unexpected text after the end of the JSON value")),
    }
}

/// A container that is still open.
enum Open {
    Array { items: Vec<Node>, offset: usize },
    Object { object: Object, key: Box<str>, key_at: usize, offset: usize },
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    comments: Comments,
    repeated: Vec<Repeated>,
}

impl Reader<'_> {
    /// The loop that stands in for recursion: a value either opens a container or completes one or more of them.
    fn document(&mut self, depth_max: usize) -> Result<Node, JsonError> {
        let mut stack: Vec<Open> = Vec::new();
        loop {
            self.skip_space()?;
            let offset = self.at;
            let mut done = match self.peek() {
                Some(open @ (b'[' | b'{')) => {
                    if stack.len() >= depth_max {
                        let position = position_at(self.text, offset);
                        return Err(JsonError::TooDeep { limit: depth_max, position });
                    }
                    self.at += 1;
                    self.skip_space()?;
                    match (open, self.peek()) {
                        (b'[', Some(b']')) => {
                            self.at += 1;
                            Node { value: Value::Array(Vec::new()), offset }
                        }
                        (b'{', Some(b'}')) => {
                            self.at += 1;
                            Node { value: Value::Object(Object::new()), offset }
                        }
                        (b'[', _) => {
                            stack.push(Open::Array { items: Vec::new(), offset });
                            continue;
                        }
                        _ => {
                            let key_at = self.at;
                            let key = self.key()?;
                            stack.push(Open::Object { object: Object::new(), key, key_at, offset });
                            continue;
                        }
                    }
                }
                _ => Node { value: self.scalar()?, offset },
            };
            // `done` is complete: put it where it belongs, and close what it completes.
            loop {
                let Some(open) = stack.pop() else { return Ok(done) };
                match self.place(open, done)? {
                    Placed::Open(open) => {
                        stack.push(open);
                        break;
                    }
                    Placed::Closed(node) => done = node,
                }
            }
        }
    }

    /// Adds a value to the innermost container and reads the comma or the closing bracket after it.
    fn place(&mut self, open: Open, node: Node) -> Result<Placed, JsonError> {
        self.skip_space()?;
        let next = self.peek();
        match open {
            Open::Array { mut items, offset } => {
                items.push(node);
                match next {
                    Some(b',') => self.at += 1,
                    Some(b']') => {
                        self.at += 1;
                        return Ok(Placed::Closed(Node { value: Value::Array(items), offset }));
                    }
                    _ => return Err(self.wrong("expected ',' or ']' in an array")),
                }
                Ok(Placed::Open(Open::Array { items, offset }))
            }
            Open::Object { mut object, key, key_at, offset } => {
                let again = object.insert(key, node);
                self.repeated.extend(again.map(|key| (key, key_at)));
                match next {
                    Some(b',') => self.at += 1,
                    Some(b'}') => {
                        self.at += 1;
                        return Ok(Placed::Closed(Node { value: Value::Object(object), offset }));
                    }
                    _ => return Err(self.wrong("expected ',' or '}' in an object")),
                }
                self.skip_space()?;
                let key_at = self.at;
                let key = self.key()?;
                Ok(Placed::Open(Open::Object { object, key, key_at, offset }))
            }
        }
    }

    fn key(&mut self) -> Result<Box<str>, JsonError> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("expected a key in double quotes"));
        }
        let key = self.string()?;
        self.skip_space()?;
        if self.peek() != Some(b':') {
            return Err(self.wrong("expected ':' after a key"));
        }
        self.at += 1;
        Ok(key)
    }

    fn scalar(&mut self) -> Result<Value, JsonError> {
        match self.peek() {
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Number),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => Err(self.wrong_char("a JSON value")),
            None => Err(self.wrong("the text ends where a JSON value is expected")),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, JsonError> {
        let rest = self.text.get(self.at..).unwrap_or("");
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        if rest.get(..end) != Some(word) {
            return Err(self.wrong("expected a JSON value (text must be in double quotes)"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<Box<str>, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(self.wrong("expected a digit")),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        if self.peek().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_')) {
            return Err(self.wrong_char("the end of a number"));
        }
        Ok(self.text.get(start..self.at).unwrap_or("").into())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        if !self.peek().is_some_and(|b| b.is_ascii_digit()) {
            return Err(self.wrong("expected a digit"));
        }
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<Box<str>, JsonError> {
        self.at += 1; // the quote
        let mut start = self.at;
        let mut unescaped: Option<String> = None;
        loop {
            match self.peek() {
                None => return Err(self.wrong("the text ends inside a string")),
                Some(b'"') => {
                    let tail = self.text.get(start..self.at).unwrap_or("");
                    self.at += 1;
                    return Ok(match unescaped {
                        None => tail.into(),
                        Some(head) => (head + tail).into(),
                    });
                }
                Some(b'\\') => {
                    let out = unescaped.get_or_insert_default();
                    out.push_str(self.text.get(start..self.at).unwrap_or(""));
                    let c = self.escape()?;
                    unescaped.get_or_insert_default().push(c);
                    start = self.at;
                }
                Some(b) if b < 0x20 => {
                    return Err(self.wrong("a control character in a string must be escaped"));
                }
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        self.at += 1; // the backslash
        let c = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(start),
            _ => return Err(self.wrong("unknown escape after '\\'")),
        };
        self.at += 1;
        Ok(c)
    }

    fn unicode_escape(&mut self, start: usize) -> Result<char, JsonError> {
        let unpaired = "an unpaired surrogate in a \\u escape";
        let first = self.hex4()?;
        let code = match first {
            0xD800..=0xDBFF => {
                if self.text.get(self.at..self.at + 2) != Some("\\u") {
                    return Err(self.wrong_at(start, unpaired));
                }
                self.at += 1;
                let second = self.hex4()?;
                if !(0xDC00..=0xDFFF).contains(&second) {
                    return Err(self.wrong_at(start, unpaired));
                }
                0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
            }
            code => code,
        };
        char::from_u32(code).ok_or_else(|| self.wrong_at(start, unpaired))
    }

    /// Reads `uXXXX`, standing on the `u`.
    fn hex4(&mut self) -> Result<u32, JsonError> {
        let digits = self.text.get(self.at + 1..self.at + 5);
        let digits = digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|d| u32::from_str_radix(d, 16).ok()) {
            Some(code) => {
                self.at += 5;
                Ok(code)
            }
            None => Err(self.wrong("expected four hexadecimal digits after '\\u'")),
        }
    }

    fn skip_space(&mut self) -> Result<(), JsonError> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(b'/') if self.comments == Comments::Allow => self.comment()?,
                _ => return Ok(()),
            }
        }
    }

    fn comment(&mut self) -> Result<(), JsonError> {
        let rest = self.text.get(self.at..).unwrap_or("");
        if let Some(body) = rest.strip_prefix("//") {
            self.at += 2 + body.find(['\n', '\r']).unwrap_or(body.len());
            Ok(())
        } else if let Some(body) = rest.strip_prefix("/*") {
            let end = body.find("*/").ok_or_else(|| self.wrong("a comment without an end"))?;
            self.at += 2 + end + 2;
            Ok(())
        } else {
            Err(self.wrong_char("a JSON value"))
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn wrong(&self, reason: &str) -> JsonError {
        self.wrong_at(self.at, reason)
    }

    fn wrong_char(&self, expected: &str) -> JsonError {
        let found = self.text.get(self.at..).and_then(|rest| rest.chars().next()).unwrap_or('?');
        self.wrong(&format!("found {found:?} instead of {expected}"))
    }

    fn wrong_at(&self, offset: usize, reason: &str) -> JsonError {
        let reason = if self.text.trim().is_empty() { "the text is empty" } else { reason };
        JsonError::Syntax { position: position_at(self.text, offset), reason: reason.to_owned() }
    }
}

enum Placed {
    Open(Open),
    Closed(Node),
}
