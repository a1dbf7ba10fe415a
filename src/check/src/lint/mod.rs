//! `assay lint`: what is legal but will hurt. Values in, findings out; flags and exit are in the `assay` crate.
//!
//! Lints of one schema (`avro`, `protobuf`, `json`), and, against an older state, of what changed and is allowed
//! (`change`): the places where the rules of compatibility say yes and data says no.

mod avro;
mod change;
mod config;
mod json;
mod protobuf;
pub mod report;
mod rules;
mod words;

use std::collections::BTreeSet;
use std::path::PathBuf;

use assay_schema::{Limits, ParsedSchema, Position, SchemaType, Strictness};

pub use config::Row;
pub use rules::{LINTS, Lint, Severity, by_id};
pub(crate) use words::meant;

use crate::check::{Baseline, Shown, Unchecked};
use crate::config::Config;
use crate::locate::{self, Located};
use crate::tree::{Failure, Loaded, Tree, type_of};
use crate::workers;

/// Findings in one file; the rest is left out, and said so.
const FINDINGS_MAX: usize = 1_000;

/// Says which keywords of a JSON schema the quick validator leaves to the slow one; the keyword is the first word of each.
/// This crate does not know validators; who has one brings it.
pub type SlowKeywords = fn(&ParsedSchema) -> Vec<String>;

/// What is to be looked at.
#[derive(Debug)]
pub struct Request {
    /// Where the files are, for messages.
    pub root: PathBuf,
    /// How the files are shown.
    pub shown: Shown,
    /// The files.
    pub tree: Tree,
    /// The one file to look at; all if absent.
    pub only: Option<String>,
    /// Only files whose paths begin so are looked at; the others may be referred to.
    pub below: String,
    /// Subjects, and lints that are allowed.
    pub config: Config,
    /// The older state.
    pub old: Option<Baseline>,
    /// Keywords that the quick validator leaves to the slow one.
    pub slow: Option<SlowKeywords>,
}

/// Something that will hurt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which lint.
    pub lint: &'static Lint,
    /// How bad, as configured.
    pub severity: Severity,
    /// Where: what is gone points to its parent.
    pub position: Position,
    /// What, in a sentence.
    pub text: String,
}

/// The answer for one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linted {
    /// The file, as the report shows it.
    pub file: String,
    /// Why it is no schema that a registry would take; then `findings` may be incomplete.
    pub failed: Option<Unchecked>,
    /// By position.
    pub findings: Vec<Finding>,
    /// What a reader must know beside it.
    pub notes: Vec<String>,
}

/// A finding before it has a position.
struct Hit {
    lint: &'static Lint,
    at: At,
    text: String,
}

/// Where a hit is.
enum At {
    /// A place in the schema, as in `Fragment::place`.
    Place(String),
    /// A byte of the text.
    Byte(usize),
}

/// Findings so far.
#[derive(Default)]
struct Hits(Vec<Hit>);

impl Hits {
    fn push(&mut self, lint: &'static Lint, place: &str, text: String) {
        self.0.push(Hit { lint, at: At::Place(place.to_owned()), text });
    }
}

/// The exit code: 2 if a file could not be read, 1 if something is as bad as `fail_on`, else 0.
pub fn exit_code(linted: &[Linted], fail_on: Severity) -> u8 {
    let bad = |one: &Linted| one.findings.iter().any(|finding| finding.severity >= fail_on);
    if linted.iter().any(|one| one.failed.is_some()) { 2 } else { u8::from(linted.iter().any(bad)) }
}

/// Looks at everything, on all processors.
///
/// # Errors
/// One sentence: nothing to look at.
pub fn lint(request: &Request) -> Result<Vec<Linted>, String> {
    let paths = match &request.only {
        Some(path) => vec![path.clone()],
        None => paths(request),
    };
    if paths.is_empty() {
        return Err(format!(
            "no schema files (.avsc, .proto, .json) of {} are subjects",
            request.root.display()
        ));
    }
    let mut linted = workers::each(&paths, |path| one(request, path))?;
    tell_once(&mut linted);
    Ok(linted)
}

/// A file that cannot be read is told with its reason once: where it is looked at itself, or else by the first that refers
/// to it. The others that refer to it say just that.
fn tell_once(linted: &mut [Linted]) {
    let itself = |one: &&Linted| one.failed.as_ref().is_some_and(|why| why.file.as_ref() == Some(&one.file));
    let mut told: BTreeSet<String> = linted.iter().filter(itself).map(|one| one.file.clone()).collect();
    for one in linted {
        let Some(why) = one.failed.as_mut() else { continue };
        let Some(file) = why.file.clone().filter(|file| *file != one.file) else { continue };
        if told.insert(file.clone()) {
            why.reason = format!("{} ({} refers to it)", why.reason, one.file);
        } else {
            let reason = format!("it refers to {file}, which cannot be read");
            *why = Unchecked { file: Some(one.file.clone()), position: None, reason };
        }
    }
}

/// The files that are subjects, and those they refer to.
fn paths(request: &Request) -> Vec<String> {
    let subjects = request.tree.paths().filter(|path| request.config.settings(path).is_some());
    let mut paths: BTreeSet<String> = subjects.map(str::to_owned).collect();
    if paths.len() < request.tree.paths().count() {
        let closures: Vec<String> = (paths.iter())
            .filter_map(|path| request.tree.load(path, Strictness::Stored).ok())
            .flat_map(|loaded| loaded.closure)
            .collect();
        paths.extend(closures);
    }
    paths.into_iter().filter(|path| path.starts_with(&request.below)).collect()
}

