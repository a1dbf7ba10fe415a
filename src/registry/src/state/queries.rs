//! Reads. All of them run on a snapshot and change nothing.

use std::collections::{BTreeMap, BTreeSet};

use assay_schema::{Context, Guid, SchemaId, Subject, Version, VersionSpec};

use super::{Row, RowRef, RowSet, State, SubjectRows};
use crate::error::RegistryError;
use crate::schema_version::{Deleted, SchemaVersion};

/// How many rows of one id are looked at for one that is not soft-deleted, before the first is taken.
const REPRESENTATIVE_LOOKS: usize = 64;

/// What `GET /schemas` asks for (contract 1.5).
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SchemaFilter {
    /// `subjectPrefix`, as for [`State::subjects`].
    pub prefix: String,
    /// Soft-deleted versions too?
    pub deleted: Deleted,
    /// Only the highest version of each subject.
    pub latest_only: bool,
    /// Only versions with a rule of that type; applied after `latest_only`.
    pub rule_type: Option<String>,
    /// Rows to skip.
    pub offset: usize,
    /// Rows to give at most; `None` for all.
    pub limit: Option<usize>,
}

/// A `subjectPrefix`: which contexts, and how a name begins.
enum Prefix<'a> {
    Everywhere(&'a str),
    In(Context, String),
}

impl Prefix<'_> {
    fn parse(text: &str) -> Prefix<'_> {
        if let Some(name) = text.strip_prefix(":*:") {
            return Prefix::Everywhere(name);
        }
        let subject = Subject::parse(text);
        Prefix::In(subject.context().clone(), subject.name().to_owned())
    }

    fn admits(&self, subject: &Subject) -> bool {
        match self {
            Prefix::Everywhere(name) => subject.name().starts_with(name),
            Prefix::In(context, name) => subject.context() == context && subject.name().starts_with(name),
        }
    }
}

impl State {
    /// Subjects whose name begins as `prefix` says, sorted as printed: `""` is the default context, `:*:` all
    /// contexts, `:.ctx:` one (contract 1.3).
    pub fn subjects(&self, prefix: &str, deleted: Deleted) -> Vec<Subject> {
        let matching = self.matching(prefix).into_iter();
        let mut subjects: Vec<Subject> =
            matching.filter(|(_, rows)| rows.shows(deleted)).map(|(subject, _)| subject.clone()).collect();
        let prefix = Prefix::parse(prefix);
        let damaged: BTreeSet<&Subject> =
            self.damaged_subjects().filter(|subject| prefix.admits(subject)).collect();
        for subject in damaged {
            // Whether it was soft-deleted is not known; it is there.
            if let Err(at) = subjects.binary_search_by_key(&subject.to_string(), Subject::to_string) {
                subjects.insert(at, subject.clone());
            }
        }
        subjects
    }

    fn matching(&self, prefix: &str) -> Vec<(&Subject, &SubjectRows)> {
        let prefix = Prefix::parse(prefix);
        match &prefix {
            Prefix::In(context, _) => {
                self.subjects_in(context).filter(|(subject, _)| prefix.admits(subject)).collect()
            }
            Prefix::Everywhere(_) => {
                let mut all: Vec<_> =
                    self.all_subjects().filter(|(subject, _)| prefix.admits(subject)).collect();
                // In the map the default context comes first; as text, qualified names come where ':' sorts.
                all.sort_by_cached_key(|(subject, _)| subject.to_string());
                all
            }
        }
    }

    /// Whether the subject has an active version.
    pub fn subject_exists(&self, subject: &Subject) -> bool {
        self.rows_of(subject).is_some_and(|rows| rows.active > 0)
    }

    /// The latest active version of the subject.
    pub fn latest_version(&self, subject: &Subject) -> Option<Version> {
        self.rows_of(subject)?.latest().map(|row| row.schema.version)
    }

    /// Whether the subject is known, counting soft-deleted versions unless they are hidden.
    pub(crate) fn knows(&self, subject: &Subject, deleted: Deleted) -> bool {
        self.rows_of(subject).is_some_and(|rows| deleted != Deleted::Hide || rows.active > 0)
    }

