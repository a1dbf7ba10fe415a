//! The settings of serializers and deserializers, typed; `properties` reads them by the names that Confluent's clients use.

use std::collections::BTreeMap;
use std::time::Duration;

use assay_client::Normalize;
use assay_schema::Context;
use assay_wire::{Guid, SchemaId};

use crate::{Part, ReferenceSubject, Strategy, TopicName};

mod properties;

/// How long the latest version is used before it is asked for again, if nothing else is said.
pub const LATEST_TTL: Duration = Duration::from_secs(60);

/// Which schema a serializer writes with (contract 5.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriterSchema {
    /// The caller's, registered if it is not yet. `auto.register.schemas`, the default.
    Register(Normalize),
    /// The caller's, which must be registered.
    Lookup(Normalize),
    /// The one with this id. `use.schema.id`
    Id(SchemaId, Check),
    /// The one with this GUID. `use.schema.guid`
    Guid(Guid, Check),
    /// The highest version of the subject whose metadata has these properties. `use.latest.with.metadata`
    LatestWithMetadata(BTreeMap<String, String>),
    /// The latest version of the subject, asked for again after this time. `use.latest.version`, `latest.cache.ttl.sec`
    Latest(Duration, Check),
}

impl WriterSchema {
    /// The latest version, asked for again after [`LATEST_TTL`], and only if it can read what the caller's schema writes.
    #[must_use]
    pub fn latest() -> WriterSchema {
        WriterSchema::Latest(LATEST_TTL, Check::Strict)
    }
}

/// Whether a schema that is written with in place of the caller's must be able to read what the caller's would write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Check {
    /// It must, by the rules of BACKWARD. `latest.compatibility.strict`, `id.compatibility.strict`
    #[default]
    Strict,
    /// Values that do not fit it are refused one by one.
    Off,
}

/// Where the schema of a record is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Framing {
    /// In front of the payload, by id (contract 5.1).
    #[default]
    Prefix,
    /// In a record header, by GUID (contract 5.2).
    Header,
}

/// Whether values are checked against a JSON schema. `json.fail.invalid.schema`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Validation {
    /// Every value is; one that does not fit is an error with the place and the reason. The default here; Java's is off.
    #[default]
    On,
    /// Values are only framed.
    Off,
}

/// Whether bundled files such as `google/protobuf/timestamp.proto` are registered as references. `skip.known.types`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KnownTypes {
    /// They are not: every registry has them.
    #[default]
    Skip,
    /// They are.
    Register,
}

/// Settings. Start with [`SerdeConfig::default`] or [`SerdeConfig::from_properties`], and go on with `with_` calls.
#[derive(Debug, Clone)]
pub struct SerdeConfig {
    pub(crate) writer: WriterSchema,
    pub(crate) strategy: [Strategy; 2],
    pub(crate) framing: [Framing; 2],
    pub(crate) context: Context,
    pub(crate) reference_subject: ReferenceSubject,
    pub(crate) known_types: KnownTypes,
    pub(crate) validation: Validation,
}

impl Default for SerdeConfig {
    /// Registers, names subjects after topics, writes ids in front, validates JSON.
    fn default() -> SerdeConfig {
        SerdeConfig {
            writer: WriterSchema::Register(Normalize::Default),
            strategy: [TopicName.into(), TopicName.into()],
            framing: [Framing::Prefix; 2],
            context: Context::default(),
            reference_subject: ReferenceSubject::default(),
            known_types: KnownTypes::default(),
            validation: Validation::default(),
        }
    }
}

fn at(part: Part) -> usize {
    usize::from(part == Part::Value)
}

impl SerdeConfig {
    /// The same with another source of schemas.
    #[must_use]
    pub fn with_writer(mut self, writer: WriterSchema) -> SerdeConfig {
        self.writer = writer;
        self
    }

    /// The same with another rule for the subjects of keys and values.
    #[must_use]
    pub fn with_strategy(mut self, strategy: impl Into<Strategy>) -> SerdeConfig {
        let strategy = strategy.into();
        self.strategy = [strategy.clone(), strategy];
        self
    }

    /// The same with another rule for the subjects of keys, or of values.
    #[must_use]
    pub fn with_strategy_of(mut self, part: Part, strategy: impl Into<Strategy>) -> SerdeConfig {
        if let Some(slot) = self.strategy.get_mut(at(part)) {
            *slot = strategy.into();
        }
        self
    }

    /// The same with the schema named elsewhere, for keys and values. Only serializers ask: deserializers take either.
    #[must_use]
    pub fn with_framing(mut self, framing: Framing) -> SerdeConfig {
        self.framing = [framing; 2];
        self
    }

    /// The same with the schema of keys, or of values, named elsewhere.
    #[must_use]
    pub fn with_framing_of(mut self, part: Part, framing: Framing) -> SerdeConfig {
        if let Some(slot) = self.framing.get_mut(at(part)) {
            *slot = framing;
        }
        self
    }

    /// The same in another context: subjects are `:.context:name`, ids those of the context.
    #[must_use]
    pub fn with_context(mut self, context: Context) -> SerdeConfig {
        self.context = context;
        self
    }

    /// The same with another rule for the subjects of imported `.proto` files.
    #[must_use]
    pub fn with_reference_subject(mut self, rule: ReferenceSubject) -> SerdeConfig {
        self.reference_subject = rule;
        self
    }

    /// The same, registering bundled `.proto` files or not.
    #[must_use]
    pub fn with_known_types(mut self, known: KnownTypes) -> SerdeConfig {
        self.known_types = known;
        self
    }

    /// The same, validating JSON or not.
    #[must_use]
    pub fn with_validation(mut self, validation: Validation) -> SerdeConfig {
        self.validation = validation;
        self
    }

    pub(crate) fn strategy(&self, part: Part) -> &Strategy {
        let [key, value] = &self.strategy;
        if part == Part::Key { key } else { value }
    }

    pub(crate) fn framing(&self, part: Part) -> Framing {
        let [key, value] = self.framing;
        if part == Part::Key { key } else { value }
    }
}
