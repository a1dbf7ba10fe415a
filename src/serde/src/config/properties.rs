//! Settings by the names that Confluent's clients know them by (contract 5.6, 5.7).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use assay_client::Normalize;
use assay_schema::Context;
use assay_wire::SchemaId;

use super::{Check, Framing, KnownTypes, LATEST_TTL, SerdeConfig, Validation, WriterSchema};
use crate::{
    Associated, Part, RecordName, ReferenceSubject, SerdeError, Strategy, SubjectName, TopicName,
    TopicRecordName,
};

/// The names that are understood.
const NAMES: &[&str] = &[
    "auto.register.schemas",
    "context.name",
    "id.compatibility.strict",
    "json.fail.invalid.schema",
    "key.schema.id.deserializer",
    "key.schema.id.serializer",
    "key.subject.name.strategy",
    "latest.cache.ttl.sec",
    "latest.compatibility.strict",
    "normalize.schemas",
    "reference.subject.name.strategy",
    "schema.id.deserializer",
    "schema.id.serializer",
    "skip.known.types",
    "subject.name.strategy",
    "subject.name.strategy.fallback.type",
    "subject.name.strategy.kafka.cluster.id",
    "subject.name.strategy.type",
    "use.latest.version",
    "use.latest.with.metadata",
    "use.schema.guid",
    "use.schema.id",
    "validate",
    "value.schema.id.deserializer",
    "value.schema.id.serializer",
    "value.subject.name.strategy",
];

/// Beginnings of names that say how the registry is reached.
const CLIENT: &[&str] = &["schema.registry.", "basic.auth.", "bearer.auth.", "ssl.", "proxy.", "http."];

impl SerdeConfig {
    /// Reads settings by their Confluent names, such as `auto.register.schemas` (contract 5.7). Of the settings that choose the writer's
    /// schema the first that applies counts, in the contract's order: `auto.register.schemas` (true unless said otherwise),
    /// `use.schema.id`, `use.schema.guid`, `use.latest.with.metadata`, `use.latest.version`, and else a look-up.
    ///
    /// Strategies and id serializers are given by class name, with or without package, or as the word in it (`TopicRecordNameStrategy`,
    /// `TOPIC_RECORD`; `HeaderSchemaIdSerializer`, `header`).
    ///
    /// # Errors
    /// `Setting` for a name that is not known, with the nearest that is; for a value that is none; for a setting of the client.
    pub fn from_properties<N: AsRef<str>, V: AsRef<str>>(
        properties: impl IntoIterator<Item = (N, V)>,
    ) -> Result<SerdeConfig, SerdeError> {
        let given: BTreeMap<String, String> = properties
            .into_iter()
            .map(|(name, value)| (name.as_ref().to_owned(), value.as_ref().trim().to_owned()))
            .collect();
        if let Some(name) = given.keys().find(|name| !NAMES.contains(&name.as_str())) {
            return Err(unknown(name));
        }
        Properties(given).config()
    }
}

fn unknown(name: &str) -> SerdeError {
    if CLIENT.iter().any(|start| name.starts_with(start)) {
        return SerdeError::setting(
            name,
            "says how the registry is reached: that is the client's ClientConfig",
        );
    }
    let nearest = NAMES.iter().max_by(|a, b| {
        let near = |known| strsim::jaro_winkler(known, name);
        near(a).total_cmp(&near(b))
    });
    SerdeError::setting(name, format!("is not known; did you mean \"{}\"?", nearest.unwrap_or(&"")))
}

struct Properties(BTreeMap<String, String>);

