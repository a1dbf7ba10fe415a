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
#[command(after_help = "Exit status, as of diff(1): 0 no change, 1 changes, 2 could not compare.\n\
    Comments in .proto files are not compared. A change says which rule it breaks, and in which direction: BACKWARD \
    (the new schema cannot read old data), FORWARD (the other way round).")]
pub(crate) struct DiffArgs {
    /// The old schema: a file, or REVISION:PATH in git (or git:REVISION:PATH), PATH from the current directory.
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
    /// current one]
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
            let path = inside(Path::new(path), root.unwrap_or(Path::new(".")))?;
            let tree = git::read(root.unwrap_or(Path::new(".")), revision)?;
            let found = Files { label, tree, path };
            return match found.tree.has(&found.path) {
                true => Ok(found),
                false => Err(format!("no schema file {} in revision {revision}", found.path)),
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
