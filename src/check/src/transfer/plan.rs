//! What has to be written so that a target holds what a snapshot holds, and in which order. Pure: two snapshots in, a plan out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::TransferError;
use super::entry::{SchemaRow, Snapshot, is_highest_id};

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

/// Something that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// What of the snapshot has no room.
    pub place: Place,
    /// What is in the way.
    pub reason: String,
    /// Whether it is in the way whatever is done about conflicts.
    pub lasting: bool,
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A version.
    Version(Key),
    /// The config of a subject; `""` is the global one.
    Config(String),
    /// The mode of a subject, as above.
    Mode(String),
    /// A subject as a whole.
    Subject(String),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Version((subject, version)) => write!(f, "{subject} version {version}"),
            Place::Config(subject) if subject.is_empty() => f.write_str("the global config"),
            Place::Config(subject) => write!(f, "the config of {subject}"),
            Place::Mode(subject) if subject.is_empty() => f.write_str("the global mode"),
            Place::Mode(subject) => write!(f, "the mode of {subject}"),
            Place::Subject(subject) => write!(f, "subject {subject}"),
        }
    }
}

/// Subject and version.
pub type Key = (String, i32);

/// The steps, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Versions of the target to delete for good, referrers first, with whether each is soft-deleted already.
    pub remove: Vec<(String, i32, bool)>,
    /// Versions to register, referenced ones first.
    pub register: Vec<SchemaRow>,
    /// Versions to soft-delete afterwards, referrers first.
    pub soft_delete: Vec<Key>,
    /// Versions that are there already.
    pub present: usize,
    /// Where the target holds something else and keeps it.
    pub conflicts: Vec<Conflict>,
    /// Own configs to set, by subject.
    pub configs: BTreeMap<String, Value>,
    /// Own modes to set, by subject.
    pub modes: BTreeMap<String, String>,
    /// Subjects whose own mode is IMPORT in the target only: a run that was killed has left it.
    pub leave_import: Vec<String>,
    /// Highest ids to reach, by context.
    pub max_ids: BTreeMap<String, u32>,
}

impl Plan {
    /// What makes it a plan that must not be carried out.
    pub fn obstacles(&self, on_conflict: OnConflict) -> impl Iterator<Item = &Conflict> {
        self.conflicts.iter().filter(move |conflict| match on_conflict {
            OnConflict::Fail => true,
            OnConflict::Overwrite | OnConflict::Skip => conflict.lasting,
        })
    }
}

impl Plan {
    /// What the target has to hold once the plan is carried out: the snapshot without what was left out.
    pub fn expected(&self, wanted: &Snapshot) -> Snapshot {
        let mut expected = wanted.clone();
        for conflict in &self.conflicts {
            match &conflict.place {
                Place::Version(key) => drop(expected.schemas.remove(key)),
                Place::Config(subject) => drop(expected.configs.remove(subject)),
                Place::Mode(subject) => drop(expected.modes.remove(subject)),
                Place::Subject(_) => {}
            }
        }
        expected
    }
}

/// Compares a snapshot with what the target holds.
///
/// # Errors
/// `MissingReference` when a version refers to one that neither side has, or versions refer to each other in a circle.
pub fn plan(wanted: &Snapshot, target: &Snapshot, on_conflict: OnConflict) -> Result<Plan, TransferError> {
    let mut plan = Plan { max_ids: wanted.max_ids.clone(), ..Plan::default() };
    let mut versions = Versions { wanted, target, register: BTreeMap::new(), remove: BTreeSet::new() };
    versions.sort_out(&mut plan, on_conflict);
    let Versions { register, remove, .. } = versions;
    plan.remove = in_removing_order(target, &remove);
    let stays = target.schemas.keys().filter(|key| !remove.contains(*key)).cloned().collect();
    let (ordered, places) = (in_order(register, stays)?, order_of(wanted));
    plan.soft_delete.extend(ordered.iter().filter(|r| r.deleted).map(SchemaRow::key));
    plan.soft_delete.sort_by_key(|key| std::cmp::Reverse(places.get(key).copied()));
    plan.register = ordered;
    settings(wanted, target, on_conflict, &mut plan);
    Ok(plan)
}

