//! Why a datum is not of a type, and where in it. One pointer wide: what costs is made only when something is wrong.

use std::borrow::Cow;

use crate::{PayloadError, bytes::BytesError};

/// Why bytes could not be decoded.
#[derive(Debug, thiserror::Error)]
#[error("{}{}", path(.0).map(|path| format!("{path}: ")).unwrap_or_default(), .0.reason)]
pub struct DecodeError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    /// From the inside.
    path: Vec<Cow<'static, str>>,
    reason: Cow<'static, str>,
}

impl DecodeError {
    /// With a reason in words.
    #[cold]
    pub fn new(reason: impl Into<Cow<'static, str>>) -> DecodeError {
        DecodeError(Box::new(Inner { path: Vec::new(), reason: reason.into() }))
    }

    /// It happened in this field.
    #[cold]
    #[must_use]
    pub fn within(mut self, field: &'static str) -> DecodeError {
        self.0.path.push(Cow::Borrowed(field));
        self
    }

    /// It happened in this item of an array.
    #[cold]
    #[must_use]
    pub fn at(mut self, index: usize) -> DecodeError {
        self.0.path.push(Cow::Owned(format!("[{index}]")));
        self
    }

    /// It happened in the value of this key of a map.
    #[cold]
    #[must_use]
    pub fn under(mut self, key: &str) -> DecodeError {
        let shown: String = key.chars().take(64).collect();
        self.0.path.push(Cow::Owned(format!("[{shown:?}]")));
        self
    }

    /// Where: field names, `[0]` for an item, `["k"]` for a map's value. Empty for the datum itself.
    #[must_use]
    pub fn path(&self) -> String {
        path(&self.0).unwrap_or_default()
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0.reason
    }
}

fn path(inner: &Inner) -> Option<String> {
    let mut path = String::new();
    for part in inner.path.iter().rev() {
        if !path.is_empty() && !part.starts_with('[') {
            path.push('.');
        }
        path.push_str(part);
    }
    (!path.is_empty()).then_some(path)
}

impl From<BytesError> for DecodeError {
    #[cold]
    fn from(error: BytesError) -> DecodeError {
        DecodeError::new(error.to_string())
    }
}

impl From<DecodeError> for PayloadError {
    fn from(error: DecodeError) -> PayloadError {
        PayloadError { path: error.path(), reason: error.0.reason.into_owned() }
    }
}
