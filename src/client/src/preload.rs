//! Fetching at start-up what the first record would need.

use std::collections::HashSet;

use assay_schema::{Context, Reference, Subject, VersionSpec};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{Client, ClientError, Deleted, SubjectVersion};

/// Requests at the same time.
const REQUESTS_MAX: usize = 8;

/// Most schemas that those of one subject may refer to.
const REFERENCES_MAX: usize = 1000;

impl Client {
    /// Fetches all active versions of these subjects and what they refer to, so that a service that cannot reach its
    /// registry, or lacks a schema, fails when it starts and not at its first record. The latest version of each is
    /// returned, in the order of the subjects.
    ///
    /// What is remembered is bounded by `cache_entries_max`, which should be above the number of versions.
    /// # Errors
    /// `Api` with 40401 for a subject that has no version; the first error of any request; see [`ClientError`].
    pub async fn preload(&self, subjects: &[Subject]) -> Result<Vec<SubjectVersion>, ClientError> {
        let mut latest = Vec::with_capacity(subjects.len());
        for subject in subjects {
            let numbers = self.versions(subject).await?;
            let fetch = |number| {
                let (client, subject) = (self.clone(), subject.clone());
                async move { client.version(&subject, VersionSpec::Exact(number)).await }
            };
            let fetches: Vec<_> = numbers.into_iter().map(fetch).collect();
            let versions: Vec<SubjectVersion> =
                stream::iter(fetches).buffered(REQUESTS_MAX).try_collect().await?;
            let mut met = HashSet::new();
            for version in &versions {
                self.remember(version);
                self.preload_references(subject.context(), &version.schema.references, &mut met).await?;
            }
            let last = versions.into_iter().next_back();
            latest.push(last.ok_or_else(|| self.odd(format!("no version of \"{subject}\"")))?);
        }
        Ok(latest)
    }

    async fn preload_references(
        &self,
        home: &Context,
        references: &[Reference],
        met: &mut HashSet<(Subject, i32)>,
    ) -> Result<(), ClientError> {
        let mut open: Vec<(Subject, i32)> =
            references.iter().map(|r| (Subject::parse_in(&r.subject, home), r.version)).collect();
        while let Some((subject, number)) = open.pop() {
            if !met.insert((subject.clone(), number)) {
                continue;
            }
            if met.len() > REFERENCES_MAX {
                return Err(self.odd(format!("more than {REFERENCES_MAX} references")));
            }
            let spec = VersionSpec::Exact(self.version_number(number)?);
            let version = self.version_with(&subject, spec, Deleted::Include).await?;
            self.remember(&version);
            let further = version.schema.references.iter();
            open.extend(further.map(|r| (Subject::parse_in(&r.subject, subject.context()), r.version)));
        }
        Ok(())
    }
}