/// The versions of both sides while it is decided what becomes of each.
struct Versions<'a> {
    wanted: &'a Snapshot,
    target: &'a Snapshot,
    register: BTreeMap<Key, SchemaRow>,
    remove: BTreeSet<Key>,
}

impl Versions<'_> {
    fn sort_out(&mut self, plan: &mut Plan, on_conflict: OnConflict) {
        let ids = ids_of(self.target);
        for (key, row) in &self.wanted.schemas {
            let in_place = self.target.schemas.get(key);
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
            let with_id = ids.get(&(row.context(), row.id)).map_or(&[][..], |rows| rows);
            let others: Vec<&SchemaRow> =
                with_id.iter().copied().filter(|there| !same_text(there, row)).collect();
            let reason = in_place.map(difference).or_else(|| others.first().map(|there| id_taken(there)));
            match (reason, on_conflict) {
                (None, _) => drop(self.register.insert(key.clone(), row.clone())),
                (Some(_), OnConflict::Overwrite) => {
                    self.remove.extend(in_place.iter().map(|there| there.key()));
                    self.remove.extend(others.iter().map(|there| there.key()));
                    self.register.insert(key.clone(), row.clone());
                }
                (Some(reason), _) => plan.conflicts.push(of_version(row, reason)),
            }
        }
        self.follow_referrers(plan);
        self.aliased(plan);
    }

    /// A version that goes takes those that refer to it: they come back when they are wanted, and are in the way otherwise.
    fn follow_referrers(&mut self, plan: &mut Plan) {
        let mut open: Vec<Key> = self.remove.iter().cloned().collect();
        while let Some(gone) = open.pop() {
            for referrer in self.target.schemas.values().filter(|row| row.refers_to().any(|r| r == gone)) {
                let key = referrer.key();
                if self.remove.contains(&key) {
                    continue;
                }
                match self.wanted.schemas.get(&key) {
                    Some(row) => {
                        plan.present -= usize::from(!self.register.contains_key(&key));
                        plan.soft_delete.retain(|deleted| *deleted != key);
                        self.register.insert(key.clone(), row.clone());
                        self.remove.insert(key.clone());
                        open.push(key);
                    }
                    None => {
                        let (subject, version) = &gone;
                        let reason =
                            format!("{subject} version {version} would have to go, and it refers to that");
                        plan.conflicts.push(Conflict { lasting: true, ..of_version(referrer, reason) });
                    }
                }
            }
        }
    }

    /// Elsewhere than in an Assay, writing to a subject with an alias writes to another one.
    fn aliased(&self, plan: &mut Plan) {
        if self.target.own {
            return;
        }
        let mut subjects: BTreeSet<&str> = self.register.values().map(|row| row.subject.as_str()).collect();
        subjects.extend(self.remove.iter().map(|(subject, _)| subject.as_str()));
        subjects.extend(plan.soft_delete.iter().map(|(subject, _)| subject.as_str()));
        for subject in subjects {
            let config = self.target.configs.get(subject);
            let alias = config.and_then(|config| config.get("alias")).and_then(Value::as_str);
            if let Some(alias) = alias.filter(|alias| !alias.is_empty()) {
                plan.conflicts.push(Conflict {
                    place: Place::Subject(subject.to_owned()),
                    reason: format!("in the target its alias leads to {alias}; remove the alias first"),
                    lasting: true,
                });
            }
        }
    }
}

