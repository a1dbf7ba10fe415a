//! One record against its topic's policy.

use std::{collections::HashSet, sync::Arc};

use assay_schema::{Context, SchemaType, Subject, Version};
use assay_wire::{KEY_HEADER, MessageIndexes, SchemaKey, VALUE_HEADER};

use crate::{
    Action, BoxFuture, Compiled, Fact, Failure, FailureClass, Mode, Part, PartPolicy, Resolution,
    SchemaSource, Subjects, TopicPolicy, Versions,
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
#[derive(Debug)]
pub enum Outcome {
    /// The record may enter.
    Valid,
    /// It may not.
    Invalid(Failure),
    /// A schema is on its way: check the other records, so that theirs are asked for too, await what [`Checker::arrivals`] has,
    /// then check again.
    Pending,
    /// Only a [`Checker::quick`] says so: the schema may take long. Check the batch with [`Checker::new`], where nobody waits.
    Slow,
}

/// Checks the records of one batch. Make a new one for every batch: it remembers the schema seen last, and where that
/// is registered, so that a batch of a thousand records asks the source once.
pub struct Checker {
    key: Half,
    value: Half,
}

struct Half {
    part: Part,
    policy: PartPolicy,
    context: Context,
    seen: Option<Seen>,
    /// Schemas that are on their way, each with what to await.
    waiting: HashSet<SchemaKey>,
    arrivals: Vec<BoxFuture<()>>,
    quick: bool,
}

/// The schema of the record before, which is most often that of the next one.
#[derive(Debug)]
struct Seen {
    key: SchemaKey,
    /// The message indexes as bytes, where the subject depends on them; else empty.
    message: Vec<u8>,
    known: Known,
}

/// A schema that is registered as the policy asks.
#[derive(Debug)]
struct Known {
    compiled: Arc<Compiled>,
    subject: Subject,
    version: Version,
}

/// A record's bytes, taken apart.
struct Framed<'a> {
    key: SchemaKey,
    /// Message indexes that stand in the record header, behind the GUID.
    indexes: Option<&'a [u8]>,
    payload: &'a [u8],
}

enum Stop {
    Failure(Failure),
    Pending,
    Slow,
}

impl From<Stop> for Outcome {
    fn from(stop: Stop) -> Outcome {
        match stop {
            Stop::Failure(failure) => Outcome::Invalid(failure),
            Stop::Pending => Outcome::Pending,
            Stop::Slow => Outcome::Slow,
        }
    }
}

impl Checker {
    /// For a batch under this policy.
    #[must_use]
    pub fn new(policy: TopicPolicy) -> Checker {
        Checker::with(policy, false)
    }

    /// The same for a thread that others wait for: a payload whose schema has [`crate::Validator::slow_keywords`] is not checked, but
    /// answered with [`Outcome::Slow`]. A small one may take seconds.
    #[must_use]
    pub fn quick(policy: TopicPolicy) -> Checker {
        Checker::with(policy, true)
    }

    fn with(policy: TopicPolicy, quick: bool) -> Checker {
        let half = |part, policy: PartPolicy| Half {
            part,
            context: policy.subjects.context(),
            policy,
            seen: None,
            waiting: HashSet::new(),
            arrivals: Vec::new(),
            quick,
        };
        Checker { key: half(Part::Key, policy.key), value: half(Part::Value, policy.value) }
    }

    /// What happens to a record of which this part fails in this way.
    #[must_use]
    pub fn action(&self, part: Part, class: FailureClass) -> Action {
        match part {
            Part::Key => self.key.policy.actions.of(class),
            Part::Value => self.value.policy.actions.of(class),
        }
    }

    /// How many schemas are on their way.
    #[must_use]
    pub fn waits(&self) -> usize {
        self.key.arrivals.len().saturating_add(self.value.arrivals.len())
    }

    /// What to await, all of it, before a new `Checker` checks the batch again.
    #[must_use]
    pub fn arrivals(self) -> Vec<BoxFuture<()>> {
        self.key.arrivals.into_iter().chain(self.value.arrivals).collect()
    }

    /// Checks a record, value first. Of two failures the one with the stricter action is told: a value that is only audited
    /// does not hide a key that must be refused.
    pub fn check(&mut self, record: &RecordInput<'_>, source: &dyn SchemaSource) -> Outcome {
        let value = match self.value.check(record.value, record.value_header, source) {
            Ok(()) => None,
            Err(Stop::Failure(value)) if self.action(Part::Value, value.class) != Action::Reject => {
                Some(value)
            }
            Err(Stop::Pending) => {
                let _ = self.key.check(record.key, record.key_header, source); // to ask for its schema too
                return Outcome::Pending;
            }
            Err(stop) => return stop.into(),
        };
        match (value, self.key.check(record.key, record.key_header, source)) {
            (None, Ok(())) => Outcome::Valid,
            (Some(value), Err(Stop::Failure(key)))
                if self.action(Part::Key, key.class) >= self.action(Part::Value, value.class) =>
            {
                Outcome::Invalid(value)
            }
            (_, Err(stop)) => stop.into(),
            (Some(value), Ok(())) => Outcome::Invalid(value),
        }
    }
}

