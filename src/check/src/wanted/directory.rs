//! From files to what a registry shall hold: every file a version, in an order in which they can be registered.

use std::collections::BTreeMap;
use std::sync::Arc;

use assay_compat::{Level, Policy};
use assay_schema::{SchemaType, Subject, Version};
use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::tree::{Tree, type_of};

/// What a directory wants.
#[derive(Debug)]
pub struct Wanted {
    /// Its files.
    pub tree: Tree,
    /// Its `assay-check.toml`.
    pub config: Config,
    /// The files that are versions: referenced ones first, older versions before the current one.
    pub files: Vec<WantedFile>,
}

/// A file that a registry shall hold.
#[derive(Debug, Clone)]
pub struct WantedFile {
    /// Its path.
    pub path: String,
    /// Its subject.
    pub subject: Subject,
    /// The version it is, if it is an older one.
    pub older: Option<Version>,
    /// Its format.
    pub schema_type: SchemaType,
    /// Its text.
    pub text: Arc<str>,
    /// What it refers to.
    pub references: Vec<WantedReference>,
    /// Metadata to register with.
    pub metadata: Option<Value>,
    /// Rule set to register with.
    pub rule_set: Option<Value>,
    /// The level the subject shall have.
    pub level: Option<Level>,
    /// The policy the subject shall have.
    pub policy: Option<Policy>,
    /// Other members of the subject's own config.
    pub config: Map<String, Value>,
    /// Files that come before this one, by index.
    pub after: Vec<usize>,
}

/// A reference to another file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedReference {
    /// The name in the schema.
    pub name: String,
    /// The subject as a request says it.
    pub subject: String,
    /// The file.
    pub path: String,
}

impl WantedFile {
    /// The body of a request, with the references at these versions.
    pub fn body(&self, references: &[(String, String, i32)]) -> Value {
        let mut body = json!({ "schema": &*self.text, "schemaType": self.schema_type.to_string() });
        if !references.is_empty() {
            let row = |(name, subject, version): &(String, String, i32)| json!({ "name": name, "subject": subject, "version": version });
            body["references"] = references.iter().map(row).collect();
        }
        for (member, value) in [("metadata", &self.metadata), ("ruleSet", &self.rule_set)] {
            if let Some(value) = value {
                body[member] = value.clone();
            }
        }
        body
    }
}

impl Wanted {
    /// Understands a tree whose references are bound.
    ///
    /// # Errors
    /// One sentence: two files of one subject, a name no subject may have, a reference to a file that is no subject, a circle.
    pub fn new(tree: Tree, config: Config) -> Result<Wanted, String> {
        let mut found: Vec<WantedFile> = Vec::new();
        let mut places = BTreeMap::new();
        for path in tree.paths() {
            let Some(file) = file(&tree, &config, path)? else { continue };
            if let Some(other) = places.insert((file.subject.clone(), file.older), path.to_owned()) {
                let version = file.older.map(|v| format!(" version {v}")).unwrap_or_default();
                return Err(format!(
                    "{other} and {path} are both subject \"{}\"{version}; tell them apart in assay-check.toml",
                    file.subject
                ));
            }
            found.push(file);
        }
        let files = in_order(found)?;
        Ok(Wanted { tree, config, files })
    }

    /// The indexes of the files, by path.
    pub(crate) fn indexes(&self) -> BTreeMap<&str, usize> {
        self.files.iter().enumerate().map(|(index, file)| (file.path.as_str(), index)).collect()
    }
}

