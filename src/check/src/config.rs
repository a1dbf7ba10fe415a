//! `assay-check.toml`: which files are which subjects, their levels, what a registry shall hold beside them, and the breaks
//! that are accepted for a while.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use assay_compat::{Level, Policy};
use assay_schema::{Subject, Version};
use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use crate::allow::Allowed;
use crate::glob;
use crate::tree::Tree;

/// The file's name.
pub const FILE: &str = "assay-check.toml";
/// Rows of one kind that a file may have.
const ROWS_MAX: usize = 100_000;

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    level: Option<String>,
    policy: Option<String>,
    #[serde(default)]
    registry: WrittenRegistry,
    #[serde(default)]
    schema: Vec<WrittenSchema>,
    #[serde(default)]
    allow: Vec<Spanned<Allowed>>,
    #[serde(default)]
    lint: Vec<crate::lint::Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSchema {
    path: String,
    subject: Option<String>,
    level: Option<String>,
    policy: Option<String>,
    version: Option<u32>,
    references: Option<Vec<BoundReference>>,
    metadata: Option<Value>,
    rule_set: Option<Value>,
    #[serde(default)]
    config: Map<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRegistry {
    #[serde(default)]
    owned: Vec<String>,
}

/// A reference as a row says it: the name in the schema, the subject, and the version if it is not the file's own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoundReference {
    /// The name that the schema uses.
    pub name: String,
    /// The subject, as a request would say it: unqualified means the context of the row's subject.
    pub subject: String,
    /// The version, of which the directory has a file too; the subject's own file if absent.
    pub version: Option<u32>,
}

/// A `[[schema]]` row.
#[derive(Debug, Clone, Default)]
pub struct Row {
    path: String,
    subject: Option<String>,
    level: Option<Level>,
    policy: Option<Policy>,
    /// The file is this older version of the subject, there for the files that refer to it.
    pub version: Option<Version>,
    /// The references, in this order; found in the file itself if absent.
    pub references: Option<Vec<BoundReference>>,
    /// Metadata to register with, as the API has it.
    pub metadata: Option<Value>,
    /// Rule set to register with, as the API has it.
    pub rule_set: Option<Value>,
    /// Own config of the subject, members as in `PUT /config`.
    pub config: Map<String, Value>,
}

/// The file, understood.
#[derive(Debug, Clone, Default)]
pub struct Config {
    level: Option<Level>,
    policy: Option<Policy>,
    rows: Vec<Row>,
    /// The first row of each path without wildcards.
    literal: HashMap<String, usize>,
    /// The rows with wildcards.
    patterns: Vec<usize>,
    /// Prefixes of the subjects that `plan --delete` may remove.
    pub owned: Vec<String>,
    /// The `[[allow]]` rows.
    pub allow: Vec<Allowed>,
    /// The `[[lint]]` rows.
    pub lints: Vec<crate::lint::Row>,
}

/// What a file is to be checked as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Its subject.
    pub subject: String,
    /// The level, if the file says one.
    pub level: Option<Level>,
    /// The policy for JSON Schema, if the file says one.
    pub policy: Option<Policy>,
}

impl Config {
    /// Reads the text of an `assay-check.toml`.
    ///
    /// # Errors
    /// One sentence: no TOML, an unknown key, level, policy or date, an empty reason, too many rows.
    pub fn parse(text: &str) -> Result<Config, String> {
        let written: Written = toml::from_str(text).map_err(|e| format!("{FILE}: {e}"))?;
        if written.schema.len().max(written.allow.len()).max(written.lint.len()) > ROWS_MAX {
            return Err(format!("{FILE}: more than {ROWS_MAX} rows"));
        }
        for row in &written.lint {
            row.check().map_err(|reason| format!("{FILE}: {reason}"))?;
        }
        let mut allow = Vec::with_capacity(written.allow.len());
        let (mut line, mut read) = (1, 0);
        for row in written.allow {
            let start = row.span().start;
            line += text.get(read..start).unwrap_or("").matches('\n').count();
            read = start.max(read);
            let row = Allowed { line: u32::try_from(line).unwrap_or(u32::MAX), ..row.into_inner() };
            row.check().map_err(|reason| format!("{FILE}: {reason}"))?;
            allow.push(row);
        }
        if written.registry.owned.iter().any(String::is_empty) {
            return Err(format!(
                "{FILE}: owned has an empty prefix, which would be every subject of every context; name prefixes, such as \"orders-\""
            ));
        }
        let rows = written.schema.into_iter().map(row).collect::<Result<Vec<Row>, String>>()?;
        let (mut literal, mut patterns) = (HashMap::new(), Vec::new());
        for (index, row) in rows.iter().enumerate() {
            if row.path.contains(['*', '?']) {
                patterns.push(index);
            } else {
                literal.entry(row.path.clone()).or_insert(index);
            }
        }
        Ok(Config {
            level: level(written.level.as_deref())?,
            policy: policy(written.policy.as_deref())?,
            rows,
            literal,
            patterns,
            owned: written.registry.owned,
            allow,
            lints: written.lint,
        })
    }

