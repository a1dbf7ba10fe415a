//! The same client without `await`, for programs that have no async runtime. It runs the async one on a thread of its own, so
//! that it can be called from anywhere, also from inside a runtime (whose thread it then holds up).

use std::{
    fmt,
    future::Future,
    sync::{Arc, mpsc},
};

use assay_schema::{Context, Subject, Version, VersionSpec};
use assay_wire::{Guid, SchemaId};
use tokio::runtime::{Builder, Runtime};

use crate::{
    ClientConfig, ClientError, Compatibility, Deletion, Normalize, Registered, Schema, SubjectVersion,
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
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("assay-client")
            .enable_all()
            .build()
            .map_err(|error| ClientError::Runtime(error.to_string()))?;
        Ok(Client { client: crate::Client::new(config)?, worker: Arc::new(Worker(Some(runtime))) })
    }

    /// A client of the registry at these base URLs (separated by commas), with default settings.
    /// # Errors
    /// As [`Client::new`].
    pub fn connect(urls: &str) -> Result<Client, ClientError> {
        Client::new(ClientConfig::new(urls))
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
        let context = context.clone();
        self.wait(|client| async move { client.schema_by_id(&context, id).await })
    }

    /// See [`crate::Client::schema_by_guid`].
    /// # Errors
    /// The same.
    pub fn schema_by_guid(&self, guid: &Guid) -> Result<Arc<Schema>, ClientError> {
        let guid = *guid;
        self.wait(|client| async move { client.schema_by_guid(&guid).await })
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
}
