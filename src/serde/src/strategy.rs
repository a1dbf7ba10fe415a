//! Which subject a schema belongs to (contract 5.6).

use std::{fmt, sync::Arc};

use assay_client::Client;
use assay_schema::{Context, Subject};

use crate::SerdeError;

/// Key or value of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
}

impl Part {
    /// `key` or `value`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Key => "key",
            Part::Value => "value",
        }
    }
}

/// Names the subject of a schema. Implement it, or give a closure, for a rule of your own.
pub trait SubjectName: Send + Sync {
    /// The subject for a part of the topic's records; `record` is the full name of the schema, if it has one.
    /// # Errors
    /// `NoRecordName` if the rule needs one.
    fn subject(&self, topic: &str, part: Part, record: Option<&str>) -> Result<Subject, SerdeError>;
}

impl<F> SubjectName for F
where
    F: Fn(&str, Part, Option<&str>) -> Result<Subject, SerdeError> + Send + Sync,
{
    fn subject(&self, topic: &str, part: Part, record: Option<&str>) -> Result<Subject, SerdeError> {
        self(topic, part, record)
    }
}

/// `<topic>-key` and `<topic>-value`; what an Assay broker checks.
#[derive(Debug, Clone, Copy, Default)]
pub struct TopicName;

/// The full name of the record.
#[derive(Debug, Clone, Copy, Default)]
pub struct RecordName;

/// `<topic>-<full name of the record>`.
#[derive(Debug, Clone, Copy, Default)]
pub struct TopicRecordName;

fn subject(name: &str) -> Subject {
    Subject::new(Context::default(), name)
}

impl SubjectName for TopicName {
    fn subject(&self, topic: &str, part: Part, _record: Option<&str>) -> Result<Subject, SerdeError> {
        Ok(subject(&format!("{topic}-{}", part.as_str())))
    }
}

impl SubjectName for RecordName {
    fn subject(&self, _topic: &str, _part: Part, record: Option<&str>) -> Result<Subject, SerdeError> {
        record.map(subject).ok_or(SerdeError::NoRecordName)
    }
}

impl SubjectName for TopicRecordName {
    fn subject(&self, topic: &str, _part: Part, record: Option<&str>) -> Result<Subject, SerdeError> {
        let record = record.ok_or(SerdeError::NoRecordName)?;
        Ok(subject(&format!("{topic}-{record}")))
    }
}

/// A rule for subjects: one that computes the name, or the one that asks the registry.
#[derive(Clone)]
pub enum Strategy {
    /// The name is computed.
    Named(Arc<dyn SubjectName>),
    /// The registry is asked which subject is associated with the topic.
    Associated(Associated),
}

/// The associated name strategy, the default of Confluent's clients since 8.0: `GET /associations/resources/...`; exactly one
/// association gives its subject, several are an error, none leads to the fallback.
#[derive(Clone)]
pub struct Associated {
    /// The Kafka cluster's id, or `-` for any.
    pub cluster: String,
    /// The rule where nothing is associated; `None` makes that an error.
    pub fallback: Option<Arc<dyn SubjectName>>,
}

impl Default for Associated {
    /// Any cluster; [`TopicName`] where nothing is associated.
    fn default() -> Associated {
        Associated { cluster: "-".into(), fallback: Some(Arc::new(TopicName)) }
    }
}

impl<S: SubjectName + 'static> From<S> for Strategy {
    fn from(strategy: S) -> Strategy {
        Strategy::Named(Arc::new(strategy))
    }
}

impl From<Associated> for Strategy {
    fn from(strategy: Associated) -> Strategy {
        Strategy::Associated(strategy)
    }
}

impl fmt::Debug for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Strategy::Named(_) => f.write_str("Named"),
            Strategy::Associated(associated) => associated.fmt(f),
        }
    }
}

impl fmt::Debug for Associated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Associated").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}

impl Strategy {
    /// The subject; an unqualified one is put into `home`.
    pub(crate) async fn subject(
        &self,
        client: &Client,
        home: &Context,
        topic: &str,
        part: Part,
        record: Option<&str>,
    ) -> Result<Subject, SerdeError> {
        let named = match self {
            Strategy::Named(rule) => rule.subject(topic, part, record)?,
            Strategy::Associated(rule) => {
                let mut found = client.associations(&rule.cluster, topic, "topic", part.as_str()).await?;
                match (found.len(), &rule.fallback) {
                    (1, _) => return Ok(found.remove(0).subject),
                    (0, Some(fallback)) => fallback.subject(topic, part, record)?,
                    (found, _) => {
                        let (topic, part) = (topic.to_owned(), part.as_str());
                        return Err(SerdeError::NotAssociated { topic, part, found });
                    }
                }
            }
        };
        let unqualified = named.context().is_default();
        Ok(if unqualified { Subject::new(home.clone(), named.name()) } else { named })
    }
}

/// How the subject of an imported `.proto` file is named (`reference.subject.name.strategy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReferenceSubject {
    /// As it is imported: `common/money.proto`.
    #[default]
    AsImported,
    /// Without `.proto` and with dots: `common.money`.
    Qualified,
}

impl ReferenceSubject {
    /// The subject's name for an import.
    #[must_use]
    pub fn name(self, import: &str) -> String {
        match self {
            ReferenceSubject::AsImported => import.to_owned(),
            ReferenceSubject::Qualified => import.strip_suffix(".proto").unwrap_or(import).replace('/', "."),
        }
    }
}
