//! The resolved configuration: defaults, then `assay.toml`, then `ASSAY_*`, then flags; later wins.
//!
//! Broker settings keep Kafka's names (`log.retention.ms`): in the file below `[broker]`, as `ASSAY_LOG_RETENTION_MS`,
//! or as `--set log.retention.ms=…`. Which exist is `assay-broker`'s table; an unknown one is an error here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cli::{ConfigArgs, ServeArgs, Settings};
use crate::error::Fatal;

/// The file read when `--config` is absent and it exists.
const DEFAULT_FILE: &str = "assay.toml";
/// Largest configuration file we read, in bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The shape of `assay.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    #[serde(flatten)]
    rest: toml::Table,
    #[serde(default)]
    broker: BTreeMap<String, toml::Value>,
}

/// Every setting with a value, as `assay config` prints it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Resolved {
    pub(crate) http_listen: String,
    pub(crate) kafka_listen: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kafka_advertised: Option<String>,
    pub(crate) data_dir: PathBuf,
    pub(crate) validate: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) http_base_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) http_cors: Option<String>,
    pub(crate) http_body_bytes_max: usize,
    pub(crate) http_connections_max: usize,
    pub(crate) http_idle_s: u64,
    pub(crate) http_head_ms_max: u64,
    pub(crate) http_body_ms_max: u64,
    pub(crate) http_request_ms_max: u64,
    pub(crate) schema_bytes_max: usize,
    pub(crate) compatibility_level: String,
    pub(crate) validate_fields: bool,
    pub(crate) validate_new_schemas: bool,
    pub(crate) mode_mutability: bool,
    pub(crate) reject_empty_subject: bool,
    pub(crate) strict_reference_versions: bool,
    pub(crate) api_generation: u8,
    pub(crate) incompatible_code: u32,
    pub(crate) memory: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) registry: Option<String>,
    pub(crate) log: String,
    pub(crate) log_format: String,
    /// True when the listen addresses are the defaults, which may lack IPv6.
    #[serde(skip)]
    pub(crate) http_listen_default: bool,
    /// As above.
    #[serde(skip)]
    pub(crate) kafka_listen_default: bool,
    /// Kafka-named broker settings that were given.
    pub(crate) broker: BTreeMap<String, String>,
}

/// Default registry addresses.
pub(crate) const HTTP_LISTEN: &str = "127.0.0.1:8081,[::1]:8081";
/// Default Kafka addresses.
pub(crate) const KAFKA_LISTEN: &str = "127.0.0.1:9092,[::1]:9092";

impl Resolved {
    /// Defaults on free loopback ports, with everything in `dir`; neither file nor environment counts.
    pub(crate) fn temporary(dir: &Path) -> Resolved {
        let free = || Some("127.0.0.1:0".to_owned());
        let flags = Settings {
            http_listen: free(),
            kafka_listen: free(),
            data_dir: Some(dir.join("data")),
            ..Settings::default()
        };
        with_defaults(flags, Settings::default())
    }
}

/// Resolves the configuration of `serve` and `config`.
///
/// # Errors
/// `Fatal::Config` when the file cannot be read or parsed, a name is unknown, or a value is out of its range.
pub(crate) fn resolve(args: &ServeArgs) -> Result<Resolved, Fatal> {
    let file = read_file(args.config.as_deref())?;
    let from_file: Settings = toml::Value::Table(file.rest)
        .try_into()
        .map_err(|e: toml::de::Error| Fatal::Config(format!("assay.toml: {}", one_line(e.message()))))?;
    let mut resolved = with_defaults(args.settings.clone(), from_file);
    for (name, value) in file.broker {
        resolved.broker.insert(name, plain(&value));
    }
    resolved.broker.extend(broker_env(std::env::vars()));
    for pair in &args.set {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| Fatal::Config(format!("--set {pair:?}: expected NAME=VALUE")))?;
        resolved.broker.insert(name.trim().to_owned(), value.trim().to_owned());
    }
    check(&resolved)?;
    Ok(resolved)
}

