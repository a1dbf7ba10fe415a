//! One record against its topic's policy.

use std::{fmt, sync::Arc};

use assay_schema::{Context, Subject, Version};
use assay_wire::{KEY_HEADER, SchemaKey, VALUE_HEADER};

use crate::{
    Action, BoxFuture, Compiled, Failure, FailureClass, Mode, Part, Resolution, SchemaSource, TopicPolicy,
    key_subject, value_subject,
};

/// What a check needs of a record. Borrowed from the batch.
#[derive(Debug, Clone, Copy, Default)]
pub struct RecordInput<'a> {
    /// The key; `None` is null.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is null, a tombstone.
    pub value: Option<&'a [u8]>,
    /// Value of the record header `__key_schema_id`, if there is one; a null counts as empty.
    pub key_header: Option<&'a [u8]>,
    /// Value of the record header `__value_schema_id`, if there is one; a null counts as empty.
    pub value_header: Option<&'a [u8]>,
}

impl<'a> RecordInput<'a> {
    /// Picks the two headers that matter; of several with one name the last counts, as in Kafka's `lastHeader`.
    pub fn new(
        key: Option<&'a [u8]>,
        value: Option<&'a [u8]>,
        headers: impl IntoIterator<Item = (&'a [u8], Option<&'a [u8]>)>,
    ) -> RecordInput<'a> {
        let mut record = RecordInput { key, value, ..RecordInput::default() };
        for (name, header) in headers {
            if name == KEY_HEADER.as_bytes() {
                record.key_header = Some(header.unwrap_or_default());
            } else if name == VALUE_HEADER.as_bytes() {
                record.value_header = Some(header.unwrap_or_default());
            }
        }
        record
    }
}

/// What came of a check.
pub enum Outcome {
    /// The record may enter.
    Valid,
    /// It may not.
    Invalid(Failure),
    /// The schema is on its way: await, then check the record again.
    Pending(BoxFuture<()>),
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Valid => f.write_str("Valid"),
            Outcome::Invalid(failure) => f.debug_tuple("Invalid").field(failure).finish(),
            Outcome::Pending(_) => f.write_str("Pending"),
        }
    }
}

/// Checks the records of one batch. Make a new one for every batch: it remembers the schema seen last, and where that
/// is registered, so that a batch of a thousand records asks the source once.
#[derive(Debug)]
pub struct Checker {
    policy: TopicPolicy,
    key: Half,
    value: Half,
}

#[derive(Debug)]
struct Half {
    part: Part,
    mode: Mode,
    required: bool,
    subject: Subject,
    seen: Option<(SchemaKey, Known)>,
}

/// A schema that is registered under the topic's subject.
#[derive(Debug, Clone)]
struct Known {
    compiled: Arc<Compiled>,
    version: Version,
}

enum Stop {
    Failure(Failure),
    Pending(BoxFuture<()>),
}

impl From<Stop> for Outcome {
    fn from(stop: Stop) -> Outcome {
        match stop {
            Stop::Failure(failure) => Outcome::Invalid(failure),
            Stop::Pending(future) => Outcome::Pending(future),
        }
    }
}

