//! Events: the facts a command adds, shaped and keyed like the records of the `_schemas` topic (contract 4.2).
//!
//! The registry's state is a fold over them ([`State::apply`](crate::State::apply)). Two of ours are not in the
//! contract: [`Event::ContextTombstone`] (the removal of a context) and [`Event::MaxId`] (so that an id is not given
//! out twice after its last use was hard-deleted). The JSON of keys and values is in [`crate::event_json`].

use std::fmt;
use std::sync::Arc;

use assay_schema::{Context, SchemaId, Subject, Version};

use crate::schema_version::SchemaVersion;
use crate::scope::Scope;
use crate::settings::{Config, Mode};

/// One fact.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// A version as it now is; also written again with `deleted` set for a soft delete.
    Schema(Arc<SchemaVersion>),
    /// A version is gone.
    SchemaTombstone {
        /// Its subject.
        subject: Subject,
        /// Its number.
        version: Version,
    },
    /// The complete settings of a scope.
    Config {
        /// Where.
        scope: Scope,
        /// What.
        config: Arc<Config>,
    },
    /// The settings of a scope are gone.
    ConfigTombstone {
        /// Where.
        scope: Scope,
    },
    /// The mode of a scope.
    Mode {
        /// Where.
        scope: Scope,
        /// What.
        mode: Mode,
    },
    /// The mode of a scope is gone.
    ModeTombstone {
        /// Where.
        scope: Scope,
    },
    /// All versions of the subject written so far, up to that number, are soft-deleted (contract 2.5, 4.6).
    DeleteSubject {
        /// The subject.
        subject: Subject,
        /// The highest of its versions, soft-deleted ones included.
        version: Version,
    },
    /// All soft-deleted versions written so far in the scope are dropped (contract 4.6).
    ClearSubject {
        /// The scope.
        scope: Scope,
    },
    /// A context other than the default one exists.
    Context {
        /// Its name.
        context: Context,
    },
    /// It exists no longer.
    ContextTombstone {
        /// Its name.
        context: Context,
    },
    /// Automatic ids of the context go on above this one.
    MaxId {
        /// The context.
        context: Context,
        /// The highest id ever used in it.
        id: SchemaId,
    },
}

/// What an event replaces: the last event under a key wins, as in a compacted topic.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the variants are those of Event")]
pub enum EventKey {
    Schema(Subject, Version),
    Config(Scope),
    Mode(Scope),
    DeleteSubject(Subject),
    ClearSubject(Scope),
    Context(Context),
    MaxId(Context),
}

impl Event {
    /// The key.
    pub fn key(&self) -> EventKey {
        match self {
            Event::Schema(row) => EventKey::Schema(row.subject.clone(), row.version),
            Event::SchemaTombstone { subject, version } => EventKey::Schema(subject.clone(), *version),
            Event::Config { scope, .. } | Event::ConfigTombstone { scope } => EventKey::Config(scope.clone()),
            Event::Mode { scope, .. } | Event::ModeTombstone { scope } => EventKey::Mode(scope.clone()),
            Event::DeleteSubject { subject, .. } => EventKey::DeleteSubject(subject.clone()),
            Event::ClearSubject { scope } => EventKey::ClearSubject(scope.clone()),
            Event::Context { context } | Event::ContextTombstone { context } => {
                EventKey::Context(context.clone())
            }
            Event::MaxId { context, .. } => EventKey::MaxId(context.clone()),
        }
    }

    /// Whether the event only removes what is under its key: a store then keeps nothing.
    pub fn is_tombstone(&self) -> bool {
        match self {
            Event::SchemaTombstone { .. }
            | Event::ConfigTombstone { .. }
            | Event::ModeTombstone { .. }
            | Event::ContextTombstone { .. } => true,
            Event::Schema(_)
            | Event::Config { .. }
            | Event::Mode { .. }
            | Event::DeleteSubject { .. }
            | Event::ClearSubject { .. }
            | Event::Context { .. }
            | Event::MaxId { .. } => false,
        }
    }

    /// The record's timestamp, where the event has one of its own: when a version was first registered.
    pub fn timestamp_ms(&self) -> Option<i64> {
        match self {
            Event::Schema(row) => Some(row.ts_ms),
            _ => None,
        }
    }
}

impl fmt::Display for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}
