//! `assay check`: flags, files and exit codes around `assay-check`.

mod registry;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use assay_check::check::report::{self, Format};
use assay_check::check::{Baseline, Request, check, exit_code, work};
use assay_check::config::{self, Config, FILE, Missing};
use assay_check::git;
use assay_check::tree::{Depth, Tree};
use assay_compat::Level;
use assay_schema::SchemaType;
use clap::Args;

/// Nothing could be said.
const COULD_NOT_CHECK: u8 = 2;
/// Milliseconds before progress is shown.
const QUIET_MS: u128 = 1000;

/// `assay check`.
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0 compatible (or no baseline), 1 incompatible, 2 could not check.")]
pub(crate) struct CheckArgs {
    /// A schema file, or a directory of .avsc, .proto and .json files (with assay-check.toml, if there is one).
    #[arg(value_name = "PATH")]
    path: PathBuf,
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
    let outcome = request(args).and_then(|request| {
        let started = Instant::now();
        let loud = std::io::stderr().is_terminal();
        let checked = check(&request, &|done, all| {
            if loud && started.elapsed().as_millis() > QUIET_MS && (done % 64 == 0 || done == all) {
                eprint!("\r{done} of {all} checked{}", if done == all { "\n" } else { "" });
            }
        })?;
        let text = report::write(args.format, &checked);
        std::io::stdout().write_all(text.as_bytes()).map_err(|e| format!("cannot write the report: {e}"))?;
        Ok(exit_code(&checked))
    });
    ExitCode::from(outcome.unwrap_or_else(|reason| {
        eprintln!("assay: could not check: {reason}");
        COULD_NOT_CHECK
    }))
}

fn request(args: &CheckArgs) -> Result<Request, String> {
    let meta = std::fs::metadata(&args.path).map_err(|e| format!("{}: {e}", args.path.display()))?;
    let (root, only) = if meta.is_dir() { (args.path.clone(), None) } else { split(&args.path)? };
    if only.is_none() && args.subject.is_some() {
        return Err(
            "--subject names the subject of one file; for a directory, assay-check.toml does".to_owned()
        );
    }
    let config = configured(&root)?;
    let mut tree = tree(&root, only.as_deref())?;
    config.bind(&mut tree, Missing::Refused)?;
    let registry = match &args.against[..] {
        [url] if is_url(url) => {
            let work = work(&tree, only.as_deref(), args.subject.as_deref(), &config)?;
            Some(registry::fetched(url, &work, args.level)?)
        }
        more if more.iter().any(|old| is_url(old)) => {
            return Err("--against a registry stands alone: it has all older versions".to_owned());
        }
        _ => None,
    };
    let files = args.against.iter().filter(|_| registry.is_none());
    let olds = files.map(|old| baseline(old, &root, only.as_deref(), &config));
    Ok(Request {
        olds: olds.collect::<Result<_, _>>()?,
        registry,
        root,
        tree,
        only,
        config,
        level: args.level,
        schema_type: args.schema_type,
        subject: args.subject.clone(),
        today: chrono::Local::now().format("%Y-%m-%d").to_string(),
    })
}

fn is_url(old: &str) -> bool {
    old.starts_with("http://") || old.starts_with("https://")
}

/// Directory and name of a file.
pub(crate) fn split(path: &Path) -> Result<(PathBuf, Option<String>), String> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| format!("{}: the file name is no UTF-8", path.display()))?;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((dir.to_path_buf(), Some(name.to_owned())))
}

/// The files: all of a directory, or one file with what is beside it for references.
pub(crate) fn tree(root: &Path, only: Option<&str>) -> Result<Tree, String> {
    let Some(name) = only else { return Tree::read(root, Depth::All) };
    let mut tree = Tree::read(root, Depth::Top)?;
    if tree.text(name).is_none() {
        let path = root.join(name);
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        tree.add(name, &text);
    }
    Ok(tree)
}

/// The directory's `assay-check.toml`; without one, the defaults.
///
/// # Errors
/// One sentence: the file, or what is wrong in it.
pub(crate) fn configured(root: &Path) -> Result<Config, String> {
    match std::fs::read_to_string(root.join(config::FILE)) {
        Ok(text) => Config::parse(&text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Config::default()),
        Err(e) => Err(format!("{}: {e}", root.join(config::FILE).display())),
    }
}

/// Reads an older state. Its files are matched to subjects by its own config, then by the new state's.
pub(crate) fn baseline(
    text: &str,
    root: &Path,
    only: Option<&str>,
    config: &Config,
) -> Result<Baseline, String> {
    let (mut tree, only) = if let Some(revision) = text.strip_prefix("git:") {
        let tree = git::read(root, revision)?;
        let there = only.filter(|name| tree.text(name).is_some()).map(str::to_owned);
        if only.is_some() && there.is_none() {
            return Ok(Baseline {
                label: text.to_owned(),
                tree: Tree::default(),
                only: None,
                config: config.clone(),
                own: None,
            });
        }
        (tree, there)
    } else {
        let path = Path::new(text);
        let meta = std::fs::metadata(path).map_err(|e| format!("--against {text}: {e}"))?;
        match (meta.is_dir(), only) {
            (true, None) => (Tree::read(path, Depth::All)?, None),
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
                let (dir, name) = split(path)?;
                (self::tree(&dir, name.as_deref())?, name)
            }
        }
    };
    let own = if only.is_none() { own_config(text, root)? } else { None };
    own.as_ref().unwrap_or(config).bind(&mut tree, Missing::Ignored)?;
    Ok(Baseline { label: text.to_owned(), tree, only, config: config.clone(), own })
}

/// The `assay-check.toml` of an older state. One that cannot be read is passed over: the new one may mend it.
fn own_config(text: &str, root: &Path) -> Result<Option<Config>, String> {
    let written = match text.strip_prefix("git:") {
        Some(revision) => git::file(root, revision, FILE)?,
        None => std::fs::read_to_string(Path::new(text).join(FILE)).ok(),
    };
    Ok(written.and_then(|written| Config::parse(&written).ok()))
}
