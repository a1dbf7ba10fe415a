//! JSON with a member a line, for files that people read and compare. Keys stay in order, numbers as they are written.

use assay_schema::Limits;
use assay_schema::json::{Node, Numbers, Value, parse_json, write_compact};

/// Characters of a value that stays on one line.
const LINE_MAX: usize = 80;

/// The text with line breaks; as it is if it is no JSON.
pub(super) fn pretty(text: &str) -> String {
    let Ok(node) = parse_json(text, &Limits::default()) else { return text.to_owned() };
    let mut out = String::with_capacity(text.len() * 2);
    write(&node, 0, &mut out);
    out.push('\n');
    out
}

/// Recursion is as deep as the tree, which the reader has bounded.
fn write(node: &Node, indent: usize, out: &mut String) {
    let mut flat = String::new();
    write_compact(node, Numbers::AsWritten, &mut flat);
    let objects = node.as_array().is_some_and(|items| items.iter().any(|item| item.as_object().is_some()));
    let short = indent > 0 && flat.len() <= LINE_MAX && !objects;
    match &node.value {
        Value::Array(items) if !short && !items.is_empty() => {
            lines(items.iter().map(|item| (None, item)), ['[', ']'], indent, out);
        }
        Value::Object(object) if !short && !object.is_empty() => {
            lines(object.iter().map(|(key, value)| (Some(key), value)), ['{', '}'], indent, out);
        }
        _ => out.push_str(&flat),
    }
}

fn lines<'n>(
    members: impl Iterator<Item = (Option<&'n str>, &'n Node)>,
    brackets: [char; 2],
    indent: usize,
    out: &mut String,
) {
    out.push(brackets[0]);
    for (i, (key, value)) in members.enumerate() {
        out.push_str(if i > 0 { ",\n" } else { "\n" });
        out.push_str(&"  ".repeat(indent + 1));
        if let Some(key) = key {
            write_compact(&Node::string(key), Numbers::AsWritten, out);
            out.push_str(": ");
        }
        write(value, indent + 1, out);
    }
    out.push('\n');
    out.push_str(&"  ".repeat(indent));
    out.push(brackets[1]);
}

#[cfg(test)]
mod tests {
    use super::pretty;

    #[test]
    fn lines_and_numbers_as_written() {
        let text = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"double","default":1.50e3},{"name":"b","type":"string"}]}"#;
        let wanted = "{\n  \"type\": \"record\",\n  \"name\": \"R\",\n  \"fields\": [\n    {\"name\":\"a\",\"type\":\"double\",\"default\":1.50e3},\n    {\"name\":\"b\",\"type\":\"string\"}\n  ]\n}\n";
        assert_eq!(pretty(text), wanted);
        assert_eq!(pretty("\"int\""), "\"int\"\n");
        assert_eq!(pretty("{}"), "{}\n");
        assert_eq!(pretty("no JSON"), "no JSON");
    }
}
