//! Deleting in memory (contract 1.3, 1.4, 2.5): soft first, then for good.

use assay_schema::{Subject, Version, VersionSpec};
use serde_json::{Value, json};

use super::state::{Refusal, State, refuse, spec};

impl State {
    pub(super) fn delete_subject(&mut self, name: &str, permanent: bool) -> Result<Value, Refusal> {
        let (subject, rows) = self.rows(name, true)?;
        let active = rows.iter().any(|row| !row.deleted);
        match (permanent, active) {
            (false, false) => {
                return refuse(
                    40404,
                    format!("Subject '{subject}' was soft deleted. Set permanent=true to delete permanently"),
                );
            }
            (true, true) => return refuse(40405, format!("Subject '{subject}' was not deleted first")),
            (true, false) | (false, true) => {}
        }
        let gone: Vec<Version> =
            rows.iter().filter(|row| permanent || !row.deleted).map(|row| row.version).collect();
        for version in &gone {
            self.unreferenced(&subject, *version, permanent, true)?;
        }
        if permanent {
            self.subjects.remove(&subject);
        } else {
            self.subjects.entry(subject).or_default().iter_mut().for_each(|row| row.deleted = true);
        }
        Ok(gone.into_iter().map(|version| json!(version.get())).collect())
    }

    pub(super) fn delete_version(
        &mut self,
        name: &str,
        version: &str,
        permanent: bool,
    ) -> Result<Value, Refusal> {
        let spec = spec(version)?;
        let (subject, rows) = self.rows(name, true)?;
        let found = match spec {
            VersionSpec::Latest => rows.iter().rev().find(|row| !row.deleted),
            VersionSpec::Exact(version) => rows.iter().find(|row| row.version == version),
        };
        let Some(row) = found else { return refuse(40402, format!("Version {version} not found.")) };
        let (version, deleted) = (row.version, row.deleted);
        if deleted && !permanent {
            let message = format!(
                "Subject '{subject}' Version {version} was soft deleted. Set permanent=true to delete permanently"
            );
            return refuse(40406, message);
        }
        self.unreferenced(&subject, version, permanent, false)?;
        if permanent && !deleted {
            return refuse(40407, format!("Subject '{subject}' Version {version} was not deleted first"));
        }
        let rows = self.subjects.entry(subject.clone()).or_default();
        if permanent {
            rows.retain(|row| row.version != version);
        } else {
            rows.iter_mut().filter(|row| row.version == version).for_each(|row| row.deleted = true);
        }
        if rows.is_empty() {
            self.subjects.remove(&subject);
        }
        Ok(json!(version.get()))
    }

    /// Refuses when other schemas refer to that version; soft-deleted ones count when it is to go for good.
    fn unreferenced(
        &self,
        subject: &Subject,
        version: Version,
        permanent: bool,
        own_do_not_count: bool,
    ) -> Result<(), Refusal> {
        for (referrer, rows) in &self.subjects {
            if own_do_not_count && referrer == subject {
                continue;
            }
            let refers = |row: &super::state::Row| {
                (permanent || !row.deleted)
                    && row.content.references.iter().any(|reference| {
                        reference.version == version.as_i32()
                            && Subject::parse_in(&reference.subject, referrer.context()) == *subject
                    })
            };
            if rows.iter().any(refers) {
                return refuse(
                    42206,
                    format!(
                        "One or more references exist to the schema of subject {subject}, version {version}"
                    ),
                );
            }
        }
        Ok(())
    }
}