impl Properties {
    fn config(&self) -> Result<SerdeConfig, SerdeError> {
        let mut config = SerdeConfig::default().with_writer(self.writer()?);
        if let Some(strategy) = self.strategy("subject.name.strategy")? {
            config = config.with_strategy(strategy);
        }
        if let Some(strategy) = self.strategy("subject.name.strategy.type")? {
            config = config.with_strategy(strategy);
        }
        if let Some(framing) = self.framing("schema.id.serializer")? {
            config = config.with_framing(framing);
        }
        self.deserializer("schema.id.deserializer")?;
        for part in [Part::Key, Part::Value] {
            if let Some(strategy) = self.strategy(&format!("{}.subject.name.strategy", part.as_str()))? {
                config = config.with_strategy_of(part, strategy);
            }
            if let Some(framing) = self.framing(&format!("{}.schema.id.serializer", part.as_str()))? {
                config = config.with_framing_of(part, framing);
            }
            self.deserializer(&format!("{}.schema.id.deserializer", part.as_str()))?;
        }
        if let Some(name) = self.get("context.name") {
            let dotted = if name.starts_with('.') { name.to_owned() } else { format!(".{name}") };
            let context = Context::parse(&dotted);
            config.context =
                context.map_err(|error| SerdeError::setting("context.name", error.to_string()))?;
        }
        config.reference_subject = self.reference_subject()?;
        if self.flag("skip.known.types")? == Some(false) {
            config.known_types = KnownTypes::Register;
        }
        for name in ["json.fail.invalid.schema", "validate"] {
            if let Some(validate) = self.flag(name)? {
                config.validation = if validate { Validation::On } else { Validation::Off };
            }
        }
        Ok(config)
    }

    /// The first that applies (contract 5.7).
    fn writer(&self) -> Result<WriterSchema, SerdeError> {
        let normalize =
            if self.flag("normalize.schemas")? == Some(true) { Normalize::Yes } else { Normalize::Default };
        let check = |strict: Option<bool>| if strict == Some(false) { Check::Off } else { Check::Strict };
        let id_check = check(self.flag("id.compatibility.strict")?);
        let latest_check = check(self.flag("latest.compatibility.strict")?);
        // Every value is read, so that a wrong one is an error also where another setting comes first.
        let (register, id, ttl) =
            (self.flag("auto.register.schemas")?, self.number("use.schema.id")?, self.ttl()?);
        let latest = self.flag("use.latest.version")?;
        let guid = self.get("use.schema.guid").filter(|text| !text.is_empty()).map(str::parse).transpose();
        let guid = guid.map_err(|error: assay_wire::InvalidGuid| {
            SerdeError::setting("use.schema.guid", error.to_string())
        })?;
        let metadata = self.metadata()?;
        if register != Some(false) {
            return Ok(WriterSchema::Register(normalize));
        }
        if let Some(id) = id.filter(|id| *id >= 0) {
            let id = u32::try_from(id).ok().and_then(SchemaId::new);
            let id = id.ok_or_else(|| SerdeError::setting("use.schema.id", "ids are 1 to 2147483647"))?;
            return Ok(WriterSchema::Id(id, id_check));
        }
        if let Some(guid) = guid {
            return Ok(WriterSchema::Guid(guid, id_check));
        }
        if let Some(metadata) = metadata {
            return Ok(WriterSchema::LatestWithMetadata(metadata));
        }
        if latest == Some(true) {
            return Ok(WriterSchema::Latest(ttl, latest_check));
        }
        Ok(WriterSchema::Lookup(normalize))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, SerdeError> {
        match self.get(name) {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(text) => Err(SerdeError::setting(name, format!("is \"{text}\", expected true or false"))),
        }
    }

    fn number(&self, name: &str) -> Result<Option<i64>, SerdeError> {
        let wrong = |text| SerdeError::setting(name, format!("is \"{text}\", expected a whole number"));
        self.get(name).map(|text| text.parse().map_err(|_| wrong(text))).transpose()
    }

    /// -1 means for ever.
    fn ttl(&self) -> Result<Duration, SerdeError> {
        let seconds = self.number("latest.cache.ttl.sec")?;
        Ok(seconds
            .map_or(LATEST_TTL, |seconds| u64::try_from(seconds).map_or(Duration::MAX, Duration::from_secs)))
    }

    /// `key=value` pairs, separated by commas.
    fn metadata(&self) -> Result<Option<BTreeMap<String, String>>, SerdeError> {
        let name = "use.latest.with.metadata";
        let Some(text) = self.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        let pair = |pair: &str| {
            let (key, value) = pair.split_once('=').ok_or_else(|| {
                SerdeError::setting(name, format!("has \"{pair}\", expected key=value,key=value"))
            })?;
            Ok((key.trim().to_owned(), value.trim().to_owned()))
        };
        text.split(',').map(pair).collect::<Result<_, _>>().map(Some)
    }

    fn strategy(&self, name: &str) -> Result<Option<Strategy>, SerdeError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        Ok(Some(match word(text, "NameStrategy").as_str() {
            "topic" => TopicName.into(),
            "record" => RecordName.into(),
            "topicrecord" => TopicRecordName.into(),
            "associated" => self.associated()?.into(),
            _ => {
                let right = "expected TopicNameStrategy, RecordNameStrategy, TopicRecordNameStrategy or AssociatedNameStrategy";
                return Err(SerdeError::setting(name, format!("is \"{text}\", {right}")));
            }
        }))
    }

