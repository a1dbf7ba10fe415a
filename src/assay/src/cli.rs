//! The command line. Every setting has one name: `--http-listen`, `http-listen` in `assay.toml`, `ASSAY_HTTP_LISTEN`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use serde::{Deserialize, Serialize};

/// A schema registry and a Kafka broker in one process: no record enters a topic unless it is what its schema says it is.
#[derive(Debug, Parser)]
#[command(name = "assay", version, about, max_term_width = 110)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the registry (HTTP, port 8081) and the broker (Kafka, port 9092).
    Serve(ServeArgs),
    /// Show the whole thing in a temporary directory: good records stored, bad ones refused, and why.
    Demo(DemoArgs),
    /// May these schemas follow those? Files against files, a directory against git or a registry.
    Check(crate::check::CheckArgs),
    /// What changed between two schemas, in words, and which of it breaks what.
    Diff(crate::diff::DiffArgs),
    /// What would have to be registered, configured or deleted so that a registry is what a directory says.
    Plan(crate::wanted::PlanArgs),
    /// Make a registry what a directory or a saved plan says.
    Apply(crate::wanted::ApplyArgs),
    /// Write a registry's subjects into a directory that plan and apply understand.
    Pull(crate::wanted::PullArgs),
    /// What is legal in schemas but will hurt; with an older state, also what the rules allow and data does not.
    Lint(crate::lint::LintArgs),
    /// Write everything a registry holds to one text file: JSON lines, sorted, made for git.
    Backup(BackupArgs),
    /// Write a backup into a registry, with its ids and versions.
    Restore(RestoreArgs),
    /// Copy a running registry into another one, with ids, versions, deletions, configs and modes; then verify.
    Migrate(MigrateArgs),
    /// Show what validation refuses, quarantines or audits, as it happens.
    Tail(TailArgs),
    /// Look at the records that were set aside, and produce them again once they are right.
    Quarantine(QuarantineArgs),
    /// Print the resolved configuration: defaults, then `assay.toml`, then `ASSAY_*`, then flags.
    Config(ConfigArgs),
}

/// Where settings come from, shared by `serve` and `config`.
#[derive(Debug, Default, Args)]
pub(crate) struct ServeArgs {
    /// Configuration file; without the flag, `./assay.toml` is read if it is there.
    #[arg(long, env = "ASSAY_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The settings.
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// A Kafka broker setting by its Kafka name, e.g. `--set log.retention.ms=3600000` (repeatable).
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// Print the ready line as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `assay config`.
#[derive(Debug, Default, Args)]
pub(crate) struct ConfigArgs {
    /// As for `serve`; `--json` prints JSON instead of TOML.
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
}

/// `assay demo`.
#[derive(Debug, Default, Args)]
pub(crate) struct DemoArgs {
    /// Print one JSON object a line instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which registry: a running one, or a data directory that no server uses.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Side {
    /// Base URL of a running registry; user:password@ before the host is sent as basic authentication.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Data directory of a stopped assay.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

/// `assay backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The registry to read.
    #[command(flatten)]
    pub(crate) side: Side,
    /// The file; - is standard output.
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
}

/// What to do where the target holds another schema in the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Conflicts {
    /// Write nothing.
    Fail,
    /// Keep the target's, write the rest.
    Skip,
    /// Replace the target's.
    Overwrite,
}

/// `assay restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The registry to write.
    #[command(flatten)]
    pub(crate) side: Side,
    /// A file of `assay backup`; - is standard input.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// What to do where the target holds another schema in the same place.
    #[arg(long, value_enum, default_value_t = Conflicts::Fail)]
    pub(crate) on_conflict: Conflicts,
    /// Print what was done as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `assay migrate`.
#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    /// Base URL of the registry to read.
    #[arg(long, value_name = "URL")]
    pub(crate) from: String,
    /// Base URL of the registry to write.
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,
    /// What to do where the target holds another schema in the same place.
    #[arg(long, value_enum, default_value_t = Conflicts::Fail)]
    pub(crate) on_conflict: Conflicts,
    /// Print what was done as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `assay tail`.
