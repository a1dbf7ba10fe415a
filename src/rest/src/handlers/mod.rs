//! One file per endpoint, or per group of endpoints that answer the same thing. Each reads its parameters, makes one
//! call of the registry, and writes the answer.

pub(crate) mod associations;
pub(crate) mod common;
pub(crate) mod compatibility;
pub(crate) mod config;
pub(crate) mod contexts;
pub(crate) mod delete_subject;
pub(crate) mod delete_version;
pub(crate) mod get_version;
pub(crate) mod health;
pub(crate) mod id_users;
pub(crate) mod list_schemas;
pub(crate) mod list_subjects;
pub(crate) mod list_versions;
pub(crate) mod look_up;
pub(crate) mod metadata;
pub(crate) mod metrics;
pub(crate) mod mode;
pub(crate) mod referenced_by;
pub(crate) mod register;
pub(crate) mod root;
pub(crate) mod schema_by_guid;
pub(crate) mod schema_by_id;
pub(crate) mod schema_types;
pub(crate) mod settings;
pub(crate) mod subject_metadata;
pub(crate) mod tags;
