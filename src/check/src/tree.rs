//! A set of schema files, from a directory or a git revision. What they refer to: [`crate::references`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use assay_schema::{Limits, ParsedSchema, Position, SchemaError, SchemaType, Version};

use crate::references::{Known, Named};

/// Files that one tree may hold.
const FILES_MAX: usize = 100_000;
/// Bytes of all files of a tree.
const BYTES_MAX: u64 = 1 << 30;
/// Why a file with such a name is not read: reports and registries have no place for it.
pub(crate) const NAME_NOT_UTF8: &str = "the file name is no UTF-8; rename it";
/// Directories inside directories.
const DEPTH_MAX: usize = 64;

/// The text of a file, or why there is none: one file that cannot be read does not stop the others.
pub(crate) type Content = Result<Arc<str>, String>;

/// Why a file gives no schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The file: the one asked for, or one it refers to.
    pub file: String,
    /// Where in it, if that is known.
    pub position: Option<Position>,
    /// Why, in a sentence.
    pub reason: String,
    /// Whether a name was not found.
    pub unresolved: bool,
}

impl Failure {
    /// Of a file as a whole.
    pub(crate) fn of(file: &str, reason: impl Into<String>) -> Failure {
        Failure { file: file.to_owned(), position: None, reason: reason.into(), unresolved: false }
    }

    /// What the parser says of a file.
    pub(crate) fn parsing(file: &str, error: &SchemaError) -> Failure {
        let position = match error {
            SchemaError::Syntax { line, column, .. } => Some(Position { line: *line, column: *column }),
            SchemaError::TooDeep { position, .. }
            | SchemaError::Invalid { position, .. }
            | SchemaError::UnresolvedReference { position, .. } => *position,
            _ => None,
        };
        let unresolved = matches!(error, SchemaError::UnresolvedReference { .. });
        Failure { file: file.to_owned(), position, reason: error.to_string(), unresolved }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.reason)
    }
}

impl From<Failure> for String {
    fn from(failure: Failure) -> String {
        failure.to_string()
    }
}

/// Schema files by their path with slashes.
#[derive(Debug, Default)]
pub struct Tree {
    files: BTreeMap<String, Content>,
    /// Files that only a binding may mean, where another file has the same name: older versions.
    pub(crate) set_aside: BTreeSet<String>,
    /// What was left out and why, in words.
    pub left_out: Vec<String>,
    /// File, name in it, the file that is meant: before any other way of finding one.
    pub(crate) bindings: BTreeMap<String, BTreeMap<String, String>>,
    /// Avro full name to the files that define it.
    pub(crate) avro: OnceLock<Named>,
    /// `$id` to the files that have it.
    pub(crate) ids: OnceLock<Named>,
    /// What was found out about files.
    pub(crate) known: Mutex<Known>,
}

/// A schema with what it refers to.
#[derive(Debug)]
pub struct Loaded {
    /// The schema.
    pub schema: ParsedSchema,
    /// The files of its references, dependencies first.
    pub closure: Vec<String>,
    /// The file behind each name that a place in a referenced JSON schema begins with.
    pub documents: BTreeMap<String, String>,
}

/// The format that a file name says; `None`: no schema.
pub fn type_of(path: &str) -> Option<SchemaType> {
    match path.rsplit_once('.')?.1 {
        "avsc" => Some(SchemaType::Avro),
        "proto" => Some(SchemaType::Protobuf),
        "json" => Some(SchemaType::Json),
        _ => None,
    }
}

/// Whether subdirectories are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Yes.
    All,
    /// Only the directory's own files.
    Top,
}

impl Tree {
    /// A tree of files that were read already.
    pub fn new(files: BTreeMap<String, Arc<str>>) -> Tree {
        Tree::of(files.into_iter().map(|(path, text)| (path, Ok(text))).collect())
    }

    /// A tree of files some of which could not be read.
    pub(crate) fn of(files: BTreeMap<String, Content>) -> Tree {
        Tree { files, ..Tree::default() }
    }