fn settings(wanted: &Snapshot, target: &Snapshot, on_conflict: OnConflict, plan: &mut Plan) {
    for (subject, config) in &wanted.configs {
        let there = target.configs.get(subject);
        match there {
            Some(there) if there == config => {}
            Some(there) if on_conflict != OnConflict::Overwrite => plan.conflicts.push(Conflict {
                place: Place::Config(subject.clone()),
                reason: format!("the target has {there}, not {config}"),
                lasting: false,
            }),
            _ => drop(plan.configs.insert(subject.clone(), config.clone())),
        }
    }
    for (subject, mode) in &wanted.modes {
        let there = target.modes.get(subject);
        match there {
            Some(there) if there == mode => {}
            // A run that was killed leaves IMPORT behind.
            Some(there) if on_conflict != OnConflict::Overwrite && there != "IMPORT" => {
                plan.conflicts.push(Conflict {
                    place: Place::Mode(subject.clone()),
                    reason: format!("the target has {there}, not {mode}"),
                    lasting: false,
                });
            }
            _ => drop(plan.modes.insert(subject.clone(), mode.clone())),
        }
    }
    let mut subjects: BTreeSet<&String> = wanted.schemas.keys().map(|(subject, _)| subject).collect();
    subjects.extend(target.modes.keys().filter(|subject| is_highest_id(subject)));
    let left = |subject: &&String| {
        target.modes.get(*subject).is_some_and(|mode| mode == "IMPORT")
            && !wanted.modes.contains_key(*subject)
    };
    plan.leave_import = subjects.into_iter().filter(left).cloned().collect();
}

fn of_version(row: &SchemaRow, reason: String) -> Conflict {
    Conflict { place: Place::Version(row.key()), reason, lasting: false }
}

fn difference(there: &SchemaRow) -> String {
    let state = if there.deleted { ", soft-deleted" } else { "" };
    format!("the target has another schema there (id {}{state})", there.id)
}

fn id_taken(there: &SchemaRow) -> String {
    format!("id {} is another schema in the target ({} version {})", there.id, there.subject, there.version)
}

/// An id stands for one text in a context.
fn same_text(there: &SchemaRow, row: &SchemaRow) -> bool {
    there.schema == row.schema && there.schema_type == row.schema_type
}

type Ids<'a> = BTreeMap<(&'a str, u32), Vec<&'a SchemaRow>>;

fn ids_of(target: &Snapshot) -> Ids<'_> {
    let mut ids = Ids::new();
    for row in target.schemas.values().filter(|row| !is_highest_id(&row.subject)) {
        ids.entry((row.context(), row.id)).or_default().push(row);
    }
    ids
}

