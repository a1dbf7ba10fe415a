//! Our own JSON reader and printer.
//!
//! It keeps what schema work needs and general readers lose: the order of keys, the text of numbers, and where each
//! value stands. It reads in one pass without recursion, in linear time, under a depth cap. On a repeated key the last
//! value wins and stays at the first one's place, as Jackson's tree reader does.
//!
//! It does not hold unpaired surrogates: `"\ud800"` is a syntax error, because no UTF-8 text can carry it on.

mod node;
mod number;
mod print;
mod reader;

pub use node::{Node, Object, Value};
pub use number::{decimal_text, double_text, parse_java_double};
pub use print::{Numbers, write_compact, write_string};
pub use reader::{Comments, JsonError, Repeated, parse_json, parse_json_with, repeated_keys};

use crate::error::Position;

/// Turns a byte offset of `text` into line and column.
pub fn position_at(text: &str, offset: usize) -> Position {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position { line: clamp(line), column: clamp(column) }
}
