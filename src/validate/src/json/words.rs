//! Validation errors in plain words, without values of the payload: those may be secret, and long.

use std::fmt::Write;

use jsonschema::{
    JsonType, ValidationError,
    error::{TypeKind, ValidationErrorKind as Kind},
    paths::{Location, LocationSegment},
};
use serde_json::Value;

use crate::{Problem, cursor::count};

/// Longest piece of a schema (an enum's options, a constant) that a reason repeats, in characters.
const SCHEMA_SHOWN_MAX: usize = 80;

/// Longest property name that a path or reason shows, in characters.
const NAME_SHOWN_MAX: usize = 64;

/// How many property names a reason lists.
const NAMES_SHOWN: usize = 3;

/// An error in plain words.
pub(super) fn problem(error: &ValidationError<'_>) -> Problem {
    let (error, among) = closest(error);
    let mut reason = reason(error);
    if let Some(keyword) = among {
        let _ = write!(reason, " (closest choice of {keyword})");
    }
    Problem { path: path(error.instance_path()), reason }
}

/// For a value that fits no choice of `anyOf` or `oneOf`: the error of the choice that fits furthest, if there is one
/// that gets past the value itself.
fn closest<'e, 'v>(error: &'e ValidationError<'v>) -> (&'e ValidationError<'v>, Option<&'static str>)
where
    'v: 'e,
{
    let (choices, keyword): (&'e [Vec<ValidationError<'static>>], _) = match error.kind() {
        Kind::AnyOf { context } => (context, "anyOf"),
        Kind::OneOfNotValid { context } => (context, "oneOf"),
        _ => return (error, None),
    };
    let depth = |error: &ValidationError<'_>| error.instance_path().segments().count();
    let first_errors = choices.iter().filter_map(|errors| errors.first());
    match first_errors.max_by_key(|error| depth(error)) {
        Some(deepest) if depth(deepest) > depth(error) => (deepest, Some(keyword)),
        _ => (error, None),
    }
}

fn reason(error: &ValidationError<'_>) -> String {
    let value = error.instance();
    let got = type_of(value);
    match error.kind() {
        Kind::Type { kind: TypeKind::Single(wanted) } => {
            format!("expected {}, got {got}", type_word(*wanted))
        }
        Kind::Type { kind: TypeKind::Multiple(wanted) } => {
            let wanted: Vec<&str> = wanted.iter().map(type_word).collect();
            format!("expected {}, got {got}", wanted.join(" or "))
        }
        Kind::Required { property } => format!("required property {} is missing", shown(property)),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            format!("{} not in the schema", names(unexpected))
        }
        Kind::Enum { options } => format!("expected one of {}, got another {got}", shown(options)),
        Kind::Constant { expected_value } => format!("expected {}, got another {got}", shown(expected_value)),
        Kind::Minimum { limit } => format!("below the minimum of {limit}"),
        Kind::Maximum { limit } => format!("above the maximum of {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("not above {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("not below {limit}"),
        Kind::MultipleOf { multiple_of } => format!("not a multiple of {multiple_of}"),
        Kind::MinLength { limit } => {
            format!("expected at least {limit} characters, got {}", characters(value))
        }
        Kind::MaxLength { limit } => {
            format!("expected at most {limit} characters, got {}", characters(value))
        }
        Kind::Pattern { pattern } => format!("does not match the pattern {}", cut(pattern, SCHEMA_SHOWN_MAX)),
        Kind::Format { format } => format!("not of the format \"{format}\""),
        Kind::MinItems { limit } => format!("expected at least {limit} items, got {}", length(value)),
        Kind::MaxItems { limit } => format!("expected at most {limit} items, got {}", length(value)),
        Kind::AdditionalItems { limit } => format!("expected at most {limit} items, got {}", length(value)),
        Kind::MinProperties { limit } => {
            format!("expected at least {limit} properties, got {}", length(value))
        }
        Kind::MaxProperties { limit } => {
            format!("expected at most {limit} properties, got {}", length(value))
        }
        Kind::UniqueItems => "items are not unique".into(),
        Kind::Contains => "no item, or too many, match \"contains\"".into(),
        Kind::UnevaluatedItems { .. } => "items beyond those in the schema".into(),
        Kind::FalseSchema => "nothing is allowed here".into(),
        Kind::AnyOf { context } => {
            format!("{got} fits none of the {} of anyOf", count(context.len(), "choice"))
        }
        Kind::OneOfNotValid { context } => {
            format!("{got} fits none of the {} of oneOf", count(context.len(), "choice"))
        }
        Kind::OneOfMultipleValid { .. } => "fits more than one choice of oneOf".into(),
        Kind::Not { .. } => "fits the schema of \"not\"".into(),
        Kind::PropertyNames { error } => format!("property name: {}", reason(error)),
        Kind::ContentEncoding { content_encoding } => format!("not encoded as {content_encoding}"),
        Kind::ContentMediaType { content_media_type } => {
            format!("not of the media type {content_media_type}")
        }
        Kind::FromUtf8 { .. } => "decoded content is not UTF-8".into(),
        Kind::BacktrackLimitExceeded { .. } => "the pattern takes too long to match".into(),
        Kind::RegexEngineFailure { .. } => "the pattern cannot be matched".into(),
        Kind::Custom { keyword, .. } => format!("not valid by the keyword {keyword}"),
        Kind::Referencing(error) => format!("the schema cannot be resolved: {error}"),
    }
}

/// `/items/1/qty` as `items[1].qty`; names that are not plain words in brackets and quotes.
pub(super) fn path(pointer: &Location) -> String {
    let mut path = String::new();
    for segment in pointer.segments() {
        match segment {
            LocationSegment::Index(index) => {
                let _ = write!(path, "[{index}]");
            }
            LocationSegment::Property(name) if is_word(&name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&name);
            }
            LocationSegment::Property(name) => {
                let _ = write!(path, "[{:?}]", cut(&name, NAME_SHOWN_MAX));
            }
        }
    }
    path
}

fn is_word(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= NAME_SHOWN_MAX
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'))
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn type_word(wanted: JsonType) -> &'static str {
    match wanted {
        JsonType::Null => "null",
        JsonType::Boolean => "boolean",
        JsonType::Integer => "integer",
        JsonType::Number => "number",
        JsonType::String => "string",
        JsonType::Array => "array",
        JsonType::Object => "object",
    }
}

fn characters(value: &Value) -> usize {
    value.as_str().map_or(0, |text| text.chars().count())
}

fn length(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => 0,
    }
}

/// A piece of the schema.
fn shown(value: &Value) -> String {
    cut(&value.to_string(), SCHEMA_SHOWN_MAX)
}

fn names(unexpected: &[String]) -> String {
    let quoted = unexpected.iter().take(NAMES_SHOWN).map(|name| format!("{:?}", cut(name, NAME_SHOWN_MAX)));
    let mut text = quoted.collect::<Vec<_>>().join(", ");
    if unexpected.len() > NAMES_SHOWN {
        let _ = write!(text, " and {} more", unexpected.len() - NAMES_SHOWN);
    }
    match unexpected.len() {
        1 => format!("property {text} is"),
        _ => format!("properties {text} are"),
    }
}

fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
