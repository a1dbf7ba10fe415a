//! Is it there already? Content identity first, then equivalence, newest version first (contract 2.3.1, 2.3.2).

use assay_schema::{Metadata, Reference, RuleSet, Strictness};

use super::candidate::{Candidate, Preparation};
use super::draft::{Draft, Purpose, confluent_version, is_empty};
use crate::cache::ParseKey;
use crate::effective::Effective;
use crate::merge::CONFLUENT_VERSION;
use crate::references::Resolver;
use crate::schema_version::{Deleted, SchemaVersion};
use crate::state::{Row, SubjectRows};
use crate::work::{Stop, Work};

/// A lookup under one subject.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lookup<'a> {
    pub(crate) preparation: Preparation<'a>,
    pub(crate) effective: &'a Effective,
    pub(crate) deleted: Deleted,
}

/// The stored version a request means: as sent, then once more with what it would inherit (contract 2.4).
pub(crate) fn lookup<'a>(work: &mut Work<'_>, lookup: &Lookup<'a>) -> Result<Option<&'a Row>, Stop> {
    let Preparation { state, subject, request, .. } = lookup.preparation;
    let rows = state.rows_of(subject);
    let sent = Draft::as_sent(subject, request)?;
    if !is_empty(request) {
        let candidate = lookup.preparation.prepare_leniently(work, &sent)?;
        if let Some(row) = find(work, lookup, rows, &candidate)? {
            return Ok(Some(row));
        }
    }
    if rows.and_then(SubjectRows::latest).is_none() {
        return Ok(None);
    }
    let draft = Draft::inheriting(subject, request, rows, lookup.effective, Purpose::Lookup)?;
    if draft == sent {
        return Ok(None);
    }
    let candidate = lookup.preparation.prepare_leniently(work, &draft)?;
    find(work, lookup, rows, &candidate)
}

fn find<'a>(
    work: &mut Work<'_>,
    lookup: &Lookup<'a>,
    rows: Option<&'a SubjectRows>,
    candidate: &Candidate,
) -> Result<Option<&'a Row>, Stop> {
    rows.map_or(Ok(None), |rows| find_match(work, &lookup.preparation, rows, candidate, lookup.deleted))
}

