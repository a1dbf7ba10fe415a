//! Which directory a path on the command line belongs to: the one whose `assay-check.toml` is in force, so that a file checked
//! by itself has the subject, level and references it has when everything is checked.

use std::path::{Component, Path, PathBuf};

use assay_check::check::Shown;
use assay_check::check::report::Head;
use assay_check::config::{Config, FILE};
use assay_check::tree::{Depth, Tree};

/// What a path on the command line means.
#[derive(Debug)]
pub(crate) struct Scope {
    /// The directory from which paths, subjects and references are looked at.
    pub(crate) root: PathBuf,
    /// The one file, from `root`.
    pub(crate) only: Option<String>,
    /// The directory that was named, from `root`, with a slash at the end; empty if it is `root`.
    pub(crate) below: String,
    /// How paths from `root` are shown.
    pub(crate) shown: Shown,
    depth: Depth,
    /// Whether no root was named or found: a file alone, with what is beside it.
    alone: bool,
}

impl Scope {
    /// Finds the root: `--root`, or the directory itself if it has an `assay-check.toml`, or the nearest one above that has,
    /// up to the top of the git work tree, or up to the current directory outside of one; else the directory itself.
    ///
    /// # Errors
    /// One sentence: no such path, a name that is no UTF-8, a path outside of `--root`.
    pub(crate) fn of(path: &Path, root: Option<&Path>) -> Result<Scope, String> {
        let meta = std::fs::metadata(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let (dir, name) = if meta.is_dir() { (path.to_path_buf(), None) } else { split(path)? };
        let found = match root {
            Some(root) => Some((root.to_path_buf(), inside(&dir, root)?)),
            None if has_config(&dir) => Some((dir.clone(), String::new())),
            None => enclosing(&dir)?,
        };
        // In a git work tree a file sees what its directory sees, so that both are told the same; elsewhere what is below
        // (of a home directory, say) is not read for the sake of one file.
        let all = found.is_some() || name.is_none() || work_tree(&canonical(&dir)?).is_some();
        let depth = if all { Depth::All } else { Depth::Top };
        let alone = found.is_none() && name.is_some();
        let (root, below) = found.unwrap_or((dir, String::new()));
        let shown = shown(&root)?;
        let only = name.map(|name| format!("{below}{name}"));
        Ok(Scope {
            root,
            below: if only.is_some() { String::new() } else { below },
            only,
            shown,
            depth,
            alone,
        })
    }

    /// The files below the root. Of a file that belongs to no root those beside it, for its references.
    ///
    /// # Errors
    /// One sentence: a directory or the one file cannot be read, a limit.
    pub(crate) fn tree(&self) -> Result<Tree, String> {
        let mut tree = Tree::read(&self.root, self.depth)?;
        if let Some(name) = self.only.as_deref().filter(|name| !tree.has(name)) {
            tree.add(name, &self.root.join(name))?;
        }
        Ok(tree)
    }

    /// The `assay-check.toml` of the root; without one, the defaults.
    ///
    /// # Errors
    /// One sentence: the file, or what is wrong in it.
    pub(crate) fn config(&self) -> Result<Config, String> {
        configured(&self.root)
    }

    /// What a report says of it; `path` is the path on the command line.
    pub(crate) fn head(&self, path: &Path) -> Head {
        let root = plain(&self.root);
        let config = self.root.join(FILE);
        let dir = if self.only.is_some() { path.parent().unwrap_or(path) } else { path };
        let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
        Head { found: plain(dir) != root, root, config: config.is_file().then(|| self.shown.path(FILE)) }
    }

    /// Where else a name may be looked for: a file that belongs to no root has only those beside it.
    pub(crate) fn hint(&self) -> Option<String> {
        let beside = || format!("looked for in {} only; --root names a directory above", plain(&self.root));
        self.alone.then(beside)
    }

    /// Says which links and odd names below the named directory are not looked at.
    pub(crate) fn tell_left_out(&self, tree: &Tree) {
        if self.only.is_some() {
            return;
        }
        for left in tree.left_out.iter().filter(|left| left.starts_with(&self.below)) {
            eprintln!("assay: left out: {}", self.shown.path(left));
        }
    }
}

/// The directory's `assay-check.toml`; without one, the defaults.
///
/// # Errors
/// One sentence: the file, or what is wrong in it.
pub(crate) fn configured(root: &Path) -> Result<Config, String> {
    let file = root.join(FILE);
    match std::fs::read_to_string(&file) {
        Ok(text) => Config::parse(&text).map_err(|e| match root.parent() {
            Some(_) => format!("{}: {e}", plain(root)),
            None => e,
        }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Config::default()),
        Err(e) => Err(format!("{}: {e}", file.display())),
    }
}

/// Directory and name of a file.
pub(crate) fn split(path: &Path) -> Result<(PathBuf, Option<String>), String> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| format!("{}: the file name is no UTF-8", path.display()))?;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((dir.to_path_buf(), Some(name.to_owned())))
}