    /// The versions of a subject with their soft-delete flags, ascending. `known` says which versions count for the
    /// subject to be known at all (contract 1.4).
    ///
    /// # Errors
    /// [`RegistryError::SubjectNotFound`].
    pub fn versions(
        &self,
        subject: &Subject,
        deleted: Deleted,
        known: Deleted,
    ) -> Result<Vec<(Version, bool)>, RegistryError> {
        let damaged = self.damaged_versions(subject);
        let rows = self.rows_of(subject).filter(|_| self.knows(subject, known) || !damaged.is_empty());
        if rows.is_none() && damaged.is_empty() {
            return Err(RegistryError::SubjectNotFound(subject.clone()));
        }
        let rows = rows.into_iter().flat_map(|rows| &rows.rows);
        let wanted = rows.map(|(version, row)| (*version, row.schema.deleted));
        let mut versions: Vec<_> = wanted.filter(|(_, flag)| deleted.admits(*flag)).collect();
        if !damaged.is_empty() {
            versions.extend(damaged.into_iter().map(|version| (version, false)));
            versions.sort_unstable();
        }
        Ok(versions)
    }

    /// One version of exactly that subject.
    pub(crate) fn find(&self, subject: &Subject, spec: VersionSpec, deleted: Deleted) -> Option<&Row> {
        let rows = self.rows_of(subject)?;
        match spec {
            VersionSpec::Latest => rows.latest(),
            VersionSpec::Exact(version) => rows.rows.get(&version),
        }
        .filter(|row| deleted.admits(row.schema.deleted))
    }

    /// One version. An unqualified subject that has it not is searched in the other contexts (contract 2.16);
    /// `latest` is always an active version.
    ///
    /// # Errors
    /// [`RegistryError::SubjectNotFound`], [`RegistryError::VersionNotFound`].
    pub fn version(
        &self,
        subject: &Subject,
        spec: VersionSpec,
        deleted: Deleted,
    ) -> Result<SchemaVersion, RegistryError> {
        for candidate in self.candidates(subject) {
            self.check_version(&candidate, spec)?;
            if let Some(row) = self.find(&candidate, spec, deleted) {
                return Ok((*row.schema).clone());
            }
        }
        Err(self.version_missing(subject, spec, deleted))
    }

    pub(crate) fn version_missing(
        &self,
        subject: &Subject,
        spec: VersionSpec,
        deleted: Deleted,
    ) -> RegistryError {
        if !self.candidates(subject).any(|subject| self.knows(&subject, deleted)) {
            return RegistryError::SubjectNotFound(subject.clone());
        }
        missing_version(spec)
    }

    /// Why there is no such version of exactly that subject, counting soft-deleted ones.
    pub(crate) fn missing_here(&self, subject: &Subject, spec: VersionSpec) -> RegistryError {
        if !self.knows(subject, Deleted::Include) {
            return RegistryError::SubjectNotFound(subject.clone());
        }
        missing_version(spec)
    }

    /// The subject itself, then, if it is in the default context, the same name in the others, in name order.
    pub(crate) fn candidates<'a>(&'a self, subject: &'a Subject) -> impl Iterator<Item = Subject> + 'a {
        let fallback = subject.context().is_default() && !subject.name().is_empty();
        let others = self.contexts.keys().filter(move |context| fallback && !context.is_default());
        std::iter::once(subject.clone())
            .chain(others.map(|context| Subject::new(context.clone(), subject.name())))
    }

    /// The schema with that id in exactly that context; one version of those that have it.
    pub fn schema(&self, context: &Context, id: SchemaId) -> Option<&SchemaVersion> {
        let rows = self.context(context)?.ids.get(&id)?;
        self.representative(rows).map(|row| &*row.schema)
    }

    fn representative<'a>(&'a self, rows: &'a RowSet) -> Option<&'a Row> {
        let active = rows.iter().take(REPRESENTATIVE_LOOKS).filter_map(|at| self.row(at));
        active.into_iter().find(|row| !row.schema.deleted).or_else(|| self.row(rows.first()?))
    }

    /// Every active (subject, version) that has the id in that context, sorted.
    pub fn subjects_of(&self, context: &Context, id: SchemaId) -> Vec<(Subject, Version)> {
        let rows = self.context(context).and_then(|context| context.ids.get(&id));
        let rows = rows.into_iter().flat_map(RowSet::iter).filter_map(|at| self.row(at));
        rows.filter(|row| !row.schema.deleted)
            .map(|row| (row.schema.subject.clone(), row.schema.version))
            .collect()
    }