/// The version of a subject that a candidate is the same as. The request's id must agree if it gave one; its version
/// restricts the search as 2.3.2 says.
pub(crate) fn find_match<'a>(
    work: &mut Work<'_>,
    preparation: &Preparation<'a>,
    rows: &'a SubjectRows,
    candidate: &Candidate,
    deleted: Deleted,
) -> Result<Option<&'a Row>, Stop> {
    let request = preparation.request;
    let newest = rows.latest().or_else(|| rows.highest()).map(|row| row.schema.version);
    let eligible = |row: &&Row| {
        let SchemaVersion { id, version, deleted: flag, .. } = &*row.schema;
        let version_fits = match request.asked_version() {
            0 => true,
            asked if asked > 0 => asked == i64::from(version.get()) && request.given_id().is_some(),
            _ => Some(*version) == newest,
        };
        let id_fits = request.given_id().is_none_or(|asked| asked == i64::from(id.get()));
        deleted.admits(*flag) && version_fits && id_fits
    };
    let newest_first = || rows.rows.values().rev().filter(eligible);
    let same_content = |row: &&Row| {
        row.schema.guid == candidate.match_guid && row.schema.schema_type == candidate.schema_type
    };
    if let Some(row) = newest_first().find(same_content) {
        return Ok(Some(row));
    }
    for row in newest_first() {
        if equivalent(work, preparation, candidate, &row.schema)? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// Equivalence (contract 2.3.1).
fn equivalent(
    work: &mut Work<'_>,
    preparation: &Preparation<'_>,
    candidate: &Candidate,
    stored: &SchemaVersion,
) -> Result<bool, Stop> {
    let beside = candidate.schema_type == stored.schema_type
        && same_metadata(candidate.match_metadata.as_ref(), stored)
        && same_rules(candidate.rule_set.as_ref(), stored.rule_set.as_deref());
    if !beside {
        return Ok(false);
    }
    if candidate.text == stored.text || means_the_same(work, preparation, candidate, stored)? {
        let unreferenced = candidate.references.is_empty();
        return Ok(unreferenced || same_references(preparation, &candidate.references, stored));
    }
    if !candidate.references.is_empty() || stored.references.is_empty() {
        return Ok(false);
    }
    expanded_equals(work, preparation, candidate, stored)
}

/// A text that was stored as it came is found by its canonical text; with `normalize`, any is by its normal text.
fn means_the_same(
    work: &mut Work<'_>,
    preparation: &Preparation<'_>,
    candidate: &Candidate,
    stored: &SchemaVersion,
) -> Result<bool, Stop> {
    if !(preparation.normalize || stored.verbatim) {
        return Ok(false);
    }
    let Some(key) = stored_key(preparation, stored) else { return Ok(false) };
    Ok(work.text(&key, preparation.normalize)?.is_ok_and(|text| text == candidate.text))
}

/// How a stored schema is parsed; `None` if a reference of it is gone.
fn stored_key(preparation: &Preparation<'_>, stored: &SchemaVersion) -> Option<ParseKey> {
    let resolver = Resolver {
        state: preparation.state,
        limits: &preparation.server.limits,
        deleted: Deleted::Include,
        strict_versions: false,
    };
    let closure = resolver.closure(stored.subject.context(), &stored.references).ok()?;
    Some(ParseKey::new(stored.schema_type, Strictness::Stored, stored.text.clone(), closure))
}

/// A request without references also means a stored schema with references whose expanded text is the request's.
fn expanded_equals(
    work: &mut Work<'_>,
    preparation: &Preparation<'_>,
    candidate: &Candidate,
    stored: &SchemaVersion,
) -> Result<bool, Stop> {
    // A stored schema whose references are gone is equal to nothing.
    let Some(key) = stored_key(preparation, stored) else { return Ok(false) };
    Ok(work.expanded(&key)?.is_some_and(|text| text == candidate.text))
}

fn same_references(preparation: &Preparation<'_>, asked: &[Reference], stored: &SchemaVersion) -> bool {
    let home = preparation.subject.context();
    let qualified = |reference: &Reference| {
        let subject = assay_schema::Subject::parse_in(&reference.subject, home);
        (reference.name.clone(), subject, reference.version)
    };
    let asked: Vec<_> = asked.iter().map(qualified).collect();
    let mut have: Vec<_> = stored.references.iter().map(qualified).collect();
    if preparation.normalize && asked != have {
        have.sort();
        have.dedup();
        let mut asked = asked;
        asked.sort();
        asked.dedup();
        return asked == have;
    }
    asked == have
}

/// `confluent:version` is disregarded when the request lacks it; otherwise it must name the stored one.
fn same_metadata(asked: Option<&Metadata>, stored: &SchemaVersion) -> bool {
    let have = stored.metadata.as_deref();
    let version_fits = match (confluent_version(asked), confluent_version(have)) {
        (None, _) => true,
        (Some(asked), Some(have)) => asked == have,
        (Some(asked), None) => *asked == stored.version.to_string(),
    };
    let rest = |metadata: Option<&Metadata>| {
        let mut metadata = metadata.cloned().unwrap_or_default();
        metadata.properties.remove(CONFLUENT_VERSION);
        metadata
    };
    version_fits && (asked == have || rest(asked) == rest(have))
}

/// An empty rule set equals none.
fn same_rules(asked: Option<&RuleSet>, have: Option<&RuleSet>) -> bool {
    let present = |rules: Option<&RuleSet>| rules.filter(|rules| **rules != RuleSet::default()).cloned();
    asked == have || present(asked) == present(have)
}
