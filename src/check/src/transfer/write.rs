//! A plan, carried out over the REST API: in IMPORT mode, which keeps ids, versions and texts (contract 2.3, 2.8). An Assay
//! also keeps, with `restore=true`, the text byte for byte, the time of registration and the text as it was first sent.

use std::collections::{BTreeMap, BTreeSet};

use assay_client::{Client, ClientError};
use serde_json::{Value, json};

use super::TransferError;
use super::entry::{HIGHEST_ID_SUBJECT, SchemaRow, Snapshot, is_highest_id};
use super::plan::Plan;
use super::progress::{Progress, Step};

/// Ours: texts byte for byte, and no aliases followed. Other registries pass over it.
const RESTORE: (&str, &str) = ("restore", "true");

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Versions registered.
    pub registered: usize,
    /// Versions that were there already.
    pub present: usize,
    /// Versions and settings left as the target had them.
    pub skipped: usize,
    /// Versions soft-deleted.
    pub soft_deleted: usize,
    /// Versions of the target that were deleted for good.
    pub replaced: usize,
    /// Configs and modes set.
    pub settings: usize,
}

/// Carries a plan out. Interrupted, it can be planned and carried out again: what is there is left alone.
///
/// # Errors
/// The first request that failed for good.
pub async fn write(
    client: &Client,
    plan: &Plan,
    wanted: &Snapshot,
    target: &Snapshot,
    show: &mut dyn FnMut(Progress),
) -> Result<Written, TransferError> {
    let mut written = Written { present: plan.present, skipped: plan.conflicts.len(), ..Written::default() };
    let mut imports = Imports { client, target, before: BTreeMap::new() };
    let outcome = async {
        clear_highest_ids(client, target, &mut imports).await?;
        remove(client, plan, &mut imports, &mut written).await?;
        versions(client, plan, &mut imports, &mut written, show).await?;
        highest_ids(client, plan, wanted, &mut imports).await
    }
    .await;
    // Also after a failure: a subject left in IMPORT mode would refuse its producers.
    let restored = imports.give_back(plan).await;
    outcome.and(restored)?;
    settings(client, plan, target, &mut written, show).await?;
    Ok(written)
}

/// Deletes what is replaced for good. A subject whose last version goes loses its config and mode with it.
async fn remove(
    client: &Client,
    plan: &Plan,
    imports: &mut Imports<'_>,
    written: &mut Written,
) -> Result<(), TransferError> {
    for (subject, version, gone) in &plan.remove {
        imports.enter_import(subject).await?;
        if !gone {
            delete(client, subject, *version, false).await?;
        }
        delete(client, subject, *version, true).await?;
        written.replaced += 1;
    }
    let subjects: BTreeSet<&String> = plan.remove.iter().map(|(subject, ..)| subject).collect();
    for subject in subjects {
        mode(client, subject, Some("IMPORT")).await?;
        if let Some(config) =
            imports.target.configs.get(subject).filter(|_| !plan.configs.contains_key(subject))
        {
            put_config(client, subject, config).await?;
        }
    }
    Ok(())
}

async fn versions(
    client: &Client,
    plan: &Plan,
    imports: &mut Imports<'_>,
    written: &mut Written,
    show: &mut dyn FnMut(Progress),
) -> Result<(), TransferError> {
    let total = Some(plan.register.len());
    for row in &plan.register {
        imports.enter_import(&row.subject).await?;
        register(client, row).await?;
        written.registered += 1;
        show(Progress { step: Step::Writing, done: written.registered, total });
    }
    let total = Some(plan.soft_delete.len());
    for (subject, version) in &plan.soft_delete {
        imports.enter_import(subject).await?;
        delete(client, subject, *version, false).await?;
        written.soft_deleted += 1;
        show(Progress { step: Step::Deleting, done: written.soft_deleted, total });
    }
    Ok(())
}

