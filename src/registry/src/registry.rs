//! The service itself: opening, commands and the queries that need more than a state.

use std::sync::Arc;

use assay_schema::{
    Context, Guid, Limits, ParsedSchema, ResolvedReference, SchemaId, Strictness, Subject, Version,
    VersionSpec,
};

use crate::audit::audited;
use crate::cache::{ParseKey, ParsedCache};
use crate::caller::Caller;
use crate::change;
use crate::clock::Clock;
use crate::compatibility::{self, Compatibility};
use crate::error::RegistryError;
use crate::pending::Pending;
use crate::references::{ReferenceError, Resolver};
use crate::register::{self, Draft, Lookup, Preparation, Purpose, Registration};
use crate::schema_version::{
    Deleted, Fallback, Force, Normalize, Permanence, Recursive, RegisterOptions, SchemaRequest, SchemaVersion,
};
use crate::scope::Scope;
use crate::settings::{Config, ConfigUpdate, Mode, ModeUpdate, RegistryConfig};
use crate::state::{SchemaFilter, State, SubjectRows};
use crate::store::{Damaged, Store, StoreError};
use crate::transaction::Ledger;
use crate::work::{self, Effort, Stop, Work};

/// The schema registry. Share it in an `Arc`.
pub struct Registry {
    server: RegistryConfig,
    clock: Arc<dyn Clock>,
    cache: ParsedCache,
    ledger: Ledger,
    damaged: Vec<Damaged>,
}

type Result<T> = std::result::Result<T, RegistryError>;

impl Registry {
    /// Replays the store. Entries that cannot be read are logged, kept for [`Registry::damaged`], and left out.
    ///
    /// # Errors
    /// [`RegistryError::Store`] when the store as a whole cannot be read.
    pub fn open(store: Arc<dyn Store>, server: RegistryConfig, clock: Arc<dyn Clock>) -> Result<Registry> {
        let mut state = State::default();
        let mut damaged = Vec::new();
        for entry in store.replay()? {
            match entry {
                Ok(stored) => state.apply(stored.revision, &stored.event),
                Err(entry) => damaged.push(entry),
            }
        }
        for entry in &damaged {
            tracing::error!(entry = %entry.entry, reason = %entry.reason, "damaged entry in the registry store set apart");
            state.quarantine(entry);
        }
        for (from, to) in state.dangling() {
            let (version, target, of) = (from.version, &to.subject, to.version);
            tracing::warn!(subject = %from.subject, %version, %target, target_version = %of, "reference to nothing");
        }
        state.advance_to(store.head());
        let cache = ParsedCache::new(server.parsed_cache_bytes);
        Ok(Registry { server, clock, cache, ledger: Ledger::new(store, state), damaged })
    }

    /// The durable state, which does not change any more: for the produce path and for reads that belong together.
    pub fn snapshot(&self) -> Arc<State> {
        self.ledger.published()
    }

    /// The server's own settings.
    pub fn settings(&self) -> &RegistryConfig {
        &self.server
    }

    /// The entries of the store that could not be read at start-up. What has been written again since is no longer among
    /// [`State::damaged`].
    pub fn damaged(&self) -> &[Damaged] {
        &self.damaged
    }

    /// How many entries of the store are damaged still: those set apart, and those of which not even the key is known.
    pub fn damaged_now(&self) -> usize {
        let nameless = self.damaged.iter().filter(|damaged| damaged.key.is_none());
        self.snapshot().damaged().count() + nameless.count()
    }

    /// Why nothing can be written any more; `None` while all is well.
    pub fn failure(&self) -> Option<StoreError> {
        self.ledger.failure()
    }

    fn work(&self) -> Work<'_> {
        Work::new(&self.cache, &self.server.limits)
    }
}

