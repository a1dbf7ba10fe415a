//! The state: what all events so far add up to, indexed for every read. One fold, [`State::apply`], serves live
//! commands, start-up, backup and tests.
//!
//! Every map is persistent: a clone is a few reference counts, so a published snapshot costs nothing and readers
//! never wait. The state is a function of the surviving events *in revision order*; no index depends on events that a
//! compacting store may have dropped (`tests/replay.rs` holds that as a property).

mod apply;
mod counts;
mod damage;
mod queries;
mod rows;

use std::sync::Arc;

use assay_schema::{Context, Guid, SchemaId, Subject, Version};
use imbl::OrdMap;

pub use counts::{Counts, TypeCount};
pub use queries::SchemaFilter;
pub(crate) use rows::{Row, RowRef, RowSet};

use crate::event::EventKey;
use crate::scope::Scope;
use crate::settings::{Config, Mode};
use crate::store::{Damaged, Revision};

/// Everything the registry knows at one revision.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct State {
    revision: Revision,
    subjects: OrdMap<Subject, SubjectRows>,
    contexts: OrdMap<Context, ContextState>,
    configs: OrdMap<Scope, Arc<Config>>,
    modes: OrdMap<Scope, Mode>,
    /// Version referred to → versions that refer to it, directly.
    referrers: OrdMap<RowRef, RowSet>,
    /// What the store could not give back (see `damage`).
    damaged: OrdMap<EventKey, Arc<Damaged>>,
}

/// The versions of one subject.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct SubjectRows {
    pub(crate) rows: OrdMap<Version, Row>,
    /// How many of them are not soft-deleted.
    pub(crate) active: usize,
}

/// The ids of one context.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct ContextState {
    /// Whether a CONTEXT record (or any version) says that it exists.
    pub(crate) registered: bool,
    pub(crate) ids: OrdMap<SchemaId, RowSet>,
    /// How many versions have that content and id.
    pub(crate) guids: OrdMap<(Guid, SchemaId), usize>,
    /// The highest id ever seen.
    pub(crate) max_id: u32,
    /// The part of `max_id` that is an event of its own, and so outlives the versions.
    pub(crate) max_id_fact: u32,
}

impl State {
    /// The revision of the newest event applied.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    pub(crate) fn rows_of(&self, subject: &Subject) -> Option<&SubjectRows> {
        self.subjects.get(subject)
    }

    pub(crate) fn row(&self, at: &RowRef) -> Option<&Row> {
        self.subjects.get(&at.subject)?.rows.get(&at.version)
    }

    pub(crate) fn context(&self, context: &Context) -> Option<&ContextState> {
        self.contexts.get(context)
    }

    /// The context's name if it is written `.` or has been registered in.
    pub(crate) fn has_context(&self, context: &Context) -> bool {
        context.is_default() || self.contexts.get(context).is_some_and(|c| c.registered)
    }

    pub(crate) fn stored_config(&self, scope: &Scope) -> Option<&Arc<Config>> {
        self.configs.get(scope)
    }

    pub(crate) fn stored_mode(&self, scope: &Scope) -> Option<Mode> {
        self.modes.get(scope).copied()
    }

    /// Every stored config.
    pub fn configs(&self) -> impl Iterator<Item = (&Scope, &Arc<Config>)> {
        self.configs.iter()
    }

    /// Every stored mode.
    pub fn modes(&self) -> impl Iterator<Item = (&Scope, Mode)> {
        self.modes.iter().map(|(scope, mode)| (scope, *mode))
    }

    pub(crate) fn all_subjects(&self) -> impl Iterator<Item = (&Subject, &SubjectRows)> {
        self.subjects.iter()
    }

    /// The subjects of one context, sorted.
    pub(crate) fn subjects_in<'a>(
        &'a self,
        context: &Context,
    ) -> impl Iterator<Item = (&'a Subject, &'a SubjectRows)> + use<'a> {
        let context = context.clone();
        let first = Subject::new(context.clone(), "");
        self.subjects.range(first..).take_while(move |(subject, _)| *subject.context() == context)
    }

    /// References that lead to nothing, each as (who, to what).
    pub(crate) fn dangling(&self) -> impl Iterator<Item = (&RowRef, &RowRef)> {
        let missing = self.referrers.iter().filter(|(target, _)| self.row(target).is_none());
        missing.flat_map(|(target, from)| from.iter().map(move |from| (from, target)))
    }

    /// Who refers to that version.
    pub(crate) fn referrers_of(&self, at: &RowRef) -> impl Iterator<Item = &Row> + use<'_> {
        self.referrers.get(at).into_iter().flat_map(RowSet::iter).filter_map(|from| self.row(from))
    }
}

impl SubjectRows {
    /// The highest version, soft-deleted ones included.
    pub(crate) fn highest(&self) -> Option<&Row> {
        self.rows.get_max().map(|(_, row)| row)
    }

    /// The highest version that is not soft-deleted.
    pub(crate) fn latest(&self) -> Option<&Row> {
        self.active_newest_first().next()
    }

    pub(crate) fn active_newest_first(&self) -> impl Iterator<Item = &Row> {
        self.rows.values().rev().filter(|row| !row.schema.deleted)
    }

    /// Whether a listing with that choice shows the subject.
    pub(crate) fn shows(&self, deleted: crate::Deleted) -> bool {
        match deleted {
            crate::Deleted::Hide => self.active > 0,
            crate::Deleted::Include => !self.rows.is_empty(),
            crate::Deleted::Only => self.active == 0 && !self.rows.is_empty(),
        }
    }
}

impl ContextState {
    /// The ids that have this content, ascending. More than one only after an import.
    pub(crate) fn ids_of(&self, guid: Guid) -> impl Iterator<Item = SchemaId> {
        let first = SchemaId::new(1).unwrap_or(SchemaId::MAX);
        self.guids.range((guid, first)..=(guid, SchemaId::MAX)).map(|((_, id), _)| *id)
    }
}
