//! The lints: one row each, with id, severity, reason, hint and source.

use std::fmt;
use std::str::FromStr;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Will hurt somebody.
    Warning,
    /// Must not pass; only by configuration.
    Error,
}

impl Severity {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = String;
    fn from_str(text: &str) -> Result<Severity, String> {
        [Severity::Info, Severity::Warning, Severity::Error]
            .into_iter()
            .find(|severity| severity.as_str() == text)
            .ok_or_else(|| format!("unknown severity \"{text}\"; known are info, warning, error"))
    }
}

/// One lint.
#[derive(Debug, PartialEq, Eq)]
pub struct Lint {
    /// Its id, as in reports and in `assay-check.toml`.
    pub id: &'static str,
    /// How bad, unless configured otherwise.
    pub severity: Severity,
    /// Why it hurts.
    pub why: &'static str,
    /// What to do, in one line.
    pub hint: &'static str,
    /// Where that is written.
    pub source: &'static str,
}

macro_rules! lints {
    ($($name:ident, $id:literal, $severity:ident, $why:literal, $hint:literal, $source:expr;)*) => {
        $(
            pub(super) static $name: Lint = Lint { id: $id, severity: Severity::$severity, why: $why, hint: $hint, source: $source };
        )*
        /// All lints.
        pub static LINTS: &[&Lint] = &[$(&$name),*];
    };
}

const AVRO: &str = "Avro specification";
const WIRE: &str = "Protocol Buffers, Updating A Message Type";
const JSON: &str = "JSON Schema specification";
const RULES: &str = "registry contract, section 3";