/// The nearest directory above `dir` with an `assay-check.toml`, and the way back down, with a slash at the end.
///
/// # Errors
/// One sentence: a directory that cannot be read or whose name is no UTF-8.
pub(crate) fn enclosing(dir: &Path) -> Result<Option<(PathBuf, String)>, String> {
    let start = canonical(dir)?;
    let top = work_tree(&start).map(Path::to_path_buf);
    let here = || std::env::current_dir().ok()?.canonicalize().ok().filter(|here| start.starts_with(here));
    let Some(top) = top.or_else(here) else { return Ok(None) };
    let above = start.ancestors().take_while(|above| above.starts_with(&top));
    let Some((levels, found)) = above.enumerate().skip(1).find(|(_, above)| has_config(above)) else {
        return Ok(None);
    };
    let way = slashed(start.strip_prefix(found).unwrap_or(&start))?;
    if way.split('/').any(|part| part.starts_with('.')) {
        return Ok(None); // below a hidden directory, which no tree has
    }
    let mut root = dir.to_path_buf();
    for _ in 0..levels {
        root = match root.components().next_back() {
            Some(Component::Normal(_)) => match root.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
                _ => PathBuf::from("."),
            },
            _ => root.join(".."),
        };
    }
    let same = root.canonicalize().is_ok_and(|root| root == found);
    Ok(Some((if same { root } else { found.to_path_buf() }, way)))
}

/// The top of the git work tree that a directory is in.
fn work_tree(dir: &Path) -> Option<&Path> {
    dir.ancestors().find(|above| above.join(".git").exists())
}

/// The way from `root` down to `dir`, with a slash at the end; empty if they are the same.
fn inside(dir: &Path, root: &Path) -> Result<String, String> {
    let (from, to) = (canonical(root)?, canonical(dir)?);
    let way = to.strip_prefix(&from);
    slashed(way.map_err(|_| format!("{} is not inside --root {}", dir.display(), root.display()))?)
}

fn canonical(path: &Path) -> Result<PathBuf, String> {
    path.canonicalize().map_err(|e| format!("{}: {e}", path.display()))
}

fn has_config(dir: &Path) -> bool {
    dir.join(FILE).is_file()
}

/// A relative path with slashes, one at the end too.
fn slashed(path: &Path) -> Result<String, String> {
    let mut out = String::new();
    for part in path.components() {
        let part = part.as_os_str().to_str();
        out.push_str(part.ok_or_else(|| format!("{}: the path is no UTF-8", path.display()))?);
        out.push('/');
    }
    Ok(out)
}

/// A directory as text, without what says nothing.
pub(crate) fn plain(dir: &Path) -> String {
    let text = dir.to_string_lossy();
    let text = text.strip_prefix("./").unwrap_or(&text);
    let text = if text.len() > 1 { text.trim_end_matches('/') } else { text };
    if text.is_empty() { ".".to_owned() } else { text.to_owned() }
}

/// Paths from the current directory, also when the root is above it.
fn shown(root: &Path) -> Result<Shown, String> {
    let text = plain(root);
    let below = match text.as_str() {
        "." => String::new(),
        "/" => "/".to_owned(),
        text => format!("{text}/"),
    };
    let here = std::env::current_dir().ok().and_then(|here| here.canonicalize().ok());
    let way = match here.as_deref().map(|here| here.strip_prefix(canonical(root).unwrap_or_default())) {
        Some(Ok(way)) if root.is_relative() => slashed(way)?,
        _ => String::new(),
    };
    Ok(match way.as_str() {
        "" => Shown::below(below),
        _ => Shown { without: way, with: String::new(), otherwise: below },
    })
}