    /// The schema of an id, by the context rules of contract 1.5 (`GET /schemas/ids/{id}`): the version of `subject` if
    /// that has the id, else any.
    ///
    /// # Errors
    /// [`RegistryError::SchemaNotFound`].
    pub fn schema_by_id(&self, id: u32, subject: Option<&Subject>) -> Result<SchemaVersion, RegistryError> {
        let found = self.id_in_reach(id, subject).and_then(|(rows, subject)| {
            let own = subject.and_then(|subject| self.version_with_id(rows, &subject, Deleted::Include));
            own.or_else(|| self.representative(rows))
        });
        if let (None, Some(id)) = (found, SchemaId::new(id)) {
            self.check_id(&subject.map_or_else(Context::default, |subject| subject.context().clone()), id)?;
        }
        found
            .map(|row| (*row.schema).clone())
            .ok_or_else(|| RegistryError::SchemaNotFound(Some(id.to_string())))
    }

    /// The rows of an id where a request finds it, and the subject it was found under, if that was named.
    fn id_in_reach(&self, id: u32, subject: Option<&Subject>) -> Option<(&RowSet, Option<Subject>)> {
        let id = SchemaId::new(id)?;
        let rows_in = |context: &Context| self.context(context).and_then(|context| context.ids.get(&id));
        let default = Context::default();
        let Some(subject) = subject else { return Some((rows_in(&default)?, None)) };
        let under = self.candidates(subject).find_map(|candidate| {
            let rows = rows_in(candidate.context())?;
            self.version_with_id(rows, &candidate, Deleted::Include)?;
            Some((rows, Some(candidate)))
        });
        under.or_else(|| Some((rows_in(subject.context())?, None)))
    }

