//! The tree: values with the place they were read from.

use std::collections::HashMap;

/// One JSON value. Equality looks at values only: not at places, and not at the order of keys.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Byte offset of its first character in the text it was read from.
    pub offset: usize,
}

/// The six kinds of JSON values.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as written.
    Number(Box<str>),
    /// A string, unescaped.
    String(Box<str>),
    /// An array.
    Array(Vec<Node>),
    /// An object.
    Object(Object),
}

/// The members of an object in order of first appearance; keys are unique.
#[derive(Clone, Debug, Default)]
pub struct Object {
    entries: Vec<(Box<str>, Node)>,
    /// Key to place, kept only once there are more than [`Object::SCAN_MAX`] entries.
    index: HashMap<Box<str>, usize>,
}

impl Object {
    /// Up to this many entries a scan is cheaper than an index.
    const SCAN_MAX: usize = 16;

    /// An empty object.
    pub fn new() -> Object {
        Object::default()
    }

    fn place(&self, key: &str) -> Option<usize> {
        if self.index.is_empty() {
            self.entries.iter().position(|(k, _)| &**k == key)
        } else {
            self.index.get(key).copied()
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.place(key).and_then(|i| self.entries.get(i)).map(|(_, node)| node)
    }

    /// Whether the key is there.
    pub fn contains_key(&self, key: &str) -> bool {
        self.place(key).is_some()
    }

    /// Adds a member, or replaces the value of a key that is there, at its old place; then it gives the key back.
    pub fn insert(&mut self, key: Box<str>, node: Node) -> Option<Box<str>> {
        match self.place(&key).and_then(|i| self.entries.get_mut(i)) {
            Some(entry) => {
                entry.1 = node;
                Some(key)
            }
            None => {
                if !self.index.is_empty() {
                    self.index.insert(key.clone(), self.entries.len());
                }
                self.entries.push((key, node));
                if self.index.is_empty() && self.entries.len() > Self::SCAN_MAX {
                    self.index = self.entries.iter().enumerate().map(|(i, (k, _))| (k.clone(), i)).collect();
                }
                None
            }
        }
    }

    /// The members in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Node)> + DoubleEndedIterator {
        self.entries.iter().map(|(key, node)| (&**key, node))
    }

    /// The keys in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> + DoubleEndedIterator {
        self.entries.iter().map(|(key, _)| &**key)
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(key, node)| other.get(key) == Some(node))
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Node {
    /// A node that was not read from a text (offset 0).
    pub fn new(value: Value) -> Node {
        Node { value, offset: 0 }
    }

    /// A string that was not read from a text.
    pub fn string(text: &str) -> Node {
        Node::new(Value::String(text.into()))
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a number, as written.
    pub fn as_number(&self) -> Option<&str> {
        match &self.value {
            Value::Number(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a whole number written without fraction or exponent, if it fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number().and_then(|text| text.parse().ok())
    }

    /// A boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(b) => Some(b),
            _ => None,
        }
    }

    /// The items of an array.
    pub fn as_array(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The members of an object.
    pub fn as_object(&self) -> Option<&Object> {
        match &self.value {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// A member of an object; `None` for other kinds too.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_object().and_then(|object| object.get(key))
    }

    /// The same with the keys of every object in order, so that equal values have equal texts.
    #[must_use]
    pub fn sorted(&self) -> Node {
        let value = match &self.value {
            Value::Array(items) => Value::Array(items.iter().map(Node::sorted).collect()),
            Value::Object(object) => {
                let mut entries: Vec<_> = object.iter().collect();
                entries.sort_by_key(|(key, _)| *key);
                let mut out = Object::new();
                for (key, value) in entries {
                    out.insert(key.into(), value.sorted());
                }
                Value::Object(out)
            }
            other => other.clone(),
        };
        Node { value, offset: self.offset }
    }

    /// The kind in plain words, for messages.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }
}
