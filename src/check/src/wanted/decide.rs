//! May a file be registered? The registry's own endpoint is asked; where it cannot know yet, because the file needs steps
//! that come before it, its rules are applied here.

use std::collections::{BTreeMap, BTreeSet};

use assay_compat::{Level, Old, Policy, check_with};
use assay_schema::{Limits, ParsedSchema, Strictness, Subject, Version, parse};
use serde_json::Value;

use super::directory::{Wanted, WantedFile};
use super::plan::{Decided, SubjectState};
use crate::check::{TOO_COMPLEX, given_up};
use crate::remote::{Remote, is_refusal, number, of_new, property_of, schema_type};
use crate::transfer::{SchemaRow, TransferError};

/// What becomes of a file.
#[derive(Debug, Clone)]
pub(super) enum Verdict {
    /// The registry has it as this version.
    Present(i32),
    /// It would become this version.
    New { version: i32, body: Value, decided: Decided },
    /// It would not be taken.
    Refused(Vec<String>),
    /// Nobody can tell whether it fits: the comparison was given up at a limit.
    Unchecked(Vec<String>),
}

/// Why the answer about a file is not yes.
enum No {
    Refused(Vec<String>),
    Unchecked(Vec<String>),
}

/// Everything a verdict rests on.
pub(super) struct Decider<'a> {
    pub(super) remote: Remote<'a>,
    pub(super) wanted: &'a Wanted,
    pub(super) state: BTreeMap<Subject, SubjectState>,
    pub(super) indexes: BTreeMap<&'a str, usize>,
    /// Verdicts on the files that come before.
    pub(super) verdicts: Vec<Option<Verdict>>,
}

type Bound = Vec<(String, String, i32)>;

