//! The plan: the state of every subject is read, every file decided on, and what is left becomes steps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use assay_client::Client;
use assay_compat::Policy;
use assay_schema::Subject;
use futures::{StreamExt, TryStreamExt};
use serde_json::{Map, Value};

use super::WantedError;
use super::decide::{Decider, Verdict, in_force};
use super::directory::{Wanted, WantedFile};
use super::plan::{FORMAT, Plan, Refused, Step, SubjectState};
use super::removal;
use crate::remote::{AT_ONCE, Remote};
use crate::transfer::TransferError;

/// What becomes of subjects in owned prefixes that have no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// They stay; a note tells them.
    Keep,
    /// They are soft-deleted.
    Delete,
}

/// Makes the plan. `label` is the registry's URL as it may be shown; `progress` is told how many files are decided, of how many.
///
/// # Errors
/// A request that failed for good, an answer outside the contract, `--delete` without owned prefixes.
pub async fn make(
    client: &Client,
    label: &str,
    wanted: &Wanted,
    removal: Removal,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Plan, WantedError> {
    if removal == Removal::Delete && wanted.config.owned.is_empty() {
        return Err(WantedError::Input(format!(
            "nothing may be deleted: {} owns no prefix; add [registry] owned = [\"orders-\"]",
            crate::config::FILE
        )));
    }
    let remote = Remote::new(client);
    let subjects: BTreeSet<&Subject> = wanted.files.iter().map(|file| &file.subject).collect();
    let state = states(&remote, subjects.into_iter().cloned().collect()).await?;
    let verdicts = vec![None; wanted.files.len()];
    let mut decider = Decider { remote, wanted, state, indexes: wanted.indexes(), verdicts };
    let done = AtomicUsize::new(0);
    for rank in ranks(&wanted.files) {
        let decided: Vec<(usize, Verdict)> = futures::stream::iter(rank)
            .map(|index| {
                let (decider, done) = (&decider, &done);
                async move {
                    let file = wanted.files.get(index);
                    let verdict = match file {
                        Some(file) => decider.decide(file).await?,
                        None => Verdict::Refused(Vec::new()),
                    };
                    progress(done.fetch_add(1, Ordering::Relaxed) + 1, wanted.files.len());
                    Ok::<_, TransferError>((index, verdict))
                }
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        for (index, verdict) in decided {
            if let Some(place) = decider.verdicts.get_mut(index) {
                *place = Some(verdict);
            }
        }
    }
    let mut plan = composed(&decider, label);
    removal::add(&mut plan, &decider, removal).await?;
    keep_state(&mut plan, &decider);
    Ok(plan)
}

/// Files by how many others must come before: those of one rank can be decided on at once.
fn ranks(files: &[WantedFile]) -> Vec<Vec<usize>> {
    let (mut rank, mut out): (Vec<usize>, Vec<Vec<usize>>) = (Vec::new(), Vec::new());
    for (index, file) in files.iter().enumerate() {
        let own = file.after.iter().filter_map(|before| rank.get(*before)).max().map_or(0, |below| below + 1);
        rank.push(own);
        if out.len() <= own {
            out.resize(own + 1, Vec::new());
        }
        if let Some(same) = out.get_mut(own) {
            same.push(index);
        }
    }
    out
}

/// The state of subjects, some at once.
pub(super) async fn states(
    remote: &Remote<'_>,
    subjects: Vec<Subject>,
) -> Result<BTreeMap<Subject, SubjectState>, TransferError> {
    futures::stream::iter(subjects)
        .map(|subject| async move {
            let state = state(remote, &subject.to_string()).await?;
            Ok((subject, state))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

async fn state(remote: &Remote<'_>, subject: &str) -> Result<SubjectState, TransferError> {
    let all = remote.versions(subject, true).await?;
    let active = if all.is_empty() { Vec::new() } else { remote.versions(subject, false).await? };
    Ok(SubjectState {
        active,
        all,
        own: remote.own_config(subject).await?,
        config: remote.config(subject).await?,
        mode: remote.mode(subject).await?,
    })
}

/// The steps for the files, in their order.
fn composed(decider: &Decider<'_>, label: &str) -> Plan {
    let mut plan = Plan {
        format: FORMAT,
        registry: label.to_owned(),
        steps: Vec::new(),
        refused: Vec::new(),
        unchecked: Vec::new(),
        notes: Vec::new(),
        unchanged: 0,
        state: BTreeMap::new(),
    };
    let mut configured = configs(decider);
    for (file, verdict) in decider.wanted.files.iter().zip(&decider.verdicts) {
        let (subject, state) = (file.subject.to_string(), decider.state.get(&file.subject));
        let before = plan.steps.len();
        plan.steps.extend(configured.remove(&file.subject));
        match verdict {
            Some(Verdict::Present(version)) => {
                plan.unchanged += 1;
                let latest = state.and_then(|state| state.active.last()).copied();
                if file.older.is_none() && latest.is_some_and(|latest| latest != *version) {
                    let latest = latest.unwrap_or_default();
                    plan.notes.push(format!(
                        "{subject}: {} is version {version} already; the latest is {latest}, which stays the latest",
                        file.path
                    ));
                }
            }
            Some(Verdict::New { version, body, decided }) => {
                plan.notes.extend(two_meanings(file, decider));
                plan.steps.push(Step::Register {
                    subject: subject.clone(),
                    file: file.path.clone(),
                    version: *version,
                    body: body.clone(),
                    decided: *decided,
                });
            }
            Some(Verdict::Refused(reasons)) => plan.refused.push(no(file, reasons)),
            Some(Verdict::Unchecked(reasons)) => plan.unchecked.push(no(file, reasons)),
            None => {}
        }
        let mode = state.map_or("", |state| state.mode.as_str());
        if plan.steps.len() > before && mode != "READWRITE" {
            let reason = format!("the subject's mode is {mode}, so nothing can be registered or configured");
            plan.refused.push(Refused { subject, file: None, reasons: vec![reason] });
        }
    }
    plan
}

fn no(file: &WantedFile, reasons: &[String]) -> Refused {
    Refused { subject: file.subject.to_string(), file: Some(file.path.clone()), reasons: reasons.to_vec() }
}

/// Warns of a name that means different files in the closure of a file: a registry takes the first (contract 2.6).
fn two_meanings(file: &WantedFile, decider: &Decider<'_>) -> Option<String> {
    let (mut meant, mut seen): (BTreeMap<&str, &str>, BTreeSet<&str>) = Default::default();
    let mut left = vec![file];
    while let Some(next) = left.pop() {
        for reference in &next.references {
            let other =
                meant.insert(&reference.name, &reference.path).filter(|other| *other != reference.path);
            if let Some(other) = other {
                return Some(format!(
                    "{}: \"{}\" means {other} and {} in what it refers to; a registry knows one schema by each name \
                     and takes the first, so give them names that differ",
                    file.path, reference.name, reference.path
                ));
            }
            if seen.insert(&reference.path) {
                let below = decider.indexes.get(reference.path.as_str()).copied();
                left.extend(below.and_then(|index| decider.wanted.files.get(index)));
            }
        }
    }
    None
}

/// The changes of config, by subject: what the rows of the current files say.
fn configs(decider: &Decider<'_>) -> BTreeMap<Subject, Step> {
    let mut out = BTreeMap::new();
    for file in decider.wanted.files.iter().filter(|file| file.older.is_none()) {
        let Some(state) = decider.state.get(&file.subject) else { continue };
        let (mut set, mut was) = (Map::new(), Map::new());
        let level = in_force(&state.config).0;
        let policy = state.config.get("compatibilityPolicy").and_then(Value::as_str).unwrap_or("STRICT");
        let mut put = |member: &str, old: Option<Value>, new: Value| {
            was.extend(old.map(|old| (member.to_owned(), old)));
            set.insert(member.to_owned(), new);
        };
        if let Some(wanted) = file.level.filter(|wanted| *wanted != level) {
            put("compatibility", Some(level.as_str().into()), wanted.as_str().into());
        }
        let wanted = file.policy.map(|wanted| if wanted == Policy::Lenient { "LENIENT" } else { "STRICT" });
        if let Some(wanted) = wanted.filter(|wanted| *wanted != policy) {
            put("compatibilityPolicy", Some(policy.into()), wanted.into());
        }
        for (member, wanted) in &file.config {
            let there = state.own.as_ref().and_then(|own| own.get(member));
            if there != Some(wanted) {
                put(member, there.cloned(), wanted.clone());
            }
        }
        // An own config without a level hides the level of the context (contract 2.7), so that is written down with it.
        let own_level = state.own.as_ref().is_some_and(|own| own.get("compatibilityLevel").is_some());
        if !set.is_empty() && !own_level && !set.contains_key("compatibility") {
            was.insert("compatibility".to_owned(), level.as_str().into());
            set.insert("compatibility".to_owned(), level.as_str().into());
        }
        if !set.is_empty() {
            out.insert(file.subject.clone(), Step::Config { subject: file.subject.to_string(), set, was });
        }
    }
    out
}

/// Keeps what the steps rest on: their subjects, and those they refer to.
fn keep_state(plan: &mut Plan, decider: &Decider<'_>) {
    let mut subjects: BTreeSet<Subject> = BTreeSet::new();
    for step in &plan.steps {
        let subject = Subject::parse(step.subject());
        if let Step::Register { body, .. } = step {
            let rows = body.get("references").and_then(Value::as_array).into_iter().flatten();
            let names = rows.filter_map(|row| row.get("subject").and_then(Value::as_str));
            subjects.extend(names.map(|name| Subject::parse_in(name, subject.context())));
        }
        subjects.insert(subject);
    }
    for subject in subjects {
        if let Some(state) = decider.state.get(&subject) {
            plan.state.insert(subject.to_string(), state.clone());
        }
    }
}