async fn register(client: &Client, row: &SchemaRow) -> Result<(), TransferError> {
    let mut body =
        json!({"schema": row.schema, "schemaType": row.schema_type, "id": row.id, "version": row.version});
    let members = [
        ("references", (!row.references.is_empty()).then(|| json!(row.references))),
        ("metadata", row.metadata.clone()),
        ("ruleSet", row.rule_set.clone()),
        ("ts", row.ts.map(|ts| json!(ts))),
        ("original", row.original.as_ref().map(|text| json!(text))),
    ];
    for (name, value) in members {
        if let Some(value) = value {
            body[name] = value;
        }
    }
    let what = format!("registering {} version {} id {}", row.subject, row.version, row.id);
    let path = ["subjects", in_path(&row.subject), "versions"];
    let answer = client.post(&path, &[RESTORE], &body).await.map_err(TransferError::request(what.clone()))?;
    match answer.get("id").and_then(Value::as_u64) {
        Some(id) if id == u64::from(row.id) => Ok(()),
        other => Err(TransferError::Answer { what, reason: format!("the target gave it the id {other:?}") }),
    }
}

/// A subject without a name, as a path can have it.
fn in_path(subject: &str) -> &str {
    if subject.is_empty() { ":.:" } else { subject }
}

async fn delete(client: &Client, subject: &str, version: i32, permanent: bool) -> Result<(), TransferError> {
    let number = version.to_string();
    let query = if permanent { &[RESTORE, ("permanent", "true")][..] } else { &[RESTORE] };
    match client.delete(&["subjects", in_path(subject), "versions", &number], query).await {
        Ok(_) => Ok(()),
        // Already as it should be: an earlier run that was cut short has done it.
        Err(error) if error.error_code() == Some(40406) && !permanent => Ok(()),
        Err(error) if permanent && error.is_not_found() && error.error_code() != Some(40407) => Ok(()),
        Err(source) => {
            Err(TransferError::Request { what: format!("deleting {subject} version {version}"), source })
        }
    }
}

/// Subjects that were put into IMPORT mode, and what they had before.
struct Imports<'a> {
    client: &'a Client,
    target: &'a Snapshot,
    before: BTreeMap<String, Option<String>>,
}

impl Imports<'_> {
    async fn enter_import(&mut self, subject: &str) -> Result<(), TransferError> {
        if self.before.contains_key(subject) {
            return Ok(());
        }
        let before = self.target.modes.get(subject).cloned();
        mode(self.client, subject, Some("IMPORT")).await?;
        self.before.insert(subject.to_owned(), before);
        Ok(())
    }

    /// What the subject had before; what the plan sets is set later.
    async fn give_back(&self, plan: &Plan) -> Result<(), TransferError> {
        for (subject, before) in &self.before {
            let left = plan.leave_import.contains(subject);
            let before = plan.modes.get(subject).or(before.as_ref()).filter(|_| !left);
            mode(self.client, subject, before.map(String::as_str)).await?;
        }
        for subject in plan.leave_import.iter().filter(|s| !self.before.contains_key(*s)) {
            mode(self.client, subject, None).await?;
        }
        Ok(())
    }
}

fn settings_path<'a>(what: &'a str, subject: &'a str) -> Vec<&'a str> {
    std::iter::once(what).chain((!subject.is_empty()).then_some(subject)).collect()
}

async fn mode(client: &Client, subject: &str, mode: Option<&str>) -> Result<(), TransferError> {
    let path = settings_path("mode", subject);
    let what = || format!("mode {} of {subject:?}", mode.unwrap_or("(none)"));
    match mode {
        Some(mode) => {
            let body = json!({ "mode": mode });
            client.put(&path, &[("force", "true")], &body).await.map_err(TransferError::request(what()))?;
        }
        None => match client.delete(&path, &[]).await {
            Err(error) if !matches!(error.error_code(), Some(40409 | 40401)) => {
                return Err(TransferError::Request { what: what(), source: error });
            }
            _ => {}
        },
    }
    Ok(())
}

