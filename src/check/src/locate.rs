//! From the place of a fragment to a line and column in a file.

use std::collections::{HashMap, HashSet};

use assay_schema::json::{Comments, Node, Value, parse_json, parse_json_with};
use assay_schema::{Limits, Position, SchemaType};

/// The position of a place (as in `Fragment::place`) in a text; `None` if it is not there.
pub fn position(ty: SchemaType, text: &str, place: &str) -> Option<Position> {
    Located::new(ty, text)?.position(place)
}

/// Characters are counted in blocks of so many bytes.
const BLOCK_BYTES: usize = 4096;

/// Characters that begin in these bytes of UTF-8.
fn chars(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// A text read once, to look up many places in it.
pub(crate) struct Located<'t> {
    text: &'t str,
    /// Where each line begins.
    lines: Vec<usize>,
    /// How many characters stand before each block of [`BLOCK_BYTES`].
    blocks: Vec<usize>,
    places: Places,
    /// The package of a Protobuf file; empty if it has none.
    package: String,
}

enum Places {
    /// By name; that of the whole schema is empty.
    Named(HashMap<String, usize>),
    Json(Node),
}

impl<'t> Located<'t> {
    /// `None` if the text cannot be read.
    pub(crate) fn new(ty: SchemaType, text: &'t str) -> Option<Located<'t>> {
        let (places, package) = match ty {
            SchemaType::Avro => (Places::Named(avro(&avro_text(text)?)), String::new()),
            SchemaType::Json => (Places::Json(parse_json(text, &Limits::default()).ok()?), String::new()),
            SchemaType::Protobuf => {
                let (named, package) = protobuf(text);
                (Places::Named(named), package)
            }
        };
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let blocks = text.as_bytes().chunks(BLOCK_BYTES).scan(0, |before, block| {
            let here = *before;
            *before += chars(block);
            Some(here)
        });
        Some(Located { text, lines, blocks: blocks.collect(), places, package })
    }

    /// The package of a Protobuf file; empty if it has none.
    pub(crate) fn package(&self) -> &str {
        &self.package
    }

    /// The position of a place; `None` if it is not there.
    pub(crate) fn position(&self, place: &str) -> Option<Position> {
        let offset = match &self.places {
            Places::Named(named) => *named.get(place)?,
            Places::Json(root) => json(root, self.text, place)?,
        };
        Some(self.at(offset))
    }

    /// The position of a byte.
    pub(crate) fn at(&self, offset: usize) -> Position {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|line| self.lines.get(line)).copied().unwrap_or(0);
        let column = self.chars_before(offset).saturating_sub(self.chars_before(start)) + 1;
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: clamp(line), column: clamp(column) }
    }

    /// The position of a place, or of the nearest one around it.
    pub(crate) fn nearest(&self, ty: SchemaType, place: &str) -> Position {
        let around = std::iter::successors(Some(place), |place| parent(ty, place));
        around.into_iter().find_map(|place| self.position(place)).unwrap_or(Position { line: 1, column: 1 })
    }

    /// Characters before an offset: a long line is not counted again for each place in it.
    fn chars_before(&self, offset: usize) -> usize {
        let block = (offset / BLOCK_BYTES).min(self.blocks.len().saturating_sub(1));
        let rest = self.text.as_bytes().get(block * BLOCK_BYTES..offset).unwrap_or_default();
        self.blocks.get(block).copied().unwrap_or(0) + chars(rest)
    }
}

/// Whether a schema of this format may hold comments in its JSON.
pub(crate) fn comments(ty: SchemaType) -> Comments {
    if ty == SchemaType::Avro { Comments::Allow } else { Comments::Refuse }
}

/// The JSON of an Avro schema.
pub(crate) fn avro_text(text: &str) -> Option<Node> {
    parse_json_with(text, &Limits::default(), comments(SchemaType::Avro)).ok()
}

/// The place around a place; `None` at the root.
pub fn parent(ty: SchemaType, place: &str) -> Option<&str> {
    if place.is_empty() {
        return None;
    }
    let separator = if ty == SchemaType::Json { '/' } else { '.' };
    Some(place.rsplit_once(separator).map_or("", |(parent, _)| parent))
}

/// Calls `each` with every named type: its full name, the namespace in it, and its definition.
pub(crate) fn avro_definitions(root: &Node, each: &mut dyn FnMut(String, &str, &Node)) {
    walk(root, "", "", &mut |what, name, found| {
        if let What::Type(space) = what {
            each(name, space, found.0);
        }
    });
}

/// The full names that a schema uses as types and does not define; the words of the language (`int`, `record`) are among
/// them.
pub(crate) fn avro_foreign(root: &Node) -> Vec<String> {
    let (mut out, mut own) = (Vec::new(), HashSet::new());
    walk(root, "", "", &mut |what, name, _| match what {
        What::Mention if !out.contains(&name) => out.push(name),
        What::Type(_) => {
            own.insert(name);
        }
        _ => {}
    });
    out.retain(|name| !own.contains(name));
    out
}

