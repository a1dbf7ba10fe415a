//! JSON: a payload is one JSON text in UTF-8 (contract 5.5), which is valid against its schema.
//!
//! Two ways: one pass over the bytes by a program for the common keywords ([`program`], [`fast`]), which says yes or no, and
//! `jsonschema` on a tree, which explains, and checks by the other keywords. The tree is `serde_json`'s: nesting of up to 127, numbers as 64-bit
//! integers or doubles. Stricter than the reference by choice: deeper nesting, numbers beyond the range of a double, and what a
//! schema's choices would take too long for ([`Growth`]) are refused.

mod fast;
mod names;
mod program;
mod text;
mod words;

use std::sync::Arc;

use assay_schema::json_schema::{Growth, JsonSchema};
use serde_json::Value;

use crate::{Problem, compile::SchemaUnusable, cursor::not_utf8};

use program::Program;

/// How many errors one reason tells of.
const ERRORS_SHOWN: usize = 3;

/// Payloads above this many bytes are told their first error only: finding several means finding all.
const ALL_ERRORS_BYTES_MAX: usize = 64 * 1024;

/// Stack, in bytes, that any thread that checks payloads is taken to have left. A check that may need more runs on a
/// thread of its own.
const STACK_BYTES: usize = 1024 * 1024;

/// A compiled JSON schema.
#[derive(Debug)]
pub(crate) struct Plan {
    validator: jsonschema::Validator,
    schema: Arc<JsonSchema>,
    /// Payloads nested no deeper are checked where the caller is.
    depth_here: usize,
    growth: Growth,
    /// For checks in one pass, or the keywords that do not allow it.
    fast: Result<Program, Vec<String>>,
}

impl Plan {
    pub(crate) fn new(schema: &Arc<JsonSchema>) -> Result<Plan, SchemaUnusable> {
        let unusable = |error: assay_schema::SchemaError| SchemaUnusable { reason: error.to_string() };
        let validator = schema.validator().map_err(unusable)?;
        let fits = |depth: &usize| schema.stack_bytes(*depth).is_ok_and(|bytes| bytes <= STACK_BYTES);
        let depth_here = (0..128).take_while(fits).last().unwrap_or(0);
        let fast = Program::new(schema);
        let growth = Growth::new(schema);
        Ok(Plan { validator, schema: Arc::clone(schema), depth_here, growth, fast })
    }

    /// Whether a payload is valid, in one pass; `None` if that cannot tell.
    pub(crate) fn accepts(&self, payload: &[u8]) -> Option<bool> {
        self.fast.as_ref().ok()?.accepts(payload)
    }

    /// The keywords for which payloads are checked on a tree, rather than in one pass.
    pub(crate) fn slow_keywords(&self) -> &[String] {
        self.fast.as_ref().err().map_or(&[], Vec::as_slice)
    }

    /// Checks a payload on a tree.
    pub(crate) fn explain(&self, payload: &[u8]) -> Result<(), Problem> {
        let problem = |reason: String| Problem { path: String::new(), reason };
        let text = std::str::from_utf8(payload).map_err(|error| problem(not_utf8(error)))?;
        let value: Value =
            serde_json::from_str(text).map_err(|error| problem(format!("not JSON: {error}")))?;
        let depth = depth(payload);
        if !self.growth.allows_verdict(depth, payload.len()) {
            return Err(problem(
                "nested too deep, or too long, to be checked by the choices of this schema".into(),
            ));
        }
        let explained = self.growth.allows_reasons(depth, payload.len());
        if depth <= self.depth_here {
            return self.verdict(&value, payload.len(), explained);
        }
        let too_deep = || problem("nested too deep for this schema to be checked".into());
        let stack_bytes = self.schema.stack_bytes(depth).map_err(|_| too_deep())?;
        std::thread::scope(|scope| {
            std::thread::Builder::new()
                .stack_size(stack_bytes)
                .spawn_scoped(scope, || self.verdict(&value, payload.len(), explained))
                .map_err(|_| too_deep())?
                .join()
                .unwrap_or_else(|_| Err(too_deep()))
        })
    }

    fn verdict(&self, value: &Value, bytes: usize, explained: bool) -> Result<(), Problem> {
        if self.validator.is_valid(value) {
            return Ok(());
        }
        if explained {
            return Err(self.reasons(value, bytes));
        }
        let reason = "not valid against the schema, which has too many choices to say where";
        Err(Problem { path: String::new(), reason: reason.into() })
    }

    /// Why an invalid value is: the path of the first error, its reason, and after it those of a few more.
    fn reasons(&self, value: &Value, bytes: usize) -> Problem {
        let errors = if bytes <= ALL_ERRORS_BYTES_MAX && self.schema.patterns_are_linear() {
            self.validator.iter_errors(value).collect()
        } else {
            self.validator.validate(value).err().into_iter().collect::<Vec<_>>()
        };
        let mut told = errors.iter().map(words::problem);
        let Some(mut first) = told.next() else {
            return Problem { path: String::new(), reason: "not valid against the schema".into() };
        };
        for more in told.take(ERRORS_SHOWN - 1) {
            first.reason.push_str("; ");
            first.reason.push_str(&more.to_string());
        }
        if errors.len() > ERRORS_SHOWN {
            first.reason.push_str(&format!("; and {} more", errors.len() - ERRORS_SHOWN));
        }
        first
    }
}

/// How deep a JSON text is nested.
fn depth(payload: &[u8]) -> usize {
    let mut open = 0usize;
    let mut deepest = 0;
    let (mut in_string, mut escaped) = (false, false);
    for byte in payload {
        if in_string {
            in_string = escaped || *byte != b'"';
            escaped = *byte == b'\\' && !escaped;
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest.min(128)
}
