//! The expensive part of a command (parsing, compatibility), done outside the lock and remembered.
//!
//! A command is decided by one function of the state. It first runs without the lock, on a snapshot of the head, and
//! may work as long as it likes. It runs again under the lock if the head has moved on: then every expensive result
//! must already be at hand, else it stops with [`Stop::MoreWork`] and the round begins anew. So the decision is always
//! made on the very state it is appended to, and the lock is only held for cheap steps.

use std::collections::HashMap;
use std::sync::Arc;

use assay_compat::{Level, Policy};
use assay_schema::{Limits, ParsedSchema, SchemaError, TagEdits, TaggedEntity};

use crate::cache::{ParseKey, ParsedCache};
use crate::compatibility::Compatibility;
use crate::error::RegistryError;
use crate::schema_version::SchemaVersion;

/// Why a decision stops.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Refused.
    Refused(RegistryError),
    /// An expensive step is not allowed now.
    MoreWork,
}

impl<E: Into<RegistryError>> From<E> for Stop {
    fn from(error: E) -> Stop {
        Stop::Refused(error.into())
    }
}

/// Everything a compatibility verdict depends on.
#[derive(Clone, Debug)]
pub(crate) struct VerdictKey {
    pub(crate) new: ParseKey,
    pub(crate) level: Level,
    pub(crate) policy: Policy,
    pub(crate) validate_fields: bool,
    /// Messages about reservations given up, and the names still reserved.
    pub(crate) given_up: Vec<String>,
    pub(crate) reserved: Vec<String>,
    pub(crate) olds: Vec<(Arc<SchemaVersion>, ParseKey)>,
}

impl PartialEq for VerdictKey {
    fn eq(&self, other: &VerdictKey) -> bool {
        self.new == other.new
            && self.level == other.level
            && self.policy == other.policy
            && self.validate_fields == other.validate_fields
            && self.given_up == other.given_up
            && self.reserved == other.reserved
            && self.olds.len() == other.olds.len()
            && (self.olds.iter().zip(&other.olds))
                .all(|(a, b)| (Arc::ptr_eq(&a.0, &b.0) || a.0 == b.0) && a.1 == b.1)
    }
}

/// Whether expensive steps may be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Effort {
    Any,
    CheapOnly,
}

/// What one command has worked out so far.
pub(crate) struct Work<'a> {
    cache: &'a ParsedCache,
    limits: &'a Limits,
    effort: Effort,
    parsed: HashMap<ParseKey, Result<ParsedSchema, SchemaError>>,
    normalized: HashMap<ParseKey, Arc<str>>,
    expanded: HashMap<ParseKey, Option<Arc<str>>>,
    tags: HashMap<ParseKey, Result<Vec<TaggedEntity>, SchemaError>>,
    tagged: Vec<(ParseKey, TagEdits, Result<Arc<str>, SchemaError>)>,
    verdicts: Vec<(VerdictKey, Compatibility)>,
}