impl Decider<'_> {
    pub(super) async fn decide(&self, file: &WantedFile) -> Result<Verdict, TransferError> {
        let Some(state) = self.state.get(&file.subject) else {
            return Ok(Verdict::Refused(vec!["its state was not read".to_owned()]));
        };
        let planned: Vec<usize> = self.planned(file);
        let (mut references, mut waits) = (Bound::new(), !planned.is_empty());
        for reference in &file.references {
            let index = self.indexes.get(reference.path.as_str()).copied();
            let version = match index.and_then(|index| self.verdicts.get(index)?.as_ref()) {
                Some(Verdict::Present(version)) => *version,
                Some(Verdict::New { version, .. }) => {
                    waits = true;
                    *version
                }
                Some(Verdict::Refused(_)) | None => {
                    return Ok(Verdict::Refused(vec![format!(
                        "{}, which it refers to, is refused",
                        reference.path
                    )]));
                }
                Some(Verdict::Unchecked(_)) => {
                    let reason = format!("{}, which it refers to, could not be checked", reference.path);
                    return Ok(Verdict::Unchecked(vec![reason]));
                }
            };
            references.push((reference.name.clone(), reference.subject.clone(), version));
        }
        if let Some(older) = file.older
            && let Some(there) = self.remote.row(&file.subject.to_string(), older.as_i32()).await?
        {
            return self.is_that_version(file, older, &there).await;
        }
        let mut body = file.body(&references);
        if !waits {
            if let Some(version) = self.look_up(file, &body).await? {
                return Ok(Verdict::Present(version));
            }
            if let Some(as_stored) = self.as_stored(file, state, &references).await? {
                let other = file.body(&as_stored);
                if let Some(version) = self.look_up(file, &other).await? {
                    return Ok(Verdict::Present(version));
                }
                body = other;
            }
        }
        let next = state.next().saturating_add(i32::try_from(planned.len()).unwrap_or(i32::MAX));
        if let Some(older) = file.older.filter(|older| older.as_i32() != next) {
            return Ok(Verdict::Refused(vec![format!(
                "it is version {older} by assay-check.toml, but the registry would make it {next}; \
                 assay restore keeps numbers"
            )]));
        }
        let (level, policy) = wanted_level(file, &state.config);
        let now = in_force(&state.config);
        let refused = if waits || (level, policy) != now {
            self.here(file, state, level, policy, &planned).await?
        } else {
            self.ask(file, &body).await?
        };
        let decided = if waits || (level, policy) != now { Decided::Here } else { Decided::Registry };
        Ok(match refused {
            Some(No::Refused(reasons)) => Verdict::Refused(reasons),
            Some(No::Unchecked(reasons)) => Verdict::Unchecked(reasons),
            None => Verdict::New { version: next, body, decided },
        })
    }

    /// Older versions of the same subject that the plan registers first, oldest first.
    fn planned(&self, file: &WantedFile) -> Vec<usize> {
        let own = |index: &&usize| self.wanted.files.get(**index).is_some_and(|f| f.subject == file.subject);
        let new = |index: &usize| matches!(self.verdicts.get(*index), Some(Some(Verdict::New { .. })));
        let unique: BTreeSet<usize> = file.after.iter().filter(own).copied().filter(|i| new(i)).collect();
        unique.into_iter().collect()
    }

    /// The version under which the registry has exactly this, in this subject.
    async fn look_up(&self, file: &WantedFile, body: &Value) -> Result<Option<i32>, TransferError> {
        let name = file.subject.to_string();
        match self.remote.client.post(&["subjects", &name], &[], body).await {
            Ok(found) => {
                // An unqualified subject is looked for in other contexts too (contract 1.3).
                let subject = found.get("subject").and_then(Value::as_str).unwrap_or(&name);
                let version = found.get("version").and_then(Value::as_i64);
                let here = Subject::parse(subject) == file.subject;
                Ok(version.filter(|_| here).and_then(|version| i32::try_from(version).ok()))
            }
            Err(error) if is_refusal(&error) => Ok(None),
            Err(source) => Err(TransferError::Request { what: format!("looking up {}", file.path), source }),
        }
    }

    /// The latest version's references, if they are the same as these in another order or spelling.
    async fn as_stored(
        &self,
        file: &WantedFile,
        state: &SubjectState,
        references: &Bound,
    ) -> Result<Option<Bound>, TransferError> {
        let Some(latest) = state.active.last().filter(|_| !references.is_empty()) else { return Ok(None) };
        let Some(row) = self.remote.row(&file.subject.to_string(), *latest).await? else { return Ok(None) };
        let stored: Bound =
            row.references.iter().map(|r| (r.name.clone(), r.subject.clone(), r.version)).collect();
        let set = |bound: &Bound| -> BTreeSet<(String, Subject, i32)> {
            let place = |subject: &str| Subject::parse_in(subject, file.subject.context());
            bound.iter().map(|(name, subject, version)| (name.clone(), place(subject), *version)).collect()
        };
        Ok((stored != *references && set(&stored) == set(references)).then_some(stored))
    }

    /// Asks the registry; the reasons if it says no. That it gave up at a limit is no answer to whether the file fits.
    async fn ask(&self, file: &WantedFile, body: &Value) -> Result<Option<No>, TransferError> {
        let name = file.subject.to_string();
        let path = ["compatibility", "subjects", &name, "versions"];
        let answer = match self.remote.client.post(&path, &[("verbose", "true")], body).await {
            Ok(answer) => answer,
            Err(error) if is_refusal(&error) => return Ok(Some(No::Refused(vec![error.to_string()]))),
            Err(source) => {
                return Err(TransferError::Request { what: format!("asking about {}", file.path), source });
            }
        };
        if answer.get("is_compatible").and_then(Value::as_bool) == Some(true) {
            return Ok(None);
        }
        let messages = answer.get("messages").and_then(Value::as_array).into_iter().flatten();
        let mut reasons: Vec<String> = messages.filter_map(Value::as_str).map(str::to_owned).collect();
        if reasons.is_empty() {
            reasons.push("the registry says that it is not compatible".to_owned());
        }
        let marks = ["{errorType:\"", "{errorType:'"].map(|quote| format!("{quote}{TOO_COMPLEX}"));
        let limit = |reason: &String| marks.iter().any(|mark| reason.starts_with(mark));
        Ok(Some(if reasons.iter().any(limit) { No::Unchecked(reasons) } else { No::Refused(reasons) }))
    }

    /// The registry's rules, applied here; the reasons if they say no.
    async fn here(
        &self,
        file: &WantedFile,
        state: &SubjectState,
        level: Level,
        policy: Policy,
        planned: &[usize],
    ) -> Result<Option<No>, TransferError> {
        let refused = |reason: String| Ok(Some(No::Refused(vec![reason])));
        let tree = &self.wanted.tree;
        let new = match tree.load_as(&file.path, file.schema_type, Strictness::New) {
            Ok(loaded) => loaded.schema,
            Err(failure) => return refused(failure.to_string()),
        };
        let mut olds: Vec<(Version, ParsedSchema)> = Vec::new();
        for old in planned.iter().rev().filter_map(|index| self.wanted.files.get(*index)) {
            match tree.load_as(&old.path, old.schema_type, Strictness::Stored) {
                Ok(loaded) => olds.push((old.older.unwrap_or(Version::FIRST), loaded.schema)),
                Err(failure) => return refused(failure.to_string()),
            }
        }
        let name = file.subject.to_string();
        let group = state.config.get("compatibilityGroup").and_then(Value::as_str);
        let mut wanted_group =
            file.metadata.as_ref().and_then(|m| property_of(Some(m), group?)).map(str::to_owned);
        for number in state.active.iter().rev() {
            if level == Level::None || (!level.is_transitive() && !olds.is_empty()) {
                break;
            }
            let Some(row) = self.remote.row(&name, *number).await? else { continue };
            if let Some(property) = group {
                if wanted_group.is_none() && Some(number) == state.active.last() {
                    wanted_group = of_new(&state.config, property, Some(&row));
                }
                if property_of(row.metadata.as_ref(), property) != wanted_group.as_deref() {
                    continue;
                }
            }
            match self.stored(&row).await? {
                Ok(schema) => olds.push((self::number(&row)?, schema)),
                Err(reason) => return refused(reason),
            }
        }
        let olds: Vec<Old<'_>> =
            olds.iter().map(|(version, schema)| Old { version: *version, schema }).collect();
        let report = check_with(level, policy, &new, &olds);
        if given_up(&report).is_some() {
            return Ok(Some(No::Unchecked(report.messages())));
        }
        Ok((!report.is_compatible()).then(|| No::Refused(report.messages())))
    }

    async fn stored(&self, row: &SchemaRow) -> Result<Result<ParsedSchema, String>, TransferError> {
        let closure = self.remote.closure(row).await?;
        let parsed = parse(schema_type(row)?, &row.schema, &closure, Strictness::Stored, &Limits::default());
        Ok(parsed.map_err(|e| format!("{} version {}: {e}", row.subject, row.version)))
    }

    /// Whether a file that calls itself an older version is that.
    async fn is_that_version(
        &self,
        file: &WantedFile,
        older: Version,
        there: &SchemaRow,
    ) -> Result<Verdict, TransferError> {
        let ours = self.wanted.tree.load_as(&file.path, file.schema_type, Strictness::Stored);
        let same = match (&ours, self.stored(there).await?) {
            (Ok(ours), Ok(stored)) => {
                ours.schema.schema_type() == stored.schema_type()
                    && ours.schema.canonical() == stored.canonical()
            }
            _ => *file.text == *there.schema,
        };
        Ok(if same {
            Verdict::Present(older.as_i32())
        } else {
            Verdict::Refused(vec![format!(
                "it is version {older} by assay-check.toml, but the registry has another schema there"
            )])
        })
    }
}

/// The level and policy in force (contract 2.7 has resolved them).
pub(super) fn in_force(config: &Value) -> (Level, Policy) {
    let text = |member: &str| config.get(member).and_then(Value::as_str);
    let level = text("compatibilityLevel").and_then(|level| level.parse().ok());
    let policy =
        if text("compatibilityPolicy") == Some("LENIENT") { Policy::Lenient } else { Policy::Strict };
    (level.unwrap_or_default(), policy)
}

/// The level and policy after the plan's own change of them.
fn wanted_level(file: &WantedFile, config: &Value) -> (Level, Policy) {
    let (level, policy) = in_force(config);
    if file.older.is_some() {
        return (level, policy);
    }
    (file.level.unwrap_or(level), file.policy.unwrap_or(policy))
}
