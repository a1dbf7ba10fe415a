//! Where compiled schemas come from. The binary plugs the registry in; the broker and gateway only see this trait.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use assay_schema::{Context, SchemaType, Subject, Version};
use assay_wire::{Guid, SchemaId};

use crate::{RecordNames, SchemaUnusable, Validator};

/// A boxed future that may move between threads.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// Answer of a [`SchemaSource`] about a schema.
pub enum Resolution {
    /// The schema, compiled.
    Ready(Arc<Compiled>),
    /// Being fetched or compiled: await, then ask again.
    Pending(BoxFuture<()>),
    /// There is no such schema.
    Unknown,
    /// The registry cannot answer now, and why.
    Unavailable(String),
}

impl fmt::Debug for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Resolution::Ready(compiled) => f.debug_tuple("Ready").field(compiled).finish(),
            Resolution::Pending(_) => f.write_str("Pending"),
            Resolution::Unknown => f.write_str("Unknown"),
            Resolution::Unavailable(why) => f.debug_tuple("Unavailable").field(why).finish(),
        }
    }
}

/// Answer of a [`SchemaSource`] about a subject.
pub enum Fact<T> {
    /// So it is.
    Known(T),
    /// Being asked: await, then ask again.
    Pending(BoxFuture<()>),
    /// The registry cannot answer now, and why.
    Unavailable(String),
}

/// Looks schemas up for the produce path. Answers must be quick: a lock-free look-up, or `Pending`.
pub trait SchemaSource: Send + Sync + 'static {
    /// The source for a batch that begins now: what it has said once stays so to the end of the batch, and what was asked since the
    /// batch began is new enough for it, however long the answer took. `None`: this one will do, since it never has to ask.
    fn for_batch(&self) -> Option<Arc<dyn SchemaSource>> {
        None
    }
    /// Of a source for a batch: whether whoever is asked has given no answer at all since it began. Many or slow answers are not
    /// silence.
    fn is_silent(&self) -> bool {
        false
    }
    /// The schema with this id in this context.
    fn by_id(&self, context: &Context, id: SchemaId) -> Resolution;
    /// The schema with this GUID; if several contexts have it, the default one's.
    fn by_guid(&self, guid: &Guid) -> Resolution;
    /// Whether the subject has an active version; what `auto` asks.
    fn subject_exists(&self, subject: &Subject) -> Fact<bool>;
    /// The version under which the schema `(context, id)` is registered in the subject. Asked anew for every batch, because
    /// subjects grow.
    fn version_in(&self, context: &Context, id: SchemaId, subject: &Subject) -> Fact<Option<Version>>;
    /// The latest active version of the subject.
    fn latest_version(&self, subject: &Subject) -> Fact<Option<Version>>;
}

/// A schema as the produce path needs it.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// Context the id belongs to.
    pub context: Context,
    /// Its id in that context.
    pub id: SchemaId,
    /// Its type.
    pub schema_type: SchemaType,
    /// What the subject strategies by record go by.
    pub record_names: RecordNames,
    /// Its validator, or why there is none. Equal schemas share one.
    pub validator: Result<Arc<Validator>, SchemaUnusable>,
}
