//! `assay check`: files against older ones or a registry, subject by subject. Values in, a report out; flags and exit are
//! elsewhere.

pub mod report;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use assay_compat::{Difference, Level, Old, Policy, check_with};
use assay_schema::{Position, SchemaType, Strictness, Version};

use crate::config::{Config, Settings};
use crate::locate;
use crate::remote::Registered;
use crate::tree::{Loaded, Tree, type_of, version};

/// An older state of the files.
#[derive(Debug)]
pub struct Baseline {
    /// As people call it: `git:main`, a path.
    pub label: String,
    /// Its files.
    pub tree: Tree,
    /// The one file that counts, when two files are compared.
    pub only: Option<String>,
    /// Which files are which subjects there, as the new state has it.
    pub config: Config,
    /// Its own `assay-check.toml`, which comes first: a file may have been moved with its row.
    pub own: Option<Config>,
}

/// What is to be checked.
#[derive(Debug)]
pub struct Request {
    /// Where the new files are; what the report puts before their paths.
    pub root: PathBuf,
    /// The new files.
    pub tree: Tree,
    /// The one file to check; all that are subjects if absent.
    pub only: Option<String>,
    /// Subjects, levels, accepted breaks.
    pub config: Config,
    /// `--level`: instead of what the config says.
    pub level: Option<Level>,
    /// `--type`: instead of what the file names say.
    pub schema_type: Option<SchemaType>,
    /// `--subject`: the subject of the one file.
    pub subject: Option<String>,
    /// Older states, oldest first.
    pub olds: Vec<Baseline>,
    /// A registry, whose versions are the older states; then `olds` is empty.
    pub registry: Option<Registered>,
    /// Today, `YYYY-MM-DD`, for the expiry of accepted breaks.
    pub today: String,
}

/// How a subject came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// No older state has it.
    NoBaseline,
    /// It may follow.
    Compatible,
    /// It may not, for the findings that are not accepted.
    Incompatible,
    /// No answer; why.
    Failed(String),
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The path.
    pub file: String,
    /// Line and column from 1.
    pub position: Position,
}

/// A difference that breaks the level.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The difference.
    pub difference: Difference,
    /// Which older state.
    pub against: String,
    /// Where in the new files: the field, or its parent if it is gone.
    pub place: Place,
    /// Where in the older files.
    pub old: Option<Place>,
    /// Reason and expiry, if it is an accepted break.
    pub accepted: Option<(String, String)>,
}

/// The answer for one file.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The subject.
    pub subject: String,
    /// The file, as the report shows it.
    pub file: String,
    /// The level asked for.
    pub level: Level,
    /// How it came out.
    pub outcome: Outcome,
    /// Why.
    pub findings: Vec<Finding>,
    /// What a reader must know beside it.
    pub notes: Vec<String>,
}

/// Whether anything failed or is incompatible: the exit code of the command.
pub fn exit_code(checked: &[Checked]) -> u8 {
    let any = |wanted: fn(&Outcome) -> bool| checked.iter().any(|c| wanted(&c.outcome));
    if any(|o| matches!(o, Outcome::Failed(_))) { 2 } else { u8::from(any(|o| *o == Outcome::Incompatible)) }
}

