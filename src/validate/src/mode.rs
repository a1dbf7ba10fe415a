//! What is asked of a part of a record, and what the broker asks where a topic says nothing.

use std::{fmt, str::FromStr};

/// What is asked of the keys or the values of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Nothing.
    #[default]
    Off,
    /// A frame, with a schema that is registered under the topic's subject.
    Id,
    /// That, and a payload that is what the schema says.
    Payload,
}

/// The broker's default for values of topics that say nothing themselves (`--validate`). Keys are checked only where a
/// topic says so: plain keys on topics with framed values are ordinary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DefaultMode {
    /// [`Mode::Payload`] where the subject `<topic>-value` has an active version, else [`Mode::Off`].
    #[default]
    Auto,
    /// [`Mode::Off`].
    Off,
    /// [`Mode::Id`].
    Id,
    /// [`Mode::Payload`].
    Payload,
}

/// A config that does not say what it must.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{value}\" is not a value of {name}, expected {expected}")]
pub struct InvalidPolicy {
    /// The config, or `--validate`.
    pub name: String,
    /// What it was set to.
    pub value: String,
    /// What it may be set to.
    pub expected: String,
}

impl Mode {
    /// `off`, `id` or `payload`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Mode::Off => "off",
            Mode::Id => "id",
            Mode::Payload => "payload",
        }
    }
}

impl DefaultMode {
    /// `auto`, `off`, `id` or `payload`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            DefaultMode::Auto => "auto",
            DefaultMode::Off => "off",
            DefaultMode::Id => "id",
            DefaultMode::Payload => "payload",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for DefaultMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Any case.
impl FromStr for DefaultMode {
    type Err = InvalidPolicy;

    fn from_str(text: &str) -> Result<DefaultMode, InvalidPolicy> {
        default_mode("--validate", text)
    }
}

/// Any case.
impl FromStr for Mode {
    type Err = InvalidPolicy;

    fn from_str(text: &str) -> Result<Mode, InvalidPolicy> {
        let all = [Mode::Off, Mode::Id, Mode::Payload];
        let found = all.into_iter().find(|mode| mode.as_str().eq_ignore_ascii_case(text.trim()));
        found.ok_or_else(|| InvalidPolicy {
            name: "validation mode".into(),
            value: text.into(),
            expected: "off, id or payload".into(),
        })
    }
}

/// Reads a [`DefaultMode`] for a config of this name.
pub(crate) fn default_mode(name: &str, text: &str) -> Result<DefaultMode, InvalidPolicy> {
    let all = [DefaultMode::Auto, DefaultMode::Off, DefaultMode::Id, DefaultMode::Payload];
    let found = all.into_iter().find(|mode| mode.as_str().eq_ignore_ascii_case(text.trim()));
    found.ok_or_else(|| InvalidPolicy {
        name: name.into(),
        value: text.into(),
        expected: "auto, off, id or payload".into(),
    })
}
