//! The same client without `await`, for programs that have no async runtime. It runs the async one on a thread of its own, so
//! that it can be called from anywhere, also from inside a runtime (whose thread it then holds up).

use std::{
    fmt,
    future::Future,
    sync::{Arc, mpsc},
};

use assay_schema::{Context, Subject, Version, VersionSpec};
use assay_wire::{Guid, SchemaId};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::{
    Association, ClientConfig, ClientError, Compatibility, Deleted, Deletion, Normalize, Registered, Schema,
    SubjectVersion,
};

/// A blocking client of one registry. Cheap to clone; clones share the thread, connections and caches.
#[derive(Clone)]
pub struct Client {
    client: crate::Client,
    worker: Arc<Worker>,
}

/// The runtime, which must not be dropped the ordinary way inside another one.
struct Worker(Option<Runtime>);

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("blocking::Client").finish_non_exhaustive()
    }
}

impl Client {
    /// A client with these settings. Nothing is connected yet.
    /// # Errors
    /// As [`Client::new`](crate::Client::new), and `Runtime` if no thread can be started.
    pub fn new(config: ClientConfig) -> Result<Client, ClientError> {
        Client::of(crate::Client::new(config)?)
    }

    /// The blocking twin of an async client; they share connections and caches.
    /// # Errors
    /// `Runtime` if no thread can be started.
    pub fn of(client: crate::Client) -> Result<Client, ClientError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("assay-client")
            .enable_all()
            .build()
            .map_err(|error| ClientError::Runtime(error.to_string()))?;
        Ok(Client { client, worker: Arc::new(Worker(Some(runtime))) })
    }

    /// A client of the registry at these base URLs (separated by commas), with default settings.
    /// # Errors
    /// As [`Client::new`].
    pub fn connect(urls: &str) -> Result<Client, ClientError> {
        Client::new(ClientConfig::new(urls))
    }

    /// See [`crate::Client::in_memory`].
    /// # Errors
    /// As [`Client::of`].
    pub fn in_memory() -> Result<Client, ClientError> {
        Client::of(crate::Client::in_memory())
    }

    /// The async client inside; it shares the caches.
    #[must_use]
    pub fn as_async(&self) -> &crate::Client {
        &self.client
    }

    /// Runs a call of the async client on the thread of this one and waits for it.
    /// # Errors
    /// Those of the call, and `Runtime` if it did not come to an end.
    pub fn wait<T, F>(&self, call: impl FnOnce(crate::Client) -> F) -> Result<T, ClientError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, ClientError>> + Send + 'static,
    {
        let gone = || ClientError::Runtime("it stopped before the call ended".into());
        let (sender, receiver) = mpsc::sync_channel(1);
        let future = call(self.client.clone());
        let runtime = self.worker.0.as_ref().ok_or_else(gone)?;
        runtime.spawn(async move {
            let _ = sender.send(future.await);
        });
        receiver.recv().map_err(|_| gone())?
    }

    /// See [`crate::Client::schema_by_id`].
    /// # Errors
    /// The same.
    pub fn schema_by_id(&self, context: &Context, id: SchemaId) -> Result<Arc<Schema>, ClientError> {
        if let Some(schema) = self.cached_schema_by_id(context, id) {
            return Ok(schema);
        }
        let context = context.clone();
        self.wait(|client| async move { client.schema_by_id(&context, id).await })
    }

    /// See [`crate::Client::cached_schema_by_id`].
    #[must_use]
    pub fn cached_schema_by_id(&self, context: &Context, id: SchemaId) -> Option<Arc<Schema>> {
        self.client.cached_schema_by_id(context, id)
    }

    /// See [`crate::Client::guid_by_id`].
    /// # Errors
    /// The same.
    pub fn guid_by_id(&self, context: &Context, id: SchemaId) -> Result<Option<Guid>, ClientError> {
        let context = context.clone();
        self.wait(|client| async move { client.guid_by_id(&context, id).await })
    }

    /// See [`crate::Client::schema_by_guid`].
    /// # Errors
    /// The same.
    pub fn schema_by_guid(&self, guid: &Guid) -> Result<Arc<Schema>, ClientError> {
        if let Some(schema) = self.cached_schema_by_guid(guid) {
            return Ok(schema);
        }
        let guid = *guid;
        self.wait(|client| async move { client.schema_by_guid(&guid).await })
    }

    /// See [`crate::Client::cached_schema_by_guid`].
    #[must_use]
    pub fn cached_schema_by_guid(&self, guid: &Guid) -> Option<Arc<Schema>> {
        self.client.cached_schema_by_guid(guid)
    }

    /// See [`crate::Client::ids_by_guid`].
    /// # Errors
    /// The same.
    pub fn ids_by_guid(&self, guid: &Guid) -> Result<Vec<(Context, SchemaId)>, ClientError> {
        let guid = *guid;
        self.wait(|client| async move { client.ids_by_guid(&guid).await })
    }

    /// See [`crate::Client::register`].
    /// # Errors
    /// The same.
    pub fn register(
        &self,
        subject: &Subject,
        schema: &Schema,
        normalize: Normalize,
    ) -> Result<Registered, ClientError> {
        if let Some(known) = self.client.cached_register(subject, schema, normalize) {
            return Ok(known);
        }
        let (subject, schema) = (subject.clone(), schema.clone());
        self.wait(|client| async move { client.register(&subject, &schema, normalize).await })
    }

    /// See [`crate::Client::lookup`].
    /// # Errors
    /// The same.
    pub fn lookup(
        &self,
        subject: &Subject,
        schema: &Schema,
        normalize: Normalize,
    ) -> Result<Registered, ClientError> {
        if let Some(known) = self.client.cached_lookup(subject, schema, normalize) {
            return Ok(known);
        }
        let (subject, schema) = (subject.clone(), schema.clone());
        self.wait(|client| async move { client.lookup(&subject, &schema, normalize).await })
    }

    /// See [`crate::Client::version`].
    /// # Errors
    /// The same.
    pub fn version(&self, subject: &Subject, version: VersionSpec) -> Result<SubjectVersion, ClientError> {
        let subject = subject.clone();
        self.wait(|client| async move { client.version(&subject, version).await })
    }

    /// See [`crate::Client::version_with`].
    /// # Errors
    /// The same.
    pub fn version_with(
        &self,
        subject: &Subject,
        version: VersionSpec,
        deleted: Deleted,
    ) -> Result<SubjectVersion, ClientError> {
        let subject = subject.clone();
        self.wait(|client| async move { client.version_with(&subject, version, deleted).await })
    }

    /// See [`crate::Client::latest_with_metadata`].
    /// # Errors
    /// The same.
    pub fn latest_with_metadata(
        &self,
        subject: &Subject,
        properties: &[(&str, &str)],
        deleted: Deleted,
    ) -> Result<SubjectVersion, ClientError> {
        let (subject, properties) = (subject.clone(), owned(properties));
        self.wait(|client| async move {
            client.latest_with_metadata(&subject, &borrowed(&properties), deleted).await
        })
    }

    /// See [`crate::Client::associations`].
    /// # Errors
    /// The same.
    pub fn associations(
        &self,
        namespace: &str,
        resource: &str,
        resource_type: &str,
        association_type: &str,
    ) -> Result<Vec<Association>, ClientError> {
        let asked = [namespace, resource, resource_type, association_type].map(str::to_owned);
        self.wait(|client| async move {
            let [namespace, resource, resource_type, association_type] = &asked;
            client.associations(namespace, resource, resource_type, association_type).await
        })
    }

    /// See [`crate::Client::preload`].
    /// # Errors
    /// The same.
    pub fn preload(&self, subjects: &[Subject]) -> Result<Vec<SubjectVersion>, ClientError> {
        let subjects = subjects.to_vec();
        self.wait(|client| async move { client.preload(&subjects).await })
    }

    /// See [`crate::Client::subjects`].
    /// # Errors
    /// The same.
    pub fn subjects(&self) -> Result<Vec<Subject>, ClientError> {
        self.wait(|client| async move { client.subjects().await })
    }

    /// See [`crate::Client::versions`].
    /// # Errors
    /// The same.
    pub fn versions(&self, subject: &Subject) -> Result<Vec<Version>, ClientError> {
        let subject = subject.clone();
        self.wait(|client| async move { client.versions(&subject).await })
    }

    /// See [`crate::Client::check_compatibility`].
    /// # Errors
    /// The same.
    pub fn check_compatibility(
        &self,
        subject: &Subject,
        schema: &Schema,
    ) -> Result<Compatibility, ClientError> {
        let (subject, schema) = (subject.clone(), schema.clone());
        self.wait(|client| async move { client.check_compatibility(&subject, &schema).await })
    }

    /// See [`crate::Client::delete_subject`].
    /// # Errors
    /// The same.
    pub fn delete_subject(&self, subject: &Subject, deletion: Deletion) -> Result<Vec<Version>, ClientError> {
        let subject = subject.clone();
        self.wait(|client| async move { client.delete_subject(&subject, deletion).await })
    }

    /// See [`crate::Client::delete_version`].
    /// # Errors
    /// The same.
    pub fn delete_version(
        &self,
        subject: &Subject,
        version: VersionSpec,
        deletion: Deletion,
    ) -> Result<Version, ClientError> {
        let subject = subject.clone();
        self.wait(|client| async move { client.delete_version(&subject, version, deletion).await })
    }

    /// See [`crate::Client::compatibility_level`].
    /// # Errors
    /// The same.
    pub fn compatibility_level(&self, subject: Option<&Subject>) -> Result<String, ClientError> {
        let subject = subject.cloned();
        self.wait(|client| async move { client.compatibility_level(subject.as_ref()).await })
    }

    /// See [`crate::Client::set_compatibility_level`].
    /// # Errors
    /// The same.
    pub fn set_compatibility_level(&self, subject: Option<&Subject>, level: &str) -> Result<(), ClientError> {
        let (subject, level) = (subject.cloned(), level.to_owned());
        self.wait(|client| async move { client.set_compatibility_level(subject.as_ref(), &level).await })
    }

    /// See [`crate::Client::mode`].
    /// # Errors
    /// The same.
    pub fn mode(&self, subject: Option<&Subject>) -> Result<String, ClientError> {
        let subject = subject.cloned();
        self.wait(|client| async move { client.mode(subject.as_ref()).await })
    }

    /// See [`crate::Client::set_mode`].
    /// # Errors
    /// The same.
    pub fn set_mode(&self, subject: Option<&Subject>, mode: &str) -> Result<(), ClientError> {
        let (subject, mode) = (subject.cloned(), mode.to_owned());
        self.wait(|client| async move { client.set_mode(subject.as_ref(), &mode).await })
    }

    /// See [`crate::Client::get`].
    /// # Errors
    /// The same.
    pub fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, ClientError> {
        let (path, query) = (segments(path), owned(query));
        self.wait(|client| async move { client.get(&parts(&path), &borrowed(&query)).await })
    }

    /// See [`crate::Client::post`].
    /// # Errors
    /// The same.
    pub fn post(&self, path: &[&str], query: &[(&str, &str)], body: &Value) -> Result<Value, ClientError> {
        let (path, query, body) = (segments(path), owned(query), body.clone());
        self.wait(|client| async move { client.post(&parts(&path), &borrowed(&query), &body).await })
    }

    /// See [`crate::Client::put`].
    /// # Errors
    /// The same.
    pub fn put(&self, path: &[&str], query: &[(&str, &str)], body: &Value) -> Result<Value, ClientError> {
        let (path, query, body) = (segments(path), owned(query), body.clone());
        self.wait(|client| async move { client.put(&parts(&path), &borrowed(&query), &body).await })
    }

    /// See [`crate::Client::delete`].
    /// # Errors
    /// The same.
    pub fn delete(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, ClientError> {
        let (path, query) = (segments(path), owned(query));
        self.wait(|client| async move { client.delete(&parts(&path), &borrowed(&query)).await })
    }
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

fn segments(path: &[&str]) -> Vec<String> {
    path.iter().map(|segment| (*segment).to_owned()).collect()
}

fn parts(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}
