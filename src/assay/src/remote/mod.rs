//! Another registry, over HTTP, as the broker's `SchemaSource` (`--registry URL`).
//!
//! What can never change (the schema behind an id or GUID) is kept; what can (where it is registered, a subject's latest
//! version) is asked for again after a while, and what was known goes on to count while the registry does not answer.

mod asked;
mod batch;

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use assay_client::{Client, ClientConfig, ClientError, Schema};
use assay_schema::{Context, Limits, Strictness, Subject, Version};
use assay_validate::{
    BoxFuture, Compiled, Fact, RecordNames, Resolution, SchemaSource, SchemaUnusable, compile,
};
use assay_wire::{Guid, SchemaId, SchemaKey};
use serde::Deserialize;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::error::Fatal;
use asked::{Answer, Asked, Use};
use batch::{Batch, resolution};

/// Requests to the registry at the same time.
const REQUESTS_MAX: usize = 16;
/// A "yes" about a subject is good for so long: versions are deleted rarely.
const YES_AGE_MAX: Duration = Duration::from_secs(60);
/// The latest version, and that there is none, are good for so long.
const LATEST_AGE_MAX: Duration = Duration::from_secs(1);

/// A schema, or that there is none.
type Found = Option<Arc<Compiled>>;
/// Where a schema is registered.
type Places = Arc<[(Subject, Version)]>;

/// See the module.
pub(crate) struct RemoteSource {
    client: Client,
    runtime: Handle,
    turns: Semaphore,
    /// When the registry last gave an answer.
    heard: Mutex<Option<Instant>>,
    schemas: Asked<(Context, SchemaKey), Found>,
    places: Asked<(Context, SchemaId), Places>,
    subjects: Asked<Subject, Option<Version>>,
    this: Weak<RemoteSource>,
}

impl RemoteSource {
    /// Of the registry at these base URLs. Nothing is asked yet. Call inside a tokio runtime.
    ///
    /// # Errors
    /// `Fatal::Config` for a URL that cannot be used.
    pub(crate) fn new(urls: &str) -> Result<Arc<RemoteSource>, Fatal> {
        let config = ClientConfig {
            connect_timeout: Duration::from_secs(2),
            request_timeout: Duration::from_secs(10),
            retries_max: 1,
            missing_ttl: Duration::ZERO, // what is not there is remembered here
            ..ClientConfig::new(urls)
        };
        let client = Client::new(config).map_err(|e| Fatal::Config(format!("registry: {e}")))?;
        let runtime = Handle::try_current().map_err(|e| Fatal::Open(e.to_string()))?;
        Ok(Arc::new_cyclic(|this| RemoteSource {
            client,
            runtime,
            turns: Semaphore::new(REQUESTS_MAX),
            heard: Mutex::default(),
            schemas: Asked::new(),
            places: Asked::new(),
            subjects: Asked::new(),
            this: this.clone(),
        }))
    }

