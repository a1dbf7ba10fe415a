//! Names and numbers of the registry: contexts, subjects, versions and schema types.
//!
//! Source: contract 1.1 ("Version identifiers", "Subject and context names") and 2.7. Parsing a subject never
//! fails, because reads do not validate; [`Subject::validate_for_write`] holds the rules for writes.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A namespace of subjects and ids, written `.name`; the default one is `.`.
///
/// Ordered by text, which puts the default context first.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Context(Arc<str>);

/// Text of the pseudo-context that only `/config` and `/mode` know (contract 1.1).
pub const GLOBAL_CONTEXT: &str = ".__GLOBAL";
/// Subject names that may not be written to (contract 1.1).
const RESERVED_NAMES: [&str; 2] = ["__GLOBAL", "__EMPTY"];

/// A text that is no context: it must start with a dot and hold no colon and no control character.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("\"{0}\" is not a context: it must start with a dot and hold no colon and no control character")]
pub struct InvalidContext(pub String);

impl Context {
    /// Reads `.` or `.name`.
    ///
    /// # Errors
    /// [`InvalidContext`] without the leading dot, or with a colon or control character.
    pub fn parse(text: &str) -> Result<Context, InvalidContext> {
        if text.starts_with('.') && !text.contains(|c: char| c == ':' || c.is_control()) {
            Ok(Context(text.into()))
        } else {
            Err(InvalidContext(text.to_owned()))
        }
    }

    /// The name with its leading dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `.`.
    pub fn is_default(&self) -> bool {
        &*self.0 == "."
    }

    /// Whether this is the pseudo-context `.__GLOBAL`.
    pub fn is_global(&self) -> bool {
        &*self.0 == GLOBAL_CONTEXT
    }
}

impl Default for Context {
    fn default() -> Self {
        Context(".".into())
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A subject: a context and a name in it. Ordered by context, then name. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Subject {
    context: Context,
    name: Arc<str>,
}

/// Why a subject may not be written to (error code 42208).
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the subject '{subject}' is not valid: {reason}")]
pub struct InvalidSubject {
    /// The subject as given.
    pub subject: String,
    /// The rule it breaks, in plain words.
    pub reason: &'static str,
}

impl Subject {
    /// A subject from its two parts.
    pub fn new(context: Context, name: &str) -> Subject {
        Subject { context, name: name.into() }
    }

    /// Reads `name`, `:.ctx:name`, `:.ctx:` or `:.ctx` (the context itself, with an empty name).
    /// `:.:name` equals `name`. Everything else is a name in the default context, however odd.
    pub fn parse(text: &str) -> Subject {
        Subject::parse_in(text, &Context::default())
    }

    /// Like [`Subject::parse`], but an unqualified name is placed in `home` (contract 2.6: an unqualified
    /// reference is in the context of the subject that refers).
    pub fn parse_in(text: &str, home: &Context) -> Subject {
        let Some(rest) = text.strip_prefix(':').filter(|r| r.starts_with('.')) else {
            return Subject::new(home.clone(), text);
        };
        let (context, name) = rest.split_once(':').unwrap_or((rest, ""));
        Subject { context: Context(context.into()), name: name.into() }
    }

    /// The context.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The name without context.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The rules for registering to a subject or configuring it (contract 1.1, code 42208).
    /// `/config` and `/mode` allow the context `.__GLOBAL` and so must ask before they come here.
    ///
    /// # Errors
    /// [`InvalidSubject`] with control characters, a reserved name, or the context `.__GLOBAL`.
    pub fn validate_for_write(&self) -> Result<(), InvalidSubject> {
        let reason = if self.name.contains(char::is_control) || self.context.0.contains(char::is_control) {
            "it holds a control character"
        } else if RESERVED_NAMES.contains(&&*self.name) {
            "the name is reserved"
        } else if self.context.is_global() {
            "the context is reserved"
        } else {
            return Ok(());
        };
        Err(InvalidSubject { subject: self.to_string(), reason })
    }
}

impl FromStr for Subject {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Subject::parse(text))
    }
}

/// The form of API answers: unqualified in the default context, else `:.ctx:name`.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A default-context name that itself looks qualified must be written qualified to read back the same.
        if self.context.is_default() && !self.name.starts_with(":.") {
            f.write_str(&self.name)
        } else {
            write!(f, ":{}:{}", self.context, self.name)
        }
    }
}

/// A number within a subject, `1..=i32::MAX`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Version(u32);

impl Version {
    /// The first version of a subject.
    pub const FIRST: Version = Version(1);

