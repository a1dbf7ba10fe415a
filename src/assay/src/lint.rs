//! `assay lint`: flags, files and exit codes around `assay-check`.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use assay_check::config::Missing;
use assay_check::lint::report::{self, Format};
use assay_check::lint::{LINTS, Request, Severity, exit_code, lint};
use assay_schema::ParsedSchema;
use clap::Args;

use crate::check::{Scope, baseline};

/// Nothing could be said.
const COULD_NOT_LINT: u8 = 2;

/// `assay lint`.
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0 nothing as bad as --fail-on, 1 something is, 2 could not look.\n\
    [[lint]] rows of assay-check.toml allow a lint or give it another severity: rule (glob over ids), path (glob over \
    files), level (allow, info, warning, error); the first row that fits counts.")]
pub(crate) struct LintArgs {
    /// Schema files, or directories of .avsc, .proto and .json files (with assay-check.toml, if there is one).
    #[arg(value_name = "PATH", required_unless_present = "list")]
    paths: Vec<PathBuf>,
    /// The root: references are looked for, and globs matched, from this directory [default: the directory, or the nearest
    /// one above that has an assay-check.toml, within the git work tree]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// An older state: a file, a directory, or git:REVISION. Adds lints of what changed.
    #[arg(long, value_name = "OLD")]
    against: Option<String>,
    /// text, json, github or sarif.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = str::parse::<Format>)]
    format: Format,
    /// The least severity that makes the exit status 1: info, warning or error.
    #[arg(long, value_name = "SEVERITY", default_value = "warning", value_parser = str::parse::<Severity>)]
    fail_on: Severity,
    /// Print all lints, with severity and reason, and do nothing else.
    #[arg(long)]
    list: bool,
}

/// Looks and prints the findings.
pub(crate) fn run(args: &LintArgs) -> ExitCode {
    ExitCode::from(linted(args).unwrap_or_else(|reason| {
        eprintln!("assay: could not lint: {reason}");
        COULD_NOT_LINT
    }))
}

fn linted(args: &LintArgs) -> Result<u8, String> {
    if args.list {
        return print(&list()).map(|()| 0);
    }
    let mut all = Vec::new();
    for path in &args.paths {
        all.extend(lint(&request(path, args)?)?);
    }
    print(&report::write(args.format, &all))?;
    Ok(exit_code(&all, args.fail_on))
}

fn print(text: &str) -> Result<(), String> {
    std::io::stdout().write_all(text.as_bytes()).map_err(|e| format!("cannot write the findings: {e}"))
}

fn list() -> String {
    let mut out = String::new();
    for lint in LINTS {
        let _ =
            writeln!(out, "{} ({})\n    why: {}\n    fix: {}", lint.id, lint.severity, lint.why, lint.hint);
    }
    out
}

fn request(path: &Path, args: &LintArgs) -> Result<Request, String> {
    let scope = Scope::of(path, args.root.as_deref())?;
    let config = scope.config()?;
    let mut tree = scope.tree()?;
    scope.tell_left_out(&tree);
    config.bind(&mut tree, Missing::Refused)?;
    let old = match &args.against {
        Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
            return Err(format!(
                "--against {url}: lint reads files; use git:REVISION, a directory or a file"
            ));
        }
        Some(old) => Some(baseline(old, &scope, args.root.as_deref(), &config)?),
        None => None,
    };
    let Scope { root, shown, only, below, .. } = scope;
    Ok(Request { root, shown, tree, only, below, config, old, slow: Some(slow) })
}

/// What keeps payloads of a JSON schema from being checked in one pass.
fn slow(schema: &ParsedSchema) -> Vec<String> {
    assay_validate::compile(schema).map(|validator| validator.slow_keywords().to_vec()).unwrap_or_default()
}