fn file(tree: &Tree, config: &Config, path: &str) -> Result<Option<WantedFile>, String> {
    let (Some(settings), Some(schema_type)) = (config.settings(path), type_of(path)) else { return Ok(None) };
    let text = tree.readable(path)?;
    let subject = Subject::parse(&settings.subject);
    subject.validate_for_write().map_err(|e| format!("{path}: {e}"))?;
    let row = config.row(path).cloned().unwrap_or_default();
    let references = match &row.references {
        Some(rows) => {
            let bound = tree.bindings.get(path);
            let reference = |row: &crate::config::BoundReference| {
                let file = bound.and_then(|names| names.get(&row.name));
                let file =
                    file.ok_or_else(|| format!("{path}: the reference \"{}\" is bound to no file", row.name));
                Ok(WantedReference {
                    name: row.name.clone(),
                    subject: row.subject.clone(),
                    path: file?.clone(),
                })
            };
            rows.iter().map(reference).collect::<Result<Vec<_>, String>>()?
        }
        None => found(tree, config, path, schema_type, &subject)?,
    };
    Ok(Some(WantedFile {
        path: path.to_owned(),
        subject,
        older: row.version,
        schema_type,
        text: Arc::clone(text),
        references,
        metadata: row.metadata,
        rule_set: row.rule_set,
        level: settings.level,
        policy: settings.policy,
        config: row.config,
        after: Vec::new(),
    }))
}

/// References as the file itself names them.
fn found(
    tree: &Tree,
    config: &Config,
    path: &str,
    ty: SchemaType,
    subject: &Subject,
) -> Result<Vec<WantedReference>, String> {
    let needs = tree.needs(path, ty)?;
    let reference = |(name, file): (String, String)| {
        let target = config.settings(&file).ok_or_else(|| {
            format!("{path} refers to {file}, which is no subject; give it a row in assay-check.toml")
        })?;
        let target = Subject::parse(&target.subject);
        let subject = if target.context() == subject.context() {
            target.name().to_owned()
        } else if target.context().is_default() {
            format!(":.:{}", target.name())
        } else {
            target.to_string()
        };
        Ok(WantedReference { name, subject, path: file })
    };
    needs.own.into_iter().map(reference).collect()
}

/// Files after those they refer to, and after older versions of their own subject.
fn in_order(found: Vec<WantedFile>) -> Result<Vec<WantedFile>, String> {
    let by_path: BTreeMap<&str, usize> =
        found.iter().enumerate().map(|(i, f)| (f.path.as_str(), i)).collect();
    let mut versions: BTreeMap<&Subject, Vec<(u32, usize)>> = BTreeMap::new();
    for (index, file) in found.iter().enumerate() {
        let number = file.older.map_or(u32::MAX, Version::get);
        versions.entry(&file.subject).or_default().push((number, index));
    }
    let before: Vec<Vec<usize>> = found
        .iter()
        .map(|file| {
            let own = file.older.map_or(u32::MAX, Version::get);
            let older = versions.get(&file.subject).into_iter().flatten();
            let older = older.filter(|(number, _)| *number < own).map(|(_, index)| *index);
            let referenced = file.references.iter().filter_map(|r| by_path.get(r.path.as_str()).copied());
            referenced.chain(older).collect()
        })
        .collect();
    // Depth first with a stack of our own: 0 not met, 1 on the way, 2 done.
    let (mut state, mut order) = (vec![0u8; found.len()], Vec::with_capacity(found.len()));
    for start in 0..found.len() {
        let mut stack = vec![(start, 0usize)];
        while let Some((index, next)) = stack.pop() {
            if next == 0 && state[index] == 2 {
                continue;
            }
            state[index] = 1;
            match before[index].get(next) {
                None => {
                    state[index] = 2;
                    order.push(index);
                }
                Some(first) => {
                    stack.push((index, next + 1));
                    match state[*first] {
                        0 => stack.push((*first, 0)),
                        1 => {
                            let file = &found[*first].path;
                            return Err(format!("{file}: its references lead back to it in a circle"));
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    let mut place = vec![0; found.len()];
    order.iter().enumerate().for_each(|(new, old)| place[*old] = new);
    let ordered = order.iter().map(|old| WantedFile {
        after: before[*old].iter().map(|index| place[*index]).collect(),
        ..found[*old].clone()
    });
    Ok(ordered.collect())
}