/// What a walk meets.
enum What<'w> {
    /// A named type, and the namespace of what is in it.
    Type(&'w str),
    Field,
    Mention,
}

/// Told what is met, its full name, the node, and where the name is.
type Each<'e, 'n> = dyn FnMut(What<'_>, String, (&'n Node, usize)) + 'e;

/// Nesting is bounded: the reader of the JSON has a limit.
fn walk<'n>(node: &'n Node, namespace: &str, record: &str, each: &mut Each<'_, 'n>) {
    match &node.value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, namespace, record, each)),
        Value::String(name) => {
            let full = if name.contains('.') || namespace.is_empty() {
                name.to_string()
            } else {
                format!("{namespace}.{name}")
            };
            each(What::Mention, full, (node, node.offset));
        }
        Value::Object(object) => {
            let kind = object.get("type").and_then(Node::as_str);
            let mut space = namespace.to_owned();
            let mut own = record.to_owned();
            if let (Some("record" | "error" | "enum" | "fixed"), Some(name)) = (kind, object.get("name")) {
                let written = name.as_str().unwrap_or("");
                if let Some((before, _)) = written.rsplit_once('.') {
                    space = before.to_owned();
                } else if let Some(given) = object.get("namespace").and_then(Node::as_str) {
                    space = given.to_owned();
                }
                own = match written.contains('.') || space.is_empty() {
                    true => written.to_owned(),
                    false => format!("{space}.{written}"),
                };
                each(What::Type(&space), own.clone(), (node, name.offset));
            }
            for field in object.get("fields").and_then(Node::as_array).unwrap_or(&[]) {
                if let Some(name) = field.get("name") {
                    let full = format!("{own}.{}", name.as_str().unwrap_or(""));
                    each(What::Field, full, (field, name.offset));
                }
                if let Some(ty) = field.get("type") {
                    walk(ty, &space, &own, each);
                }
            }
            for key in ["type", "items", "values"] {
                if let Some(inner) = object.get(key) {
                    walk(inner, &space, &own, each);
                }
            }
        }
        _ => {}
    }
}

/// Where each type and field is named; the first of a name counts.
fn avro(root: &Node) -> HashMap<String, usize> {
    let mut found = HashMap::from([(String::new(), root.offset)]);
    walk(root, "", "", &mut |what, name, (_, offset)| {
        if !matches!(what, What::Mention) {
            found.entry(name).or_insert(offset);
        }
    });
    found
}

