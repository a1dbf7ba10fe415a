//! What `assay serve` prints when it is ready: where it listens, where the data is, what is validated.

use std::time::Duration;

use serde::Serialize;

/// The facts of a ready server; also the JSON that `--json` prints on one line.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Ready {
    /// Always `ready`.
    pub(crate) event: &'static str,
    /// Base URLs of the registry.
    pub(crate) http: Vec<String>,
    /// Kafka socket addresses.
    pub(crate) kafka: Vec<String>,
    /// What Kafka clients are told, per address.
    pub(crate) kafka_advertised: Vec<String>,
    /// Absolute path of the data.
    pub(crate) data_dir: String,
    /// Whether schemas are kept in memory only (`--memory`).
    pub(crate) registry_in_memory: bool,
    /// Base URLs of the registry that records are checked against, if it is another one (`--registry`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) schemas_from: Option<String>,
    /// The Kafka cluster id.
    pub(crate) cluster_id: String,
    /// The resolved validation default.
    pub(crate) validate: String,
    /// Milliseconds from the start of the process's work.
    pub(crate) ready_ms: f64,
}

/// What each default does, in words.
pub(crate) fn validation_in_words(mode: &str) -> &'static str {
    match mode {
        "auto" => "values of topics whose subject exists are checked in full",
        "payload" => "values of every topic are checked in full",
        "id" => "the schema id and subject of every value are checked, not its payload",
        _ => "records are not checked against schemas",
    }
}

/// Text for a person.
pub(crate) fn text(ready: &Ready) -> String {
    let advertised: Vec<&String> =
        ready.kafka_advertised.iter().filter(|a| !ready.kafka.contains(a)).collect();
    let told = match advertised.as_slice() {
        [] => String::new(),
        some => {
            format!("  (clients are told {})", some.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(", "))
        }
    };
    let memory =
        if ready.registry_in_memory { "  (in memory only: schemas are gone at the end)" } else { "" };
    let from = ready.schemas_from.as_ref().map(|urls| format!("\n  schemas     {urls}")).unwrap_or_default();
    format!(
        "assay {}\n  registry    {}{memory}\n  kafka       {}{told}\n  data        {}  (cluster {})\n  validation  {}: {}{from}\nready in {:.0} ms; Ctrl-C stops it",
        env!("CARGO_PKG_VERSION"),
        ready.http.join("  "),
        ready.kafka.join("  "),
        ready.data_dir,
        ready.cluster_id,
        ready.validate,
        validation_in_words(&ready.validate),
        ready.ready_ms,
    )
}

/// Milliseconds with a fraction.
pub(crate) fn millis(elapsed: Duration) -> f64 {
    (elapsed.as_secs_f64() * 1e5).round() / 100.0
}
