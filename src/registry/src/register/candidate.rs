//! A draft that has been parsed: everything about it that can be compared, checked and stored.

use std::sync::Arc;

use assay_schema::{
    Guid, Metadata, Reference, ResolvedReference, RuleSet, SchemaType, Strictness, Subject, guid,
};

use super::draft::{Draft, refused};
use crate::cache::ParseKey;
use crate::error::RegistryError;
use crate::references::{ReferenceError, Resolver};
use crate::schema_version::{Deleted, SchemaRequest};
use crate::settings::RegistryConfig;
use crate::state::State;
use crate::work::{Stop, Work};

/// A parsed draft.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) key: ParseKey,
    pub(crate) schema_type: SchemaType,
    /// The text to store: canonical, or normalised.
    pub(crate) text: Arc<str>,
    /// Concrete versions; sorted and without duplicates when normalised.
    pub(crate) references: Vec<Reference>,
    pub(crate) metadata: Option<Metadata>,
    pub(crate) rule_set: Option<RuleSet>,
    pub(crate) guid: Guid,
    /// What is compared with stored versions (see [`Draft::match_metadata`]).
    pub(crate) match_metadata: Option<Metadata>,
    pub(crate) match_guid: Guid,
}

impl Candidate {
    /// Stores the text as it was sent instead.
    pub(crate) fn keep_text(&mut self, sent: &str) {
        self.text = sent.into();
        self.guid = guid(sent, &self.references, self.metadata.as_ref(), self.rule_set.as_ref());
        self.match_guid = guid(sent, &self.references, self.match_metadata.as_ref(), self.rule_set.as_ref());
    }
}

/// How drafts become candidates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Preparation<'a> {
    pub(crate) state: &'a State,
    pub(crate) server: &'a RegistryConfig,
    pub(crate) subject: &'a Subject,
    pub(crate) request: &'a SchemaRequest,
    pub(crate) strictness: Strictness,
    pub(crate) normalize: bool,
}

impl Preparation<'_> {
    /// Resolves the references, parses, and makes the text to store.
    pub(crate) fn prepare(&self, work: &mut Work<'_>, draft: &Draft) -> Result<Candidate, Stop> {
        let (references, key) = self.key(draft)?;
        let text = match work.text(&key, self.normalize)? {
            Ok(text) => text,
            Err(assay_schema::SchemaError::TooLarge { bytes, limit }) => {
                return Err(RegistryError::SchemaTooLarge { bytes, limit }.into());
            }
            Err(error) => return Err(refused(self.subject, self.request, error).into()),
        };
        let mut references = references;
        if self.normalize {
            references
                .sort_by(|a, b| (&a.name, &a.subject, a.version).cmp(&(&b.name, &b.subject, b.version)));
            references.dedup();
        }
        let digest = |metadata| guid(&text, &references, metadata, draft.rule_set.as_ref());
        let own = digest(draft.metadata.as_ref());
        let same = draft.metadata == draft.match_metadata;
        Ok(Candidate {
            guid: own,
            match_guid: if same { own } else { digest(draft.match_metadata.as_ref()) },
            key,
            schema_type: draft.schema_type,
            text,
            references,
            metadata: draft.metadata.clone(),
            rule_set: draft.rule_set.clone(),
            match_metadata: draft.match_metadata.clone(),
        })
    }

    /// The references with concrete versions, and what parsing the draft depends on.
    pub(crate) fn key(&self, draft: &Draft) -> Result<(Vec<Reference>, ParseKey), RegistryError> {
        let (references, closure) =
            self.resolve(draft).map_err(|error| refused(self.subject, self.request, error))?;
        let text = draft.schema.as_str().into();
        Ok((references, ParseKey::new(draft.schema_type, self.strictness, text, closure)))
    }

    /// As [`Preparation::prepare`], and `validateFields` is obeyed.
    pub(crate) fn prepare_validated(
        &self,
        work: &mut Work<'_>,
        draft: &Draft,
        validate_fields: bool,
    ) -> Result<Candidate, Stop> {
        let candidate = self.prepare(work, draft)?;
        if validate_fields && let Ok(parsed) = work.parse(&candidate.key)? {
            crate::fields::validate(&parsed).map_err(|error| refused(self.subject, self.request, error))?;
        }
        Ok(candidate)
    }

    /// As [`Preparation::prepare`], but what is not good enough as a new schema may still be one that is stored.
    pub(crate) fn prepare_leniently(&self, work: &mut Work<'_>, draft: &Draft) -> Result<Candidate, Stop> {
        match self.prepare(work, draft) {
            Err(Stop::Refused(RegistryError::InvalidSchema { .. })) if self.strictness == Strictness::New => {
                Preparation { strictness: Strictness::Stored, ..*self }.prepare(work, draft)
            }
            other => other,
        }
    }

    fn resolve(&self, draft: &Draft) -> Result<(Vec<Reference>, Vec<ResolvedReference>), ReferenceError> {
        let resolver = Resolver {
            state: self.state,
            limits: &self.server.limits,
            deleted: if self.strictness == Strictness::New { Deleted::Hide } else { Deleted::Include },
            strict_versions: self.server.strict_reference_versions,
        };
        let home = self.subject.context();
        let references = resolver.concrete(home, &draft.references)?;
        let closure = resolver.closure(home, &references)?;
        Ok((references, closure))
    }
}
