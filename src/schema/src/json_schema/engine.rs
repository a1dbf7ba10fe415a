//! From a resolved schema to a compiled validator of the `jsonschema` crate, offline and under limits.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jsonschema::{PatternOptions, Retrieve, Uri, ValidationError, Validator};
use serde_json::{Map, Number, Value as Serde};

use super::dialect::Draft;
use super::resolve::{DEFAULT_BASE, Resolution, without_fragment};
use super::walk;
use crate::error::SchemaError;
use crate::json::{Node, Value, position_at};

/// Memory one compiled pattern may take, and all of them together, in bytes.
const PATTERN_BYTES_MAX: usize = 2 * 1024 * 1024;
const PATTERNS_BYTES_MAX: usize = 128 * 1024 * 1024;
/// What a pattern may take however many there are.
const PATTERN_BYTES_MIN: usize = 16 * 1024;
/// Steps a pattern with look-around or back-references may take on one string.
pub(super) const BACKTRACK_MAX: usize = 10_000;

/// How a schema was compiled, so that parts of it can be compiled alike.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    draft: Draft,
    /// Memory a pattern may take, in bytes.
    size: usize,
    /// Patterns run on the linear engine, not on the backtracking one.
    linear: bool,
}

impl Settings {
    pub(super) fn is_linear(self) -> bool {
        self.linear
    }

    fn options<'a>(self) -> jsonschema::ValidationOptions<'a> {
        let options = jsonschema::options().with_draft(self.draft.engine()).with_base_uri(DEFAULT_BASE);
        with_patterns(options, self.linear, self.size)
    }

    /// Compiles a part without references in the way the whole was.
    ///
    /// # Errors
    /// What the compiler objects to.
    pub(super) fn part(self, schema: &Node) -> Result<Validator, SchemaError> {
        let value = convert(schema);
        catch_unwind(AssertUnwindSafe(|| self.options().build(&value).map_err(|e| refusal(&e, schema, ""))))
            .unwrap_or_else(|_| {
                Err(SchemaError::Unsupported { what: "a construct in this schema".to_owned() })
            })
    }
}

/// How patterns are compiled and run: on the linear engine, or on the backtracking one, with so many bytes of memory each.
pub(super) fn with_patterns(
    options: jsonschema::ValidationOptions<'_>,
    linear: bool,
    size: usize,
) -> jsonschema::ValidationOptions<'_> {
    if linear {
        return options.with_pattern_options(PatternOptions::regex().size_limit(size).dfa_size_limit(size));
    }
    let patterns = PatternOptions::fancy_regex().size_limit(size).dfa_size_limit(size);
    options.with_pattern_options(patterns.backtrack_limit(BACKTRACK_MAX))
}

/// Checks a schema against the meta-schema of its draft and compiles it.
///
/// # Errors
/// What the meta-schema or the compiler objects to, with its place.
pub(super) fn compile(resolution: &Resolution, text: &str) -> Result<(Validator, Settings), SchemaError> {
    let Some(document) = resolution.documents.first() else {
        return Err(SchemaError::Unsupported { what: "an empty resolution".to_owned() });
    };
    let schema = convert(&document.root);
    let known: HashMap<String, Serde> = resolution
        .documents
        .iter()
        .skip(1)
        .map(|d| (without_fragment(&d.uri).to_owned(), convert(&d.root)))
        .collect();
    let patterns: usize = resolution.documents.iter().map(|d| count_patterns(&d.root)).sum();
    let size = (PATTERNS_BYTES_MAX / patterns.max(1)).clamp(PATTERN_BYTES_MIN, PATTERN_BYTES_MAX);
    // The linear engine first; it has no look-around, so a second try is made with the backtracking one.
    let attempt = |linear: bool| {
        let settings = Settings { draft: document.draft, size, linear };
        let options = settings.options().with_retriever(Offline { known: known.clone() });
        catch_unwind(AssertUnwindSafe(|| {
            options.build(&schema).map_err(|e| refusal(&e, &document.root, text))
        }))
        .unwrap_or_else(|_| Err(SchemaError::Unsupported { what: "a construct in this schema".to_owned() }))
        .map(|validator| (validator, settings))
    };
    attempt(true).or_else(|_| attempt(false))
}

/// Serves the documents the resolution found, and nothing else.
struct Offline {
    known: HashMap<String, Serde>,
}

impl Retrieve for Offline {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Serde, Box<dyn std::error::Error + Send + Sync>> {
        match self.known.get(without_fragment(uri.as_str())) {
            Some(schema) => Ok(schema.clone()),
            None => Err(format!("\"{uri}\" is not among the references").into()),
        }
    }
}

fn refusal(error: &ValidationError<'_>, root: &Node, text: &str) -> SchemaError {
    let path = error.instance_path().as_str();
    let node = walk::at_pointer(root, path);
    let mut reason = error.to_string();
    if reason.len() > 1000 {
        let cut = (0..=1000).rev().find(|i| reason.is_char_boundary(*i)).unwrap_or(0);
        reason.truncate(cut);
        reason.push_str("...");
    }
    SchemaError::Invalid {
        path: if path.is_empty() { "/".to_owned() } else { path.to_owned() },
        position: node.map(|n| position_at(text, n.offset)),
        reason,
    }
}

fn count_patterns(node: &Node) -> usize {
    match &node.value {
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| {
                let own = match key {
                    "pattern" => 1,
                    "patternProperties" => value.as_object().map_or(0, crate::json::Object::len),
                    _ => 0,
                };
                own + count_patterns(value)
            })
            .sum(),
        Value::Array(items) => items.iter().map(count_patterns).sum(),
        _ => 0,
    }
}

/// Our tree as `serde_json`'s. Depth is bounded by the reader.
fn convert(node: &Node) -> Serde {
    match &node.value {
        Value::Null => Serde::Null,
        Value::Bool(flag) => Serde::Bool(*flag),
        Value::Number(text) => Serde::Number(number(text)),
        Value::String(text) => Serde::String(text.to_string()),
        Value::Array(items) => Serde::Array(items.iter().map(convert).collect()),
        Value::Object(object) => Serde::Object(
            object.iter().map(|(key, value)| (key.to_owned(), convert(value))).collect::<Map<_, _>>(),
        ),
    }
}

/// A number as the engine's: exact within 64-bit integers, else the nearest finite double. Payload numbers are no
/// larger, so a bound beyond a double's range means the largest double.
fn number(text: &str) -> Number {
    if let Ok(n) = text.parse::<i64>() {
        return n.into();
    }
    if let Ok(n) = text.parse::<u64>() {
        return n.into();
    }
    let double = text.parse::<f64>().unwrap_or(0.0).clamp(f64::MIN, f64::MAX);
    Number::from_f64(double).unwrap_or_else(|| 0.into())
}
