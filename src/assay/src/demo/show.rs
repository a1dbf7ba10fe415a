//! What the demo prints: text for people, or one JSON object a line.

use assay_broker::Refusal;
use assay_schema::Subject;
use serde_json::{Value, json};

/// Where the lines go.
pub(crate) struct Show {
    json: bool,
}

/// Column in which the words of a step begin.
const INDENT: &str = "             ";

impl Show {
    pub(crate) fn new(json: bool) -> Show {
        Show { json }
    }

    fn put(&self, text: &str, event: &Value) {
        use std::io::Write;
        let mut out = std::io::stdout().lock();
        // Whoever closed stdout does not want to see more; the demo still ends and cleans up.
        let _closed = if self.json { writeln!(out, "{event}") } else { writeln!(out, "{text}") };
    }

    pub(crate) fn started(&self, http: &str, kafka: &str) {
        let text = format!("assay demo: a registry at {http} and Kafka at {kafka}, in a temporary directory");
        self.put(&text, &json!({"event": "started", "http": http, "kafka": kafka}));
    }

    pub(crate) fn registered(&self, subject: &Subject, schema_type: &str, id: u32) {
        let text = format!("\n{schema_type}\n  registered {subject}: schema {id}");
        let subject = subject.to_string();
        self.put(
            &text,
            &json!({"event": "registered", "subject": subject, "schemaType": schema_type, "id": id}),
        );
    }

    pub(crate) fn stored(&self, topic: &str, offset: i64, shown: &str) {
        let text = format!("  stored     {topic} offset {offset}  {shown}");
        self.put(&text, &json!({"event": "stored", "topic": topic, "offset": offset, "record": shown}));
    }

    pub(crate) fn refused(&self, topic: &str, wrong: &str, refusal: &Refusal) {
        let mut text = format!("  refused    {wrong}");
        for record in &refusal.first {
            text.push_str(&format!("\n{INDENT}{}", record.text));
        }
        let records: Vec<Value> = refusal
            .first
            .iter()
            .map(|r| json!({"index": r.index, "class": r.class.map(|c| c.as_str()), "text": r.text}))
            .collect();
        self.put(&text, &json!({"event": "refused", "topic": topic, "what": wrong, "records": records}));
    }

    pub(crate) fn incompatible(&self, subject: &Subject, status: u16, code: u32, why: &str) {
        let what = "a new version with a field that has no default";
        let text = format!("  refused    {what}: HTTP {status}\n{INDENT}{}", description(why));
        let subject = subject.to_string();
        let event = json!({"event": "incompatible", "subject": subject, "status": status, "error_code": code, "message": why});
        self.put(&text, &event);
    }

    pub(crate) fn read_back(&self, topic: &str, offsets: &[i64]) {
        let list: Vec<String> = offsets.iter().map(i64::to_string).collect();
        let text = format!("  read back  {topic} offsets {}: what was stored, nothing else", list.join(", "));
        self.put(&text, &json!({"event": "read_back", "topic": topic, "offsets": offsets}));
    }

    pub(crate) fn done(&self, stored: usize, refused: usize, ms: f64) {
        let text = format!(
            "\n{stored} records stored, {refused} batches and 1 schema refused, in {ms:.0} ms. \
             Now `assay serve`, and the same with your own clients."
        );
        self.put(&text, &json!({"event": "done", "stored": stored, "refused": refused, "ms": ms}));
    }
}

/// The first `description:'…'` of the registry's message, which goes on with both schemas.
fn description(message: &str) -> &str {
    let after = message.split_once("description:'").map_or(message, |(_, after)| after);
    after.split_once("', additionalInfo:").map_or(after, |(description, _)| description)
}
