//! JSON: a payload is one JSON text in UTF-8 (contract 5.5), which is valid against its schema.
//!
//! The tree is `serde_json`'s: nesting of up to 127, numbers as 64-bit integers or doubles. Stricter than the reference by choice: deeper
//! nesting and numbers beyond the range of a double are refused.

mod words;

use serde_json::Value;

use crate::{Problem, cursor::not_utf8};

/// How many errors one reason tells of.
const ERRORS_SHOWN: usize = 3;

/// Payloads above this many bytes are told their first error only: finding several means finding all.
const ALL_ERRORS_BYTES_MAX: usize = 64 * 1024;

/// A compiled JSON schema.
#[derive(Debug)]
pub(crate) struct Plan {
    validator: jsonschema::Validator,
}

impl Plan {
    pub(crate) fn new(validator: jsonschema::Validator) -> Plan {
        Plan { validator }
    }

    /// Checks a payload.
    pub(crate) fn check(&self, payload: &[u8]) -> Result<(), Problem> {
        let problem = |reason: String| Problem { path: String::new(), reason };
        let text = std::str::from_utf8(payload).map_err(|error| problem(not_utf8(error)))?;
        let value: Value =
            serde_json::from_str(text).map_err(|error| problem(format!("not JSON: {error}")))?;
        if self.validator.is_valid(&value) {
            return Ok(());
        }
        Err(self.explain(&value, payload.len()))
    }

    /// Why an invalid value is: the path of the first error, its reason, and after it those of a few more.
    fn explain(&self, value: &Value, bytes: usize) -> Problem {
        let errors = if bytes <= ALL_ERRORS_BYTES_MAX {
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
