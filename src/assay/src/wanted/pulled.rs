//! `assay pull`: the files of a pull, written into a directory.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use assay_check::config::FILE;
use assay_check::transfer::Step;
use assay_check::wanted::{Pulled, pull as pulled};
use clap::Args;

use super::{Ended, could_not, ended, with_progress};
use crate::transfer::{connect, in_runtime};

/// `assay pull`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 written, 2 could not. Afterwards `assay plan DIR --url URL` has nothing to do."
)]
pub(crate) struct PullArgs {
    /// The directory: new or empty, unless --force is given.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Base URL of the registry; user:password@ before the host is sent as basic authentication.
    #[arg(long, value_name = "URL")]
    url: String,
    /// Only subjects that begin with this; repeatable. `:.ctx:` is a context.
    #[arg(long, value_name = "PREFIX")]
    prefix: Vec<String>,
    /// Write into a directory that has files: those of the same name are replaced, others stay. Of an old assay-check.toml, what
    /// [registry] and [[allow]] say is kept.
    #[arg(long)]
    force: bool,
}

/// Writes a registry into a directory.
pub(crate) fn pull(args: &PullArgs) -> ExitCode {
    ended(run(args).map(|()| 0))
}

fn run(args: &PullArgs) -> Result<(), Ended> {
    let dir = &args.dir;
    let at = |e: std::io::Error| could_not(format!("{}: {e}", dir.display()));
    std::fs::create_dir_all(dir).map_err(at)?;
    let hidden = |name: std::ffi::OsString| name.to_string_lossy().starts_with('.');
    let mut there = std::fs::read_dir(dir).map_err(at)?.flatten();
    if !args.force && there.any(|entry| !hidden(entry.file_name())) {
        let dir = dir.display();
        return Err(could_not(format!(
            "{dir} is not empty; give a new directory, or --force to write into it"
        )));
    }
    let kept = kept(dir)?;
    let found = with_progress(Step::Subjects, |progress| {
        in_runtime(async { Ok(Ok(pulled(&connect(&args.url)?, &args.prefix, progress).await?)) })
    })?;
    write(dir, &found, &kept)?;
    for note in &found.notes {
        eprintln!("note: {note}");
    }
    let older = match found.files.len() - found.subjects {
        0 => String::new(),
        n => format!(", {n} older versions that others refer to"),
    };
    println!("{} subjects{older} written to {}", found.subjects, dir.display());
    Ok(())
}

/// What an old config says that no registry knows.
fn kept(dir: &Path) -> Result<String, Ended> {
    let path = dir.join(FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(String::new()),
        Err(e) => return Err(could_not(format!("{}: {e}", path.display()))),
    };
    let mut table: toml::Table = text.parse().map_err(|e| could_not(format!("{}: {e}", path.display())))?;
    table.retain(|key, _| key == "registry" || key == "allow");
    if table.is_empty() { Ok(String::new()) } else { Ok(format!("\n{table}")) }
}

fn write(dir: &Path, found: &Pulled, kept: &str) -> Result<(), Ended> {
    let config = format!("{}{kept}", found.config);
    let files = found.files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    for (path, text) in files.chain([(FILE, config.as_str())]) {
        let path = dir.join(path);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, text))
            .map_err(|e| could_not(format!("{}: {e}", path.display())))?;
    }
    Ok(())
}
