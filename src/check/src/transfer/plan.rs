//! What has to be written so that a target holds what a snapshot holds, and in which order. Pure: two snapshots in, a plan out.

use std::collections::{BTreeMap, BTreeSet};

use super::TransferError;
use super::entry::{SchemaRow, Snapshot};

/// What to do where the target holds something else in the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnConflict {
    /// Write nothing at all.
    #[default]
    Fail,
    /// Keep the target's, write the rest.
    Skip,
    /// Replace the target's.
    Overwrite,
}

/// A place in which the target holds something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Subject of the snapshot's version.
    pub subject: String,
    /// Its number.
    pub version: i32,
    /// What is in the way.
    pub reason: String,
}

/// The steps, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Versions of the target to delete for good, with whether each is soft-deleted already.
    pub remove: Vec<(String, i32, bool)>,
    /// Versions to register, referenced ones first.
    pub register: Vec<SchemaRow>,
    /// Versions to soft-delete afterwards, referrers first.
    pub soft_delete: Vec<(String, i32)>,
    /// Versions that are there already.
    pub present: usize,
    /// Where the target holds something else.
    pub conflicts: Vec<Conflict>,
    /// Own configs to set, by subject.
    pub configs: BTreeMap<String, serde_json::Value>,
    /// Own modes to set, by subject.
    pub modes: BTreeMap<String, String>,
    /// Subjects whose own mode is IMPORT in the target only: a run that was killed has left it.
    pub leave_import: Vec<String>,
    /// Highest ids to reach, by context.
    pub max_ids: BTreeMap<String, u32>,
}

/// Compares a snapshot with what the target holds.
///
/// # Errors
/// `MissingReference` when a version refers to one that neither side has, or versions refer to each other in a circle.
pub fn plan(wanted: &Snapshot, target: &Snapshot, on_conflict: OnConflict) -> Result<Plan, TransferError> {
    let mut plan = Plan::default();
    let ids = ids_of(target);
    let mut register = BTreeMap::new();
    for (key, row) in &wanted.schemas {
        let in_place = target.schemas.get(key);
        if let Some(there) = in_place
            && there.same_content(row)
            && (row.deleted || !there.deleted)
        {
            plan.present += 1;
            if row.deleted && !there.deleted {
                plan.soft_delete.push(key.clone());
            }
            continue;
        }
        let conflict = in_place.map(difference).or_else(|| id_taken(row, &ids));
        match (conflict, on_conflict) {
            (None, _) => drop(register.insert(key.clone(), row.clone())),
            (Some(reason), OnConflict::Overwrite) if in_place.is_some() => {
                let gone = in_place.is_some_and(|there| there.deleted);
                plan.remove.push((row.subject.clone(), row.version, gone));
                register.insert(key.clone(), row.clone());
                drop(reason);
            }
            (Some(reason), _) => {
                plan.conflicts.push(Conflict { subject: row.subject.clone(), version: row.version, reason });
            }
        }
    }
    let (ordered, places) = (in_order(register, target)?, order_of(wanted));
    plan.soft_delete.extend(ordered.iter().filter(|r| r.deleted).map(SchemaRow::key));
    plan.soft_delete.sort_by_key(|key| std::cmp::Reverse(places.get(key).copied()));
    plan.register = ordered;
    let differs = |subject: &String, there: Option<&serde_json::Value>, value| {
        there != Some(value) && (there.is_none() || subject.is_empty() || on_conflict != OnConflict::Skip)
    };
    for (subject, config) in &wanted.configs {
        if differs(subject, target.configs.get(subject), config) {
            plan.configs.insert(subject.clone(), config.clone());
        }
    }
    plan.modes = wanted.modes.iter().filter(|(s, m)| target.modes.get(*s) != Some(*m)).map(own).collect();
    let mut subjects: Vec<&String> = wanted.schemas.keys().map(|(subject, _)| subject).collect();
    subjects.dedup();
    subjects
        .retain(|s| target.modes.get(*s).is_some_and(|m| m == "IMPORT") && !wanted.modes.contains_key(*s));
    plan.leave_import = subjects.into_iter().cloned().collect();
    plan.max_ids = wanted.max_ids.clone();
    Ok(plan)
}

fn own((subject, mode): (&String, &String)) -> (String, String) {
    (subject.clone(), mode.clone())
}

fn difference(there: &SchemaRow) -> String {
    let state = if there.deleted { ", soft-deleted" } else { "" };
    format!("the target has another schema there (id {}{state})", there.id)
}

type Ids<'a> = BTreeMap<(&'a str, u32), &'a SchemaRow>;

fn ids_of(target: &Snapshot) -> Ids<'_> {
    target.schemas.values().map(|row| ((row.context(), row.id), row)).collect()
}

/// An id stands for one content in a context.
fn id_taken(row: &SchemaRow, ids: &Ids<'_>) -> Option<String> {
    let there = ids.get(&(row.context(), row.id))?;
    let same = there.schema == row.schema && there.schema_type == row.schema_type;
    (!same).then(|| {
        format!("id {} is another schema in the target ({} version {})", row.id, there.subject, there.version)
    })
}