/// Commands. Each is one audit event; the answer counts once its ticket has resolved.
impl Registry {
    /// Registers a schema under a subject, or answers the version that is it already (contract 2.3). CPU heavy:
    /// parsing and the compatibility check happen on the calling thread.
    ///
    /// # Errors
    /// One [`RegistryError`] per cause of contract 1.4.
    pub fn register(
        &self,
        caller: &Caller,
        subject: &Subject,
        request: &SchemaRequest,
        options: RegisterOptions,
    ) -> Result<Pending<SchemaVersion>> {
        audited("register", caller, subject, || {
            change::check_subject(subject, self.server.subject_bytes)?;
            if self.server.reject_empty_subject && matches!(subject.name(), "" | "*") {
                let subject = subject.to_string();
                return Err(
                    assay_schema::InvalidSubject { subject, reason: "empty subjects are rejected" }.into()
                );
            }
            register::check_size(request, &self.server.limits)?;
            let now_ms = self.clock.now_ms();
            let registration = Registration { server: &self.server, subject, request, options, now_ms };
            self.ledger.decide(&mut self.work(), |state, work| register::decide(state, work, &registration))
        })
    }

    /// Deletes all versions of a subject (contract 1.3).
    ///
    /// # Errors
    /// As the table of `DELETE /subjects/{subject}`.
    pub fn delete_subject(
        &self,
        caller: &Caller,
        subject: &Subject,
        permanence: Permanence,
    ) -> Result<Pending<Vec<Version>>> {
        audited("delete_subject", caller, subject, || {
            self.ledger.decide_quickly(|state| change::delete_subject(state, subject, permanence))
        })
    }

    /// Deletes one version (contract 1.4).
    ///
    /// # Errors
    /// As the table of `DELETE /subjects/{subject}/versions/{version}`.
    pub fn delete_version(
        &self,
        caller: &Caller,
        subject: &Subject,
        spec: VersionSpec,
        permanence: Permanence,
    ) -> Result<Pending<Version>> {
        audited("delete_version", caller, subject, || {
            self.ledger.decide_quickly(|state| change::delete_version(state, subject, spec, permanence))
        })
    }

    /// Merges settings into a scope's config and answers the result (contract 1.7).
    ///
    /// # Errors
    /// [`RegistryError::InvalidSubject`], [`RegistryError::InvalidRuleSet`], [`RegistryError::OperationNotPermitted`].
    pub fn put_config(
        &self,
        caller: &Caller,
        scope: &Scope,
        update: &ConfigUpdate,
    ) -> Result<Pending<Config>> {
        audited("put_config", caller, scope, || {
            self.ledger.decide_quickly(|state| change::put_config(state, &self.server, scope, update))
        })
    }

    /// Removes a scope's config and answers what it was.
    ///
    /// # Errors
    /// [`RegistryError::SubjectNotFound`] when nothing is stored (except for the global config).
    pub fn delete_config(&self, caller: &Caller, scope: &Scope) -> Result<Pending<Config>> {
        audited("delete_config", caller, scope, || {
            self.ledger.decide_quickly(|state| change::delete_config(state, &self.server, scope))
        })
    }

    /// Sets or removes a scope's mode (contract 1.8). Without `force`, a switch to IMPORT hard-deletes what is
    /// soft-deleted in the scope.
    ///
    /// # Errors
    /// [`RegistryError::InvalidMode`], [`RegistryError::InvalidSubject`], [`RegistryError::OperationNotPermitted`],
    /// [`RegistryError::ReferenceExists`].
    pub fn put_mode(
        &self,
        caller: &Caller,
        scope: &Scope,
        update: ModeUpdate,
        force: Force,
    ) -> Result<Pending<Option<Mode>>> {
        audited("put_mode", caller, scope, || {
            self.ledger.decide_quickly(|state| change::put_mode(state, &self.server, scope, update, force))
        })
    }

