//! The text being printed: members and strings of JSON, as both printers need them.

use crate::json::{Node, Numbers, write_compact, write_string};

/// A growing JSON text.
#[derive(Default)]
pub(super) struct Out(pub(super) String);

impl Out {
    /// Text that is JSON already.
    pub(super) fn raw(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// A string with its quotes.
    pub(super) fn string(&mut self, text: &str) {
        write_string(text, &mut self.0);
    }

    /// `{` and the first member.
    pub(super) fn open(&mut self, key: &str, value: &str) {
        self.raw("{");
        self.string(key);
        self.raw(":");
        self.string(value);
    }

    /// A comma and the key of a further member.
    pub(super) fn key(&mut self, key: &str) {
        self.raw(",");
        self.string(key);
        self.raw(":");
    }

    /// A further member that is a string.
    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.string(value);
    }

    /// A further member that is any value; numbers as Jackson prints them.
    pub(super) fn node(&mut self, key: &str, value: &Node) {
        self.key(key);
        write_compact(value, Numbers::Double, &mut self.0);
    }

    /// A further member that is an array of strings.
    pub(super) fn strings<'t>(&mut self, key: &str, texts: impl Iterator<Item = &'t str>) {
        self.key(key);
        self.raw("[");
        for (i, text) in texts.enumerate() {
            self.comma(i);
            self.string(text);
        }
        self.raw("]");
    }

    /// A comma before every item but the first.
    pub(super) fn comma(&mut self, index: usize) {
        if index > 0 {
            self.raw(",");
        }
    }
}