    /// The row of the file at `path` (with slashes, from the directory of the config): the first one that fits.
    pub fn row(&self, path: &str) -> Option<&Row> {
        let literal = self.literal.get(path).copied().unwrap_or(usize::MAX);
        let fits = |index: &&usize| self.rows.get(**index).is_some_and(|row| glob::matches(&row.path, path));
        let pattern = self.patterns.iter().take_while(|index| **index < literal).find(fits).copied();
        self.rows.get(pattern.unwrap_or(literal))
    }

    /// What the file at `path` is; `None` if rows exist and none fits.
    /// In `subject`, `{path}` is the path without extension, `{name}` its last part, and `{{` a brace.
    pub fn settings(&self, path: &str) -> Option<Settings> {
        let is_subject = self.rows.is_empty() || self.row(path).is_some();
        is_subject.then(|| self.settings_of(path))
    }

    /// What the file at `path` is when it is named itself: by its row, or else by the defaults.
    pub fn settings_of(&self, path: &str) -> Settings {
        let row = self.row(path);
        let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
        let name = stem.rsplit('/').next().unwrap_or(stem);
        let pattern = row.and_then(|row| row.subject.as_deref()).unwrap_or("{path}");
        Settings {
            subject: fill(pattern, stem, name),
            level: row.and_then(|row| row.level).or(self.level),
            policy: row.and_then(|row| row.policy).or(self.policy),
        }
    }

    /// The file's version, if it is an older one of its subject.
    pub fn older(&self, path: &str) -> Option<Version> {
        self.row(path)?.version
    }

    /// Tells a tree which files the rows' references mean.
    ///
    /// # Errors
    /// One sentence: a reference to a subject or version that is no file of the tree, unless that is `Missing::Ignored`.
    pub fn bind(&self, tree: &mut Tree, missing: Missing) -> Result<(), String> {
        let older: Vec<String> =
            tree.paths().filter(|path| self.older(path).is_some()).map(str::to_owned).collect();
        tree.set_aside.extend(older);
        if self.rows.iter().all(|row| row.references.is_none()) {
            return Ok(());
        }
        let mut files = BTreeMap::new();
        for path in tree.paths() {
            if let Some(settings) = self.settings(path) {
                files.insert((Subject::parse(&settings.subject), self.older(path)), path.to_owned());
            }
        }
        let mut bindings = Vec::new();
        for ((subject, _), path) in &files {
            for reference in self.row(path).and_then(|row| row.references.as_deref()).unwrap_or(&[]) {
                let target = Subject::parse_in(&reference.subject, subject.context());
                let version = reference.version.and_then(Version::new);
                let file = files.get(&(target, version));
                if file.is_none() && missing == Missing::Ignored {
                    continue;
                }
                let file = file.ok_or_else(|| {
                    let version = version.map(|v| format!(" version {v}")).unwrap_or_default();
                    format!(
                        "{FILE}: {path} refers to subject \"{}\"{version}, which no file is; add it with a row{}",
                        reference.subject,
                        if version.is_empty() { "" } else { " that has this version" }
                    )
                })?;
                bindings.push((path.clone(), reference.name.clone(), file.clone()));
            }
        }
        for (path, name, file) in bindings {
            tree.bind(&path, &name, &file);
        }
        Ok(())
    }
}

/// What becomes of a reference to a file that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// An error: the config is of this tree.
    Refused,
    /// Nothing: the tree is older than the config.
    Ignored,
}

fn row(written: WrittenSchema) -> Result<Row, String> {
    let references = written.references.iter().flatten().filter_map(|r| r.version);
    if let Some(wrong) = written.version.into_iter().chain(references).find(|v| Version::new(*v).is_none()) {
        return Err(format!("{FILE}: the row \"{}\" has version {wrong}; they begin at 1", written.path));
    }
    for member in ["compatibility", "compatibilityLevel", "compatibilityPolicy"] {
        if written.config.contains_key(member) {
            return Err(format!(
                "{FILE}: config of \"{}\" has \"{member}\"; write level = or policy = in the row instead",
                written.path
            ));
        }
    }
    Ok(Row {
        level: level(written.level.as_deref())?,
        policy: policy(written.policy.as_deref())?,
        version: written.version.and_then(Version::new),
        path: written.path,
        subject: written.subject,
        references: written.references,
        metadata: written.metadata,
        rule_set: written.rule_set,
        config: written.config,
    })
}