    /// Removes a scope's mode, and with `recursive` those of the subjects below it; answers what it was.
    ///
    /// # Errors
    /// [`RegistryError::SubjectNotFound`] when nothing is stored and it is not recursive.
    pub fn delete_mode(
        &self,
        caller: &Caller,
        scope: &Scope,
        recursive: Recursive,
    ) -> Result<Pending<Option<Mode>>> {
        audited("delete_mode", caller, scope, || {
            self.ledger.decide_quickly(|state| change::delete_mode(state, &self.server, scope, recursive))
        })
    }

    /// Removes an empty context (contract 1.9).
    ///
    /// # Errors
    /// [`RegistryError::ContextNotEmpty`].
    pub fn delete_context(&self, caller: &Caller, context: &Context) -> Result<Pending<()>> {
        audited("delete_context", caller, context, || {
            self.ledger.decide_quickly(|state| change::delete_context(state, context))
        })
    }
}

/// Queries, on the published state. Those that only need a state are methods of [`State`]; here are the shortcuts.
impl Registry {
    /// The version of a subject that a schema is (contract 1.3, `POST /subjects/{subject}`). An unqualified subject is
    /// searched in the other contexts too.
    ///
    /// # Errors
    /// [`RegistryError::InvalidSchema`], [`RegistryError::SubjectNotFound`], [`RegistryError::SchemaNotFound`].
    pub fn lookup(
        &self,
        subject: &Subject,
        request: &SchemaRequest,
        normalize: Normalize,
        deleted: Deleted,
    ) -> Result<SchemaVersion> {
        register::check_size(request, &self.server.limits)?;
        let state = self.snapshot();
        let mut work = self.work();
        let mut refusal = None;
        for (index, candidate) in state.candidates(subject).enumerate() {
            if index > 0 && state.rows_of(&candidate).is_none() {
                continue;
            }
            match self.lookup_in(&state, &mut work, &candidate, request, normalize, deleted) {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => {}
                Err(error) => {
                    refusal.get_or_insert(error);
                }
            }
        }
        match refusal {
            Some(error) => Err(error),
            None if state.candidates(subject).any(|subject| state.knows(&subject, deleted)) => {
                Err(RegistryError::SchemaNotFound(None))
            }
            None => Err(RegistryError::SubjectNotFound(subject.clone())),
        }
    }

    fn lookup_in(
        &self,
        state: &State,
        work: &mut Work<'_>,
        subject: &Subject,
        request: &SchemaRequest,
        normalize: Normalize,
        deleted: Deleted,
    ) -> Result<Option<SchemaVersion>> {
        let effective = state.effective(subject, &self.server);
        let preparation = Preparation {
            state,
            server: &self.server,
            subject,
            request,
            strictness: Strictness::Stored,
            normalize: normalize == Normalize::Yes || effective.normalize,
        };
        let lookup = Lookup { preparation, effective: &effective, deleted };
        let found = finish(register::lookup(work, &lookup))?;
        Ok(found.map(|row| (*row.schema).clone()))
    }

    /// What registering the schema would say of its compatibility: against one version, or (`None`) against all that
    /// the level asks for (contract 1.6).
    ///
    /// # Errors
    /// [`RegistryError::InvalidSchema`]; [`RegistryError::VersionNotFound`] for a concrete version that is not there.
    pub fn check_compatibility(
        &self,
        subject: &Subject,
        against: Option<VersionSpec>,
        request: &SchemaRequest,
        normalize: Normalize,
    ) -> Result<Compatibility> {
        register::check_size(request, &self.server.limits)?;
        let state = self.snapshot();
        state.check_registrable(subject)?;
        let rows = state.rows_of(subject);
        let olds: Vec<_> = match against {
            None => rows.into_iter().flat_map(SubjectRows::active_newest_first).collect(),
            Some(spec) => match (state.find(subject, spec, Deleted::Hide), spec) {
                (Some(row), _) => vec![row],
                (None, VersionSpec::Latest) => Vec::new(),
                (None, VersionSpec::Exact(version)) => {
                    return Err(RegistryError::VersionNotFound { version: version.get().into() });
                }
            },
        };
        let effective = state.effective(subject, &self.server);
        let new = effective.validate_new_schemas;
        let preparation = Preparation {
            state: &state,
            server: &self.server,
            subject,
            request,
            strictness: if new { Strictness::New } else { Strictness::Stored },
            normalize: normalize == Normalize::Yes || effective.normalize,
        };
        let next = rows.and_then(SubjectRows::highest).and_then(|row| row.schema.version.next());
        let purpose = Purpose::Register(next.unwrap_or(Version::FIRST));
        let draft = Draft::inheriting(subject, request, rows, &effective, purpose)?;
        let mut work = self.work();
        work.allow(Effort::Any);
        let candidate = finish(preparation.prepare_validated(&mut work, &draft, effective.validate_fields))?;
        let against =
            compatibility::Against { state: &state, server: &self.server, effective: &effective, olds };
        finish(compatibility::check(&mut work, &against, &candidate))
    }