    fn associated(&self) -> Result<Associated, SerdeError> {
        let name = "subject.name.strategy.fallback.type";
        let fallback: Option<Arc<dyn SubjectName>> =
            match self.get(name).map(|text| word(text, "NameStrategy")) {
                None => Some(Arc::new(TopicName)),
                Some(text) => match text.as_str() {
                    "topic" => Some(Arc::new(TopicName)),
                    "record" => Some(Arc::new(RecordName)),
                    "topicrecord" => Some(Arc::new(TopicRecordName)),
                    "none" => None,
                    _ => {
                        let right = "expected TOPIC, RECORD, TOPIC_RECORD or NONE";
                        return Err(SerdeError::setting(name, format!("is \"{text}\", {right}")));
                    }
                },
            };
        let cluster = self.get("subject.name.strategy.kafka.cluster.id").unwrap_or("-").to_owned();
        Ok(Associated { cluster, fallback })
    }

    fn framing(&self, name: &str) -> Result<Option<Framing>, SerdeError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match word(text, "SchemaIdSerializer").as_str() {
            "prefix" => Ok(Some(Framing::Prefix)),
            "header" => Ok(Some(Framing::Header)),
            _ => {
                let right = "expected PrefixSchemaIdSerializer or HeaderSchemaIdSerializer";
                Err(SerdeError::setting(name, format!("is \"{text}\", {right}")))
            }
        }
    }

    /// Both places are always looked at, which is what the default of Confluent's clients does.
    fn deserializer(&self, name: &str) -> Result<(), SerdeError> {
        match self.get(name).map(|text| (text, word(text, "SchemaIdDeserializer"))) {
            Some((text, word)) if word != "dual" => {
                let right = "expected DualSchemaIdDeserializer, which takes prefixes and headers";
                Err(SerdeError::setting(name, format!("is \"{text}\", {right}")))
            }
            _ => Ok(()),
        }
    }

    fn reference_subject(&self) -> Result<ReferenceSubject, SerdeError> {
        let name = "reference.subject.name.strategy";
        let Some(text) = self.get(name) else { return Ok(ReferenceSubject::AsImported) };
        match word(text, "ReferenceSubjectNameStrategy").as_str() {
            "default" => Ok(ReferenceSubject::AsImported),
            "qualified" => Ok(ReferenceSubject::Qualified),
            _ => {
                let right =
                    "expected DefaultReferenceSubjectNameStrategy or QualifiedReferenceSubjectNameStrategy";
                Err(SerdeError::setting(name, format!("is \"{text}\", {right}")))
            }
        }
    }
}

/// The word of a class name, in lower case: `topicrecord` of `x.y.TopicRecordNameStrategy` and of `TOPIC_RECORD`.
fn word(text: &str, suffix: &str) -> String {
    let name = text.rsplit('.').next().unwrap_or(text);
    name.strip_suffix(suffix).unwrap_or(name).replace('_', "").to_ascii_lowercase()
}