    /// Runs a question to its end, even if whoever waits for it goes away.
    fn fly<F: Future<Output = ()> + Send + 'static>(
        &self,
        ask: impl FnOnce(Arc<RemoteSource>) -> F,
    ) -> BoxFuture<()> {
        let Some(this) = self.this.upgrade() else { return Box::pin(std::future::ready(())) };
        let task = self.runtime.spawn(ask(this));
        Box::pin(async move { drop(task.await) })
    }

    /// Whether there has been no answer since then. An error that may pass is none.
    fn is_silent_since(&self, since: Instant) -> bool {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.is_none_or(|heard| heard < since)
    }

    /// Notes an answer: what was asked for, or `None` if there is no such thing; other errors as words.
    fn heard<T>(&self, answer: Result<T, ClientError>) -> Result<Option<T>, String> {
        if !answer.as_ref().is_err_and(ClientError::is_transient) {
            *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        match answer {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The schema, by an answer that is new enough for a batch that began at `since`. The same holds for the other look-ups.
    fn schema_since(&self, context: &Context, key: SchemaKey, since: Instant) -> Fact<Found> {
        let question = (context.clone(), key);
        let judge = |found: &Found, _: Duration| if found.is_some() { Use::Fresh } else { Use::No };
        let ask = || {
            let question = question.clone();
            self.fly(|this| async move {
                let answer = this.schema(&question.0, question.1).await;
                this.schemas.told(question, Instant::now(), answer);
            })
        };
        fact(self.schemas.get(&question, Instant::now(), since, judge, ask), |found| found)
    }

    /// Whether the subject has versions.
    fn subject_exists_since(&self, subject: &Subject, since: Instant) -> Fact<bool> {
        let judge = |latest: &Option<Version>, age: Duration| match latest {
            Some(_) if age < YES_AGE_MAX => Use::Fresh,
            None if age < LATEST_AGE_MAX => Use::Fresh,
            _ => Use::Old,
        };
        fact(self.latest(subject, since, judge), |latest| latest.is_some())
    }

    fn latest_since(&self, subject: &Subject, since: Instant) -> Fact<Option<Version>> {
        let judge =
            |_: &Option<Version>, age: Duration| if age < LATEST_AGE_MAX { Use::Fresh } else { Use::Old };
        fact(self.latest(subject, since, judge), |latest| latest)
    }

    /// The version that the schema has in the subject.
    fn version_since(
        &self,
        context: &Context,
        id: SchemaId,
        subject: &Subject,
        since: Instant,
    ) -> Fact<Option<Version>> {
        let question = (context.clone(), id);
        let here = |places: &Places| places.iter().filter(|(s, _)| s == subject).map(|(_, v)| *v).max();
        let judge = |places: &Places, age: Duration| match here(places) {
            Some(_) if age < YES_AGE_MAX => Use::Fresh,
            Some(_) => Use::Old,
            None => Use::No,
        };
        let ask = || {
            let question = question.clone();
            self.fly(|this| async move {
                let answer = this.places_of(&question.0, question.1).await;
                this.places.told(question, Instant::now(), answer);
            })
        };
        fact(self.places.get(&question, Instant::now(), since, judge, ask), |places| here(&places))
    }

    /// Fetches a schema with all it refers to, and compiles it.
    async fn schema(&self, context: &Context, key: SchemaKey) -> Result<Found, String> {
        let _turn = self.turns.acquire().await;
        let (context, id, schema) = match key {
            SchemaKey::Id(id) => match self.heard(self.client.schema_by_id(context, id).await)? {
                Some(schema) => (context.clone(), id, schema),
                None => return Ok(None),
            },
            SchemaKey::Guid(guid) => {
                let found = self.heard(self.client.schema_by_guid(&guid).await)?;
                match (found, self.id_of(&guid).await?) {
                    (Some(schema), Some((context, id))) => (context, id, schema),
                    _ => return Ok(None),
                }
            }
        };
        let (validator, record_names) =
            match assay_serde::closure(&self.client, &context, &schema.references).await {
                Ok(references) => {
                    let text = Arc::clone(&schema);
                    let work = move || {
                        let Schema { schema_type, text, .. } = &*text;
                        let limits = Limits::default();
                        let parsed =
                            assay_schema::parse(*schema_type, text, &references, Strictness::Stored, &limits)
                                .map_err(|e| SchemaUnusable { reason: e.to_string() })?;
                        Ok((compile(&parsed).map(Arc::new), RecordNames::of(&parsed)))
                    };
                    match tokio::task::spawn_blocking(work).await.map_err(|e| e.to_string())? {
                        Ok(compiled) => compiled,
                        Err(unusable) => (Err(unusable), RecordNames::default()),
                    }
                }
                Err(error) if error.is_transient() => return Err(error.to_string()),
                Err(error) => (Err(SchemaUnusable { reason: error.to_string() }), RecordNames::default()),
            };
        if let Err(why) = &validator {
            tracing::warn!(id = id.get(), %context, %why, "schema cannot be used to validate records");
        }
        let schema_type = schema.schema_type;
        Ok(Some(Arc::new(Compiled { context, id, schema_type, record_names, validator })))
    }

    /// The id of a schema that is known by its GUID; that of the default context, if it has one there.
    async fn id_of(&self, guid: &Guid) -> Result<Option<(Context, SchemaId)>, String> {
        #[derive(Deserialize)]
        struct Row {
            context: String,
            id: u32,
        }
        let answer = self.client.get(&["schemas", "guids", &guid.to_string(), "ids"], &[]).await;
        let Some(answer) = self.heard(answer)? else { return Ok(None) };
        let rows: Vec<Row> = serde_json::from_value(answer).map_err(|e| e.to_string())?;
        let ids =
            rows.iter().filter_map(|row| Some((Context::parse(&row.context).ok()?, SchemaId::new(row.id)?)));
        Ok(ids.min_by_key(|(context, _)| (!context.is_default(), context.as_str().to_owned())))
    }

    /// Where the schema is registered, active versions only.
    async fn places_of(&self, context: &Context, id: SchemaId) -> Result<Places, String> {
        #[derive(Deserialize)]
        struct Row {
            subject: String,
            version: u32,
        }
        let _turn = self.turns.acquire().await;
        let within = Subject::new(context.clone(), "").to_string();
        let query = [("subject", within.as_str())];
        let query = if context.is_default() { &query[..0] } else { &query[..] };
        let answer = self.client.get(&["schemas", "ids", &id.to_string(), "versions"], query).await;
        let Some(answer) = self.heard(answer)? else { return Ok(Arc::new([])) };
        let rows: Vec<Row> = serde_json::from_value(answer).map_err(|e| e.to_string())?;
        let rows = rows.iter().filter_map(|r| Some((Subject::parse(&r.subject), Version::new(r.version)?)));
        Ok(rows.collect())
    }

    fn latest(
        &self,
        subject: &Subject,
        since: Instant,
        judge: impl Fn(&Option<Version>, Duration) -> Use,
    ) -> Answer<Option<Version>> {
        let ask = || {
            let subject = subject.clone();
            self.fly(|this| async move {
                let answer = {
                    let _turn = this.turns.acquire().await;
                    this.heard(this.client.versions(&subject).await)
                };
                let answer = answer.map(|versions| versions.and_then(|v| v.into_iter().max()));
                this.subjects.told(subject, Instant::now(), answer);
            })
        };
        self.subjects.get(subject, Instant::now(), since, judge, ask)
    }
}

fn fact<V, T>(answer: Answer<V>, of: impl FnOnce(V) -> T) -> Fact<T> {
    match answer {
        Answer::Known(value) => Fact::Known(of(value)),
        Answer::Pending(future) => Fact::Pending(future),
        Answer::Unavailable(why) => Fact::Unavailable(why),
    }
}

/// Look-ups without a batch; the broker asks by [`SchemaSource::for_batch`].
impl SchemaSource for RemoteSource {
    fn for_batch(&self) -> Option<Arc<dyn SchemaSource>> {
        self.this.upgrade().map(|this| Arc::new(Batch::new(this)) as Arc<dyn SchemaSource>)
    }

    fn by_id(&self, context: &Context, id: SchemaId) -> Resolution {
        resolution(self.schema_since(context, SchemaKey::Id(id), Instant::now()))
    }

    fn by_guid(&self, guid: &Guid) -> Resolution {
        resolution(self.schema_since(&Context::default(), SchemaKey::Guid(*guid), Instant::now()))
    }

    fn subject_exists(&self, subject: &Subject) -> Fact<bool> {
        self.subject_exists_since(subject, Instant::now())
    }

    fn version_in(&self, context: &Context, id: SchemaId, subject: &Subject) -> Fact<Option<Version>> {
        self.version_since(context, id, subject, Instant::now())
    }

    fn latest_version(&self, subject: &Subject) -> Fact<Option<Version>> {
        self.latest_since(subject, Instant::now())
    }
}
