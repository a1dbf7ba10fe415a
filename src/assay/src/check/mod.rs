//! `assay check`: flags, files and exit codes around `assay-check`.

mod late;
mod registry;
mod scope;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use assay_check::check::report::{self, Format};
use assay_check::check::{Baseline, Request, Shown, check, exit_code};
use assay_check::config::{Config, FILE, Missing};
use assay_check::git;
use assay_check::tree::{Depth, Tree};
use assay_compat::Level;
use assay_schema::SchemaType;
use clap::Args;
use late::Late;
pub(crate) use scope::{Scope, configured, enclosing, split};

/// Nothing could be said.
const COULD_NOT_CHECK: u8 = 2;

/// `assay check`.
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0 compatible (or no baseline), 1 incompatible, 2 could not check.\n\
    A subject of the older files that has no file any more is told as removed, and not checked. [[allow]] rows of \
    assay-check.toml accept a known break (subject: a glob, rule, reason, expires; path, to accept it in one place), or, \
    with the rule BASE_UNREADABLE, that an older state cannot be read; rows that fit no finding are told. Neither changes the \
    exit status.")]
pub(crate) struct CheckArgs {
    /// A schema file, or a directory of .avsc, .proto and .json files. The assay-check.toml of the directory counts, or of
    /// the nearest one above (within the git work tree) that has one: the root.
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// The root: subjects are named, and references looked for, from this directory [default: see PATH]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// An older state: a file, a directory, git:REVISION, or the http:// URL of a registry, whose versions then count with
    /// its references and levels. Several files or states, oldest first, for transitive levels.
    #[arg(long, value_name = "OLD", required = true)]
    against: Vec<String>,
    /// The format, where the file name does not say it: avro, protobuf or json.
    #[arg(long = "type", value_name = "TYPE", value_parser = schema_type)]
    schema_type: Option<SchemaType>,
    /// The subject of the one file that is checked [default: the file's name without extension, or assay-check.toml's]
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<String>,
    /// Compatibility level, instead of what assay-check.toml or the registry says [default: BACKWARD]
    #[arg(long, value_name = "LEVEL", value_parser = str::parse::<Level>)]
    level: Option<Level>,
    /// text, json, junit, sarif, github or gitlab.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = str::parse::<Format>)]
    format: Format,
}

pub(crate) fn schema_type(text: &str) -> Result<SchemaType, String> {
    text.to_ascii_uppercase().parse().map_err(|e: assay_schema::UnknownSchemaType| e.to_string())
}

/// Checks and prints the report.
pub(crate) fn run(args: &CheckArgs) -> ExitCode {
    let outcome = checked(args).or_else(|reason| {
        eprintln!("assay: could not check: {reason}");
        match report::write_failure(args.format, &scope::plain(&args.path), &reason) {
            Some(text) => print(&text).map(|()| COULD_NOT_CHECK),
            None => Ok(COULD_NOT_CHECK),
        }
    });
    ExitCode::from(outcome.unwrap_or_else(|reason| {
        eprintln!("assay: {reason}");
        COULD_NOT_CHECK
    }))
}

fn checked(args: &CheckArgs) -> Result<u8, String> {
    let scope = Scope::of(&args.path, args.root.as_deref())?;
    let head = scope.head(&args.path);
    let request = request(args, scope)?;
    let late = Mutex::new(Late::new(std::io::stderr(), std::io::stderr().is_terminal()));
    let started = Instant::now();
    let outcome = check(&request, &|done, all| {
        if let Ok(mut late) = late.lock() {
            late.progress(started.elapsed(), done, all);
        }
    });
    if let Ok(mut late) = late.lock() {
        late.clear();
    }
    let answer = outcome?;
    print(&report::write(args.format, &head, &answer))?;
    Ok(exit_code(&answer.checked))
}

