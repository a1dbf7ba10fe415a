//! Files of a git revision, through the `git` command line: no shell, no file name as an argument, sizes known before reading.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::tree::{Content, NAME_NOT_UTF8, Tree, fits, type_of, utf8, within};

/// Reads the schema files below `dir` as they are in `revision`. Paths are relative to `dir`.
///
/// # Errors
/// One sentence: no git, no repository, no such revision (a shallow clone is told apart), a limit.
pub fn read(dir: &Path, revision: &str) -> Result<Tree, String> {
    let commit = resolve(dir, revision)?;
    let listing = run(dir, &["ls-tree", "-r", "-z", "-l", &commit])?;
    let (mut files, mut wanted, mut left_out) = (BTreeMap::new(), Vec::new(), Vec::new());
    let mut bytes = 0u64;
    for line in listing.split(|b| *b == 0).filter(|line| !line.is_empty()) {
        // <mode> SP <type> SP <object> SP+ <size> TAB <path>
        let whole = std::str::from_utf8(line).is_ok();
        let line = String::from_utf8_lossy(line);
        let Some((head, path)) = line.split_once('\t') else { continue };
        let [mode, "blob", object, size] = head.split_whitespace().collect::<Vec<_>>()[..] else { continue };
        if type_of(path).is_none() || path.split('/').any(|part| part.starts_with('.')) {
            continue;
        }
        if mode == "120000" {
            left_out.push(format!("{path}: a symbolic link"));
            continue;
        }
        let size = size.parse().unwrap_or(u64::MAX);
        let unread = if whole { fits(size).err() } else { Some(NAME_NOT_UTF8.to_owned()) };
        if let Some(reason) = unread {
            within(files.len() + wanted.len(), bytes)?;
            files.insert(path.to_owned(), Err(reason));
            continue;
        }
        bytes = bytes.saturating_add(size);
        within(files.len() + wanted.len(), bytes)?;
        wanted.push((path.to_owned(), object.to_owned()));
    }
    files.extend(contents(dir, wanted)?);
    let mut tree = Tree::of(files);
    tree.left_out = left_out;
    Ok(tree)
}

/// The text of one file below `dir` as it is in `revision`; `None` when it is not there.
///
/// # Errors
/// One sentence, as [`read`].
pub fn file(dir: &Path, revision: &str, name: &str) -> Result<Option<String>, String> {
    let commit = resolve(dir, revision)?;
    if run(dir, &["ls-tree", &commit, "--", name])?.is_empty() {
        return Ok(None);
    }
    let bytes = run(dir, &["show", &format!("{commit}:./{name}")])?;
    String::from_utf8(bytes).map(Some).map_err(|_| format!("{revision}: {name} is no UTF-8"))
}

/// The path of `dir` in its work tree, with a slash at the end; empty at the top. What `git show REVISION:PATH` needs.
///
/// # Errors
/// One sentence: no git, no repository.
pub fn prefix(dir: &Path) -> Result<String, String> {
    let out = run(dir, &["rev-parse", "--show-prefix"])?;
    Ok(String::from_utf8_lossy(&out).trim_end_matches('\n').to_owned())
}

fn resolve(dir: &Path, revision: &str) -> Result<String, String> {
    if revision.is_empty() || revision.starts_with('-') || revision.contains('\0') {
        return Err(format!("\"{revision}\" is no git revision"));
    }
    let spec = format!("{revision}^{{commit}}");
    match run(dir, &["rev-parse", "--verify", "--quiet", &spec]) {
        Ok(out) => Ok(String::from_utf8_lossy(&out).trim().to_owned()),
        Err(said) => {
            let shallow = run(dir, &["rev-parse", "--is-shallow-repository"])
                .map_err(|e| if said.is_empty() { e } else { said })?;
            Err(if shallow.starts_with(b"true") {
                format!(
                    "revision \"{revision}\" is not in this shallow clone; fetch it, or clone with the whole history \
                     (GitHub Actions: actions/checkout with fetch-depth: 0; GitLab: GIT_DEPTH: 0)"
                )
            } else {
                format!(
                    "no revision \"{revision}\" in the repository of {}; fetch it, or name another",
                    dir.display()
                )
            })
        }
    }
}

fn git(dir: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(dir).env("LC_ALL", "C").env("GIT_OPTIONAL_LOCKS", "0").stderr(Stdio::piped());
    command
}

fn run(dir: &Path, args: &[&str]) -> Result<Vec<u8>, String> {
    let out =
        git(dir).args(args).stdin(Stdio::null()).output().map_err(|e| format!("cannot run git: {e}"))?;
    if out.status.success() {
        return Ok(out.stdout);
    }
    let said = String::from_utf8_lossy(&out.stderr);
    let said = said.trim();
    Err(if said.is_empty() { String::new() } else { format!("git {}: {said}", args.first().unwrap_or(&"")) })
}

/// The contents of objects, from one `git cat-file --batch`.
fn contents(dir: &Path, wanted: Vec<(String, String)>) -> Result<BTreeMap<String, Content>, String> {
    let broken = |e: std::io::Error| format!("git cat-file: {e}");
    let mut child = git(dir)
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("cannot run git: {e}"))?;
    let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("git cat-file: no pipe".to_owned());
    };
    let mut files = BTreeMap::new();
    let read = std::thread::scope(|scope| {
        let asked = &wanted;
        // Asked from a thread of its own: git stops reading when nobody takes its answers.
        scope.spawn(move || {
            for (_, object) in asked {
                if writeln!(stdin, "{object}").is_err() {
                    break;
                }
            }
        });
        let mut answers = BufReader::new(stdout);
        for (path, object) in &wanted {
            let mut head = String::new();
            answers.read_line(&mut head).map_err(broken)?;
            let size = head.split_whitespace().nth(2).and_then(|size| size.parse::<u64>().ok());
            let size = size.ok_or_else(|| format!("git has no object {object} for {path}; fetch it"))?;
            let mut bytes = Vec::new();
            answers.by_ref().take(size.saturating_add(1)).read_to_end(&mut bytes).map_err(broken)?;
            bytes.pop();
            files.insert(path.clone(), utf8(bytes));
        }
        Ok(())
    });
    if read.is_err() {
        let _ = child.kill();
    }
    let _ = child.wait();
    read.map(|()| files)
}