impl Half {
    fn check(
        &mut self,
        bytes: Option<&[u8]>,
        header: Option<&[u8]>,
        source: &dyn SchemaSource,
    ) -> Result<(), Stop> {
        let Some(bytes) = bytes else {
            let required = self.policy.required;
            return if required { Err(self.not_framed(null_reason(self.part))) } else { Ok(()) };
        };
        if self.policy.mode == Mode::Off {
            return Ok(());
        }
        let framed = self.split(bytes, header)?;
        let is_seen = self.seen.as_ref().is_some_and(|seen| seen.is(&framed));
        if !is_seen {
            if self.waiting.contains(&framed.key) {
                return Err(Stop::Pending);
            }
            self.seen = Some(self.look_up(&framed, source)?);
        }
        let Some(Seen { known, .. }) = &self.seen else { return Ok(()) };
        let is_protobuf = known.compiled.schema_type == SchemaType::Protobuf;
        if let (Some(behind @ [_, ..]), false) = (framed.indexes, is_protobuf) {
            let (name, bytes) = (self.header_name(), behind.len());
            let reason =
                format!("record header {name}: expected nothing behind the GUID, {bytes} bytes too many");
            return Err(self.failure(FailureClass::NotFramed, Some(known), String::new(), reason));
        }
        if self.policy.mode == Mode::Id {
            return Ok(());
        }
        let checked = match (&known.compiled.validator, framed.indexes) {
            (Ok(validator), _) if self.quick && !validator.slow_keywords().is_empty() => {
                return Err(Stop::Slow);
            }
            (Ok(validator), None) => validator.check(framed.payload),
            (Ok(validator), Some(indexes)) => validator.check_apart(indexes, framed.payload),
            (Err(unusable), _) => {
                let reason = unusable.to_string();
                return Err(self.failure(FailureClass::SchemaUnusable, Some(known), String::new(), reason));
            }
        };
        checked.map_err(|problem| {
            self.failure(FailureClass::Undecodable, Some(known), problem.path, problem.reason)
        })
    }

    fn split<'a>(&self, bytes: &'a [u8], header: Option<&'a [u8]>) -> Result<Framed<'a>, Stop> {
        match header {
            Some(header) => assay_wire::parse_guid_header(header)
                .map(|(guid, rest)| Framed {
                    key: SchemaKey::Guid(guid),
                    indexes: Some(rest),
                    payload: bytes,
                })
                .map_err(|error| self.not_framed(format!("record header {}: {error}", self.header_name()))),
            None => assay_wire::split_any(bytes)
                .map(|(key, payload)| Framed { key, indexes: None, payload })
                .map_err(|error| self.not_framed(format!("not framed: {error}"))),
        }
    }

    /// The schema a frame names, if it is registered under a subject and version that the policy allows.
    fn look_up(&mut self, framed: &Framed<'_>, source: &dyn SchemaSource) -> Result<Seen, Stop> {
        let resolution = match &framed.key {
            SchemaKey::Id(id) => source.by_id(&self.context, *id),
            SchemaKey::Guid(guid) => source.by_guid(guid),
        };
        let compiled = match resolution {
            Resolution::Ready(compiled) => compiled,
            Resolution::Pending(future) => return Err(self.wait(framed, future)),
            Resolution::Unknown => {
                let reason = match framed.key {
                    SchemaKey::Id(_) => "no schema with this id is registered".into(),
                    SchemaKey::Guid(guid) => format!("no schema with GUID {guid} is registered"),
                };
                return Err(self.unknown(framed, FailureClass::UnknownId, reason));
            }
            Resolution::Unavailable(why) => return Err(self.unavailable(framed, &why)),
        };
        let message = match &self.policy.subjects {
            Subjects::Record | Subjects::TopicRecord(_) if compiled.record_names.by_message() => {
                framed.message().to_vec()
            }
            _ => Vec::new(),
        };
        let subjects = self.subjects(&compiled, framed);
        let mut elsewhere = None;
        for subject in subjects.iter() {
            let version = match source.version_in(&compiled.context, compiled.id, subject) {
                Fact::Known(Some(version)) => version,
                Fact::Known(None) => continue,
                Fact::Pending(future) => return Err(self.wait(framed, future)),
                Fact::Unavailable(why) => return Err(self.unavailable(framed, &why)),
            };
            match self.allowed(subject, version, source) {
                Fact::Known(None) => {
                    let known = Known { compiled, subject: subject.clone(), version };
                    return Ok(Seen { key: framed.key, message, known });
                }
                Fact::Known(Some(reason)) => elsewhere = elsewhere.or(Some(reason)),
                Fact::Pending(future) => return Err(self.wait(framed, future)),
                Fact::Unavailable(why) => return Err(self.unavailable(framed, &why)),
            }
        }
        let reason = elsewhere.unwrap_or_else(|| not_registered(&subjects));
        let mut failure = self.failure_of(FailureClass::WrongSubject, None, String::new(), reason);
        failure.schema_id = Some(compiled.id);
        Err(Stop::Failure(failure))
    }