fn with_defaults(flags: Settings, file: Settings) -> Resolved {
    let http_listen = flags.http_listen.or(file.http_listen);
    let kafka_listen = flags.kafka_listen.or(file.kafka_listen);
    Resolved {
        http_listen_default: http_listen.is_none(),
        kafka_listen_default: kafka_listen.is_none(),
        http_listen: http_listen.unwrap_or_else(|| HTTP_LISTEN.to_owned()),
        kafka_listen: kafka_listen.unwrap_or_else(|| KAFKA_LISTEN.to_owned()),
        kafka_advertised: flags.kafka_advertised.or(file.kafka_advertised),
        data_dir: flags.data_dir.or(file.data_dir).unwrap_or_else(|| PathBuf::from("./assay-data")),
        validate: flags.validate.or(file.validate).unwrap_or_else(|| "auto".to_owned()),
        http_base_path: flags.http_base_path.or(file.http_base_path),
        http_cors: flags.http_cors.or(file.http_cors),
        http_body_bytes_max: flags.http_body_bytes_max.or(file.http_body_bytes_max).unwrap_or(16 << 20),
        http_connections_max: flags.http_connections_max.or(file.http_connections_max).unwrap_or(10_000),
        http_idle_s: flags.http_idle_s.or(file.http_idle_s).unwrap_or(75),
        http_head_ms_max: flags.http_head_ms_max.or(file.http_head_ms_max).unwrap_or(30_000),
        http_body_ms_max: flags.http_body_ms_max.or(file.http_body_ms_max).unwrap_or(60_000),
        http_request_ms_max: flags.http_request_ms_max.or(file.http_request_ms_max).unwrap_or(600_000),
        schema_bytes_max: flags.schema_bytes_max.or(file.schema_bytes_max).unwrap_or(1 << 20),
        compatibility_level: flags
            .compatibility_level
            .or(file.compatibility_level)
            .unwrap_or_else(|| "BACKWARD".to_owned()),
        validate_fields: flags.validate_fields.or(file.validate_fields).unwrap_or(false),
        validate_new_schemas: flags.validate_new_schemas.or(file.validate_new_schemas).unwrap_or(true),
        mode_mutability: flags.mode_mutability.or(file.mode_mutability).unwrap_or(true),
        reject_empty_subject: flags.reject_empty_subject.or(file.reject_empty_subject).unwrap_or(false),
        strict_reference_versions: flags
            .strict_reference_versions
            .or(file.strict_reference_versions)
            .unwrap_or(false),
        api_generation: flags.api_generation.or(file.api_generation).unwrap_or(8),
        incompatible_code: flags.incompatible_code.or(file.incompatible_code).unwrap_or(409),
        memory: flags.memory.or(file.memory).unwrap_or(false),
        registry: flags.registry.or(file.registry),
        log: flags.log.or(file.log).unwrap_or_else(|| "info".to_owned()),
        log_format: flags.log_format.or(file.log_format).unwrap_or_else(|| "text".to_owned()),
        broker: BTreeMap::new(),
    }
}

fn check(resolved: &Resolved) -> Result<(), Fatal> {
    if !matches!(resolved.validate.as_str(), "auto" | "off" | "id" | "payload") {
        return Err(Fatal::Config(format!(
            "validate = {:?}: expected auto, off, id or payload",
            resolved.validate
        )));
    }
    if !matches!(resolved.log_format.as_str(), "text" | "json") {
        return Err(Fatal::Config(format!("log-format = {:?}: expected text or json", resolved.log_format)));
    }
    if !matches!(resolved.api_generation, 7 | 8) {
        return Err(Fatal::Config(format!("api-generation = {}: expected 7 or 8", resolved.api_generation)));
    }
    if !matches!(resolved.incompatible_code, 409 | 40901) {
        return Err(Fatal::Config(format!(
            "incompatible-code = {}: expected 409 or 40901",
            resolved.incompatible_code
        )));
    }
    for (name, value) in [
        ("http-body-bytes-max", resolved.http_body_bytes_max as u64),
        ("http-connections-max", resolved.http_connections_max as u64),
        ("http-idle-s", resolved.http_idle_s),
        ("http-head-ms-max", resolved.http_head_ms_max),
        ("http-body-ms-max", resolved.http_body_ms_max),
        ("http-request-ms-max", resolved.http_request_ms_max),
        ("schema-bytes-max", resolved.schema_bytes_max as u64),
    ] {
        if value == 0 {
            return Err(Fatal::Config(format!("{name} = 0: expected 1 or more")));
        }
    }
    Ok(())
}