lints! {
    REPEATED_KEY, "repeated-key", Warning,
        "of several members of an object with the same key the last one counts, and the others are lost without a word",
        "keep one of them", "RFC 8259, section 4; the reference takes the last";

    AVRO_OPTIONAL_WITHOUT_DEFAULT, "avro-optional-without-default", Warning,
        "a field that may be null but has no default cannot be read from data that lacks it: it is optional for writers only",
        "put null first and add \"default\": null", AVRO;
    AVRO_ENUM_WITHOUT_DEFAULT, "avro-enum-without-default", Warning,
        "readers of today fail on every symbol that is added later",
        "add a \"default\" symbol to the enum", AVRO;
    AVRO_DEFAULT_IN_TYPE, "avro-default-in-type", Warning,
        "a default inside the type is ignored; the field has none",
        "move \"default\" from the type to the field", AVRO;
    AVRO_LOGICAL_TYPE_IGNORED, "avro-logical-type-ignored", Warning,
        "a logical type that does not fit its type is ignored without a word, and values are read as the bare type",
        "use the type and attributes that the logical type asks for", AVRO;
    AVRO_MISSPELT, "avro-misspelt-attribute", Warning,
        "an attribute that Avro does not know is kept and ignored",
        "correct the spelling", AVRO;
    AVRO_UNUSABLE_DEFAULT, "avro-unusable-default", Warning,
        "a default that is no symbol of its enum, or no value of the first branch of its union, fails when it is used, or is read as something else",
        "use a symbol of the enum; put the branch of the default first", AVRO;
    AVRO_NULL_ATTRIBUTE, "avro-null-attribute", Warning,
        "readers in Java fail on an attribute that is null, and on one with a null inside where aliases come into play",
        "leave the attribute out", "found by comparing with Apache Avro for Java 1.12";
    AVRO_NO_NAMESPACE, "avro-no-namespace", Info,
        "names without a namespace collide, and Java cannot import a class from the default package",
        "add a \"namespace\"", AVRO;

    PROTO_NO_PACKAGE, "proto-no-package", Info,
        "the package cannot be added later: every message would have another name",
        "add a package now", RULES;
    PROTO_NO_SYNTAX, "proto-no-syntax", Info,
        "a file without a syntax statement is proto2, which few expect",
        "write syntax = \"proto3\"; or syntax = \"proto2\";", "Protocol Buffers, Language Guide";
    PROTO_REQUIRED, "proto-required-field", Warning,
        "a required field can never be removed, and no version can add one",
        "make it optional while nobody has written data yet", WIRE;
    PROTO_ENUM_WITHOUT_DEFAULT, "proto-enum-without-default", Warning,
        "the first constant is what readers see when the field is absent, so absence looks like a real value",
        "let the first constant be 0 and end in _UNSPECIFIED", "Protocol Buffers, Style Guide";
    PROTO_NOT_RESERVED, "proto-removed-without-reserved", Warning,
        "the number may be given to another field one day, which would read old data as its own",
        "add reserved for the number and the name", WIRE;
    PROTO_RESERVED_DROPPED, "proto-reserved-dropped", Warning,
        "what was reserved may be in data already written",
        "keep the reservation, and use a new number", WIRE;
    PROTO_LABEL, "proto-label-changed-but-allowed", Warning,
        "a reader of one value takes the last of several or, where numbers are packed, none",
        "keep the label, and use a new number for the other one", RULES;
    PROTO_RENAMED, "proto-renamed-field", Info,
        "names are not on the wire, but in the JSON mapping, in text format and in field masks",
        "keep the old name for JSON with json_name", WIRE;

    JSON_OPEN, "json-open-object", Info,
        "an object that says nothing of other properties takes any: adding an optional property later is refused by BACKWARD, for old data may have it with another type",
        "decide now: \"additionalProperties\": false (adding will be allowed, removing not), or keep it open", RULES;
    JSON_CLOSED_COMBINATION, "json-closed-combination", Warning,
        "additionalProperties sees the properties beside it only, not those of the other parts of a combination, and so refuses them",
        "use unevaluatedProperties (2019-09 and later), or repeat the properties", JSON;
    JSON_REQUIRED_UNKNOWN, "json-required-unknown", Warning,
        "a required property that is not described may have any value; in a closed object nothing is valid",
        "describe the property, or correct its name in required", JSON;
    JSON_REF_SIBLINGS, "json-ref-siblings", Warning,
        "up to draft 7 everything beside $ref is ignored",
        "put the $ref into an allOf, or use draft 2019-09 or later", JSON;
    JSON_OTHER_DRAFT, "json-keyword-of-other-draft", Warning,
        "a keyword that the schema's draft does not know is ignored",
        "set $schema to the draft you write, or use its keyword", JSON;
    JSON_NO_EFFECT, "json-keyword-without-effect", Warning,
        "a keyword for another type than the schema allows, or without its partner, checks nothing",
        "remove it, or correct the type", JSON;
    JSON_MISSPELT, "json-misspelt-keyword", Warning,
        "an unknown keyword is ignored",
        "correct the spelling", JSON;
    JSON_OTHER_TYPE, "json-value-of-other-type", Warning,
        "a value that the schema itself refuses is of no use as default, const or in enum",
        "give a value of the schema's type", JSON;
    JSON_UNANCHORED, "json-pattern-unanchored", Info,
        "a pattern may match anywhere in the text, so \"[0-9]+\" takes \"x1y\"",
        "write ^ and $ where the whole text is meant", JSON;
    JSON_SLOW, "json-slow-keyword", Info,
        "records of this schema are not checked in one pass, and so several times slower",
        "write it without the keyword if throughput matters", "validation of records in Assay";

    NARROWED, "narrowed-but-allowed", Warning,
        "the rules allow it, and yet old data may hold values that are cut, changed or refused when read",
        "make sure no such value was ever written, or use a new field", RULES;
    MEANING, "meaning-changed", Warning,
        "the rules allow it, for the bytes stay readable, but old data is read as something else",
        "use a new field for the new meaning", RULES;
    SYMBOL_REMOVED, "symbol-removed-but-allowed", Warning,
        "old data with this value is read as the default or as a bare number",
        "keep the value, marked as deprecated", RULES;
}

/// The lint of an id.
pub fn by_id(id: &str) -> Option<&'static Lint> {
    LINTS.iter().copied().find(|lint| lint.id == id)
}
