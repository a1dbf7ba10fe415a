//! Why a schema text is refused. `Display` gives one helpful sentence; the registry answers 42201 with it.

/// A place in a schema text; both numbers count from 1, columns count characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Position {
    /// Line.
    pub line: u32,
    /// Character within the line.
    pub column: u32,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// The cause of a refusal.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SchemaError {
    /// The text has too many bytes ([`Limits::schema_bytes`](crate::Limits::schema_bytes)).
    #[error("the schema has {bytes} bytes; the limit (schema_bytes) is {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit in force.
        limit: usize,
    },
    /// Values or types are nested too deep ([`Limits::depth`](crate::Limits::depth)).
    #[error("the schema is nested more than {limit} levels deep (limit: depth){}", at(.position))]
    TooDeep {
        /// The limit in force.
        limit: usize,
        /// Where it is passed, if that is a place in the text.
        position: Option<Position>,
    },
    /// Some other limit is passed.
    #[error("the schema has more than {limit} {what}")]
    TooMany {
        /// What is counted, in the plural.
        what: &'static str,
        /// The limit in force.
        limit: usize,
    },
    /// The text is not of its language (not JSON, not Protobuf).
    #[error("{reason} at line {line}, column {column}")]
    Syntax {
        /// Line, from 1.
        line: u32,
        /// Column in characters, from 1.
        column: u32,
        /// What is wrong, in plain words.
        reason: String,
    },
    /// The text can be read, but breaks a rule of the schema language.
    #[error("{reason} (at {path}{})", comma(.position))]
    Invalid {
        /// Where in the schema, as a JSON pointer or a dotted name; `/` for the root.
        path: String,
        /// Where in the text, if known.
        position: Option<Position>,
        /// What is wrong, in plain words.
        reason: String,
    },
    /// A name that neither the schema nor its references define.
    #[error("\"{name}\" is not defined in the schema or its references (at {path}{})", comma(.position))]
    UnresolvedReference {
        /// The name looked for.
        name: String,
        /// Where in the schema.
        path: String,
        /// Where in the text, if known.
        position: Option<Position>,
    },
    /// Legal, but not done by this release.
    #[error("{what} is not supported")]
    Unsupported {
        /// What is missing, as the subject of "is not supported".
        what: String,
    },
    /// A referenced schema is itself unusable.
    #[error("the reference \"{name}\" is unusable: {cause}")]
    Reference {
        /// Name of the reference.
        name: String,
        /// Why.
        #[source]
        cause: Box<SchemaError>,
    },
}

fn at(position: &Option<Position>) -> String {
    position.map(|p| format!(" at {p}")).unwrap_or_default()
}

fn comma(position: &Option<Position>) -> String {
    position.map(|p| format!(", {p}")).unwrap_or_default()
}
