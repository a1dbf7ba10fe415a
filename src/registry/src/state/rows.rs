//! Rows and small sets of pointers to rows.

use std::sync::Arc;

use assay_schema::{Subject, Version};
use imbl::OrdSet;

use crate::schema_version::SchemaVersion;
use crate::store::Revision;

/// A stored version and the revision of the event that wrote it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Row {
    pub(crate) revision: Revision,
    pub(crate) schema: Arc<SchemaVersion>,
}

/// Names a row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct RowRef {
    pub(crate) subject: Subject,
    pub(crate) version: Version,
}

impl RowRef {
    pub(crate) fn of(schema: &SchemaVersion) -> RowRef {
        RowRef { subject: schema.subject.clone(), version: schema.version }
    }
}

/// A set of rows that nearly always has one member.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum RowSet {
    One(RowRef),
    Many(OrdSet<RowRef>),
}

impl RowSet {
    pub(crate) fn insert(&mut self, at: RowRef) {
        match self {
            RowSet::One(only) if *only == at => {}
            RowSet::One(only) => *self = RowSet::Many([only.clone(), at].into_iter().collect()),
            RowSet::Many(set) => {
                set.insert(at);
            }
        }
    }

    /// The set without that member; `None` when it was the last one.
    pub(crate) fn without(mut self, at: &RowRef) -> Option<RowSet> {
        match &mut self {
            RowSet::One(only) => (only != at).then_some(self),
            RowSet::Many(set) => {
                set.remove(at);
                match set.get_min().cloned() {
                    None => None,
                    Some(only) if set.len() == 1 => Some(RowSet::One(only)),
                    Some(_) => Some(self),
                }
            }
        }
    }

    pub(crate) fn iter(&self) -> Box<dyn Iterator<Item = &RowRef> + '_> {
        match self {
            RowSet::One(only) => Box::new(std::iter::once(only)),
            RowSet::Many(set) => Box::new(set.iter()),
        }
    }

    /// The first in order.
    pub(crate) fn first(&self) -> Option<&RowRef> {
        match self {
            RowSet::One(only) => Some(only),
            RowSet::Many(set) => set.get_min(),
        }
    }
}
