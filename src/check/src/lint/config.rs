//! `[[lint]]` rows of `assay-check.toml`: lints allowed, or given another severity, by id and file.

use serde::Deserialize;

use super::rules::{LINTS, Lint, Severity};
use crate::glob;

/// A row as written. The first one that fits counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Glob over ids.
    pub rule: String,
    /// Glob over paths from the directory of the config; all if absent.
    pub path: Option<String>,
    /// `allow`, `info`, `warning`, or `error`.
    pub level: String,
}

impl Row {
    /// Checks what the TOML cannot.
    ///
    /// # Errors
    /// One sentence: an unknown level, or a rule that fits no lint.
    pub fn check(&self) -> Result<(), String> {
        if self.level != "allow" {
            self.level.parse::<Severity>().map_err(|_| {
                format!("a lint row has level = \"{}\"; known are allow, info, warning, error", self.level)
            })?;
        }
        match LINTS.iter().any(|lint| glob::matches(&self.rule, lint.id)) {
            true => Ok(()),
            false => Err(format!("a lint row has rule = \"{}\", which fits no lint", self.rule)),
        }
    }
}

/// How bad a lint is in a file; `None`: allowed.
pub(super) fn severity(rows: &[Row], lint: &Lint, path: &str) -> Option<Severity> {
    let fits = |row: &&Row| {
        glob::matches(&row.rule, lint.id) && row.path.as_ref().is_none_or(|glob| glob::matches(glob, path))
    };
    match rows.iter().find(fits) {
        Some(row) => row.level.parse().ok(),
        None => Some(lint.severity),
    }
}
