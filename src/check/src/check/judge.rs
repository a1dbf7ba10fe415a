//! One subject: its file and its older states parsed, compared at its level, and each difference given a place.

use std::borrow::Cow;
use std::collections::BTreeSet;

use assay_compat::{Difference, Level, Old, Policy, check_with};
use assay_schema::{SchemaType, Strictness, Version};

use super::places::{Looked, repackaged};
use super::{BySubject, Checked, Finding, Outcome, Place, Request, Shown, Unchecked, Work, given_up};
use crate::allow::{Allowed, BASE_UNREADABLE};
use crate::config::Settings;
use crate::glob;
use crate::remote::Registered;
use crate::tree::{Loaded, Tree, type_of, version};

/// Further files of one subject that are named.
const AMBIGUOUS_SHOWN: usize = 9;

/// An older version of one subject.
struct Older<'r> {
    tree: &'r Tree,
    /// What the report calls it.
    label: String,
    /// Its number: the version in a registry, or the place among the older states.
    number: Version,
    path: &'r str,
    loaded: Loaded,
    /// How its files are shown; as they are if absent.
    shown: Option<&'r Shown>,
}

impl Older<'_> {
    /// A file of it, as the report shows it.
    fn shown(&self, file: &str) -> String {
        self.shown.map_or_else(|| file.to_owned(), |shown| shown.path(file))
    }
}

/// Checks one subject.
pub(super) fn one(request: &Request, work: &Work, olds: &[BySubject]) -> Checked {
    let Work { path, settings, others } = work;
    let (level, policy) = in_force(request, settings);
    let mut checked = Checked {
        subject: settings.subject.clone(),
        file: request.shown.path(path),
        level,
        outcome: Outcome::Compatible,
        findings: Vec::new(),
        notes: Vec::new(),
        fits: BTreeSet::new(),
    };
    if !others.is_empty() {
        checked.outcome = Outcome::Failed(ambiguous(request, path, others, &settings.subject).into());
        return checked;
    }
    if let Err(reason) = judge(request, path, policy, olds, &mut checked) {
        checked.outcome = Outcome::Failed(reason);
    }
    checked
}

/// What to say of several files of one subject.
fn ambiguous(request: &Request, path: &str, others: &[String], subject: &str) -> String {
    let mut paths: Vec<String> = std::iter::once(path)
        .chain(others.iter().take(AMBIGUOUS_SHOWN).map(String::as_str))
        .map(|path| request.shown.path(path))
        .collect();
    paths.sort();
    let more = match others.len().saturating_sub(AMBIGUOUS_SHOWN) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let both = if others.len() == 1 { "both" } else { "all" };
    format!(
        "{}{more} are {both} subject \"{subject}\"; tell them apart in assay-check.toml",
        paths.join(" and ")
    )
}

/// The level and policy: of the flag, of the config, of the registry, or the default.
fn in_force(request: &Request, settings: &Settings) -> (Level, Policy) {
    let there = request.registry.as_ref().and_then(|registry| registry.subject(&settings.subject));
    let level = request.level.or(settings.level).or(there.map(|there| there.level));
    let policy = settings.policy.or(there.map(|there| there.policy));
    (level.unwrap_or_default(), policy.unwrap_or_default())
}

