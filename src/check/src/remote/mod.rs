//! A registry as the older state of files: the versions of their subjects, with references at the versions they are pinned
//! to, and the level and policy in force.
//!
//! `calls` what is asked over HTTP, and remembered    `fetch` the state of many subjects at once

mod calls;
mod fetch;

use std::collections::BTreeMap;
use std::sync::Arc;

use assay_compat::{Level, Policy};
use assay_schema::{Limits, ResolvedReference, SchemaType, Strictness, Version, parse};

pub use calls::Remote;
pub(crate) use calls::{is_refusal, number, schema_type};
pub(crate) use fetch::{AT_ONCE, of_new, property_of};
pub use fetch::{Asked, fetch};

use crate::tree::{Loaded, Tree};

/// What a registry holds of the subjects that were asked for.
#[derive(Debug)]
pub struct Registered {
    /// Its URL, without user and password.
    pub label: String,
    /// The texts, by the URL of their version: positions are found in them.
    pub tree: Tree,
    subjects: BTreeMap<String, There>,
}

/// A subject in a registry.
#[derive(Debug)]
pub struct There {
    /// The level in force.
    pub level: Level,
    /// The policy in force.
    pub policy: Policy,
    /// What the registry does beyond a comparison of schemas.
    pub notes: Vec<String>,
    /// The versions that a new one is compared with, newest first; only the latest where the level needs no more.
    pub versions: Vec<OldVersion>,
}

/// A version that is registered.
#[derive(Debug)]
pub struct OldVersion {
    /// Its number.
    pub version: Version,
    /// Its path in [`Registered::tree`].
    pub path: String,
    pub(crate) schema_type: SchemaType,
    pub(crate) text: Arc<str>,
    pub(crate) references: Vec<ResolvedReference>,
    /// Paths of the references.
    pub(crate) closure: Vec<String>,
}

impl Registered {
    /// A subject, if the registry has it.
    pub fn subject(&self, name: &str) -> Option<&There> {
        self.subjects.get(name)
    }
}

impl OldVersion {
    /// Parses it, as permissively as a registry does with what is stored.
    ///
    /// # Errors
    /// One sentence: why it is no schema.
    pub fn load(&self) -> Result<Loaded, String> {
        let limits = Limits::default();
        let schema = parse(self.schema_type, &self.text, &self.references, Strictness::Stored, &limits);
        let names = self.references.iter().map(|reference| reference.name.clone());
        Ok(Loaded {
            schema: schema.map_err(|e| e.to_string())?,
            closure: self.closure.clone(),
            documents: names.zip(self.closure.iter().cloned()).collect(),
        })
    }
}
