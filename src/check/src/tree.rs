//! A set of schema files, from a directory or a git revision, and the closure of references inside it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use assay_schema::json::{Node, Value, parse_json};
use assay_schema::{
    Limits, ParsedSchema, ResolvedReference, SchemaError, SchemaType, Strictness, Subject, Version, parse,
};

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
    /// Avro full name to the file that defines it.
    avro: OnceLock<BTreeMap<String, String>>,
    /// `$id` to the file that has it.
    ids: OnceLock<BTreeMap<String, String>>,
}

/// A schema with what it refers to.
#[derive(Debug)]
pub struct Loaded {
    /// The schema.
    pub schema: ParsedSchema,
    /// The files of its references, dependencies first.
    pub closure: Vec<String>,
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

    /// Paths in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<&Arc<str>> {
        self.files.get(path)
    }

    /// Parses a file with everything it refers to inside the tree.
    ///
    /// # Errors
    /// One sentence: a name that no file of the tree defines, a cycle, or a schema that cannot be read.
    pub fn load(&self, path: &str, strictness: Strictness) -> Result<Loaded, String> {
        self.load_as(
            path,
            type_of(path).ok_or_else(|| format!("{path}: unknown extension; give --type"))?,
            strictness,
        )
    }

    /// [`Tree::load`] with the format given.
    ///
    /// # Errors
    /// As there.
    pub fn load_as(&self, path: &str, ty: SchemaType, strictness: Strictness) -> Result<Loaded, String> {
        let mut references = Vec::new();
        let mut closure = Vec::new();
        let schema =
            self.resolve(path, ty, strictness, &mut references, &mut closure, &mut vec![path.to_owned()])?;
        Ok(Loaded { schema, closure })
    }

    /// Parses again and again, each time with the reference that was missing: the parsers know best what a text needs.
    fn resolve(
        &self,
        path: &str,
        ty: SchemaType,
        strictness: Strictness,
        references: &mut Vec<ResolvedReference>,
        closure: &mut Vec<String>,
        stack: &mut Vec<String>,
    ) -> Result<ParsedSchema, String> {
        let limits = Limits::default();
        let text = self.text(path).ok_or_else(|| format!("{path}: no such file"))?;
        loop {
            let error = match parse(ty, text, references, strictness, &limits) {
                Ok(schema) => return Ok(schema),
                Err(error) => error,
            };
            let SchemaError::UnresolvedReference { name, .. } = &error else {
                return Err(format!("{path}: {error}"));
            };
            let name = name.split('#').next().unwrap_or(name);
            let target = self.provider(path, ty, name).ok_or_else(|| format!("{path}: {error}"))?;
            if stack.contains(&target) {
                return Err(format!(
                    "{path}: the files refer to each other in a circle: {} -> {target}",
                    stack.join(" -> ")
                ));
            }
            if references.iter().any(|r| r.name == name) || stack.len() > limits.depth {
                return Err(format!("{path}: {error}"));
            }
            stack.push(target.clone());
            self.resolve(&target, ty, strictness, references, closure, stack)?;
            stack.pop();
            let subject = Subject::parse(&format!("file-{}", closure.len()));
            references.push(ResolvedReference {
                name: name.to_owned(),
                subject,
                version: first(),
                schema_type: ty,
                text: Arc::clone(self.text(&target).unwrap_or(text)),
                references: Vec::new(),
            });
            closure.push(target);
        }
    }

    /// The file that defines what `from` calls `name`.
    fn provider(&self, from: &str, ty: SchemaType, name: &str) -> Option<String> {
        let dir = from.rsplit_once('/').map_or("", |(dir, _)| dir);
        match ty {
            SchemaType::Avro => self.avro_names().get(name).filter(|path| *path != from).cloned(),
            SchemaType::Protobuf => {
                // Import roots: the top of the tree first, as protoc has it, then the directories above the file.
                let mut root = Some(dir);
                let mut found = self.text(name).map(|_| name.to_owned());
                while let (None, Some(at)) = (&found, root) {
                    let path = if at.is_empty() { name.to_owned() } else { format!("{at}/{name}") };
                    found = self.text(&path).map(|_| path);
                    root =
                        if at.is_empty() { None } else { Some(at.rsplit_once('/').map_or("", |(up, _)| up)) };
                }
                found
            }
            SchemaType::Json => {
                let beside = normal(dir, name).filter(|path| self.text(path).is_some());
                let top = || normal("", name).filter(|path| self.text(path).is_some());
                beside.or_else(top).or_else(|| self.json_ids().get(name).cloned()).filter(|path| path != from)
            }
        }
    }

    fn avro_names(&self) -> &BTreeMap<String, String> {
        self.avro.get_or_init(|| {
            let mut names = BTreeMap::new();
            for (path, text) in self.files.iter().filter(|(path, _)| path.ends_with(".avsc")) {
                if let Ok(node) = parse_json(text, &Limits::default()) {
                    crate::locate::avro_definitions(&node, "", &mut |name, _| {
                        names.entry(name).or_insert_with(|| path.clone());
                    });
                }
            }
            names
        })
    }

    fn json_ids(&self) -> &BTreeMap<String, String> {
        self.ids.get_or_init(|| {
            let mut ids = BTreeMap::new();
            for (path, text) in self.files.iter().filter(|(path, _)| path.ends_with(".json")) {
                let Ok(Node { value: Value::Object(object), .. }) = parse_json(text, &Limits::default())
                else {
                    continue;
                };
                if let Some(id) = object.get("$id").or_else(|| object.get("id")).and_then(Node::as_str) {
                    ids.entry(id.trim_end_matches('#').to_owned()).or_insert_with(|| path.clone());
                }
            }
            ids
        })
    }
}

/// Version 1.
pub(crate) fn first() -> Version {
    version(0)
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

/// A relative path from a directory, without `.` and `..`; `None` if it leaves the tree or is no relative path.
fn normal(dir: &str, name: &str) -> Option<String> {
    if name.starts_with('/') || name.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