fn one(request: &Request, path: &str) -> Linted {
    let file = request.shown.path(path);
    let mut linted = Linted { file, failed: None, findings: Vec::new(), notes: Vec::new() };
    if let Err(reason) = look(request, path, &mut linted) {
        linted.failed = Some(reason);
    }
    linted
}

fn look(request: &Request, path: &str, linted: &mut Linted) -> Result<(), Unchecked> {
    let ty = type_of(path)
        .ok_or_else(|| Failure::of(path, "unknown extension; known are .avsc, .proto, .json"))
        .map_err(|failure| Unchecked::new(failure, &request.shown))?;
    // What a registry refuses is told in its words; what it stores all the same from elsewhere is looked at too.
    let new = request.tree.load_as(path, ty, Strictness::New).or_else(|failure| {
        linted.failed = Some(Unchecked::new(failure.clone(), &request.shown));
        request.tree.load_as(path, ty, Strictness::Stored).map_err(|_| failure)
    });
    let new = new.map_err(|failure| Unchecked::new(failure, &request.shown))?;
    let mut hits = Hits::default();
    repeated_keys(ty, request.tree.text(path).map_or("", |text| &**text), &mut hits);
    of_schema(&new.schema, request.slow, &mut hits);
    if let Some(old) = &request.old {
        match older(request, old, path)? {
            Some(loaded) => {
                let policy = request.config.settings(path).and_then(|settings| settings.policy);
                let untold = change::lint(policy.unwrap_or_default(), &loaded.schema, &new.schema, &mut hits);
                let said =
                    |reason| format!("what changed since {} could not be looked at: {reason}", old.label);
                linted.notes.extend(untold.map(said));
            }
            None => linted.notes.push(format!("{} does not have this file", old.label)),
        }
    }
    linted.findings = placed(request, path, ty, hits, &mut linted.notes);
    Ok(())
}

/// Keys that an object has twice: parsers, that of a registry too, take the last one.
fn repeated_keys(ty: SchemaType, text: &str, hits: &mut Hits) {
    if ty == SchemaType::Protobuf {
        return;
    }
    for (key, offset) in
        assay_schema::json::repeated_keys(text, &Limits::default(), locate::comments(ty)).unwrap_or_default()
    {
        let text = format!("the key \"{key}\" is there already; the last one counts");
        hits.0.push(Hit { lint: &rules::REPEATED_KEY, at: At::Byte(offset), text });
    }
}

/// The hits of one schema.
fn of_schema(schema: &ParsedSchema, slow: Option<SlowKeywords>, hits: &mut Hits) {
    match schema {
        ParsedSchema::Avro(avro) => avro::lint(avro, hits),
        ParsedSchema::Protobuf(proto) => protobuf::lint(proto, hits),
        ParsedSchema::Json(json) => {
            json::lint(json, hits);
            for word in slow.map(|slow| slow(schema)).unwrap_or_default() {
                let place = json::first(json.root(), word.split(' ').next().unwrap_or(""));
                hits.push(&rules::JSON_SLOW, &place, format!("{word} is left to the slow validator"));
            }
        }
    }
}

/// The same file in the older state: of the same path or, for a subject, of the same subject.
fn older(request: &Request, old: &Baseline, path: &str) -> Result<Option<Loaded>, String> {
    let subject = |config: &Config, path: &str| config.settings(path).map(|settings| settings.subject);
    let here = || old.tree.has(path).then(|| path.to_owned());
    let moved = || {
        let wanted = subject(&request.config, path)?;
        old.tree.paths().find(|path| subject(&old.config, path).as_ref() == Some(&wanted)).map(str::to_owned)
    };
    let Some(there) = old.only.clone().or_else(here).or_else(moved) else { return Ok(None) };
    let loaded = old.tree.load(&there, Strictness::Stored);
    loaded.map(Some).map_err(|failure| {
        let file = old.shown.path(&failure.file);
        format!("the older state ({}) cannot be read: {file}: {}", old.label, failure.reason)
    })
}

/// Gives hits their severity and position, sorts them, and leaves out what is said twice.
fn placed(
    request: &Request,
    path: &str,
    ty: SchemaType,
    hits: Hits,
    notes: &mut Vec<String>,
) -> Vec<Finding> {
    let located = request.tree.text(path).and_then(|text| Located::new(ty, text));
    let (mut findings, mut left_out) = (Vec::new(), 0);
    for hit in hits.0 {
        let Some(severity) = config::severity(&request.config.lints, hit.lint, path) else { continue };
        if findings.len() >= FINDINGS_MAX {
            left_out += 1;
            continue;
        }
        let position = located.as_ref().map(|located| match &hit.at {
            At::Place(place) => located.nearest(ty, place),
            At::Byte(offset) => located.at(*offset),
        });
        let position = position.unwrap_or(Position { line: 1, column: 1 });
        findings.push(Finding { lint: hit.lint, severity, position, text: hit.text });
    }
    if left_out > 0 {
        notes.push(format!("{left_out} findings more are not shown"));
    }
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.position.line, f.position.column, f.lint.id);
        key(a).cmp(&key(b)).then_with(|| a.text.cmp(&b.text))
    });
    findings.dedup();
    findings
}

/// A key as a token of a JSON pointer.
fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
