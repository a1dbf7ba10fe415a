//! The fold: one event onto the state. It cannot fail; an event that makes no sense (from a damaged or foreign store)
//! changes nothing or as little as it says.

use std::sync::Arc;

use assay_schema::{Subject, Version};

use super::{Row, RowRef, RowSet, State};
use crate::event::Event;
use crate::schema_version::SchemaVersion;
use crate::scope::Scope;
use crate::store::Revision;

impl State {
    /// Adds one event. Revisions only grow.
    pub fn apply(&mut self, revision: Revision, event: &Event) {
        debug_assert!(revision > self.revision, "events arrive in order");
        self.revision = self.revision.max(revision);
        if !self.damaged.is_empty() {
            self.damaged.remove(&event.key());
        }
        match event {
            Event::Schema(schema) => self.put_row(revision, schema),
            Event::SchemaTombstone { subject, version } => self.drop_row(subject, *version),
            Event::Config { scope, config } => {
                self.configs.insert(scope.clone(), config.clone());
            }
            Event::ConfigTombstone { scope } => {
                self.configs.remove(scope);
            }
            Event::Mode { scope, mode } => {
                self.modes.insert(scope.clone(), *mode);
            }
            Event::ModeTombstone { scope } => {
                self.modes.remove(scope);
            }
            Event::DeleteSubject { subject, version } => self.soft_delete_up_to(subject, *version),
            Event::ClearSubject { scope } => self.drop_soft_deleted(scope),
            Event::Context { context } => self.contexts.entry(context.clone()).or_default().registered = true,
            Event::ContextTombstone { context } => {
                if let Some(state) = self.contexts.get_mut(context) {
                    state.registered = false;
                }
            }
            Event::MaxId { context, id } => {
                let state = self.contexts.entry(context.clone()).or_default();
                state.max_id_fact = state.max_id_fact.max(id.get());
                state.max_id = state.max_id.max(id.get());
            }
        }
    }

    /// The head of a store may be past its newest surviving event.
    pub(crate) fn advance_to(&mut self, revision: Revision) {
        self.revision = self.revision.max(revision);
    }

    fn put_row(&mut self, revision: Revision, schema: &Arc<SchemaVersion>) {
        let at = RowRef::of(schema);
        self.unlink(&at);
        let schema = self.shared(schema);
        let context = self.contexts.entry(at.subject.context().clone()).or_default();
        context.registered |= !at.subject.context().is_default();
        context.max_id = context.max_id.max(schema.id.get());
        *context.guids.entry((schema.guid, schema.id)).or_insert(0) += 1;
        match context.ids.get_mut(&schema.id) {
            Some(rows) => rows.insert(at.clone()),
            None => {
                context.ids.insert(schema.id, RowSet::One(at.clone()));
            }
        }
        for target in reference_targets(&schema) {
            match self.referrers.get_mut(&target) {
                Some(rows) => rows.insert(at.clone()),
                None => {
                    self.referrers.insert(target, RowSet::One(at.clone()));
                }
            }
        }
        let subject = self.subjects.entry(at.subject).or_default();
        subject.active += usize::from(!schema.deleted);
        subject.rows.insert(at.version, Row { revision, schema });
    }

    /// The version with its big parts shared with another version of the same id, if those are equal.
    fn shared(&self, schema: &Arc<SchemaVersion>) -> Arc<SchemaVersion> {
        let twin = (self.contexts.get(schema.subject.context()))
            .and_then(|context| context.ids.get(&schema.id))
            .and_then(RowSet::first)
            .and_then(|at| self.row(at))
            .filter(|row| row.schema.text == schema.text && !Arc::ptr_eq(&row.schema.text, &schema.text));
        let Some(twin) = twin else { return schema.clone() };
        let mut shared = SchemaVersion { text: twin.schema.text.clone(), ..(**schema).clone() };
        if shared.references == twin.schema.references {
            shared.references = twin.schema.references.clone();
        }
        if shared.metadata == twin.schema.metadata {
            shared.metadata = twin.schema.metadata.clone();
        }
        if shared.rule_set == twin.schema.rule_set {
            shared.rule_set = twin.schema.rule_set.clone();
        }
        Arc::new(shared)
    }

    fn drop_row(&mut self, subject: &Subject, version: Version) {
        let at = RowRef { subject: subject.clone(), version };
        self.unlink(&at);
        if self.subjects.get(subject).is_some_and(|rows| rows.rows.is_empty()) {
            self.subjects.remove(subject);
        }
    }

    /// Takes a row out of every index, and out of its subject.
    fn unlink(&mut self, at: &RowRef) {
        let Some(subject) = self.subjects.get_mut(&at.subject) else { return };
        let Some(row) = subject.rows.remove(&at.version) else { return };
        subject.active -= usize::from(!row.schema.deleted);
        if let Some(context) = self.contexts.get_mut(at.subject.context()) {
            if let Some(rows) = context.ids.remove(&row.schema.id).and_then(|rows| rows.without(at)) {
                context.ids.insert(row.schema.id, rows);
            }
            let key = (row.schema.guid, row.schema.id);
            match context.guids.remove(&key) {
                None | Some(0 | 1) => {}
                Some(count) => {
                    context.guids.insert(key, count - 1);
                }
            }
        }
        for target in reference_targets(&row.schema) {
            if let Some(rows) = self.referrers.remove(&target).and_then(|rows| rows.without(at)) {
                self.referrers.insert(target, rows);
            }
        }
    }

    fn soft_delete_up_to(&mut self, subject: &Subject, last: Version) {
        let Some(subject) = self.subjects.get_mut(subject) else { return };
        let marked: Vec<Version> = (subject.rows.range(..=last))
            .filter(|(_, row)| !row.schema.deleted)
            .map(|(version, _)| *version)
            .collect();
        for version in marked {
            if let Some(row) = subject.rows.get_mut(&version) {
                row.schema = Arc::new(SchemaVersion { deleted: true, ..(*row.schema).clone() });
                subject.active -= 1;
            }
        }
    }

    fn drop_soft_deleted(&mut self, scope: &Scope) {
        let dropped: Vec<RowRef> = (self.subjects.iter())
            .filter(|(subject, rows)| scope.holds(subject) && rows.active < rows.rows.len())
            .flat_map(|(_, rows)| rows.rows.values().filter(|row| row.schema.deleted))
            .map(|row| RowRef::of(&row.schema))
            .collect();
        for at in dropped {
            self.drop_row(&at.subject, at.version);
        }
    }
}

/// The versions a version refers to, directly (contract 2.6: unqualified subjects are in its own context).
fn reference_targets(schema: &SchemaVersion) -> impl Iterator<Item = RowRef> + '_ {
    schema.references.iter().filter_map(|reference| {
        let subject = Subject::parse_in(&reference.subject, schema.subject.context());
        let version = Version::try_from(reference.version).ok()?;
        Some(RowRef { subject, version })
    })
}