/// Checks everything, on all processors. `progress` is told how many are done, of how many.
///
/// # Errors
/// One sentence: nothing to check, or two files of one subject.
pub fn check(request: &Request, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Vec<Checked>, String> {
    let work = work(&request.tree, request.only.as_deref(), request.subject.as_deref(), &request.config)?;
    if work.is_empty() {
        return Err(format!(
            "no schema files (.avsc, .proto, .json) of {} are subjects",
            request.root.display()
        ));
    }
    let matched = |old: &Baseline| -> Result<BTreeMap<String, String>, String> {
        if old.only.is_some() {
            return Ok(BTreeMap::new()); // a file against a file: what lies beside them is no subject
        }
        let by = |config| -> Result<BTreeMap<String, String>, String> {
            Ok(subjects(&old.tree, config)?.into_iter().map(|(path, s)| (s.subject, path)).collect())
        };
        let Some(own) = &old.own else { return by(&old.config) };
        // What the new rows make of the old files counts only for subjects that the old rows do not know; there they may clash.
        let mut all = by(&old.config).unwrap_or_default();
        all.extend(by(own).map_err(|reason| format!("{}: {reason}", old.label))?);
        Ok(all)
    };
    let olds = request.olds.iter().map(matched).collect::<Result<Vec<_>, String>>()?;
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(work.len());
    let mut checked: Vec<(usize, Checked)> = std::thread::scope(|scope| {
        let run = || {
            let mut mine = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some((path, settings)) = work.get(index) else { break };
                mine.push((index, one(request, path, settings, &olds)));
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, work.len());
            }
            mine
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    if checked.len() != work.len() {
        return Err("a worker ended early; please report this".to_owned());
    }
    checked.sort_by_key(|(index, _)| *index);
    Ok(checked.into_iter().map(|(_, checked)| checked).collect())
}

/// What is checked: a file and what it is checked as.
///
/// # Errors
/// Two files of one subject.
pub fn work(
    tree: &Tree,
    only: Option<&str>,
    subject: Option<&str>,
    config: &Config,
) -> Result<Vec<(String, Settings)>, String> {
    let Some(path) = only else { return subjects(tree, config) };
    let none = || Settings { subject: path.to_owned(), level: None, policy: None };
    let mut settings = config.settings(path).unwrap_or_else(none);
    if let Some(subject) = subject {
        settings.subject = subject.to_owned();
    }
    Ok(vec![(path.to_owned(), settings)])
}

/// The files of a tree that are subjects, without older versions.
pub(crate) fn subjects(tree: &Tree, config: &Config) -> Result<Vec<(String, Settings)>, String> {
    let mut seen = BTreeMap::new();
    let mut out = Vec::new();
    for path in tree.paths() {
        let Some(settings) = config.settings(path).filter(|_| config.older(path).is_none()) else { continue };
        if let Some(other) = seen.insert(settings.subject.clone(), path) {
            return Err(format!(
                "{other} and {path} are both subject \"{}\"; tell them apart in assay-check.toml",
                settings.subject
            ));
        }
        out.push((path.to_owned(), settings));
    }
    Ok(out)
}

/// An older version of one subject.
struct Older<'r> {
    tree: &'r Tree,
    /// What the report calls it.
    label: String,
    /// Its number: the version in a registry, or the place among the older states.
    number: Version,
    path: &'r str,
    loaded: Loaded,
}

impl Older<'_> {
    /// A file of it, as the report shows it.
    fn shown(&self, request: &Request, file: &str) -> String {
        let whole =
            request.olds.iter().any(|old| old.only.as_deref() == Some(file) && old.label == self.label);
        if request.registry.is_some() || (whole && !self.label.starts_with("git:")) {
            let label = if request.registry.is_some() { file } else { &self.label };
            return label.to_owned();
        }
        format!("{}:{file}", self.label)
    }
}

fn one(request: &Request, path: &str, settings: &Settings, olds: &[BTreeMap<String, String>]) -> Checked {
    let (level, policy) = in_force(request, settings);
    let mut checked = Checked {
        subject: settings.subject.clone(),
        file: shown(request, path),
        level,
        outcome: Outcome::Compatible,
        findings: Vec::new(),
        notes: Vec::new(),
    };
    if let Err(reason) = judge(request, path, policy, olds, &mut checked) {
        checked.outcome = Outcome::Failed(reason);
    }
    checked
}

/// The level and policy: of the flag, of the config, of the registry, or the default.
fn in_force(request: &Request, settings: &Settings) -> (Level, Policy) {
    let there = request.registry.as_ref().and_then(|registry| registry.subject(&settings.subject));
    let level = request.level.or(settings.level).or(there.map(|there| there.level));
    let policy = settings.policy.or(there.map(|there| there.policy));
    (level.unwrap_or_default(), policy.unwrap_or_default())
}

fn shown(request: &Request, path: &str) -> String {
    let full = request.root.join(path);
    let text = full.to_string_lossy();
    text.strip_prefix("./").unwrap_or(&text).to_owned()
}

