//! Schemas in files, and registries as a whole: `assay check`, `diff`, `lint`, `plan`, `apply`, `pull`; `backup`, `restore`
//! and `migrate`. The commands' logic and reports; their flags are in the `assay` crate.
//!
//! Not here: what is compatible (`assay-compat`), what a schema is (`assay-schema`), HTTP (`assay-client`).

pub mod allow;
pub mod check;
pub mod config;
pub mod diff;
pub mod git;
pub mod glob;
pub mod lint;
pub mod locate;
#[doc(hidden)]
pub mod properties;
pub mod references;
pub mod remote;
mod render;
pub mod transfer;
pub mod tree;
pub mod wanted;
mod workers;
