//! Subjects in owned prefixes that no file stands for.

use std::collections::{BTreeMap, BTreeSet};

use assay_schema::Subject;

use super::decide::Decider;
use super::make::{Removal, states};
use super::plan::{Plan, Refused, Step};
use crate::transfer::{TransferError, active};

/// Subjects that a note names; of the others it gives the number.
const NAMED_MAX: usize = 10;

/// Adds the steps, or the note that tells what they would be.
pub(super) async fn add(
    plan: &mut Plan,
    decider: &Decider<'_>,
    removal: Removal,
) -> Result<(), TransferError> {
    let owned = &decider.wanted.config.owned;
    if owned.is_empty() {
        return Ok(());
    }
    let wanted: BTreeSet<&Subject> = decider.wanted.files.iter().map(|file| &file.subject).collect();
    let unwanted = |name: &str| {
        owned.iter().any(|prefix| name.starts_with(prefix)) && !wanted.contains(&Subject::parse(name))
    };
    let names: Vec<String> =
        decider.remote.subjects().await?.into_iter().filter(|name| unwanted(name)).collect();
    if names.is_empty() {
        return Ok(());
    }
    if removal == Removal::Keep {
        let named = names.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
        let more = names.len().saturating_sub(NAMED_MAX);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        plan.notes.push(format!("no file for {named}{more}; --delete would soft-delete them"));
        return Ok(());
    }
    let gone: BTreeSet<Subject> = names.iter().map(|name| Subject::parse(name)).collect();
    let (order, blocked) = referrers(decider, &gone).await?;
    let states = states(&decider.remote, gone.into_iter().collect()).await?;
    for subject in order {
        let Some(state) = states.get(&subject) else { continue };
        let name = subject.to_string();
        if let Some(by) = blocked.get(&subject) {
            let reasons = vec![format!("it cannot be deleted: {by} refers to it and stays")];
            plan.refused.push(Refused { subject: name, file: None, reasons });
        } else if state.mode != "READWRITE" {
            let reasons = vec![format!("it cannot be deleted: its mode is {}", state.mode)];
            plan.refused.push(Refused { subject: name, file: None, reasons });
        } else {
            plan.steps.push(Step::Delete { subject: name.clone(), versions: state.active.clone() });
            plan.state.insert(name, state.clone());
        }
    }
    Ok(())
}

/// The subjects to go, referrers first, and those that something refers to which stays.
async fn referrers(
    decider: &Decider<'_>,
    gone: &BTreeSet<Subject>,
) -> Result<(Vec<Subject>, BTreeMap<Subject, String>), TransferError> {
    let mut refers: BTreeMap<Subject, BTreeSet<Subject>> = BTreeMap::new();
    let mut blocked = BTreeMap::new();
    for row in active(decider.remote.client).await? {
        let referrer = Subject::parse(&row.subject);
        for reference in &row.references {
            let target = Subject::parse_in(&reference.subject, referrer.context());
            if !gone.contains(&target) || target == referrer {
                continue;
            }
            if gone.contains(&referrer) {
                refers.entry(referrer.clone()).or_default().insert(target);
            } else {
                blocked.insert(target, format!("{} version {}", row.subject, row.version));
            }
        }
    }
    // Depth first, referenced ones first; then turned round.
    let (mut done, mut order) = (BTreeSet::new(), Vec::new());
    for start in gone {
        let mut stack = vec![(start.clone(), false)];
        while let Some((subject, left)) = stack.pop() {
            if left {
                order.push(subject);
            } else if done.insert(subject.clone()) {
                let below = refers.get(&subject).into_iter().flatten().cloned();
                let below: Vec<_> = below.map(|target| (target, false)).collect();
                stack.push((subject, true));
                stack.extend(below);
            }
        }
    }
    order.reverse();
    Ok((order, blocked))
}
