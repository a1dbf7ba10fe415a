//! A plan, carried out: the steps as they stand, on the state they were made for.

use std::collections::BTreeMap;
use std::fmt;

use assay_client::{Client, ClientError};
use assay_schema::Subject;
use serde_json::{Map, Value};

use super::WantedError;
use super::make::states;
use super::plan::{Plan, Refused, Step, SubjectState};
use crate::remote::{Remote, is_refusal};

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Versions registered.
    pub registered: usize,
    /// Configs changed.
    pub configured: usize,
    /// Subjects soft-deleted.
    pub deleted: usize,
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} registered, {} configured, {} deleted", self.registered, self.configured, self.deleted)
    }
}

/// Carries a plan out. `progress` is told how many steps are done, of how many.
///
/// # Errors
/// `Refused`, `Unchecked` and `Moved` before anything is written; `Step` when one goes wrong, with what was done before.
pub async fn apply(
    client: &Client,
    plan: &Plan,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Applied, WantedError> {
    let why = |no: &Refused| format!("{}: {}", no.subject, no.reasons.first().map_or("", String::as_str));
    if let Some(first) = plan.unchecked.first() {
        return Err(WantedError::Unchecked(why(first)));
    }
    if let Some(first) = plan.refused.first() {
        return Err(WantedError::Refused(why(first)));
    }
    let remote = Remote::new(client);
    moved(&remote, plan).await?;
    let mut applied = Applied::default();
    for (index, step) in plan.steps.iter().enumerate() {
        let failed = |(reason, refused): (String, bool)| WantedError::Step {
            reason: format!("{}: {reason}", step.subject()),
            done: applied.to_string(),
            refused,
        };
        match step {
            Step::Config { subject, set, .. } => {
                configure(client, subject, set).await.map_err(failed)?;
                applied.configured += 1;
            }
            Step::Register { subject, version, body, .. } => {
                register(client, subject, *version, body).await.map_err(failed)?;
                applied.registered += 1;
            }
            Step::Delete { subject, versions } => {
                delete(&remote, subject, versions).await.map_err(failed)?;
                applied.deleted += 1;
            }
        }
        progress(index + 1, plan.steps.len());
    }
    Ok(applied)
}

/// Compares the registry with what the plan rests on.
async fn moved(remote: &Remote<'_>, plan: &Plan) -> Result<(), WantedError> {
    let missing = plan.steps.iter().map(Step::subject).find(|subject| !plan.state.contains_key(*subject));
    if let Some(subject) = missing {
        return Err(WantedError::Input(format!("the plan does not tell the state of {subject}")));
    }
    let subjects = plan.state.keys().map(|name| Subject::parse(name)).collect();
    let now: BTreeMap<Subject, SubjectState> = states(remote, subjects).await?;
    let mut moved = Vec::new();
    for (name, then) in &plan.state {
        let Some(now) = now.get(&Subject::parse(name)) else { continue };
        let what = if then.active != now.active || then.all != now.all {
            "its versions"
        } else if then.own != now.own || then.config != now.config {
            "its config"
        } else if then.mode != now.mode {
            "its mode"
        } else {
            continue;
        };
        moved.push(format!("{name} ({what})"));
    }
    if moved.is_empty() { Ok(()) } else { Err(WantedError::Moved(moved)) }
}

/// Why a step failed, and whether the registry said no.
type Failed = (String, bool);

fn said(error: ClientError) -> Failed {
    let refused = is_refusal(&error);
    (error.to_string(), refused)
}

async fn configure(client: &Client, subject: &str, set: &Map<String, Value>) -> Result<(), Failed> {
    client.put(&["config", subject], &[], &Value::Object(set.clone())).await.map(drop).map_err(said)
}

async fn register(client: &Client, subject: &str, version: i32, body: &Value) -> Result<(), Failed> {
    let answer = client.post(&["subjects", subject, "versions"], &[], body).await.map_err(said)?;
    let told = match answer.get("version") {
        Some(told) => told.as_i64(),
        // Registries before 8.0 tell the id only.
        None => {
            let found = client.post(&["subjects", subject], &[], body).await.map_err(said)?;
            found.get("version").and_then(Value::as_i64)
        }
    };
    if told == Some(i64::from(version)) {
        return Ok(());
    }
    let told = told.map_or("no version".to_owned(), |told| format!("version {told}"));
    Err((
        format!(
            "the registry made it {told}, not {version} as planned: somebody else wrote at the same time"
        ),
        false,
    ))
}

async fn delete(remote: &Remote<'_>, subject: &str, versions: &[i32]) -> Result<(), Failed> {
    let now = remote.versions(subject, false).await.map_err(|e| (e.to_string(), false))?;
    if now != versions {
        return Err((format!("its versions are {now:?} now, not {versions:?} as planned"), false));
    }
    remote.client.delete(&["subjects", subject], &[]).await.map(drop).map_err(said)
}