fn print(text: &str) -> Result<(), String> {
    std::io::stdout().write_all(text.as_bytes()).map_err(|e| format!("cannot write the report: {e}"))
}

fn request(args: &CheckArgs, scope: Scope) -> Result<Request, String> {
    if scope.only.is_none() && args.subject.is_some() {
        return Err(
            "--subject names the subject of one file; for a directory, assay-check.toml does".to_owned()
        );
    }
    let config = scope.config()?;
    let mut tree = scope.tree()?;
    scope.tell_left_out(&tree);
    config.bind(&mut tree, Missing::Refused)?;
    let url = match &args.against[..] {
        [url] if is_url(url) => Some(url),
        more if more.iter().any(|old| is_url(old)) => {
            return Err("--against a registry stands alone: it has all older versions".to_owned());
        }
        _ => None,
    };
    let files = args.against.iter().filter(|_| url.is_none());
    let olds = files.map(|old| baseline(old, &scope, args.root.as_deref(), &config));
    let hint = scope.hint();
    let mut request = Request {
        olds: olds.collect::<Result<_, _>>()?,
        registry: None,
        root: scope.root,
        shown: scope.shown,
        tree,
        only: scope.only,
        below: scope.below,
        hint,
        config,
        level: args.level,
        schema_type: args.schema_type,
        subject: args.subject.clone(),
        today: chrono::Local::now().format("%Y-%m-%d").to_string(),
    };
    if let Some(url) = url {
        request.registry = Some(registry::fetched(url, &request.work(), args.level)?);
    }
    Ok(request)
}

fn is_url(old: &str) -> bool {
    old.starts_with("http://") || old.starts_with("https://")
}

/// Reads an older state. Its files are matched to subjects by its own config, then by the new state's.
pub(crate) fn baseline(
    text: &str,
    scope: &Scope,
    root: Option<&Path>,
    config: &Config,
) -> Result<Baseline, String> {
    let path = Path::new(text);
    // An own config that cannot be read is passed over: the new one may mend it.
    let state = |tree, own: Option<String>, shown| Baseline {
        label: text.to_owned(),
        tree,
        only: None,
        config: config.clone(),
        own: own.and_then(|own| Config::parse(&own).ok()),
        shown,
    };
    let mut baseline = if let Some(revision) = text.strip_prefix("git:") {
        let tree = git::read(&scope.root, revision)?;
        let own = git::file(&scope.root, revision, FILE)?;
        let shown = Shown::below(format!("{revision}:{}", git::prefix(&scope.root)?));
        state(tree, own, shown)
    } else {
        let meta = std::fs::metadata(path).map_err(|e| format!("--against {text}: {e}"))?;
        match (meta.is_dir(), &scope.only) {
            (true, None) => {
                let whole = scope.below.is_empty();
                let tree = Tree::read(path, Depth::All)?.moved_below(&scope.below);
                let own = std::fs::read_to_string(path.join(FILE)).ok().filter(|_| whole);
                let with = format!("{}/", scope::plain(path));
                let with = if with == "./" { String::new() } else { with };
                let shown = Shown { without: scope.below.clone(), otherwise: with.clone(), with };
                state(tree, own, shown)
            }
            (true, Some(_)) => {
                return Err(format!(
                    "--against {text}: is a directory, but one file is checked; name a file"
                ));
            }
            (false, None) => {
                return Err(format!(
                    "--against {text}: is a file, but a directory is checked; name a directory"
                ));
            }
            (false, Some(_)) => {
                let there = Scope::of(path, root).or_else(|_| Scope::of(path, None))?;
                let own = std::fs::read_to_string(there.root.join(FILE)).ok();
                let mut baseline = state(there.tree()?, own, there.shown);
                baseline.only = there.only;
                baseline
            }
        }
    };
    let own = baseline.own.as_ref().unwrap_or(config).clone();
    own.bind(&mut baseline.tree, Missing::Ignored)?;
    Ok(baseline)
}