#[derive(Debug, Args)]
pub(crate) struct TailArgs {
    /// Batches with records that failed validation; there is nothing else to show yet.
    #[arg(long, required = true)]
    pub(crate) rejections: bool,
    /// Of this topic only.
    #[arg(long, value_name = "TOPIC")]
    pub(crate) topic: Option<String>,
    /// Base URL of the registry API.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8081")]
    pub(crate) url: String,
    /// How many of the last ones to begin with.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    pub(crate) last: usize,
    /// End after those.
    #[arg(long)]
    pub(crate) no_follow: bool,
    /// Print one JSON object a line; `{"missed": N}` where more happened than the server keeps.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `assay quarantine`.
#[derive(Debug, Args)]
pub(crate) struct QuarantineArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: QuarantineCommand,
}

/// What `assay quarantine` does.
#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// Topics with a quarantine, or the records in one.
    List(ListArgs),
    /// One record: its headers, its key and its value.
    Show(ShowArgs),
    /// Produce records to the topic they were meant for. They are checked again: a record that still fails is refused, and
    /// why is said; the exit status is then 1. Records stay in the quarantine.
    Replay(ReplayArgs),
}

/// Where the broker is.
#[derive(Debug, Args)]
pub(crate) struct BrokerArgs {
    /// Address of the Kafka listener.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9092")]
    pub(crate) bootstrap: String,
    /// Print one JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `assay quarantine list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// The topic whose quarantine is listed; without it, all that have one.
    pub(crate) topic: Option<String>,
    /// Only records of this failure class.
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: Option<String>,
    /// Most records listed, the first ones.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) limit: usize,
    /// Also those that have been replayed.
    #[arg(long)]
    pub(crate) replayed: bool,
    /// The broker.
    #[command(flatten)]
    pub(crate) broker: BrokerArgs,
}

/// `assay quarantine show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The topic.
    pub(crate) topic: String,
    /// The record, as `list` names it: PARTITION@OFFSET.
    pub(crate) record: crate::quarantine::Place,
    /// Write the bytes of the value to standard output, and nothing else.
    #[arg(long)]
    pub(crate) raw: bool,
    /// The broker.
    #[command(flatten)]
    pub(crate) broker: BrokerArgs,
}

/// `assay quarantine replay`.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The topic.
    pub(crate) topic: String,
    /// The records, as `list` names them: PARTITION@OFFSET.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub(crate) records: Vec<crate::quarantine::Place>,
    /// All records in the quarantine.
    #[arg(long)]
    pub(crate) all: bool,
    /// Only records of this failure class.
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: Option<String>,
    /// Say what would be produced, and produce nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Produce also what an earlier replay has stored.
    #[arg(long)]
    pub(crate) again: bool,
    /// The broker.
    #[command(flatten)]
    pub(crate) broker: BrokerArgs,
}