impl<'a> Work<'a> {
    pub(crate) fn new(cache: &'a ParsedCache, limits: &'a Limits) -> Work<'a> {
        Work {
            cache,
            limits,
            effort: Effort::Any,
            parsed: HashMap::new(),
            normalized: HashMap::new(),
            expanded: HashMap::new(),
            tags: HashMap::new(),
            tagged: Vec::new(),
            verdicts: Vec::new(),
        }
    }

    pub(crate) fn allow(&mut self, effort: Effort) {
        self.effort = effort;
    }

    /// Parses, or remembers having parsed.
    pub(crate) fn parse(&mut self, key: &ParseKey) -> Result<Result<ParsedSchema, SchemaError>, Stop> {
        if let Some(result) = self.parsed.get(key) {
            return Ok(result.clone());
        }
        let result = match self.cache.get(key) {
            Some(parsed) => Ok(parsed),
            None if self.effort == Effort::CheapOnly => return Err(Stop::MoreWork),
            None => parse(self.cache, key, self.limits),
        };
        self.parsed.insert(key.clone(), result.clone());
        Ok(result)
    }

    /// The text to store: canonical or normalised.
    pub(crate) fn text(
        &mut self,
        key: &ParseKey,
        normalize: bool,
    ) -> Result<Result<Arc<str>, SchemaError>, Stop> {
        let parsed = match self.parse(key)? {
            Ok(parsed) => parsed,
            Err(error) => return Ok(Err(error)),
        };
        if !normalize {
            return Ok(Ok(parsed.canonical().into()));
        }
        if let Some(text) = self.normalized.get(key) {
            return Ok(Ok(text.clone()));
        }
        if self.effort == Effort::CheapOnly {
            return Err(Stop::MoreWork);
        }
        let text: Arc<str> = parsed.normalized().into();
        self.normalized.insert(key.clone(), text.clone());
        Ok(Ok(text))
    }

    /// The text with references expanded in place; `None` where the format has no such text.
    pub(crate) fn expanded(&mut self, key: &ParseKey) -> Result<Option<Arc<str>>, Stop> {
        if let Some(text) = self.expanded.get(key) {
            return Ok(text.clone());
        }
        if self.effort == Effort::CheapOnly {
            return Err(Stop::MoreWork);
        }
        let text = self.parse(key)?.ok().and_then(|parsed| expanded(&parsed, self.limits));
        self.expanded.insert(key.clone(), text.clone());
        Ok(text)
    }

    /// The tags in a text.
    pub(crate) fn tags(&mut self, key: &ParseKey) -> Result<Result<Vec<TaggedEntity>, SchemaError>, Stop> {
        if let Some(tags) = self.tags.get(key) {
            return Ok(tags.clone());
        }
        if self.effort == Effort::CheapOnly {
            return Err(Stop::MoreWork);
        }
        let tags = self.parse(key)?.and_then(|parsed| parsed.inline_tags(self.limits));
        self.tags.insert(key.clone(), tags.clone());
        Ok(tags)
    }

    /// The text with other tags.
    pub(crate) fn tagged(
        &mut self,
        key: &ParseKey,
        edits: &TagEdits,
    ) -> Result<Result<Arc<str>, SchemaError>, Stop> {
        if let Some((_, _, text)) = self.tagged.iter().find(|(k, e, _)| k == key && e == edits) {
            return Ok(text.clone());
        }
        if self.effort == Effort::CheapOnly {
            return Err(Stop::MoreWork);
        }
        let text = self.parse(key)?.and_then(|parsed| parsed.with_tags(edits, self.limits)).map(Arc::from);
        self.tagged.push((key.clone(), edits.clone(), text.clone()));
        Ok(text)
    }

    /// A verdict worked out before, or `make`'s.
    pub(crate) fn verdict(
        &mut self,
        key: VerdictKey,
        make: impl FnOnce(&mut Work<'a>, &VerdictKey) -> Result<Compatibility, Stop>,
    ) -> Result<Compatibility, Stop> {
        if let Some((_, verdict)) = self.verdicts.iter().find(|(known, _)| *known == key) {
            return Ok(verdict.clone());
        }
        if self.effort == Effort::CheapOnly {
            return Err(Stop::MoreWork);
        }
        let verdict = make(self, &key)?;
        self.verdicts.push((key, verdict.clone()));
        Ok(verdict)
    }
}

/// Parses through the cache.
pub(crate) fn parse(
    cache: &ParsedCache,
    key: &ParseKey,
    limits: &Limits,
) -> Result<ParsedSchema, SchemaError> {
    if let Some(parsed) = cache.get(key) {
        return Ok(parsed);
    }
    let input = key.input();
    let parsed =
        assay_schema::parse(input.schema_type, &input.text, &input.closure, input.strictness, limits)?;
    cache.put(key.clone(), parsed.clone());
    Ok(parsed)
}

fn expanded(parsed: &ParsedSchema, limits: &Limits) -> Option<Arc<str>> {
    match parsed {
        ParsedSchema::Avro(schema) => schema.resolved(limits).ok().map(Into::into),
        ParsedSchema::Json(_) | ParsedSchema::Protobuf(_) => None,
    }
}