/// Fills in a pattern in one pass: what is put in is never read as a pattern.
fn fill(pattern: &str, stem: &str, name: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find('{') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let (text, taken) = if after.starts_with("{{") {
            ("{", 2)
        } else if after.starts_with("{path}") {
            (stem, 6)
        } else if after.starts_with("{name}") {
            (name, 6)
        } else {
            ("{", 1)
        };
        out.push_str(text);
        rest = after.get(taken..).unwrap_or("");
    }
    out + rest
}

fn level(text: Option<&str>) -> Result<Option<Level>, String> {
    text.map(|text| Level::from_str(text).map_err(|e| format!("{FILE}: {e}"))).transpose()
}

fn policy(text: Option<&str>) -> Result<Option<Policy>, String> {
    match text {
        None => Ok(None),
        Some(text) if text.eq_ignore_ascii_case("strict") => Ok(Some(Policy::Strict)),
        Some(text) if text.eq_ignore_ascii_case("lenient") => Ok(Some(Policy::Lenient)),
        Some(text) => Err(format!("{FILE}: policy = \"{text}\" is unknown; known are STRICT, LENIENT")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_templates() {
        let config = Config::parse(
            "level = \"full\"\n[[schema]]\npath = \"orders/*.avsc\"\nsubject = \"{name}-value\"\n[[schema]]\npath = \"**\"\nlevel = \"NONE\"\n",
        )
        .unwrap();
        let orders = config.settings("orders/a.avsc").unwrap();
        assert_eq!((orders.subject.as_str(), orders.level), ("a-value", Some(Level::Full)));
        let other = config.settings("x/b.proto").unwrap();
        assert_eq!((other.subject.as_str(), other.level), ("x/b", Some(Level::None)));
        assert_eq!(Config::default().settings("x/b.proto").unwrap().subject, "x/b");
        assert_eq!(fill("{{name}{name}{", "x/y", "y"), "{name}y{");
    }

    #[test]
    fn mistakes_are_named() {
        let allow = |expires: &str, reason: &str| {
            format!(
                "[[allow]]\nsubject = \"a\"\nrule = \"TYPE_CHANGED\"\nreason = \"{reason}\"\nexpires = \"{expires}\"\n"
            )
        };
        assert!(Config::parse(&allow("2028-02-29", "why")).is_ok());
        let row = allow("2028-02-29", "why");
        assert!(Config::parse(&row.replace("\"2028-02-29\"", "2028-02-29")).is_ok(), "a date of TOML");
        let bare = |date: &str| row.replace("\"2028-02-29\"", date);
        let rule = |rule: &str| row.replace("TYPE_CHANGED", rule);
        for (text, word) in [
            (bare("2028-02-29T10:00:00"), "no date"),
            (bare("10:00:00"), "no date"),
            (bare("20280229"), "no date"),
            (bare("[2028-02-29]"), "no date"),
            (rule("*"), "is a glob"),
            (rule("READER_*"), "is a glob"),
            (rule("READER_FIELD_MISSING_DEFAULT_VALU"), "READER_FIELD_MISSING_DEFAULT_VALUE"),
            (rule("missing_default"), "READER_FIELD_MISSING_DEFAULT_VALUE"),
            (rule("type_changed"), "TYPE_CHANGED"),
            (rule("XYZZY"), "no rule has this id"),
            (rule("TOO_COMPLEX"), "no verdict"),
            (allow("2027-02-29", "why"), "no date"),
            (allow("soon", "why"), "no date"),
            (allow("2027-01-01", " "), "empty reason"),
            ("level = \"X\"".to_owned(), "unknown compatibility level"),
            ("policy = \"X\"".to_owned(), "policy"),
            ("lvel = \"NONE\"".to_owned(), "unknown field"),
            ("[registry]\nowned = [\"\"]".to_owned(), "empty prefix"),
            ("[[schema]]\npath = \"a\"\nversion = 0".to_owned(), "version"),
            ("[[schema]]\npath = \"a\"\nconfig = { compatibility = \"FULL\" }".to_owned(), "write level"),
            ("[[lint]]\nrule = \"avro-*\"\nlevel = \"deny\"".to_owned(), "level"),
            ("[[lint]]\nrule = \"avor-*\"\nlevel = \"allow\"".to_owned(), "fits no lint"),
        ] {
            let error = Config::parse(&text).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
