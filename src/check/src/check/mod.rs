//! `assay check`: files against older ones or a registry, subject by subject. Values in, a report out; flags and exit are
//! elsewhere.

//!
//! `judge` one subject    `places` of its findings    `report` the formats

mod judge;
mod places;
pub mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use assay_compat::{Difference, Level, Report};
use assay_schema::{Position, SchemaType};

use crate::allow::Allowed;
use crate::config::{Config, Settings};
use crate::glob;
use crate::remote::Registered;
use crate::tree::{Failure, Tree};
use crate::workers;

/// The rule, of each format, that stands for a comparison given up at a limit: no verdict on the schemas.
pub(crate) const TOO_COMPLEX: &str = "TOO_COMPLEX";

/// The limit at which a comparison was given up, if it was: its report is no verdict then.
pub(crate) fn given_up(report: &Report) -> Option<&Difference> {
    report.differences().iter().find(|difference| difference.rule.id() == TOO_COMPLEX)
}

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
    /// How its files are shown.
    pub shown: Shown,
}

/// How paths of a tree are shown: as people, or git, would name the files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// What is left out at the beginning of a path that has it.
    pub without: String,
    /// What is put before what is left then: `schemas/`, `main:schemas/`.
    pub with: String,
    /// What is put before a path that does not begin so.
    pub otherwise: String,
}

impl Shown {
    /// Everything stands below one place.
    pub fn below(place: impl Into<String>) -> Shown {
        let with: String = place.into();
        Shown { without: String::new(), otherwise: with.clone(), with }
    }

    /// A path, shown.
    pub fn path(&self, path: &str) -> String {
        match path.strip_prefix(&self.without) {
            Some(rest) => format!("{}{rest}", self.with),
            None => format!("{}{path}", self.otherwise),
        }
    }
}

/// What is to be checked.
#[derive(Debug)]
pub struct Request {
    /// Where the new files are, for messages.
    pub root: PathBuf,
    /// How the new files are shown.
    pub shown: Shown,
    /// The new files.
    pub tree: Tree,
    /// The one file to check; all that are subjects if absent.
    pub only: Option<String>,
    /// Only files whose paths begin so are checked; the others may be referred to.
    pub below: String,
    /// Said with a name that is not found: where else to look.
    pub hint: Option<String>,
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
    /// There is nothing to compare it with but what cannot be read, and a row of the config accepts that.
    BaseUnreadable,
    /// No file is this subject any more: not checked, and no failure.
    Removed,
    /// No answer; why.
    Failed(Unchecked),
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchecked {
    /// The new file that is the reason, as the report shows it, if it is one.
    pub file: Option<String>,
    /// Where in it, if that is known.
    pub position: Option<Position>,
    /// The reason.
    pub reason: String,
}

impl fmt::Display for Unchecked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{file}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl From<String> for Unchecked {
    fn from(reason: String) -> Unchecked {
        Unchecked { file: None, position: None, reason }
    }
}

impl Unchecked {
    /// Of a new file.
    pub(crate) fn new(failure: Failure, shown: &Shown) -> Unchecked {
        let Failure { file, position, reason, .. } = failure;
        Unchecked { file: Some(shown.path(&file)), position, reason }
    }
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
    /// The `[[allow]]` rows that fit something here, by index.
    pub(crate) fits: BTreeSet<usize>,
}

/// What came of a run.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The subjects.
    pub checked: Vec<Checked>,
    /// `[[allow]]` rows that fit no finding: they can go.
    pub unused: Vec<Allowed>,
}

/// A file to check, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// The file; of several the first one.
    pub path: String,
    /// What it is checked as.
    pub settings: Settings,
    /// Other files of the same subject: then nothing can be said about it.
    pub others: Vec<String>,
}

/// Whether anything failed or is incompatible: the exit code of the command.
pub fn exit_code(checked: &[Checked]) -> u8 {
    let any = |wanted: fn(&Outcome) -> bool| checked.iter().any(|c| wanted(&c.outcome));
    if any(|o| matches!(o, Outcome::Failed(_))) { 2 } else { u8::from(any(|o| *o == Outcome::Incompatible)) }
}

