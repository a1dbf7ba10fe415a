//! The async client, and the calls whose answers are remembered.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use assay_schema::{Context, Subject, Version, VersionSpec};
use assay_wire::{Guid, SchemaId};
use hashbrown::Equivalent;
use reqwest::Method;

use crate::{
    Cache, ClientConfig, ClientError, Deleted, Normalize, Registered, Schema, SubjectVersion,
    dto::{SchemaAnswer, SchemaBody},
    http::{Http, Request},
    known::{Known, Remember},
    memory::Memory,
};

/// A client of one registry. Cheap to clone; clones share connections and caches. Needs a tokio runtime.
///
/// What is remembered is found without a lock; the same question asked by many at the same time is sent once.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    registry: Registry,
    remember: Remember,
    by_id: Arc<Known<HomeId, Arc<Schema>>>,
    by_guid: Arc<Known<Guid, Arc<Schema>>>,
    guids: Cache<HomeId, Guid>,
    by_schema: Arc<Known<(Asked, Subject, Normalize, Schema), Registered>>,
    versions: Arc<Known<(Subject, VersionSpec, Deleted), SubjectVersion>>,
}

/// What answers.
enum Registry {
    Http(Box<Http>),
    Memory(Memory),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Asked {
    Register,
    Lookup,
}

/// An id in its context. Both of this and [`IdKey`] hash the id alone, for every record looks it up: contexts are few, and comparing
/// them is cheaper than hashing their names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct HomeId(Context, SchemaId);

impl Hash for HomeId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.1.hash(state);
    }
}

/// A [`HomeId`], borrowed.
struct IdKey<'a>(&'a Context, SchemaId);

impl Hash for IdKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.1.hash(state);
    }
}

impl Equivalent<HomeId> for IdKey<'_> {
    fn equivalent(&self, HomeId(context, id): &HomeId) -> bool {
        let same = || std::ptr::eq(self.0.as_str(), context.as_str()); // most often it is a clone
        self.1 == *id && (same() || self.0 == context)
    }
}

/// A key of `by_schema`, borrowed.
#[derive(Hash)]
struct AskedKey<'a>(Asked, &'a Subject, Normalize, &'a Schema);

