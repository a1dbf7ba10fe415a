//! References: from names in a request to the transitive closure of schemas (contract 2.6).

use std::collections::BTreeMap;

use assay_schema::{Context, Limits, Reference, ResolvedReference, Subject, Version, VersionSpec};

use crate::schema_version::{Deleted, SchemaVersion};
use crate::state::State;

/// Why references cannot be resolved; becomes the reason of a 42201.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReferenceError {
    /// A member is missing.
    #[error("the reference \"{name}\" (subject \"{subject}\", version {version}) is incomplete: {what}")]
    Incomplete {
        /// Its name.
        name: String,
        /// Its subject.
        subject: String,
        /// Its version.
        version: i32,
        /// What is missing.
        what: &'static str,
    },
    /// There is no such version.
    #[error(
        "the reference \"{name}\" leads to subject \"{subject}\" version {version}, which does not exist"
    )]
    Missing {
        /// Its name.
        name: String,
        /// Its subject.
        subject: Subject,
        /// Its version.
        version: i32,
    },
    /// The closure is too big.
    #[error("the references lead to more than {limit} schemas")]
    TooMany {
        /// The limit in force.
        limit: usize,
    },
    /// With `strict_reference_versions`: a name is bound to two versions.
    #[error("the reference \"{name}\" is bound to two different versions")]
    Ambiguous {
        /// The name.
        name: String,
    },
}

/// How references are resolved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resolver<'a> {
    pub(crate) state: &'a State,
    pub(crate) limits: &'a Limits,
    /// `Hide` for a schema being registered as new, `Include` for stored ones and lookups.
    pub(crate) deleted: Deleted,
    /// Refuse a name bound to two versions.
    pub(crate) strict_versions: bool,
}

/// One schema whose references are being walked.
struct Frame<'a> {
    references: std::slice::Iter<'a, Reference>,
    home: Context,
    /// Given to the result when its own references are done.
    done: Option<ResolvedReference>,
}

impl<'a> Resolver<'a> {
    /// The references with concrete versions, as they are stored.
    ///
    /// # Errors
    /// [`ReferenceError`].
    pub(crate) fn concrete(
        &self,
        home: &Context,
        references: &[Reference],
    ) -> Result<Vec<Reference>, ReferenceError> {
        if references.len() > self.limits.references {
            return Err(ReferenceError::TooMany { limit: self.limits.references });
        }
        let concrete = references.iter().map(|reference| {
            let row = self.find(home, reference)?;
            Ok(Reference { version: row.version.as_i32(), ..reference.clone() })
        });
        concrete.collect()
    }

    /// The transitive closure: dependencies first, the first definition of a name wins. Cycles (an import can make
    /// them) end at the name met first.
    ///
    /// # Errors
    /// [`ReferenceError`].
    pub(crate) fn closure(
        &self,
        home: &Context,
        references: &'a [Reference],
    ) -> Result<Vec<ResolvedReference>, ReferenceError> {
        let mut names: BTreeMap<&'a str, (Subject, Version)> = BTreeMap::new();
        let mut closure = Vec::new();
        let mut stack = vec![Frame { references: references.iter(), home: home.clone(), done: None }];
        while let Some(frame) = stack.last_mut() {
            let Some(reference) = frame.references.next() else {
                closure.extend(stack.pop().and_then(|frame| frame.done));
                continue;
            };
            let row = self.find(&frame.home, reference)?;
            let target = (row.subject.clone(), row.version);
            match names.get(reference.name.as_str()) {
                Some(bound) if self.strict_versions && *bound != target => {
                    return Err(ReferenceError::Ambiguous { name: reference.name.clone() });
                }
                Some(_) => continue,
                None => names.insert(&reference.name, target),
            };
            if names.len() > self.limits.references {
                return Err(ReferenceError::TooMany { limit: self.limits.references });
            }
            stack.push(Frame {
                references: row.references.iter(),
                home: row.subject.context().clone(),
                done: Some(resolved(&reference.name, row)),
            });
        }
        Ok(closure)
    }

    fn find(&self, home: &Context, reference: &Reference) -> Result<&'a SchemaVersion, ReferenceError> {
        let Reference { name, subject, version } = reference;
        let incomplete = |what| ReferenceError::Incomplete {
            name: name.clone(),
            subject: subject.clone(),
            version: *version,
            what,
        };
        if name.is_empty() {
            return Err(incomplete("it has no name"));
        }
        if subject.is_empty() {
            return Err(incomplete("it has no subject"));
        }
        let spec = match *version {
            -1 => VersionSpec::Latest,
            number => VersionSpec::Exact(
                Version::try_from(number).map_err(|_| incomplete("its version must be above 0, or -1"))?,
            ),
        };
        let subject = Subject::parse_in(subject, home);
        match self.state.find(&subject, spec, self.deleted) {
            Some(row) => Ok(&row.schema),
            None => Err(ReferenceError::Missing { name: name.clone(), subject, version: *version }),
        }
    }
}

fn resolved(name: &str, row: &SchemaVersion) -> ResolvedReference {
    ResolvedReference {
        name: name.to_owned(),
        subject: row.subject.clone(),
        version: row.version,
        schema_type: row.schema_type,
        text: row.text.clone(),
        references: row.references.to_vec(),
    }
}