fn judge(
    request: &Request,
    path: &str,
    policy: Policy,
    olds: &[BTreeMap<String, String>],
    checked: &mut Checked,
) -> Result<(), String> {
    let new = request.tree.load_as(path, type_for(request, path)?, Strictness::New)?;
    let mut older = match &request.registry {
        Some(registry) => registered(registry, checked)?,
        None => files(request, olds, &checked.subject)?,
    };
    if older.is_empty() {
        checked.outcome = Outcome::NoBaseline;
        return Ok(());
    }
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
    for old in &older {
        let olds = [Old { version: old.number, schema: &old.loaded.schema }];
        let report = check_with(checked.level, policy, &new.schema, &olds);
        for difference in report.differences() {
            checked.findings.push(finding(request, path, &new, old, difference, &checked.subject));
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
    olds: &'r [BTreeMap<String, String>],
    subject: &str,
) -> Result<Vec<Older<'r>>, String> {
    let mut older = Vec::new();
    for (index, baseline) in request.olds.iter().enumerate().rev() {
        let old = baseline.only.as_ref().or_else(|| olds.get(index)?.get(subject));
        let Some(path) = old else { continue };
        let loaded = baseline
            .tree
            .load_as(path, type_for(request, path)?, Strictness::Stored)
            .map_err(|reason| format!("{}: {reason}", baseline.label))?;
        let (tree, label) = (&baseline.tree, baseline.label.clone());
        older.push(Older { tree, label, number: version(index), path, loaded });
    }
    Ok(older)
}

/// A subject in a registry, newest version first.
fn registered<'r>(registry: &'r Registered, checked: &mut Checked) -> Result<Vec<Older<'r>>, String> {
    let Some(there) = registry.subject(&checked.subject) else { return Ok(Vec::new()) };
    checked.notes.extend(there.notes.iter().cloned());
    let older = there.versions.iter().map(|old| {
        let label = format!("{} version {}", registry.label, old.version);
        let loaded = old.load().map_err(|reason| format!("{label}: {reason}"))?;
        Ok(Older { tree: &registry.tree, label, number: old.version, path: &old.path, loaded })
    });
    older.collect()
}

/// Says which rows would have accepted a finding, but for their date.
fn expired(request: &Request, subject: &str, findings: &[Finding], notes: &mut Vec<String>) {
    for row in request.config.allow.iter().filter(|row| row.expires < request.today) {
        if findings.iter().any(|f| f.accepted.is_none() && fits(row, subject, &f.difference)) {
            notes
                .push(format!("the accepted break {} ({}) expired on {}", row.rule, row.reason, row.expires));
        }
    }
}

fn fits(row: &crate::config::Allowed, subject: &str, difference: &Difference) -> bool {
    crate::glob::matches(&row.subject, subject)
        && row.rule == difference.rule.id()
        && row.path.as_ref().is_none_or(|path| *path == difference.path)
}

fn finding(
    request: &Request,
    path: &str,
    new: &Loaded,
    old: &Older<'_>,
    difference: &Difference,
    subject: &str,
) -> Finding {
    let new_place = difference.new.as_ref().map(|f| f.place.as_str());
    let old_place = difference.old.as_ref().map(|f| f.place.as_str());
    // What is gone points to its parent: the old place, shortened until the new file has it.
    let wanted = new_place.or(old_place).unwrap_or("");
    let (file, position) = place(&request.tree, path, new, wanted);
    let old_at = old_place.map(|wanted| {
        let (file, position) = place(old.tree, old.path, &old.loaded, wanted);
        Place { file: old.shown(request, &file), position }
    });
    let accepted = request
        .config
        .allow
        .iter()
        .find(|row| row.expires >= request.today && fits(row, subject, difference))
        .map(|row| (row.reason.clone(), row.expires.clone()));
    let difference = difference.clone();
    Finding {
        difference,
        against: old.label.clone(),
        place: Place { file: shown(request, &file), position },
        old: old_at,
        accepted,
    }
}

/// The file and position of a place: in the file itself, in what it refers to, or else its parent.
fn place(tree: &Tree, path: &str, loaded: &Loaded, wanted: &str) -> (String, Position) {
    let ty = loaded.schema.schema_type();
    // In a referenced JSON schema a pointer stands behind the reference's name.
    let document = wanted.split_once('#').filter(|_| ty == SchemaType::Json);
    let document = document.and_then(|(name, pointer)| Some((loaded.documents.get(name)?.as_str(), pointer)));
    let (wanted, files) = match document {
        Some((file, pointer)) => (pointer, vec![file]),
        None if ty == SchemaType::Json => (wanted, vec![path]),
        None => (wanted, std::iter::once(path).chain(loaded.closure.iter().map(String::as_str)).collect()),
    };
    let mut at = Some(wanted);
    while let Some(place) = at {
        for file in &files {
            if let Some(position) = tree.text(file).and_then(|text| locate::position(ty, text, place)) {
                return ((*file).to_owned(), position);
            }
        }
        at = locate::parent(ty, place);
    }
    (path.to_owned(), Position { line: 1, column: 1 })
}