impl Equivalent<(Asked, Subject, Normalize, Schema)> for AskedKey<'_> {
    fn equivalent(&self, (asked, subject, normalize, schema): &(Asked, Subject, Normalize, Schema)) -> bool {
        self.0 == *asked && self.2 == *normalize && self.1 == subject && self.3 == schema
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// A client with these settings. Nothing is connected yet; files that the settings name are read.
    /// # Errors
    /// `InvalidUrl`, `NoUrl`, `TlsUnsupported`, `Setting`.
    pub fn new(config: ClientConfig) -> Result<Client, ClientError> {
        let (entries, refused) = (config.cache_entries_max, config.missing_ttl);
        let registry = Registry::Http(Box::new(Http::new(config)?));
        Ok(Client::of(registry, entries, Remember { found: true, refused }))
    }

    /// A client of the registry at these base URLs (separated by commas), with default settings.
    /// # Errors
    /// As [`Client::new`].
    pub fn connect(urls: &str) -> Result<Client, ClientError> {
        Client::new(ClientConfig::new(urls))
    }

    /// A client with a registry of its own in memory, empty at first, for tests: it registers, finds and deletes as a real
    /// one does, with ids from 1, but checks no compatibility (its level is NONE) and has no config, mode and associations.
    /// A schema of a format is read if that feature of `assay-schema` is in the build.
    #[must_use]
    pub fn in_memory() -> Client {
        let config = ClientConfig::new("");
        let remember = Remember { found: true, refused: config.missing_ttl };
        Client::of(Registry::Memory(Memory::default()), config.cache_entries_max, remember)
    }

    fn of(registry: Registry, entries_max: usize, remember: Remember) -> Client {
        Client(Arc::new(Inner {
            registry,
            remember,
            by_id: Known::new(entries_max),
            by_guid: Known::new(entries_max),
            guids: Cache::new(entries_max),
            by_schema: Known::new(entries_max),
            versions: Known::new(entries_max),
        }))
    }

    /// The schema with this id in a context. Remembered; that there is none is remembered for a short while.
    /// # Errors
    /// `Api` with 40403 when there is none; see [`ClientError`].
    pub async fn schema_by_id(&self, context: &Context, id: SchemaId) -> Result<Arc<Schema>, ClientError> {
        if let Some(schema) = self.cached_schema_by_id(context, id) {
            return Ok(schema);
        }
        let (client, home) = (self.clone(), context.clone());
        let ask = || async move { client.fetch_by_id(home, id).await };
        self.0.by_id.get(HomeId(context.clone(), id), self.0.remember, ask).await
    }

    /// [`Client::schema_by_id`] if it is remembered. Takes no lock, allocates nothing, never waits.
    #[must_use]
    pub fn cached_schema_by_id(&self, context: &Context, id: SchemaId) -> Option<Arc<Schema>> {
        self.0.by_id.cached(&IdKey(context, id))
    }

    async fn fetch_by_id(&self, context: Context, id: SchemaId) -> Result<Arc<Schema>, ClientError> {
        let subject = Subject::new(context.clone(), "").to_string();
        let mut query = vec![("fetchMaxId", "false")];
        if !context.is_default() {
            query.push(("subject", &subject));
        }
        let path = ["schemas", "ids", &id.to_string()];
        let answer: SchemaAnswer = self.send(Request::get(&path, &query)).await?;
        let guid = answer.guid();
        let schema = Arc::new(answer.schema().map_err(|reason| self.odd(reason))?);
        if let Some(guid) = guid {
            self.0.guids.insert(HomeId(context, id), guid);
        }
        Ok(schema)
    }

    /// The GUID of an id in a context, for serializers that write it into headers; `None` if the registry, one before 8.0,
    /// does not say. Remembered.
    /// # Errors
    /// As [`Client::schema_by_id`].
    pub async fn guid_by_id(&self, context: &Context, id: SchemaId) -> Result<Option<Guid>, ClientError> {
        if let Some(guid) = self.0.guids.get(&IdKey(context, id)) {
            return Ok(Some(guid));
        }
        self.schema_by_id(context, id).await?;
        if let Some(guid) = self.0.guids.get(&IdKey(context, id)) {
            return Ok(Some(guid));
        }
        self.fetch_by_id(context.clone(), id).await?; // the schema was remembered for longer than its GUID
        Ok(self.0.guids.get(&IdKey(context, id)))
    }

    /// The schema with this GUID, in any context. Remembered; that there is none is remembered for a short while.
    /// # Errors
    /// `Api` with 40403 when there is none; see [`ClientError`].
    pub async fn schema_by_guid(&self, guid: &Guid) -> Result<Arc<Schema>, ClientError> {
        if let Some(schema) = self.cached_schema_by_guid(guid) {
            return Ok(schema);
        }
        let (client, guid) = (self.clone(), *guid);
        let ask = || async move {
            let path = ["schemas", "guids", &guid.to_string()];
            let answer: SchemaAnswer = client.send(Request::get(&path, &[])).await?;
            answer.schema().map(Arc::new).map_err(|reason| client.odd(reason))
        };
        self.0.by_guid.get(guid, self.0.remember, ask).await
    }

    /// [`Client::schema_by_guid`] if it is remembered. Takes no lock, allocates nothing, never waits.
    #[must_use]
    pub fn cached_schema_by_guid(&self, guid: &Guid) -> Option<Arc<Schema>> {
        self.0.by_guid.cached(guid)
    }

    /// Registers a schema under a subject, or finds that it is. Remembered; so is, for a short while, that it was refused.
    /// # Errors
    /// `Api` with 42201 (invalid), 409 or 40901 (incompatible) and others of the contract 1.4; see [`ClientError`].
    pub async fn register(
        &self,
        subject: &Subject,
        schema: &Schema,
        normalize: Normalize,
    ) -> Result<Registered, ClientError> {
        self.by_schema(Asked::Register, subject, schema, normalize).await
    }

    /// Finds a schema under a subject without registering it. Remembered; so is, for a short while, that there is none.
    /// # Errors
    /// `Api` with 40401 (no such subject) or 40403 (not under it); see [`ClientError`].
    pub async fn lookup(
        &self,
        subject: &Subject,
        schema: &Schema,
        normalize: Normalize,
    ) -> Result<Registered, ClientError> {
        self.by_schema(Asked::Lookup, subject, schema, normalize).await
    }

    /// [`Client::register`] if it is remembered. Takes no lock, allocates nothing, never waits; reads the schema's text once.
    #[must_use]
    pub fn cached_register(
        &self,
        subject: &Subject,
        schema: &Schema,
        normalize: Normalize,
    ) -> Option<Registered> {
        self.0.by_schema.cached(&AskedKey(Asked::Register, subject, normalize, schema))
    }

    /// [`Client::lookup`] if it is remembered. Takes no lock, allocates nothing, never waits; reads the schema's text once.
    #[must_use]
    pub fn cached_lookup(
        &self,
        subject: &Subject,
        schema: &Schema,
        normalize: Normalize,
    ) -> Option<Registered> {
        self.0.by_schema.cached(&AskedKey(Asked::Lookup, subject, normalize, schema))
    }

    async fn by_schema(
        &self,
        asked: Asked,
        subject: &Subject,
        schema: &Schema,
        normalize: Normalize,
    ) -> Result<Registered, ClientError> {
        if let Some(registered) = self.0.by_schema.cached(&AskedKey(asked, subject, normalize, schema)) {
            return Ok(registered);
        }
        let key = (asked, subject.clone(), normalize, schema.clone());
        let (client, question) = (self.clone(), key.clone());
        let ask = || async move { client.ask_by_schema(question).await };
        self.0.by_schema.get(key, self.0.remember, ask).await
    }

    async fn ask_by_schema(
        &self,
        (asked, subject, normalize, schema): (Asked, Subject, Normalize, Schema),
    ) -> Result<Registered, ClientError> {
        let name = subject.to_string();
        let path: &[&str] = match asked {
            Asked::Register => &["subjects", &name, "versions"],
            Asked::Lookup => &["subjects", &name],
        };
        let query: &[(&str, &str)] = match normalize {
            Normalize::Default => &[],
            Normalize::Yes => &[("normalize", "true")],
        };
        let request = Request::with_body(Method::POST, path, query, &SchemaBody::from(&schema))?;
        let answer: SchemaAnswer = self.send(request).await?;
        let registered = answer.registered().map_err(|reason| self.odd(reason))?;
        if let Some(guid) = registered.guid {
            self.0.guids.insert(HomeId(subject.context().clone(), registered.id), guid);
        }
        if asked == Asked::Register {
            self.forget_refusals();
        }
        Ok(registered)
    }

    /// What was not there may be there now.
    fn forget_refusals(&self) {
        self.0.by_id.forget_refusals(|_| false);
        self.0.by_guid.forget_refusals(|_| false);
        self.0.versions.forget_refusals(|_| false);
        self.0.by_schema.forget_refusals(|(asked, ..)| *asked == Asked::Register);
    }

    /// A version of a subject. A given one is remembered, the latest is not: it moves. Who asks for the same while it is
    /// being asked for gets the same answer.
    /// # Errors
    /// `Api` with 40401 (no such subject) or 40402 (no such version); see [`ClientError`].
    pub async fn version(
        &self,
        subject: &Subject,
        version: VersionSpec,
    ) -> Result<SubjectVersion, ClientError> {
        self.version_with(subject, version, Deleted::Hide).await
    }

    /// [`Client::version`], also of a version that is deleted: what a schema refers to is needed as long as the schema is.
    /// # Errors
    /// The same.
    pub async fn version_with(
        &self,
        subject: &Subject,
        version: VersionSpec,
        deleted: Deleted,
    ) -> Result<SubjectVersion, ClientError> {
        let (client, key) = (self.clone(), (subject.clone(), version, deleted));
        let remember = Remember { found: version != VersionSpec::Latest, ..self.0.remember };
        if remember.found
            && let Some(known) = self.0.versions.cached(&key)
        {
            return Ok(known);
        }
        let name = subject.to_string();
        let ask = || async move {
            let path = ["subjects", &name, "versions", &version.to_string()];
            let query: &[(&str, &str)] = match deleted {
                Deleted::Hide => &[],
                Deleted::Include => &[("deleted", "true")],
            };
            let answer: SchemaAnswer = client.send(Request::get(&path, query)).await?;
            answer.subject_version().map_err(|reason| client.odd(reason))
        };
        self.0.versions.get(key, remember, ask).await
    }

    /// Puts a version that was fetched where ids and GUIDs are looked for.
    pub(crate) fn remember(&self, version: &SubjectVersion) {
        let schema = Arc::new(version.schema.clone());
        let key = HomeId(version.subject.context().clone(), version.id);
        if let Some(guid) = version.guid {
            self.0.by_guid.insert(guid, Arc::clone(&schema));
            self.0.guids.insert(key.clone(), guid);
        }
        self.0.by_id.insert(key, schema);
    }

    /// Forgets what deletions and other writes may have changed; a schema's id and GUID are not among that.
    pub(crate) fn forget(&self) {
        self.0.by_schema.forget();
        self.0.versions.forget();
        self.forget_refusals();
    }

    pub(crate) async fn send<T: serde::de::DeserializeOwned>(
        &self,
        request: Request<'_>,
    ) -> Result<T, ClientError> {
        match &self.0.registry {
            Registry::Http(http) => http.send(request).await,
            Registry::Memory(memory) => memory.send(&request),
        }
    }

    pub(crate) fn odd(&self, reason: String) -> ClientError {
        let url = match &self.0.registry {
            Registry::Http(http) => http.base_url(),
            Registry::Memory(_) => Memory::URL.to_owned(),
        };
        ClientError::Answer { url, reason }
    }

    pub(crate) fn version_number(&self, number: i32) -> Result<Version, ClientError> {
        Version::try_from(number).map_err(|error| self.odd(error.to_string()))
    }
}