    /// Once per schema: all records that name it wait for the same.
    fn wait(&mut self, framed: &Framed<'_>, arrives: BoxFuture<()>) -> Stop {
        self.waiting.insert(framed.key);
        self.arrivals.push(arrives);
        Stop::Pending
    }

    /// Where the schema may be registered.
    fn subjects(&self, compiled: &Compiled, framed: &Framed<'_>) -> Arc<[Subject]> {
        let by_record = |prefix: &str| {
            let indexes = MessageIndexes::read(framed.indexes.unwrap_or(framed.payload)).ok();
            let names = compiled.record_names.names(indexes.as_ref().map(|(indexes, _)| indexes));
            names.iter().map(|n| Subject::new(self.context.clone(), &format!("{prefix}{n}"))).collect()
        };
        match &self.policy.subjects {
            Subjects::Listed(listed) => Arc::clone(listed),
            Subjects::Record => by_record(""),
            Subjects::TopicRecord(prefix) => by_record(prefix),
        }
    }

    /// Why a version does not pass, if it does not.
    fn allowed(
        &self,
        subject: &Subject,
        version: Version,
        source: &dyn SchemaSource,
    ) -> Fact<Option<String>> {
        match self.policy.versions {
            Versions::Any => Fact::Known(None),
            Versions::Range(first, last) => {
                let fits = first <= version && last.is_none_or(|last| version <= last);
                let takes = self.policy.versions;
                Fact::Known(
                    (!fits).then(|| {
                        format!("version {version} of subject {subject}, but the topic takes {takes}")
                    }),
                )
            }
            Versions::Latest => match source.latest_version(subject) {
                Fact::Known(Some(latest)) if latest != version => Fact::Known(Some(format!(
                    "version {version} of subject {subject}, but the topic takes the latest, {latest}"
                ))),
                Fact::Known(_) => Fact::Known(None),
                Fact::Pending(future) => Fact::Pending(future),
                Fact::Unavailable(why) => Fact::Unavailable(why),
            },
        }
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

    fn unavailable(&self, framed: &Framed<'_>, why: &str) -> Stop {
        let reason = format!("the schema registry did not answer: {why}");
        self.unknown(framed, FailureClass::RegistryUnavailable, reason)
    }

    /// A failure before anything but the frame is known.
    fn unknown(&self, framed: &Framed<'_>, class: FailureClass, reason: String) -> Stop {
        let mut failure = self.failure_of(class, None, String::new(), reason);
        if let SchemaKey::Id(id) = framed.key {
            failure.schema_id = Some(id);
        }
        Stop::Failure(failure)
    }

    fn failure(&self, class: FailureClass, known: Option<&Known>, path: String, reason: String) -> Stop {
        Stop::Failure(self.failure_of(class, known, path, reason))
    }

    fn failure_of(
        &self,
        class: FailureClass,
        known: Option<&Known>,
        path: String,
        reason: String,
    ) -> Failure {
        Failure {
            class,
            part: self.part,
            schema_id: known.map(|known| known.compiled.id),
            subject: known.map(|known| (known.subject.clone(), known.version)),
            path,
            reason,
            names_from_payload: known.is_some_and(|known| known.compiled.schema_type == SchemaType::Json),
        }
    }
}

impl Seen {
    fn is(&self, framed: &Framed<'_>) -> bool {
        self.key == framed.key && (self.message.is_empty() || self.message == framed.message())
    }
}

impl Framed<'_> {
    /// The bytes of the message indexes; of no use in formats other than Protobuf.
    fn message(&self) -> &[u8] {
        let from = self.indexes.unwrap_or(self.payload);
        let left = MessageIndexes::read(from).map_or(from.len(), |(_, rest)| rest.len());
        from.get(..from.len().saturating_sub(left)).unwrap_or_default()
    }
}

fn not_registered(subjects: &[Subject]) -> String {
    match subjects {
        [] => "it has no record name, which the topic's subject strategy goes by".into(),
        [subject] => format!("not registered under subject {subject}"),
        [first, ..] => format!("not registered under subject {first}, or {} others", subjects.len() - 1),
    }
}

fn null_reason(part: Part) -> String {
    match part {
        Part::Key => "null, and assay.key.required is true".into(),
        Part::Value => "null, and assay.value.required is true".into(),
    }
}
