//! `assay diff`: flags, files and exit codes around `assay-check`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use assay_check::diff::report::{self, Format};
use assay_check::diff::{Side, diff};
use assay_check::git;
use assay_check::tree::{Depth, Tree, type_of};
use assay_schema::SchemaType;
use clap::Args;

use crate::check::{schema_type, split};

/// Nothing could be said.
const COULD_NOT_COMPARE: u8 = 2;

/// `assay diff`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status, as of diff(1): 0 no change, 1 changes, 2 could not compare, or not tell compatibility (a limit).\n\
    Comments in .proto files are not compared. A change says which rule it breaks, and in which direction: BACKWARD \
    (the new schema cannot read old data), FORWARD (the other way round)."
)]
pub(crate) struct DiffArgs {
    /// The old schema: a file, or REVISION:PATH in git (or git:REVISION:PATH). As for git, PATH is one from the top of the
    /// repository, or from the current directory if it begins with ./ or ../
    #[arg(value_name = "OLD")]
    old: String,
    /// The new schema, in the same ways.
    #[arg(value_name = "NEW")]
    new: String,
    /// text, markdown or json.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = str::parse::<Format>)]
    format: Format,
    /// The format, where the file name does not say it: avro, protobuf or json.
    #[arg(long = "type", value_name = "TYPE", value_parser = schema_type)]
    schema_type: Option<SchemaType>,
    /// The directory in which files that the schemas refer to are looked for [default: that of each file; in git the
    /// current one, or the top of the repository for a file outside of it]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

/// Compares and prints.
pub(crate) fn run(args: &DiffArgs) -> ExitCode {
    let outcome = compared(args);
    ExitCode::from(outcome.unwrap_or_else(|reason| {
        eprintln!("assay: could not compare: {reason}");
        COULD_NOT_COMPARE
    }))
}

fn compared(args: &DiffArgs) -> Result<u8, String> {
    let (old, new) = (Files::read(&args.old, args)?, Files::read(&args.new, args)?);
    let found = diff(&old.side(args)?, &new.side(args)?)?;
    let text = report::write(args.format, &found);
    std::io::stdout().write_all(text.as_bytes()).map_err(|e| format!("cannot write the list: {e}"))?;
    if let Some(reason) = &found.untold {
        eprintln!("assay: compatibility could not be told: {reason}");
        return Ok(COULD_NOT_COMPARE);
    }
    Ok(u8::from(!found.is_empty()))
}

/// One side, read.
struct Files {
    label: String,
    tree: Tree,
    path: String,
}

impl Files {
    fn read(given: &str, args: &DiffArgs) -> Result<Files, String> {
        let label = given.to_owned();
        let revision =
            match given.strip_prefix("git:") {
                Some(rest) => Some(rest.split_once(':').ok_or_else(|| {
                    format!("{given}: names a revision but no file; write git:REVISION:PATH")
                })?),
                None if Path::new(given).exists() => None,
                None => given.split_once(':'),
            };
        let root = args.root.as_deref();
        if let Some((revision, path)) = revision {
            let (top, path) = in_revision(path, root)?;
            let found = Files { label, tree: git::read(&top, revision)?, path };
            return match found.tree.has(&found.path) {
                true => Ok(found),
                false => Err(missing(given, revision, root)),
            };
        }
        let path = Path::new(given);
        let meta = std::fs::metadata(path).map_err(|e| format!("{given}: {e}"))?;
        if meta.is_dir() {
            return Err(format!(
                "{given}: is a directory; diff compares two files (assay check compares directories)"
            ));
        }
        let (dir, name) = split(path)?;
        let name = name.unwrap_or_default();
        let (mut tree, path) = match root {
            None => (Tree::read(&dir, Depth::Top)?, name),
            Some(root) => (Tree::read(root, Depth::All)?, inside(path, root)?),
        };
        if !tree.has(&path) {
            tree.add(&path, Path::new(given))?;
        }
        Ok(Files { label, tree, path })
    }

    fn side(&self, args: &DiffArgs) -> Result<Side<'_>, String> {
        let schema_type = args.schema_type.or_else(|| type_of(&self.path));
        let unknown =
            || format!("{}: the extension tells no format; give --type avro, protobuf or json", self.path);
        Ok(Side {
            label: self.label.clone(),
            tree: &self.tree,
            path: &self.path,
            schema_type: schema_type.ok_or_else(unknown)?,
        })
    }
}

/// Where a PATH of `REVISION:PATH` is: the directory whose files are read, and the path from there. As git has it, a path is
/// one from the top of the repository, or from the current directory if it begins with `./` or `../`.
fn in_revision(path: &str, root: Option<&Path>) -> Result<(PathBuf, String), String> {
    let here = Path::new(".");
    let path = if from_here(path) { normal(&git::prefix(here)?, path)? } else { normal("", path)? };
    if let Some(root) = root {
        let below = git::prefix(root)?;
        let rest = path.strip_prefix(&below).map(str::to_owned);
        let rest = rest.ok_or_else(|| format!("{path} is not inside --root {}", root.display()))?;
        return Ok((root.to_path_buf(), rest));
    }
    let below = git::prefix(here)?;
    Ok(match path.strip_prefix(&below) {
        Some(rest) => (here.to_path_buf(), rest.to_owned()),
        None => (below.matches('/').map(|_| "..").collect(), path),
    })
}

/// Whether git would take a path for one from the current directory.
fn from_here(path: &str) -> bool {
    path.starts_with("./") || path.starts_with("../")
}

/// A path from the top of a repository, without `.` and `..`; `dir` ends in a slash or is empty.
fn normal(dir: &str, path: &str) -> Result<String, String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in dir.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                let left = || format!("{path}: the path leaves the repository");
                parts.pop().ok_or_else(left)?;
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// What to say of a file that is not in a revision: perhaps it was meant from the current directory.
fn missing(given: &str, revision: &str, root: Option<&Path>) -> String {
    let path = given.strip_prefix("git:").unwrap_or(given).split_once(':').map_or("", |(_, path)| path);
    let said = format!("no schema file {path} in revision {revision}");
    let beside = format!("./{path}");
    let there = || {
        let (top, path) = in_revision(&beside, root).ok()?;
        git::read(&top, revision).ok().filter(|tree| tree.has(&path))
    };
    match from_here(path) || there().is_none() {
        true => said,
        false => format!(
            "{said}, where a path is one from the top of the repository; from here it is {revision}:{beside}"
        ),
    }
}

/// A path from a directory, with slashes.
fn inside(path: &Path, root: &Path) -> Result<String, String> {
    let plain = |path: &Path| path.strip_prefix(".").unwrap_or(path).to_path_buf();
    let (full, root) = (plain(path), plain(root));
    let path = full.strip_prefix(&root).unwrap_or(&full);
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            std::path::Component::Normal(part) => {
                parts.push(part.to_str().ok_or_else(|| format!("{}: the path is no UTF-8", path.display()))?);
            }
            std::path::Component::CurDir => {}
            _ => return Err(format!("{}: the path leaves {}; give --root", full.display(), root.display())),
        }
    }
    Ok(parts.join("/"))
}
