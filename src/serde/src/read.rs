//! The deserializers' side: the schema behind an id or GUID, fetched once, then found without a lock.

use std::fmt;
use std::sync::Arc;

use assay_client::{Cache, Client};
use assay_schema::Context;
#[cfg(feature = "avro")]
use assay_schema::{Subject, VersionSpec};
use assay_wire::SchemaKey;

use crate::rules::{self, Way};
use crate::source::{Parsed, parse};
use crate::{Attempt, SerdeError};

/// Most parsed schemas that are remembered by one deserializer.
const PARSED_MAX: usize = 1000;

/// What a deserializer is made of.
pub(crate) struct Reader<P> {
    client: Client,
    context: Context,
    parsed: Cache<SchemaKey, Arc<P>>,
}

impl<P> fmt::Debug for Reader<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("context", &self.context).finish_non_exhaustive()
    }
}

impl<P: Parsed> Reader<P> {
    pub(crate) fn new(client: Client, context: Context) -> Reader<P> {
        Reader { client, context, parsed: Cache::new(PARSED_MAX) }
    }

    /// The same for another context, in which an id is another schema: nothing that was parsed is kept.
    pub(crate) fn with_context(self, context: Context) -> Reader<P> {
        Reader::new(self.client, context)
    }

    /// The writer's schema, if it is known. Takes no lock, waits for nothing.
    pub(crate) fn known(&self, key: SchemaKey) -> Attempt<Arc<P>> {
        self.parsed.get(&key).map_or(Attempt::NeedsSchema(key), Attempt::Ready)
    }

    /// The writer's schema, fetched if it is not known yet. Nothing is remembered of a failure here; the client remembers for a
    /// short time that the registry has no such schema, and never that it did not answer.
    pub(crate) async fn schema(&self, key: SchemaKey) -> Result<Arc<P>, SerdeError> {
        if let Attempt::Ready(known) = self.known(key) {
            return Ok(known);
        }
        let found = match &key {
            SchemaKey::Id(id) => self.client.schema_by_id(&self.context, *id).await,
            SchemaKey::Guid(guid) => self.client.schema_by_guid(guid).await,
        };
        let schema = match found {
            Err(error) if error.is_not_found() => return Err(SerdeError::UnknownSchema(key.to_string())),
            found => found?,
        };
        rules::refuse(Way::Read, key, schema.rule_set.as_deref())?;
        let writer = Arc::new(parse::<P>(&self.client, &self.context, key, &schema).await?);
        self.parsed.insert(key, Arc::clone(&writer));
        Ok(writer)
    }

    /// The latest version of a subject, to read with.
    #[cfg(feature = "avro")]
    pub(crate) async fn latest(&self, subject: &Subject) -> Result<P, SerdeError> {
        let found = self.client.version(subject, VersionSpec::Latest).await?;
        let (key, rules) = (SchemaKey::Id(found.id), found.schema.rule_set.as_deref());
        rules::refuse(Way::Read, key, rules)?;
        rules::refuse_migration(key, rules)?;
        parse::<P>(&self.client, subject.context(), key, &found.schema).await
    }
}
