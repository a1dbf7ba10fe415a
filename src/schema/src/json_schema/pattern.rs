//! One regular expression, as `pattern` and `patternProperties` mean it: the very engine that validates payloads
//! decides, so that who asks about names gets the answer the validator gives.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jsonschema::Validator;
use serde_json::{Value as Serde, json};

use super::engine::{BACKTRACK_MAX, with_patterns};

/// Memory one compiled pattern may take, in bytes.
const PATTERN_BYTES_MAX: usize = 256 * 1024;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    validator: Validator,
    engine: Engine,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Engine {
    Linear,
    Backtracking,
}

impl Pattern {
    /// Compiles a pattern; `None` when the engine refuses it.
    pub fn new(pattern: &str) -> Option<Pattern> {
        let schema = json!({ "pattern": pattern });
        let options = jsonschema::options().with_draft(jsonschema::Draft::Draft7);
        let attempt = |options: jsonschema::ValidationOptions<'_>| {
            // The compiler of a foreign crate: a panic in it must not take a request down.
            catch_unwind(AssertUnwindSafe(|| options.build(&schema).ok())).ok().flatten()
        };
        let known = |engine| move |validator| Pattern { validator, engine };
        let with = |linear| with_patterns(options.clone(), linear, PATTERN_BYTES_MAX);
        let first = attempt(with(true)).map(known(Engine::Linear));
        first.or_else(|| attempt(with(false)).map(known(Engine::Backtracking)))
    }

    /// What a match costs at most, in steps of about a tenth of a microsecond: for those who keep an account.
    pub fn steps(&self, text: &str) -> usize {
        match self.engine {
            Engine::Linear => 1 + text.len() / 16,
            Engine::Backtracking => BACKTRACK_MAX / 10 + text.len() / 16,
        }
    }

    /// Whether it matches somewhere in a text; false when the bounded engine gives up.
    pub fn is_match(&self, text: &str) -> bool {
        self.validator.is_valid(&Serde::String(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::Pattern;

    #[test]
    fn patterns_match_as_in_a_validator() {
        let rows = [
            ("^x-", "x-a", true),
            ("^x-", "ax-", false),
            ("a", "bab", true),
            ("^\\d+$", "12", true),
            ("^(?!x)", "x", false),
            ("^(?!x)", "y", true),
        ];
        for (pattern, text, want) in rows {
            assert_eq!(Pattern::new(pattern).unwrap().is_match(text), want, "{pattern} {text}");
        }
        assert!(Pattern::new("(").is_none());
        assert!(!Pattern::new("^(a+)+(?=b)$").unwrap().is_match(&"a".repeat(60)), "gives up");
    }
}