/// Referenced versions before their referrers, otherwise by id. `done` are there already.
fn in_order(
    mut rows: BTreeMap<Key, SchemaRow>,
    mut done: BTreeSet<Key>,
) -> Result<Vec<SchemaRow>, TransferError> {
    let mut ordered = Vec::with_capacity(rows.len());
    while !rows.is_empty() {
        let mut ready: Vec<(u32, Key)> = rows
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

fn unreachable_reference(rows: &BTreeMap<Key, SchemaRow>, done: &BTreeSet<Key>) -> TransferError {
    let found = rows.values().find_map(|row| row.refers_to().find(|r| !done.contains(r)).map(|r| (row, r)));
    let (subject, version, missing) = found.map_or((String::new(), 0, String::new()), |(row, (s, v))| {
        (row.subject.clone(), row.version, format!("{s} version {v}"))
    });
    TransferError::MissingReference { subject, version, missing }
}

/// A rank that grows from referenced to referrer, for deleting in the other direction.
fn order_of(side: &Snapshot) -> BTreeMap<Key, usize> {
    let ordered = in_order(side.schemas.clone(), BTreeSet::new()).unwrap_or_default();
    ordered.iter().enumerate().map(|(rank, row)| (row.key(), rank)).collect()
}

fn in_removing_order(target: &Snapshot, remove: &BTreeSet<Key>) -> Vec<(String, i32, bool)> {
    if remove.is_empty() {
        return Vec::new();
    }
    let places = order_of(target);
    let mut rows: Vec<&SchemaRow> = remove.iter().filter_map(|key| target.schemas.get(key)).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(places.get(&row.key()).copied()));
    rows.into_iter().map(|row| (row.subject.clone(), row.version, row.deleted)).collect()
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
            original: None,
            ts: None,
            deleted: false,
        }
    }

    fn snapshot(rows: Vec<SchemaRow>) -> Snapshot {
        Snapshot {
            schemas: rows.into_iter().map(|r| (r.key(), r)).collect(),
            own: true,
            ..Snapshot::default()
        }
    }

    fn obstacles(plan: &Plan, on_conflict: OnConflict) -> Vec<String> {
        plan.obstacles(on_conflict).map(|c| format!("{}: {}", c.place, c.reason)).collect()
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
        // Overwriting also replaces what has the id, under whatever subject it is.
        let overwrite = plan(&wanted, &other, OnConflict::Overwrite).unwrap();
        assert_eq!(overwrite.remove.len(), 2);
        assert!(overwrite.remove.contains(&("c".to_owned(), 1, false)));
        assert!(obstacles(&overwrite, OnConflict::Overwrite).is_empty());
    }

    #[test]
    fn what_refers_to_a_replaced_version_goes_and_comes_back_or_is_in_the_way() {
        let wanted = snapshot(vec![row("a", 1, 1, &[]), row("r", 1, 5, &[("a", 1)])]);
        let mut target = snapshot(vec![row("a", 1, 9, &[]), row("r", 1, 5, &[("a", 1)])]);
        let again = plan(&wanted, &target, OnConflict::Overwrite).unwrap();
        assert_eq!(again.remove, [("r".to_owned(), 1, false), ("a".to_owned(), 1, false)]);
        let registered: Vec<Key> = again.register.iter().map(SchemaRow::key).collect();
        assert_eq!(registered, [("a".to_owned(), 1), ("r".to_owned(), 1)]);
        assert_eq!((again.present, again.conflicts.len()), (0, 0));
        let theirs = row("theirs", 1, 7, &[("a", 1)]);
        target.schemas.insert(theirs.key(), theirs);
        let stopped = plan(&wanted, &target, OnConflict::Overwrite).unwrap();
        let told = obstacles(&stopped, OnConflict::Overwrite);
        assert_eq!(told, ["theirs version 1: a version 1 would have to go, and it refers to that"]);
    }

    #[test]
    fn settings_that_differ_are_conflicts_too() {
        let set = |level: &str, mode: &str| Snapshot {
            configs: BTreeMap::from([("s".to_owned(), serde_json::json!({"compatibilityLevel": level}))]),
            modes: BTreeMap::from([("s".to_owned(), mode.to_owned())]),
            own: true,
            ..Snapshot::default()
        };
        let (wanted, target) = (set("FULL", "READONLY"), set("NONE", "READWRITE"));
        let fail = plan(&wanted, &target, OnConflict::Fail).unwrap();
        assert_eq!(obstacles(&fail, OnConflict::Fail).len(), 2);
        let skip = plan(&wanted, &target, OnConflict::Skip).unwrap();
        assert!(
            skip.configs.is_empty() && skip.modes.is_empty() && obstacles(&skip, OnConflict::Skip).is_empty()
        );
        let overwrite = plan(&wanted, &target, OnConflict::Overwrite).unwrap();
        assert_eq!((overwrite.configs.len(), overwrite.modes.len()), (1, 1));
        let killed = plan(&wanted, &set("FULL", "IMPORT"), OnConflict::Fail).unwrap();
        assert_eq!((killed.conflicts.len(), killed.modes.len()), (0, 1));
    }

    #[test]
    fn an_alias_in_a_foreign_target_is_in_the_way() {
        let wanted = snapshot(vec![row("a", 1, 1, &[])]);
        let configs = BTreeMap::from([("a".to_owned(), serde_json::json!({"alias": "b"}))]);
        let own = Snapshot { configs: configs.clone(), own: true, ..Snapshot::default() };
        assert!(plan(&wanted, &own, OnConflict::Fail).unwrap().conflicts.is_empty());
        let foreign = Snapshot { configs, ..Snapshot::default() };
        let plan = plan(&wanted, &foreign, OnConflict::Overwrite).unwrap();
        assert!(obstacles(&plan, OnConflict::Overwrite)[0].contains("alias"));
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