/// Where the key of a member is, or an item of an array.
fn json(root: &Node, text: &str, pointer: &str) -> Option<usize> {
    let mut node = root;
    let mut keyed = false;
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        keyed = matches!(node.value, Value::Object(_));
        node = match &node.value {
            Value::Object(object) => object.get(&part)?,
            Value::Array(items) => items.get(part.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    let key = keyed.then(|| key_before(text, node.offset)).flatten();
    Some(key.unwrap_or(node.offset))
}

/// The quote that opens the key before a value, read backwards: space, colon, space, string.
fn key_before(text: &str, value: usize) -> Option<usize> {
    let before = text.get(..value)?.trim_end().strip_suffix(':')?.trim_end().strip_suffix('"')?;
    let open = |at: &usize| {
        let escapes = before.as_bytes()[..*at].iter().rev().take_while(|b| **b == b'\\').count();
        escapes.is_multiple_of(2)
    };
    before.match_indices('"').map(|(at, _)| at).rev().find(open)
}

/// Where each message, enum, field, oneof, constant and the package is named; the first of a name counts. And the package.
fn protobuf(text: &str) -> (HashMap<String, usize>, String) {
    let mut found = HashMap::from([(String::new(), 0)]);
    let tokens = proto_tokens(text);
    let mut package = String::new();
    let mut scopes: Vec<Option<&str>> = Vec::new(); // a scope without a name: an option, a oneof, a service's method
    let full = |package: &str, scopes: &[Option<&str>], name: &str| {
        let package = Some(package).filter(|p| !p.is_empty());
        let parts = package.into_iter().chain(scopes.iter().flatten().copied()).chain([name]);
        parts.collect::<Vec<_>>().join(".")
    };
    let mut pending = None;
    let mut start = true; // at the start of a statement
    let (mut option, mut brackets) = (false, 0usize); // in an option, whose name may be that of a field
    for (i, (_, token)) in tokens.iter().enumerate() {
        let next = tokens.get(i + 1).copied();
        match *token {
            "package" if start && scopes.is_empty() => {
                package = tokens[i + 1..].iter().take_while(|(_, t)| *t != ";").map(|(_, t)| *t).collect();
                if let Some((at, _)) = next {
                    found.entry(package.clone()).or_insert(at);
                }
            }
            word @ ("message" | "enum" | "oneof" | "service" | "group") if start || word == "group" => {
                if let Some((at, name)) = next
                    && is_word(name)
                {
                    pending = (word != "oneof").then_some(name);
                    found.entry(full(&package, &scopes, name)).or_insert(at);
                }
            }
            "option" if start => option = true,
            "[" => brackets += 1,
            "]" => brackets = brackets.saturating_sub(1),
            "=" if !option && brackets == 0 => {
                if let Some((at, name)) = i.checked_sub(1).and_then(|i| tokens.get(i)).copied()
                    && is_word(name)
                {
                    found.entry(full(&package, &scopes, name)).or_insert(at);
                }
            }
            "{" => scopes.push(pending.take()),
            "}" => {
                scopes.pop();
            }
            _ => {}
        }
        start = matches!(*token, ";" | "{" | "}");
        option &= *token != ";";
    }
    (found, package)
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// Words (with dots), and single other characters; comments and strings are left out.
fn proto_tokens(text: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let bytes = text.as_bytes();
    let mut i = 0;
    while let Some(&b) = bytes.get(i) {
        let rest = text.get(i..).unwrap_or("");
        let len = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if b == b'"' || b == b'\'' {
            let mut end = i + 1;
            while bytes.get(end).is_some_and(|c| *c != b) {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            end + 1 - i
        } else if b.is_ascii_alphanumeric() || b == b'_' {
            let len = bytes[i..]
                .iter()
                .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.'))
                .count();
            out.push((i, text.get(i..i + len).unwrap_or("")));
            len
        } else {
            if b.is_ascii_punctuation() {
                out.push((i, text.get(i..i + 1).unwrap_or("")));
            }
            1
        };
        i += len.max(1);
    }
    out
}

#[cfg(test)]
mod tests {
    use assay_schema::json::position_at;

    use super::*;

    fn at(ty: SchemaType, text: &str, place: &str) -> Option<(u32, u32)> {
        position(ty, text, place).map(|p| (p.line, p.column))
    }

    #[test]
    fn a_text_read_once_tells_every_position() {
        let text = "{\"type\":\"record\",\"name\":\"R\",\n\"doc\":\"\u{e9}\", \"fields\":[\n\n {\"name\":\"x\",\"type\":\"int\"},\n \
                    {\"doc\":\"\u{fc}\", \"name\":\"y\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}}]}";
        let located = Located::new(SchemaType::Avro, text).unwrap();
        for (place, written) in
            [("", "{"), ("R", "\"R\""), ("R.x", "\"x\""), ("R.y", "\"y\""), ("E", "\"E\"")]
        {
            let wanted = position_at(text, text.find(written).unwrap());
            assert_eq!(located.position(place), Some(wanted), "{place}");
        }
        assert_eq!(located.position("R.z"), None);
        let twice = "message M { int32 a = 1; }\nmessage M { int32 a = 2; }\nmessage N { int32 b = 1; }";
        let located = Located::new(SchemaType::Protobuf, twice).unwrap();
        let at = |place: &str| located.position(place).map(|p| (p.line, p.column));
        assert_eq!(
            [at(""), at("M.a"), at("N.b"), at("M.b")],
            [Some((1, 1)), Some((1, 19)), Some((3, 19)), None]
        );
    }

    #[test]
    fn places_are_found() {
        let avro = "{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a\",\"fields\":[\n {\"name\":\"x\",\"type\":\"int\"}]}";
        assert_eq!(at(SchemaType::Avro, avro, "a.R.x"), Some((2, 10)));
        assert_eq!(at(SchemaType::Avro, avro, "a.R.y"), None);
        let proto = "syntax = \"proto3\"; // message M { int32 a = 1; }\npackage p.q;\nmessage M {\n  oneof o { int32 a = 1; }\n  enum E { Z = 0; }\n}";
        assert_eq!(at(SchemaType::Protobuf, proto, "p.q.M.a"), Some((4, 19)));
        assert_eq!(at(SchemaType::Protobuf, proto, "p.q.M.E.Z"), Some((5, 12)));
        assert_eq!(at(SchemaType::Protobuf, proto, "p.q.M"), Some((3, 9)));
        assert_eq!(at(SchemaType::Protobuf, proto, "p.q"), Some((2, 9)));
        assert_eq!(at(SchemaType::Protobuf, proto, "p"), None);
        let odd = r#"{"a\"\\" : [1, {"b":2}]}"#;
        assert_eq!(at(SchemaType::Json, odd, "/a\"\\"), Some((1, 2)));
        assert_eq!(at(SchemaType::Json, odd, "/a\"\\/1"), Some((1, 16)));
        assert_eq!(at(SchemaType::Json, odd, "/a\"\\/1/b"), Some((1, 17)));
        let options = "message M {\n  option deprecated = true; option (x) = { deprecated: true };\n  int32 a = 1 [deprecated = true];\n  map<string, int32> deprecated = 2;\n}";
        assert_eq!(at(SchemaType::Protobuf, options, "M.deprecated"), Some((4, 22)));
        assert_eq!(
            at(SchemaType::Json, "{\n \"properties\": {\"a/b\": {}}}", "/properties/a~1b"),
            Some((2, 17))
        );
    }
}