fn read_file(given: Option<&Path>) -> Result<File, Fatal> {
    let path = match given {
        Some(path) => path.to_path_buf(),
        None if Path::new(DEFAULT_FILE).is_file() => PathBuf::from(DEFAULT_FILE),
        None => return Ok(File::default()),
    };
    let named = |what: &dyn std::fmt::Display| Fatal::Config(format!("{}: {what}", path.display()));
    let size = std::fs::metadata(&path).map_err(|e| named(&e))?.len();
    if size > FILE_BYTES_MAX {
        return Err(named(&format!("{size} bytes; a configuration file has at most {FILE_BYTES_MAX}")));
    }
    let text = std::fs::read_to_string(&path).map_err(|e| named(&e))?;
    toml::from_str(&text).map_err(|e| named(&one_line(&e.to_string())))
}

/// `ASSAY_LOG_RETENTION_MS=1` → `log.retention.ms`, for names in the broker's table.
fn broker_env(vars: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    let by_env: BTreeMap<String, &str> = assay_broker::config_names()
        .map(|name| {
            (format!("ASSAY_{}", name.trim_start_matches("assay.").replace('.', "_").to_uppercase()), name)
        })
        .collect();
    vars.filter_map(|(key, value)| by_env.get(&key).map(|name| ((*name).to_owned(), value))).collect()
}

fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `assay config`: the resolved configuration as TOML, or JSON with `--json`.
pub(crate) fn print(args: &ConfigArgs) -> Result<(), Fatal> {
    let resolved = resolve(&args.serve)?;
    let text = if args.serve.json {
        serde_json::to_string_pretty(&resolved).map_err(|e| Fatal::Config(e.to_string()))?
    } else {
        toml::to_string(&resolved).map_err(|e| Fatal::Config(e.to_string()))?
    };
    println!("{}", text.trim_end());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(toml: &str, set: &[&str]) -> (tempfile::TempDir, ServeArgs) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("assay.toml");
        std::fs::write(&path, toml).unwrap();
        let set = set.iter().map(|s| (*s).to_owned()).collect();
        (dir, ServeArgs { config: Some(path), set, ..ServeArgs::default() })
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let (_dir, mut given) = args("validate = \"id\"\nhttp-listen = \"127.0.0.1:1\"\n", &[]);
        given.settings.validate = Some("off".into());
        let resolved = resolve(&given).unwrap();
        assert_eq!(resolved.validate, "off");
        assert_eq!(resolved.http_listen, "127.0.0.1:1");
        assert_eq!(resolved.kafka_listen, KAFKA_LISTEN);
        assert!(resolved.kafka_listen_default && !resolved.http_listen_default);
    }

    #[test]
    fn broker_settings_come_by_their_kafka_name() {
        let (_dir, given) = args("[broker]\n\"log.retention.ms\" = 5\n", &["num.partitions=3"]);
        let resolved = resolve(&given).unwrap();
        assert_eq!(resolved.broker["log.retention.ms"], "5");
        assert_eq!(resolved.broker["num.partitions"], "3");
        let env = broker_env([("ASSAY_LOG_RETENTION_MS".to_owned(), "7".to_owned())].into_iter());
        assert_eq!(env["log.retention.ms"], "7");
    }

    #[test]
    fn unknown_names_and_values_are_refused_by_name() {
        let (_dir, given) = args("http-lissten = \"x\"\n", &[]);
        assert!(resolve(&given).unwrap_err().to_string().contains("http-lissten"));
        let (_dir, given) = args("validate = \"sometimes\"\n", &[]);
        assert!(resolve(&given).unwrap_err().to_string().contains("auto, off, id or payload"));
    }
}
