//! The plan, and its file: JSON that holds everything `apply` needs, and the state it was made on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The format's number.
pub(crate) const FORMAT: u32 = 1;

/// What would be done, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The format of the file.
    #[serde(rename = "assay-plan")]
    pub format: u32,
    /// URL of the registry, without user and password.
    pub registry: String,
    /// The steps.
    pub steps: Vec<Step>,
    /// What cannot be done, and why: then nothing is.
    pub refused: Vec<Refused>,
    /// What nobody can tell: then nothing is done either.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unchecked: Vec<Refused>,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// Files that the registry holds already.
    pub unchanged: usize,
    /// What the steps rest on, by subject.
    pub state: BTreeMap<String, SubjectState>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// Set members of a subject's own config.
    Config {
        /// The subject.
        subject: String,
        /// The members, as `PUT /config` takes them.
        set: Map<String, Value>,
        /// What is in force for them now.
        was: Map<String, Value>,
    },
    /// Register a version.
    Register {
        /// The subject.
        subject: String,
        /// The file.
        file: String,
        /// The number it gets.
        version: i32,
        /// The request.
        body: Value,
        /// Who said that it fits.
        decided: Decided,
    },
    /// Soft-delete a subject.
    Delete {
        /// The subject.
        subject: String,
        /// Its active versions.
        versions: Vec<i32>,
    },
}

/// Who said that a version may be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decided {
    /// The registry, asked.
    Registry,
    /// The same rules, applied here: the registry cannot be asked before earlier steps are done.
    Here,
}

/// Something the registry would not take, or of which nobody can tell whether it would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// The subject.
    pub subject: String,
    /// The file, if it is about one.
    pub file: Option<String>,
    /// Why.
    pub reasons: Vec<String>,
}

/// A subject as it was when the plan was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectState {
    /// Active versions.
    pub active: Vec<i32>,
    /// All versions, also the soft-deleted ones.
    pub all: Vec<i32>,
    /// Its own config.
    pub own: Option<Value>,
    /// The config in force.
    pub config: Value,
    /// The mode in force.
    pub mode: String,
}

impl SubjectState {
    /// The next version's number (contract 2.3).
    pub fn next(&self) -> i32 {
        self.all.iter().chain(&self.active).max().map_or(1, |last| last.saturating_add(1))
    }
}

impl Step {
    /// The subject.
    pub fn subject(&self) -> &str {
        match self {
            Step::Config { subject, .. } | Step::Register { subject, .. } | Step::Delete { subject, .. } => {
                subject
            }
        }
    }
}

impl Plan {
    /// Reads the file of a plan.
    ///
    /// # Errors
    /// One sentence: it is not one, or of another format.
    pub fn parse(text: &str) -> Result<Plan, String> {
        let plan: Plan = serde_json::from_str(text).map_err(|e| format!("this is no plan of assay: {e}"))?;
        if plan.format != FORMAT {
            return Err(format!("a plan of format {}; this release reads {FORMAT}", plan.format));
        }
        Ok(plan)
    }

    /// The text of its file.
    pub fn print(&self) -> String {
        match serde_json::to_string_pretty(self) {
            Ok(text) => text + "\n",
            Err(_) => String::new(), // a plan has string keys only, so it always prints
        }
    }

    /// How many steps there are of each kind: register, config, delete.
    pub fn counts(&self) -> [usize; 3] {
        let count = |wanted: fn(&Step) -> bool| self.steps.iter().filter(|step| wanted(step)).count();
        [
            count(|s| matches!(s, Step::Register { .. })),
            count(|s| matches!(s, Step::Config { .. })),
            count(|s| matches!(s, Step::Delete { .. })),
        ]
    }
}
