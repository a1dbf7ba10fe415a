//! Another registry, over HTTP, as the broker's `SchemaSource` (`--registry URL`).
//!
//! What can never change (the schema behind an id or GUID) is kept; what can (where it is registered, a subject's latest
//! version) is asked for again after a while, and what was known goes on to count while the registry does not answer.

mod asked;

use std::sync::{Arc, Weak};
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

    fn resolve(&self, context: &Context, key: SchemaKey) -> Resolution {
        let question = (context.clone(), key);
        let judge = |found: &Found, _: Duration| if found.is_some() { Use::Fresh } else { Use::No };
        let ask = || {
            let question = question.clone();
            self.fly(|this| async move {
                let answer = this.schema(&question.0, question.1).await;
                this.schemas.told(question, Instant::now(), answer);
            })
        };
        match self.schemas.get(&question, Instant::now(), judge, ask) {
            Answer::Known(Some(compiled)) => Resolution::Ready(compiled),
            Answer::Known(None) => Resolution::Unknown,
            Answer::Pending(future) => Resolution::Pending(future),
            Answer::Unavailable(why) => Resolution::Unavailable(why),
        }
    }

    /// Fetches a schema with all it refers to, and compiles it.
    async fn schema(&self, context: &Context, key: SchemaKey) -> Result<Found, String> {
        let _turn = self.turns.acquire().await;
        let (context, id, schema) = match key {
            SchemaKey::Id(id) => match known(self.client.schema_by_id(context, id).await)? {
                Some(schema) => (context.clone(), id, schema),
                None => return Ok(None),
            },
            SchemaKey::Guid(guid) => {
                let found = known(self.client.schema_by_guid(&guid).await)?;
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
        let Some(answer) = known(answer)? else { return Ok(None) };
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
        let Some(answer) = known(answer)? else { return Ok(Arc::new([])) };
        let rows: Vec<Row> = serde_json::from_value(answer).map_err(|e| e.to_string())?;
        let rows = rows.iter().filter_map(|r| Some((Subject::parse(&r.subject), Version::new(r.version)?)));
        Ok(rows.collect())
    }

    fn latest(
        &self,
        subject: &Subject,
        judge: impl Fn(&Option<Version>, Duration) -> Use,
    ) -> Answer<Option<Version>> {
        let ask = || {
            let subject = subject.clone();
            self.fly(|this| async move {
                let answer = {
                    let _turn = this.turns.acquire().await;
                    known(this.client.versions(&subject).await)
                };
                let answer = answer.map(|versions| versions.and_then(|v| v.into_iter().max()));
                this.subjects.told(subject, Instant::now(), answer);
            })
        };
        self.subjects.get(subject, Instant::now(), judge, ask)
    }
}

/// An answer, or that there is no such thing; other errors as words.
fn known<T>(answer: Result<T, ClientError>) -> Result<Option<T>, String> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

fn fact<V, T>(answer: Answer<V>, of: impl FnOnce(V) -> T) -> Fact<T> {
    match answer {
        Answer::Known(value) => Fact::Known(of(value)),
        Answer::Pending(future) => Fact::Pending(future),
        Answer::Unavailable(why) => Fact::Unavailable(why),
    }
}

impl SchemaSource for RemoteSource {
    fn by_id(&self, context: &Context, id: SchemaId) -> Resolution {
        self.resolve(context, SchemaKey::Id(id))
    }

    fn by_guid(&self, guid: &Guid) -> Resolution {
        self.resolve(&Context::default(), SchemaKey::Guid(*guid))
    }

    fn subject_exists(&self, subject: &Subject) -> Fact<bool> {
        let judge = |latest: &Option<Version>, age: Duration| match latest {
            Some(_) if age < YES_AGE_MAX => Use::Fresh,
            None if age < LATEST_AGE_MAX => Use::Fresh,
            _ => Use::Old,
        };
        fact(self.latest(subject, judge), |latest| latest.is_some())
    }

    fn version_in(&self, context: &Context, id: SchemaId, subject: &Subject) -> Fact<Option<Version>> {
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
        fact(self.places.get(&question, Instant::now(), judge, ask), |places| here(&places))
    }

    fn latest_version(&self, subject: &Subject) -> Fact<Option<Version>> {
        let judge =
            |_: &Option<Version>, age: Duration| if age < LATEST_AGE_MAX { Use::Fresh } else { Use::Old };
        fact(self.latest(subject, judge), |latest| latest)
    }
}