fn judge(
    request: &Request,
    path: &str,
    policy: Policy,
    olds: &[BySubject],
    checked: &mut Checked,
) -> Result<(), Unchecked> {
    if request.only.is_some() && request.config.settings(path).is_none() {
        checked
            .notes
            .push("no row of assay-check.toml is for this file; it is checked all the same".to_owned());
    }
    let new = request.tree.load_as(path, type_for(request, path)?, Strictness::New);
    let new = new.map_err(|mut failure| {
        if let Some(hint) = request.hint.as_ref().filter(|_| failure.unresolved) {
            failure.reason = format!("{}; {hint}", failure.reason);
        }
        Unchecked::new(failure, &request.shown)
    })?;
    let mut older = match &request.registry {
        Some(registry) => registered(request, registry, checked)?,
        None => files(request, olds, path, checked)?,
    };
    if older.is_empty() {
        if checked.outcome != Outcome::BaseUnreadable {
            checked.outcome = Outcome::NoBaseline;
        }
        return Ok(());
    }
    checked.outcome = Outcome::Compatible;
    if checked.level.is_transitive() && older.len() == 1 && request.registry.is_none() {
        checked.notes.push(format!(
            "{} asks for all versions, but only one was given ({})",
            checked.level,
            older.first().map_or("", |old| old.label.as_str())
        ));
    }
    if !checked.level.is_transitive() {
        older.truncate(1);
    }
    let mut here = Looked::default();
    for old in &older {
        let mut there = Looked::default();
        let olds = [Old { version: old.number, schema: &old.loaded.schema }];
        let report = check_with(checked.level, policy, &new.schema, &olds);
        if let Some(limit) = given_up(&report) {
            let reason = format!("{} (against {})", limit.description, old.label);
            return Err(Unchecked { file: Some(checked.file.clone()), position: None, reason });
        }
        for difference in report.differences() {
            let found = finding(request, (path, &new, &mut here), (old, &mut there), difference, checked);
            checked.findings.push(found);
        }
        if checked.findings.iter().any(|f| f.accepted.is_none()) {
            checked.outcome = Outcome::Incompatible;
            break;
        }
    }
    expired(request, &checked.subject, &checked.findings, &mut checked.notes);
    Ok(())
}

fn type_for(request: &Request, path: &str) -> Result<SchemaType, String> {
    let ty = request.schema_type.or_else(|| type_of(path));
    ty.ok_or_else(|| format!("{path}: the extension tells no format; give --type avro, protobuf or json"))
}

/// A subject in the older files, newest first.
fn files<'r>(
    request: &'r Request,
    olds: &'r [BySubject],
    path: &'r str,
    checked: &mut Checked,
) -> Result<Vec<Older<'r>>, Unchecked> {
    let mut older = Vec::new();
    let subject = &checked.subject.clone();
    for (index, baseline) in request.olds.iter().enumerate().rev() {
        let there = olds.get(index).and_then(|olds| olds.get(subject)).map_or(&[][..], Vec::as_slice);
        let same_path = || (request.only.is_some() && baseline.tree.has(path)).then_some(path);
        let old = match (&baseline.only, there) {
            (Some(only), _) => Some(only.as_str()),
            (None, []) => same_path(),
            (None, [one]) => Some(one.as_str()),
            (None, [one, other, ..]) => {
                let both = format!("{one} and {other} are both subject \"{subject}\"");
                return Err(format!("{}: {both}; tell them apart in assay-check.toml", baseline.label).into());
            }
        };
        let Some(path) = old else { continue };
        let loaded = match baseline.tree.load_as(path, type_for(request, path)?, Strictness::Stored) {
            Ok(loaded) => loaded,
            Err(failure) => {
                let file = baseline.shown.path(&failure.file);
                let reason = format!("{file}: {}", failure.reason);
                unreadable(request, &baseline.label, &reason, checked)?;
                continue;
            }
        };
        let (tree, label, shown) = (&baseline.tree, baseline.label.clone(), Some(&baseline.shown));
        older.push(Older { tree, label, number: version(index), path, loaded, shown });
    }
    Ok(older)
}

/// An older state that cannot be read: accepted by a row of the config, or the reason why there is no answer.
fn unreadable(request: &Request, label: &str, reason: &str, checked: &mut Checked) -> Result<(), Unchecked> {
    let said = format!("the older state ({label}) cannot be read: {reason}");
    let rows = request.config.allow.iter().enumerate();
    let rows =
        rows.filter(|(_, row)| row.rule == BASE_UNREADABLE && glob::matches(&row.subject, &checked.subject));
    let rows: Vec<(usize, &Allowed)> = rows.collect();
    checked.fits.extend(rows.iter().map(|(index, _)| *index));
    match rows.iter().find(|(_, row)| row.expires >= request.today) {
        Some((_, row)) => {
            checked.outcome = Outcome::BaseUnreadable;
            let Allowed { reason, expires, .. } = row;
            checked
                .notes
                .push(format!("accepted until {expires}: {reason}; {said}; nothing was compared with it"));
            Ok(())
        }
        None => {
            checked.notes.extend(rows.iter().map(|(_, row)| has_expired(row)));
            let hint =
                format!("mend it there, or accept that with an [[allow]] row of rule {BASE_UNREADABLE}");
            Err(format!("{said}; {hint}").into())
        }
    }
}

