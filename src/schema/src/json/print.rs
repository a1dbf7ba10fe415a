//! Tree to compact text, as Jackson's generator writes it: no spaces, `"` and `\` escaped, control characters as
//! `\b \t \n \f \r` or `\u00XX` in upper-case hex, everything else as it is.

use super::node::{Node, Value};
use super::number::{decimal_text, double_text};

/// How numbers are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Numbers {
    /// With the digits of the text.
    AsWritten,
    /// As Jackson's default tree does: whole numbers exactly, others as doubles (`1e3` becomes `1000.0`, overflow
    /// becomes the string `"Infinity"`).
    Double,
    /// As Jackson's tree with exact decimals does (`1e3` becomes `1E+3`).
    Decimal,
}

/// Appends the compact text of `node`. Recursion is as deep as the tree, which the reader has bounded.
pub fn write_compact(node: &Node, numbers: Numbers, out: &mut String) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(text) => write_number(text, numbers, out),
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_compact(item, numbers, out);
            }
            out.push(']');
        }
        Value::Object(object) => {
            out.push('{');
            for (i, (key, value)) in object.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_string(key, out);
                out.push(':');
                write_compact(value, numbers, out);
            }
            out.push('}');
        }
    }
}

fn write_number(text: &str, numbers: Numbers, out: &mut String) {
    match numbers {
        Numbers::AsWritten => out.push_str(text),
        Numbers::Decimal => out.push_str(&decimal_text(text)),
        Numbers::Double if !text.contains(['.', 'e', 'E']) => out.push_str(&decimal_text(text)),
        Numbers::Double => {
            let double = text.parse().unwrap_or(f64::NAN); // a JSON number always parses
            let printed = double_text(double);
            if double.is_finite() {
                out.push_str(&printed);
            } else {
                write_string(&printed, out);
            }
        }
    }
}

/// Appends a JSON string with its quotes.
pub fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut start = 0;
    for (i, b) in text.bytes().enumerate() {
        let escape = match b {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            0x08 => "\\b",
            b'\t' => "\\t",
            b'\n' => "\\n",
            0x0c => "\\f",
            b'\r' => "\\r",
            0..=0x1f => "",
            _ => continue,
        };
        out.push_str(text.get(start..i).unwrap_or(""));
        start = i + 1;
        if escape.is_empty() {
            out.push_str(&format!("\\u{b:04X}"));
        } else {
            out.push_str(escape);
        }
    }
    out.push_str(text.get(start..).unwrap_or(""));
    out.push('"');
}
