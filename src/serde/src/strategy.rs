//! Which subject a schema belongs to (contract 5.6).

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

/// Names the subject of a schema. Implement it for a rule of your own.
pub trait SubjectName: Send + Sync {
    /// The subject for a part of the topic's records; `record` is the full name of the schema, if it has one.
    /// # Errors
    /// `NoRecordName` if the rule needs one.
    fn subject(&self, topic: &str, part: Part, record: Option<&str>) -> Result<Subject, SerdeError>;
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
        let suffix = match part {
            Part::Key => "key",
            Part::Value => "value",
        };
        Ok(subject(&format!("{topic}-{suffix}")))
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
