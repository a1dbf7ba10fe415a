//! An error on its way out: the places it passes are added from the inside to the outside, so that success pays nothing.

use std::fmt::{Display, Write};

use crate::{PayloadError, bytes::BytesError};

/// Longest map key that a path shows, in characters.
const KEY_CHARS_MAX: usize = 64;

/// Most places that a path shows; of a longer one those in the middle are left out.
const PLACES_MAX: usize = 32;

/// Why, and where so far.
#[derive(Debug)]
pub(super) struct Fail(Box<Inner>);

#[derive(Debug)]
struct Inner {
    reason: String,
    /// Innermost first.
    places: Vec<Place>,
}

#[derive(Debug)]
enum Place {
    Field(Box<str>),
    Index(usize),
    Key(Box<str>),
}

impl Fail {
    #[cold]
    pub(super) fn new(reason: impl Into<String>) -> Fail {
        Fail(Box::new(Inner { reason: reason.into(), places: Vec::new() }))
    }

    /// A value of another kind than the type's.
    #[cold]
    pub(super) fn expected(what: &str, got: impl Display) -> Fail {
        Fail::new(format!("expected {what}, got {got}"))
    }

    #[cold]
    pub(super) fn at_field(mut self, name: &str) -> Fail {
        self.0.places.push(Place::Field(name.into()));
        self
    }

    #[cold]
    pub(super) fn at_index(mut self, index: usize) -> Fail {
        self.0.places.push(Place::Index(index));
        self
    }

    #[cold]
    pub(super) fn at_key(mut self, key: &str) -> Fail {
        let shown = key.chars().take(KEY_CHARS_MAX).collect::<String>();
        self.0.places.push(Place::Key(shown.into()));
        self
    }
}

impl From<BytesError> for Fail {
    #[cold]
    fn from(error: BytesError) -> Fail {
        Fail::new(error.to_string())
    }
}

impl From<Fail> for PayloadError {
    fn from(fail: Fail) -> PayloadError {
        let mut path = String::new();
        let count = fail.0.places.len();
        for (at, place) in fail.0.places.iter().rev().enumerate() {
            if count > PLACES_MAX && (PLACES_MAX / 2..count - PLACES_MAX / 2).contains(&at) {
                if at == PLACES_MAX / 2 {
                    path.push_str(" .. ");
                }
                continue;
            }
            let written = match place {
                Place::Field(name) if path.is_empty() || path.ends_with(' ') => write!(path, "{name}"),
                Place::Field(name) => write!(path, ".{name}"),
                Place::Index(index) => write!(path, "[{index}]"),
                Place::Key(key) => write!(path, "[{key:?}]"),
            };
            debug_assert!(written.is_ok(), "a string takes everything");
        }
        PayloadError { path, reason: fail.0.reason }
    }
}

impl Display for Fail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.reason)
    }
}

impl std::error::Error for Fail {}

impl serde::ser::Error for Fail {
    fn custom<T: Display>(reason: T) -> Fail {
        Fail::new(reason.to_string())
    }
}

impl serde::de::Error for Fail {
    fn custom<T: Display>(reason: T) -> Fail {
        Fail::new(reason.to_string())
    }
}