    /// The highest version of `subject` among rows of one id: an active one before a soft-deleted one.
    fn version_with_id<'a>(&'a self, rows: &RowSet, subject: &Subject, deleted: Deleted) -> Option<&'a Row> {
        let own = rows.iter().filter(|at| at.subject == *subject).filter_map(|at| self.row(at));
        own.filter(|row| deleted.admits(row.schema.deleted))
            .max_by_key(|row| (!row.schema.deleted, row.schema.version))
    }

    /// The subjects that use an id, each with its highest version that does (contract 1.5).
    ///
    /// # Errors
    /// [`RegistryError::SchemaNotFound`] when the id is unknown; soft-deleted uses make it known.
    pub fn versions_by_id(
        &self,
        id: u32,
        subject: Option<&Subject>,
        deleted: Deleted,
    ) -> Result<Vec<(Subject, Version)>, RegistryError> {
        let (rows, _) = (self.id_in_reach(id, subject))
            .ok_or_else(|| RegistryError::SchemaNotFound(Some(id.to_string())))?;
        let mut best: BTreeMap<Subject, (bool, Version)> = BTreeMap::new();
        for row in rows.iter().filter_map(|at| self.row(at)) {
            let SchemaVersion { subject, version, deleted: flag, .. } = &*row.schema;
            if deleted.admits(*flag) {
                let rank = (!flag, *version);
                best.entry(subject.clone()).and_modify(|old| *old = (*old).max(rank)).or_insert(rank);
            }
        }
        Ok(best.into_iter().map(|(subject, (_, version))| (subject, version)).collect())
    }

    /// The subjects of [`State::versions_by_id`].
    ///
    /// # Errors
    /// As there.
    pub fn subjects_by_id(
        &self,
        id: u32,
        subject: Option<&Subject>,
        deleted: Deleted,
    ) -> Result<Vec<Subject>, RegistryError> {
        let versions = self.versions_by_id(id, subject, deleted)?;
        Ok(versions.into_iter().map(|(subject, _)| subject).collect())
    }

    /// The schema with that content: the default context first, then the others in name order.
    ///
    /// # Errors
    /// [`RegistryError::SchemaNotFound`].
    pub fn by_guid(&self, guid: &Guid) -> Result<SchemaVersion, RegistryError> {
        let found = self.contexts.values().find_map(|context| {
            let rows = context.ids.get(&context.ids_of(*guid).next()?)?;
            let exact = |row: &&Row| row.schema.guid == *guid;
            self.representative(rows)
                .filter(exact)
                .or_else(|| rows.iter().filter_map(|at| self.row(at)).find(exact))
        });
        found
            .map(|row| (*row.schema).clone())
            .ok_or_else(|| RegistryError::SchemaNotFound(Some(guid.to_string())))
    }

    /// Every id of that content, by context, then id.
    pub fn guid_ids(&self, guid: &Guid) -> Vec<(Context, SchemaId)> {
        (self.contexts.iter())
            .flat_map(|(name, context)| context.ids_of(*guid).map(move |id| (name.clone(), id)))
            .collect()
    }

    /// Versions by subject, then number (contract 1.5, `GET /schemas`).
    pub fn schemas(&self, filter: &SchemaFilter) -> Vec<SchemaVersion> {
        let wanted = |row: &&Row| filter.deleted.admits(row.schema.deleted);
        let by_rule = |row: &&Row| filter.rule_type.as_ref().is_none_or(|rule| has_rule(&row.schema, rule));
        let rows = self.matching(&filter.prefix).into_iter().flat_map(|(_, rows)| {
            let all = rows.rows.values().filter(wanted);
            let (latest, all) = if filter.latest_only {
                (rows.rows.values().rev().find(wanted), None)
            } else {
                (None, Some(all))
            };
            latest.into_iter().chain(all.into_iter().flatten())
        });
        (rows.filter(by_rule).skip(filter.offset))
            .take(filter.limit.unwrap_or(usize::MAX))
            .map(|row| (*row.schema).clone())
            .collect()
    }

    /// The ids of the schemas that refer to a version, by context, then id (contract 1.4).
    ///
    /// # Errors
    /// [`RegistryError::SubjectNotFound`], [`RegistryError::VersionNotFound`]; soft-deleted versions are found.
    pub fn referenced_by(
        &self,
        subject: &Subject,
        spec: VersionSpec,
        deleted: Deleted,
    ) -> Result<Vec<SchemaId>, RegistryError> {
        let row = (self.candidates(subject).find_map(|s| self.find(&s, spec, Deleted::Include)))
            .ok_or_else(|| self.version_missing(subject, spec, Deleted::Include))?;
        let referrers = self.referrers_of(&RowRef::of(&row.schema));
        let ids: BTreeSet<(Context, SchemaId)> = referrers
            .filter(|row| deleted.admits(row.schema.deleted))
            .map(|row| (row.schema.subject.context().clone(), row.schema.id))
            .collect();
        Ok(ids.into_iter().map(|(_, id)| id).collect())
    }

    /// The highest version whose metadata properties hold every pair (contract 1.3).
    ///
    /// # Errors
    /// [`RegistryError::SubjectNotFound`], [`RegistryError::SchemaNotFound`].
    pub fn subject_metadata(
        &self,
        subject: &Subject,
        pairs: &[(String, String)],
        deleted: Deleted,
    ) -> Result<SchemaVersion, RegistryError> {
        let rows = self.rows_of(subject).filter(|_| self.knows(subject, deleted));
        let rows = rows.ok_or_else(|| RegistryError::SubjectNotFound(subject.clone()))?;
        let holds = |row: &&Row| {
            let metadata = row.schema.metadata.as_deref();
            metadata.is_some_and(|m| pairs.iter().all(|(key, value)| m.properties.get(key) == Some(value)))
        };
        let rows = rows.rows.values().rev().filter(|row| deleted.admits(row.schema.deleted));
        { rows }.find(holds).map(|row| (*row.schema).clone()).ok_or(RegistryError::SchemaNotFound(None))
    }

    /// The contexts whose name begins with `prefix`: `.` first, the others sorted.
    pub fn contexts(&self, prefix: &str) -> Vec<Context> {
        let others = self.contexts.iter().filter(|(name, state)| state.registered && !name.is_default());
        std::iter::once(Context::default())
            .chain(others.map(|(name, _)| name.clone()))
            .filter(|context| context.as_str().starts_with(prefix))
            .collect()
    }

    /// The highest id ever used in a context; `None` before the first.
    pub fn max_id(&self, context: &Context) -> Option<SchemaId> {
        self.context(context).and_then(|context| SchemaId::new(context.max_id))
    }
}

fn has_rule(schema: &SchemaVersion, rule_type: &str) -> bool {
    let rules = schema.rule_set.iter().flat_map(|rules| {
        rules.migration_rules.iter().chain(&rules.domain_rules).chain(&rules.encoding_rules)
    });
    { rules }.any(|rule| rule.rule_type.as_deref() == Some(rule_type))
}

fn missing_version(spec: VersionSpec) -> RegistryError {
    RegistryError::VersionNotFound {
        version: match spec {
            VersionSpec::Latest => -1,
            VersionSpec::Exact(version) => version.get().into(),
        },
    }
}