/// Checks everything, on all processors. `progress` is told how many are done, of how many.
///
/// # Errors
/// One sentence: nothing to check.
pub fn check(request: &Request, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Answer, String> {
    let work = request.work();
    if work.is_empty() {
        return Err(format!(
            "no schema files (.avsc, .proto, .json) of {} are subjects",
            request.shown.path(&request.below).trim_end_matches('/')
        ));
    }
    let olds: Vec<BySubject> = request.olds.iter().map(Baseline::by_subject).collect();
    let done = AtomicUsize::new(0);
    let mut checked = workers::each(&work, |one| {
        let checked = judge::one(request, one, &olds);
        progress(done.fetch_add(1, Ordering::Relaxed) + 1, work.len());
        checked
    })?;
    let unused = unused(request, &checked);
    checked.extend(removed(request, &olds));
    Ok(Answer { checked, unused })
}

/// The rows that fit nothing, as far as that can be told: not where something they may be for has no whole answer.
fn unused(request: &Request, checked: &[Checked]) -> Vec<Allowed> {
    let used: BTreeSet<usize> = checked.iter().flat_map(|one| &one.fits).copied().collect();
    let whole = request.only.is_none() && request.below.is_empty();
    let open = |one: &Checked| match one.outcome {
        Outcome::Failed(_) => true,
        Outcome::Incompatible => one.level.is_transitive(), // the first state that does not fit is the last one looked at
        _ => false,
    };
    let told = |row: &Allowed| {
        let mut mine = checked.iter().filter(|one| glob::matches(&row.subject, &one.subject)).peekable();
        let there = whole || (mine.peek().is_some() && !row.subject.contains(['*', '?']));
        there && !mine.any(open)
    };
    let rows = request.config.allow.iter().enumerate();
    rows.filter(|(index, row)| !used.contains(index) && told(row)).map(|(_, row)| row.clone()).collect()
}

/// The subjects of the latest older state that no file is any more; not those whose file counts for another subject now.
fn removed(request: &Request, olds: &[BySubject]) -> Vec<Checked> {
    let (Some(baseline), Some(there), None) = (request.olds.last(), olds.last(), &request.only) else {
        return Vec::new();
    };
    let paths = request.tree.paths().filter(|path| request.config.older(path).is_none());
    let here: BTreeSet<String> =
        paths.filter_map(|path| Some(request.config.settings(path)?.subject)).collect();
    let gone = there.iter().filter(|(subject, _)| !here.contains(*subject));
    let gone = gone.filter_map(|(subject, files)| Some((subject, files.first()?)));
    let counts: BTreeSet<&String> =
        there.iter().filter(|(subject, _)| here.contains(*subject)).flat_map(|(_, files)| files).collect();
    let gone = gone.filter(|(_, path)| path.starts_with(&request.below) && !counts.contains(path));
    gone.map(|(subject, path)| Checked {
        subject: subject.clone(),
        file: request.shown.path(path),
        level: request.level.or(request.config.settings_of(path).level).unwrap_or_default(),
        outcome: Outcome::Removed,
        findings: Vec::new(),
        notes: vec![format!(
            "no file is this subject any more; in {} it is {}",
            baseline.label,
            baseline.shown.path(path)
        )],
        fits: BTreeSet::new(),
    })
    .collect()
}

impl Request {
    /// What is checked: files, and what each is checked as.
    pub fn work(&self) -> Vec<Work> {
        let Some(path) = self.only.as_deref() else { return subjects(&self.tree, &self.config, &self.below) };
        let mut settings = self.config.settings_of(path);
        if let Some(subject) = &self.subject {
            settings.subject = subject.clone();
        }
        vec![Work { path: path.to_owned(), settings, others: Vec::new() }]
    }
}

/// The files of each subject; more than one is an error where the subject is asked for.
type BySubject = BTreeMap<String, Vec<String>>;

impl Baseline {
    fn by_subject(&self) -> BySubject {
        if self.only.is_some() {
            return BySubject::new(); // a file against a file: what lies beside them is no subject
        }
        let by = |config: &Config| {
            let mut out = BySubject::new();
            for path in self.tree.paths().filter(|path| config.older(path).is_none()) {
                if let Some(settings) = config.settings(path) {
                    out.entry(settings.subject).or_default().push(path.to_owned());
                }
            }
            out
        };
        let mut all = by(&self.config);
        if let Some(own) = &self.own {
            // What the new rows make of the old files counts only for subjects that the old rows do not know; there they
            // may clash.
            all.retain(|_, files| files.len() == 1);
            all.extend(by(own));
        }
        all
    }
}

/// The subjects that have a file below a directory of a tree, without older versions.
fn subjects(tree: &Tree, config: &Config, below: &str) -> Vec<Work> {
    let mut by_subject: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for path in tree.paths().filter(|path| config.older(path).is_none()) {
        if let Some(settings) = config.settings(path) {
            by_subject.entry(settings.subject).or_default().push(path);
        }
    }
    let work = by_subject.into_values().filter_map(|paths| {
        let path = paths.iter().copied().find(|path| path.starts_with(below))?;
        let others = paths.iter().filter(|other| **other != path).map(|other| (*other).to_owned());
        Some(Work { path: path.to_owned(), settings: config.settings(path)?, others: others.collect() })
    });
    let mut work: Vec<Work> = work.collect();
    work.sort_by(|a, b| a.path.cmp(&b.path));
    work
}
