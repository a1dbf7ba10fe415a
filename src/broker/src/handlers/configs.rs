//! What the configuration APIs share: resources, and changes to one of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use assay_protocol::ErrorCode;

use crate::config::{ConfigDef, Kind, TABLE, broker_def, topic_def};
use crate::core::{Core, Refused};

/// A configurable thing; numbers are Kafka's `ConfigResource.Type`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resource {
    Topic(String),
    Broker,
}

/// Topic rows, in name order.
pub(super) fn topic_rows() -> impl Iterator<Item = &'static ConfigDef> {
    let mut rows: Vec<_> = TABLE.iter().filter(|d| d.is_topic()).collect();
    rows.sort_by_key(|d| d.name);
    rows.into_iter()
}

impl Resource {
    pub(super) fn from_wire(core: &Core, kind: i8, name: &str) -> Result<Self, Refused> {
        match kind {
            2 => Ok(Self::Topic(name.to_owned())),
            // An empty name is the cluster-wide default; with one node that is the same.
            4 if name.is_empty() || name == core.node_id.to_string() => Ok(Self::Broker),
            4 => {
                let text =
                    format!("Unexpected broker id, expected {} or empty, but received {name}", core.node_id);
                Err(Refused::new(ErrorCode::InvalidRequest, text))
            }
            _ => {
                let text = format!("resource type {kind} has no configuration on this broker");
                Err(Refused::new(ErrorCode::InvalidRequest, text))
            }
        }
    }
}

/// One change of one configuration; numbers are Kafka's `AlterConfigOp.OpType`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Set(String, String),
    Delete(String),
    Append(String, String),
    Subtract(String, String),
}

impl Change {
    pub(super) fn from_wire(name: &str, operation: i8, value: Option<&str>) -> Result<Self, Refused> {
        let name = name.to_owned();
        let invalid = |text: String| Refused::new(ErrorCode::InvalidRequest, text);
        match (operation, value) {
            (1, _) => Ok(Self::Delete(name)),
            (0, Some(v)) => Ok(Self::Set(name, v.to_owned())),
            (2, Some(v)) => Ok(Self::Append(name, v.to_owned())),
            (3, Some(v)) => Ok(Self::Subtract(name, v.to_owned())),
            (0 | 2 | 3, None) => {
                Err(Refused::new(ErrorCode::InvalidRequest, format!("Null value not supported for : {name}")))
            }
            (other, _) => Err(invalid(format!("Unknown operation {other} for configuration {name}"))),
        }
    }

    /// Applies it to overrides; `present` gives the value in force, which append and subtract start from.
    fn apply(
        self,
        overrides: &mut BTreeMap<String, String>,
        find: fn(&str) -> Option<&'static ConfigDef>,
        present: &dyn Fn(&ConfigDef) -> String,
    ) -> Result<(), Refused> {
        let unknown =
            |name: &str| Refused::new(ErrorCode::InvalidConfig, format!("unknown configuration \"{name}\""));
        match self {
            Self::Set(name, value) => {
                overrides.insert(name, value);
            }
            Self::Delete(name) => {
                find(&name).ok_or_else(|| unknown(&name))?;
                overrides.remove(&name);
            }
            Self::Append(name, value) => {
                let mut items = list(find(&name).ok_or_else(|| unknown(&name))?, present)?;
                for item in value.split(',').map(str::trim).filter(|i| !i.is_empty()) {
                    if !items.iter().any(|i| i == item) {
                        items.push(item.to_owned());
                    }
                }
                overrides.insert(name, items.join(","));
            }
            Self::Subtract(name, value) => {
                let mut items = list(find(&name).ok_or_else(|| unknown(&name))?, present)?;
                items.retain(|i| !value.split(',').any(|v| v.trim() == i));
                overrides.insert(name, items.join(","));
            }
        }
        Ok(())
    }
}

fn list(def: &ConfigDef, present: &dyn Fn(&ConfigDef) -> String) -> Result<Vec<String>, Refused> {
    if !matches!(def.kind, Kind::ListOf(_) | Kind::Subjects) {
        let text = format!("Can't APPEND to or SUBTRACT from {}: it is not a list", def.name);
        return Err(Refused::new(ErrorCode::InvalidConfig, text));
    }
    Ok(present(def).split(',').map(str::trim).filter(|i| !i.is_empty()).map(str::to_owned).collect())
}

/// Whether a request replaces all overrides (AlterConfigs) or changes some (IncrementalAlterConfigs).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    Nothing,
    Present,
}

/// Applies changes to a resource. Durable on return.
pub(super) async fn alter(
    core: &Arc<Core>,
    resource: Resource,
    changes: Vec<Change>,
    from: From,
    validate_only: bool,
) -> Result<(), Refused> {
    let work = move |core: &Core| match resource {
        Resource::Topic(name) => {
            let config = core.config.load_full();
            core.alter_topic_configs(&name, validate_only, |overrides, settings| {
                if from == From::Nothing {
                    overrides.clear();
                }
                let first = |def: &ConfigDef| settings.layers(def, &config).into_iter().next();
                let present = |def: &ConfigDef| first(def).map(|v| v.text).unwrap_or_default();
                changes.into_iter().try_for_each(|c| c.apply(overrides, topic_def, &present))
            })
        }
        Resource::Broker => core.alter_broker_configs(validate_only, |overrides, config| {
            if from == From::Nothing {
                overrides.clear();
            }
            let present = |def: &ConfigDef| config.value(def).text;
            changes.into_iter().try_for_each(|c| c.apply(overrides, broker_def, &present))
        }),
    };
    core.administer(work).await
}