impl Checker {
    /// For a batch of the topic, under its policy.
    #[must_use]
    pub fn new(topic: &str, policy: TopicPolicy) -> Checker {
        let half = |part, mode, required, subject| Half { part, mode, required, subject, seen: None };
        Checker {
            policy,
            key: half(Part::Key, policy.key, policy.key_required, key_subject(topic)),
            value: half(Part::Value, policy.value, policy.value_required, value_subject(topic)),
        }
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> TopicPolicy {
        self.policy
    }

    /// Checks a record, value first. Of two failures the one that is refused is told; a value that is only audited does not
    /// hide a key that must be refused.
    pub fn check(&mut self, record: &RecordInput<'_>, source: &dyn SchemaSource) -> Outcome {
        let value = self.value.check(record.value, record.value_header, source);
        match value {
            Ok(()) => match self.key.check(record.key, record.key_header, source) {
                Ok(()) => Outcome::Valid,
                Err(stop) => stop.into(),
            },
            Err(Stop::Failure(value)) if self.action(&value) == Action::Audit => {
                match self.key.check(record.key, record.key_header, source) {
                    Err(Stop::Failure(key)) if self.action(&key) == Action::Reject => Outcome::Invalid(key),
                    Err(Stop::Pending(future)) => Outcome::Pending(future),
                    Ok(()) | Err(Stop::Failure(_)) => Outcome::Invalid(value),
                }
            }
            Err(stop) => stop.into(),
        }
    }

    fn action(&self, failure: &Failure) -> Action {
        self.policy.action(failure.part, failure.class)
    }
}

/// Checks a single record; a [`Checker`] is quicker for several.
pub fn check_record(
    record: &RecordInput<'_>,
    topic: &str,
    policy: TopicPolicy,
    source: &dyn SchemaSource,
) -> Outcome {
    Checker::new(topic, policy).check(record, source)
}

impl Half {
    fn check(
        &mut self,
        bytes: Option<&[u8]>,
        header: Option<&[u8]>,
        source: &dyn SchemaSource,
    ) -> Result<(), Stop> {
        let Some(bytes) = bytes else {
            return if self.required { Err(self.not_framed(null_reason(self.part))) } else { Ok(()) };
        };
        if self.mode == Mode::Off {
            return Ok(());
        }
        let (key, indexes, payload) = match header {
            Some(header) => assay_wire::parse_guid_header(header)
                .map(|(guid, rest)| (SchemaKey::Guid(guid), Some(rest), bytes))
                .map_err(|error| self.not_framed(format!("record header {}: {error}", self.header_name()))),
            None => assay_wire::split_any(bytes)
                .map(|(key, payload)| (key, None, payload))
                .map_err(|error| self.not_framed(format!("not framed: {error}"))),
        }?;
        let known = self.known(key, source)?;
        if self.mode == Mode::Id {
            return Ok(());
        }
        let checked = match (&known.compiled.validator, indexes) {
            (Ok(validator), None) => validator.check(payload),
            (Ok(validator), Some(indexes)) => validator.check_apart(indexes, payload),
            (Err(unusable), _) => {
                return Err(self.failure(
                    FailureClass::SchemaUnusable,
                    Some(&known),
                    String::new(),
                    unusable.to_string(),
                ));
            }
        };
        checked.map_err(|problem| {
            self.failure(FailureClass::Undecodable, Some(&known), problem.path, problem.reason)
        })
    }

    /// The schema a frame names, if it is registered under the topic's subject.
    fn known(&mut self, key: SchemaKey, source: &dyn SchemaSource) -> Result<Known, Stop> {
        if let Some((seen, known)) = &self.seen
            && *seen == key
        {
            return Ok(known.clone());
        }
        let resolution = match &key {
            SchemaKey::Id(id) => source.by_id(&Context::default(), *id),
            SchemaKey::Guid(guid) => source.by_guid(guid),
        };
        let id = if let SchemaKey::Id(id) = key { Some(id) } else { None };
        let plain = |class, reason| {
            Stop::Failure(Failure {
                class,
                part: self.part,
                schema_id: id,
                subject: None,
                path: String::new(),
                reason,
            })
        };
        let compiled = match resolution {
            Resolution::Ready(compiled) => compiled,
            Resolution::Pending(future) => return Err(Stop::Pending(future)),
            Resolution::Unknown => {
                let reason = match key {
                    SchemaKey::Id(_) => "no schema with this id is registered".into(),
                    SchemaKey::Guid(guid) => format!("no schema with GUID {guid} is registered"),
                };
                return Err(plain(FailureClass::UnknownId, reason));
            }
            Resolution::Unavailable(why) => {
                return Err(plain(
                    FailureClass::RegistryUnavailable,
                    format!("the schema registry did not answer: {why}"),
                ));
            }
        };
        let Some(version) = source.version_in(&compiled.context, compiled.id, &self.subject) else {
            let reason = format!("not registered under subject {}", self.subject);
            let mut stop = plain(FailureClass::WrongSubject, reason);
            if let Stop::Failure(failure) = &mut stop {
                failure.schema_id = Some(compiled.id);
            }
            return Err(stop);
        };
        let known = Known { compiled, version };
        self.seen = Some((key, known.clone()));
        Ok(known)
    }

    fn header_name(&self) -> &'static str {
        match self.part {
            Part::Key => KEY_HEADER,
            Part::Value => VALUE_HEADER,
        }
    }

    fn not_framed(&self, reason: String) -> Stop {
        self.failure(FailureClass::NotFramed, None, String::new(), reason)
    }

    fn failure(&self, class: FailureClass, known: Option<&Known>, path: String, reason: String) -> Stop {
        Stop::Failure(Failure {
            class,
            part: self.part,
            schema_id: known.map(|known| known.compiled.id),
            subject: known.map(|known| (self.subject.clone(), known.version)),
            path,
            reason,
        })
    }
}

fn null_reason(part: Part) -> String {
    match part {
        Part::Key => "null, and assay.key.required is true".into(),
        Part::Value => "null, and assay.value.required is true".into(),
    }
}
