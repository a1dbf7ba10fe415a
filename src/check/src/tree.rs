//! A set of schema files, from a directory or a git revision. What they refer to: [`crate::references`].

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use assay_schema::{ParsedSchema, SchemaType, Version};

use crate::references::Known;

/// Files that one tree may hold.
const FILES_MAX: usize = 100_000;
/// Bytes of all files of a tree.
const BYTES_MAX: u64 = 1 << 30;
/// Directories inside directories.
const DEPTH_MAX: usize = 64;

/// Schema files by their path with slashes.
#[derive(Debug, Default)]
pub struct Tree {
    files: BTreeMap<String, Arc<str>>,
    /// File, name in it, the file that is meant: before any other way of finding one.
    pub(crate) bindings: BTreeMap<String, BTreeMap<String, String>>,
    /// Avro full name to the file that defines it.
    pub(crate) avro: OnceLock<BTreeMap<String, String>>,
    /// `$id` to the file that has it.
    pub(crate) ids: OnceLock<BTreeMap<String, String>>,
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
        Tree { files, ..Tree::default() }
    }

    /// Reads a directory: `.avsc`, `.proto` and `.json` files; no hidden names, no symbolic links.
    ///
    /// # Errors
    /// One sentence: the directory, a file that is no UTF-8, a limit.
    pub fn read(root: &Path, depth: Depth) -> Result<Tree, String> {
        let mut files = BTreeMap::new();
        let mut bytes = 0u64;
        let mut left = vec![(root.to_path_buf(), String::new(), 0usize)];
        while let Some((dir, prefix, level)) = left.pop() {
            let said = |e: std::io::Error| format!("{}: {e}", dir.display());
            for entry in std::fs::read_dir(&dir).map_err(said)? {
                let entry = entry.map_err(said)?;
                let Ok(name) = entry.file_name().into_string() else { continue };
                if name.starts_with('.') {
                    continue;
                }
                let kind = entry.file_type().map_err(said)?;
                let path = format!("{prefix}{name}");
                if kind.is_dir() && depth == Depth::All {
                    if level >= DEPTH_MAX {
                        return Err(format!("{path}: directories nested more than {DEPTH_MAX} deep"));
                    }
                    left.push((entry.path(), format!("{path}/"), level + 1));
                } else if kind.is_file() && type_of(&path).is_some() {
                    bytes = bytes.saturating_add(entry.metadata().map_err(said)?.len());
                    within(files.len(), bytes)?;
                    let text = std::fs::read_to_string(entry.path())
                        .map_err(|e| format!("{}: {e}", entry.path().display()))?;
                    files.insert(path, text.into());
                }
            }
        }
        Ok(Tree::new(files))
    }

    /// Adds a file that [`Tree::read`] leaves out because of its name.
    pub fn add(&mut self, path: &str, text: &str) {
        self.files.insert(path.to_owned(), text.into());
    }

    /// Says which file is meant by a name in another one, as a row of `references` in `assay-check.toml` does.
    pub fn bind(&mut self, from: &str, name: &str, target: &str) {
        self.bindings.entry(from.to_owned()).or_default().insert(name.to_owned(), target.to_owned());
    }

    /// Paths in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<&Arc<str>> {
        self.files.get(path)
    }
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