    /// The config of a scope, its level filled in (contract 1.7).
    ///
    /// # Errors
    /// [`RegistryError::ConfigNotFound`].
    pub fn config(&self, scope: &Scope, fallback: Fallback) -> Result<Config> {
        self.snapshot().config(scope, fallback, self.server.default_level)
    }

    /// The mode of a scope (contract 1.8).
    ///
    /// # Errors
    /// [`RegistryError::ModeNotFound`].
    pub fn mode(&self, scope: &Scope, fallback: Fallback) -> Result<Mode> {
        self.snapshot().mode(scope, fallback)
    }

    /// See [`State::subjects`].
    pub fn subjects(&self, prefix: &str, deleted: Deleted) -> Vec<Subject> {
        self.snapshot().subjects(prefix, deleted)
    }

    /// See [`State::versions`]; the same versions are listed as make the subject known.
    ///
    /// # Errors
    /// [`RegistryError::SubjectNotFound`].
    pub fn versions(&self, subject: &Subject, deleted: Deleted) -> Result<Vec<(Version, bool)>> {
        self.snapshot().versions(subject, deleted, deleted)
    }

    /// See [`State::version`].
    ///
    /// # Errors
    /// As there.
    pub fn version(&self, subject: &Subject, spec: VersionSpec, deleted: Deleted) -> Result<SchemaVersion> {
        self.snapshot().version(subject, spec, deleted)
    }

    /// See [`State::schema_by_id`].
    ///
    /// # Errors
    /// As there.
    pub fn schema_by_id(&self, id: u32, subject: Option<&Subject>) -> Result<SchemaVersion> {
        self.snapshot().schema_by_id(id, subject)
    }

    /// See [`State::subjects_by_id`].
    ///
    /// # Errors
    /// As there.
    pub fn subjects_by_id(
        &self,
        id: u32,
        subject: Option<&Subject>,
        deleted: Deleted,
    ) -> Result<Vec<Subject>> {
        self.snapshot().subjects_by_id(id, subject, deleted)
    }

    /// See [`State::versions_by_id`].
    ///
    /// # Errors
    /// As there.
    pub fn versions_by_id(
        &self,
        id: u32,
        subject: Option<&Subject>,
        deleted: Deleted,
    ) -> Result<Vec<(Subject, Version)>> {
        self.snapshot().versions_by_id(id, subject, deleted)
    }

    /// See [`State::by_guid`].
    ///
    /// # Errors
    /// As there.
    pub fn by_guid(&self, guid: &Guid) -> Result<SchemaVersion> {
        self.snapshot().by_guid(guid)
    }

    /// See [`State::guid_ids`].
    pub fn guid_ids(&self, guid: &Guid) -> Vec<(Context, SchemaId)> {
        self.snapshot().guid_ids(guid)
    }

    /// See [`State::schemas`].
    pub fn schemas(&self, filter: &SchemaFilter) -> Vec<SchemaVersion> {
        self.snapshot().schemas(filter)
    }

