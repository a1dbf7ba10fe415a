//! The async client.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use assay_schema::{Context, Subject, Version, VersionSpec};
use assay_wire::{Guid, SchemaId};
use reqwest::Method;

use crate::{
    ClientConfig, ClientError, Compatibility, Deletion, Normalize, Registered, Schema, SubjectVersion,
    cache::Cache,
    dto::{CompatibilityAnswer, ConfigAnswer, ConfigBody, Mode, SchemaAnswer, SchemaBody},
    http::{Http, Request},
};

/// A client of one registry. Cheap to clone; clones share connections and caches. Needs a tokio runtime.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    http: Http,
    caches: Mutex<Caches>,
}

struct Caches {
    by_id: Cache<(Context, SchemaId), Arc<Schema>>,
    missing: Cache<(Context, SchemaId), Instant>,
    by_guid: Cache<Guid, Arc<Schema>>,
    by_schema: Cache<(Asked, Subject, Normalize, Schema), Registered>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Asked {
    Register,
    Lookup,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// A client with these settings. Nothing is connected yet.
    /// # Errors
    /// `InvalidUrl`, `NoUrl`, `TlsUnsupported`.
    pub fn new(config: ClientConfig) -> Result<Client, ClientError> {
        let entries = config.cache_entries_max;
        let caches = Caches {
            by_id: Cache::new(entries),
            missing: Cache::new(entries),
            by_guid: Cache::new(entries),
            by_schema: Cache::new(entries),
        };
        Ok(Client(Arc::new(Inner { http: Http::new(config)?, caches: Mutex::new(caches) })))
    }

    /// A client of the registry at these base URLs (separated by commas), with default settings.
    /// # Errors
    /// As [`Client::new`].
    pub fn connect(urls: &str) -> Result<Client, ClientError> {
        Client::new(ClientConfig::new(urls))
    }

    /// The schema with this id in a context. Remembered; that there is none is remembered for a short while.
    /// # Errors
    /// `Api` with 40403 when there is none; see [`ClientError`].
    pub async fn schema_by_id(&self, context: &Context, id: SchemaId) -> Result<Arc<Schema>, ClientError> {
        let key = (context.clone(), id);
        {
            let mut caches = self.caches();
            if let Some(schema) = caches.by_id.get(&key) {
                return Ok(schema);
            }
            match caches.missing.get(&key) {
                Some(until) if Instant::now() < until => return Err(missing(id)),
                Some(_) => caches.missing.remove(&key),
                None => {}
            }
        }
        let subject = Subject::new(context.clone(), "").to_string();
        let mut query = vec![("fetchMaxId", "false")];
        if !context.is_default() {
            query.push(("subject", &subject));
        }
        let answer =
            self.send::<SchemaAnswer>(Request::get(&["schemas", "ids", &id.to_string()], &query)).await;
        match answer.and_then(|answer| answer.schema().map_err(|reason| self.odd(reason))) {
            Ok(schema) => {
                let schema = Arc::new(schema);
                self.caches().by_id.insert(key, Arc::clone(&schema));
                Ok(schema)
            }
            Err(error) => {
                if error.error_code() == Some(40403) {
                    self.caches().missing.insert(key, Instant::now() + self.0.http.config().missing_ttl);
                }
                Err(error)
            }
        }
    }

    /// The schema with this GUID, in any context. Remembered.
    /// # Errors
    /// `Api` with 40403 when there is none; see [`ClientError`].
    pub async fn schema_by_guid(&self, guid: &Guid) -> Result<Arc<Schema>, ClientError> {
        if let Some(schema) = self.caches().by_guid.get(guid) {
            return Ok(schema);
        }
        let answer: SchemaAnswer =
            self.send(Request::get(&["schemas", "guids", &guid.to_string()], &[])).await?;
        let schema = Arc::new(answer.schema().map_err(|reason| self.odd(reason))?);
        self.caches().by_guid.insert(*guid, Arc::clone(&schema));
        Ok(schema)
    }

    /// Registers a schema under a subject, or finds that it is. Remembered.
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

    /// Finds a schema under a subject without registering it. Remembered.
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

    async fn by_schema(
        &self,
        asked: Asked,
        subject: &Subject,
        schema: &Schema,
        normalize: Normalize,
    ) -> Result<Registered, ClientError> {
        let key = (asked, subject.clone(), normalize, schema.clone());
        if let Some(registered) = self.caches().by_schema.get(&key) {
            return Ok(registered);
        }
        let name = subject.to_string();
        let path: &[&str] = match asked {
            Asked::Register => &["subjects", &name, "versions"],
            Asked::Lookup => &["subjects", &name],
        };
        let query: &[(&str, &str)] = match normalize {
            Normalize::Default => &[],
            Normalize::Yes => &[("normalize", "true")],
        };
        let request = Request::with_body(Method::POST, path, query, &SchemaBody::from(schema))?;
        let answer: SchemaAnswer = self.send(request).await?;
        let registered = answer.registered().map_err(|reason| self.odd(reason))?;
        self.caches().by_schema.insert(key, registered);
        Ok(registered)
    }

    /// A version of a subject. Not remembered: `latest` moves.
    /// # Errors
    /// `Api` with 40401 (no such subject) or 40402 (no such version); see [`ClientError`].
    pub async fn version(
        &self,
        subject: &Subject,
        version: VersionSpec,
    ) -> Result<SubjectVersion, ClientError> {
        let (name, version) = (subject.to_string(), version.to_string());
        let answer: SchemaAnswer =
            self.send(Request::get(&["subjects", &name, "versions", &version], &[])).await?;
        answer.subject_version().map_err(|reason| self.odd(reason))
    }

    /// All subjects with an active version, of all contexts.
    /// # Errors
    /// See [`ClientError`].
    pub async fn subjects(&self) -> Result<Vec<Subject>, ClientError> {
        let names: Vec<String> = self.send(Request::get(&["subjects"], &[])).await?;
        Ok(names.iter().map(|name| Subject::parse(name)).collect())
    }

    /// The active versions of a subject, ascending.
    /// # Errors
    /// `Api` with 40401 when there is no such subject; see [`ClientError`].
    pub async fn versions(&self, subject: &Subject) -> Result<Vec<Version>, ClientError> {
        let numbers: Vec<i32> =
            self.send(Request::get(&["subjects", &subject.to_string(), "versions"], &[])).await?;
        numbers.into_iter().map(|number| self.version_number(number)).collect()
    }

    /// Whether a schema could be registered, and why not.
    /// # Errors
    /// See [`ClientError`].
    pub async fn check_compatibility(
        &self,
        subject: &Subject,
        schema: &Schema,
    ) -> Result<Compatibility, ClientError> {
        let name = subject.to_string();
        let path = ["compatibility", "subjects", &name, "versions"];
        let query = [("verbose", "true")];
        let request = Request::with_body(Method::POST, &path, &query, &SchemaBody::from(schema))?;
        let answer: CompatibilityAnswer = self.send(request).await?;
        Ok(Compatibility {
            is_compatible: answer.is_compatible,
            messages: answer.messages.unwrap_or_default(),
        })
    }

    /// Deletes a subject; the versions deleted are returned. Forgets what was remembered of schemas' ids.
    /// # Errors
    /// `Api` with 40401, 40404, 40405 or 42206; see [`ClientError`].
    pub async fn delete_subject(
        &self,
        subject: &Subject,
        deletion: Deletion,
    ) -> Result<Vec<Version>, ClientError> {
        self.caches().by_schema.clear();
        let name = subject.to_string();
        let numbers: Vec<i32> = self.send(Request::delete(&["subjects", &name], permanent(deletion))).await?;
        self.caches().by_schema.clear();
        numbers.into_iter().map(|number| self.version_number(number)).collect()
    }

    /// Deletes a version; its number is returned. Forgets what was remembered of schemas' ids.
    /// # Errors
    /// `Api` with 40401, 40402, 40406, 40407 or 42206; see [`ClientError`].
    pub async fn delete_version(
        &self,
        subject: &Subject,
        version: VersionSpec,
        deletion: Deletion,
    ) -> Result<Version, ClientError> {
        self.caches().by_schema.clear();
        let (name, version) = (subject.to_string(), version.to_string());
        let path = ["subjects", &name, "versions", &version];
        let number: i32 = self.send(Request::delete(&path, permanent(deletion))).await?;
        self.caches().by_schema.clear();
        self.version_number(number)
    }

    /// The compatibility level in force for a subject, or the global one.
    /// # Errors
    /// See [`ClientError`].
    pub async fn compatibility_level(&self, subject: Option<&Subject>) -> Result<String, ClientError> {
        let name = subject.map(Subject::to_string);
        let answer: ConfigAnswer = self
            .send(Request::get(&scoped("config", name.as_deref()), &[("defaultToGlobal", "true")]))
            .await?;
        answer.compatibility_level.ok_or_else(|| self.odd("no \"compatibilityLevel\"".into()))
    }

    /// Sets the compatibility level of a subject, or the global one.
    /// # Errors
    /// `Api` with 42203 for an unknown level; see [`ClientError`].
    pub async fn set_compatibility_level(
        &self,
        subject: Option<&Subject>,
        level: &str,
    ) -> Result<(), ClientError> {
        let name = subject.map(Subject::to_string);
        let path = scoped("config", name.as_deref());
        let request = Request::with_body(Method::PUT, &path, &[], &ConfigBody { compatibility: level })?;
        self.send::<ConfigAnswer>(request).await.map(|_| ())
    }

    /// The mode in force for a subject, or the global one.
    /// # Errors
    /// See [`ClientError`].
    pub async fn mode(&self, subject: Option<&Subject>) -> Result<String, ClientError> {
        let name = subject.map(Subject::to_string);
        let answer: Mode =
            self.send(Request::get(&scoped("mode", name.as_deref()), &[("defaultToGlobal", "true")])).await?;
        Ok(answer.mode)
    }

    /// Sets the mode of a subject, or the global one.
    /// # Errors
    /// `Api` with 42204 for an unknown mode, 42205 when it may not be set; see [`ClientError`].
    pub async fn set_mode(&self, subject: Option<&Subject>, mode: &str) -> Result<(), ClientError> {
        let name = subject.map(Subject::to_string);
        let path = scoped("mode", name.as_deref());
        let request = Request::with_body(Method::PUT, &path, &[], &Mode { mode: mode.to_owned() })?;
        self.send::<Mode>(request).await.map(|_| ())
    }

    pub(crate) async fn send<T: serde::de::DeserializeOwned>(
        &self,
        request: Request<'_>,
    ) -> Result<T, ClientError> {
        self.0.http.send(request).await
    }

    fn caches(&self) -> MutexGuard<'_, Caches> {
        self.0.caches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn odd(&self, reason: String) -> ClientError {
        let url = self.0.http.base_url();
        ClientError::Answer { url, reason }
    }

    fn version_number(&self, number: i32) -> Result<Version, ClientError> {
        Version::try_from(number).map_err(|error| self.odd(error.to_string()))
    }
}

fn missing(id: SchemaId) -> ClientError {
    ClientError::Api {
        status: 404,
        error_code: 40403,
        message: format!("Schema {id} not found (remembered)"),
    }
}

fn permanent(deletion: Deletion) -> &'static [(&'static str, &'static str)] {
    match deletion {
        Deletion::Soft => &[],
        Deletion::Permanent => &[("permanent", "true")],
    }
}

fn scoped<'a>(what: &'a str, subject: Option<&'a str>) -> Vec<&'a str> {
    std::iter::once(what).chain(subject).collect()
}
