//! The seven levels and the policies of contract 3.1.

use std::fmt;
use std::str::FromStr;

/// What a new schema must keep to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub enum Level {
    /// Nothing.
    None,
    /// It reads data of the latest version.
    #[default]
    Backward,
    /// It reads data of all versions.
    BackwardTransitive,
    /// The latest version reads its data.
    Forward,
    /// All versions read its data.
    ForwardTransitive,
    /// Both, against the latest version.
    Full,
    /// Both, against all versions.
    FullTransitive,
}

/// How strictly JSON Schema is judged (contract 3.4); the other formats know one way only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub enum Policy {
    /// A change must keep all data readable.
    #[default]
    Strict,
    /// Properties may come and go.
    Lenient,
}

/// A text that is no level (error code 42203).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownLevel(pub String);

impl fmt::Display for UnknownLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Level::ALL.iter().map(|level| level.as_str()).collect();
        write!(f, "unknown compatibility level \"{}\"; known are {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownLevel {}

impl Level {
    /// All levels.
    pub const ALL: [Level; 7] = [
        Level::None,
        Level::Backward,
        Level::BackwardTransitive,
        Level::Forward,
        Level::ForwardTransitive,
        Level::Full,
        Level::FullTransitive,
    ];

    /// As the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::None => "NONE",
            Level::Backward => "BACKWARD",
            Level::BackwardTransitive => "BACKWARD_TRANSITIVE",
            Level::Forward => "FORWARD",
            Level::ForwardTransitive => "FORWARD_TRANSITIVE",
            Level::Full => "FULL",
            Level::FullTransitive => "FULL_TRANSITIVE",
        }
    }

    /// Whether all versions count, not only the latest.
    pub const fn is_transitive(self) -> bool {
        matches!(self, Level::BackwardTransitive | Level::ForwardTransitive | Level::FullTransitive)
    }

    /// Whether the new schema must read older data.
    pub const fn checks_backward(self) -> bool {
        matches!(self, Level::Backward | Level::BackwardTransitive | Level::Full | Level::FullTransitive)
    }

    /// Whether older schemas must read the new data.
    pub const fn checks_forward(self) -> bool {
        matches!(self, Level::Forward | Level::ForwardTransitive | Level::Full | Level::FullTransitive)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Level {
    type Err = UnknownLevel;
    /// Any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Level::ALL
            .into_iter()
            .find(|level| level.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownLevel(text.to_owned()))
    }
}