/// Referenced versions before their referrers, otherwise by id.
fn in_order(
    mut rows: BTreeMap<(String, i32), SchemaRow>,
    target: &Snapshot,
) -> Result<Vec<SchemaRow>, TransferError> {
    let mut ordered = Vec::with_capacity(rows.len());
    let mut done: BTreeSet<(String, i32)> = target.schemas.keys().cloned().collect();
    while !rows.is_empty() {
        let mut ready: Vec<(u32, (String, i32))> = rows
            .iter()
            .filter(|(_, row)| row.refers_to().all(|r| done.contains(&r)))
            .map(|(key, row)| (row.id, key.clone()))
            .collect();
        if ready.is_empty() {
            return Err(unreachable_reference(&rows, &done));
        }
        ready.sort();
        for (_, key) in ready {
            if let Some(row) = rows.remove(&key) {
                ordered.push(row);
                done.insert(key);
            }
        }
    }
    Ok(ordered)
}

fn unreachable_reference(
    rows: &BTreeMap<(String, i32), SchemaRow>,
    done: &BTreeSet<(String, i32)>,
) -> TransferError {
    let found = rows.values().find_map(|row| row.refers_to().find(|r| !done.contains(r)).map(|r| (row, r)));
    let (subject, version, missing) = found.map_or((String::new(), 0, String::new()), |(row, (s, v))| {
        (row.subject.clone(), row.version, format!("{s} version {v}"))
    });
    TransferError::MissingReference { subject, version, missing }
}

/// A rank that grows from referenced to referrer, for deleting in the other direction.
fn order_of(wanted: &Snapshot) -> BTreeMap<(String, i32), usize> {
    let nothing = Snapshot::default();
    let ordered = in_order(wanted.schemas.clone(), &nothing).unwrap_or_default();
    ordered.iter().enumerate().map(|(rank, row)| (row.key(), rank)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::entry::ReferenceRow;
    use super::*;

    fn row(subject: &str, version: i32, id: u32, refers: &[(&str, i32)]) -> SchemaRow {
        SchemaRow {
            subject: subject.into(),
            version,
            id,
            guid: None,
            schema_type: "AVRO".into(),
            references: refers
                .iter()
                .map(|(s, v)| ReferenceRow { name: "n".into(), subject: (*s).into(), version: *v })
                .collect(),
            metadata: None,
            rule_set: None,
            schema: format!("text {id}"),
            ts: None,
            deleted: false,
        }
    }

    fn snapshot(rows: Vec<SchemaRow>) -> Snapshot {
        Snapshot { schemas: rows.into_iter().map(|r| (r.key(), r)).collect(), ..Snapshot::default() }
    }

    #[test]
    fn referenced_versions_come_first_and_are_deleted_last() {
        let mut wanted = snapshot(vec![row("a", 1, 1, &[("z", 1)]), row("z", 1, 2, &[])]);
        wanted.schemas.values_mut().for_each(|r| r.deleted = true);
        let plan = plan(&wanted, &Snapshot::default(), OnConflict::Fail).unwrap();
        let subjects: Vec<&str> = plan.register.iter().map(|r| r.subject.as_str()).collect();
        assert_eq!(subjects, ["z", "a"]);
        assert_eq!(plan.soft_delete, [("a".to_owned(), 1), ("z".to_owned(), 1)]);
    }

    #[test]
    fn what_is_there_is_left_alone_and_what_differs_is_a_conflict() {
        let wanted = snapshot(vec![row("a", 1, 1, &[]), row("a", 2, 2, &[]), row("b", 1, 3, &[])]);
        let target = snapshot(vec![row("a", 1, 1, &[]), row("a", 2, 9, &[]), row("c", 1, 3, &[])]);
        let mut other = target.clone();
        other.schemas.get_mut(&("c".to_owned(), 1)).unwrap().schema = "other".into();
        let fail = plan(&wanted, &other, OnConflict::Fail).unwrap();
        assert_eq!((fail.present, fail.register.len(), fail.conflicts.len()), (1, 0, 2));
        assert!(fail.conflicts[1].reason.contains("id 3"), "{:?}", fail.conflicts);
        let overwrite = plan(&wanted, &target, OnConflict::Overwrite).unwrap();
        assert_eq!(overwrite.remove, [("a".to_owned(), 2, false)]);
        assert_eq!(overwrite.register.len(), 2);
    }

    #[test]
    fn a_missing_reference_and_a_circle_are_named() {
        for rows in [
            vec![row("a", 1, 1, &[("gone", 4)])],
            vec![row("a", 1, 1, &[("b", 1)]), row("b", 1, 2, &[("a", 1)])],
        ] {
            let error =
                plan(&snapshot(rows), &Snapshot::default(), OnConflict::Fail).unwrap_err().to_string();
            assert!(error.starts_with("a version 1 refers to"), "{error}");
        }
    }
}