    /// `None` outside `1..=i32::MAX`.
    pub const fn new(number: u32) -> Option<Version> {
        if number >= 1 && number <= i32::MAX as u32 { Some(Version(number)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The number as the API and references carry it.
    pub const fn as_i32(self) -> i32 {
        self.0 as i32 // in range by construction
    }

    /// The following version; `None` at the end of the range.
    pub const fn next(self) -> Option<Version> {
        Version::new(self.0 + 1)
    }
}

impl TryFrom<i32> for Version {
    type Error = InvalidVersion;
    fn try_from(number: i32) -> Result<Self, Self::Error> {
        u32::try_from(number)
            .ok()
            .and_then(Version::new)
            .ok_or_else(|| InvalidVersion { text: number.to_string() })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a `{version}` path segment asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VersionSpec {
    /// The highest active version: `latest` in any case, or `-1`.
    Latest,
    /// That version.
    Exact(Version),
}

/// A text that is no version identifier (error code 42202).
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "The specified version '{text}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string \"latest\""
)]
pub struct InvalidVersion {
    /// The text as given.
    pub text: String,
}

impl FromStr for VersionSpec {
    type Err = InvalidVersion;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        if trimmed.eq_ignore_ascii_case("latest") {
            return Ok(VersionSpec::Latest);
        }
        match trimmed.parse::<i32>() {
            Ok(-1) => Ok(VersionSpec::Latest),
            Ok(number) => Version::try_from(number)
                .map(VersionSpec::Exact)
                .map_err(|_| InvalidVersion { text: text.to_owned() }),
            Err(_) => Err(InvalidVersion { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for VersionSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VersionSpec::Latest => f.write_str("latest"),
            VersionSpec::Exact(version) => version.fmt(f),
        }
    }
}

/// The language a schema is written in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub enum SchemaType {
    /// Apache Avro; what an absent or empty `schemaType` means to the API.
    #[default]
    Avro,
    /// JSON Schema.
    Json,
    /// Protocol Buffers.
    Protobuf,
}

impl SchemaType {
    /// All types, in the order the API lists them.
    pub const ALL: [SchemaType; 3] = [SchemaType::Json, SchemaType::Protobuf, SchemaType::Avro];

    /// `AVRO`, `JSON` or `PROTOBUF`.
    pub const fn as_str(self) -> &'static str {
        match self {
            SchemaType::Avro => "AVRO",
            SchemaType::Json => "JSON",
            SchemaType::Protobuf => "PROTOBUF",
        }
    }
}

impl fmt::Display for SchemaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no schema type.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unknown schema type \"{0}\"; known are AVRO, JSON and PROTOBUF")]
pub struct UnknownSchemaType(pub String);

impl FromStr for SchemaType {
    type Err = UnknownSchemaType;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        SchemaType::ALL
            .into_iter()
            .find(|t| t.as_str() == text)
            .ok_or_else(|| UnknownSchemaType(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_read_and_print() {
        let rows = [
            // text, context, name, printed
            ("orders-value", ".", "orders-value", "orders-value"),
            (":.:orders", ".", "orders", "orders"),
            (":.ctx:orders", ".ctx", "orders", ":.ctx:orders"),
            (":.ctx:", ".ctx", "", ":.ctx:"),
            (":.ctx", ".ctx", "", ":.ctx:"),
            (":.a:b:c", ".a", "b:c", ":.a:b:c"),
            ("", ".", "", ""),
            (":x:y", ".", ":x:y", ":x:y"),
            (":*:x", ".", ":*:x", ":*:x"),
            (":.::.a:b", ".", ":.a:b", ":.::.a:b"),
        ];
        for (text, context, name, printed) in rows {
            let subject = Subject::parse(text);
            assert_eq!((subject.context().as_str(), subject.name()), (context, name), "{text}");
            assert_eq!(subject.to_string(), printed, "{text}");
            assert_eq!(Subject::parse(printed), subject, "{text}");
        }
    }

    #[test]
    fn unqualified_subjects_take_the_home_context() {
        let home = Context::parse(".home").unwrap();
        assert_eq!(Subject::parse_in("a", &home).to_string(), ":.home:a");
        assert_eq!(Subject::parse_in(":.:a", &home).to_string(), "a");
        assert_eq!(Subject::parse_in(":.b:a", &home).to_string(), ":.b:a");
    }

    #[test]
    fn writes_refuse_odd_subjects() {
        for good in ["", "*", "a b", "é/ü", ":.c:", ":.c:x", "__GLOBALx"] {
            assert_eq!(Subject::parse(good).validate_for_write(), Ok(()), "{good}");
        }
        for bad in
            ["a\nb", "__GLOBAL", "__EMPTY", ":.c:__EMPTY", ":.__GLOBAL:", ":.__GLOBAL:x", "\u{7f}", "\u{85}"]
        {
            assert!(Subject::parse(bad).validate_for_write().is_err(), "{bad}");
        }
    }

    #[test]
    fn versions_read() {
        let exact = |n| Ok(VersionSpec::Exact(Version::new(n).unwrap()));
        for (text, want) in [
            ("latest", Ok(VersionSpec::Latest)),
            (" LaTeSt ", Ok(VersionSpec::Latest)),
            ("-1", Ok(VersionSpec::Latest)),
            ("1", exact(1)),
            ("+3", exact(3)),
            ("2147483647", exact(2_147_483_647)),
        ] {
            assert_eq!(text.parse(), want, "{text}");
        }
        for bad in ["0", "-2", "2147483648", "earliest", "", "1.0", "0x1"] {
            assert!(bad.parse::<VersionSpec>().is_err(), "{bad}");
        }
    }

    #[test]
    fn types_and_contexts_read() {
        for t in SchemaType::ALL {
            assert_eq!(t.as_str().parse(), Ok(t));
        }
        for bad in ["", "avro", "XML"] {
            assert!(bad.parse::<SchemaType>().is_err(), "{bad}");
        }
        assert!(Context::default().is_default());
        for bad in ["", "a", ".a:b", ".\n"] {
            assert!(Context::parse(bad).is_err(), "{bad}");
        }
    }
}