    /// See [`State::referenced_by`].
    ///
    /// # Errors
    /// As there.
    pub fn referenced_by(
        &self,
        subject: &Subject,
        spec: VersionSpec,
        deleted: Deleted,
    ) -> Result<Vec<SchemaId>> {
        self.snapshot().referenced_by(subject, spec, deleted)
    }

    /// See [`State::subject_metadata`].
    ///
    /// # Errors
    /// As there.
    pub fn subject_metadata(
        &self,
        subject: &Subject,
        pairs: &[(String, String)],
        deleted: Deleted,
    ) -> Result<SchemaVersion> {
        self.snapshot().subject_metadata(subject, pairs, deleted)
    }

    /// The subjects whose alias leads to this one, sorted (contract 1.5).
    pub fn aliases_of(&self, subject: &Subject) -> Vec<Subject> {
        let state = self.snapshot();
        let leads_here = |scope: &Scope, config: &Config| match scope {
            Scope::Subject(own) => {
                let alias = config.alias.as_ref().map(|alias| Subject::parse_in(alias, own.context()));
                alias.as_ref() == Some(subject)
            }
            Scope::Global | Scope::GlobalContext | Scope::Context(_) => false,
        };
        let found = state.configs().filter(|(scope, config)| leads_here(scope, config));
        found.map(|(scope, _)| scope.subject()).collect()
    }

    /// See [`State::contexts`].
    pub fn contexts(&self, prefix: &str) -> Vec<Context> {
        self.snapshot().contexts(prefix)
    }

    /// See [`State::max_id`].
    pub fn max_id(&self, context: &Context) -> Option<SchemaId> {
        self.snapshot().max_id(context)
    }

    /// Parses a stored version with its references, or takes it from the cache (bounded by
    /// [`RegistryConfig::parsed_cache_bytes`]). CPU heavy when it is not there.
    ///
    /// # Errors
    /// [`RegistryError::InvalidSchema`] when the stored text cannot be read (it was imported, or a reference is gone).
    pub fn parsed(&self, schema: &SchemaVersion) -> Result<ParsedSchema> {
        let refuse = |reason: &dyn std::fmt::Display| RegistryError::InvalidSchema {
            schema: format!("id {} ({} version {})", schema.id, schema.subject, schema.version),
            reason: reason.to_string(),
        };
        let closure = self.resolve_closure(schema).map_err(|error| refuse(&error))?;
        let key = ParseKey::new(schema.schema_type, Strictness::Stored, schema.text.clone(), closure);
        work::parse(&self.cache, &key, &self.server.limits).map_err(|error| refuse(&error))
    }

    /// The transitive closure of a stored version's references, dependencies first.
    ///
    /// # Errors
    /// [`ReferenceError`].
    pub fn resolve_closure(
        &self,
        schema: &SchemaVersion,
    ) -> std::result::Result<Vec<ResolvedReference>, ReferenceError> {
        self.snapshot().closure_of(schema, &self.server.limits)
    }
}

impl State {
    /// The transitive closure of a stored version's references, dependencies first; soft-deleted versions count.
    ///
    /// # Errors
    /// [`ReferenceError`].
    pub fn closure_of(
        &self,
        schema: &SchemaVersion,
        limits: &Limits,
    ) -> std::result::Result<Vec<ResolvedReference>, ReferenceError> {
        let resolver = Resolver { state: self, limits, deleted: Deleted::Include, strict_versions: false };
        resolver.closure(schema.subject.context(), &schema.references)
    }
}

/// The result of a step that was allowed any effort.
fn finish<T>(result: std::result::Result<T, Stop>) -> Result<T> {
    result.map_err(|stop| match stop {
        Stop::Refused(error) => error,
        Stop::MoreWork => StoreError::failed("a query asked for more work than it may").into(),
    })
}
