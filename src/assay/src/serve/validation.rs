//! `GET /v1/validation/rejections` and `/report`: what the broker checked, what failed, and why. Never bytes of records.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use assay_broker::{Broker, Refusal, ReportKey, ReportRow};
use assay_rest::{ExtraRequest, ExtraRoute, Operation, Reply, Resource, Verb};
use assay_validate::FailureClass;
use serde::Serialize;
use serde_json::{Value, json};

/// Rejections answered at most, and without a `limit`.
const LIMIT_MAX: usize = 1000;
const LIMIT_DEFAULT: usize = 100;

/// The routes; the document of the API names the same.
pub(crate) fn routes(broker: &Arc<Broker>) -> Vec<ExtraRoute> {
    let started_ms = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
    type Handler = fn(&Broker, u64, &ExtraRequest) -> Reply;
    let rows: [(&'static str, &'static str, Handler); 2] = [
        ("/v1/validation/rejections", "listRejections", rejections),
        ("/v1/validation/report", "getValidationReport", report),
    ];
    rows.into_iter()
        .map(|(path, id, handle)| {
            let broker: Weak<Broker> = Arc::downgrade(broker);
            ExtraRoute {
                path,
                verb: Verb::Get,
                id,
                operation: Operation::Describe,
                resource: Resource::Server,
                handler: Arc::new(move |asked| match broker.upgrade() {
                    Some(broker) => handle(&broker, started_ms, asked),
                    None => Reply::error(503, "the broker is stopping"),
                }),
            }
        })
        .collect()
}

/// A number in a query, or the answer that says what it must be.
fn number(asked: &ExtraRequest, name: &str, default: u64, range: [u64; 2]) -> Result<u64, Reply> {
    let Some(text) = asked.query(name) else { return Ok(default) };
    let found = text.trim().parse().ok().filter(|n| (range[0]..=range[1]).contains(n));
    let [low, high] = range;
    found.ok_or_else(|| Reply::error(400, &format!("{name} must be a number from {low} to {high}")))
}

fn rejections(broker: &Broker, started_ms: u64, asked: &ExtraRequest) -> Reply {
    let most = u64::try_from(LIMIT_MAX).unwrap_or(u64::MAX);
    let numbers = number(asked, "after", 0, [0, u64::MAX])
        .and_then(|after| Ok((after, number(asked, "limit", LIMIT_DEFAULT as u64, [1, most])?)));
    match numbers {
        Ok((after, limit)) => {
            let limit = usize::try_from(limit).unwrap_or(LIMIT_MAX);
            let (found, total) = broker.rejections(asked.query("topic"), after, limit);
            let rejections: Vec<Value> = found.iter().map(|refusal| shown(refusal)).collect();
            json_reply(&json!({ "started_ms": started_ms, "total": total, "rejections": rejections }))
        }
        Err(reply) => reply,
    }
}

fn class_name(class: Option<FailureClass>) -> &'static str {
    class.map_or("missing_key", FailureClass::as_str)
}

fn shown(refusal: &Refusal) -> Value {
    let classes: BTreeMap<&str, u64> =
        refusal.classes.iter().map(|(class, n)| (class_name(*class), *n)).collect();
    let first = refusal.first.iter().map(|record| {
        let mut shown =
            json!({ "index": record.index, "class": class_name(record.class), "reason": record.text });
        if let (Some(id), Some(members)) = (record.schema_id, shown.as_object_mut()) {
            members.insert("schema_id".to_owned(), id.get().into());
        }
        shown
    });
    json!({
        "id": refusal.id, "time_ms": refusal.time_ms, "action": refusal.action.as_str(), "topic": refusal.topic,
        "partition": refusal.partition, "client_id": refusal.client_id, "principal": refusal.principal,
        "records": refusal.records, "classes": classes, "first": first.collect::<Vec<_>>(),
    })
}

#[derive(Default, Serialize)]
struct TopicReport {
    topic: String,
    batches_checked: u64,
    records_checked: u64,
    batches_left_out: u64,
    records_left_out: u64,
    share_checked: f64,
    seconds: f64,
    failures: Vec<Value>,
}

fn report(broker: &Broker, started_ms: u64, asked: &ExtraRequest) -> Reply {
    let wanted = |topic: &str| asked.query("topic").is_none_or(|t| t == topic);
    let mut topics: BTreeMap<String, TopicReport> = BTreeMap::new();
    for checks in broker.checks().into_iter().filter(|checks| wanted(&checks.topic)) {
        let report = topics.entry(checks.topic).or_default();
        report.batches_checked = checks.batches;
        report.records_checked = checks.records;
        report.batches_left_out = checks.batches_left_out;
        report.records_left_out = checks.records_left_out;
        report.seconds = checks.time.as_secs_f64();
    }
    for (key, row) in broker.report().into_iter().filter(|(key, _)| wanted(&key.topic)) {
        topics.entry(key.topic.clone()).or_default().failures.push(failure(&key, &row));
    }
    for (topic, report) in &mut topics {
        report.topic.clone_from(topic);
        report.share_checked = share(report.records_checked, report.records_left_out);
    }
    let topics: Vec<TopicReport> = topics.into_values().collect();
    json_reply(&json!({ "started_ms": started_ms, "topics": topics }))
}

/// The part of the records that was checked, from 0 to 1. Where there was nothing to leave out it is all of them.
fn share(checked: u64, left_out: u64) -> f64 {
    if left_out == 0 { 1.0 } else { checked as f64 / (checked as f64 + left_out as f64) }
}

fn failure(key: &ReportKey, row: &ReportRow) -> Value {
    json!({
        "class": class_name(key.class), "action": key.action.as_str(), "client_id": key.client_id,
        "records": row.records, "batches": row.batches, "first_ms": row.first_ms, "last_ms": row.last_ms,
        "example": row.example,
    })
}

fn json_reply(value: &Value) -> Reply {
    Reply::text(200, "application/vnd.schemaregistry.v1+json", value.to_string())
}