/// A subject in a registry, newest version first.
fn registered<'r>(
    request: &Request,
    registry: &'r Registered,
    checked: &mut Checked,
) -> Result<Vec<Older<'r>>, Unchecked> {
    let Some(there) = registry.subject(&checked.subject) else { return Ok(Vec::new()) };
    checked.notes.extend(there.notes.iter().cloned());
    let mut older = Vec::new();
    for old in &there.versions {
        let label = format!("{} version {}", registry.label, old.version);
        let (tree, number, path) = (&registry.tree, old.version, old.path.as_str());
        match old.load() {
            Ok(loaded) => older.push(Older { tree, label, number, path, loaded, shown: None }),
            Err(reason) => unreadable(request, &label, &reason, checked)?,
        }
    }
    Ok(older)
}

/// Says which rows would have accepted a finding, but for their date.
fn expired(request: &Request, subject: &str, findings: &[Finding], notes: &mut Vec<String>) {
    for row in request.config.allow.iter().filter(|row| row.expires < request.today) {
        if findings.iter().any(|f| f.accepted.is_none() && fits(row, subject, &f.difference)) {
            notes.push(has_expired(row));
        }
    }
}

fn has_expired(row: &Allowed) -> String {
    format!("the accepted break {} ({}) expired on {}", row.rule, row.reason, row.expires)
}

fn fits(row: &Allowed, subject: &str, difference: &Difference) -> bool {
    glob::matches(&row.subject, subject)
        && row.rule == difference.rule.id()
        && row.path.as_ref().is_none_or(|path| *path == difference.path)
}

fn finding<'r>(
    request: &'r Request,
    (path, new, here): (&'r str, &Loaded, &mut Looked<'r>),
    (old, there): (&Older<'r>, &mut Looked<'r>),
    difference: &Difference,
    checked: &mut Checked,
) -> Finding {
    let new_place = difference.new.as_ref().map(|f| f.place.as_str());
    let old_place = difference.old.as_ref().map(|f| f.place.as_str());
    let old_at = old_place.map(|wanted| there.place(old.tree, old.path, &old.loaded, wanted));
    // What is gone points to its parent: the old place, shortened until the new file has it.
    let wanted = match (new_place, old_place, &old_at) {
        (None, Some(gone), Some((file, _))) if new.schema.schema_type() == SchemaType::Protobuf => {
            let was = there.package(old.tree, file);
            let same = if file == old.path { path } else { file };
            repackaged(gone, was, here.package(&request.tree, same))
        }
        _ => Cow::Borrowed(new_place.or(old_place).unwrap_or("")),
    };
    let (file, position) = here.place(&request.tree, path, new, &wanted);
    let old_at = old_at.map(|(file, position)| Place { file: old.shown(&file), position });
    let rows = request.config.allow.iter().enumerate();
    let rows: Vec<(usize, &Allowed)> =
        rows.filter(|(_, row)| fits(row, &checked.subject, difference)).collect();
    checked.fits.extend(rows.iter().map(|(index, _)| *index));
    let accepted = rows.iter().find(|(_, row)| row.expires >= request.today);
    let accepted = accepted.map(|(_, row)| (row.reason.clone(), row.expires.clone()));
    let difference = difference.clone();
    Finding {
        difference,
        against: old.label.clone(),
        place: Place { file: request.shown.path(&file), position },
        old: old_at,
        accepted,
    }
}