/// What a killed run has left of [`highest_ids`].
async fn clear_highest_ids(
    client: &Client,
    target: &Snapshot,
    imports: &mut Imports<'_>,
) -> Result<(), TransferError> {
    for row in target.schemas.values().filter(|row| is_highest_id(&row.subject)) {
        imports.enter_import(&row.subject).await?;
        if !row.deleted {
            delete(client, &row.subject, row.version, false).await?;
        }
        delete(client, &row.subject, row.version, true).await?;
        imports.before.remove(&row.subject); // the mode went with the last version
    }
    Ok(())
}

/// Ids that were given and whose versions are gone must not be given again: each context's highest is claimed once, by a
/// version that is then deleted for good (contract: ids are never reused).
async fn highest_ids(
    client: &Client,
    plan: &Plan,
    wanted: &Snapshot,
    imports: &mut Imports<'_>,
) -> Result<(), TransferError> {
    for (context, highest) in &plan.max_ids {
        let target = imports.target.max_ids.get(context).copied().unwrap_or(0);
        let reached =
            wanted.schemas.values().filter(|r| r.context() == context).map(|r| r.id).max().unwrap_or(0);
        if *highest <= reached.max(target) {
            continue;
        }
        let subject = match context.as_str() {
            "." => HIGHEST_ID_SUBJECT.to_owned(),
            context => format!(":{context}:{HIGHEST_ID_SUBJECT}"),
        };
        imports.enter_import(&subject).await?;
        let name = format!("HighestId{highest}");
        let schema = json!({"type": "record", "name": name, "fields": []}).to_string();
        let row = SchemaRow {
            subject: subject.clone(),
            version: 1,
            id: *highest,
            guid: None,
            schema_type: "AVRO".to_owned(),
            references: Vec::new(),
            metadata: None,
            rule_set: None,
            schema,
            original: None,
            ts: None,
            deleted: false,
        };
        register(client, &row).await?;
        delete(client, &subject, 1, false).await?;
        delete(client, &subject, 1, true).await?;
    }
    Ok(())
}

async fn settings(
    client: &Client,
    plan: &Plan,
    target: &Snapshot,
    written: &mut Written,
    show: &mut dyn FnMut(Progress),
) -> Result<(), TransferError> {
    let total = Some(plan.configs.len() + plan.modes.len());
    for (subject, config) in &plan.configs {
        match put_config(client, subject, config).await {
            // Read-only there: opened for the moment.
            Err(TransferError::Request { source: ClientError::Api { error_code: 42205, .. }, .. }) => {
                mode(client, subject, Some("READWRITE")).await?;
                let outcome = put_config(client, subject, config).await;
                mode(client, subject, target.modes.get(subject).map(String::as_str)).await?;
                outcome?;
            }
            outcome => outcome?,
        }
        written.settings += 1;
        show(Progress { step: Step::Settings, done: written.settings, total });
    }
    for (subject, value) in &plan.modes {
        mode(client, subject, Some(value)).await?;
        written.settings += 1;
        show(Progress { step: Step::Settings, done: written.settings, total });
    }
    Ok(())
}

async fn put_config(client: &Client, subject: &str, config: &Value) -> Result<(), TransferError> {
    let what = format!("config of {subject:?}");
    let update = as_update(config);
    client
        .put(&settings_path("config", subject), &[], &update)
        .await
        .map(drop)
        .map_err(TransferError::request(what))
}

/// The whole config as a request: answers say `compatibilityLevel` where requests say `compatibility`, and what is not in it
/// is taken away.
fn as_update(config: &Value) -> Value {
    const MEMBERS: [&str; 13] = [
        "compatibility",
        "compatibilityPolicy",
        "compatibilityGroup",
        "normalize",
        "validateFields",
        "validateNewSchemas",
        "validateRules",
        "alias",
        "aliasForDeks",
        "defaultMetadata",
        "overrideMetadata",
        "defaultRuleSet",
        "overrideRuleSet",
    ];
    let value = |member: &str| match member {
        "compatibility" => config.get("compatibilityLevel").or_else(|| config.get("compatibility")),
        member => config.get(member),
    };
    let members = MEMBERS.iter().map(|m| ((*m).to_owned(), value(m).cloned().unwrap_or(Value::Null)));
    Value::Object(members.collect())
}