    /// Reads a directory: `.avsc`, `.proto` and `.json` files; no hidden names. Symbolic links are told in
    /// [`Tree::left_out`]; a file that cannot be read, is no UTF-8 or is too large for a schema is kept as such.
    ///
    /// # Errors
    /// One sentence: a directory, a limit.
    pub fn read(root: &Path, depth: Depth) -> Result<Tree, String> {
        let mut tree = Tree::default();
        let mut bytes = 0u64;
        let mut left = vec![(root.to_path_buf(), String::new(), 0usize)];
        while let Some((dir, prefix, level)) = left.pop() {
            let said = |e: std::io::Error| format!("{}: {e}", dir.display());
            for entry in std::fs::read_dir(&dir).map_err(said)? {
                let entry = entry.map_err(said)?;
                let given = entry.file_name();
                let name = given.to_string_lossy();
                if name.starts_with('.') {
                    continue;
                }
                let kind = entry.file_type().map_err(said)?;
                let path = format!("{prefix}{name}");
                if kind.is_dir() && depth == Depth::All {
                    if level >= DEPTH_MAX {
                        return Err(format!("{path}: directories nested more than {DEPTH_MAX} deep"));
                    }
                    if given.to_str().is_none() {
                        tree.left_out.push(format!("{path}/: the name of the directory is no UTF-8"));
                        continue;
                    }
                    left.push((entry.path(), format!("{path}/"), level + 1));
                } else if kind.is_symlink() && (type_of(&path).is_some() || entry.path().is_dir()) {
                    tree.left_out.push(format!("{path}: a symbolic link; name what it leads to"));
                } else if kind.is_file() && type_of(&path).is_some() {
                    let content = match given.to_str() {
                        None => Err(NAME_NOT_UTF8.to_owned()),
                        Some(_) => content(&entry.path()),
                    };
                    bytes = bytes.saturating_add(content.as_ref().map_or(0, |text| text.len() as u64));
                    within(tree.files.len(), bytes)?;
                    tree.files.insert(path, content);
                }
            }
        }
        tree.left_out.sort();
        Ok(tree)
    }

    /// Adds a file that [`Tree::read`] leaves out because of its name or because it is a link.
    ///
    /// # Errors
    /// One sentence: it cannot be read.
    pub fn add(&mut self, path: &str, from: &Path) -> Result<(), String> {
        let text = content(from).map_err(|reason| format!("{}: {reason}", from.display()))?;
        self.files.insert(path.to_owned(), Ok(text));
        self.left_out.retain(|left| !left.starts_with(&format!("{path}: ")));
        Ok(())
    }

    /// The same files with something put before each path: the tree stands for a directory of another one.
    #[must_use]
    pub fn moved_below(mut self, prefix: &str) -> Tree {
        self.files = std::mem::take(&mut self.files)
            .into_iter()
            .map(|(path, c)| (format!("{prefix}{path}"), c))
            .collect();
        self
    }

    /// Says which file is meant by a name in another one, as a row of `references` in `assay-check.toml` does.
    pub fn bind(&mut self, from: &str, name: &str, target: &str) {
        self.bindings.entry(from.to_owned()).or_default().insert(name.to_owned(), target.to_owned());
    }

    /// Paths in order, those of files that could not be read too.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Whether there is such a file, readable or not.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<&Arc<str>> {
        self.files.get(path)?.as_ref().ok()
    }

    /// The text of a file, or why there is none.
    pub(crate) fn readable(&self, path: &str) -> Result<&Arc<str>, Failure> {
        match self.files.get(path) {
            Some(Ok(text)) => Ok(text),
            Some(Err(reason)) => Err(Failure::of(path, reason)),
            None => Err(Failure::of(path, "no such file")),
        }
    }
}

/// The text of a file on disk. What is too large for a schema is not read.
fn content(path: &Path) -> Content {
    let size = std::fs::metadata(path).map_err(|e| e.to_string())?.len();
    fits(size)?;
    let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
    utf8(bytes)
}

/// Whether a file is small enough for a schema.
pub(crate) fn fits(bytes: u64) -> Result<(), String> {
    let limit = Limits::default().schema_bytes;
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    if bytes > limit { Err(SchemaError::TooLarge { bytes, limit }.to_string()) } else { Ok(()) }
}

/// Bytes as text.
pub(crate) fn utf8(bytes: Vec<u8>) -> Content {
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        format!("the file is no UTF-8 (byte {at}); save it as UTF-8")
    })?;
    if text.starts_with('\u{feff}') {
        return Err(
            "the file begins with a byte order mark, which no schema may; save it without one".to_owned()
        );
    }
    Ok(text.into())
}

/// The version at an index from 0.
pub(crate) fn version(index: usize) -> Version {
    let number = u32::try_from(index).unwrap_or(0).saturating_add(1);
    Version::new(number).unwrap_or(Version::FIRST)
}

/// Whether a tree of so many files and bytes is read.
pub(crate) fn within(files: usize, bytes: u64) -> Result<(), String> {
    if files >= FILES_MAX {
        return Err(format!("more than {FILES_MAX} schema files; check a smaller directory"));
    }
    if bytes > BYTES_MAX {
        return Err(format!("more than {BYTES_MAX} bytes of schema files; check a smaller directory"));
    }
    Ok(())
}
