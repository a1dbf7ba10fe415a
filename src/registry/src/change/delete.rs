//! Deleting subjects and versions. The checks come in the order of contract 1.3 and 1.4.

use std::sync::Arc;

use assay_schema::{Subject, Version, VersionSpec};

use super::{check_unreferenced, check_writable, drop_settings, hard_delete};
use crate::error::RegistryError;
use crate::event::{Event, EventKey};
use crate::schema_version::{Deleted, Permanence, SchemaVersion};
use crate::scope::Scope;
use crate::state::{RowRef, State};
use crate::transaction::Decision;

/// `DELETE /subjects/{subject}`: the versions deleted by this call, ascending.
pub(crate) fn delete_subject(
    state: &State,
    subject: &Subject,
    permanence: Permanence,
) -> Result<Decision<Vec<Version>>, RegistryError> {
    let damaged = state.damaged_versions(subject);
    let scope = Scope::of(subject.clone());
    let Some(rows) = state.rows_of(subject) else {
        return match (permanence, damaged.first()) {
            (_, None) => Err(RegistryError::SubjectNotFound(subject.clone())),
            (Permanence::Soft, Some(first)) => Err(damaged_error(state, subject, *first)),
            (Permanence::Permanent, Some(_)) => {
                check_writable(state, &scope)?;
                let rows: Vec<RowRef> = damaged.iter().map(|version| row_ref(subject, *version)).collect();
                let mut events = hard_delete(state, &rows);
                events.extend(drop_settings(state, &scope));
                Ok(Decision::Commit { events, value: damaged })
            }
        };
    };
    let (Some(highest), active) = (rows.highest().map(|row| row.schema.version), rows.active) else {
        return Err(RegistryError::SubjectNotFound(subject.clone()));
    };
    let listed = match permanence {
        Permanence::Soft if active == 0 => return Err(RegistryError::SubjectSoftDeleted(subject.clone())),
        Permanence::Soft => Deleted::Hide,
        Permanence::Permanent => Deleted::Include,
    };
    check_writable(state, &scope)?;
    let mut deleted: Vec<RowRef> = (rows.rows.values())
        .filter(|row| listed.admits(row.schema.deleted))
        .map(|row| RowRef::of(&row.schema))
        .collect();
    if permanence == Permanence::Permanent {
        // A damaged version cannot be soft-deleted first.
        deleted.extend(damaged.into_iter().map(|version| row_ref(subject, version)));
        deleted.sort();
    }
    for at in &deleted {
        check_unreferenced(state, at, listed, |referrer| referrer.subject == *subject)?;
    }
    let versions = deleted.iter().map(|at| at.version).collect();
    let events = match permanence {
        // The highest of *all* versions: one record per subject survives, and must cover what earlier ones covered.
        Permanence::Soft => vec![Event::DeleteSubject { subject: subject.clone(), version: highest }],
        Permanence::Permanent if active > 0 => {
            return Err(RegistryError::SubjectNotSoftDeleted(subject.clone()));
        }
        Permanence::Permanent => {
            let mut events = hard_delete(state, &deleted);
            events.extend(drop_settings(state, &scope));
            events
        }
    };
    Ok(Decision::Commit { events, value: versions })
}

/// `DELETE /subjects/{subject}/versions/{version}`: the version deleted.
pub(crate) fn delete_version(
    state: &State,
    subject: &Subject,
    spec: VersionSpec,
    permanence: Permanence,
) -> Result<Decision<Version>, RegistryError> {
    if let VersionSpec::Exact(version) = spec
        && state.is_damaged(&EventKey::Schema(subject.clone(), version))
    {
        return delete_damaged(state, subject, version, permanence);
    }
    let found = state.find(subject, spec, Deleted::Include).map(|row| &row.schema);
    if let (Permanence::Soft, Some(row)) = (permanence, found)
        && row.deleted
    {
        return Err(RegistryError::VersionSoftDeleted { subject: subject.clone(), version: row.version });
    }
    let Some(row) = found else {
        return Err(state.missing_here(subject, spec));
    };
    check_writable(state, &Scope::of(subject.clone()))?;
    let at = RowRef::of(row);
    let counted = match permanence {
        Permanence::Soft => Deleted::Hide,
        Permanence::Permanent => Deleted::Include,
    };
    check_unreferenced(state, &at, counted, |_| false)?;
    let events = match permanence {
        Permanence::Soft => {
            vec![Event::Schema(Arc::new(SchemaVersion { deleted: true, ..(**row).clone() }))]
        }
        Permanence::Permanent if !row.deleted => {
            return Err(RegistryError::VersionNotSoftDeleted {
                subject: subject.clone(),
                version: row.version,
            });
        }
        Permanence::Permanent => {
            let last = state.rows_of(subject).is_some_and(|rows| rows.rows.len() == 1);
            let mut events = hard_delete(state, std::slice::from_ref(&at));
            if last {
                events.extend(drop_settings(state, &Scope::of(subject.clone())));
            }
            events
        }
    };
    Ok(Decision::Commit { events, value: at.version })
}

/// A damaged version has nothing left that could be undeleted: it goes for good, or not at all.
fn delete_damaged(
    state: &State,
    subject: &Subject,
    version: Version,
    permanence: Permanence,
) -> Result<Decision<Version>, RegistryError> {
    if permanence == Permanence::Soft {
        return Err(damaged_error(state, subject, version));
    }
    let scope = Scope::of(subject.clone());
    check_writable(state, &scope)?;
    let at = row_ref(subject, version);
    check_unreferenced(state, &at, Deleted::Include, |_| false)?;
    let mut events = hard_delete(state, std::slice::from_ref(&at));
    if state.rows_of(subject).is_none() && state.damaged_versions(subject).len() == 1 {
        events.extend(drop_settings(state, &scope));
    }
    Ok(Decision::Commit { events, value: version })
}

fn row_ref(subject: &Subject, version: Version) -> RowRef {
    RowRef { subject: subject.clone(), version }
}

fn damaged_error(state: &State, subject: &Subject, version: Version) -> RegistryError {
    let refused = state.check_version(subject, VersionSpec::Exact(version));
    refused.err().unwrap_or_else(|| RegistryError::SubjectNotFound(subject.clone()))
}