/// Every setting, absent when not given. The same struct is the flags, the environment and the file.
#[derive(Debug, Default, Clone, Args, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Settings {
    /// Addresses of the registry API, comma-separated [default: 127.0.0.1:8081,[::1]:8081]
    #[arg(long, env = "ASSAY_HTTP_LISTEN", value_name = "ADDR[,ADDR]")]
    pub(crate) http_listen: Option<String>,
    /// Addresses of the Kafka listeners, comma-separated; `NAME://host:port` names one [default: 127.0.0.1:9092,[::1]:9092]
    #[arg(long, env = "ASSAY_KAFKA_LISTEN", value_name = "[NAME://]ADDR[,..]")]
    pub(crate) kafka_listen: Option<String>,
    /// What clients are told to connect to: host:port, or NAME://host:port per listener. Needed with 0.0.0.0 or [::]
    #[arg(long, env = "ASSAY_KAFKA_ADVERTISED", value_name = "[NAME://]HOST:PORT[,..]")]
    pub(crate) kafka_advertised: Option<String>,
    /// Where everything is kept [default: ./assay-data]
    #[arg(long, env = "ASSAY_DATA_DIR", value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Default validation of produced records: auto (values of topics whose subject exists), off, id, payload [default: auto]
    #[arg(long, env = "ASSAY_VALIDATE", value_name = "MODE")]
    pub(crate) validate: Option<String>,
    /// Serve the registry API below this path, e.g. /registry
    #[arg(long, env = "ASSAY_HTTP_BASE_PATH", value_name = "PATH")]
    pub(crate) http_base_path: Option<String>,
    /// Origins allowed by CORS, comma-separated, or * (no CORS headers without it)
    #[arg(long, env = "ASSAY_HTTP_CORS", value_name = "ORIGIN[,..]")]
    pub(crate) http_cors: Option<String>,
    /// Largest HTTP request body in bytes, 413 above it [default: 16777216]
    #[arg(long, env = "ASSAY_HTTP_BODY_BYTES_MAX", value_name = "BYTES")]
    pub(crate) http_body_bytes_max: Option<usize>,
    /// Open HTTP connections at once [default: 10000]
    #[arg(long, env = "ASSAY_HTTP_CONNECTIONS_MAX", value_name = "N")]
    pub(crate) http_connections_max: Option<usize>,
    /// Seconds an idle HTTP connection is kept open [default: 75]
    #[arg(long, env = "ASSAY_HTTP_IDLE_S", value_name = "S")]
    pub(crate) http_idle_s: Option<u64>,
    /// Milliseconds a client may take to send a request head, 408 above it [default: 30000]
    #[arg(long, env = "ASSAY_HTTP_HEAD_MS_MAX", value_name = "MS")]
    pub(crate) http_head_ms_max: Option<u64>,
    /// Milliseconds a client may take to send a request body, 408 above it [default: 60000]
    #[arg(long, env = "ASSAY_HTTP_BODY_MS_MAX", value_name = "MS")]
    pub(crate) http_body_ms_max: Option<u64>,
    /// Milliseconds a request may take from its head to its answer, 504 above it [default: 600000]
    #[arg(long, env = "ASSAY_HTTP_REQUEST_MS_MAX", value_name = "MS")]
    pub(crate) http_request_ms_max: Option<u64>,
    /// Largest schema text in bytes, error 42209 above it [default: 1048576]
    #[arg(long, env = "ASSAY_SCHEMA_BYTES_MAX", value_name = "BYTES")]
    pub(crate) schema_bytes_max: Option<usize>,
    /// Compatibility level of subjects that set none [default: BACKWARD]
    #[arg(long, env = "ASSAY_COMPATIBILITY_LEVEL", value_name = "LEVEL")]
    pub(crate) compatibility_level: Option<String>,
    /// Check fields of new schemas where no config says otherwise: reserved names, complete Protobuf imports [default: false]
    #[arg(long, env = "ASSAY_VALIDATE_FIELDS", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) validate_fields: Option<bool>,
    /// Parse new Avro schemas strictly where no config says otherwise: names and defaults [default: true]
    #[arg(long, env = "ASSAY_VALIDATE_NEW_SCHEMAS", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) validate_new_schemas: Option<bool>,
    /// Whether modes can be changed at all, 42205 otherwise [default: true]
    #[arg(long, env = "ASSAY_MODE_MUTABILITY", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) mode_mutability: Option<bool>,
    /// Refuse to register under the empty subject and under * [default: false]
    #[arg(long, env = "ASSAY_REJECT_EMPTY_SUBJECT", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) reject_empty_subject: Option<bool>,
    /// Refuse a schema whose references bind one name to two versions [default: false]
    #[arg(long, env = "ASSAY_STRICT_REFERENCE_VERSIONS", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) strict_reference_versions: Option<bool>,
    /// Shape of the registry's answers: 8, or 7 for Java clients that fail on members they do not know [default: 8]
    #[arg(long, env = "ASSAY_API_GENERATION", value_name = "7|8")]
    pub(crate) api_generation: Option<u8>,
    /// error_code of an incompatible schema: 409, or 40901 as releases after 8.1.1; the HTTP status is 409 [default: 409]
    #[arg(long, env = "ASSAY_INCOMPATIBLE_CODE", value_name = "409|40901")]
    pub(crate) incompatible_code: Option<u32>,
    /// Keep the registry in memory only, for tests: what is registered is gone at the end
    #[arg(long, env = "ASSAY_MEMORY", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) memory: Option<bool>,
    /// Check records against the schemas of another registry, at these base URLs; the API here stays this server's own
    #[arg(long, env = "ASSAY_REGISTRY", value_name = "URL[,URL]")]
    pub(crate) registry: Option<String>,
    /// What is logged to stderr, e.g. info, or warn,assay_broker=debug [default: info]
    #[arg(long, env = "ASSAY_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// text or json [default: text]
    #[arg(long, env = "ASSAY_LOG_FORMAT", value_name = "FORMAT")]
    pub(crate) log_format: Option<String>,
}
